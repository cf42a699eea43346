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

use crate::content::{move_block, zero_from};
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
#[derive(Clone, Copy, Debug, Default)]
struct PageBlocks {
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
    }

    /// `blocks[page_block - 1] + 1`
    fn next_physical(&self) -> u64 {
        self.first + self.looked_at
    }
}

/// Reads the pages of a request, which are locked and follow one another from `first` on.
// [mpage-read.readahead]
pub async fn mpage_readahead(k: &Kernel, file: FileId, first: u64, pages: &[PageRef]) {
    let mut args = MpageReadpage::new(k, file, pages.len() as u64, true);
    for (index, &page) in (first..).zip(pages) {
        args.do_mpage_readpage(page, index).await;
        args.nr_pages -= 1;
    }
    // [mpage-read.end-of-request] [mpage-reason.end-of-request]
    args.submit(Reason::EndOfRequest).await;
}

/// Reads one page, which is locked.
// [mpage-read.read-folio]
pub async fn mpage_read_folio(k: &Kernel, file: FileId, index: u64, page: PageRef) {
    let mut args = MpageReadpage::new(k, file, 1, false);
    args.do_mpage_readpage(page, index).await;
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

    async fn do_mpage_readpage(&mut self, page: PageRef, index: u64) {
        if let Err(why) = self.add_page(page, index).await {
            self.confused(page, index, why).await;
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

    async fn add_page(&mut self, page: PageRef, index: u64) -> Result<(), Confused> {
        let k = self.k;
        let blocks_per_page = u64::from(k.sizes.blocks_per_page);

        // Does the page have buffers already? [mpage-read.buffers]
        if k.pages.has_buffers(page) {
            return Err(Confused::HasBuffers);
        }

        // Which blocks are wanted? [mpage-read.range]
        let mut block_in_file = index * blocks_per_page;
        let size = k.inodes[self.file.0 as usize].size.get();
        let blocks_in_file = size.div_ceil(u64::from(k.sizes.block));
        let last_block = (block_in_file + self.nr_pages * blocks_per_page).min(blocks_in_file);
        let mut blocks = PageBlocks::default();

        // Does the last mapping reach into this page?
        self.reuse_mapping(&mut block_in_file, &mut blocks, blocks_per_page);

        // Then map what is still missing.
        while blocks.looked_at < blocks_per_page {
            self.map_next(page, &mut block_in_file, last_block, &mut blocks).await?;
        }

        // Is there a hole? [mpage-read.zero-rest]
        if let Some(first_hole) = blocks.first_hole {
            zero_from(k, page, first_hole);
        }
        if blocks.first_hole == Some(0) {
            // [mpage-read.hole-first]
            set_up_to_date(k, page);
            unlock_page(k, page);
            return Ok(());
        }
        if blocks.first_hole.is_none() {
            // [mpage-read.mapped-to-disk]
            k.pages.set(page, Mark::MappedToDisk);
        }
        self.add_to_bio(page, index * blocks_per_page, &blocks).await?;
        self.finish_page(block_in_file, &blocks).await;
        Ok(())
    }

    // [mpage-read.reuse]
    fn reuse_mapping(&mut self, block_in_file: &mut u64, blocks: &mut PageBlocks, blocks_per_page: u64) {
        let end = self.first_logical_block + self.map_bh.blocks;
        let inside = *block_in_file > self.first_logical_block && *block_in_file < end;
        if self.map_bh.mapped && inside {
            self.take_blocks(
                *block_in_file - self.first_logical_block,
                block_in_file,
                blocks,
                blocks_per_page,
            );
        }
    }

    /// Takes blocks from the mapping, from its block `from` on.
    // [mpage-read.used-up] [mpage-read.take]
    fn take_blocks(
        &mut self,
        mut from: u64,
        block_in_file: &mut u64,
        blocks: &mut PageBlocks,
        blocks_per_page: u64,
    ) {
        loop {
            if from == self.map_bh.blocks {
                self.map_bh.mapped = false;
                break;
            }
            if blocks.looked_at == blocks_per_page {
                break;
            }
            blocks.take(self.map_bh.physical + from);
            from += 1;
            *block_in_file += 1;
        }
    }

    async fn map_next(
        &mut self,
        page: PageRef,
        block_in_file: &mut u64,
        last_block: u64,
        blocks: &mut PageBlocks,
    ) -> Result<(), Confused> {
        // [mpage-read.get-block]
        self.map_bh = MapBh::default();
        let mut mapped = None;
        if *block_in_file < last_block {
            let asked = last_block - *block_in_file;
            // [mpage-read.get-block-error]
            mapped = get_block(self.k, self.file, *block_in_file, asked, false)
                .await
                .map_err(|_| Confused::GetBlockFailed)?;
            self.first_logical_block = *block_in_file;
        }

        let Some(mapped) = mapped else {
            // [mpage-read.hole]
            blocks.first_hole.get_or_insert(blocks.looked_at);
            blocks.looked_at += 1;
            *block_in_file += 1;
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
        self.take_blocks(0, block_in_file, blocks, u64::from(self.k.sizes.blocks_per_page));
        Ok(())
    }

    async fn add_to_bio(&mut self, page: PageRef, logical: u64, blocks: &PageBlocks) -> Result<(), Confused> {
        // Does the page follow the bio on the device? [mpage-read.not-contiguous]
        if self.bio.is_some() && blocks.first.checked_sub(1) != Some(self.last_block_in_bio) {
            // [mpage-reason.not-contiguous]
            self.submit(Reason::NotContiguous).await;
        }
        // [mpage-read.add]
        let count = blocks.first_hole.unwrap_or(u64::from(self.k.sizes.blocks_per_page));
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let add = Blocks { logical, physical: blocks.first, count };
        loop {
            let mut bio = match self.bio.take() {
                Some(bio) => bio,
                None => self.allocate(blocks.first)?,
            };
            let added = bio.add_page(page, add);
            self.bio = Some(bio);
            if added {
                return Ok(());
            }
            // [mpage-read.bio-full] [mpage-reason.bio-full]
            self.submit(Reason::BioFull).await;
        }
    }

    // [mpage-read.allocate] [mpage-read.capacity]
    fn allocate(&self, first: u64) -> Result<MpageBio, Confused> {
        if self.is_readahead {
            let allocation = self.k.bio_allocations.get() + 1;
            self.k.bio_allocations.set(allocation);
            // [mpage-read.allocation-failure]
            if self.k.failing_bio_allocations.binary_search(&allocation).is_ok() {
                return Err(Confused::AllocationFailed);
            }
        }
        Ok(MpageBio::new(self.file, first, self.nr_pages.min(BIO_MAX_VECS), self.because))
    }

    async fn finish_page(&mut self, block_in_file: u64, blocks: &PageBlocks) {
        let used_up = block_in_file - self.first_logical_block == self.map_bh.blocks;
        if self.map_bh.boundary && used_up {
            // [mpage-read.boundary] [mpage-reason.boundary]
            self.submit(Reason::Boundary).await;
        } else if blocks.first_hole.is_some() {
            // [mpage-read.hole-ends-bio] [mpage-reason.hole]
            self.submit(Reason::Hole).await;
        } else {
            // [mpage-read.last-block]
            self.last_block_in_bio = blocks.next_physical() - 1;
        }
    }
}

/// The filesystem has put the block's data into the page itself: note it there. A page of one block
/// needs no buffer for that.
fn map_buffer_to_folio(k: &Kernel, page: PageRef, block: u64, mapped: &Mapped) {
    let number = u16::try_from(block).unwrap_or(u16::MAX);
    move_block(k, Operation::Read, BufferRef { page, number }, mapped.physical);
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
