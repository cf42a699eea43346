//! Orders as pieces that neither side parts any further.

use sim_core::io::{Operation, Piece, Role};
use sim_core::trace::Ios;

/// The most pieces a side.
const MOST_ATOMS: usize = 1 << 20;

/// A piece that neither side parts, or a flush, which has no blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Atom {
    pub(super) operation: Operation,
    pub(super) piece: Option<Piece>,
    /// The I/O that it is in.
    pub(super) io: usize,
}

/// What makes two atoms the same blocks; where they lie may differ, and how many blocks of a kind of
/// metadata there are.
pub(super) type Key = (Operation, Option<(Option<u32>, Role, u64, u32)>);

impl Atom {
    pub(super) fn key(&self) -> Key {
        let of_piece = |piece: Piece| {
            let blocks = if piece.role == Role::Data { piece.blocks } else { 1 };
            (piece.file.map(|file| file.0), piece.role, piece.logical, blocks)
        };
        (self.operation, self.piece.map(of_piece))
    }

    pub(super) fn weight(&self) -> u64 {
        self.piece.map_or(1, |piece| u64::from(piece.blocks).max(1))
    }
}

/// A place in a file where a run of blocks begins or ends.
type Cut = (Option<u32>, u64);

/// Both sides, cut; none if there are too many pieces.
pub(super) fn cut(left: &Ios, right: &Ios) -> Option<(Vec<Atom>, Vec<Atom>)> {
    let cuts = cuts(left, right);
    Some((atoms(left, &cuts)?, atoms(right, &cuts)?))
}

fn cuts(left: &Ios, right: &Ios) -> Vec<Cut> {
    let pieces = left.iter().chain(right).flat_map(|(_, pieces)| pieces);
    let data = pieces.filter(|piece| piece.role == Role::Data);
    let ends = data.flat_map(|piece| {
        let file = piece.file.map(|file| file.0);
        [(file, piece.logical), (file, end(piece))]
    });
    let mut cuts: Vec<Cut> = ends.collect();
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// The logical block behind a piece.
pub(super) fn end(piece: &Piece) -> u64 {
    piece.logical.saturating_add(u64::from(piece.blocks))
}

fn atoms(ios: &Ios, cuts: &[Cut]) -> Option<Vec<Atom>> {
    let mut atoms = Vec::new();
    for (io, &(operation, ref pieces)) in ios.iter().enumerate() {
        if operation == Operation::Flush {
            atoms.push(Atom { operation, piece: None, io });
        }
        for &piece in pieces {
            parts(piece, cuts, |part| atoms.push(Atom { operation, piece: Some(part), io }));
            if atoms.len() > MOST_ATOMS {
                return None;
            }
        }
    }
    Some(atoms)
}

/// Tells the parts of a piece between the cuts inside it.
fn parts(piece: Piece, cuts: &[Cut], mut tell: impl FnMut(Piece)) {
    let file = piece.file.map(|file| file.0);
    let mut rest = piece;
    if piece.role == Role::Data {
        let behind = cuts.partition_point(|cut| *cut <= (file, piece.logical));
        let inside = cuts[behind..].iter().take_while(|cut| **cut < (file, end(&piece)));
        for &(_, cut) in inside {
            // The cut lies inside the piece, whose length has 32 bits.
            let front = u32::try_from(cut - rest.logical).unwrap_or(rest.blocks);
            tell(Piece { blocks: front, ..rest });
            rest.logical = cut;
            rest.physical = rest.physical.saturating_add(u64::from(front));
            rest.blocks -= front;
        }
    }
    tell(rest);
}
