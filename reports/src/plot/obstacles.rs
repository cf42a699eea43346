//! Labels in a plane full of marks: each goes where it covers nothing, or nowhere.

use super::canvas::{Anchor, Canvas};
use super::length::{Area, Px};
use super::palette::Style;
use super::text::Font;

/// What is already drawn or written, inside of bounds.
#[derive(Clone, Debug)]
pub(crate) struct Obstacles {
    bounds: Area,
    taken: Vec<Area>,
}

/// Blank between a label and everything else.
const NEAR: Px = Px::new(3);

impl Obstacles {
    /// Nothing is taken inside of `bounds`.
    pub(crate) fn inside(bounds: Area) -> Obstacles {
        Obstacles { bounds, taken: Vec::new() }
    }

    /// Marks an area as taken.
    pub(crate) fn take(&mut self, area: Area) {
        self.taken.push(area);
    }

    fn is_free(&self, area: Area) -> bool {
        let Area { left, top, right, bottom } = self.bounds;
        let is_inside = left <= area.left && area.right <= right && top <= area.top && area.bottom <= bottom;
        let touches = |other: &Area| {
            area.left < other.right + NEAR
                && other.left - NEAR < area.right
                && area.top < other.bottom
                && other.top < area.bottom
        };
        is_inside && !self.taken.iter().any(touches)
    }

    /// Writes the first of `wordings` that has room at one of `corners` (where the text begins, or
    /// ends, and its base line); whether one had.
    pub(crate) fn label(
        &mut self,
        canvas: &mut Canvas,
        style: Style,
        wordings: &[String],
        corners: &[(Anchor, Px, Px)],
    ) -> bool {
        const FONT: Font = Font::Small;
        for text in wordings {
            let width = FONT.width(text);
            for &(anchor, x, y) in corners {
                let left = match anchor {
                    Anchor::Start => x,
                    Anchor::Middle => x - width / 2,
                    Anchor::End => x - width,
                };
                // One more sixteenth: a text's middle may be rounded.
                let (top, bottom) = (y - FONT.ascent(), y + FONT.descent());
                let area = Area {
                    left: left - Px::from_sixteenths(1),
                    top,
                    right: left + width + Px::from_sixteenths(1),
                    bottom,
                };
                if self.is_free(area) {
                    canvas.text(style, FONT, anchor, (x, y), text);
                    self.take(area);
                    return true;
                }
            }
        }
        false
    }
}
