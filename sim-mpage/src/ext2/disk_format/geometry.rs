//! Whether a superblock describes a filesystem that can be there, and what follows from its
//! numbers.
//!
//! Source of the bounds: what ext2's mount and `mke2fs` hold to.

use crate::ext2::disk_format::{GROUP_DESCRIPTOR_BYTES, MAGIC, SUPERBLOCK_OFFSET, Superblock};

/// The largest `log_block_size`: blocks of 64 KiB.
const MAX_LOG_BLOCK_SIZE: u32 = 6;
/// The fewest blocks a group may have (`mke2fs -g`).
const MIN_BLOCKS_PER_GROUP: u32 = 256;

/// A superblock that cannot be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSuperblock {
    /// No superblock at all.
    #[error("no ext2 filesystem: the magic number is {0:#06x}, not 0xef53")]
    Magic(u16),
    /// A block size that is not a power of two from 1 KiB to 64 KiB.
    #[error("a block size of {0} bytes is not a power of two from 1024 to 65536")]
    BlockSize(u64),
    /// A field whose value cannot be.
    #[error("superblock: {field} is {value}, which is not possible here")]
    Field {
        /// The field, by the kernel's name.
        field: &'static str,
        /// What it says.
        value: u64,
    },
}

/// Checks that blocks may have this size.
///
/// # Errors
/// [`BadSuperblock::BlockSize`] unless it is a power of two from 1 KiB to 64 KiB.
pub fn check_block_size(bytes: u32) -> Result<(), BadSuperblock> {
    if bytes.is_power_of_two() && (1024..=1024 << MAX_LOG_BLOCK_SIZE).contains(&bytes) {
        Ok(())
    } else {
        Err(BadSuperblock::BlockSize(u64::from(bytes)))
    }
}

impl Superblock {
    /// Checks everything but the features. The methods below need a superblock that has passed.
    ///
    /// # Errors
    /// [`BadSuperblock`] names the first field that cannot be right.
    // [ext2-image.superblock]
    pub fn check(&self) -> Result<(), BadSuperblock> {
        if self.magic != MAGIC {
            return Err(BadSuperblock::Magic(self.magic));
        }
        if self.log_block_size > MAX_LOG_BLOCK_SIZE {
            let size = 1_u64.checked_shl(self.log_block_size.saturating_add(10)).unwrap_or(u64::MAX);
            return Err(BadSuperblock::BlockSize(size));
        }
        let bits = 8 * self.block_size();
        let inode_size = u32::from(self.inode_size);
        let first_data_block = u32::from(self.log_block_size == 0);
        let inode_sizes = 128..=self.block_size();
        for (field, value, possible) in [
            ("s_first_data_block", self.first_data_block, self.first_data_block == first_data_block),
            ("s_blocks_count", self.blocks_count, self.blocks_count > first_data_block),
            (
                "s_blocks_per_group",
                self.blocks_per_group,
                (MIN_BLOCKS_PER_GROUP..=bits).contains(&self.blocks_per_group),
            ),
            ("s_inodes_per_group", self.inodes_per_group, (1..=bits).contains(&self.inodes_per_group)),
            ("s_inode_size", inode_size, inode_size.is_power_of_two() && inode_sizes.contains(&inode_size)),
        ] {
            if !possible {
                return Err(BadSuperblock::Field { field, value: u64::from(value) });
            }
        }
        self.check_counts()
    }

    /// Checks what only makes sense once the sizes of the groups do.
    fn check_counts(&self) -> Result<(), BadSuperblock> {
        let inodes = u64::from(self.groups_count()) * u64::from(self.inodes_per_group);
        let descriptors_end = self.descriptors_block() + self.descriptor_blocks();
        for (field, value, least, most) in [
            ("s_blocks_count", self.blocks_count, descriptors_end, u64::MAX),
            ("s_inodes_count", self.inodes_count, 0, inodes),
        ] {
            let value = u64::from(value);
            if !(least..=most).contains(&value) {
                return Err(BadSuperblock::Field { field, value });
            }
        }
        Ok(())
    }

    /// Bytes in a block.
    // [ext2-image.superblock]
    pub fn block_size(&self) -> u32 {
        1024 << self.log_block_size
    }

    /// How many groups there are.
    pub fn groups_count(&self) -> u32 {
        (self.blocks_count - self.first_data_block).div_ceil(self.blocks_per_group)
    }

    /// How many blocks the group has: all the same, but for the last one.
    pub fn blocks_in_group(&self, group: u32) -> u32 {
        let blocks = u64::from(self.blocks_count - self.first_data_block);
        let before = u64::from(group) * u64::from(self.blocks_per_group);
        let left = blocks.saturating_sub(before).min(u64::from(self.blocks_per_group));
        u32::try_from(left).unwrap_or(self.blocks_per_group)
    }

    /// The group that a block of the filesystem lies in.
    pub fn group_of(&self, block: u64) -> u32 {
        let group = block.saturating_sub(u64::from(self.first_data_block)) / u64::from(self.blocks_per_group);
        u32::try_from(group).unwrap_or(u32::MAX)
    }

    /// The first block of a group.
    pub fn group_start(&self, group: u32) -> u64 {
        u64::from(self.first_data_block) + u64::from(group) * u64::from(self.blocks_per_group)
    }

    /// The block that holds the superblock.
    pub fn superblock_block(&self) -> u64 {
        SUPERBLOCK_OFFSET / u64::from(self.block_size())
    }

    /// The group that a block of the filesystem lies in.descriptors: the one after the superblock's.
    // [ext2-image.groups]
    pub fn descriptors_block(&self) -> u64 {
        self.superblock_block() + 1
    }

    /// How many blocks the group descriptors take.
    pub fn descriptor_blocks(&self) -> u64 {
        let bytes = u64::from(self.groups_count()) * u64::from(GROUP_DESCRIPTOR_BYTES);
        bytes.div_ceil(u64::from(self.block_size()))
    }

    /// How many inodes a block of the inode table holds.
    pub fn inodes_per_block(&self) -> u32 {
        self.block_size() / u32::from(self.inode_size)
    }

    /// How many blocks the inode table of a group takes.
    pub fn inode_table_blocks(&self) -> u32 {
        self.inodes_per_group.div_ceil(self.inodes_per_block())
    }

    /// Where an inode lies: its group, the block within that group's inode table, and the first byte
    /// in that block. `None` if there is no such inode.
    pub fn inode_place(&self, inode: u32) -> Option<(u32, u32, usize)> {
        if inode > self.inodes_count {
            return None;
        }
        let index = inode.checked_sub(1)?;
        let (group, index) = (index / self.inodes_per_group, index % self.inodes_per_group);
        let (block, place) = (index / self.inodes_per_block(), index % self.inodes_per_block());
        let offset = usize::try_from(place).ok()? * usize::from(self.inode_size);
        Some((group, block, offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound() -> Superblock {
        Superblock {
            inodes_count: 72,
            blocks_count: 24576,
            reserved_blocks_count: 0,
            free_blocks_count: 24000,
            free_inodes_count: 60,
            first_data_block: 1,
            log_block_size: 0,
            blocks_per_group: 8192,
            inodes_per_group: 24,
            written_at: 0,
            magic: MAGIC,
            state: 1,
            revision: 1,
            first_inode: 11,
            inode_size: 256,
            compatible: 0,
            incompatible: 2,
            read_only_compatible: 3,
        }
    }

    // [ext2-image.superblock] [ext2-image.groups]
    #[test]
    fn the_places_of_things_follow_from_the_superblock() {
        let superblock = sound();
        superblock.check().unwrap();
        assert_eq!(superblock.block_size(), 1024);
        assert_eq!(superblock.groups_count(), 3);
        assert_eq!(superblock.blocks_in_group(1), 8192);
        assert_eq!(superblock.blocks_in_group(2), 8191);
        assert_eq!(superblock.group_start(2), 16385);
        assert_eq!((superblock.descriptors_block(), superblock.descriptor_blocks()), (2, 1));
        assert_eq!(superblock.inode_table_blocks(), 6);
        assert_eq!(superblock.inode_place(12), Some((0, 2, 768)));
        assert_eq!(superblock.inode_place(25), Some((1, 0, 0)));
        assert_eq!(superblock.inode_place(0), None);
        assert_eq!(superblock.inode_place(73), None);
    }

    // [ext2-image.superblock]
    #[test]
    fn numbers_that_cannot_be_are_named() {
        let named = |change: fn(&mut Superblock)| {
            let mut superblock = sound();
            change(&mut superblock);
            superblock.check().unwrap_err().to_string()
        };
        assert!(named(|s| s.magic = 0).contains("no ext2 filesystem"));
        assert!(named(|s| s.log_block_size = 7).contains("131072"));
        assert!(named(|s| s.log_block_size = u32::MAX).contains("block size"));
        assert!(named(|s| s.first_data_block = 0).contains("s_first_data_block"));
        assert!(named(|s| s.blocks_count = 0).contains("s_blocks_count"));
        assert!(named(|s| s.blocks_count = 2).contains("s_blocks_count"));
        assert!(named(|s| s.blocks_per_group = 0).contains("s_blocks_per_group"));
        assert!(named(|s| s.blocks_per_group = 8193).contains("s_blocks_per_group"));
        assert!(named(|s| s.inodes_per_group = 0).contains("s_inodes_per_group"));
        assert!(named(|s| s.inode_size = 192).contains("s_inode_size"));
        assert!(named(|s| s.inode_size = 2048).contains("s_inode_size"));
        assert!(named(|s| s.inodes_count = 73).contains("s_inodes_count"));
    }

    #[test]
    fn blocks_have_1_to_64_kib() {
        for size in [1024, 65536] {
            assert_eq!(check_block_size(size), Ok(()));
        }
        for size in [0, 512, 1536, 131_072] {
            assert_eq!(check_block_size(size), Err(BadSuperblock::BlockSize(u64::from(size))));
        }
    }
}
