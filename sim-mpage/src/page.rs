//! Pages of files and of the device, and how they are stored.
//!
//! This is the only room that knows it: one slab of pages, an index per mapping, two lists in
//! order of use, and the buffer heads of the pages that have any. Everybody else holds a
//! [`PageRef`] and asks. `docs/model/pagecache.md` and `docs/model/buffers.md` say what the states
//! mean; the kernel's names are used for them.

pub mod buffers;
pub mod index;
pub mod reclaim;
mod run;
pub mod stamps;
pub mod store;
pub mod tables;
pub mod wait;

use sim_core::io::FileId;

/// What pages belong to: a file, or the device itself (the buffer cache).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mapping(u32);

impl Mapping {
    /// The device's own pages.
    pub const DEVICE: Mapping = Mapping(0);

    /// The pages of a file.
    pub const fn of(file: FileId) -> Mapping {
        Mapping(file.0 + 1)
    }

    /// The file, unless this is the device.
    pub const fn file(self) -> Option<FileId> {
        match self.0 {
            0 => None,
            number => Some(FileId(number - 1)),
        }
    }

    /// Its place in a table of all mappings: the device's first, then those of the files.
    pub const fn place(self) -> usize {
        self.0 as usize
    }

    /// The mapping at a place of such a table.
    pub fn at(place: usize) -> Mapping {
        Mapping(u32::try_from(place).unwrap_or(u32::MAX))
    }
}

/// A page that is in the cache, by its place in the slab. It stays valid while the page is locked,
/// under writeback or pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageRef(u32);

impl PageRef {
    /// No page that there is.
    pub const NOBODY: PageRef = PageRef(u32::MAX);
}

/// One of a page's marks; the kernel's `PG_` flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Mark {
    /// Held by whoever reads it in or prepares it (`PG_locked`).
    Locked = 1,
    /// Holds valid data (`PG_uptodate`).
    UpToDate = 2,
    /// Holds data that the device does not (`PG_dirty`).
    Dirty = 4,
    /// Is being written (`PG_writeback`).
    Writeback = 8,
    /// Reading it starts the next window (`PG_readahead`).
    Readahead = 16,
    /// A read or write of it failed (`PG_error`).
    Error = 32,
    /// Was used since it entered the inactive list (`PG_referenced`).
    Referenced = 64,
    /// Is on the active list (`PG_active`).
    Active = 128,
    /// Every block of it is mapped to the device (`PG_mappedtodisk`).
    MappedToDisk = 256,
    /// Has been taken out of its mapping while somebody held it.
    Detached = 512,
}
