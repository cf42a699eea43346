//! What can be wrong with a described layout.

use std::fmt;

use sim_core::io::Role;

use crate::ext2::disk_format::BadSuperblock;
use crate::ext2::path::MapBlock;

/// Who owns a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A file, and which block of its map it is.
    File(String, MapBlock),
    /// The filesystem itself.
    System(Role),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Owner::File(path, block) => write!(f, "{path}:{block}"),
            Owner::System(role) => role.fmt(f),
        }
    }
}

/// A layout that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// The block size, or the device, allows no filesystem.
    #[error(transparent)]
    Geometry(#[from] BadSuperblock),
    /// A path that names no file.
    #[error("`{0}` is not a path of a file: names of 1 to 255 bytes, but not `.` or `..`, separated by `/`")]
    Path(String),
    /// A path that is taken, or that is a file where a directory is needed.
    #[error("{0} is there twice")]
    PathTwice(String),
    /// An inode number that no file can have.
    #[error("{path}: inode {inode} is not between 11 and {last}, the last one there can be here")]
    Inode {
        /// The file.
        path: String,
        /// The inode.
        inode: u32,
        /// The last inode that the filesystem can have.
        last: u32,
    },
    /// Two files have the same inode.
    #[error("{0} and {1} both have inode {2}")]
    InodeTwice(String, String, u32),
    /// A run of no blocks.
    #[error("{path}: the run at logical block {logical} has no blocks")]
    EmptyRun {
        /// The file.
        path: String,
        /// Where it begins in the file.
        logical: u64,
    },
    /// Two runs cover the same logical block.
    #[error("{path}: block {logical} is there twice")]
    LogicalTwice {
        /// The file.
        path: String,
        /// The logical block.
        logical: u64,
    },
    /// A run reaches beyond what pointers can map.
    #[error("{path}: block {logical} is too big: a file has at most {limit} blocks here")]
    TooBig {
        /// The file.
        path: String,
        /// The logical block.
        logical: u64,
        /// How many blocks a map reaches.
        limit: u64,
    },
    /// The size is more than pointers can map.
    #[error("{path}: a size of {size} bytes is beyond the {limit} blocks that a map reaches")]
    SizeBeyondMap {
        /// The file.
        path: String,
        /// Its size in bytes.
        size: u64,
        /// How many blocks a map reaches.
        limit: u64,
    },
    /// An indirect block is needed, but its place is not given.
    #[error("{path}: block {logical} needs the indirect block {role}, whose place is not given")]
    MissingIndirect {
        /// The file.
        path: String,
        /// The indirect block.
        role: Role,
        /// The first logical block that needs it.
        logical: u64,
    },
    /// The place of an indirect block is given, but it would map nothing.
    #[error("{path}: {role}@{physical} maps no block of the file")]
    UselessIndirect {
        /// The file.
        path: String,
        /// The indirect block.
        role: Role,
        /// Where it was to lie.
        physical: u64,
    },
    /// A block lies beyond the end of the device.
    #[error("{owner}@{physical} lies beyond the device, which has {blocks} blocks")]
    BeyondDevice {
        /// Whose block it is.
        owner: Owner,
        /// Where it was to lie.
        physical: u64,
        /// How many blocks a filesystem on the device has.
        blocks: u64,
    },
    /// A block has two owners.
    #[error("block {block} is both {first} and {second}")]
    OwnedTwice {
        /// The block.
        block: u64,
        /// One of them.
        first: Owner,
        /// The other.
        second: Owner,
    },
    /// The files leave no room for metadata.
    #[error("the device has no room left for {what}")]
    NoRoom {
        /// What does not fit.
        what: String,
    },
}
