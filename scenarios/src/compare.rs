//! Comparing two orders of I/O: what is not in the same order on both sides, and from where to
//! where it moved.
//!
//! Both orders are cut into pieces that neither side parts any further. What they have in common is
//! their heaviest common subsequence, weighed by blocks, so that of two things that changed places
//! the smaller one has moved. The rest was moved, or is on one side only. How blocks were gathered
//! into I/Os, and where they lie on the device, makes no difference here.

mod atoms;
mod columns;
mod moved;
pub(crate) mod subsequence;

use std::ops::Range;

use sim_core::io::FileId;
use sim_core::trace::Ios;

pub use columns::side_by_side;

/// How files are called; `None`: their names are not shown.
pub type FileNames<'a> = &'a dyn Fn(FileId) -> Option<&'a str>;

/// Where moved blocks stand on one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// How many pieces that did not move stand before them on that side.
    pub position: usize,
    /// The I/Os that they are in, counted from 0.
    pub ios: Range<usize>,
    /// What stands next before them, of what did not move; none: they are the first.
    pub before: Option<String>,
    /// What stands next behind them, of what did not move; none: they are the last.
    pub after: Option<String>,
}

/// Blocks that one side has elsewhere than the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Which blocks, in the grammar of orders.
    pub blocks: String,
    /// Where they are on the left; none if they are not there.
    pub left: Option<Place>,
    /// Where they are on the right; none if they are not there.
    pub right: Option<Place>,
    /// What they went past, if that can be told in a few words.
    pub passed: Option<String>,
}

/// Two orders, aligned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alignment {
    /// What is not in the same order on both sides: what the left has, in its order, then what only
    /// the right has.
    Aligned(Vec<Moved>),
    /// The sides are too long and too different.
    TooDifferent {
        /// Pieces on the left that are not at once the same.
        left: usize,
        /// Pieces on the right.
        right: usize,
    },
}

/// Aligns two orders. It takes time n log n in the pairs of equal pieces, and gives up on more than
/// a million of them, or of pieces.
pub fn align(left: &Ios, right: &Ios, names: FileNames<'_>) -> Alignment {
    match atoms::cut(left, right) {
        Some((left, right)) => moved::align(&left, &right, names),
        None => {
            let pieces = |ios: &Ios| ios.iter().map(|(_, pieces)| pieces.len()).sum();
            Alignment::TooDifferent { left: pieces(left), right: pieces(right) }
        }
    }
}

impl Moved {
    /// Where the blocks are on the right and were on the left, without their name: `behind 0-11
    /// instead of before it`. Blocks of one side only have just that place: `between 0-11 and ind`.
    /// `quote` says how other blocks are shown.
    pub fn places(&self, quote: &dyn Fn(&str) -> String) -> String {
        match (&self.left, &self.right) {
            (Some(left), Some(right)) => self.both_places(left, right, quote),
            (Some(place), None) | (None, Some(place)) => place.in_words(quote),
            (None, None) => String::new(),
        }
    }

    fn both_places(&self, left: &Place, right: &Place, quote: &dyn Fn(&str) -> String) -> String {
        match &self.passed {
            Some(passed) => {
                let them = if passed.contains(' ') { "them" } else { "it" };
                let passed = quote(passed);
                match right.position > left.position {
                    true => format!("behind {passed} instead of before {them}"),
                    false => format!("before {passed} instead of behind {them}"),
                }
            }
            None => format!("{} instead of {}", right.in_words(quote), left.in_words(quote)),
        }
    }
}

impl Place {
    fn in_words(&self, quote: &dyn Fn(&str) -> String) -> String {
        match (&self.before, &self.after) {
            (None, None) => "alone".to_owned(),
            (None, Some(after)) => format!("first, before {}", quote(after)),
            (Some(before), None) => format!("last, behind {}", quote(before)),
            (Some(before), Some(after)) => format!("between {} and {}", quote(before), quote(after)),
        }
    }
}

#[cfg(test)]
mod tests;
