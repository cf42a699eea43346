//! Inodes in memory: size, block pointers, and errors recorded on the mapping.

use std::cell::{Cell, RefCell};

use crate::ext2::path::INODE_POINTERS;
use crate::ext2::volume::VolumeFile;

/// A file's inode.
#[derive(Debug)]
pub struct Inode {
    /// Its number in the filesystem.
    pub number: u32,
    /// Its size in bytes.
    pub size: Cell<u64>,
    /// Its 15 block pointers.
    pub pointers: RefCell<[u32; INODE_POINTERS]>,
    /// Whether a write of one of its pages has failed (`AS_EIO`).
    pub write_failed: Cell<bool>,
}

impl Inode {
    /// The inode of a file as it stands on the device.
    pub fn new(file: &VolumeFile) -> Inode {
        Inode {
            number: file.inode,
            size: Cell::new(file.size),
            pointers: RefCell::new(file.pointers),
            write_failed: Cell::new(false),
        }
    }
}
