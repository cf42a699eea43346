//! A filesystem with the files that a run uses: what stands on the device before the run, whether it
//! came from an image or from a described layout.

use std::sync::Arc;

use crate::ext2::disk_format::{GroupDescriptor, Superblock};
use crate::ext2::path::{INODE_POINTERS, pointers_per_block};
use crate::medium::Base;

/// A filesystem and those of its files that the run names.
#[derive(Clone, Debug)]
pub struct Volume {
    /// Its metadata.
    pub base: Arc<dyn Base>,
    /// Bytes in a block: 1 KiB to 64 KiB.
    pub block_size: u32,
    /// How many blocks the filesystem has; the device may have more.
    pub blocks_count: u32,
    /// The block that group 0 begins with.
    pub first_data_block: u32,
    /// Where the metadata of each group lie, and what was free before the run.
    pub groups: Arc<[GroupDescriptor]>,
    /// The superblock before the run; it has passed [`Superblock::check`].
    pub superblock: Superblock,
    /// The device's capacity in sectors of 512 bytes.
    pub device_sectors: u64,
    /// The files; a [`sim_core::io::FileId`] is an index into them.
    pub files: Vec<VolumeFile>,
}

impl Volume {
    /// How many pointers an indirect block holds.
    pub fn pointers_per_block(&self) -> u32 {
        pointers_per_block(self.block_size)
    }
}

/// A file as its inode says before the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeFile {
    /// Its path from the root directory, beginning with `/`.
    pub path: String,
    /// Its inode's number.
    pub inode: u32,
    /// The inode's block pointers: 12 direct, single, double and triple indirect; 0 is a hole.
    pub pointers: [u32; INODE_POINTERS],
    /// Its size in bytes.
    pub size: u64,
    /// How many sectors its data and indirect blocks take (`i_blocks`).
    pub sectors: u64,
    /// When its contents were changed, in seconds since 1970; 0 if it is described.
    pub mtime: u32,
    /// When its inode was changed, in seconds since 1970; 0 if it is described.
    pub ctime: u32,
}
