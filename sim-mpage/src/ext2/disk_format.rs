//! ext2's structures as they lie on the device: superblock, group descriptor, inode; parsed from
//! little-endian bytes and written back into them, so that what the model does not know stays.
//!
//! Source: `docs/model/ext2.md`, On-disk image. Left out: owners, access and deletion times, and all
//! that only ext3 and ext4 use.

pub mod features;
mod geometry;

pub use geometry::{BadSuperblock, check_block_size};

use crate::ext2::path::INODE_POINTERS;

/// Where the superblock begins, in bytes from the start of the device.
pub const SUPERBLOCK_OFFSET: u64 = 1024;
/// How long it is, in bytes.
pub const SUPERBLOCK_BYTES: usize = 1024;
/// How long a group descriptor is, in bytes.
pub const GROUP_DESCRIPTOR_BYTES: u32 = 32;
/// How long the part of an inode is that ext2 knows, in bytes.
pub const INODE_BYTES: usize = 128;
/// The magic number of a superblock.
pub const MAGIC: u16 = 0xEF53;
/// The first inode that is not reserved, in revision 0.
pub const FIRST_INODE: u32 = 11;
/// The inode of the root directory.
pub const ROOT_INODE: u32 = 2;
/// The inode flag of a file that is mapped by extents.
pub const EXTENTS_FLAG: u32 = 0x8_0000;

/// The little-endian number of 16 bits at `offset`, which must lie within `bytes`.
pub fn u16_at(bytes: &[u8], offset: usize) -> u16 {
    u16::from_le_bytes([bytes[offset], bytes[offset + 1]])
}

/// The little-endian number of 32 bits at `offset`, which must lie within `bytes`.
pub fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes([bytes[offset], bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]])
}

/// Puts a number of 16 bits at `offset`, which must lie within `bytes`, in little-endian order.
pub fn put_u16(bytes: &mut [u8], offset: usize, value: u16) {
    bytes[offset..offset + 2].copy_from_slice(&value.to_le_bytes());
}

/// Puts a number of 32 bits at `offset`, which must lie within `bytes`, in little-endian order.
pub fn put_u32(bytes: &mut [u8], offset: usize, value: u32) {
    bytes[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
}

/// The superblock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Superblock {
    /// How many inodes there are.
    pub inodes_count: u32,
    /// How many blocks the filesystem has, those before the first data block included.
    pub blocks_count: u32,
    /// How many blocks only root may use.
    pub reserved_blocks_count: u32,
    /// How many blocks are free.
    pub free_blocks_count: u32,
    /// How many inodes are free.
    pub free_inodes_count: u32,
    /// The block that group 0 begins with: 1 if blocks have 1 KiB, else 0.
    pub first_data_block: u32,
    /// The block size is 1024 bytes shifted left by this.
    pub log_block_size: u32,
    /// How many blocks a group has (the last one may have fewer).
    pub blocks_per_group: u32,
    /// How many inodes a group has.
    pub inodes_per_group: u32,
    /// [`MAGIC`].
    pub magic: u16,
    /// When it was written last, in seconds of the calendar.
    pub written_at: u32,
    /// Bit 0: unmounted cleanly; bit 1: errors were found.
    pub state: u16,
    /// The revision: in 0 the next two fields have fixed values.
    pub revision: u32,
    /// The first inode that is not reserved.
    pub first_inode: u32,
    /// Bytes in an inode.
    pub inode_size: u16,
    /// Features that need not be understood.
    pub compatible: u32,
    /// Features that must be understood.
    pub incompatible: u32,
    /// Features that must be understood before writing.
    pub read_only_compatible: u32,
}

impl Superblock {
    /// Reads a superblock. Nothing is checked: see [`Superblock::check`] and [`features`].
    // [ext2-image.superblock] [ext2-image.revision-0]
    pub fn parse(bytes: &[u8; SUPERBLOCK_BYTES]) -> Superblock {
        let revision = u32_at(bytes, 76);
        let (first_inode, inode_size) = match revision {
            0 => (FIRST_INODE, 128),
            _ => (u32_at(bytes, 84), u16_at(bytes, 88)),
        };
        let feature_word = |offset| if revision == 0 { 0 } else { u32_at(bytes, offset) };
        Superblock {
            inodes_count: u32_at(bytes, 0),
            blocks_count: u32_at(bytes, 4),
            reserved_blocks_count: u32_at(bytes, 8),
            free_blocks_count: u32_at(bytes, 12),
            free_inodes_count: u32_at(bytes, 16),
            first_data_block: u32_at(bytes, 20),
            log_block_size: u32_at(bytes, 24),
            blocks_per_group: u32_at(bytes, 32),
            inodes_per_group: u32_at(bytes, 40),
            written_at: u32_at(bytes, 48),
            magic: u16_at(bytes, 56),
            state: u16_at(bytes, 58),
            revision,
            first_inode,
            inode_size,
            compatible: feature_word(92),
            incompatible: feature_word(96),
            read_only_compatible: feature_word(100),
        }
    }

    /// Writes these fields into a superblock's bytes; the others stay. Fragments, which ext2 never
    /// had, are as large as blocks.
    pub fn write_to(&self, bytes: &mut [u8; SUPERBLOCK_BYTES]) {
        for (offset, value) in [
            (0, self.inodes_count),
            (4, self.blocks_count),
            (8, self.reserved_blocks_count),
            (12, self.free_blocks_count),
            (16, self.free_inodes_count),
            (20, self.first_data_block),
            (24, self.log_block_size),
            (28, self.log_block_size),
            (32, self.blocks_per_group),
            (36, self.blocks_per_group),
            (40, self.inodes_per_group),
            (48, self.written_at),
            (76, self.revision),
        ] {
            put_u32(bytes, offset, value);
        }
        put_u16(bytes, 56, self.magic);
        put_u16(bytes, 58, self.state);
        if self.revision > 0 {
            put_u32(bytes, 84, self.first_inode);
            put_u16(bytes, 88, self.inode_size);
            put_u32(bytes, 92, self.compatible);
            put_u32(bytes, 96, self.incompatible);
            put_u32(bytes, 100, self.read_only_compatible);
        }
    }
}

/// A group descriptor. Blocks are counted from the start of the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupDescriptor {
    /// Where its block bitmap lies.
    pub block_bitmap: u32,
    /// Where its inode bitmap lies.
    pub inode_bitmap: u32,
    /// Where its inode table begins.
    pub inode_table: u32,
    /// How many of its blocks are free.
    pub free_blocks: u16,
    /// How many of its inodes are free.
    pub free_inodes: u16,
    /// How many of its inodes are directories.
    pub used_directories: u16,
}

impl GroupDescriptor {
    /// Reads a group descriptor.
    // [ext2-image.groups]
    pub fn parse(bytes: &[u8; GROUP_DESCRIPTOR_BYTES as usize]) -> GroupDescriptor {
        GroupDescriptor {
            block_bitmap: u32_at(bytes, 0),
            inode_bitmap: u32_at(bytes, 4),
            inode_table: u32_at(bytes, 8),
            free_blocks: u16_at(bytes, 12),
            free_inodes: u16_at(bytes, 14),
            used_directories: u16_at(bytes, 16),
        }
    }

    /// Writes these fields into a descriptor's bytes; the others stay.
    pub fn write_to(&self, bytes: &mut [u8; GROUP_DESCRIPTOR_BYTES as usize]) {
        put_u32(bytes, 0, self.block_bitmap);
        put_u32(bytes, 4, self.inode_bitmap);
        put_u32(bytes, 8, self.inode_table);
        put_u16(bytes, 12, self.free_blocks);
        put_u16(bytes, 14, self.free_inodes);
        put_u16(bytes, 16, self.used_directories);
    }
}

/// What kind of file an inode is, by its mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link.
    SymbolicLink,
    /// A device, a pipe, a socket, or no file at all.
    Other,
}

/// The mode bits of a regular file.
pub const REGULAR_MODE: u16 = 0o100_000;
/// The mode bits of a directory.
pub const DIRECTORY_MODE: u16 = 0o040_000;

/// An inode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inode {
    /// Type and permissions.
    pub mode: u16,
    /// Its size in bytes.
    pub size: u64,
    /// When the inode was changed, in seconds since 1970.
    pub ctime: u32,
    /// When the contents were changed, in seconds since 1970.
    pub mtime: u32,
    /// How many directory entries name it.
    pub links: u16,
    /// How many 512-byte units its data and indirect blocks take (`i_blocks`).
    pub sectors: u32,
    /// Its flags.
    pub flags: u32,
    /// Its block pointers.
    pub pointers: [u32; INODE_POINTERS],
}

impl Inode {
    /// Reads an inode.
    // [ext2-image.inode]
    pub fn parse(bytes: &[u8; INODE_BYTES]) -> Inode {
        let mode = u16_at(bytes, 0);
        let mut size = u64::from(u32_at(bytes, 4));
        if kind_of(mode) == FileKind::Regular {
            size |= u64::from(u32_at(bytes, 108)) << 32;
        }
        Inode {
            mode,
            size,
            ctime: u32_at(bytes, 12),
            mtime: u32_at(bytes, 16),
            links: u16_at(bytes, 26),
            sectors: u32_at(bytes, 28),
            flags: u32_at(bytes, 32),
            pointers: std::array::from_fn(|at| u32_at(bytes, 40 + 4 * at)),
        }
    }

    /// Writes these fields into an inode's bytes; the others stay. The high half of the size is
    /// written for regular files only.
    #[expect(clippy::cast_possible_truncation, reason = "the two halves of the size")]
    pub fn write_to(&self, bytes: &mut [u8; INODE_BYTES]) {
        put_u16(bytes, 0, self.mode);
        put_u32(bytes, 4, self.size as u32);
        put_u32(bytes, 12, self.ctime);
        put_u32(bytes, 16, self.mtime);
        put_u16(bytes, 26, self.links);
        put_u32(bytes, 28, self.sectors);
        put_u32(bytes, 32, self.flags);
        for (at, pointer) in self.pointers.into_iter().enumerate() {
            put_u32(bytes, 40 + 4 * at, pointer);
        }
        if self.kind() == FileKind::Regular {
            put_u32(bytes, 108, (self.size >> 32) as u32);
        }
    }

    /// What kind of file it is.
    pub fn kind(&self) -> FileKind {
        kind_of(self.mode)
    }
}

fn kind_of(mode: u16) -> FileKind {
    match mode & 0o170_000 {
        REGULAR_MODE => FileKind::Regular,
        DIRECTORY_MODE => FileKind::Directory,
        0o120_000 => FileKind::SymbolicLink,
        _ => FileKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // [ext2-image.superblock]
    #[test]
    fn a_superblocks_fields_lie_at_their_offsets() {
        let mut bytes = [0; SUPERBLOCK_BYTES];
        for (offset, value) in [
            (0, 64),
            (4, 8192),
            (8, 5),
            (12, 7000),
            (16, 50),
            (20, 1),
            (24, 2),
            (32, 32768),
            (40, 72),
            (48, 77),
            (76, 1),
            (84, 12),
            (92, 4),
            (96, 2),
            (100, 3),
        ] {
            put_u32(&mut bytes, offset, value);
        }
        put_u16(&mut bytes, 56, MAGIC);
        put_u16(&mut bytes, 58, 1);
        put_u16(&mut bytes, 88, 256);
        let superblock = Superblock {
            inodes_count: 64,
            blocks_count: 8192,
            reserved_blocks_count: 5,
            free_blocks_count: 7000,
            free_inodes_count: 50,
            first_data_block: 1,
            log_block_size: 2,
            blocks_per_group: 32768,
            inodes_per_group: 72,
            written_at: 77,
            magic: MAGIC,
            state: 1,
            revision: 1,
            first_inode: 12,
            inode_size: 256,
            compatible: 4,
            incompatible: 2,
            read_only_compatible: 3,
        };
        assert_eq!(Superblock::parse(&bytes), superblock);
        let mut written = [0; SUPERBLOCK_BYTES];
        superblock.write_to(&mut written);
        assert_eq!(Superblock::parse(&written), superblock);
    }

    // [ext2-image.revision-0]
    #[test]
    fn revision_0_has_inodes_of_128_bytes_and_no_features() {
        let mut bytes = [0; SUPERBLOCK_BYTES];
        put_u32(&mut bytes, 84, 99);
        put_u16(&mut bytes, 88, 256);
        put_u32(&mut bytes, 96, 0x40);
        let superblock = Superblock::parse(&bytes);
        assert_eq!((superblock.first_inode, superblock.inode_size), (11, 128));
        assert_eq!(superblock.incompatible, 0);
    }

    // [ext2-image.groups]
    #[test]
    fn a_descriptors_fields_lie_at_their_offsets() {
        let mut bytes = [0; 32];
        for (offset, value) in [(0, 3), (4, 4), (8, 5)] {
            put_u32(&mut bytes, offset, value);
        }
        put_u16(&mut bytes, 12, 8000);
        let group = GroupDescriptor::parse(&bytes);
        assert_eq!((group.block_bitmap, group.inode_bitmap, group.inode_table), (3, 4, 5));
        assert_eq!(group.free_blocks, 8000);
    }

    // [ext2-image.inode]
    #[test]
    fn an_inodes_fields_lie_at_their_offsets_and_only_regular_files_have_a_high_size() {
        let mut bytes = [0; INODE_BYTES];
        put_u16(&mut bytes, 0, 0o100_644);
        for (offset, value) in
            [(4, 5), (12, 7), (16, 8), (28, 34), (32, EXTENTS_FLAG), (40, 100), (96, 114), (108, 2)]
        {
            put_u32(&mut bytes, offset, value);
        }
        let inode = Inode::parse(&bytes);
        assert_eq!((inode.kind(), inode.size), (FileKind::Regular, (2 << 32) + 5));
        assert_eq!((inode.ctime, inode.mtime), (7, 8));
        assert_eq!((inode.sectors, inode.flags), (34, EXTENTS_FLAG));
        let mut written = [0; INODE_BYTES];
        inode.write_to(&mut written);
        assert_eq!(written, bytes);
        assert_eq!((inode.pointers[0], inode.pointers[14]), (100, 114));
        put_u16(&mut bytes, 0, 0o040_755);
        let inode = Inode::parse(&bytes);
        assert_eq!((inode.kind(), inode.size), (FileKind::Directory, 5));
    }

    proptest! {
        #[test]
        fn writing_what_was_parsed_changes_no_byte(bytes in prop::collection::vec(any::<u8>(), 128)) {
            let bytes: [u8; INODE_BYTES] = bytes.try_into().unwrap();
            let mut written = bytes;
            Inode::parse(&bytes).write_to(&mut written);
            prop_assert_eq!(written, bytes);
            let bytes: [u8; 32] = bytes[..32].try_into().unwrap();
            let mut written = bytes;
            GroupDescriptor::parse(&bytes).write_to(&mut written);
            prop_assert_eq!(written, bytes);
        }
    }
}
