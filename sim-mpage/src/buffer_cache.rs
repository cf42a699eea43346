//! The device's own page cache: metadata blocks, read and written one by one.
//!
//! `docs/model/buffers.md`. Pages of the device always have buffers, and carry the blocks' bytes.

mod tied;

use std::cell::RefCell;
use std::collections::VecDeque;

use sim_core::io::{Flags, IoError, Piece, Reason, Role};
use sim_core::trace::{BufferChange, PageChange, What};

pub use self::tied::{bforget, mark_buffer_dirty_inode, sync_mapping_buffers};
use crate::content::{expect_lost, read_bytes};
use crate::errno::Errno;
use crate::inode::dirty_list::{DirtyFlags, mark_inode_dirty};
use crate::inode::errors::mapping_set_error;
use crate::kernel::Kernel;
use crate::memory::{add_page, record_page, set_failed};
pub use crate::page::buffers::Owner;
use crate::page::buffers::{Buffer, BufferRef};
use crate::page::wait::{Event, Stand};
use crate::page::{Mapping, Mark, PageRef};
use crate::page_lock::wait_for;
use crate::record::record;
use crate::submit::{BufferEnd, flusher_gives_way, spend, submit_block};

/// How many buffers, the ones used last, are kept from being freed (`BH_LRU_SIZE`).
const LRU: usize = 16;

/// What the device's cache knows beside its pages: the buffers used last.
// [buffers-life.buffer-cache]
#[derive(Debug, Default)]
pub struct BufferCache {
    lru: RefCell<VecDeque<(u64, BufferRef)>>,
}

impl BufferCache {
    /// The pages that the buffers used last pin, each as often as it is pinned.
    pub fn pinned(&self) -> Vec<PageRef> {
        self.lru.borrow().iter().map(|(_, buffer)| buffer.page).collect()
    }
}

/// The buffer of a physical block, if its page is cached; counts as a use.
// [buffers-life.lru]
pub fn find_get_block(k: &Kernel, physical: u64) -> Option<BufferRef> {
    let buffer = find_buffer(k, physical)?;
    let page = buffer.page;
    let mut lru = k.buffer_cache.lru.borrow_mut();
    match lru.iter().position(|&(block, _)| block == physical) {
        Some(0) => return Some(buffer),
        Some(place) => drop(lru.remove(place)),
        None => k.pages.pin(page),
    }
    lru.push_front((physical, buffer));
    if lru.len() > LRU
        && let Some((_, oldest)) = lru.pop_back()
    {
        k.pages.unpin(oldest.page);
    }
    Some(buffer)
}

/// The buffer of a physical block, if its page is cached.
fn find_buffer(k: &Kernel, physical: u64) -> Option<BufferRef> {
    let page = k.pages.find(Mapping::DEVICE, physical / u64::from(k.sizes.blocks_per_page))?;
    let number = u16::try_from(physical % u64::from(k.sizes.blocks_per_page)).unwrap_or(0);
    Some(BufferRef { page, number })
}

/// The buffer of a physical block, its page made if need be, without reading it.
///
/// # Errors
/// [`Errno::NoMemory`]
// [buffers-life.getblk]
pub async fn sb_getblk(k: &Kernel, physical: u64, owner: Owner) -> Result<BufferRef, Errno> {
    let buffer = match find_get_block(k, physical) {
        Some(buffer) => buffer,
        None => make_buffer(k, physical).await?,
    };
    k.pages.change_buffer(buffer, |buffer| buffer.owner = Some(owner));
    Ok(buffer)
}

async fn make_buffer(k: &Kernel, physical: u64) -> Result<BufferRef, Errno> {
    let index = physical / u64::from(k.sizes.blocks_per_page);
    let (page, new) = add_page(k, Mapping::DEVICE, index).await?;
    if new {
        give_buffers(k, page, index);
        k.pages.pin(page);
        // [cpu.buffers]
        spend(k, k.settings.cpu.buffers).await;
        k.pages.unpin(page);
    }
    find_get_block(k, physical).ok_or(Errno::NoMemory)
}

/// Puts a block into the cache, as the device holds it, before the run begins.
pub fn adopt_block(k: &Kernel, physical: u64, owner: Owner, dirty: bool) {
    let blocks = u64::from(k.sizes.blocks_per_page);
    let index = physical / blocks;
    if k.pages.find(Mapping::DEVICE, index).is_none() {
        let page = k.pages.add(Mapping::DEVICE, index);
        record_page(k, page, PageChange::Added);
        give_buffers(k, page, index);
    }
    let Some(buffer) = find_get_block(k, physical) else { return };
    k.pages.change_buffer(buffer, |buffer| buffer.owner = Some(owner));
    if !k.pages.buffer(buffer).up_to_date {
        // Nobody has asked the device for it, so nothing is told of a read.
        read_bytes(k, buffer);
        k.pages.change_buffer(buffer, |buffer| buffer.up_to_date = true);
    }
    match (dirty, owner.file) {
        (true, Some(file)) => mark_buffer_dirty_inode(k, buffer, file),
        (true, None) => mark_buffer_dirty(k, buffer),
        (false, _) => {}
    }
}

/// Gives a new page of the device its buffers: mapped, not up to date.
fn give_buffers(k: &Kernel, page: PageRef, index: u64) {
    k.pages.create_empty_buffers(page, k.sizes.blocks_per_page, k.sizes.page as usize);
    for number in 0..k.sizes.blocks_per_page {
        let physical = Some(index * u64::from(k.sizes.blocks_per_page) + u64::from(number));
        k.pages.change_buffer(BufferRef { page, number }, |buffer| buffer.physical = physical);
    }
    k.pages.clear(page, Mark::Locked);
}

/// The buffer of a metadata block, up to date: from the cache, or read and waited for.
///
/// # Errors
/// [`Errno::Io`] if it cannot be read.
pub async fn sb_bread(k: &Kernel, physical: u64, owner: Owner) -> Result<BufferRef, Errno> {
    let buffer = sb_getblk(k, physical, owner).await?;
    // [buffers-read.cached]
    if k.pages.buffer(buffer).up_to_date {
        record(k, What::Buffer { physical, change: BufferChange::Hit });
        return Ok(buffer);
    }
    // [buffers-read.bread]
    k.pages.pin(buffer.page);
    lock_buffer(k, buffer).await;
    if k.pages.buffer(buffer).up_to_date {
        unlock_buffer(k, buffer);
    } else {
        let end = BufferEnd::ReadSync;
        // [mpage-reason.metadata-read]
        submit_block(k, buffer, metadata_block(owner, physical), Flags::NONE, Reason::MetadataRead, end)
            .await;
        wait_on_buffer(k, buffer).await;
    }
    k.pages.unpin(buffer.page);
    if k.pages.buffer(buffer).up_to_date { Ok(buffer) } else { Err(Errno::Io) }
}

/// Takes the buffer's lock, sleeping as long as somebody else has it.
// [processes.wait-buffer-lock]
pub async fn lock_buffer(k: &Kernel, buffer: BufferRef) {
    flusher_gives_way(k).await;
    while k.pages.buffer(buffer).locked {
        wait_for(k, Event::BufferUnlocked(buffer), Stand::Exclusive).await;
    }
    k.pages.change_buffer(buffer, |buffer| buffer.locked = true);
}

/// Takes the buffer's lock off and wakes who waits for that.
pub fn unlock_buffer(k: &Kernel, buffer: BufferRef) {
    k.pages.change_buffer(buffer, |buffer| buffer.locked = false);
    k.waits.wake(&k.tasks, Event::BufferUnlocked(buffer));
}

/// Sleeps until nobody has the buffer's lock.
// [processes.wait-buffer]
pub async fn wait_on_buffer(k: &Kernel, buffer: BufferRef) {
    while k.pages.buffer(buffer).locked {
        wait_for(k, Event::BufferUnlocked(buffer), Stand::Front).await;
    }
}

/// Makes a buffer, its page and the inode of that dirty.
// [buffers-life.mark-dirty]
pub fn mark_buffer_dirty(k: &Kernel, buffer: BufferRef) {
    let state = k.pages.buffer(buffer);
    if state.dirty {
        return;
    }
    k.pages.change_buffer(buffer, |buffer| buffer.dirty = true);
    set_page_dirty(k, buffer.page);
    if let Some(physical) = state.physical {
        record(k, What::Buffer { physical, change: BufferChange::Dirtied });
    }
}

/// Makes a page and the inode of its mapping dirty.
// [buffers-life.mark-dirty-inode] [dirty.pages]
pub fn set_page_dirty(k: &Kernel, page: PageRef) {
    if !k.pages.has(page, Mark::Dirty) {
        k.pages.set(page, Mark::Dirty);
        let (mapping, _) = k.pages.place_of(page);
        mark_inode_dirty(k, mapping, DirtyFlags::PAGES);
    }
}

fn metadata_block(owner: Owner, physical: u64) -> Piece {
    Piece { file: owner.file, role: owner.role, logical: 0, physical, blocks: 1 }
}

/// Writes the block behind `boundary_block` at once if it is cached and dirty, and does not wait:
/// so an indirect block goes out right behind the data before it.
// [buffers-write.boundary-block]
pub async fn write_boundary_block(k: &Kernel, boundary_block: u64) {
    let Some(physical) = boundary_block.checked_add(1) else { return };
    let Some(buffer) = find_get_block(k, physical) else { return };
    if !k.pages.buffer(buffer).dirty {
        return;
    }
    lock_buffer(k, buffer).await;
    if !k.pages.buffer(buffer).dirty {
        unlock_buffer(k, buffer);
        return;
    }
    // [mpage-reason.boundary-block] [buffers-write.boundary-block-tied]
    write_locked(k, buffer, Flags::NONE, Reason::BoundaryBlock).await;
}

/// Cleans a dirty buffer whose lock the caller holds, and sends it.
async fn write_locked(k: &Kernel, buffer: BufferRef, flags: Flags, reason: Reason) {
    let physical = k.pages.buffer(buffer).physical.unwrap_or_default();
    // [buffers-life.page-mark] The page stays marked: only its own writeback would take that off.
    clean_buffer(k, buffer);
    record(k, What::Buffer { physical, change: BufferChange::Cleaned });
    let block = metadata_block(owner_of(k, buffer), physical);
    submit_block(k, buffer, block, flags, reason, BufferEnd::WriteSync).await;
}

/// Takes the dirty mark off a buffer that is about to be sent.
pub fn clean_buffer(k: &Kernel, buffer: BufferRef) {
    k.pages.change_buffer(buffer, |buffer| {
        buffer.dirty = false;
        buffer.write_error = false;
    });
}

/// Whose metadata a buffer of the device's cache holds.
pub fn owner_of(k: &Kernel, buffer: BufferRef) -> Owner {
    k.pages.buffer(buffer).owner.unwrap_or(Owner { file: None, role: Role::Unknown })
}

/// Writes a buffer with the sync flag, if it is dirty, and waits for it.
// [buffers-write.sync-dirty] [mpage-reason.metadata-write]
pub async fn sync_dirty_buffer(k: &Kernel, buffer: BufferRef) {
    if write_dirty_buffer(k, buffer).await {
        wait_on_buffer(k, buffer).await;
    }
}

/// Sends a buffer with the sync flag, if it is dirty; tells whether it was.
async fn write_dirty_buffer(k: &Kernel, buffer: BufferRef) -> bool {
    lock_buffer(k, buffer).await;
    let dirty = k.pages.buffer(buffer).dirty;
    if dirty {
        write_locked(k, buffer, Flags::SYNC, Reason::MetadataWrite).await;
    } else {
        unlock_buffer(k, buffer);
    }
    dirty
}

/// Drops what the device's cache holds of a block that now belongs to a file: it is not dirty any
/// more, and nobody is writing it.
// [buffers-write.alias]
pub async fn clean_bdev_bh_alias(k: &Kernel, physical: u64) {
    let Some(buffer) = find_get_block(k, physical) else { return };
    k.pages.change_buffer(buffer, |buffer| buffer.dirty = false);
    wait_on_buffer(k, buffer).await;
}

/// A block that somebody waits for was read, or not.
pub fn end_buffer_read_sync(k: &Kernel, buffer: BufferRef, error: Option<IoError>) {
    let physical = k.pages.buffer(buffer).physical.unwrap_or_default();
    let read = error.is_none();
    k.pages.change_buffer(buffer, |buffer| buffer.up_to_date = read);
    let change = if read { BufferChange::UpToDate } else { BufferChange::Failed };
    record(k, What::Buffer { physical, change });
    unlock_buffer(k, buffer);
}

/// A metadata block was written, or not: then what is in memory counts as lost.
pub fn end_buffer_write_sync(k: &Kernel, buffer: BufferRef, error: Option<IoError>) {
    if error.is_some() {
        mark_buffer_write_io_error(k, buffer);
    }
    unlock_buffer(k, buffer);
}

/// A write of a buffer has failed: it is not up to date any more, and whoever it belongs to is told.
// [buffers-life.write-error] [buffers-life.write-error-told] [error.metadata-write]
pub fn mark_buffer_write_io_error(k: &Kernel, buffer: BufferRef) {
    set_failed(k, buffer.page);
    expect_lost(k, buffer);
    let (mapping, _) = k.pages.place_of(buffer.page);
    mapping_set_error(k, mapping, Errno::Io);
    let Buffer { tied, physical, .. } = k.pages.buffer(buffer);
    if let Some(file) = tied {
        mapping_set_error(k, Mapping::of(file), Errno::Io);
    }
    k.pages.change_buffer(buffer, |buffer| {
        buffer.write_error = true;
        buffer.up_to_date = false;
    });
    let physical = physical.unwrap_or_default();
    record(k, What::Buffer { physical, change: BufferChange::Failed });
}
