//! Inodes in memory: size, block pointers, and errors recorded on the mapping.

use std::cell::{Cell, RefCell};

/// A file's inode.
#[derive(Debug)]
pub struct Inode {
    /// Its number in the filesystem.
    pub number: u32,
    /// Its size in bytes.
    pub size: Cell<u64>,
    /// Its 15 block pointers.
    pub pointers: RefCell<[u32; 15]>,
    /// Whether a write of one of its pages has failed (`AS_EIO`).
    pub write_failed: Cell<bool>,
}
