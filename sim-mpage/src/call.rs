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

/// What a process says of its way to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Nothing special.
    Normal,
    /// Here and there: no readahead.
    Random,
    /// From start to end: twice the readahead.
    Sequential,
    /// Soon: read it now. Of a file only.
    WillNeed,
}

/// What `sync_file_range` is to do with a range, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyncFileRange {
    /// Wait for pages that are being written (1, `SYNC_FILE_RANGE_WAIT_BEFORE`).
    pub wait_before: bool,
    /// Write dirty pages (2, `SYNC_FILE_RANGE_WRITE`).
    pub write: bool,
    /// Wait for pages that are being written (4, `SYNC_FILE_RANGE_WAIT_AFTER`).
    pub wait_after: bool,
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
    /// Says how a file is going to be read (`posix_fadvise`).
    Fadvise {
        /// The handle.
        handle: Handle,
        /// From where; only `WillNeed` looks at it.
        offset: u64,
        /// How much, 0 to the end.
        length: u64,
        /// What is said.
        advice: Advice,
    },
    /// Maps a file from its start, shared. What the handle stood for before is unmapped.
    Mmap {
        /// The handle, which stands for the mapping from now on.
        handle: Handle,
        /// How much.
        length: u64,
        /// What for.
        access: Access,
        /// What is said of it with `madvise`.
        advice: Advice,
    },
    /// Reads one byte of a mapping.
    Mread {
        /// The handle.
        handle: Handle,
        /// Where.
        offset: u64,
    },
    /// Writes at the handle's position and moves it.
    Write {
        /// The handle.
        handle: Handle,
        /// How much.
        length: u64,
    },
    /// Writes at a given offset.
    Pwrite {
        /// The handle.
        handle: Handle,
        /// From where.
        offset: u64,
        /// How much.
        length: u64,
    },
    /// Stores one byte into a mapping.
    Mdirty {
        /// The handle.
        handle: Handle,
        /// Where.
        offset: u64,
    },
    /// Writes a range of a mapping back and waits for it (`msync` with `MS_SYNC`).
    Msync {
        /// The handle.
        handle: Handle,
        /// From where.
        offset: u64,
        /// How much.
        length: u64,
    },
    /// Writes a file back, with what leads to its data, and waits for it.
    Fsync {
        /// The handle.
        handle: Handle,
    },
    /// As `Fsync`, but times alone are not written.
    Fdatasync {
        /// The handle.
        handle: Handle,
    },
    /// Writes everything back and waits for it.
    Sync,
    /// Writes the filesystem back and waits for it.
    Syncfs {
        /// A handle on it.
        handle: Handle,
    },
    /// Writes a range of a file's data back, and waits, as told.
    SyncFileRange {
        /// The handle.
        handle: Handle,
        /// From where.
        offset: u64,
        /// How much; 0: to the end.
        length: u64,
        /// What to do.
        flags: SyncFileRange,
    },
    /// Gives a file another size.
    Ftruncate {
        /// The handle.
        handle: Handle,
        /// The new size.
        length: u64,
    },
    /// Makes sectors of the device bad.
    Fail {
        /// The first one.
        sector: u64,
        /// How many.
        sectors: u64,
    },
    /// Makes all sectors good.
    Heal,
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
