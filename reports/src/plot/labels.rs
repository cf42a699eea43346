//! Labels on one line that must not run into each other.

use super::canvas::{Anchor, Canvas};
use super::length::Px;
use super::palette::Style;
use super::text::Font;

/// A mark that would like a label, in order from left to right.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    /// The mark's left and right edge.
    pub(crate) left: Px,
    pub(crate) right: Px,
    /// What the label may say, the most wanted first; the last is the shortest.
    pub(crate) wordings: Vec<String>,
}

/// Where a label stands to its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Above or below it: in the middle, or else flush with one of its edges and over its neighbour.
    Along,
    /// Behind it, or else before it; no label covers any mark.
    Beside,
}

/// A label that was given a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) text: String,
    pub(crate) left: Px,
    pub(crate) right: Px,
}

/// Blank between two labels.
const SPACE: Px = Px::new(8);
/// Blank between a mark and the label beside it.
const NEAR: Px = Px::new(6);
/// Blank between a mark and another's label, so that nobody takes it for its own.
const FAR: Px = Px::new(12);

/// A line that labels are written on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) font: Font,
    pub(crate) align: Align,
    pub(crate) left: Px,
    pub(crate) right: Px,
}

impl Line {
    /// Places as many labels as go side by side, one per slot or none, none touching another.
    ///
    /// First every slot gets its shortest wording where there is room, then from the left its second
    /// shortest, and so on, so that alike marks are told about alike.
    pub(crate) fn place(self, slots: &[Slot]) -> Vec<Option<Label>> {
        let mut placed: Vec<Option<Label>> = vec![None; slots.len()];
        let levels = slots.iter().map(|slot| slot.wordings.len()).max().unwrap_or(0);
        for level in 0..levels {
            for (index, slot) in slots.iter().enumerate() {
                let Some(text) = slot.wordings.iter().rev().nth(level) else { continue };
                if level > 0 && placed[index].is_none() {
                    continue;
                }
                let room = self.room(slots, &placed, index);
                if let Some(label) = self.fit(text, slot, room) {
                    placed[index] = Some(label);
                }
            }
        }
        placed
    }

    /// Places labels and writes them on the base line `y`.
    pub(crate) fn write(self, canvas: &mut Canvas, style: Style, y: Px, slots: &[Slot]) {
        for Label { text, left, right } in self.place(slots).into_iter().flatten() {
            let (anchor, x) = match self.align {
                Align::Along => (Anchor::Middle, (left + right) / 2),
                Align::Beside => (Anchor::Start, left),
            };
            canvas.text(style, self.font, anchor, (x, y), &text);
        }
    }

    /// What the labels next to `index` (and the marks, if they are to be seen) leave free.
    fn room(self, slots: &[Slot], placed: &[Option<Label>], index: usize) -> (Px, Px) {
        let before = placed[..index].iter().rev().flatten().next();
        let after = placed[index + 1..].iter().flatten().next();
        let mut left = before.map_or(self.left, |label| label.right + SPACE);
        let mut right = after.map_or(self.right, |label| label.left - SPACE);
        if self.align == Align::Beside {
            left = slots[..index].last().map_or(left, |mark| left.max(mark.right + FAR));
            right = slots.get(index + 1).map_or(right, |mark| right.min(mark.left - FAR));
        }
        (left, right)
    }

    fn fit(self, text: &str, slot: &Slot, (left, right): (Px, Px)) -> Option<Label> {
        let width = self.font.width(text);
        let starts = match self.align {
            Align::Along => vec![(slot.left + slot.right - width) / 2, slot.left, slot.right - width],
            Align::Beside => vec![slot.right + NEAR, slot.left - NEAR - width],
        };
        let start = starts.into_iter().find(|start| *start >= left && *start + width <= right)?;
        Some(Label { text: text.to_owned(), left: start, right: start + width })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slot(left: i64, right: i64, wordings: &[&str]) -> Slot {
        let wordings = wordings.iter().map(|text| (*text).to_owned()).collect();
        Slot { left: Px::new(left), right: Px::new(right), wordings }
    }

    fn line(align: Align, right: i64) -> Line {
        Line { font: Font::Small, align, left: Px::ZERO, right: Px::new(right) }
    }

    fn texts(placed: Vec<Option<Label>>) -> Vec<String> {
        placed.into_iter().map(|label| label.map(|label| label.text).unwrap_or_default()).collect()
    }

    #[test]
    fn all_marks_get_the_short_wording_before_any_gets_the_long_one() {
        let slots = [slot(0, 60, &["request 1", "1"]), slot(70, 80, &["request 2", "2"])];
        assert_eq!(texts(line(Align::Along, 200).place(&slots)), ["request 1", "request 2"]);
        assert_eq!(texts(line(Align::Along, 100).place(&slots)), ["request 1", "2"]);
        assert_eq!(texts(line(Align::Along, 50).place(&slots)), ["1", ""]);
    }

    #[test]
    fn a_label_beside_its_mark_covers_no_mark() {
        let slots = [slot(10, 20, &["back 5"]), slot(90, 100, &["back 7"])];
        let placed = line(Align::Beside, 110).place(&slots);
        assert_eq!(texts(placed), ["back 5", ""]);
        let placed = line(Align::Beside, 300).place(&slots);
        assert_eq!(texts(placed), ["back 5", "back 7"]);
        let placed = line(Align::Beside, 110).place(&slots[1..]);
        assert!(placed[0].as_ref().unwrap().right < Px::new(90), "{placed:?}");
    }

    proptest! {
        #[test]
        fn labels_never_touch(
            marks in prop::collection::vec((0_i64..60, 1_i64..60, "[a-z ]{0,12}", "[a-z]{0,3}"), 0..20),
            right in 0_i64..600,
            beside: bool,
        ) {
            let mut x = 0;
            let slots: Vec<_> = marks
                .iter()
                .map(|(gap, width, long, short)| {
                    let start = x + gap;
                    x = start + width;
                    slot(start, x, &[long, short])
                })
                .collect();
            let align = if beside { Align::Beside } else { Align::Along };
            let placed = line(align, right).place(&slots);
            let labels: Vec<_> = placed.into_iter().flatten().collect();
            for pair in labels.windows(2) {
                prop_assert!(pair[0].right + SPACE <= pair[1].left, "{pair:?}");
            }
            for label in labels {
                prop_assert!(Px::ZERO <= label.left && label.right <= Px::new(right), "{label:?}");
                if beside {
                    let covers = |mark: &Slot| mark.left < label.right && label.left < mark.right;
                    prop_assert!(!slots.iter().any(covers), "{label:?}");
                }
            }
        }
    }
}
