//! `get_block`: where the blocks of a file lie, found through the indirect blocks and, for writing,
//! allocated.
//!
//! Finding a block may read indirect blocks, and whoever asks waits for each of them.

use sim_core::io::FileId;
use sim_core::trace::{EventId, What};

use super::alloc_branch::alloc_branch;
use super::branch::{Branch, get_branch, with_pointers};
use super::map::{extend, is_boundary};
use super::path::{BlockPath, block_to_path, pointers_per_block};
use crate::errno::Errno;
use crate::inode::locks::{lock_allocation, unlock_allocation};
use crate::kernel::Kernel;
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
    let branch = get_branch(k, file, &path, usize::from(path.depth)).await?;
    let asked = u32::try_from(asked).unwrap_or(u32::MAX).max(1);
    let (physical, count, new) = match (branch.physical, create) {
        // [ext2-get-block.hole]
        (0, false) => return Ok(None),
        (0, true) => find_or_allocate(k, file, block, &path, branch, asked).await?,
        // [ext2-get-block.found]
        (physical, _) => (u64::from(physical), found(k, file, &path, branch, asked, create), false),
    };
    // [ext2-get-block.result]
    Ok(Some(Mapped {
        physical,
        count,
        new,
        // [mpage-read.arms]
        boundary: k.settings.boundary && is_boundary(count, path.blocks_to_boundary),
        up_to_date: k.settings.get_block_fills && !create,
        event: EventId::NONE,
    }))
}

/// Allocates what is missing, if it still is when it is this task's turn.
// [processes.allocation]
async fn find_or_allocate(
    k: &Kernel,
    file: FileId,
    block: u64,
    path: &BlockPath,
    mut branch: Branch,
    asked: u32,
) -> Result<(u64, u32, bool), Errno> {
    if lock_allocation(k, file).await {
        match get_branch(k, file, path, usize::from(path.depth)).await {
            Ok(found) => branch = found,
            Err(error) => {
                unlock_allocation(k, file);
                return Err(error);
            }
        }
    }
    let result = if branch.physical == 0 {
        let run = alloc_branch(k, file, block, path, branch, asked).await;
        run.map(|run| (run.first, run.count, true))
    } else {
        Ok((u64::from(branch.physical), found(k, file, path, branch, asked, true), false))
    };
    unlock_allocation(k, file);
    result
}

fn found(k: &Kernel, file: FileId, path: &BlockPath, branch: Branch, asked: u32, create: bool) -> u32 {
    // A filesystem that hands out data while mapping does so for one block at a time.
    let asked = if k.settings.get_block_fills && !create { 1 } else { asked };
    let index = path.offsets[branch.level];
    with_pointers(k, file, branch.array, |pointer| extend(pointer, index, asked, path.blocks_to_boundary))
}
