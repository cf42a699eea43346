//! What can be wrong with an image.

use std::error::Error;

use crate::ext2::disk_format::BadSuperblock;
use crate::ext2::disk_format::features::UnsupportedFeatures;
use crate::ext2::file_map::MapError;
use crate::ext2::image::ReadError;
use crate::medium::MediumError;

/// An image, or something in it, that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// The image is too short to hold a superblock.
    #[error("an image of {0} bytes holds no superblock")]
    NoSuperblock(u64),
    /// Its bytes cannot be read.
    #[error("the superblock cannot be read: {0}")]
    Read(#[from] ReadError),
    /// The superblock cannot be right.
    #[error(transparent)]
    Superblock(#[from] BadSuperblock),
    /// It has features that the model cannot take.
    #[error(transparent)]
    Features(#[from] UnsupportedFeatures),
    /// The image ends before the filesystem does.
    #[error("the filesystem has {blocks} blocks of {block_size} bytes, but the image only {bytes} bytes")]
    Truncated {
        /// How many blocks the superblock says.
        blocks: u32,
        /// Bytes in a block.
        block_size: u32,
        /// Bytes in the image.
        bytes: u64,
    },
    /// A group descriptor leads out of the filesystem.
    #[error("group {group}: its {what} lies at block {block}, outside the filesystem")]
    Group {
        /// The group.
        group: u32,
        /// What is misplaced.
        what: &'static str,
        /// Where it is said to lie.
        block: u64,
    },
    /// A group's metadata lie where other metadata do.
    #[error("group {group}: its {what} takes block {block}, which other metadata have already")]
    GroupOverlaps {
        /// The group.
        group: u32,
        /// What is misplaced.
        what: &'static str,
        /// The block that is claimed twice.
        block: u64,
    },
    /// A block of metadata cannot be read.
    #[error("{what}")]
    Unreadable {
        /// What it belongs to.
        what: String,
        /// Why.
        source: MediumError,
    },
    /// There is no such inode.
    #[error("{path}: inode {inode} does not exist; there are {inodes}")]
    NoInode {
        /// The path on the way to which it was met.
        path: String,
        /// The inode.
        inode: u32,
        /// How many inodes the filesystem has.
        inodes: u32,
    },
    /// A directory entry cannot be right.
    #[error("directory inode {inode}, block {block}, byte {offset}: {what}")]
    Directory {
        /// The directory's inode.
        inode: u32,
        /// The block on the device.
        block: u64,
        /// Where in the block.
        offset: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// A directory's size is not a number of whole blocks, or a block of it is a hole.
    #[error(
        "directory inode {inode}: its {size} bytes are not whole blocks, all mapped; logical block {block} is not"
    )]
    DirectorySize {
        /// The directory's inode.
        inode: u32,
        /// Its size in bytes.
        size: u64,
        /// The first logical block that is not there.
        block: u64,
    },
    /// A name on the path is not there.
    #[error("{0}: no such file or directory")]
    NotFound(String),
    /// Something on the path before its end is no directory.
    #[error("{0} is not a directory (inode {1})")]
    NotADirectory(String, u32),
    /// The path leads through or to a symbolic link.
    #[error("{0} is a symbolic link (inode {1}): name the file that it leads to")]
    SymbolicLink(String, u32),
    /// The path leads to something that is no regular file.
    #[error("{0} is not a regular file (inode {1})")]
    NotAFile(String, u32),
    /// A file that is mapped by extents.
    #[error("{0} (inode {1}) is mapped by extents, which is a feature of ext4, not of ext2")]
    Extents(String, u32),
    /// Two paths lead to the same file.
    #[error("{0} and {1} are the same file (inode {2})")]
    SameFile(String, String, u32),
    /// A file's map cannot be right.
    #[error("{path}")]
    Map {
        /// The file's path.
        path: String,
        /// What is wrong.
        source: MapError,
    },
}

impl ImageError {
    /// The error in one line with all that it was caused by.
    pub fn in_full(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text += &format!(": {error}");
            cause = error.source();
        }
        text
    }
}
