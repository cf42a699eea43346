//! `fsync`, `fdatasync`, `msync`, `sync_file_range`, `sync` and `syncfs`.
//!
//! `docs/model/pagecache.md`, Writeback, The flusher.

use std::ops::RangeInclusive;

use sim_core::io::FileId;

use super::writeback::{do_writepages, is_dirty, wait_on_writeback};
use crate::buffer_cache::sync_mapping_buffers;
use crate::call::SyncFileRange;
use crate::errno::Errno;
use crate::ext2::inode_table::ext2_write_inode;
use crate::ext2::mount::{ext2_error, restore_state, sync_super};
use crate::inode::dirty_list::DirtyFlags;
use crate::inode::errors::ErrorMark;
use crate::inode::locks::{lock_inode, lock_writing, unlock_inode, unlock_writing};
use crate::inode::timer::{Asked, AskedKind, ask_flusher};
use crate::kernel::{Kernel, WaitsFor};
use crate::mpage::control::{PageRange, WritebackControl};
use crate::page::{Mapping, Mark};
use crate::submit::sleep_on;

/// What an open file remembers of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Openers {
    /// Of its file.
    pub file: ErrorMark,
    /// Of the filesystem.
    pub filesystem: ErrorMark,
}

impl Openers {
    /// What is remembered of a file that is opened now.
    pub fn of(k: &Kernel, file: FileId) -> Openers {
        Openers {
            file: k.spaces.of(Mapping::of(file)).errors.sample(),
            filesystem: k.filesystem_errors.sample(),
        }
    }
}

/// Writes bytes of a file back, and what leads to its data; `data_only`: times alone are not written.
///
/// # Errors
/// The first error of this file that the opener has not been told of, or that comes up now.
// [error.fsync]
pub async fn fsync(
    k: &Kernel,
    file: FileId,
    bytes: RangeInclusive<u64>,
    data_only: bool,
    openers: &mut Openers,
) -> Result<(), Errno> {
    let result = fsync_file(k, file, bytes, data_only, openers).await;
    // [error.marked] [error.several-fsyncs]
    if result == Err(Errno::Io) {
        ext2_error(k).await;
    }
    result
}

async fn fsync_file(
    k: &Kernel,
    file: FileId,
    bytes: RangeInclusive<u64>,
    data_only: bool,
    openers: &mut Openers,
) -> Result<(), Errno> {
    // [writeback.fsync-data]
    write_and_wait_range(k, file, bytes, &mut openers.file).await?;
    // [processes.inode-lock]
    lock_inode(k, file).await;
    // [writeback.fsync-buffers]
    let mut result = sync_mapping_buffers(k, file).await;
    // [writeback.fsync-clean]
    let flags = k.dirty_inodes.flags(Mapping::of(file));
    let is_skipped = data_only && !flags.intersects(DirtyFlags::DATASYNC);
    if !flags.is_empty() && !is_skipped {
        result = result.and(sync_inode_metadata(k, file).await);
    }
    unlock_inode(k, file);
    let told = k.spaces.of(Mapping::of(file)).errors.check_and_advance(&mut openers.file);
    result.and(told)
}

/// The last byte that a file can have.
pub const LAST_BYTE: u64 = i64::MAX as u64;

/// The pages that bytes lie in.
fn pages_of(k: &Kernel, bytes: &RangeInclusive<u64>) -> (PageRange, u64, u64) {
    let (first, last) = (bytes.start() >> k.sizes.page_bits, bytes.end() >> k.sizes.page_bits);
    let is_whole = *bytes.start() == 0 && *bytes.end() >= LAST_BYTE;
    let range = if is_whole { PageRange::ALL } else { PageRange::Pages { first, last } };
    (range, first, last)
}

/// The data: written for integrity, then waited for.
async fn write_and_wait_range(
    k: &Kernel,
    file: FileId,
    bytes: RangeInclusive<u64>,
    opener: &mut ErrorMark,
) -> Result<(), Errno> {
    let mapping = Mapping::of(file);
    let (range, first, last) = pages_of(k, &bytes);
    let mut result = Ok(());
    if is_dirty(k, mapping) {
        result = do_writepages(k, mapping, &mut WritebackControl::of(range, true)).await;
    }
    if result != Err(Errno::Io) {
        wait_on_writeback(k, mapping, first, last).await;
    }
    let errors = &k.spaces.of(mapping).errors;
    let told = errors.check_and_advance(opener);
    // Whoever looks clears the flags.
    let _ = errors.take_flags();
    result.and(told)
}

/// Writes a file's inode and waits for it.
// [writeback.fsync-inode] [processes.writing-inode]
async fn sync_inode_metadata(k: &Kernel, file: FileId) -> Result<(), Errno> {
    let mapping = Mapping::of(file);
    lock_writing(k, mapping).await;
    let has_writeback = || {
        let pages = k.pages.of_mapping(mapping);
        pages.into_iter().any(|(_, page)| k.pages.has(page, Mark::Writeback))
    };
    let mut result = Ok(());
    if !k.dirty_inodes.flags(mapping).is_empty() || has_writeback() {
        let mut control = WritebackControl::of(PageRange::Pages { first: 0, last: 0 }, true);
        if is_dirty(k, mapping) {
            result = do_writepages(k, mapping, &mut control).await;
        }
        result = result.and(write_single_inode(k, file, Wait::PagesAndInode).await);
    }
    unlock_writing(k, mapping);
    result
}

/// What whoever writes an inode waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// Nothing: the inode is put into its buffer, which others write.
    Nothing,
    /// The write of that buffer.
    Inode,
    /// The writeback of all pages, then the write of that buffer.
    PagesAndInode,
}

/// The pages of an inode have been sent: writes the inode itself.
pub(super) async fn write_single_inode(k: &Kernel, file: FileId, wait: Wait) -> Result<(), Errno> {
    let mapping = Mapping::of(file);
    let mut result = Ok(());
    if wait == Wait::PagesAndInode {
        wait_on_writeback(k, mapping, 0, u64::MAX).await;
        result = k.spaces.of(mapping).errors.take_flags();
    }
    let flags = k.dirty_inodes.take(mapping, is_dirty(k, mapping));
    if flags.intersects(DirtyFlags::INODE) {
        result = result.and(ext2_write_inode(k, file, wait != Wait::Nothing).await);
    }
    result
}

/// Writes bytes of a file back, and waits, as told.
///
/// # Errors
/// An error of the file that the opener has not been told of.
// [writeback.sync-file-range]
pub async fn sync_file_range(
    k: &Kernel,
    file: FileId,
    bytes: RangeInclusive<u64>,
    flags: SyncFileRange,
    openers: &mut Openers,
) -> Result<(), Errno> {
    let mapping = Mapping::of(file);
    let errors = &k.spaces.of(mapping).errors;
    let (range, first, last) = pages_of(k, &bytes);
    if flags.wait_before {
        wait_on_writeback(k, mapping, first, last).await;
        let told = errors.check_and_advance(&mut openers.file);
        let _ = errors.take_flags();
        told?;
    }
    if flags.write && is_dirty(k, mapping) {
        let integrity = flags.wait_before && flags.wait_after;
        do_writepages(k, mapping, &mut WritebackControl::of(range, integrity)).await?;
    }
    if flags.wait_after {
        wait_on_writeback(k, mapping, first, last).await;
        let told = errors.check_and_advance(&mut openers.file);
        let _ = errors.take_flags();
        told?;
    }
    Ok(())
}

/// Sleeps until a run of the flusher has ended.
// [processes.wait-run]
async fn wait_for_run(k: &Kernel, run: Asked) {
    loop {
        let ended = k.flusher.ended.borrow().iter().position(|&number| number == run.number);
        if let Some(place) = ended {
            k.flusher.ended.borrow_mut().swap_remove(place);
            return;
        }
        k.tasks.prepare_to_sleep();
        k.flusher.waiters.borrow_mut().push(k.tasks.current());
        sleep_on(k, WaitsFor::Run).await;
    }
}

async fn wait_for_files(k: &Kernel) {
    for mapping in k.spaces.all().filter(|&mapping| mapping != Mapping::DEVICE) {
        wait_on_writeback(k, mapping, 0, u64::MAX).await;
    }
}

async fn write_device(k: &Kernel, integrity: bool) {
    if is_dirty(k, Mapping::DEVICE) {
        // The pages of the device have their places: nothing can go wrong before they are sent.
        let mut control = WritebackControl::of(PageRange::ALL, integrity);
        let _ = do_writepages(k, Mapping::DEVICE, &mut control).await;
    }
    if integrity {
        wait_on_writeback(k, Mapping::DEVICE, 0, u64::MAX).await;
    }
}

/// Writes everything back and waits for it.
pub async fn sync(k: &Kernel) {
    // [flusher.sync-files] [flusher.sync-fifo]
    ask_flusher(k, AskedKind::All);
    wait_for_run(k, ask_flusher(k, AskedKind::Integrity)).await;
    wait_for_files(k).await;
    // [flusher.sync-superblock]
    sync_super(k, false).await;
    sync_super(k, true).await;
    // [flusher.sync-device]
    write_device(k, true).await;
}

/// Writes the filesystem back and waits for it.
///
/// # Errors
/// An error of the device's own pages, or one of the filesystem that the opener has not been told of.
// [error.syncfs]
pub async fn syncfs(k: &Kernel, openers: &mut Openers) -> Result<(), Errno> {
    write_filesystem(k).await;
    let of_device = k.spaces.of(Mapping::DEVICE).errors.take_flags();
    let of_filesystem = k.filesystem_errors.check_and_advance(&mut openers.filesystem);
    of_device.and(of_filesystem)
}

async fn write_filesystem(k: &Kernel) {
    // [flusher.syncfs-files]
    wait_for_run(k, ask_flusher(k, AskedKind::Filesystem)).await;
    // [flusher.syncfs-superblock]
    sync_super(k, false).await;
    write_device(k, false).await;
    // [flusher.syncfs-integrity]
    wait_for_run(k, ask_flusher(k, AskedKind::Integrity)).await;
    wait_for_files(k).await;
    // [flusher.syncfs-device]
    sync_super(k, true).await;
    write_device(k, true).await;
}

/// Unmounts: everything is written, and the superblock says that it is clean.
// [ext2-write-back.unmount]
pub async fn unmount(k: &Kernel) {
    write_filesystem(k).await;
    restore_state(k);
    sync_super(k, true).await;
    write_device(k, true).await;
}
