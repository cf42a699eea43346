//! Allocating what is missing of a branch: indirect blocks and one run of data (`ext2_find_goal`,
//! `ext2_alloc_branch`, `ext2_splice_branch`).
//!
//! `docs/model/ext2.md`, Goal, A branch.

use sim_core::io::FileId;

use super::branch::{Array, Branch, set_pointer, set_pointer_in, with_pointers};
use super::mount::Allocation;
use super::new_blocks::{BlockRun, ext2_free_blocks, ext2_new_blocks};
use super::path::BlockPath;
use crate::buffer_cache::{Owner, lock_buffer, mark_buffer_dirty_inode, sb_getblk, unlock_buffer};
use crate::errno::Errno;
use crate::inode::dirty_list::{DirtyFlags, mark_inode_dirty};
use crate::inode::times::{Times, current_time};
use crate::kernel::Kernel;
use crate::page::Mapping;

/// How many groups of processes start in different parts of a block group.
const COLOURS: u64 = 16;

/// What a branch was given.
struct NewBranch {
    /// The indirect blocks, parent first.
    indirect: Vec<u64>,
    data: BlockRun,
}

/// Allocates what is missing below the end of a branch, up to `asked` data blocks from `block` on;
/// returns the data blocks.
///
/// # Errors
/// [`Errno::NoSpace`] or [`Errno::Io`]; nothing has changed then.
// [ext2-get-block.create]
pub(super) async fn alloc_branch(
    k: &Kernel,
    file: FileId,
    block: u64,
    path: &BlockPath,
    branch: Branch,
    asked: u32,
) -> Result<BlockRun, Errno> {
    let goal = find_goal(k, file, block, path, branch);
    let missing = usize::from(path.depth) - 1 - branch.level;
    let wanted = data_blocks_wanted(k, file, path, branch, missing, asked);
    // The array where the branch breaks off stays while bitmaps are read.
    let held = match branch.array {
        Array::Inode => None,
        Array::Block(buffer) => Some(buffer.page),
    };
    held.into_iter().for_each(|page| k.pages.pin(page));
    let new = match take_blocks(k, file, goal, missing, wanted).await {
        Ok(new) => write_indirect_blocks(k, file, path, branch, &new).await.map(|()| new),
        Err(error) => Err(error),
    };
    held.into_iter().for_each(|page| k.pages.unpin(page));
    let new = new?;
    splice_branch(k, file, path, branch, &new);
    // [ext2-get-block.last-allocated]
    let last = u64::from(new.data.count) - 1;
    let allocation = Allocation {
        last_logical: block + last,
        last_physical: new.data.first + last,
        ..k.mount.allocation(file)
    };
    k.mount.set_allocation(file, allocation);
    // [ext2-get-block.ctime]
    let times = &k.inodes[file.0 as usize].times;
    times.set(Times { ctime: current_time(k), ..times.get() });
    mark_inode_dirty(k, Mapping::of(file), DirtyFlags::ALL);
    Ok(new.data)
}

/// Where new blocks had best lie.
fn find_goal(k: &Kernel, file: FileId, block: u64, path: &BlockPath, branch: Branch) -> u64 {
    // [ext2-goal.sequential]
    let last = k.mount.allocation(file);
    if last.last_physical != 0 && block == last.last_logical + 1 {
        return last.last_physical + 1;
    }
    // [ext2-goal.left]
    let index = path.offsets[branch.level];
    let left = with_pointers(k, file, branch.array, |pointer| {
        (0..index).rev().map(pointer).find(|&pointer| pointer != 0)
    });
    if let Some(left) = left {
        return u64::from(left);
    }
    // [ext2-goal.array]
    if let Array::Block(buffer) = branch.array {
        return k.pages.buffer(buffer).physical.unwrap_or_default();
    }
    // [ext2-goal.colour]
    let superblock = &k.mount.superblock;
    let group = (k.inodes[file.0 as usize].number - 1) / superblock.inodes_per_group;
    let pid = k.pids.borrow().get(k.tasks.current().0 as usize).copied().unwrap_or(0);
    let colour = u64::from(pid) % COLOURS * (u64::from(superblock.blocks_per_group) / COLOURS);
    superblock.group_start(group) + colour
}

fn data_blocks_wanted(
    k: &Kernel,
    file: FileId,
    path: &BlockPath,
    branch: Branch,
    missing: usize,
    asked: u32,
) -> u32 {
    let bound = asked.min(path.blocks_to_boundary.saturating_add(1));
    if missing > 0 {
        return bound;
    }
    let index = path.offsets[branch.level];
    with_pointers(k, file, branch.array, |pointer| {
        let following = (1..bound).take_while(|&number| pointer(index + number) == 0).count();
        1 + u32::try_from(following).unwrap_or(u32::MAX - 1)
    })
}

/// Takes blocks for the missing indirect blocks and for data.
// [ext2-branch.repeat] [ext2-branch.indirect-first]
async fn take_blocks(
    k: &Kernel,
    file: FileId,
    goal: u64,
    missing: usize,
    wanted: u32,
) -> Result<NewBranch, Errno> {
    let mut indirect = Vec::with_capacity(missing);
    loop {
        let left = u32::try_from(missing - indirect.len()).unwrap_or(u32::MAX);
        let mut run = match ext2_new_blocks(k, file, goal, left.saturating_add(wanted)).await {
            Ok(run) => run,
            Err(error) => {
                give_back(k, file, &indirect).await;
                return Err(error);
            }
        };
        while indirect.len() < missing && run.count > 0 {
            indirect.push(run.first);
            run = BlockRun { first: run.first + 1, count: run.count - 1 };
        }
        if run.count > 0 {
            return Ok(NewBranch { indirect, data: run });
        }
    }
}

// [ext2-branch.failure]
async fn give_back(k: &Kernel, file: FileId, indirect: &[u64]) {
    for &first in indirect {
        // A bitmap that was read to take a block from it is there.
        let _ = ext2_free_blocks(k, file, BlockRun { first, count: 1 }).await;
    }
}

/// Fills the new indirect blocks, parent first.
async fn write_indirect_blocks(
    k: &Kernel,
    file: FileId,
    path: &BlockPath,
    branch: Branch,
    new: &NewBranch,
) -> Result<(), Errno> {
    for (number, &block) in new.indirect.iter().enumerate() {
        let level = branch.level + number + 1;
        let owner = Owner { file: Some(file), role: path.role_at(level - 1) };
        let buffer = sb_getblk(k, block, owner).await?;
        k.pages.pin(buffer.page);
        lock_buffer(k, buffer).await;
        k.pages.change_block(buffer, k.sizes.block as usize, |bytes| {
            bytes.fill(0);
            match new.indirect.get(number + 1) {
                Some(&below) => set_pointer_in(bytes, path.offsets[level], below),
                None => (0..new.data.count).for_each(|number| {
                    let index = path.offsets[level] + number;
                    set_pointer_in(bytes, index, new.data.first + u64::from(number));
                }),
            }
        });
        k.pages.change_buffer(buffer, |buffer| buffer.up_to_date = true);
        unlock_buffer(k, buffer);
        // [ext2-get-block.tie]
        mark_buffer_dirty_inode(k, buffer, file);
        k.pages.unpin(buffer.page);
    }
    Ok(())
}

/// Sets the pointers where the branch broke off.
fn splice_branch(k: &Kernel, file: FileId, path: &BlockPath, branch: Branch, new: &NewBranch) {
    let index = path.offsets[branch.level];
    match new.indirect.first() {
        Some(&top) => set_pointer(k, file, branch.array, index, top),
        None => (0..new.data.count).for_each(|number| {
            set_pointer(k, file, branch.array, index + number, new.data.first + u64::from(number));
        }),
    }
    // [ext2-write-back.indirect]
    if let Array::Block(buffer) = branch.array {
        mark_buffer_dirty_inode(k, buffer, file);
    }
}
