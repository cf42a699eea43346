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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::inspect;

    fn area(left: i64, top: i64, right: i64, bottom: i64) -> Area {
        let [left, top, right, bottom] = [left, top, right, bottom].map(Px::new);
        Area { left, top, right, bottom }
    }

    #[test]
    fn a_label_takes_the_first_place_that_is_free() {
        let mut canvas = Canvas::new(Px::new(200));
        let mut obstacles = Obstacles::inside(area(0, 0, 200, 100));
        obstacles.take(area(50, 0, 100, 50));
        let corners = [(Anchor::Start, Px::new(60), Px::new(20)), (Anchor::End, Px::new(40), Px::new(20))];
        let wordings = ["much too long for that place".to_owned(), "short".to_owned()];
        let label = |canvas: &mut Canvas, obstacles: &mut Obstacles| {
            obstacles.label(canvas, Style::Text, &wordings, &corners)
        };
        assert!(label(&mut canvas, &mut obstacles));
        assert!(!label(&mut canvas, &mut obstacles), "nothing is left");
        let texts = inspect::parse(&canvas.finish(Px::new(100), "", "").to_svg());
        let text = inspect::of_class(&texts, "text")[0];
        assert_eq!((text.text.as_str(), text.get("text-anchor")), ("short", "end"));
    }
}
