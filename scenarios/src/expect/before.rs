//! Blocks that come before others: each block of a piece before each block of the next piece, every
//! time that it comes. Inside an I/O blocks come in the order of their sectors.

use sim_core::io::blocks::{Order, OrderedIo, OrderedPiece};
use sim_core::io::{Operation, Role};

use super::order::reasons;
use super::{Difference, ios};
use crate::run::ArmRun;
use crate::scenario::expect::Level;

/// How an arm's order is otherwise; none if it is as expected.
pub(super) fn difference(pieces: &[Order], at: Level, arm: &ArmRun) -> Option<Difference> {
    let names = |file: sim_core::io::FileId| arm.files.get(file.0 as usize).map(|file| file.path.as_str());
    let placed: Vec<Option<OrderedIo>> = ios(arm, at)
        .iter()
        .map(|(operation, pieces)| OrderedIo::from_trace(*operation, pieces, names, true))
        .collect();
    let (notes, concerned) = wrong(pieces, &placed);
    if notes.is_empty() {
        return None;
    }
    let got = arm.order(ios(arm, at)).to_string();
    Some(Difference { got, aligned: None, notes, sent: reasons(arm, at, concerned) })
}

/// What is not so, and the I/Os that it is about.
fn wrong(pieces: &[Order], got: &[Option<OrderedIo>]) -> (Vec<String>, Vec<usize>) {
    let seen: Vec<Seen> = pieces.iter().map(|piece| Seen::in_order(piece, got)).collect();
    let (mut notes, mut concerned) = (Vec::new(), Vec::new());
    for (piece, seen) in pieces.iter().zip(&seen) {
        if !seen.missing.is_empty() {
            let missing = seen.missing.join(" ");
            let all = piece.to_string();
            let of = if missing == all { String::new() } else { format!(" of {all}") };
            notes.push(format!("{missing}{of} never came"));
        }
    }
    let neighbours = pieces.windows(2).zip(seen.windows(2));
    for (pieces, seen) in neighbours {
        let (Some(last), Some(first)) = (&seen[0].last, &seen[1].first) else { continue };
        if last.at >= first.at {
            let (this, next) = (&pieces[0], &pieces[1]);
            notes.push(format!("{this} is not before {next}: {} came behind {}", last.block, first.block));
            concerned.extend([first.at.0, last.at.0]);
        }
    }
    (notes, concerned)
}

/// A block of a piece where it came.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Came {
    /// The I/O, the piece of it, and how many blocks of that came before it.
    at: (usize, usize, u64),
    block: String,
}

/// When the blocks of a piece came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seen {
    first: Option<Came>,
    last: Option<Came>,
    /// Those that never came.
    missing: Vec<String>,
}

impl Seen {
    fn in_order(piece: &Order, got: &[Option<OrderedIo>]) -> Seen {
        let mut seen = Seen::default();
        for wanted in &piece.0 {
            if wanted.operation() == Operation::Flush {
                seen.look_for(Operation::Flush, None, got);
            }
            for blocks in wanted.pieces() {
                seen.look_for(wanted.operation(), Some(blocks), got);
            }
        }
        seen
    }

    fn look_for(&mut self, operation: Operation, wanted: Option<&OrderedPiece>, got: &[Option<OrderedIo>]) {
        let count = wanted.map_or(1, |wanted| if is_counted(wanted) { wanted.count } else { 1 });
        let mut covered: Vec<(u64, u64)> = Vec::new();
        for (number, io) in got.iter().enumerate() {
            let Some(io) = io else { continue };
            if (io.operation(), operation) == (Operation::Flush, Operation::Flush) {
                covered.push((0, 1));
                self.came((number, 0, 0), operation, None, 0);
            }
            for (nth, piece) in io.pieces().iter().enumerate() {
                let common =
                    wanted.filter(|_| io.operation() == operation).and_then(|wanted| common(wanted, piece));
                if let Some((from, to, offset)) = common {
                    covered.push((from, to));
                    self.came((number, nth, offset), operation, wanted, from);
                    self.came((number, nth, offset + (to - from - 1)), operation, wanted, to - 1);
                }
            }
        }
        for (from, to) in gaps(covered, count) {
            self.missing.push(name(operation, wanted, from, to - from));
        }
    }

    fn came(
        &mut self,
        at: (usize, usize, u64),
        operation: Operation,
        wanted: Option<&OrderedPiece>,
        nth: u64,
    ) {
        let came = || Some(Came { at, block: name(operation, wanted, nth, 1) });
        if self.first.as_ref().is_none_or(|first| at < first.at) {
            self.first = came();
        }
        if self.last.as_ref().is_none_or(|last| at > last.at) {
            self.last = came();
        }
    }
}

/// Whether the blocks of a piece are told one by one.
fn is_counted(piece: &OrderedPiece) -> bool {
    piece.role == Role::Data || piece.physical.is_some()
}

/// Which blocks of the wanted piece (from, to) are in a piece, and how many blocks of that stand
/// before them.
fn common(wanted: &OrderedPiece, piece: &OrderedPiece) -> Option<(u64, u64, u64)> {
    if wanted.role != piece.role || wanted.file.as_ref().is_some_and(|file| Some(file) != piece.file.as_ref())
    {
        return None;
    }
    // Both as runs on one line: of logical blocks, or of places where the role has no other.
    let (start, other) = match (wanted.role, wanted.physical) {
        (Role::Data, _) => (wanted.first, piece.first),
        (_, Some(place)) => (place, piece.physical?),
        (_, None) => return Some((0, 1, 0)),
    };
    let from = start.max(other);
    let to = start.saturating_add(wanted.count).min(other.saturating_add(piece.count));
    let same_place = |place: u64| {
        piece.physical.and_then(|got| got.checked_add(from - other)) == place.checked_add(from - start)
    };
    let placed = from < to && (wanted.role != Role::Data || wanted.physical.is_none_or(same_place));
    placed.then(|| (from - start, to - start, from - other))
}

/// What of `0..count` is not covered.
fn gaps(mut covered: Vec<(u64, u64)>, count: u64) -> Vec<(u64, u64)> {
    covered.sort_unstable();
    let mut gaps = Vec::new();
    let mut reached = 0;
    for (from, to) in covered.into_iter().chain([(count, count)]) {
        if from > reached {
            gaps.push((reached, from));
        }
        reached = reached.max(to);
    }
    gaps
}

/// Blocks of a wanted piece, in the grammar of orders.
fn name(operation: Operation, wanted: Option<&OrderedPiece>, nth: u64, count: u64) -> String {
    let piece = wanted.map(|piece| OrderedPiece {
        first: piece.first.saturating_add(nth),
        count,
        physical: piece.physical.map(|place| place.saturating_add(nth)),
        ..piece.clone()
    });
    OrderedIo::new(operation, piece).map_or_else(String::new, |io| io.to_string())
}

#[cfg(test)]
mod tests;
