//! Writing: `__mpage_writepage`.
//!
//! One worked example: a file of 16 blocks, 0-11 at 1000, its indirect block at 1012 dirty in the
//! device's cache, 12-15 at 1013, all pages dirty. Pages 0 to 10 join the bio. The block of page 11 is
//! the last direct one, so its mapping carries the boundary flag: the bio 0-11 is sent, and right
//! behind it the indirect block, if it is cached and dirty: in the plug both become one request.

use sim_core::io::{Confused, FileId, Operation, Reason};
use sim_core::trace::{EventId, PageChange};

use super::bio::{BIO_MAX_VECS, Blocks, MpageBio};
use super::control::WritebackControl;
use super::full_page::block_write_full_page;
use crate::buffer_cache::{clean_bdev_bh_alias, clean_buffer, write_boundary_block};
use crate::content::zero_bytes_from;
use crate::errno::Errno;
use crate::ext2::get_block::get_block;
use crate::inode::errors::mapping_set_error;
use crate::kernel::Kernel;
use crate::memory::record_page;
use crate::page::buffers::BufferRef;
use crate::page::{Mapping, Mark, PageRef};
use crate::page_lock::unlock_page;

/// What lives across the pages of one `mpage_writepages` (`struct mpage_data`).
pub struct MpageWritepage<'k> {
    k: &'k Kernel,
    file: FileId,
    bio: Option<MpageBio>,
    last_block_in_bio: u64,
    because: EventId,
}

/// The blocks of one page that are to be written: they lie one behind the other.
#[derive(Clone, Copy, Debug, Default)]
struct PageBlocks {
    first: u64,
    /// How many, from the page's start on (`first_unmapped`).
    count: u16,
    boundary: bool,
    boundary_block: Option<u64>,
}

impl PageBlocks {
    /// Takes the next block; not if it does not follow the one before it.
    fn take(&mut self, physical: u64, boundary: bool) -> bool {
        if self.count == 0 {
            self.first = physical;
        } else if self.first + u64::from(self.count) != physical {
            return false;
        }
        self.count += 1;
        self.boundary = boundary;
        if boundary {
            self.boundary_block = Some(physical);
        }
        true
    }
}

impl<'k> MpageWritepage<'k> {
    /// Nothing written yet.
    pub fn new(k: &'k Kernel, file: FileId) -> Self {
        MpageWritepage { k, file, bio: None, last_block_in_bio: 0, because: EventId::NONE }
    }

    /// Sends what is left.
    pub async fn finish(&mut self, control: &WritebackControl) {
        self.submit(Reason::EndOfRequest, control).await;
    }

    async fn submit(&mut self, reason: Reason, control: &WritebackControl) {
        if let Some(bio) = self.bio.take() {
            bio.submit(self.k, Operation::Write, control.flags(), reason).await;
        }
    }

    /// Writes one page, which is locked and whose dirty mark has just been cleared.
    ///
    /// # Errors
    /// Those of `block_write_full_page`.
    pub async fn writepage(&mut self, page: PageRef, control: &mut WritebackControl) -> Result<(), Errno> {
        match self.add_page(page, control).await {
            Ok(()) => Ok(()),
            Err(why) => self.confused(page, why, control).await,
        }
    }

    /// The give-up path: what was built is sent, and this page is written block by block.
    // [mpage-write.confused]
    async fn confused(
        &mut self,
        page: PageRef,
        why: Confused,
        control: &mut WritebackControl,
    ) -> Result<(), Errno> {
        self.submit(Reason::Confused(why), control).await;
        // [mpage-reason.full-page]
        let result = block_write_full_page(self.k, self.file, page, why, control).await;
        if let Err(error) = result {
            mapping_set_error(self.k, Mapping::of(self.file), error);
        }
        result
    }

    async fn add_page(&mut self, page: PageRef, control: &WritebackControl) -> Result<(), Confused> {
        let k = self.k;
        let (_, index) = k.pages.place_of(page);
        let logical = index * u64::from(k.sizes.blocks_per_page);

        // Where do its blocks lie?
        let blocks = if k.pages.has_buffers(page) {
            blocks_of_buffers(k, page)?
        } else {
            self.map_blocks(page, logical).await?
        };

        // Does it reach into the file? [mpage-write.beyond-size]
        let size = k.inodes[self.file.0 as usize].size.get();
        if index >= size.div_ceil(u64::from(k.sizes.page)) {
            return Err(Confused::PastEnd);
        }
        // [mpage-write.zero-tail]
        zero_bytes_from(k, page, size - (index << k.sizes.page_bits));

        // Does it follow the bio on the device? [mpage-write.not-contiguous]
        if self.bio.is_some() && blocks.first.checked_sub(1) != Some(self.last_block_in_bio) {
            self.submit(Reason::NotContiguous, control).await;
        }
        self.add_to_bio(page, logical, &blocks, control).await;
        self.finish_page(page, &blocks, control).await;
        Ok(())
    }

    /// The blocks of a page without buffers, allocated where there are none.
    // [mpage-write.get-block]
    async fn map_blocks(&mut self, page: PageRef, first: u64) -> Result<PageBlocks, Confused> {
        let k = self.k;
        assert!(k.pages.has(page, Mark::UpToDate), "a page without buffers is written before it was read");
        let mut blocks = PageBlocks::default();
        let end = k.inodes[self.file.0 as usize].size.get().div_ceil(u64::from(k.sizes.block));
        // [mpage-write.past-end]
        for block in first..end.min(first + u64::from(k.sizes.blocks_per_page)) {
            // [mpage-write.get-block-error]
            let mapped = match get_block(k, self.file, block, 1, true).await {
                Ok(Some(mapped)) => mapped,
                Ok(None) | Err(_) => return Err(Confused::GetBlockFailed),
            };
            self.because = mapped.event;
            // [mpage-write.new]
            if mapped.new {
                clean_bdev_bh_alias(k, mapped.physical).await;
            }
            // [mpage-write.boundary-of-last] [mpage-write.page-not-contiguous]
            if !blocks.take(mapped.physical, mapped.boundary) {
                return Err(Confused::NotContiguous);
            }
        }
        Ok(blocks)
    }

    async fn add_to_bio(
        &mut self,
        page: PageRef,
        logical: u64,
        blocks: &PageBlocks,
        control: &WritebackControl,
    ) {
        // [mpage-write.adjacent]
        let capacity = if self.k.settings.pages_adjacent { u64::MAX } else { BIO_MAX_VECS };
        // [mpage-write.add]
        let add = Blocks { logical, physical: blocks.first, count: u32::from(blocks.count) };
        loop {
            // [mpage-write.allocate]
            let mut bio = self
                .bio
                .take()
                .unwrap_or_else(|| MpageBio::new(self.file, blocks.first, capacity, self.because));
            let added = bio.add_page(page, add);
            self.bio = Some(bio);
            if added {
                return;
            }
            // [mpage-write.bio-full]
            self.submit(Reason::BioFull, control).await;
        }
    }

    async fn finish_page(&mut self, page: PageRef, blocks: &PageBlocks, control: &WritebackControl) {
        let k = self.k;
        clean_buffers(k, page, blocks.count);
        // [mpage-write.under-writeback]
        k.pages.set(page, Mark::Writeback);
        record_page(k, page, PageChange::Writeback);
        unlock_page(k, page);

        let full = blocks.count == k.sizes.blocks_per_page;
        if !blocks.boundary && full {
            // [mpage-write.last-block]
            self.last_block_in_bio = blocks.first + u64::from(blocks.count) - 1;
            return;
        }
        // [mpage-write.boundary] [mpage-write.not-full]
        self.submit(if blocks.boundary { Reason::Boundary } else { Reason::Hole }, control).await;
        // [mpage-write.boundary-block]
        if let Some(boundary_block) = blocks.boundary_block {
            write_boundary_block(k, boundary_block).await;
        }
    }
}

/// The blocks of a page with buffers, as these say.
fn blocks_of_buffers(k: &Kernel, page: PageRef) -> Result<PageBlocks, Confused> {
    let mut blocks = PageBlocks::default();
    let mut unmapped = false;
    for number in 0..k.sizes.blocks_per_page {
        let buffer = k.pages.buffer(BufferRef { page, number });
        let Some(physical) = buffer.physical else {
            // [mpage-write.unmapped-dirty]
            if buffer.dirty {
                return Err(Confused::DirtyUnmapped);
            }
            // [mpage-write.unmapped-tail]
            unmapped = true;
            continue;
        };
        // [mpage-write.mapped-after-unmapped]
        if unmapped {
            return Err(Confused::MappedAfterHole);
        }
        // [mpage-write.not-dirty]
        if !buffer.dirty || !buffer.up_to_date {
            return Err(Confused::NotDirtyUpToDate);
        }
        // [mpage-write.take] [mpage-write.buffers-not-contiguous]
        if !blocks.take(physical, buffer.boundary) {
            return Err(Confused::NotContiguous);
        }
    }
    // [mpage-write.all-unmapped]
    if blocks.count == 0 { Err(Confused::AllUnmapped) } else { Ok(blocks) }
}

/// The page is in its bio: its first `count` buffers are clean now; and if there are too many buffer
/// heads, they go.
// [mpage-write.clean-buffers] [mpage-write.clean-page-buffers]
fn clean_buffers(k: &Kernel, page: PageRef, count: u16) {
    if !k.pages.has_buffers(page) {
        return;
    }
    for number in 0..count {
        clean_buffer(k, BufferRef { page, number });
    }
    // [mpage-write.buffer-heads-over-limit]
    let over_limit = k.settings.max_buffer_heads.is_some_and(|limit| k.pages.buffer_heads() > limit);
    if over_limit && k.pages.has(page, Mark::UpToDate) {
        k.pages.try_to_free_buffers(page);
    }
}
