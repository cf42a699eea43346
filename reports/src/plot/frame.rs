//! What all pictures have in common: the title and what is drawn above, the legend below.

use super::svg::{Anchor, Area, Px, Svg};
use super::text::Font;

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
pub(crate) fn header(svg: &mut Svg, title: &str, subtitle: &str, reading: &str) -> Px {
    let room = svg.width() - MARGIN * 2;
    let mut y = Px::new(14);
    for line in Font::Title.wrap(title, room, MOST_TITLE_LINES) {
        y = y + Px::new(20);
        svg.text("text", Font::Title, Anchor::Start, (MARGIN, y), &line);
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
        svg.text("muted", Font::Subtitle, Anchor::Start, (MARGIN, y), &line);
    }
    y + Px::new(20)
}

/// One line of a legend.
pub(crate) struct Entry {
    /// Draws the sample into the area given.
    pub(crate) sample: fn(&mut Svg, Area),
    pub(crate) meaning: String,
}

/// Writes a legend below `top`; gives back where it ends.
pub(crate) fn legend(svg: &mut Svg, top: Px, left: Px, entries: &[Entry]) -> Px {
    let right = svg.width() - MARGIN;
    let (mut x, mut y) = (left, top);
    for Entry { sample, meaning } in entries {
        let meaning = Font::Small.elide(meaning, right - left - SWATCH - Px::new(6));
        let width = SWATCH + Px::new(6) + Font::Small.width(&meaning);
        if x > left && x + width > right {
            (x, y) = (left, y + LINE);
        }
        sample(svg, Area { left: x, top: y, right: x + SWATCH, bottom: y + Px::new(12) });
        svg.text("muted", Font::Small, Anchor::Start, (x + SWATCH + Px::new(6), y + Px::new(10)), &meaning);
        x = x + width + Px::new(20);
    }
    y + LINE
}
