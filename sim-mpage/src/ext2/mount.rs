//! The mounted filesystem: its superblock and group descriptors in the device's cache, and what the
//! allocator remembers.
//!
//! `docs/model/ext2.md`, Writing the image back. Mounting itself is not simulated: the superblock
//! stands in the cache as it was written by mounting, and the descriptors as they were read. Copies of
//! both in other groups are never written. [ext2-write-back.never]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use sim_core::io::{FileId, Role};

use super::disk_format::{
    GROUP_DESCRIPTOR_BYTES, GroupDescriptor, SUPERBLOCK_OFFSET, Superblock, put_u16, put_u32, u16_at, u32_at,
};
use super::reserve::{Reservation, Windows};
use super::volume::Volume;
use crate::buffer_cache::{
    Owner, adopt_block, find_get_block, mark_buffer_dirty, set_page_dirty, sync_dirty_buffer,
};
use crate::failure::RunError;
use crate::inode::times::current_time;
use crate::kernel::Kernel;
use crate::page::buffers::BufferRef;

/// Bit 0 of `s_state`: unmounted cleanly.
const VALID: u16 = 1;
/// Bit 1 of `s_state`: errors were found.
const ERRORS: u16 = 2;
/// How often a filesystem is mounted before it is checked, where nothing says.
const DEFAULT_MAX_MOUNTS: u16 = 20;

/// What the allocator remembers of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocation {
    /// The last block of the last allocation, in the file.
    pub last_logical: u64,
    /// And on the device; 0: none yet.
    pub last_physical: u64,
    /// The file's reservation window.
    pub reservation: Reservation,
}

/// The mounted filesystem.
#[derive(Debug)]
pub struct Mount {
    /// The superblock as it was found.
    pub superblock: Superblock,
    groups: Arc<[GroupDescriptor]>,
    /// The buffers of the descriptor blocks that were used, by number.
    descriptors: RefCell<BTreeMap<u64, BufferRef>>,
    super_buffer: Cell<Option<BufferRef>>,
    /// The windows of all files.
    pub windows: RefCell<Windows>,
    allocations: RefCell<Vec<Allocation>>,
}

impl Mount {
    /// A volume before it is mounted.
    pub fn new(volume: &Volume) -> Mount {
        Mount {
            superblock: volume.superblock,
            groups: Arc::clone(&volume.groups),
            descriptors: RefCell::default(),
            super_buffer: Cell::default(),
            windows: RefCell::default(),
            allocations: RefCell::new(vec![Allocation::default(); volume.files.len()]),
        }
    }

    /// Where the metadata of a group lie.
    pub fn group(&self, group: u32) -> GroupDescriptor {
        self.groups[group as usize]
    }

    /// What the allocator remembers of a file.
    pub fn allocation(&self, file: FileId) -> Allocation {
        self.allocations.borrow()[file.0 as usize]
    }

    /// Changes what the allocator remembers of a file.
    pub fn set_allocation(&self, file: FileId, allocation: Allocation) {
        self.allocations.borrow_mut()[file.0 as usize] = allocation;
    }

    /// The pages that the filesystem keeps in the cache as long as it is mounted.
    // [buffers-life.mounted]
    pub fn pinned(&self) -> Vec<crate::page::PageRef> {
        let descriptors = self.descriptors.borrow();
        self.super_buffer.get().iter().chain(descriptors.values()).map(|buffer| buffer.page).collect()
    }
}

/// Takes a file's reservation window away.
// [ext2-window.when-removed]
pub fn discard_reservation(k: &Kernel, file: FileId) {
    let mut allocation = k.mount.allocation(file);
    k.mount.windows.borrow_mut().remove(&mut allocation.reservation);
    k.mount.set_allocation(file, allocation);
}

/// Mounts the filesystem: it is not clean until it is unmounted again.
// [ext2-write-back.mount-count] [ext2-write-back.after-mount]
pub fn mount(k: &Kernel) {
    let block = SUPERBLOCK_OFFSET / u64::from(k.sizes.block);
    let Some(buffer) = keep(k, block, Role::Super) else { return };
    k.mount.super_buffer.set(Some(buffer));
    let now = current_time(k);
    change_superblock(k, |bytes| {
        put_u16(bytes, 52, u16_at(bytes, 52).wrapping_add(1));
        if u16_at(bytes, 54) == 0 {
            put_u16(bytes, 54, DEFAULT_MAX_MOUNTS);
        }
        // [ext2-write-back.state]
        put_u16(bytes, 58, u16_at(bytes, 58) & !VALID);
        put_u32(bytes, 48, now);
    });
    let written = k
        .pages
        .with_block(buffer, k.sizes.block as usize, |bytes| k.medium.borrow_mut().write_block(block, bytes));
    if let Err(unwritable) = written {
        k.failure.borrow_mut().get_or_insert(RunError::Medium(unwritable));
    }
    set_page_dirty(k, buffer.page);
}

fn keep(k: &Kernel, block: u64, role: Role) -> Option<BufferRef> {
    adopt_block(k, block, Owner { file: None, role }, false);
    let buffer = find_get_block(k, block)?;
    k.pages.pin(buffer.page);
    Some(buffer)
}

fn change_superblock<R: Default>(k: &Kernel, change: impl FnOnce(&mut [u8]) -> R) -> R {
    let Some(buffer) = k.mount.super_buffer.get() else { return R::default() };
    // The superblock begins at byte 1024: of its block, if blocks are larger.
    let offset = usize::try_from(SUPERBLOCK_OFFSET % u64::from(k.sizes.block)).unwrap_or(0);
    k.pages.change_block(buffer, k.sizes.block as usize, |bytes| change(&mut bytes[offset..]))
}

/// Puts fresh counts into the superblock and makes it dirty; with `wait` it is written, too
/// (`ext2_sync_super`).
// [ext2-write-back.counts] [error.superblock]
pub async fn sync_super(k: &Kernel, wait: bool) {
    let Some(buffer) = k.mount.super_buffer.get() else { return };
    let (blocks, inodes) = free_counts(k);
    let now = current_time(k);
    change_superblock(k, |bytes| {
        put_u32(bytes, 12, blocks);
        put_u32(bytes, 16, inodes);
        put_u32(bytes, 48, now);
    });
    k.pages.change_buffer(buffer, |buffer| {
        if buffer.write_error {
            (buffer.write_error, buffer.up_to_date) = (false, true);
        }
    });
    mark_buffer_dirty(k, buffer);
    if wait {
        sync_dirty_buffer(k, buffer).await;
    }
}

/// Free blocks and inodes by all descriptors.
fn free_counts(k: &Kernel) -> (u32, u32) {
    let used = k.mount.descriptors.borrow();
    let per_block = u64::from(k.sizes.block / GROUP_DESCRIPTOR_BYTES);
    let mut sums = (0_u32, 0_u32);
    for (group, found) in (0..).zip(k.mount.groups.iter()) {
        let now = used.get(&(group / per_block)).map(|&buffer| descriptor_in(k, buffer, group));
        let now = now.unwrap_or(*found);
        sums = (
            sums.0.wrapping_add(u32::from(now.free_blocks)),
            sums.1.wrapping_add(u32::from(now.free_inodes)),
        );
    }
    sums
}

/// Marks the filesystem in error and writes the superblock at once.
// [ext2-write-back.error]
pub async fn ext2_error(k: &Kernel) {
    change_superblock(k, |bytes| put_u16(bytes, 58, u16_at(bytes, 58) | ERRORS));
    sync_super(k, true).await;
}

/// The superblock as it is written last: with the state that mounting found, and marked if errors
/// were found since.
// [ext2-write-back.unmount] [ext2-write-back.state]
pub fn restore_state(k: &Kernel) {
    let found = k.mount.superblock.state;
    change_superblock(k, |bytes| put_u16(bytes, 58, found | u16_at(bytes, 58) & ERRORS));
}

/// Notes that a file larger than 2 GiB is there; tells whether that is new.
// [ext2-write-back.large-file]
pub fn set_large_file(k: &Kernel) -> bool {
    const LARGE_FILE: u32 = 2;
    change_superblock(k, |bytes| {
        let features = u32_at(bytes, 100);
        put_u32(bytes, 100, features | LARGE_FILE);
        features & LARGE_FILE == 0
    })
}

/// The buffer of the block that a group's descriptor lies in.
fn descriptor_buffer(k: &Kernel, group: u32) -> Option<BufferRef> {
    let number = u64::from(group / (k.sizes.block / GROUP_DESCRIPTOR_BYTES));
    let known = k.mount.descriptors.borrow().get(&number).copied();
    known.or_else(|| {
        let buffer = keep(k, k.mount.superblock.descriptors_block() + number, Role::Groups)?;
        k.mount.descriptors.borrow_mut().insert(number, buffer);
        Some(buffer)
    })
}

fn place_in_block(k: &Kernel, group: u64) -> usize {
    let bytes = u64::from(GROUP_DESCRIPTOR_BYTES);
    usize::try_from(group * bytes % u64::from(k.sizes.block)).unwrap_or(0)
}

fn descriptor_in(k: &Kernel, buffer: BufferRef, group: u64) -> GroupDescriptor {
    let at = place_in_block(k, group);
    k.pages.with_block(buffer, k.sizes.block as usize, |bytes| {
        let (descriptors, _) = bytes[at..].as_chunks::<{ GROUP_DESCRIPTOR_BYTES as usize }>();
        descriptors.first().map(GroupDescriptor::parse).unwrap_or_default()
    })
}

/// How many blocks of a group are free.
pub fn free_blocks_of(k: &Kernel, group: u32) -> u32 {
    let buffer = descriptor_buffer(k, group);
    buffer.map_or(0, |buffer| u32::from(descriptor_in(k, buffer, u64::from(group)).free_blocks))
}

/// Counts blocks of a group that were taken (below zero) or given back.
// [ext2-write-back.bitmaps]
pub fn count_free_blocks(k: &Kernel, group: u32, change: i32) {
    let Some(buffer) = descriptor_buffer(k, group) else { return };
    let at = place_in_block(k, u64::from(group)) + 12;
    k.pages.change_block(buffer, k.sizes.block as usize, |bytes| {
        let count = i32::from(u16_at(bytes, at)) + change;
        put_u16(bytes, at, u16::try_from(count).unwrap_or(0));
    });
    mark_buffer_dirty(k, buffer);
}
