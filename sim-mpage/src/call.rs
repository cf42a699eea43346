//! System calls, as plain data: what a task of the workload asks the kernel for.

use sim_core::io::FileId;
use sim_core::time::Duration;

/// An open file, by the place of its word among the handles of its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(pub u32);

/// What a file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading.
    Read,
    /// Reading and writing.
    ReadWrite,
}

/// A system call. Offsets and lengths are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Opens a file; sends no I/O.
    Open {
        /// The handle from now on.
        handle: Handle,
        /// The file.
        file: FileId,
        /// What for.
        access: Access,
    },
    /// Closes a handle.
    Close {
        /// The handle.
        handle: Handle,
    },
    /// Reads at the handle's position and moves it.
    Read {
        /// The handle.
        handle: Handle,
        /// How much.
        length: u64,
    },
    /// Reads at a given offset.
    Pread {
        /// The handle.
        handle: Handle,
        /// From where.
        offset: u64,
        /// How much.
        length: u64,
    },
    /// Starts reading a range and does not wait.
    Readahead {
        /// The handle.
        handle: Handle,
        /// From where.
        offset: u64,
        /// How much.
        length: u64,
    },
    /// Drops all clean pages of files and device (`drop_caches` 3).
    Drop,
    /// Writes the dirty pages of a file back, for data integrity, and waits for them.
    Writeback {
        /// The file.
        file: FileId,
    },
    /// Sleeps.
    Sleep {
        /// How long.
        duration: Duration,
    },
}
