//! Taking free blocks and giving them back: `ext2_new_blocks`, `ext2_free_blocks`.
//!
//! `docs/model/ext2.md`, New blocks, Freeing. The bitmaps and the descriptors' counts are metadata in
//! the device's cache: read when they are missing, dirtied when they change.

use std::ops::RangeInclusive;

use sim_core::io::{FileId, Role};

use super::bitmap::Bitmap;
use super::mount::{count_free_blocks, ext2_error, free_blocks_of};
use crate::buffer_cache::{Owner, mark_buffer_dirty, sb_bread};
use crate::errno::Errno;
use crate::inode::dirty_list::{DirtyFlags, mark_inode_dirty};
use crate::kernel::Kernel;
use crate::page::Mapping;
use crate::page::buffers::BufferRef;

/// Consecutive blocks of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRun {
    /// The first one.
    pub first: u64,
    /// How many.
    pub count: u32,
}

/// Takes up to `count` consecutive free blocks for a file, near `goal`.
///
/// # Errors
/// [`Errno::NoSpace`] if no block is free, [`Errno::Io`] if a bitmap cannot be read.
pub async fn ext2_new_blocks(k: &Kernel, file: FileId, goal: u64, count: u32) -> Result<BlockRun, Errno> {
    // [ext2-new-blocks.inode-dirty] [dirty.all]
    mark_inode_dirty(k, Mapping::of(file), DirtyFlags::ALL);
    // [ext2-new-blocks.goal]
    let superblock = &k.mount.superblock;
    let first = u64::from(superblock.first_data_block);
    let goal = if (first..u64::from(superblock.blocks_count)).contains(&goal) { goal } else { first };
    let goal_group = superblock.group_of(goal);
    let window_size = u32::try_from(k.mount.allocation(file).reservation.goal_size).unwrap_or(u32::MAX);

    // The goal's own group first. [ext2-new-blocks.goal-group]
    let free = free_blocks_of(k, goal_group);
    let has_window = k.mount.allocation(file).reservation.window.is_some();
    let with_windows = window_size > 0 && (free == 0 || free >= window_size || has_window);
    let search = Search { k, file, count };
    if let Some(found) = search.everywhere(goal, goal_group, with_windows.then_some(window_size)).await? {
        return Ok(found);
    }
    // [ext2-new-blocks.without-windows]
    if with_windows && let Some(found) = search.everywhere(goal, goal_group, None).await? {
        return Ok(found);
    }
    Err(Errno::NoSpace)
}

struct Search<'k> {
    k: &'k Kernel,
    file: FileId,
    count: u32,
}

impl Search<'_> {
    /// In the goal's group, then in all that follow, wrapping round; with windows of this size, or
    /// without.
    async fn everywhere(
        &self,
        goal: u64,
        goal_group: u32,
        window_size: Option<u32>,
    ) -> Result<Option<BlockRun>, Errno> {
        let k = self.k;
        if free_blocks_of(k, goal_group) > 0
            && let Some(found) = self.in_group(goal_group, Some(goal), window_size.is_some()).await?
        {
            return Ok(Some(found));
        }
        // [ext2-new-blocks.other-groups]
        let groups = k.mount.superblock.groups_count();
        for after in 1..=groups {
            let group = (goal_group + after) % groups;
            let free = free_blocks_of(k, group);
            if free == 0 || window_size.is_some_and(|size| free <= size / 2) {
                continue;
            }
            if let Some(found) = self.in_group(group, None, window_size.is_some()).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn in_group(
        &self,
        group: u32,
        goal: Option<u64>,
        with_window: bool,
    ) -> Result<Option<BlockRun>, Errno> {
        let k = self.k;
        let bitmap = read_bitmap(k, self.file, group).await?;
        let blocks = blocks_of_group(k, group);
        let mut allocation = k.mount.allocation(self.file);
        let taken = k.pages.change_block(bitmap, k.sizes.block as usize, |bytes| {
            let mut bitmap = Bitmap::new(bytes);
            if with_window {
                let mut windows = k.mount.windows.borrow_mut();
                return windows.allocate(&mut allocation.reservation, &mut bitmap, &blocks, goal, self.count);
            }
            // [ext2-group.no-window]
            let start = *blocks.start();
            let bit = |block: u64| u32::try_from(block - start).unwrap_or(u32::MAX);
            let taken = bitmap.take(0..bit(*blocks.end()) + 1, goal.map(bit), self.count, true)?;
            Some(start + u64::from(taken.start)..start + u64::from(taken.end))
        });
        k.mount.set_allocation(self.file, allocation);
        let Some(taken) = taken else { return Ok(None) };
        // [ext2-new-blocks.success]
        let run = BlockRun { first: taken.start, count: u32::try_from(taken.end - taken.start).unwrap_or(0) };
        count_free_blocks(k, group, -run.count.cast_signed());
        mark_buffer_dirty(k, bitmap);
        count_sectors(k, self.file, i64::from(run.count));
        Ok(Some(run))
    }
}

fn blocks_of_group(k: &Kernel, group: u32) -> RangeInclusive<u64> {
    let start = k.mount.superblock.group_start(group);
    start..=start + u64::from(k.mount.superblock.blocks_in_group(group)) - 1
}

/// The block bitmap of a group.
// [error.bitmap]
async fn read_bitmap(k: &Kernel, file: FileId, group: u32) -> Result<BufferRef, Errno> {
    let block = u64::from(k.mount.group(group).block_bitmap);
    let read = sb_bread(k, block, Owner { file: None, role: Role::Bitmap(group) }).await;
    if read.is_err() {
        ext2_error(k).await;
        mark_inode_dirty(k, Mapping::of(file), DirtyFlags::ALL);
    }
    read
}

// [ext2-write-back.i-blocks]
fn count_sectors(k: &Kernel, file: FileId, blocks: i64) {
    let sectors = &k.inodes[file.0 as usize].sectors;
    let change = blocks * i64::from(k.sizes.block_sectors());
    sectors.set(sectors.get().saturating_add_signed(change));
}

/// Gives blocks of a file back.
///
/// # Errors
/// [`Errno::Io`] if a bitmap cannot be read; its group's blocks stay taken.
// [ext2-free.run]
pub async fn ext2_free_blocks(k: &Kernel, file: FileId, run: BlockRun) -> Result<(), Errno> {
    let mut result = Ok(());
    let (mut first, end) = (run.first, run.first + u64::from(run.count));
    while first < end {
        let group = k.mount.superblock.group_of(first);
        let blocks = blocks_of_group(k, group);
        let behind = end.min(blocks.end() + 1);
        match read_bitmap(k, file, group).await {
            Err(error) => result = result.and(Err(error)),
            Ok(bitmap) => {
                let bit = |block: u64| u32::try_from(block - blocks.start()).unwrap_or(u32::MAX);
                let freed = k.pages.change_block(bitmap, k.sizes.block as usize, |bytes| {
                    Bitmap::new(bytes).set(bit(first)..bit(behind), false)
                });
                count_free_blocks(k, group, freed.cast_signed());
                mark_buffer_dirty(k, bitmap);
                count_sectors(k, file, -i64::from(freed));
            }
        }
        first = behind;
    }
    mark_inode_dirty(k, Mapping::of(file), DirtyFlags::ALL);
    result
}
