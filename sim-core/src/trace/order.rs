//! The order of I/O: which blocks were queued, bio by bio, and which were issued, request by
//! request.
//!
//! A request holds what its bios hold inside its own sectors; so of a bio that was split each
//! request has its part, and a block that was cut in two shows in both.

use std::collections::BTreeMap;

use super::{Event, Sink, What};
use crate::io::{BioId, Extent, Flags, Operation, Piece, Sector};

/// I/Os in order: what was done, with which blocks in order of sectors. A flush has no blocks.
pub type Ios = Vec<(Operation, Vec<Piece>)>;

#[derive(Clone, Debug)]
struct Bio {
    extent: Extent,
    pieces: Vec<Piece>,
    /// Sectors that have not been issued yet.
    left: u32,
}

/// Collects the orders of a run. They grow with it; beside them, only bios that have not been
/// issued whole are kept.
#[derive(Clone, Debug)]
pub struct Orders {
    /// The bios, as they were queued.
    pub queued: Ios,
    /// The requests, as they were issued.
    pub issued: Ios,
    block_sectors: u32,
    waiting: BTreeMap<BioId, Bio>,
}

impl Orders {
    /// No I/O yet; a filesystem block has `block_sectors` sectors (at least 1).
    pub fn new(block_sectors: u32) -> Orders {
        Orders {
            queued: Vec::new(),
            issued: Vec::new(),
            block_sectors: block_sectors.max(1),
            waiting: BTreeMap::new(),
        }
    }

    fn queue(&mut self, bio: BioId, operation: Operation, extent: Extent, pieces: &[Piece]) {
        self.queued.push((operation, pieces.to_vec()));
        if extent.sectors > 0 {
            self.waiting.insert(bio, Bio { extent, pieces: pieces.to_vec(), left: extent.sectors });
        }
    }

    fn issue(&mut self, operation: Operation, request: Extent, bios: &[BioId]) {
        let mut pieces = Vec::new();
        for id in bios {
            let Some(bio) = self.waiting.get_mut(id) else {
                continue;
            };
            let Some(part) = bio.extent.overlap(request) else {
                continue;
            };
            let skipped = part.start.0 - bio.extent.start.0;
            cut(&bio.pieces, skipped, u64::from(part.sectors), self.block_sectors, &mut pieces);
            bio.left = bio.left.saturating_sub(part.sectors);
            if bio.left == 0 {
                self.waiting.remove(id);
            }
        }
        self.issued.push((operation, pieces));
    }
}

/// Adds to `cut` the blocks that `sectors` sectors of a bio touch, behind its first `skipped` ones.
fn cut(pieces: &[Piece], skipped: u64, sectors: u64, block_sectors: u32, cut: &mut Vec<Piece>) {
    let block_sectors = u64::from(block_sectors);
    let (first, end) = (skipped / block_sectors, (skipped + sectors).div_ceil(block_sectors));
    let mut before = 0_u64;
    for piece in pieces {
        let (start, stop) = (before, before.saturating_add(u64::from(piece.blocks)));
        before = stop;
        let (from, to) = (first.max(start), end.min(stop));
        if from < to {
            let offset = from - start;
            cut.push(Piece {
                logical: if piece.role == crate::io::Role::Data {
                    piece.logical.saturating_add(offset)
                } else {
                    piece.logical
                },
                physical: piece.physical.saturating_add(offset),
                // No more than the piece has.
                blocks: u32::try_from(to - from).unwrap_or(piece.blocks),
                ..*piece
            });
        }
    }
}

impl Sink for Orders {
    fn record(&mut self, event: &Event) {
        match &event.what {
            What::Queued { bio, operation, flags, sector, sectors, pieces, .. } => {
                // fsync's flush is an empty write with the mark of a flush.
                let is_flush = *sectors == 0 && flags.contains(Flags::PREFLUSH);
                let operation = if is_flush { Operation::Flush } else { *operation };
                self.queue(*bio, operation, extent(*sector, *sectors), pieces);
            }
            What::Issued { operation, sector, sectors, bios, .. } => {
                self.issue(*operation, extent(*sector, *sectors), bios);
            }
            _ => {}
        }
    }
}

fn extent(start: Sector, sectors: u32) -> Extent {
    Extent { start, sectors }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::blocks::Order;
    use crate::io::{FileId, Reason, RequestId, Role};
    use crate::task::TaskId;
    use crate::time::Time;
    use crate::trace::EventId;

    fn piece(role: Role, logical: u64, physical: u64, blocks: u32) -> Piece {
        Piece { file: Some(FileId(0)), role, logical, physical, blocks }
    }

    fn data(logical: u64, physical: u64, blocks: u32) -> Piece {
        piece(Role::Data, logical, physical, blocks)
    }

    /// A run on blocks of 8 sectors.
    struct Run(Orders);

    impl Run {
        fn new() -> Run {
            Run(Orders::new(8))
        }

        fn tell(&mut self, what: What) {
            let (id, because, task) = (EventId(1), EventId::NONE, TaskId(0));
            self.0.record(&Event { at: Time::ZERO, id, because, task, what });
        }

        fn queue(&mut self, bio: u64, operation: Operation, flags: Flags, pieces: &[Piece]) {
            let sector = Sector(pieces.first().map_or(0, |piece| piece.physical * 8));
            let sectors = pieces.iter().map(|piece| piece.blocks * 8).sum();
            let (bio, pieces, reason) = (BioId(bio), pieces.to_vec(), Reason::EndOfRequest);
            self.tell(What::Queued { bio, operation, flags, sector, sectors, pieces, reason });
        }

        fn read(&mut self, bio: u64, pieces: &[Piece]) {
            self.queue(bio, Operation::Read, Flags::NONE, pieces);
        }

        fn issue(&mut self, operation: Operation, sector: u64, sectors: u32, bios: &[u64]) {
            let (request, flags, sector) = (RequestId(1), Flags::NONE, Sector(sector));
            let bios = bios.iter().copied().map(BioId).collect();
            self.tell(What::Issued { request, operation, flags, sector, sectors, bios });
        }

        fn orders(&self) -> (String, String) {
            let order = |ios| Order::from_trace(ios, |_| None).to_string();
            (order(&self.0.queued), order(&self.0.issued))
        }
    }

    #[test]
    fn the_classic_is_merged_at_the_back() {
        let mut run = Run::new();
        run.read(1, &[data(0, 1000, 12)]);
        run.read(2, &[piece(Role::Ind, 0, 1012, 1)]);
        run.read(3, &[data(12, 1013, 4)]);
        run.issue(Operation::Read, 8000, 104, &[1, 2]);
        run.issue(Operation::Read, 8104, 32, &[3]);
        assert_eq!(run.orders(), ("0-11 ind 12-15".into(), "0-11+ind 12-15".into()));
        assert!(run.0.waiting.is_empty());
    }

    #[test]
    fn a_front_merge_puts_the_later_bio_first() {
        let mut run = Run::new();
        run.read(1, &[data(8, 108, 4)]);
        run.read(2, &[data(0, 100, 8)]);
        run.issue(Operation::Read, 800, 96, &[2, 1]);
        assert_eq!(run.orders(), ("8-11 0-7".into(), "0-11".into()));
        assert_eq!(run.0.issued[0].1, [data(0, 100, 8), data(8, 108, 4)]);
    }

    #[test]
    fn each_request_has_its_part_of_a_split_bio() {
        let mut run = Run::new();
        run.read(1, &[data(0, 100, 10), data(20, 110, 10)]);
        run.read(2, &[data(30, 120, 2)]);
        run.issue(Operation::Read, 800, 64, &[1]);
        run.issue(Operation::Read, 864, 64, &[1]);
        assert_eq!(run.0.waiting.len(), 2);
        run.issue(Operation::Read, 928, 48, &[1, 2]);
        assert_eq!(run.orders(), ("0-9+20-29 30-31".into(), "0-7 8-9+20-25 26-31".into()));
        assert_eq!(run.0.issued[2].1, [data(26, 116, 4), data(30, 120, 2)]);
        assert!(run.0.waiting.is_empty());
    }

    #[test]
    fn a_block_that_is_cut_in_two_shows_in_both_requests() {
        let mut run = Run::new();
        run.read(1, &[data(0, 100, 3)]);
        run.issue(Operation::Read, 800, 12, &[1]);
        run.issue(Operation::Read, 812, 12, &[1]);
        assert_eq!(run.orders().1, "0-1 1-2");
    }

    #[test]
    fn the_index_of_metadata_is_not_counted_up() {
        let mut run = Run::new();
        run.queue(1, Operation::Write, Flags::METADATA, &[piece(Role::Inodes(2), 0, 50, 4)]);
        run.issue(Operation::Write, 416, 16, &[1]);
        assert_eq!(run.0.issued[0].1, [piece(Role::Inodes(2), 0, 52, 2)]);
    }

    #[test]
    fn flushes_are_told_and_unknown_bios_are_not() {
        let mut run = Run::new();
        run.queue(1, Operation::Write, Flags::PREFLUSH, &[]);
        run.queue(2, Operation::Write, Flags::PREFLUSH, &[data(0, 100, 1)]);
        run.issue(Operation::Flush, 0, 0, &[1, 2]);
        run.issue(Operation::Write, 800, 8, &[2]);
        run.issue(Operation::Read, 0, 8, &[77]);
        assert_eq!(run.orders(), ("F W0".into(), "F W0".into()));
        assert!(run.0.waiting.is_empty());
    }
}
