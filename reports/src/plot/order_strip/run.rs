//! I/Os taken apart into the runs that are drawn.

use crate::plot::io::{Io, Kind};
use crate::plot::words::{prefix, short};

/// Blocks of one kind side by side, as they are drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// The letter of its operation, if it begins an I/O.
    pub(super) letter: &'static str,
    pub(super) label: String,
    pub(super) kind: Kind,
    /// The first block on the disk, and how many.
    pub(super) first: u64,
    pub(super) blocks: u64,
    /// Which I/O of its row it belongs to.
    pub(super) io: usize,
    /// Whether it is the first or the last of that I/O.
    pub(super) begins: bool,
    pub(super) ends: bool,
}

impl Run {
    /// What is written on it. A blank sets the letter off: `W ind` would read as a word otherwise.
    pub(super) fn text(&self) -> String {
        let blank = if self.letter.is_empty() || self.label.is_empty() { "" } else { " " };
        format!("{}{blank}{}", self.letter, self.label)
    }

    /// The block behind the last.
    pub(super) fn end(&self) -> u64 {
        self.first.saturating_add(self.blocks)
    }
}

/// The runs of a row, in order.
pub(super) fn runs(ios: &[Io]) -> Vec<Run> {
    let mut runs = Vec::new();
    for (io, Io { operation, pieces, .. }) in ios.iter().enumerate() {
        let letter = prefix(*operation);
        if pieces.is_empty() {
            let label = if letter.is_empty() { "-".into() } else { String::new() };
            let (kind, begins, ends) = (Kind::Command, true, true);
            runs.push(Run { letter, label, kind, first: 0, blocks: 1, io, begins, ends });
        }
        for (place, piece) in pieces.iter().enumerate() {
            let (begins, ends) = (place == 0, place + 1 == pieces.len());
            runs.push(Run {
                letter: if begins { letter } else { "" },
                label: short(&piece.label),
                kind: piece.kind.into(),
                first: piece.first_block_on_disk,
                blocks: piece.blocks.max(1),
                io,
                begins,
                ends,
            });
        }
    }
    runs
}
