//! The bio under construction: pages that lie one behind the other on the device.

use sim_core::io::{FileId, Flags, Operation, Piece, Reason, Role, Sector};

use sim_core::trace::EventId;

use crate::kernel::Kernel;
use crate::page::PageRef;
use crate::record::{enter_span, leave_span};
use crate::submit::{EndIo, NewBio, submit_bio};

/// The most segments a bio has (`BIO_MAX_VECS`).
pub const BIO_MAX_VECS: u64 = 256;

/// The most bytes of a segment, where pages are adjacent in memory (`BLK_MAX_SEGMENT_SIZE`).
const MAX_SEGMENT_BYTES: u32 = 65_536;

fn segment_sectors(k: &Kernel) -> u32 {
    if k.settings.pages_adjacent { MAX_SEGMENT_BYTES / 512 } else { k.sizes.page_sectors() }
}

/// Blocks of one file in a row, to be added to a bio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks {
    /// The first one's index in its file.
    pub logical: u64,
    /// The first one's place on the device.
    pub physical: u64,
    /// How many.
    pub count: u32,
}

/// A multi-page bio that is being built.
#[derive(Debug)]
pub struct MpageBio {
    file: FileId,
    first_physical: u64,
    blocks: u32,
    capacity: usize,
    because: EventId,
    pages: Vec<PageRef>,
    pieces: Vec<Piece>,
}

impl MpageBio {
    /// An empty bio that begins at a physical block and has room for `capacity` pages; `because` is
    /// the event that told where its first block lies.
    pub fn new(file: FileId, first_physical: u64, capacity: u64, because: EventId) -> MpageBio {
        let at_first = usize::try_from(capacity.min(BIO_MAX_VECS)).unwrap_or(0);
        let capacity = usize::try_from(capacity).unwrap_or(usize::MAX);
        let (pages, pieces) = (Vec::with_capacity(at_first), Vec::with_capacity(1));
        MpageBio { file, first_physical, blocks: 0, capacity, because, pages, pieces }
    }

    /// How many more pages there is room for.
    #[inline]
    pub fn room(&self) -> usize {
        self.capacity - self.pages.len()
    }

    /// Adds the mapped part of a page, if there is room for a page.
    #[inline]
    pub fn add_page(&mut self, page: PageRef, blocks: Blocks) -> bool {
        let room = self.room() > 0;
        if room {
            self.add_pages(&[page], blocks);
        }
        room
    }

    /// Adds the mapped parts of pages, for which there is room, and whose blocks follow one another.
    pub fn add_pages(&mut self, pages: &[PageRef], blocks: Blocks) {
        assert!(pages.len() <= self.room(), "{} pages for a bio with room for {}", pages.len(), self.room());
        self.pages.extend_from_slice(pages);
        self.blocks += blocks.count;
        match self.pieces.last_mut() {
            Some(last) if last.logical + u64::from(last.blocks) == blocks.logical => {
                last.blocks += blocks.count;
            }
            _ => self.pieces.push(Piece {
                file: Some(self.file),
                role: Role::Data,
                logical: blocks.logical,
                physical: blocks.physical,
                blocks: blocks.count,
            }),
        }
    }

    /// Sends it.
    pub async fn submit(self, k: &Kernel, operation: Operation, flags: Flags, reason: Reason) {
        let end_io = if operation == Operation::Read { EndIo::MpageRead } else { EndIo::MpageWrite };
        let block_sectors = k.sizes.block_sectors();
        let bio = NewBio {
            operation,
            flags,
            sector: Sector(self.first_physical * u64::from(block_sectors)),
            sectors: self.blocks * block_sectors,
            segment_sectors: segment_sectors(k),
            pieces: self.pieces,
            pages: self.pages,
            reason,
            end_io,
        };
        let span = (self.because != EventId::NONE).then(|| enter_span(k, self.because));
        submit_bio(k, bio).await;
        if let Some(span) = span {
            leave_span(k, span);
        }
    }
}
