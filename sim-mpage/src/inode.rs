//! Inodes in memory: what the kernel knows of a file, and of the device, beside its pages.
//!
//! `docs/model/pagecache.md`, Dirty inodes and times, Several processes, Errors.

pub mod dirty_list;
pub mod errors;
pub mod locks;
pub mod timer;
pub mod times;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use self::errors::ErrorState;
use self::locks::{InodeLock, SleepLock};
use self::times::Times;
use crate::page::Mapping;

/// A file's inode.
#[derive(Debug)]
pub struct Inode {
    /// Its number in the filesystem.
    pub number: u32,
    /// Its size in bytes.
    pub size: Cell<u64>,
    /// Its 15 block pointers.
    pub pointers: RefCell<[u32; 15]>,
    /// How many sectors its data and indirect blocks take (`i_blocks`).
    pub sectors: Cell<u64>,
    /// When it was written to and changed.
    pub times: Cell<Times>,
    /// Whether it was read from the device, by the first `open`.
    pub is_known: Cell<bool>,
    /// The metadata blocks that an fsync of it writes, in the order in which they were tied to it
    /// (`i_private_list`).
    pub tied: RefCell<VecDeque<u64>>,
    /// Held by whoever changes size or contents (`i_rwsem`).
    pub lock: InodeLock,
    /// Held by whoever allocates (`truncate_mutex`).
    pub allocation: SleepLock,
}

/// What a file and the device have in common: the state of a mapping.
#[derive(Debug, Default)]
pub struct AddressSpace {
    /// Where the next cyclic writeback begins, in pages.
    pub writeback_index: Cell<u64>,
    /// Errors that have not been told yet.
    pub errors: ErrorState,
    /// Held by whoever writes the inode (`I_SYNC`).
    pub being_written: SleepLock,
}

/// The mappings of device and files.
#[derive(Debug)]
pub struct AddressSpaces(Vec<AddressSpace>);

impl AddressSpaces {
    /// Those of the device and so many files.
    pub fn new(files: usize) -> AddressSpaces {
        AddressSpaces((0..=files).map(|_| AddressSpace::default()).collect())
    }

    /// The state of a mapping.
    pub fn of(&self, mapping: Mapping) -> &AddressSpace {
        &self.0[mapping.place()]
    }

    /// All mappings: the device's, then those of the files.
    pub fn all(&self) -> impl Iterator<Item = Mapping> + use<> {
        (0..self.0.len()).map(Mapping::at)
    }
}
