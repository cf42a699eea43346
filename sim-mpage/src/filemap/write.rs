//! Buffered writes: `generic_perform_write`, page by page.
//!
//! `docs/model/pagecache.md`, Buffered write. One worked example: 100 bytes at offset 5000 of a file of
//! 10 000, blocks of 1 KiB. Page 1 is added and gets four buffers; the write touches only block 4,
//! bytes 904 to 1003 of it. Its buffer is mapped; not up to date and only partly overwritten, it is
//! read and waited for; then the bytes are copied, and the buffer is dirty. The page is only partly up
//! to date.

use std::ops::Range;

use sim_core::io::{FileId, Flags, Piece, Reason, Role};

use super::check::expect_written;
use super::throttle::balance_dirty_pages;
use super::truncate::truncate_to_size;
use super::writeback::dirty_folio;
use crate::buffer_cache::{
    clean_bdev_bh_alias, lock_buffer, mark_buffer_dirty, unlock_buffer, wait_on_buffer,
};
use crate::content::overwrite;
use crate::errno::Errno;
use crate::ext2::get_block::get_block;
use crate::inode::dirty_list::{DirtyFlags, mark_inode_dirty};
use crate::inode::locks::{lock_inode, unlock_inode};
use crate::inode::times::file_update_time;
use crate::kernel::Kernel;
use crate::medium::Stamp;
use crate::memory::{add_page, set_up_to_date};
use crate::mpage::full_page::attach_buffers;
use crate::page::buffers::BufferRef;
use crate::page::{Mapping, Mark, PageRef};
use crate::page_lock::{lock_page, unlock_page};
use crate::submit::{BufferEnd, spend, submit_block};

/// Writes `length` bytes from `offset` on; returns how many were written.
///
/// # Errors
/// [`Errno::Io`] or [`Errno::NoSpace`] if nothing was.
// [processes.inode-lock]
pub async fn file_write(k: &Kernel, file: FileId, offset: u64, length: u64) -> Result<u64, Errno> {
    if length == 0 {
        return Ok(0);
    }
    lock_inode(k, file).await;
    file_update_time(k, file);
    let number = next_write(k);
    let end = offset.saturating_add(length);
    let mut position = offset;
    let mut result = Ok(());
    while position < end && result.is_ok() {
        let index = position >> k.sizes.page_bits;
        let until = end.min((index + 1) << k.sizes.page_bits);
        result = write_page(k, file, index, position..until, number).await;
        if result.is_ok() {
            position = until;
            balance_dirty_pages(k).await;
        }
    }
    unlock_inode(k, file);
    if position > offset { Ok(position - offset) } else { result.map(|()| 0) }
}

/// The number of a call or a store that writes.
pub(super) fn next_write(k: &Kernel) -> u32 {
    k.writes.set(k.writes.get().wrapping_add(1));
    k.writes.get()
}

/// Writes bytes `range` of a file, all in page `index`.
// [processes.page-lock-write]
async fn write_page(
    k: &Kernel,
    file: FileId,
    index: u64,
    range: Range<u64>,
    number: u32,
) -> Result<(), Errno> {
    // Where is the page? [buffered-write.page]
    let page = grab_page(k, file, index).await?;
    k.pages.pin(page);
    // [buffered-write.attach]
    attach_buffers(k, page);
    let start = index << k.sizes.page_bits;
    let within = range.start - start..range.end - start;
    // What has to be there before the bytes are copied?
    if let Err(error) = write_begin(k, file, index, page, &within).await {
        // [buffered-write.error]
        zero_new_buffers(k, page, &within);
        unlock_page(k, page);
        k.pages.unpin(page);
        if range.end > k.inodes[file.0 as usize].size.get() {
            truncate_to_size(k, file).await;
        }
        return Err(error);
    }
    // [cpu.copy-page]
    spend(k, k.settings.cpu.copy_page).await;
    expect_written(k, file, range.clone(), number);
    copy(k, page, start, &within, number);
    let old_size = grow(k, file, range.end);
    unlock_page(k, page);
    k.pages.unpin(page);
    // [buffered-write.grow] [dirty.all]
    if let Some(old_size) = old_size {
        if old_size < range.start {
            pagecache_isize_extended(k, file, old_size, range.start);
        }
        mark_inode_dirty(k, Mapping::of(file), DirtyFlags::ALL);
    }
    Ok(())
}

/// The page, locked; added if it is not there.
pub(super) async fn grab_page(k: &Kernel, file: FileId, index: u64) -> Result<PageRef, Errno> {
    let mapping = Mapping::of(file);
    loop {
        let (page, new) = match k.pages.find(mapping, index) {
            Some(page) => (page, false),
            None => add_page(k, mapping, index).await?,
        };
        if new {
            return Ok(page);
        }
        k.pages.pin(page);
        lock_page(k, page).await;
        k.pages.unpin(page);
        if k.pages.find(mapping, index) == Some(page) {
            return Ok(page);
        }
        unlock_page(k, page);
    }
}

/// The bytes of `within` (of the page) that lie in a block, counted from the block's start; `None` if
/// there are none.
fn touched(k: &Kernel, buffer: BufferRef, within: &Range<u64>) -> Option<Range<u32>> {
    let block = u64::from(k.sizes.block);
    let start = u64::from(buffer.number) * block;
    let from = within.start.max(start) - start;
    let end = within.end.min(start + block).checked_sub(start)?;
    let narrow = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX);
    (from < end).then(|| narrow(from)..narrow(end))
}

fn buffers(k: &Kernel, page: PageRef) -> impl Iterator<Item = BufferRef> + use<> {
    (0..k.sizes.blocks_per_page).map(move |number| BufferRef { page, number })
}

/// Prepares the page's buffers (`__block_write_begin`): maps them, reads what is only partly
/// overwritten, zeroes what is new.
async fn write_begin(
    k: &Kernel,
    file: FileId,
    index: u64,
    page: PageRef,
    within: &Range<u64>,
) -> Result<(), Errno> {
    let first = index * u64::from(k.sizes.blocks_per_page);
    let up_to_date = k.pages.has(page, Mark::UpToDate);
    let mut to_wait_for = Vec::new();
    let mut result = Ok(());
    for buffer in buffers(k, page) {
        let Some(touched) = touched(k, buffer, within) else {
            // [buffered-write.untouched]
            if up_to_date {
                k.pages.change_buffer(buffer, |buffer| buffer.up_to_date = true);
            }
            continue;
        };
        k.pages.change_buffer(buffer, |buffer| buffer.new = false);
        let block = first + u64::from(buffer.number);
        let needs = match prepare_buffer(k, file, block, buffer, &touched).await {
            Ok(needs) => needs,
            Err(error) => {
                result = Err(error);
                break;
            }
        };
        if let Needs::Read(physical) = needs {
            read_for_write(k, file, block, buffer, physical).await;
            to_wait_for.push(buffer);
        }
    }
    // [buffered-write.two-reads]
    for &buffer in to_wait_for.iter().rev() {
        wait_on_buffer(k, buffer).await;
        // [error.partly-overwritten]
        if !k.pages.buffer(buffer).up_to_date {
            result = result.and(Err(Errno::Io));
        }
    }
    result
}

enum Needs {
    Nothing,
    /// To be read, from there.
    Read(u64),
}

async fn prepare_buffer(
    k: &Kernel,
    file: FileId,
    block: u64,
    buffer: BufferRef,
    touched: &Range<u32>,
) -> Result<Needs, Errno> {
    let up_to_date = k.pages.has(buffer.page, Mark::UpToDate);
    let physical = match k.pages.buffer(buffer).physical {
        Some(physical) => physical,
        None => {
            // [buffered-write.unmapped]
            let mapped = get_block(k, file, block, 1, true).await?.ok_or(Errno::Io)?;
            k.pages.change_buffer(buffer, |buffer| {
                buffer.physical = Some(mapped.physical);
                buffer.boundary = mapped.boundary;
                buffer.new = mapped.new;
            });
            if mapped.new {
                clean_bdev_bh_alias(k, mapped.physical).await;
                if up_to_date {
                    k.pages.change_buffer(buffer, |buffer| (buffer.new, buffer.up_to_date) = (false, true));
                    mark_buffer_dirty(k, buffer);
                } else {
                    overwrite(k, buffer, 0..touched.start, Stamp::ZEROS);
                    overwrite(k, buffer, touched.end..k.sizes.block, Stamp::ZEROS);
                }
                return Ok(Needs::Nothing);
            }
            mapped.physical
        }
    };
    // [buffered-write.mapped]
    if up_to_date {
        k.pages.change_buffer(buffer, |buffer| buffer.up_to_date = true);
    }
    let partly = touched.start > 0 || touched.end < k.sizes.block;
    let is_read = !k.pages.buffer(buffer).up_to_date && partly;
    Ok(if is_read { Needs::Read(physical) } else { Needs::Nothing })
}

/// Reads one block, unless somebody else has done it meanwhile; its buffer is unlocked when that has
/// ended.
pub(super) async fn read_for_write(k: &Kernel, file: FileId, logical: u64, buffer: BufferRef, physical: u64) {
    lock_buffer(k, buffer).await;
    if k.pages.buffer(buffer).up_to_date {
        unlock_buffer(k, buffer);
        return;
    }
    let block = Piece { file: Some(file), role: Role::Data, logical, physical, blocks: 1 };
    submit_block(k, buffer, block, Flags::NONE, Reason::ReadForWrite, BufferEnd::ReadSync).await;
}

/// The bytes are copied: touched buffers are dirty (`block_commit_write`).
// [buffered-write.copy]
fn copy(k: &Kernel, page: PageRef, start: u64, within: &Range<u64>, number: u32) {
    let first = start >> k.sizes.block_bits;
    let mut all_up_to_date = true;
    for buffer in buffers(k, page) {
        if let Some(touched) = touched(k, buffer, within) {
            let stamp = Stamp::written(number, first + u64::from(buffer.number));
            overwrite(k, buffer, touched, stamp);
            k.pages.change_buffer(buffer, |buffer| buffer.up_to_date = true);
            mark_buffer_dirty(k, buffer);
        }
        k.pages.change_buffer(buffer, |buffer| buffer.new = false);
        all_up_to_date &= k.pages.buffer(buffer).up_to_date;
    }
    if all_up_to_date && !k.pages.has(page, Mark::UpToDate) {
        set_up_to_date(k, page);
    }
    k.pages.mark_accessed(page);
}

/// The size grows to `end`; tells the old one if it does.
// [ext2-write-back.i-size]
fn grow(k: &Kernel, file: FileId, end: u64) -> Option<u64> {
    let size = &k.inodes[file.0 as usize].size;
    (end > size.get()).then(|| size.replace(end))
}

/// Buffers that are still new get zeros where the write would have gone (`page_zero_new_buffers`).
fn zero_new_buffers(k: &Kernel, page: PageRef, within: &Range<u64>) {
    for buffer in buffers(k, page) {
        if let Some(touched) = touched(k, buffer, within)
            && k.pages.buffer(buffer).new
        {
            overwrite(k, buffer, touched, Stamp::ZEROS);
            k.pages.change_buffer(buffer, |buffer| (buffer.new, buffer.up_to_date) = (false, true));
            mark_buffer_dirty(k, buffer);
        }
    }
}

/// A file has grown beyond what follows its old end in the same page: a store there must be seen
/// again, since the block behind may have none yet.
// [buffered-write.gap]
pub(super) fn pagecache_isize_extended(k: &Kernel, file: FileId, old_size: u64, new_start: u64) {
    let (block, page_size) = (u64::from(k.sizes.block), u64::from(k.sizes.page));
    let rounded = old_size.next_multiple_of(block);
    if block == page_size || rounded.is_multiple_of(page_size) || rounded >= new_start {
        return;
    }
    let (mapping, index) = (Mapping::of(file), old_size >> k.sizes.page_bits);
    if let Some(page) = k.pages.find(mapping, index)
        && k.tables.protect(mapping, index)
    {
        dirty_folio(k, page);
    }
}
