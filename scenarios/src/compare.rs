//! Comparing two arms: their I/Os aligned by block, and what that says in words.
//!
//! Both orders are cut into pieces that neither side parts any further, and these are aligned by
//! their longest common subsequence, weighed by blocks. What is outside it was moved, or is on one
//! side only.

use sim_core::io::blocks::OrderedPiece;
use sim_core::io::{Operation, Piece, Role};
use sim_core::trace::Ios;

/// The most cells of the table that aligning may fill.
const MOST_CELLS: usize = 1 << 24;

/// Blocks that one side has elsewhere than the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Which blocks, in the grammar of orders.
    pub blocks: String,
    /// How many pieces come before it on the left; none if it is not there.
    pub left: Option<usize>,
    /// How many pieces come before it on the right; none if it is not there.
    pub right: Option<usize>,
}

/// Two orders, aligned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alignment {
    /// What is not in the same order on both sides.
    Aligned(Vec<Moved>),
    /// The sides are too long and too different.
    TooDifferent {
        /// Pieces on the left that are not at once the same.
        left: usize,
        /// Pieces on the right.
        right: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Atom {
    operation: Operation,
    piece: Piece,
}

impl Atom {
    /// Whether both are the same blocks; where they lie may differ.
    fn is(&self, other: &Atom) -> bool {
        let key = |atom: &Atom| {
            (atom.operation, atom.piece.file, atom.piece.role, atom.piece.logical, atom.piece.blocks)
        };
        key(self) == key(other)
    }

    fn name(&self) -> String {
        let piece = OrderedPiece {
            file: None,
            role: self.piece.role,
            first: self.piece.logical,
            count: u64::from(self.piece.blocks),
            physical: None,
        };
        sim_core::io::blocks::OrderedIo::new(self.operation, [piece])
            .map_or_else(String::new, |io| io.to_string())
    }
}

/// Aligns two orders.
pub fn align(left: &Ios, right: &Ios) -> Alignment {
    let cuts = cuts(left, right);
    let (left, right) = (atoms(left, &cuts), atoms(right, &cuts));
    let start = left.iter().zip(&right).take_while(|(left, right)| left.is(right)).count();
    let (left_rest, right_rest) = (&left[start..], &right[start..]);
    let end = left_rest.iter().rev().zip(right_rest.iter().rev());
    let end = end.take_while(|(left, right)| left.is(right)).count();
    let left_rest = &left_rest[..left_rest.len() - end];
    let right_rest = &right_rest[..right_rest.len() - end];
    if (left_rest.len() + 1).saturating_mul(right_rest.len() + 1) > MOST_CELLS {
        return Alignment::TooDifferent { left: left_rest.len(), right: right_rest.len() };
    }
    let (only_left, only_right) = outside(left_rest, right_rest);
    Alignment::Aligned(pair(&left, &right, start, &only_left, &only_right))
}

/// Where runs of blocks begin or end on either side, per file.
fn cuts(left: &Ios, right: &Ios) -> Vec<(Option<u32>, u64)> {
    let pieces = left.iter().chain(right).flat_map(|(_, pieces)| pieces);
    let data = pieces.filter(|piece| piece.role == Role::Data);
    let mut cuts: Vec<_> = data
        .flat_map(|piece| {
            let file = piece.file.map(|file| file.0);
            [(file, piece.logical), (file, piece.logical + u64::from(piece.blocks))]
        })
        .collect();
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

fn atoms(ios: &Ios, cuts: &[(Option<u32>, u64)]) -> Vec<Atom> {
    let mut atoms = Vec::new();
    for &(operation, ref pieces) in ios {
        for &piece in pieces {
            let mut rest = piece;
            while piece.role == Role::Data {
                let behind = cuts.partition_point(|cut| *cut <= (rest.file.map(|file| file.0), rest.logical));
                let end = rest.logical + u64::from(rest.blocks);
                let cut =
                    cuts.get(behind).filter(|(file, cut)| *file == rest.file.map(|f| f.0) && *cut < end);
                let Some(&(_, cut)) = cut else { break };
                // The cut lies inside the piece, whose length has 32 bits.
                let front = u32::try_from(cut - rest.logical).unwrap_or(rest.blocks);
                atoms.push(Atom { operation, piece: Piece { blocks: front, ..rest } });
                rest.logical = cut;
                rest.physical += u64::from(front);
                rest.blocks -= front;
            }
            atoms.push(Atom { operation, piece: rest });
        }
    }
    atoms
}

/// What each side has outside the longest common subsequence.
fn outside(left: &[Atom], right: &[Atom]) -> (Vec<usize>, Vec<usize>) {
    let width = right.len() + 1;
    let mut best = vec![0_u64; (left.len() + 1) * width];
    for (i, atom) in left.iter().enumerate().rev() {
        for (j, other) in right.iter().enumerate().rev() {
            let skipped = best[(i + 1) * width + j].max(best[i * width + j + 1]);
            let taken = best[(i + 1) * width + j + 1] + u64::from(atom.piece.blocks);
            best[i * width + j] = if atom.is(other) { taken.max(skipped) } else { skipped };
        }
    }
    let (mut only_left, mut only_right) = (Vec::new(), Vec::new());
    let (mut i, mut j) = (0, 0);
    while i < left.len() && j < right.len() {
        let weight = u64::from(left[i].piece.blocks);
        if left[i].is(&right[j]) && best[i * width + j] == best[(i + 1) * width + j + 1] + weight {
            (i, j) = (i + 1, j + 1);
        } else if best[(i + 1) * width + j] >= best[i * width + j + 1] {
            only_left.push(i);
            i += 1;
        } else {
            only_right.push(j);
            j += 1;
        }
    }
    only_left.extend(i..left.len());
    only_right.extend(j..right.len());
    (only_left, only_right)
}

fn pair(
    left: &[Atom],
    right: &[Atom],
    start: usize,
    only_left: &[usize],
    only_right: &[usize],
) -> Vec<Moved> {
    let mut unpaired: Vec<usize> = only_right.to_vec();
    let mut moved = Vec::new();
    for &number in only_left {
        let atom = &left[start + number];
        let partner = unpaired.iter().position(|&other| right[start + other].is(atom));
        let partner = partner.map(|place| unpaired.remove(place));
        moved.push(Moved {
            blocks: atom.name(),
            left: Some(start + number),
            right: partner.map(|other| start + other),
        });
    }
    moved.extend(unpaired.into_iter().map(|number| Moved {
        blocks: right[start + number].name(),
        left: None,
        right: Some(start + number),
    }));
    moved
}

#[cfg(test)]
mod tests {
    use sim_core::io::FileId;

    use super::*;

    fn io(role: Role, logical: u64, blocks: u32) -> (Operation, Vec<Piece>) {
        let piece = Piece { file: Some(FileId(0)), role, logical, physical: 1000 + logical, blocks };
        (Operation::Read, vec![piece])
    }

    fn moved(blocks: &str, left: Option<usize>, right: Option<usize>) -> Moved {
        Moved { blocks: blocks.to_owned(), left, right }
    }

    #[test]
    fn what_moved_is_the_smaller_part() {
        let off = vec![io(Role::Ind, 0, 1), io(Role::Data, 0, 12), io(Role::Data, 12, 4)];
        let on = vec![io(Role::Data, 0, 12), io(Role::Ind, 0, 1), io(Role::Data, 12, 4)];
        assert_eq!(align(&off, &on), Alignment::Aligned(vec![moved("ind", Some(0), Some(1))]));
    }

    #[test]
    fn other_cuts_of_the_same_blocks_are_no_difference() {
        let whole = vec![io(Role::Data, 0, 16)];
        let parts = vec![io(Role::Data, 0, 5), io(Role::Data, 5, 11)];
        assert_eq!(align(&whole, &parts), Alignment::Aligned(vec![]));
    }

    #[test]
    fn blocks_on_one_side_only_are_told() {
        let with = vec![io(Role::Data, 0, 4), io(Role::Data, 8, 2)];
        let without = vec![io(Role::Data, 0, 4)];
        assert_eq!(align(&with, &without), Alignment::Aligned(vec![moved("8-9", Some(1), None)]));
        assert_eq!(align(&without, &with), Alignment::Aligned(vec![moved("8-9", None, Some(1))]));
    }

    #[test]
    fn sides_that_are_too_long_and_different_are_not_aligned() {
        let left: Ios = (0..5000).map(|block| io(Role::Data, 2 * block, 1)).collect();
        let right: Ios = (0..5000).map(|block| io(Role::Data, 2 * block + 100_000, 1)).collect();
        assert_eq!(align(&left, &right), Alignment::TooDifferent { left: 5000, right: 5000 });
    }
}
