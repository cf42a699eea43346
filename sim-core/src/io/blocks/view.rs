//! The view of the disk: the order of I/O in positions on the device instead of logical blocks.
//!
//! It is the numbering of the comment before `mpage_readahead` in `fs/mpage.c`, where the indirect
//! block between a file's blocks counts as a block of its own: a position is a physical block
//! minus the lowest physical block of that file's data and indirect blocks. It is shown, never
//! read: a position does not say what lies there.

use std::fmt;

use super::order::{print_io, print_spaced};
use super::piece::print_range;
use crate::io::{FileId, Operation, Piece, Role};

/// Blocks inside one I/O of the view: of one file and role, at consecutive positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskPiece {
    /// The file's name, if it is shown.
    pub file: Option<String>,
    /// What the blocks are; not shown where there is a position.
    pub role: Role,
    /// The first position; none for blocks that belong to no file.
    pub position: Option<u64>,
    /// How many blocks.
    pub count: u64,
}

impl DiskPiece {
    fn join(&mut self, next: &DiskPiece) -> bool {
        let end = self.position.and_then(|position| position.checked_add(self.count));
        let consecutive =
            end.is_some() && end == next.position || (self.position, next.position) == (None, None);
        let joined = consecutive && (self.role, &self.file) == (next.role, &next.file);
        if joined {
            self.count = self.count.saturating_add(next.count);
        }
        joined
    }
}

/// One I/O of the view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskIo {
    operation: Operation,
    pieces: Vec<DiskPiece>,
}

/// I/Os in order, in positions on the device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiskOrder(pub Vec<DiskIo>);

impl DiskIo {
    /// An I/O as the trace tells it; `None` if it moves no block and is no flush. `name` names
    /// files (none: the name is not shown); `lowest` tells the lowest physical block of a file's
    /// data and indirect blocks (none: its pieces are shown by their roles).
    pub fn from_trace<'n>(
        operation: Operation,
        pieces: &[Piece],
        name: impl Fn(FileId) -> Option<&'n str>,
        lowest: impl Fn(FileId) -> Option<u64>,
    ) -> Option<DiskIo> {
        let mut io = DiskIo { operation, pieces: Vec::new() };
        for piece in pieces.iter().filter(|piece| piece.blocks > 0) {
            let file = piece.file.filter(|_| piece.role.belongs_to_a_file());
            let shown = DiskPiece {
                file: file.and_then(&name).map(str::to_owned),
                role: piece.role,
                position: file.and_then(&lowest).and_then(|lowest| piece.physical.checked_sub(lowest)),
                count: u64::from(piece.blocks),
            };
            if !io.pieces.last_mut().is_some_and(|last| last.join(&shown)) {
                io.pieces.push(shown);
            }
        }
        (operation == Operation::Flush || !io.pieces.is_empty()).then_some(io)
    }

    /// What is done.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// With which blocks, in order of sectors.
    pub fn pieces(&self) -> &[DiskPiece] {
        &self.pieces
    }
}

impl DiskOrder {
    /// The view of I/Os as the trace tells them; see [`DiskIo::from_trace`].
    pub fn from_trace<'n>(
        ios: &[(Operation, Vec<Piece>)],
        name: impl Fn(FileId) -> Option<&'n str>,
        lowest: impl Fn(FileId) -> Option<u64>,
    ) -> DiskOrder {
        let io = |(operation, pieces): &(Operation, Vec<Piece>)| {
            DiskIo::from_trace(*operation, pieces, &name, &lowest)
        };
        DiskOrder(ios.iter().filter_map(io).collect())
    }
}

impl fmt::Display for DiskIo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pieces = self.pieces.iter().map(|piece| {
            (piece.file.as_deref(), |f: &mut fmt::Formatter<'_>| match piece.position {
                Some(position) => print_range(f, position, piece.count),
                None => write!(f, "{}", piece.role),
            })
        });
        print_io(f, self.operation, pieces)
    }
}

impl fmt::Display for DiskOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print_spaced(f, &self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::blocks::Order;

    fn piece(role: Role, logical: u64, physical: u64, blocks: u32) -> Piece {
        let file = role.belongs_to_a_file().then_some(FileId(0));
        Piece { file, role, logical, physical, blocks }
    }

    /// The example of the comment before `mpage_readahead`.
    #[test]
    fn the_classic_is_shown_in_positions_on_the_disk() {
        let front = piece(Role::Data, 0, 1000, 12);
        let ind = piece(Role::Ind, 0, 1012, 1);
        let back = piece(Role::Data, 12, 1013, 4);
        let bios =
            [(Operation::Read, vec![ind]), (Operation::Read, vec![front]), (Operation::Read, vec![back])];
        let requests = [(Operation::Read, vec![front, ind]), (Operation::Write, vec![back])];
        let view = |ios: &[_]| DiskOrder::from_trace(ios, |_| None, |_| Some(1000)).to_string();
        assert_eq!(view(&bios), "12 0-11 13-16");
        assert_eq!(view(&requests), "0-11+12 W13-16");
        assert_eq!(Order::from_trace(&bios, |_| None).to_string(), "ind 0-11 12-15");
        assert_eq!(Order::from_trace(&requests, |_| None).to_string(), "0-11+ind W12-15");
    }

    #[test]
    fn data_with_a_hole_between_is_one_range_on_the_disk() {
        let ios = [(Operation::Read, vec![piece(Role::Data, 0, 50, 2), piece(Role::Data, 9, 52, 2)])];
        assert_eq!(DiskOrder::from_trace(&ios, |_| None, |_| Some(50)).to_string(), "0-3");
    }

    #[test]
    fn metadata_of_the_filesystem_keeps_its_role_and_files_their_names() {
        let other = Piece { file: Some(FileId(1)), ..piece(Role::Data, 0, 90, 1) };
        let ios = [
            (Operation::Write, vec![piece(Role::Bitmap(3), 0, 9, 2), piece(Role::Bitmap(3), 0, 11, 1)]),
            (Operation::Write, vec![piece(Role::Data, 5, 89, 1), other]),
            (Operation::Flush, vec![]),
            (Operation::Read, vec![]),
        ];
        let name = |file: FileId| Some(if file == FileId(0) { "/a" } else { "/b" });
        let lowest = |file: FileId| (file == FileId(0)).then_some(80);
        assert_eq!(DiskOrder::from_trace(&ios, name, lowest).to_string(), "Wbitmap/3 W/a:9+/b:data F");
    }
}
