//! Block by block: `block_read_full_folio` and `block_write_full_page`.
//!
//! `docs/model/buffers.md`. What mpage gives up on comes here: one bio a block.

use sim_core::io::{Confused, FileId, Flags, IoError, Piece, Reason, Role};

use super::control::WritebackControl;
use crate::buffer_cache::{
    Owner, clean_bdev_bh_alias, clean_buffer, lock_buffer, mark_buffer_write_io_error, owner_of,
    set_page_dirty, unlock_buffer,
};
use crate::content::{expect_lost, read_stamp, zero_block, zero_bytes_from};
use crate::errno::Errno;
use crate::ext2::get_block::get_block;
use crate::inode::errors::mapping_set_error;
use crate::inode::timer::count_written;
use crate::kernel::Kernel;
use crate::memory::{record_page, set_failed, set_up_to_date};
use crate::page::buffers::BufferRef;
use crate::page::{Mark, PageRef};
use crate::page_lock::{end_page_writeback, unlock_page};
use crate::submit::{BufferEnd, submit_block};
use sim_core::trace::PageChange;

fn buffers(k: &Kernel, page: PageRef) -> impl Iterator<Item = BufferRef> + use<> {
    (0..k.sizes.blocks_per_page).map(move |number| BufferRef { page, number })
}

fn file_blocks(k: &Kernel, file: FileId) -> u64 {
    k.inodes[file.0 as usize].size.get().div_ceil(u64::from(k.sizes.block))
}

/// Gives a page of a file its buffers, if it has none.
pub fn attach_buffers(k: &Kernel, page: PageRef) {
    if !k.pages.has_buffers(page) {
        k.pages.create_empty_buffers(page, k.sizes.blocks_per_page, 0);
    }
}

/// Reads every block of a locked page that is not up to date, one bio each. The page is unlocked
/// when the last of them has ended.
// [buffers-read.full-folio-attach] [buffers-life.on-demand]
pub async fn block_read_full_folio(k: &Kernel, file: FileId, index: u64, page: PageRef, why: Confused) {
    attach_buffers(k, page);
    let first = index * u64::from(k.sizes.blocks_per_page);
    let blocks = file_blocks(k, file);
    let mut failed = false;
    let mut to_read = Vec::new();
    for buffer in buffers(k, page) {
        if k.pages.buffer(buffer).up_to_date {
            continue;
        }
        let block = first + u64::from(buffer.number);
        match map_for_reading(k, file, block, blocks, buffer).await {
            // [buffers-read.full-folio-map-error]
            Err(_) => failed = true,
            // [buffers-read.full-folio-hole]
            Ok(None) => k.pages.change_buffer(buffer, |buffer| buffer.up_to_date = true),
            Ok(Some(physical)) => to_read.push((buffer, block, physical)),
        }
    }
    if failed {
        set_failed(k, page);
    }
    // [buffers-read.full-folio-nothing]
    if to_read.is_empty() {
        if !failed {
            set_up_to_date(k, page);
        }
        unlock_page(k, page);
        return;
    }
    // [buffers-read.full-folio-send]
    for &(buffer, ..) in &to_read {
        lock_buffer(k, buffer).await;
    }
    k.pages.start_async(page, u16::try_from(to_read.len()).unwrap_or(u16::MAX), failed);
    for (buffer, logical, physical) in to_read {
        let block = data_block(file, logical, physical);
        // [mpage-reason.full-folio]
        submit_block(k, buffer, block, Flags::NONE, Reason::FullFolio(why), BufferEnd::AsyncRead).await;
    }
}

/// Where a block of the page lies; `None`: a hole, or data that the filesystem has filled in itself.
// [buffers-read.full-folio-map] [buffers-life.boundary-kept]
async fn map_for_reading(
    k: &Kernel,
    file: FileId,
    block: u64,
    blocks: u64,
    buffer: BufferRef,
) -> Result<Option<u64>, Errno> {
    if let Some(physical) = k.pages.buffer(buffer).physical {
        return Ok(Some(physical));
    }
    let mapped = if block < blocks { get_block(k, file, block, 1, false).await? } else { None };
    let Some(mapped) = mapped else {
        zero_block(k, buffer);
        return Ok(None);
    };
    k.pages.change_buffer(buffer, |buffer| {
        buffer.physical = Some(mapped.physical);
        buffer.boundary = mapped.boundary;
    });
    if mapped.up_to_date {
        read_stamp(k, buffer, mapped.physical);
    }
    Ok((!mapped.up_to_date).then_some(mapped.physical))
}

fn data_block(file: FileId, logical: u64, physical: u64) -> Piece {
    Piece { file: Some(file), role: Role::Data, logical, physical, blocks: 1 }
}

/// Writes the dirty blocks of a locked page of a file, one bio each; the page is clean afterwards.
///
/// # Errors
/// What `get_block` fails with; the blocks that were mapped and dirty are written all the same, the
/// data of all others is lost.
pub async fn block_write_full_page(
    k: &Kernel,
    file: FileId,
    page: PageRef,
    why: Confused,
    control: &mut WritebackControl,
) -> Result<(), Errno> {
    let (mapping, index) = k.pages.place_of(page);
    // [buffers-write.outside]
    let size = k.inodes[file.0 as usize].size.get();
    if index >= size.div_ceil(u64::from(k.sizes.page)) {
        unlock_page(k, page);
        return Ok(());
    }
    // [buffers-write.zero-tail]
    zero_bytes_from(k, page, size - (index << k.sizes.page_bits));

    // [buffers-write.attach]
    if !k.pages.has_buffers(page) {
        k.pages.create_empty_buffers(page, k.sizes.blocks_per_page, 0);
        for buffer in buffers(k, page) {
            k.pages.change_buffer(buffer, |buffer| (buffer.dirty, buffer.up_to_date) = (true, true));
        }
    }
    let first = index * u64::from(k.sizes.blocks_per_page);
    let mapped = map_for_writing(k, file, first, page).await;
    if mapped.is_err() {
        clean_unmapped(k, page);
    }
    let taken = take_dirty(k, page, control).await;
    let of_file = |buffer: BufferRef, physical| {
        (data_block(file, first + u64::from(buffer.number), physical), Reason::FullPage(why))
    };
    send_taken(k, page, taken, control.flags(), of_file).await;
    if let Err(error) = mapped {
        // [buffers-write.allocation-error]
        set_failed(k, page);
        mapping_set_error(k, mapping, error);
    }
    mapped
}

/// Writes the dirty blocks of a locked page of the device, one bio each.
// [buffers-write.device] [buffers-life.clean-page]
pub async fn blkdev_writepage(k: &Kernel, page: PageRef, control: &mut WritebackControl) {
    let taken = take_dirty(k, page, control).await;
    let of_device = |buffer, physical| {
        let Owner { file, role } = owner_of(k, buffer);
        // [mpage-reason.metadata-write]
        (Piece { file, role, logical: 0, physical, blocks: 1 }, Reason::MetadataWrite)
    };
    send_taken(k, page, taken, control.flags(), of_device).await;
}

/// Pass 1: blocks past the end are cleaned, dirty ones without a place get one.
async fn map_for_writing(k: &Kernel, file: FileId, first: u64, page: PageRef) -> Result<(), Errno> {
    let blocks = file_blocks(k, file);
    for buffer in buffers(k, page) {
        let block = first + u64::from(buffer.number);
        let state = k.pages.buffer(buffer);
        if block >= blocks {
            // [buffers-write.past-end]
            k.pages.change_buffer(buffer, |buffer| (buffer.dirty, buffer.up_to_date) = (false, true));
        } else if state.physical.is_none() && state.dirty {
            // [buffers-write.map]
            let mapped = get_block(k, file, block, 1, true).await?.ok_or(Errno::Io)?;
            k.pages.change_buffer(buffer, |buffer| {
                buffer.physical = Some(mapped.physical);
                buffer.boundary = mapped.boundary;
                buffer.new = false;
            });
            if mapped.new {
                clean_bdev_bh_alias(k, mapped.physical).await;
            }
        }
    }
    Ok(())
}

/// After an allocation error what has no place is lost.
fn clean_unmapped(k: &Kernel, page: PageRef) {
    for buffer in buffers(k, page) {
        let state = k.pages.buffer(buffer);
        if state.physical.is_none() && state.dirty {
            k.pages.change_buffer(buffer, |buffer| buffer.dirty = false);
            expect_lost(k, buffer);
        }
    }
}

/// Pass 2: locks every mapped buffer, takes those that are dirty and cleans them.
// [buffers-write.lock]
async fn take_dirty(k: &Kernel, page: PageRef, control: &mut WritebackControl) -> Vec<(BufferRef, u64)> {
    let mut taken = Vec::new();
    let mut redirty = false;
    for buffer in buffers(k, page) {
        let state = k.pages.buffer(buffer);
        let Some(physical) = state.physical else { continue };
        // [buffers-write.redirty]
        if state.locked && !control.integrity {
            redirty = true;
            continue;
        }
        lock_buffer(k, buffer).await;
        if k.pages.buffer(buffer).dirty {
            clean_buffer(k, buffer);
            taken.push((buffer, physical));
        } else {
            unlock_buffer(k, buffer);
        }
    }
    if redirty {
        set_page_dirty(k, page);
        control.pages_skipped += 1;
    }
    taken
}

/// Pass 3: the page goes under writeback, and each taken block goes out.
// [buffers-write.send] [buffers-write.end]
async fn send_taken(
    k: &Kernel,
    page: PageRef,
    taken: Vec<(BufferRef, u64)>,
    flags: Flags,
    what: impl Fn(BufferRef, u64) -> (Piece, Reason),
) {
    k.pages.set(page, Mark::Writeback);
    record_page(k, page, PageChange::Writeback);
    if taken.is_empty() {
        unlock_page(k, page);
        end_page_writeback(k, page);
        return;
    }
    k.pages.start_async(page, u16::try_from(taken.len()).unwrap_or(u16::MAX), false);
    for (buffer, physical) in taken {
        let (block, reason) = what(buffer, physical);
        submit_block(k, buffer, block, flags, reason, BufferEnd::AsyncWrite).await;
    }
    unlock_page(k, page);
}

/// One of the blocks of a page that is read block by block has ended; the last one unlocks it.
// [buffers-read.full-folio-end]
pub fn end_buffer_async_read(k: &Kernel, buffer: BufferRef, error: Option<IoError>) {
    k.pages.change_buffer(buffer, |buffer| buffer.up_to_date = error.is_none());
    if error.is_some() {
        set_failed(k, buffer.page);
    }
    unlock_buffer(k, buffer);
    if let Some(failed) = k.pages.end_async(buffer.page, error.is_some()) {
        if !failed {
            set_up_to_date(k, buffer.page);
        }
        unlock_page(k, buffer.page);
    }
}

/// One of the blocks of a page that is written block by block has ended; the last one ends the
/// page's writeback.
// [error.write-full-page]
pub fn end_buffer_async_write(k: &Kernel, buffer: BufferRef, error: Option<IoError>) {
    if error.is_some() {
        mark_buffer_write_io_error(k, buffer);
    }
    unlock_buffer(k, buffer);
    if k.pages.end_async(buffer.page, error.is_some()).is_some() {
        count_written(k);
        record_page(k, buffer.page, PageChange::Written);
        end_page_writeback(k, buffer.page);
    }
}
