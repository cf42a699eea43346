//! Which blocks are free: the allocator of a run, made when the first block is wanted, so that a run
//! that allocates nothing reads no bitmap.

use super::allocate::{BadBitmap, FirstFree};
use super::volume::Volume;

/// The free blocks of a filesystem.
#[derive(Clone, Debug)]
pub struct FreeBlocks {
    volume: Volume,
    first_free: Option<u64>,
    allocator: Option<FirstFree>,
}

impl FreeBlocks {
    /// Those of a volume; `first_free` is the goal of whoever has none.
    pub fn new(volume: Volume, first_free: Option<u64>) -> FreeBlocks {
        FreeBlocks { volume, first_free, allocator: None }
    }

    /// Takes up to `count` consecutive free blocks at or after `goal` (0: no goal); `None` if none is
    /// free.
    ///
    /// # Errors
    /// [`BadBitmap`] if a block bitmap cannot be read.
    pub fn allocate(&mut self, goal: u64, count: u32) -> Result<Option<(u64, u32)>, BadBitmap> {
        let allocator = match &mut self.allocator {
            Some(allocator) => allocator,
            none => none.insert(FirstFree::new(&self.volume)?),
        };
        let goal = if goal == 0 { self.first_free.unwrap_or(0) } else { goal };
        Ok(allocator.allocate(goal, count))
    }

    /// Gives blocks back that [`FreeBlocks::allocate`] handed out.
    pub fn free(&mut self, first: u64, count: u32) {
        if let Some(allocator) = &mut self.allocator {
            allocator.free(first, count);
        }
    }
}
