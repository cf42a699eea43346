//! What is recorded: an event, its number, and what can happen.

use super::Detail;
use crate::io::{BioId, FileId, Flags, IoError, Operation, Parts, Piece, Reason, RequestId, Sector};
use crate::task::TaskId;
use crate::time::Time;

/// An event, numbered in order from 1; 0 is "nothing", the cause of what nothing caused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u64);

impl EventId {
    /// The cause of what nothing caused.
    pub const NONE: EventId = EventId(0);
}

/// What happened, when, by whom and because of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Time,
    /// Its number.
    pub id: EventId,
    /// The event that caused it.
    pub because: EventId,
    /// The task that did it, or that ran when it happened.
    pub task: TaskId,
    /// What happened.
    pub what: What,
}

/// Which rule chose a readahead window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReadaheadRule {
    /// The file's first page.
    StartOfFile,
    /// The page that the last window expected next.
    Sequential,
    /// A marked page that was hit elsewhere than expected.
    Marked,
    /// A request larger than the window.
    Oversize,
    /// Right behind the last read.
    SequentialMiss,
    /// Pages cached just before it: an interleaved sequence.
    Context,
    /// None of these: read what was asked for, and no more.
    Random,
    /// Around the page that a mapping missed.
    Around,
    /// Asked for by `readahead`, by advice, or because readahead is off.
    Forced,
}

/// What happened to a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PageChange {
    /// Added to the page cache, locked.
    Added,
    /// Read: it holds what the device holds, or zeros.
    UpToDate,
    /// A read or write of it failed.
    Failed,
    /// Its dirty mark was cleared and it is being written.
    Writeback,
    /// It was written.
    Written,
    /// Removed from the page cache.
    Freed,
}

/// What happened to a buffer of the device's cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BufferChange {
    /// Found in the cache, up to date.
    Hit,
    /// Read.
    UpToDate,
    /// A read or write of it failed.
    Failed,
    /// Made dirty.
    Dirtied,
    /// Sent to be written, and so clean.
    Cleaned,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A system call began; `number` counts the calls of its task from 0.
    Call {
        /// Which call of its task.
        number: u32,
    },
    /// A system call returned: a count, or below zero an error number.
    Returned {
        /// Which call of its task.
        number: u32,
        /// What it returned.
        result: i64,
    },
    /// A readahead window was chosen.
    Readahead {
        /// The file.
        file: FileId,
        /// By which rule.
        rule: ReadaheadRule,
        /// The first page.
        start: u64,
        /// How many pages.
        size: u64,
        /// How many pages before its end the mark is set; 0: no mark.
        async_size: u64,
    },
    /// The filesystem mapped blocks of a file (`get_block`).
    Mapped {
        /// The file.
        file: FileId,
        /// The first logical block asked for.
        block: u64,
        /// How many blocks were asked for.
        asked: u64,
        /// Whether missing blocks were to be allocated.
        create: bool,
        /// How many were mapped; 0 for a hole, below zero an error number.
        count: i64,
        /// The first physical block, or 0.
        physical: u64,
        /// Whether the blocks are new.
        new: bool,
        /// Whether the mapping reached its boundary.
        boundary: bool,
    },
    /// A bio was queued (blktrace's Q).
    Queued {
        /// The bio.
        bio: BioId,
        /// What is to be done.
        operation: Operation,
        /// How.
        flags: Flags,
        /// Its first sector.
        sector: Sector,
        /// Its length in sectors.
        sectors: u32,
        /// The blocks in it, in order of sectors.
        pieces: Vec<Piece>,
        /// Why it was sent.
        reason: Reason,
    },
    /// A bio was split (X).
    Split {
        /// The bio.
        bio: BioId,
        /// Where it (or what was left of it) began.
        sector: Sector,
        /// Where the rest begins.
        rest: Sector,
    },
    /// A bio, or its last part, was merged into a request (M, F).
    Merged {
        /// The bio.
        bio: BioId,
        /// The request that it joined.
        request: RequestId,
        /// At the request's front (F) or its back (M).
        front: bool,
        /// The part's first sector.
        sector: Sector,
        /// The part's length in sectors.
        sectors: u32,
    },
    /// A request was made for a bio or a part of one (G).
    Made {
        /// The request.
        request: RequestId,
        /// The bio that it was made for.
        bio: BioId,
        /// Its first sector.
        sector: Sector,
        /// Its length in sectors.
        sectors: u32,
    },
    /// A request was put into an empty plug (P).
    Plugged,
    /// A plug was flushed into a scheduler or software queue (U).
    Unplugged {
        /// How many requests it held.
        requests: u32,
    },
    /// A request was inserted into a scheduler or software queue (I).
    Inserted {
        /// The request.
        request: RequestId,
        /// Its first sector.
        sector: Sector,
        /// Its length in sectors.
        sectors: u32,
    },
    /// Two requests were joined; one of them is gone.
    Joined {
        /// The request that is gone.
        request: RequestId,
        /// The request that holds its bios now.
        into: RequestId,
    },
    /// A request was issued to the device (D).
    Issued {
        /// The request.
        request: RequestId,
        /// What is to be done.
        operation: Operation,
        /// How.
        flags: Flags,
        /// Its first sector.
        sector: Sector,
        /// Its length in sectors.
        sectors: u32,
        /// The bios in it, in order of sectors.
        bios: Vec<BioId>,
    },
    /// A request completed (C).
    Completed {
        /// The request.
        request: RequestId,
        /// What went wrong, if anything did.
        error: Option<IoError>,
        /// Where its time went.
        parts: Box<Parts>,
    },
    /// Something happened to a page. A detail.
    Page {
        /// The file; none for the device's own pages.
        file: Option<FileId>,
        /// The page's index.
        index: u64,
        /// What happened to it.
        change: PageChange,
    },
    /// Something happened to a buffer of the device's cache. A detail.
    Buffer {
        /// The physical block.
        physical: u64,
        /// What happened to it.
        change: BufferChange,
    },
}

impl What {
    /// From which level of detail on this is told. What was queued, issued and completed belongs to
    /// the promise of the `io` digest.
    #[inline]
    pub fn detail(&self) -> Detail {
        match self {
            What::Queued { .. } | What::Issued { .. } | What::Completed { .. } => Detail::Ios,
            What::Page { .. } | What::Buffer { .. } => Detail::Pages,
            _ => Detail::Events,
        }
    }
}
