//! What all pictures have in common: the title and what is drawn above, the legend below.

use super::canvas::{Anchor, Canvas};
use super::labels::{Align, Line};
use super::length::{Area, Px};
use super::palette::Style;
use super::text::Font;
use super::words::prefix;
use sim_core::io::Operation;

/// The width of every picture.
pub(crate) const WIDTH: Px = Px::new(860);
/// The blank at its edges.
pub(crate) const MARGIN: Px = Px::new(24);

const SWATCH: Px = Px::new(16);
const LINE: Px = Px::new(18);
const MOST_TITLE_LINES: usize = 2;
const MOST_SUBTITLE_LINES: usize = 2;

/// Writes the title, what is drawn, and how it is to be read (which also stands on a line of its
/// own rather than being cut off); gives back where the picture begins below them.
pub(crate) fn header(canvas: &mut Canvas, title: &str, subtitle: &str, reading: &str) -> Px {
    let room = canvas.width() - MARGIN * 2;
    let mut y = Px::new(14);
    for line in Font::Title.wrap(title, room, MOST_TITLE_LINES) {
        y = y + Px::new(20);
        canvas.text(Style::Text, Font::Title, Anchor::Start, (MARGIN, y), &line);
    }
    y = y + Px::new(2);
    let joined = format!("{subtitle}; {reading}");
    let lines = if subtitle.trim().is_empty() {
        Font::Subtitle.wrap(reading, room, MOST_SUBTITLE_LINES)
    } else if Font::Subtitle.width(&joined) <= room {
        vec![joined]
    } else {
        let mut lines = Font::Subtitle.wrap(subtitle, room, MOST_SUBTITLE_LINES);
        lines.extend(Font::Subtitle.wrap(reading, room, MOST_SUBTITLE_LINES));
        lines
    };
    for line in lines {
        y = y + LINE;
        canvas.text(Style::Muted, Font::Subtitle, Anchor::Start, (MARGIN, y), &line);
    }
    y + Px::new(20)
}

/// One line of a legend.
pub(crate) struct Entry {
    /// Draws the sample into the area given.
    pub(crate) sample: fn(&mut Canvas, Area),
    pub(crate) meaning: String,
}

/// Writes a legend below `top`; gives back where it ends.
pub(crate) fn legend(canvas: &mut Canvas, top: Px, left: Px, entries: &[Entry]) -> Px {
    let right = canvas.width() - MARGIN;
    let (mut x, mut y) = (left, top);
    for Entry { sample, meaning } in entries {
        let meaning = Font::Small.elide(meaning, right - left - SWATCH - Px::new(6));
        let width = SWATCH + Px::new(6) + Font::Small.width(&meaning);
        if x > left && x + width > right {
            (x, y) = (left, y + LINE);
        }
        sample(canvas, Area { left: x, top: y, right: x + SWATCH, bottom: y + Px::new(12) });
        canvas.text(
            Style::Muted,
            Font::Small,
            Anchor::Start,
            (x + SWATCH + Px::new(6), y + Px::new(10)),
            &meaning,
        );
        x = x + width + Px::new(20);
    }
    y + LINE
}

/// The sample of an operation's letter for the legend; reads have none.
pub(crate) fn sample_of(operation: Operation) -> Option<fn(&mut Canvas, Area)> {
    fn letter(canvas: &mut Canvas, area: Area, letter: &str) {
        let at = (area.middle(), area.bottom - Px::new(2));
        canvas.text(Style::Text, Font::StrongLabel, Anchor::Middle, at, letter);
    }
    match operation {
        Operation::Read => None,
        Operation::Write => Some(|canvas, area| letter(canvas, area, prefix(Operation::Write))),
        Operation::Flush => Some(|canvas, area| letter(canvas, area, prefix(Operation::Flush))),
        Operation::Discard => Some(|canvas, area| letter(canvas, area, prefix(Operation::Discard))),
    }
}

/// Room for what stands left of rows, and of axes at least.
const ROW_NAMES: Px = Px::new(62);
/// Between an axis and the numbers left of it.
const BESIDE_AXIS: Px = Px::new(10);
const NAME_LINES: usize = 2;
const NOTE_LINES: usize = 4;

/// The part of the picture where marks are drawn, right of the arms' names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plane {
    pub(crate) left: Px,
    pub(crate) right: Px,
    /// Room for the names of arms.
    names: Px,
}

impl Plane {
    /// What the names and notes of these arms leave free, within reason.
    pub(crate) fn beside_names<'a>(
        canvas: &Canvas,
        names_and_notes: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Plane {
        let widths = names_and_notes.map(|(name, note)| Font::Name.width(name).max(Font::Small.width(note)));
        let names = widths.max().unwrap_or(Px::ZERO).clamp(Px::new(48), Px::new(140));
        Plane { left: MARGIN + names + ROW_NAMES, right: canvas.width() - MARGIN, names }
    }

    /// The same, with room for these numbers left of an axis.
    #[must_use]
    pub(crate) fn with_axis(self, numbers: &[String]) -> Plane {
        let widths = numbers.iter().map(|number| Font::Small.width(number) + BESIDE_AXIS * 2);
        let room = widths.max().unwrap_or(ROW_NAMES).max(ROW_NAMES);
        Plane { left: MARGIN + self.names + room, ..self }
    }

    /// A line for small labels in it.
    pub(crate) fn line(self, align: Align) -> Line {
        Line { font: Font::Small, align, left: self.left, right: self.right }
    }

    /// Writes the name of a row left of it.
    pub(crate) fn name_row(self, canvas: &mut Canvas, row: Area, name: &str) {
        let y = row.top + (row.height() + Font::Small.ascent()) / 2;
        canvas.text(Style::Muted, Font::Small, Anchor::End, (self.left - BESIDE_AXIS, y), name);
    }

    /// Writes an arm's name and a note below `top`; gives back where they end.
    pub(crate) fn name_arm(self, canvas: &mut Canvas, top: Px, name: &str, note: &str) -> Px {
        let width = self.names;
        let mut y = top + Px::new(4);
        for line in Font::Name.wrap(name, width, NAME_LINES) {
            y = y + Px::new(16);
            canvas.text(Style::Text, Font::Name, Anchor::Start, (MARGIN, y), &line);
        }
        for line in Font::Small.wrap(note, width, NOTE_LINES) {
            y = y + Px::new(15);
            canvas.text(Style::Muted, Font::Small, Anchor::Start, (MARGIN, y), &line);
        }
        y + Font::Name.descent()
    }
}
