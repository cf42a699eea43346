//! Truncation: `ftruncate`, and what a failed write gives back.
//!
//! `docs/model/pagecache.md`, Truncation.

use sim_core::io::FileId;

use super::check::expect_truncated;
use super::write::{grab_page, pagecache_isize_extended, read_for_write};
use crate::buffer_cache::{mark_buffer_dirty, wait_on_buffer};
use crate::content::{overwrite, zero_bytes_from};
use crate::errno::Errno;
use crate::ext2::get_block::get_block;
use crate::ext2::truncate::ext2_truncate_blocks;
use crate::inode::dirty_list::{DirtyFlags, mark_inode_dirty};
use crate::inode::locks::{lock_inode, unlock_inode};
use crate::inode::times::{Times, current_time};
use crate::kernel::Kernel;
use crate::medium::Stamp;
use crate::memory::record_page;
use crate::mpage::full_page::attach_buffers;
use crate::page::buffers::BufferRef;
use crate::page::{Mapping, Mark, PageRef};
use crate::page_lock::{lock_page, unlock_page, wait_on_page_writeback};
use sim_core::trace::PageChange;

/// Gives a file another size.
///
/// # Errors
/// [`Errno::Io`] if the block that it ends in cannot be read; nothing has changed then.
// [processes.inode-lock]
pub async fn ftruncate(k: &Kernel, file: FileId, size: u64) -> Result<(), Errno> {
    lock_inode(k, file).await;
    let result =
        if size == k.inodes[file.0 as usize].size.get() { Ok(()) } else { set_size(k, file, size).await };
    if result.is_ok() {
        // [truncate.times] [dirty.all] [ext2-write-back.times]
        let now = current_time(k);
        k.inodes[file.0 as usize].times.set(Times { mtime: now, ctime: now });
        mark_inode_dirty(k, Mapping::of(file), DirtyFlags::ALL);
    }
    unlock_inode(k, file);
    result
}

async fn set_size(k: &Kernel, file: FileId, size: u64) -> Result<(), Errno> {
    block_truncate_page(k, file, size).await?;
    // [truncate.size] [ext2-write-back.i-size]
    let old_size = k.inodes[file.0 as usize].size.replace(size);
    expect_truncated(k, file, size);
    if size > old_size {
        pagecache_isize_extended(k, file, old_size, size);
    }
    truncate_to_size(k, file).await;
    Ok(())
}

/// Drops what lies behind the size: from the cache, and on the device.
pub(super) async fn truncate_to_size(k: &Kernel, file: FileId) {
    let size = k.inodes[file.0 as usize].size.get();
    truncate_inode_pages(k, file, size).await;
    // [truncate.blocks]
    ext2_truncate_blocks(k, file, size).await;
}

/// Zeroes what follows the new size in its block, and makes the block dirty.
// [truncate.zero-tail] [error.truncate]
async fn block_truncate_page(k: &Kernel, file: FileId, size: u64) -> Result<(), Errno> {
    let within_block = size % u64::from(k.sizes.block);
    if within_block == 0 {
        return Ok(());
    }
    let page = grab_page(k, file, size >> k.sizes.page_bits).await?;
    k.pages.pin(page);
    let result = zero_tail(k, file, page, size).await;
    unlock_page(k, page);
    k.pages.unpin(page);
    result
}

async fn zero_tail(k: &Kernel, file: FileId, page: PageRef, size: u64) -> Result<(), Errno> {
    attach_buffers(k, page);
    let block = size >> k.sizes.block_bits;
    let number = u16::try_from(block % u64::from(k.sizes.blocks_per_page)).unwrap_or(0);
    let buffer = BufferRef { page, number };
    if k.pages.buffer(buffer).physical.is_none() {
        let Some(mapped) = get_block(k, file, block, 1, false).await? else { return Ok(()) };
        k.pages.change_buffer(buffer, |buffer| {
            buffer.physical = Some(mapped.physical);
            buffer.boundary = mapped.boundary;
        });
    }
    let state = k.pages.buffer(buffer);
    if k.pages.has(page, Mark::UpToDate) {
        k.pages.change_buffer(buffer, |buffer| buffer.up_to_date = true);
    } else if let (false, Some(physical)) = (state.up_to_date, state.physical) {
        read_for_write(k, file, block, buffer, physical).await;
        wait_on_buffer(k, buffer).await;
        if !k.pages.buffer(buffer).up_to_date {
            return Err(Errno::Io);
        }
    }
    let from = u32::try_from(size % u64::from(k.sizes.block)).unwrap_or(0);
    overwrite(k, buffer, from..k.sizes.block, Stamp::ZEROS);
    mark_buffer_dirty(k, buffer);
    Ok(())
}

/// Removes the pages wholly behind the size, dirty or not, and zeroes the rest of the one that it ends
/// in.
// [truncate.pages]
async fn truncate_inode_pages(k: &Kernel, file: FileId, size: u64) {
    let mapping = Mapping::of(file);
    let first = size.div_ceil(u64::from(k.sizes.page));
    k.tables.unmap_from(&k.pages, mapping, first);
    let behind: Vec<_> =
        k.pages.of_mapping(mapping).into_iter().filter(|&(index, _)| index >= first).collect();
    for &(_, page) in &behind {
        k.pages.pin(page);
    }
    for (index, page) in behind {
        lock_page(k, page).await;
        wait_on_page_writeback(k, page).await;
        if k.pages.find(mapping, index) == Some(page) {
            k.pages.clear(page, Mark::Dirty);
            record_page(k, page, PageChange::Freed);
            k.pages.detach(page);
        }
        unlock_page(k, page);
        k.pages.unpin(page);
    }
    let within_page = size % u64::from(k.sizes.page);
    if within_page != 0
        && let Some(page) = k.pages.find(mapping, size >> k.sizes.page_bits)
    {
        k.pages.pin(page);
        truncate_partial_page(k, page, within_page).await;
        k.pages.unpin(page);
    }
}

async fn truncate_partial_page(k: &Kernel, page: PageRef, within_page: u64) {
    lock_page(k, page).await;
    wait_on_page_writeback(k, page).await;
    zero_bytes_from(k, page, within_page);
    let first_behind = within_page.div_ceil(u64::from(k.sizes.block));
    for number in 0..k.pages.buffer_count(page) {
        if u64::from(number) >= first_behind {
            k.pages.change_buffer(BufferRef { page, number }, |buffer| {
                (buffer.physical, buffer.dirty, buffer.new) = (None, false, false);
                buffer.boundary = false;
            });
        }
    }
    unlock_page(k, page);
}
