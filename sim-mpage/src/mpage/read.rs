//! Reading: `do_mpage_readpage`, `mpage_readahead`, `mpage_read_folio`.
//!
//! One worked example: a file of 16 blocks, 0-11 at 1000, its indirect block at 1012, 12-15 at 1013,
//! read ahead as 16 pages of one block. Page 0 asks for 16 blocks and gets 12: the array of direct
//! pointers ends there, so the mapping carries the boundary flag. Pages 0 to 10 join the bio. Page 11
//! uses the mapping up exactly: boundary, the bio 0-11 is sent. Page 12 asks for the rest; to answer,
//! the filesystem reads the indirect block, which lies right behind what has just been sent. Without
//! the flag the bio 0-11 would still be waiting for page 12 here, behind the indirect block.

use sim_core::io::{Confused, FileId, Flags, Operation, Reason};

use super::bio::{BIO_MAX_VECS, Blocks, MpageBio};
use super::full_page::block_read_full_folio;
use sim_core::trace::EventId;

use crate::content::{read_stamp, zero_from};
use crate::ext2::get_block::{Mapped, get_block};
use crate::kernel::Kernel;
use crate::memory::set_up_to_date;
use crate::page::buffers::BufferRef;
use crate::page::{Mark, PageRef};
use crate::page_lock::unlock_page;

/// What lives across the pages of one readahead request (`struct mpage_readpage_args`).
struct MpageReadpage<'k> {
    k: &'k Kernel,
    file: FileId,
    bio: Option<MpageBio>,
    last_block_in_bio: u64,
    map_bh: MapBh,
    first_logical_block: u64,
    nr_pages: u64,
    is_readahead: bool,
    /// The event that tells of the last `get_block`.
    because: EventId,
}

/// The result of the last `get_block`: its mapped flag can be cleared while the rest stays.
#[derive(Clone, Copy, Debug, Default)]
struct MapBh {
    mapped: bool,
    boundary: bool,
    physical: u64,
    blocks: u64,
}

/// The blocks of one page, as far as they are known.
#[derive(Clone, Copy, Debug)]
struct PageBlocks {
    /// The next block of the file that is to be looked at.
    block_in_file: u64,
    /// The block of the file behind the last one that the request wants.
    last_block: u64,
    /// `blocks[0]`; those that follow lie behind it.
    first: u64,
    /// How many blocks were looked at (`page_block`).
    looked_at: u64,
    first_hole: Option<u64>,
}

impl PageBlocks {
    fn take(&mut self, physical: u64) {
        if self.looked_at == 0 {
            self.first = physical;
        }
        self.looked_at += 1;
        self.block_in_file += 1;
    }

    /// `blocks[page_block - 1] + 1`
    fn next_physical(&self) -> u64 {
        self.first + self.looked_at
    }
}

/// How the way of a page goes on. Most pages go all the way at once; whatever waits is a step of its
/// own.
enum Next {
    /// It has come to its end.
    Done,
    /// More of its blocks are to be mapped.
    Map(PageBlocks),
    /// The bio is to be sent, for this reason; then the page is added to another one.
    SendFirst(Reason, PageBlocks),
    /// The bio, of which the page is the last one, is to be sent.
    SendLast(Reason),
    /// The kernel's `goto confused`.
    Confused(Confused),
}

/// Reads the pages of a request, which are locked and follow one another from `first` on.
// [mpage-read.readahead]
pub async fn mpage_readahead(k: &Kernel, file: FileId, first: u64, pages: &[PageRef]) {
    let mut args = MpageReadpage::new(k, file, pages.len() as u64, true);
    let (mut rest, mut index) = (pages, first);
    while let Some((&page, behind)) = rest.split_first() {
        match args.do_mpage_readpage(page, index) {
            Next::Done => {}
            next => args.go_on(page, index, next).await,
        }
        args.nr_pages -= 1;
        let joined = args.join(behind, index + 1);
        rest = &behind[joined..];
        index += 1 + joined as u64;
    }
    // [mpage-read.end-of-request] [mpage-reason.end-of-request]
    args.submit(Reason::EndOfRequest).await;
}

/// Reads one page, which is locked.
// [mpage-read.read-folio]
pub async fn mpage_read_folio(k: &Kernel, file: FileId, index: u64, page: PageRef) {
    let mut args = MpageReadpage::new(k, file, 1, false);
    let next = args.do_mpage_readpage(page, index);
    args.go_on(page, index, next).await;
    args.submit(Reason::EndOfRequest).await;
}

impl<'k> MpageReadpage<'k> {
    fn new(k: &'k Kernel, file: FileId, nr_pages: u64, is_readahead: bool) -> Self {
        MpageReadpage {
            k,
            file,
            bio: None,
            last_block_in_bio: 0,
            map_bh: MapBh::default(),
            first_logical_block: 0,
            nr_pages,
            is_readahead,
            because: EventId::NONE,
        }
    }

    async fn submit(&mut self, reason: Reason) {
        if let Some(bio) = self.bio.take() {
            let flags = if self.is_readahead { Flags::READ_AHEAD } else { Flags::NONE };
            bio.submit(self.k, Operation::Read, flags, reason).await;
        }
    }

    /// Takes a page as far as it goes without waiting.
    fn do_mpage_readpage(&mut self, page: PageRef, index: u64) -> Next {
        let k = self.k;
        // Does the page have buffers already? [mpage-read.buffers]
        if k.pages.has_buffers(page) {
            return Next::Confused(Confused::HasBuffers);
        }

        let blocks_per_page = u64::from(k.sizes.blocks_per_page);
        let block_in_file = index * blocks_per_page;
        let mut blocks =
            PageBlocks { block_in_file, last_block: 0, first: 0, looked_at: 0, first_hole: None };

        // Does the last mapping reach into this page? [mpage-read.reuse]
        let end = self.first_logical_block + self.map_bh.blocks;
        let inside = block_in_file > self.first_logical_block && block_in_file < end;
        if self.map_bh.mapped && inside {
            self.take_blocks(block_in_file - self.first_logical_block, &mut blocks);
        }
        if blocks.looked_at == blocks_per_page {
            return self.add_page(page, blocks);
        }
        // Then what is still missing is mapped. Which blocks are wanted? [mpage-read.range]
        let blocks_in_file = k.sizes.blocks_of(k.inodes[self.file.0 as usize].size.get());
        blocks.last_block = (block_in_file + self.nr_pages * blocks_per_page).min(blocks_in_file);
        Next::Map(blocks)
    }

    /// Takes those of the next pages, from `index` on, all at once that the last mapping reaches
    /// across and beyond, as far as they follow the bio and it has room: nothing else can happen to
    /// them in [`MpageReadpage::do_mpage_readpage`]. Returns how many.
    fn join(&mut self, pages: &[PageRef], index: u64) -> usize {
        let Some(bio) = self.bio.as_mut().filter(|_| self.map_bh.mapped) else { return 0 };
        let blocks_per_page = u64::from(self.k.sizes.blocks_per_page);
        let logical = index * blocks_per_page;
        let from = logical - self.first_logical_block;
        let physical = self.map_bh.physical + from;
        if physical != self.last_block_in_bio + 1 {
            return 0;
        }
        // The page that uses the mapping up may end the bio.
        let inside = self.map_bh.blocks.saturating_sub(from + 1) / blocks_per_page;
        let room = bio.room().min(usize::try_from(inside).unwrap_or(usize::MAX)).min(pages.len());
        let count = self.k.pages.set_mapped_to_disk(&pages[..room]);
        let blocks = count as u64 * blocks_per_page;
        let add = Blocks { logical, physical, count: u32::try_from(blocks).unwrap_or(u32::MAX) };
        bio.add_pages(&pages[..count], add);
        self.last_block_in_bio += blocks;
        self.nr_pages -= count as u64;
        count
    }

    /// Takes the page to its end from where it has to wait for something.
    async fn go_on(&mut self, page: PageRef, index: u64, mut next: Next) {
        loop {
            next = match next {
                Next::Done => return,
                Next::Map(mut blocks) => match self.map_next(page, &mut blocks).await {
                    Ok(()) if blocks.looked_at < u64::from(self.k.sizes.blocks_per_page) => Next::Map(blocks),
                    Ok(()) => self.add_page(page, blocks),
                    Err(why) => Next::Confused(why),
                },
                Next::SendFirst(reason, blocks) => {
                    self.submit(reason).await;
                    self.add_page(page, blocks)
                }
                Next::SendLast(reason) => return self.submit(reason).await,
                Next::Confused(why) => return self.confused(page, index, why).await,
            };
        }
    }

    /// The give-up path: what was built is sent, and this page is read block by block.
    // [mpage-read.confused] [mpage-reason.confused]
    async fn confused(&mut self, page: PageRef, index: u64, why: Confused) {
        self.submit(Reason::Confused(why)).await;
        if self.k.pages.has(page, Mark::UpToDate) {
            unlock_page(self.k, page);
        } else {
            block_read_full_folio(self.k, self.file, index, page, why).await;
        }
    }

    /// Takes blocks from the mapping, from its block `from` on.
    // [mpage-read.used-up] [mpage-read.take]
    #[inline]
    fn take_blocks(&mut self, mut from: u64, blocks: &mut PageBlocks) {
        loop {
            if from == self.map_bh.blocks {
                self.map_bh.mapped = false;
                break;
            }
            if blocks.looked_at == u64::from(self.k.sizes.blocks_per_page) {
                break;
            }
            blocks.take(self.map_bh.physical + from);
            from += 1;
        }
    }

    async fn map_next(&mut self, page: PageRef, blocks: &mut PageBlocks) -> Result<(), Confused> {
        // [mpage-read.get-block]
        self.map_bh = MapBh::default();
        let mut mapped = None;
        let PageBlocks { block_in_file, last_block, .. } = *blocks;
        if block_in_file < last_block {
            let asked = last_block - block_in_file;
            // [mpage-read.get-block-error]
            mapped = get_block(self.k, self.file, block_in_file, asked, false)
                .await
                .map_err(|_| Confused::GetBlockFailed)?;
            self.first_logical_block = block_in_file;
        }

        let Some(mapped) = mapped else {
            // [mpage-read.hole]
            blocks.first_hole.get_or_insert(blocks.looked_at);
            blocks.looked_at += 1;
            blocks.block_in_file += 1;
            return Ok(());
        };
        self.because = mapped.event;
        self.map_bh = MapBh {
            mapped: true,
            boundary: mapped.boundary,
            physical: mapped.physical,
            blocks: u64::from(mapped.count),
        };

        // Has the filesystem filled the data itself? [mpage-read.filled]
        if mapped.up_to_date {
            map_buffer_to_folio(self.k, page, blocks.looked_at, &mapped);
            return Err(Confused::UpToDateBuffer);
        }
        // [mpage-read.mapped-after-hole]
        if blocks.first_hole.is_some() {
            return Err(Confused::MappedAfterHole);
        }
        // [mpage-read.page-not-contiguous]
        if blocks.looked_at > 0 && blocks.next_physical() != mapped.physical {
            return Err(Confused::NotContiguous);
        }
        self.take_blocks(0, blocks);
        Ok(())
    }

    #[inline(always)]
    fn add_page(&mut self, page: PageRef, blocks: PageBlocks) -> Next {
        let k = self.k;
        // Is there a hole? [mpage-read.zero-rest]
        if let Some(first_hole) = blocks.first_hole {
            zero_from(k, page, first_hole);
        }
        match blocks.first_hole {
            Some(0) => {
                // [mpage-read.hole-first]
                set_up_to_date(k, page);
                unlock_page(k, page);
                return Next::Done;
            }
            Some(_) => {}
            // [mpage-read.mapped-to-disk]
            None => k.pages.set(page, Mark::MappedToDisk),
        }
        // Does the page follow the bio on the device? [mpage-read.not-contiguous]
        if self.bio.is_some() && blocks.first.checked_sub(1) != Some(self.last_block_in_bio) {
            // [mpage-reason.not-contiguous]
            return Next::SendFirst(Reason::NotContiguous, blocks);
        }
        // [mpage-read.add]
        let blocks_per_page = u64::from(k.sizes.blocks_per_page);
        let count = u32::try_from(blocks.first_hole.unwrap_or(blocks_per_page)).unwrap_or(u32::MAX);
        let logical = blocks.block_in_file - blocks_per_page;
        let add = Blocks { logical, physical: blocks.first, count };
        if self.bio.is_none()
            && let Err(why) = self.allocate(blocks.first)
        {
            return Next::Confused(why);
        }
        if !self.bio.as_mut().is_some_and(|bio| bio.add_page(page, add)) {
            // [mpage-read.bio-full] [mpage-reason.bio-full]
            return Next::SendFirst(Reason::BioFull, blocks);
        }

        let used_up = blocks.block_in_file - self.first_logical_block == self.map_bh.blocks;
        if self.map_bh.boundary && used_up {
            // [mpage-read.boundary] [mpage-reason.boundary]
            return Next::SendLast(Reason::Boundary);
        }
        if blocks.first_hole.is_some() {
            // [mpage-read.hole-ends-bio] [mpage-reason.hole]
            return Next::SendLast(Reason::Hole);
        }
        // [mpage-read.last-block]
        self.last_block_in_bio = blocks.next_physical() - 1;
        Next::Done
    }

    // [mpage-read.allocate] [mpage-read.capacity]
    #[inline(never)]
    fn allocate(&mut self, first: u64) -> Result<(), Confused> {
        if self.is_readahead {
            let allocation = self.k.bio_allocations.get() + 1;
            self.k.bio_allocations.set(allocation);
            // [mpage-read.allocation-failure]
            if self.k.failing_bio_allocations.binary_search(&allocation).is_ok() {
                return Err(Confused::AllocationFailed);
            }
        }
        let capacity = self.nr_pages.min(BIO_MAX_VECS);
        self.bio = Some(MpageBio::new(self.file, first, capacity, self.because));
        Ok(())
    }
}

/// The filesystem has put the block's data into the page itself: note it there. A page of one block
/// needs no buffer for that.
fn map_buffer_to_folio(k: &Kernel, page: PageRef, block: u64, mapped: &Mapped) {
    let number = u16::try_from(block).unwrap_or(u16::MAX);
    read_stamp(k, BufferRef { page, number }, mapped.physical);
    if k.sizes.blocks_per_page == 1 {
        set_up_to_date(k, page);
        return;
    }
    if !k.pages.has_buffers(page) {
        k.pages.create_empty_buffers(page, k.sizes.blocks_per_page, 0);
    }
    k.pages.change_buffer(BufferRef { page, number }, |buffer| {
        buffer.physical = Some(mapped.physical);
        buffer.up_to_date = true;
        buffer.boundary = mapped.boundary;
    });
}
