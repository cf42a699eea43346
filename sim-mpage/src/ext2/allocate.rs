//! Handing out free blocks: for now the first free ones, which stands where ext2's allocator with
//! its goals and reservation windows (`docs/model/ext2.md`, Allocator) will stand.

use crate::ext2::volume::Volume;
use crate::medium::MediumError;

/// Blocks in a word of the bit set.
const WORD_BLOCKS: u64 = 64;

/// A group's block bitmap that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the block bitmap of group {group}")]
pub struct BadBitmap {
    /// The group.
    pub group: u32,
    /// Why.
    pub source: MediumError,
}

/// An allocator that gives the first free blocks from a goal on: one bit a block of the filesystem.
#[derive(Clone, Debug)]
pub struct FirstFree {
    /// Set: in use. Bit 0 of word 0 is block 0.
    used: Vec<u64>,
    first_data_block: u64,
    blocks_count: u64,
}

impl FirstFree {
    /// An allocator for a volume as its block bitmaps describe it. The blocks of superblock, group
    /// descriptors, bitmaps and inode tables count as used whatever the bitmaps say.
    ///
    /// # Errors
    /// [`BadBitmap`] if a bitmap cannot be read.
    pub fn new(volume: &Volume) -> Result<FirstFree, BadBitmap> {
        let superblock = &volume.superblock;
        let blocks_count = u64::from(volume.blocks_count);
        let words = usize::try_from(blocks_count.div_ceil(WORD_BLOCKS)).unwrap_or(usize::MAX);
        let mut free = FirstFree {
            used: vec![0; words],
            first_data_block: u64::from(volume.first_data_block),
            blocks_count,
        };
        free.set(0, superblock.descriptors_block() + superblock.descriptor_blocks(), true);
        let mut bitmap = vec![0; volume.block_size as usize];
        for (group, descriptor) in (0..).zip(volume.groups.iter()) {
            volume
                .base
                .read_block(u64::from(descriptor.block_bitmap), &mut bitmap)
                .map_err(|source| BadBitmap { group, source })?;
            let start = superblock.group_start(group);
            for bit in 0..superblock.blocks_in_group(group) {
                if bitmap[(bit / 8) as usize] >> (bit % 8) & 1 == 1 {
                    free.set(start + u64::from(bit), 1, true);
                }
            }
            free.set(u64::from(descriptor.block_bitmap), 1, true);
            free.set(u64::from(descriptor.inode_bitmap), 1, true);
            free.set(u64::from(descriptor.inode_table), u64::from(superblock.inode_table_blocks()), true);
        }
        Ok(free)
    }

    /// Takes up to `count` consecutive free blocks, the first free one at or after `goal` first, else
    /// (or with a goal outside the filesystem) the first free one of all. Gives the first block and
    /// how many; `None` if no block is free or none is asked for.
    pub fn allocate(&mut self, goal: u64, count: u32) -> Option<(u64, u32)> {
        if count == 0 {
            return None;
        }
        let goal = if (self.first_data_block..self.blocks_count).contains(&goal) {
            goal
        } else {
            self.first_data_block
        };
        let first = self
            .first_free(goal, self.blocks_count)
            .or_else(|| self.first_free(self.first_data_block, goal))?;
        let mut taken = 0;
        while taken < count && self.is_free(first + u64::from(taken)) {
            taken += 1;
        }
        self.set(first, u64::from(taken), true);
        Some((first, taken))
    }

    /// Gives blocks back that [`FirstFree::allocate`] handed out.
    pub fn free(&mut self, first: u64, count: u32) {
        self.set(first, u64::from(count), false);
    }

    fn first_free(&self, from: u64, until: u64) -> Option<u64> {
        let mut block = from;
        while block < until {
            let free = !self.word(block) >> (block % WORD_BLOCKS);
            if free != 0 {
                block += u64::from(free.trailing_zeros());
                return (block < until).then_some(block);
            }
            block += WORD_BLOCKS - block % WORD_BLOCKS;
        }
        None
    }

    fn is_free(&self, block: u64) -> bool {
        block < self.blocks_count && self.word(block) >> (block % WORD_BLOCKS) & 1 == 0
    }

    fn word(&self, block: u64) -> u64 {
        let index = usize::try_from(block / WORD_BLOCKS).unwrap_or(usize::MAX);
        self.used.get(index).copied().unwrap_or(u64::MAX)
    }

    fn set(&mut self, first: u64, blocks: u64, used: bool) {
        for block in first..first.saturating_add(blocks).min(self.blocks_count) {
            let index = usize::try_from(block / WORD_BLOCKS).unwrap_or(usize::MAX);
            let bit = 1 << (block % WORD_BLOCKS);
            if used {
                self.used[index] |= bit;
            } else {
                self.used[index] &= !bit;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ext2::block_set::BlockSet;
    use crate::ext2::samples::{classic, layouts, made, small};

    #[test]
    fn the_first_free_run_from_the_goal_on_is_taken() {
        let mut free = FirstFree::new(&made(&small(&[classic()]))).unwrap();
        assert_eq!(free.allocate(990, 4), Some((990, 4)));
        assert_eq!(free.allocate(990, 20), Some((994, 6)));
        assert_eq!(free.allocate(990, 20), Some((1017, 20)));
        // Only two are left at the end; then it begins again behind the metadata.
        assert_eq!(free.allocate(8190, 8), Some((8190, 2)));
        let (first, count) = free.allocate(8190, 8).unwrap();
        assert!(first > 2 && first < 990 && count == 8, "{first}+{count}");
        assert_eq!(free.allocate(u64::MAX, 1), Some((first + 8, 1)));
        assert_eq!(free.allocate(0, 0), None);
        free.free(992, 3);
        assert_eq!(free.allocate(990, 20), Some((992, 3)));
    }

    proptest! {
        #[test]
        fn every_free_block_is_given_once_and_no_other(layout in layouts(), goal in 0_u64..9000) {
            let volume = made(&layout);
            let mut free = FirstFree::new(&volume).unwrap();
            let mut given = BlockSet::default();
            for file in &layout.files {
                for run in &file.runs {
                    given.insert(run.physical, run.blocks).unwrap();
                }
                for &place in file.indirect.values() {
                    given.insert(place, 1).unwrap();
                }
            }
            let mut total = 0;
            while let Some((first, count)) = free.allocate(goal, 1000) {
                prop_assert_eq!(given.insert(first, u64::from(count)), Ok(()));
                total += count;
            }
            prop_assert_eq!(total, volume.superblock.free_blocks_count);
        }
    }
}
