//! The texts that a scenario is made of, and places in them.

use std::ops::Range;

/// A text, by its place among the [`Sources`] of one load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceId(usize);

/// A span of bytes in one of the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Which text.
    pub source: SourceId,
    /// The first byte.
    pub start: usize,
    /// The byte behind the last one.
    pub end: usize,
}

impl Place {
    /// The bytes.
    pub fn span(self) -> Range<usize> {
        self.start..self.end
    }

    /// Whether the two have a byte in common, or one lies within the other.
    pub fn overlaps(self, other: Place) -> bool {
        let contains = |outer: Place, inner: Place| outer.start <= inner.start && inner.end <= outer.end;
        self.source == other.source
            && (self.start < other.end && other.start < self.end
                || contains(self, other)
                || contains(other, self))
    }
}

/// A text and what it is called in diagnostics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// A path, `<stdin>`, `--set`, or the name of a library scenario.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// All texts of one load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// No text yet.
    pub fn new() -> Sources {
        Sources::default()
    }

    /// Adds a text.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        self.0.push(Source { name: name.into(), text: text.into() });
        SourceId(self.0.len() - 1)
    }

    /// A text by its number, which came from [`Sources::add`].
    pub fn get(&self, id: SourceId) -> &Source {
        &self.0[id.0]
    }

    /// Line and column of a place, counted from 1; columns count characters.
    pub fn line_and_column(&self, place: Place) -> (usize, usize) {
        let text = &self.get(place.source).text;
        let before = text.get(..place.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (1 + before.matches('\n').count(), 1 + before[line_start..].chars().count())
    }
}
