//! Orders, compared exactly: what goes together, in which order, and nothing else. What an
//! expectation does not say matches anything: places on the device, and the name of the only file.
//! Kinds of metadata of which there may be several blocks (`groups`, `inodes/N`, `unknown`) stand,
//! without a place, for any number of them one behind the other.

use sim_core::io::blocks::{Order, OrderedIo, OrderedPiece};
use sim_core::io::{FileId, Operation, Piece, Role};
use sim_core::trace::Ios;

use super::{Difference, Sent, ios, sent};
use crate::compare::{Alignment, Moved, align, side_by_side};
use crate::run::ArmRun;
use crate::scenario::expect::Level;

/// How many notes are made.
const MOST_NOTES: usize = 8;

/// How many I/Os are told with their reasons.
const MOST_SENT: usize = 8;

/// How long a note on a piece may be, in bytes.
const LONGEST_PIECE: usize = 200;

/// How an arm's order is otherwise; none if it is as expected.
pub(super) fn difference(expected: &Order, at: Level, arm: &ArmRun) -> Option<Difference> {
    let got = ios(arm, at);
    let placed = placed(got, &|file| path_of(arm, file));
    if matches(expected, &placed) {
        return None;
    }
    let shown = as_expected(expected, got, arm);
    let names = |file: FileId| arm.name_of(file);
    let (mut notes, concerned) = match align(&with_files(expected, arm), got, &names) {
        Alignment::Aligned(moved) if moved.is_empty() => gathered(expected, &placed, &shown),
        Alignment::Aligned(moved) => {
            let concerned = moved
                .iter()
                .filter_map(|moved| moved.right.as_ref())
                .flat_map(|right| right.ios.start.saturating_sub(1)..right.ios.end.saturating_add(1));
            (moved.iter().map(note).collect(), concerned.take(MOST_SENT).collect())
        }
        Alignment::TooDifferent { left, right } => (
            vec![format!("{left} pieces were expected and {right} came: too much to be aligned")],
            Vec::new(),
        ),
    };
    if notes.len() > MOST_NOTES {
        let more = notes.len() - MOST_NOTES;
        notes.truncate(MOST_NOTES);
        notes.push(format!("and {more} more"));
    }
    Some(Difference {
        got: shown.to_string(),
        aligned: Some(side_by_side(expected, &shown)),
        notes,
        sent: reasons(arm, at, concerned),
    })
}

/// Why these I/Os were sent, each told once, in order.
pub(super) fn reasons(arm: &ArmRun, at: Level, mut ios: Vec<usize>) -> Vec<Sent> {
    ios.sort_unstable();
    ios.dedup();
    ios.truncate(MOST_SENT);
    ios.into_iter().filter_map(|number| sent(arm, at, number)).collect()
}

fn path_of(arm: &ArmRun, file: FileId) -> Option<&str> {
    arm.files.get(file.0 as usize).map(|file| file.path.as_str())
}

/// What came, told as the expectation tells it: with places or names of files if that has some.
fn as_expected(expected: &Order, got: &Ios, arm: &ArmRun) -> Order {
    let mut pieces = expected.0.iter().flat_map(OrderedIo::pieces);
    let places = pieces.clone().any(|piece| piece.physical.is_some());
    let files = pieces.any(|piece| piece.file.is_some());
    let name = |file| if files { path_of(arm, file) } else { arm.name_of(file) };
    let io = |(operation, pieces): &(Operation, Vec<Piece>)| {
        OrderedIo::from_trace(*operation, pieces, name, places)
    };
    Order(got.iter().filter_map(io).collect())
}

fn note(moved: &Moved) -> String {
    let mut blocks = moved.blocks.clone();
    if blocks.len() > LONGEST_PIECE {
        let cut = blocks.as_bytes()[..LONGEST_PIECE].iter().rposition(|byte| *byte == b' ').unwrap_or(0);
        blocks.truncate(cut);
        blocks += " ...";
    }
    let places = moved.places(&str::to_owned);
    match (&moved.left, &moved.right) {
        (Some(_), None) => format!("{blocks}: missing, expected {places}"),
        (None, _) => format!("{blocks}: not expected, came {places}"),
        (Some(_), Some(_)) => format!("{blocks}: {places}"),
    }
}

/// The blocks are in the same order, but they went together otherwise, or lie elsewhere: the I/Os
/// that are not as expected, `shown` as the expectation tells them.
fn gathered(expected: &Order, got: &[OrderedIo], shown: &Order) -> (Vec<String>, Vec<usize>) {
    let same = |(expected, got): &(&OrderedIo, &OrderedIo)| same_io(expected, got);
    let start = expected.0.iter().zip(got).take_while(same).count();
    let (left, right) = (&expected.0[start..], &got[start..]);
    let end = left.iter().rev().zip(right.iter().rev()).take_while(same).count();
    let text = |order: &Order| Order(order.0[start..order.0.len() - end].to_vec()).to_string();
    let note = format!("the same blocks as {} instead of {}", text(shown), text(expected));
    (vec![note], (start..got.len() - end).collect())
}

/// The expectation as if it came from the trace of this arm.
fn with_files(expected: &Order, arm: &ArmRun) -> Ios {
    let file = |piece: &OrderedPiece| {
        let named = piece.file.as_ref();
        let number = named.map_or(Some(0), |name| arm.files.iter().position(|file| file.path == *name))?;
        u32::try_from(number).ok().map(FileId).filter(|_| piece.role.belongs_to_a_file())
    };
    let piece = |piece: &OrderedPiece| Piece {
        file: file(piece),
        role: piece.role,
        logical: piece.first,
        physical: piece.physical.unwrap_or(0),
        // Longer pieces than the trace can tell are not there, and shown as if they were shorter.
        blocks: u32::try_from(piece.count).unwrap_or(u32::MAX),
    };
    expected.0.iter().map(|io| (io.operation(), io.pieces().iter().map(piece).collect())).collect()
}

/// I/Os with all that can be told of them.
fn placed<'n>(got: &Ios, path: &dyn Fn(FileId) -> Option<&'n str>) -> Vec<OrderedIo> {
    got.iter()
        .filter_map(|(operation, pieces)| OrderedIo::from_trace(*operation, pieces, path, true))
        .collect()
}

/// Whether I/Os are those that are expected.
fn matches(expected: &Order, got: &[OrderedIo]) -> bool {
    expected.0.len() == got.len() && expected.0.iter().zip(got).all(|(expected, got)| same_io(expected, got))
}

fn same_io(expected: &OrderedIo, got: &OrderedIo) -> bool {
    let mut rest = Rest { pieces: got.pieces(), used: 0 };
    expected.operation() == got.operation()
        && expected.pieces().iter().all(|piece| rest.take(piece))
        && rest.pieces.is_empty()
}

/// What of an I/O has not been compared yet: pieces, of the first of which some blocks were used.
struct Rest<'a> {
    pieces: &'a [OrderedPiece],
    used: u64,
}

impl Rest<'_> {
    /// Takes the blocks of an expected piece off the front.
    fn take(&mut self, expected: &OrderedPiece) -> bool {
        let any_number = expected.physical.is_none() && may_be_several(expected.role);
        let mut taken = 0;
        while any_number || taken < expected.count {
            let Some(piece) = self.pieces.first().filter(|piece| self.goes_on(expected, taken, piece)) else {
                break;
            };
            let here = piece.count - self.used;
            let here = if any_number { here } else { here.min(expected.count - taken) };
            taken += here;
            self.used += here;
            if self.used == piece.count {
                (self.pieces, self.used) = (&self.pieces[1..], 0);
            }
        }
        if any_number { taken > 0 } else { taken == expected.count }
    }

    /// Whether the blocks of a piece from `used` on are those of the expected one from `taken` on.
    fn goes_on(&self, expected: &OrderedPiece, taken: u64, piece: &OrderedPiece) -> bool {
        let at = |start: u64, offset: u64| start.checked_add(offset);
        let data = expected.role != Role::Data || at(piece.first, self.used) == at(expected.first, taken);
        let file = expected.file.is_none() || expected.file == piece.file;
        let place = match (expected.physical, piece.physical) {
            (Some(expected), Some(got)) => at(got, self.used) == at(expected, taken),
            (expected, _) => expected.is_none(),
        };
        piece.role == expected.role && data && file && place
    }
}

/// Whether a filesystem may have several blocks of exactly this role.
fn may_be_several(role: Role) -> bool {
    matches!(role, Role::Groups | Role::Inodes(_) | Role::Unknown)
}

#[cfg(test)]
mod tests;
