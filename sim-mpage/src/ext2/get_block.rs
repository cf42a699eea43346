//! `get_block`: where the blocks of a file lie, found through the indirect blocks and, for writing,
//! allocated.
//!
//! Finding a block may read indirect blocks, and whoever asks waits for each of them. The allocator
//! behind it is a plain one, first free block first; the goal that it is given is the block behind
//! the file's last one in the same array.

use sim_core::io::FileId;
use sim_core::trace::{EventId, What};

use super::map::{extend, is_boundary};
use super::path::{BlockPath, block_to_path, pointers_per_block};
use crate::buffer_cache::{Owner, mark_buffer_dirty, sb_bread, sb_getblk};
use crate::errno::Errno;
use crate::failure::RunError;
use crate::kernel::Kernel;
use crate::page::buffers::BufferRef;
use crate::record::record;

/// Consecutive blocks of a file that lie consecutively on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// The first one's place (`b_blocknr`).
    pub physical: u64,
    /// How many (`b_size`, in blocks); at least 1.
    pub count: u32,
    /// They were just allocated.
    pub new: bool,
    /// The mapping reaches the last pointer of its array.
    pub boundary: bool,
    /// The filesystem has put the data into the page already.
    pub up_to_date: bool,
    /// The event that tells of it.
    pub event: EventId,
}

/// The array that a walk ended in: the inode's own pointers, or an indirect block.
#[derive(Clone, Copy, Debug)]
enum Array {
    Inode,
    Block(BufferRef),
}

/// How far the pointers lead: to the leaf if `physical` is not 0, else to the first zero pointer.
#[derive(Clone, Copy, Debug)]
struct Branch {
    array: Array,
    /// The level of that array; 0 is the inode.
    level: usize,
    physical: u32,
}

/// Maps up to `asked` blocks of a file from `block` on; `None` is a hole. With `create`, what is
/// missing is allocated.
///
/// # Errors
/// [`Errno::Io`] if an indirect block cannot be read or the block is beyond the map's reach,
/// [`Errno::NoSpace`] if no block is free.
pub async fn get_block(
    k: &Kernel,
    file: FileId,
    block: u64,
    asked: u64,
    create: bool,
) -> Result<Option<Mapped>, Errno> {
    let result = map(k, file, block, asked, create).await;
    let (count, physical, new, boundary) = match result {
        Ok(Some(mapped)) => (i64::from(mapped.count), mapped.physical, mapped.new, mapped.boundary),
        Ok(None) => (0, 0, false, false),
        Err(error) => (error.code(), 0, false, false),
    };
    let event = record(k, What::Mapped { file, block, asked, create, count, physical, new, boundary });
    Ok(result?.map(|mapped| Mapped { event, ..mapped }))
}

async fn map(
    k: &Kernel,
    file: FileId,
    block: u64,
    asked: u64,
    create: bool,
) -> Result<Option<Mapped>, Errno> {
    // [ext2-map.too-big]
    let path = block_to_path(block, pointers_per_block(k.sizes.block)).map_err(|_| Errno::Io)?;
    let branch = get_branch(k, file, &path).await?;
    let asked = u32::try_from(asked).unwrap_or(u32::MAX).max(1);
    let (physical, count, new) = match (branch.physical, create) {
        // [ext2-get-block.hole]
        (0, false) => return Ok(None),
        (0, true) => {
            let (physical, count) = alloc_branch(k, file, &path, branch, asked).await?;
            (physical, count, true)
        }
        // [ext2-get-block.found]
        (physical, _) => (physical, found(k, file, &path, branch, asked, create), false),
    };
    // [ext2-get-block.result]
    Ok(Some(Mapped {
        physical: u64::from(physical),
        count,
        new,
        // [mpage-read.arms]
        boundary: k.settings.boundary && is_boundary(count, path.blocks_to_boundary),
        up_to_date: k.settings.get_block_fills && !create,
        event: EventId::NONE,
    }))
}

fn found(k: &Kernel, file: FileId, path: &BlockPath, branch: Branch, asked: u32, create: bool) -> u32 {
    // A filesystem that hands out data while mapping does so for one block at a time.
    let asked = if k.settings.get_block_fills && !create { 1 } else { asked };
    let index = path.offsets[branch.level];
    with_pointers(k, file, branch.array, |pointer| extend(pointer, index, asked, path.blocks_to_boundary))
}

/// Lends the pointers of an array, by index.
fn with_pointers<R>(
    k: &Kernel,
    file: FileId,
    array: Array,
    look: impl FnOnce(&dyn Fn(u32) -> u32) -> R,
) -> R {
    match array {
        Array::Inode => {
            let pointers = k.inodes[file.0 as usize].pointers.borrow();
            look(&|index| pointers.get(index as usize).copied().unwrap_or(0))
        }
        Array::Block(buffer) => k
            .pages
            .with_block(buffer, k.sizes.block as usize, |bytes| look(&|index| pointer_in(bytes, index))),
    }
}

fn pointer_in(bytes: &[u8], index: u32) -> u32 {
    let (pointers, _) = bytes.as_chunks::<4>();
    pointers.get(index as usize).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// Follows the pointers from the inode down, reading each indirect block on the way.
// [ext2-map.get-branch]
async fn get_branch(k: &Kernel, file: FileId, path: &BlockPath) -> Result<Branch, Errno> {
    let mut array = Array::Inode;
    let depth = usize::from(path.depth);
    for level in 0..depth {
        let index = path.offsets[level];
        let physical = with_pointers(k, file, array, |pointer| pointer(index));
        if physical == 0 || level + 1 == depth {
            return Ok(Branch { array, level, physical });
        }
        let owner = Owner { file: Some(file), role: path.role_at(level) };
        // [error.indirect]
        array = Array::Block(sb_bread(k, u64::from(physical), owner).await?);
    }
    Err(Errno::Io)
}

/// Allocates what is missing below the end of a branch: indirect blocks and one run of data.
// [ext2-get-block.create]
async fn alloc_branch(
    k: &Kernel,
    file: FileId,
    path: &BlockPath,
    branch: Branch,
    asked: u32,
) -> Result<(u32, u32), Errno> {
    let missing = usize::from(path.depth) - 1 - branch.level;
    let index = path.offsets[branch.level];
    if let Array::Block(buffer) = branch.array {
        k.pages.pin(buffer.page);
    }
    let result = alloc_blocks(k, file, path, branch, missing, asked).await;
    if let Ok((first, data, count)) = result {
        let pointers = if missing == 0 { count } else { 1 };
        for number in 0..pointers {
            let target = if missing == 0 { data + number } else { first };
            set_pointer(k, file, branch.array, index + number, target);
        }
        if let Array::Block(buffer) = branch.array {
            mark_buffer_dirty(k, buffer);
        }
    }
    if let Array::Block(buffer) = branch.array {
        k.pages.unpin(buffer.page);
    }
    result.map(|(_, data, count)| (data, count))
}

fn set_pointer(k: &Kernel, file: FileId, array: Array, index: u32, target: u32) {
    match array {
        Array::Inode => {
            if let Some(pointer) = k.inodes[file.0 as usize].pointers.borrow_mut().get_mut(index as usize) {
                *pointer = target;
            }
        }
        Array::Block(buffer) => k.pages.change_block(buffer, k.sizes.block as usize, |bytes| {
            set_pointer_in(bytes, index, target);
        }),
    }
}

fn set_pointer_in(bytes: &mut [u8], index: u32, target: u32) {
    let (pointers, _) = bytes.as_chunks_mut::<4>();
    if let Some(pointer) = pointers.get_mut(index as usize) {
        *pointer = target.to_le_bytes();
    }
}

/// Takes blocks for `missing` indirect blocks and for data; returns the first block of the new
/// branch, the first data block, and how many data blocks.
async fn alloc_blocks(
    k: &Kernel,
    file: FileId,
    path: &BlockPath,
    branch: Branch,
    missing: usize,
    asked: u32,
) -> Result<(u32, u32, u32), Errno> {
    let wanted = data_blocks_wanted(k, file, path, branch, missing, asked);
    let goal = goal(k, file, path, branch);
    let mut chain = Vec::new();
    for _ in 0..missing {
        let goal = chain.last().map_or(goal, |&last| u64::from(last) + 1);
        match take(k, goal, 1) {
            Some((block, _)) => chain.push(block),
            None => return give_back(k, &chain),
        }
    }
    let goal = chain.last().map_or(goal, |&last| u64::from(last) + 1);
    let Some((data, count)) = take(k, goal, wanted) else { return give_back(k, &chain) };
    for (number, &block) in chain.iter().enumerate() {
        let level = branch.level + number + 1;
        let below = chain.get(number + 1).copied();
        let owner = Owner { file: Some(file), role: path.role_at(level - 1) };
        let buffer = sb_getblk(k, u64::from(block), owner).await?;
        k.pages.change_block(buffer, k.sizes.block as usize, |bytes| {
            bytes.fill(0);
            match below {
                Some(below) => set_pointer_in(bytes, path.offsets[level], below),
                None => (0..count).for_each(|n| set_pointer_in(bytes, path.offsets[level] + n, data + n)),
            }
        });
        k.pages.change_buffer(buffer, |buffer| buffer.up_to_date = true);
        mark_buffer_dirty(k, buffer);
    }
    Ok((chain.first().copied().unwrap_or(data), data, count))
}

fn give_back<T>(k: &Kernel, chain: &[u32]) -> Result<T, Errno> {
    for &block in chain {
        k.allocator.borrow_mut().free(u64::from(block), 1);
    }
    Err(Errno::NoSpace)
}

fn take(k: &Kernel, goal: u64, count: u32) -> Option<(u32, u32)> {
    let allocated = k.allocator.borrow_mut().allocate(goal, count);
    let allocated = allocated.unwrap_or_else(|bad_bitmap| {
        k.failure.borrow_mut().get_or_insert(RunError::Bitmap(bad_bitmap.to_string()));
        None
    });
    let (first, count) = allocated?;
    // Pointers are 32 bits wide; the allocator knows no block beyond them.
    Some((u32::try_from(first).ok()?, count))
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

fn goal(k: &Kernel, file: FileId, path: &BlockPath, branch: Branch) -> u64 {
    let index = path.offsets[branch.level];
    with_pointers(k, file, branch.array, |pointer| {
        (0..index).rev().map(pointer).find(|&pointer| pointer != 0).map_or(0, |left| u64::from(left) + 1)
    })
}
