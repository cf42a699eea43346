//! A picture as a list of marks, before it is written as SVG or drawn as a bitmap: rectangles, paths
//! and text, each with a style that says what it means.
//!
//! There are no ids, patterns or transformations in it, so that both look the same and pictures that
//! are put into one page do not disturb each other. Hatching is a path of its own.

use super::length::{Area, Px};
use super::palette::Style;
use super::text::Font;

/// Which point of a text stands at its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A step of an outline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Move((Px, Px)),
    Line((Px, Px)),
    /// A cubic curve: two control points and its end.
    Curve([(Px, Px); 3]),
    Close,
}

/// The outline of a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path(Vec<Step>);

impl Path {
    pub(crate) fn from(x: Px, y: Px) -> Path {
        Path::default().move_to(x, y)
    }

    #[must_use]
    pub(crate) fn move_to(self, x: Px, y: Px) -> Path {
        self.then(Step::Move((x, y)))
    }

    #[must_use]
    pub(crate) fn line_to(self, x: Px, y: Px) -> Path {
        self.then(Step::Line((x, y)))
    }

    /// A cubic curve with two control points.
    #[must_use]
    pub(crate) fn curve_to(self, first: (Px, Px), second: (Px, Px), end: (Px, Px)) -> Path {
        self.then(Step::Curve([first, second, end]))
    }

    #[must_use]
    pub(crate) fn close(self) -> Path {
        self.then(Step::Close)
    }

    fn then(mut self, step: Step) -> Path {
        self.0.push(step);
        self
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One mark of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Rect {
        style: Style,
        area: Area,
        radius: Px,
    },
    Path {
        style: Style,
        path: Path,
    },
    /// One line of text; `at` is on its base line.
    Text {
        style: Style,
        font: Font,
        anchor: Anchor,
        at: (Px, Px),
        text: String,
    },
    /// Marks that belong together and share a tooltip.
    Group {
        tooltip: String,
        marks: Vec<Mark>,
    },
}

/// A picture that is being drawn.
#[derive(Clone, Debug)]
pub(crate) struct Canvas {
    width: Px,
    marks: Vec<Mark>,
}

impl Canvas {
    /// An empty picture of this width.
    pub(crate) fn new(width: Px) -> Canvas {
        Canvas { width, marks: Vec::new() }
    }

    pub(crate) fn width(&self) -> Px {
        self.width
    }

    pub(crate) fn rect(&mut self, style: Style, area: Area, radius: Px) {
        self.marks.push(Mark::Rect { style, area, radius });
    }

    pub(crate) fn path(&mut self, style: Style, path: Path) {
        self.marks.push(Mark::Path { style, path });
    }

    /// One line of text; `y` is its base line.
    pub(crate) fn text(&mut self, style: Style, font: Font, anchor: Anchor, at: (Px, Px), text: &str) {
        let text = text.chars().map(shown).collect();
        self.marks.push(Mark::Text { style, font, anchor, at, text });
    }

    /// An area with an outline and slanting lines.
    pub(crate) fn hatched(&mut self, area: Area) {
        self.rect(Style::Rotation, area, Px::ZERO);
        let path = hatching(area);
        if !path.is_empty() {
            self.path(Style::Hatch, path);
        }
    }

    /// Marks that belong together and share a tooltip.
    pub(crate) fn group(&mut self, tooltip: &str, draw: impl FnOnce(&mut Canvas)) {
        let mut inner = Canvas::new(self.width);
        draw(&mut inner);
        let tooltip = tooltip.chars().map(shown).collect();
        self.marks.push(Mark::Group { tooltip, marks: inner.marks });
    }

    /// The picture; `title` and `description` are for those who cannot see it.
    pub(crate) fn finish(self, height: Px, title: &str, description: &str) -> Picture {
        let [title, description] = [title, description].map(|text| text.chars().map(shown).collect());
        Picture { width: self.width, height, title, description, marks: self.marks }
    }
}

/// What is shown for a letter: a sign for what XML forbids, and for what would turn the direction of
/// the text around it.
fn shown(letter: char) -> char {
    match letter {
        '\u{fffe}' | '\u{ffff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        _ if letter.is_control() => '\u{fffd}',
        _ => letter,
    }
}

/// Lines from the lower left to the upper right, 6 px apart, cut off at the edges of `area`.
fn hatching(area: Area) -> Path {
    const APART: Px = Px::new(6);
    let mut path = Path::default();
    // A line is told by where it would cross the lower edge.
    let mut foot = area.left - area.height() + APART;
    while foot < area.right {
        let (left, right) = (foot.max(area.left), (foot + area.height()).min(area.right));
        if left < right {
            let height_at = |x: Px| area.bottom - (x - foot);
            path = path.move_to(left, height_at(left)).line_to(right, height_at(right));
        }
        foot = foot + APART;
    }
    path
}

/// A finished picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub(crate) width: Px,
    pub(crate) height: Px,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) marks: Vec<Mark>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn hatching_stays_inside(left in 0_i64..900, top in 0_i64..900, width in 0_i64..900, height in 0_i64..300) {
            let [left, top, width, height] = [left, top, width, height].map(Px::from_sixteenths);
            let area = Area { left, top, right: left + width, bottom: top + height };
            let path = hatching(area);
            for step in path.steps() {
                let (Step::Move((x, y)) | Step::Line((x, y))) = step else { panic!("{step:?}") };
                prop_assert!(area.left <= *x && *x <= area.right && area.top <= *y && *y <= area.bottom, "{step:?}");
            }
            prop_assert!(!path.is_empty() || width < Px::new(6) || height < Px::new(6), "{area:?}");
        }
    }
}
