//! Giving back the blocks behind a file's end: `ext2_truncate_blocks`.
//!
//! `docs/model/ext2.md`, Freeing.

use std::ops::Range;

use sim_core::io::{FileId, Role};

use super::branch::{Array, set_pointer, with_pointers};
use super::mount::{discard_reservation, ext2_error};
use super::new_blocks::{BlockRun, ext2_free_blocks};
use super::path::{BlockPath, DIRECT_POINTERS, IND_POINTER, block_to_path, child_of, pointers_per_block};
use crate::buffer_cache::{Owner, bforget, mark_buffer_dirty_inode, sb_bread};
use crate::inode::dirty_list::{DirtyFlags, mark_inode_dirty};
use crate::inode::locks::{lock_allocation, unlock_allocation};
use crate::kernel::Kernel;
use crate::page::Mapping;

/// What the pointers of an array lead to, and how many levels of indirect blocks lie between.
#[derive(Clone, Copy, Debug)]
struct Below {
    /// The role of the array's own block; `None` for the inode's.
    of: Option<Role>,
    depth: usize,
}

/// Frees all blocks of a file from the first one on that lies wholly behind `size`.
pub async fn ext2_truncate_blocks(k: &Kernel, file: FileId, size: u64) {
    let truncation = Truncation { k, file, pointers: pointers_per_block(k.sizes.block) };
    if let Ok(path) = block_to_path(k.sizes.blocks_of(size), truncation.pointers) {
        lock_allocation(k, file).await;
        truncation.cut_at(&path).await;
        // [ext2-truncate.window]
        discard_reservation(k, file);
        unlock_allocation(k, file);
    }
}

struct Truncation<'k> {
    k: &'k Kernel,
    file: FileId,
    pointers: u32,
}

impl Truncation<'_> {
    async fn cut_at(&self, path: &BlockPath) {
        let first_whole_tree = if path.depth == 1 {
            // [ext2-truncate.direct]
            self.free_data(Array::Inode, path.offsets[0]..DIRECT_POINTERS).await;
            IND_POINTER
        } else {
            self.cut_branch(path).await;
            path.offsets[0] + 1
        };
        // [ext2-truncate.whole-trees]
        for (slot, depth) in (IND_POINTER..).zip(1..=3).filter(|&(slot, _)| slot >= first_whole_tree) {
            self.free_pointer(Array::Inode, slot, Below { of: None, depth }).await;
        }
    }

    /// The arrays on the way to the first block that goes, as far as there are any and its place in
    /// them is not their first.
    async fn arrays(&self, path: &BlockPath, levels: usize) -> Vec<Array> {
        let k = self.k;
        let mut arrays = vec![Array::Inode];
        for level in 0..levels - 1 {
            let array = arrays[level];
            let physical = with_pointers(k, self.file, array, |pointer| pointer(path.offsets[level]));
            let owner = Owner { file: Some(self.file), role: path.role_at(level) };
            if physical == 0 {
                break;
            }
            let Ok(buffer) = sb_bread(k, u64::from(physical), owner).await else { break };
            k.pages.pin(buffer.page);
            arrays.push(Array::Block(buffer));
        }
        arrays
    }

    /// Frees what follows the first block that goes within the branch that leads to it.
    async fn cut_branch(&self, path: &BlockPath) {
        let depth = usize::from(path.depth);
        // [ext2-truncate.cut]
        let levels = (1..=depth).rev().find(|&level| level == 1 || path.offsets[level - 1] != 0).unwrap_or(1);
        let arrays = self.arrays(path, levels).await;
        let mut level = arrays.len() - 1;
        while level > 0 && self.is_empty_before(arrays[level], path.offsets[level]) {
            level -= 1;
        }
        let below = |level: usize| Below {
            of: level.checked_sub(1).map(|above| path.role_at(above)),
            depth: depth - 1 - level,
        };
        let mut from = path.offsets[level];
        if level == 0 || level != levels - 1 {
            self.cut_off(arrays[level], from, below(level)).await;
            from += 1;
        }
        // [ext2-truncate.levels]
        for level in (1..=level).rev() {
            let Array::Block(buffer) = arrays[level] else { continue };
            self.free_pointers(arrays[level], from..self.pointers, below(level)).await;
            mark_buffer_dirty_inode(self.k, buffer, self.file);
            from = path.offsets[level - 1] + 1;
        }
        for array in arrays {
            if let Array::Block(buffer) = array {
                self.k.pages.unpin(buffer.page);
            }
        }
    }

    fn is_empty_before(&self, array: Array, index: u32) -> bool {
        with_pointers(self.k, self.file, array, |pointer| (0..index).all(|before| pointer(before) == 0))
    }

    async fn cut_off(&self, array: Array, index: u32, below: Below) {
        let is_there = with_pointers(self.k, self.file, array, |pointer| pointer(index) != 0);
        if let Array::Block(buffer) = array
            && is_there
        {
            mark_buffer_dirty_inode(self.k, buffer, self.file);
        }
        self.free_pointer(array, index, below).await;
    }

    async fn free_pointers(&self, array: Array, indices: Range<u32>, below: Below) {
        if below.depth == 0 {
            return self.free_data(array, indices).await;
        }
        for index in indices {
            self.free_pointer(array, index, below).await;
        }
    }

    /// Sets one pointer to zero and frees the tree that it led to.
    // [ext2-free.tree] [error.free]
    async fn free_pointer(&self, array: Array, index: u32, below: Below) {
        if below.depth == 0 {
            return self.free_data(array, index..index + 1).await;
        }
        let k = self.k;
        let block = with_pointers(k, self.file, array, |pointer| u64::from(pointer(index)));
        if block == 0 {
            return;
        }
        set_pointer(k, self.file, array, index, 0);
        self.mark_inode();
        let role = match below.of {
            Some(parent) => child_of(parent, index).unwrap_or(Role::Unknown),
            None => [Role::Ind, Role::Dind, Role::Tind][(index - IND_POINTER) as usize],
        };
        let Ok(buffer) = sb_bread(k, block, Owner { file: Some(self.file), role }).await else {
            ext2_error(k).await;
            return;
        };
        k.pages.pin(buffer.page);
        let children = Below { of: Some(role), depth: below.depth - 1 };
        Box::pin(self.free_pointers(Array::Block(buffer), 0..self.pointers, children)).await;
        bforget(k, buffer);
        k.pages.unpin(buffer.page);
        self.give_back(BlockRun { first: block, count: 1 }).await;
    }

    /// Sets pointers to data to zero and frees what they led to, in runs that lie in a row.
    async fn free_data(&self, array: Array, indices: Range<u32>) {
        let mut run = BlockRun { first: 0, count: 0 };
        for index in indices {
            let block = with_pointers(self.k, self.file, array, |pointer| u64::from(pointer(index)));
            if block == 0 {
                continue;
            }
            set_pointer(self.k, self.file, array, index, 0);
            if run.count > 0 && run.first + u64::from(run.count) == block {
                run.count += 1;
                continue;
            }
            self.give_back(std::mem::replace(&mut run, BlockRun { first: block, count: 1 })).await;
        }
        self.give_back(run).await;
    }

    async fn give_back(&self, run: BlockRun) {
        if run.count > 0 {
            self.mark_inode();
            // What cannot be given back stays taken, and the filesystem has been marked in error.
            let _ = ext2_free_blocks(self.k, self.file, run).await;
        }
    }

    fn mark_inode(&self) {
        mark_inode_dirty(self.k, Mapping::of(self.file), DirtyFlags::ALL);
    }
}
