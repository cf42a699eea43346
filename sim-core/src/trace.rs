//! The trace: what happened, when, by whom and because of what.
//!
//! Every event carries the event that caused it, so that "why this I/O" is one walk up a chain:
//! call → readahead → mapper → bio → request, and completion → issue. blktrace's letters are
//! derived from the events, never stored.

use crate::digest::Digest;
use crate::io::{BioId, FileId, Flags, IoError, Operation, Parts, Piece, Reason, RequestId, Role, Sector};
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
    /// Whether this is told only at the level of pages and buffers.
    pub fn is_detail(&self) -> bool {
        matches!(self, What::Page { .. } | What::Buffer { .. })
    }

    /// Whether this belongs to the promise of the `io` digest: what was queued, issued, completed.
    pub fn is_io(&self) -> bool {
        matches!(self, What::Queued { .. } | What::Issued { .. } | What::Completed { .. })
    }

    fn fold(&self, digest: &mut Digest) {
        match self {
            What::Call { number } => fold(digest, [1, u64::from(*number)]),
            What::Returned { number, result } => {
                fold(digest, [2, u64::from(*number), result.cast_unsigned()])
            }
            What::Readahead { file, rule, start, size, async_size } => {
                fold(digest, [3, u64::from(file.0), *rule as u64, *start, *size, *async_size]);
            }
            What::Mapped { file, block, asked, create, count, physical, new, boundary } => {
                let marks = u64::from(*create) | u64::from(*new) << 1 | u64::from(*boundary) << 2;
                fold(digest, [4, u64::from(file.0), *block, *asked, count.cast_unsigned(), *physical, marks]);
            }
            What::Queued { bio, operation, flags, sector, sectors, pieces, reason } => {
                fold(digest, [5, bio.0, how(*operation, *flags), sector.0, u64::from(*sectors)]);
                digest.word(reason_word(*reason));
                for piece in pieces {
                    fold_piece(digest, piece);
                }
            }
            What::Split { bio, sector, rest } => fold(digest, [6, bio.0, sector.0, rest.0]),
            What::Merged { bio, request, front, sector, sectors } => {
                fold(digest, [7, bio.0, request.0, u64::from(*front), sector.0, u64::from(*sectors)]);
            }
            What::Made { request, bio, sector, sectors } => {
                fold(digest, [8, request.0, bio.0, sector.0, u64::from(*sectors)]);
            }
            What::Plugged => digest.word(9),
            What::Unplugged { requests } => fold(digest, [10, u64::from(*requests)]),
            What::Inserted { request, sector, sectors } => {
                fold(digest, [11, request.0, sector.0, u64::from(*sectors)]);
            }
            What::Joined { request, into } => fold(digest, [12, request.0, into.0]),
            What::Issued { request, operation, flags, sector, sectors, bios } => {
                fold(digest, [13, request.0, how(*operation, *flags), sector.0, u64::from(*sectors)]);
                bios.iter().for_each(|bio| digest.word(bio.0));
            }
            What::Completed { request, error, parts } => {
                fold(digest, [14, request.0, error.map_or(0, |error| 1 + error as u64)]);
                parts.iter().for_each(|(_, duration)| digest.word(duration.nanoseconds()));
            }
            What::Page { file, index, change } => {
                fold(
                    digest,
                    [15 | (*change as u64) << 8, file.map_or(u64::MAX, |file| u64::from(file.0)), *index],
                );
            }
            What::Buffer { physical, change } => fold(digest, [16, *physical, *change as u64]),
        }
    }
}

fn fold<const N: usize>(digest: &mut Digest, words: [u64; N]) {
    for word in words {
        digest.word(word);
    }
}

fn how(operation: Operation, flags: Flags) -> u64 {
    operation as u64 | u64::from(flags.bits()) << 8
}

fn reason_word(reason: Reason) -> u64 {
    match reason {
        Reason::Boundary => 1,
        Reason::Hole => 2,
        Reason::NotContiguous => 3,
        Reason::BioFull => 4,
        Reason::Confused(rule) => 5 | (rule as u64) << 8,
        Reason::EndOfRequest => 6,
        Reason::FullFolio(rule) => 7 | (rule as u64) << 8,
        Reason::FullPage(rule) => 8 | (rule as u64) << 8,
        Reason::ReadForWrite => 9,
        Reason::MetadataRead => 10,
        Reason::BoundaryBlock => 11,
        Reason::MetadataWrite => 12,
        Reason::Flush => 13,
    }
}

fn fold_piece(digest: &mut Digest, piece: &Piece) {
    let (kind, first, second) = match piece.role {
        Role::Data => (1, 0, 0),
        Role::Ind => (2, 0, 0),
        Role::Dind => (3, 0, 0),
        Role::DindLeaf(leaf) => (4, leaf, 0),
        Role::Tind => (5, 0, 0),
        Role::TindMiddle(middle) => (6, middle, 0),
        Role::TindLeaf(middle, leaf) => (7, middle, leaf),
        Role::Super => (8, 0, 0),
        Role::Groups => (9, 0, 0),
        Role::Bitmap(group) => (10, group, 0),
        Role::Inodes(group) => (11, group, 0),
        Role::Unknown => (12, 0, 0),
    };
    let file = piece.file.map_or(u64::from(u32::MAX), |file| u64::from(file.0));
    fold(digest, [kind | file << 8, u64::from(first) << 32 | u64::from(second)]);
    fold(digest, [piece.logical, piece.physical, u64::from(piece.blocks)]);
}

/// Where events go.
pub trait Sink {
    /// Takes one event.
    fn record(&mut self, event: &Event);

    /// Whether events of pages and buffers are wanted.
    fn wants_details(&self) -> bool {
        false
    }
}

/// Keeps nothing; digests and figures are made all the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl Sink for Nothing {
    fn record(&mut self, _: &Event) {}
}

/// Keeps every event.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// The events so far.
    pub events: Vec<Event>,
    /// Whether to keep those of pages and buffers.
    pub details: bool,
}

impl Sink for Memory {
    fn record(&mut self, event: &Event) {
        self.events.push(event.clone());
    }

    fn wants_details(&self) -> bool {
        self.details
    }
}

/// The two digests of a run; both are independent of sink and level of detail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digests {
    /// Of what was queued, issued and completed, with its parts: the promise, kept in goldens.
    pub io: Digest,
    /// Of every event.
    pub full: Digest,
}

/// Numbers events, links them to their causes and folds the digests; whoever drives the run takes
/// the events out and hands them to its sinks.
#[derive(Clone, Debug, Default)]
pub struct Tracer {
    last: EventId,
    spans: Vec<EventId>,
    digests: Digests,
    details: bool,
    pending: Vec<Event>,
}

impl Tracer {
    /// A trace that begins; `details`: pages and buffers are told, too.
    pub fn new(details: bool) -> Tracer {
        Tracer { details, ..Tracer::default() }
    }

    /// The cause that `task` acts under at this time.
    pub fn span(&self, task: TaskId) -> EventId {
        self.spans.get(task.0 as usize).copied().unwrap_or(EventId::NONE)
    }

    /// Sets the cause that `task` acts under, and tells the one before it.
    pub fn set_span(&mut self, task: TaskId, span: EventId) -> EventId {
        let place = task.0 as usize;
        if self.spans.len() <= place {
            self.spans.resize(place + 1, EventId::NONE);
        }
        std::mem::replace(&mut self.spans[place], span)
    }

    /// Records an event caused by what its task is at.
    pub fn emit(&mut self, at: Time, task: TaskId, what: What) -> EventId {
        self.emit_because(at, task, self.span(task), what)
    }

    /// Records an event with a cause of its own.
    pub fn emit_because(&mut self, at: Time, task: TaskId, because: EventId, what: What) -> EventId {
        let id = EventId(self.last.0 + 1);
        self.last = id;
        if what.is_io() {
            self.digests.io.word(at.nanoseconds());
            what.fold(&mut self.digests.io);
        }
        self.digests.full.word(at.nanoseconds());
        self.digests.full.word(because.0);
        self.digests.full.word(u64::from(task.0));
        what.fold(&mut self.digests.full);
        if self.details || !what.is_detail() {
            self.pending.push(Event { at, id, because, task, what });
        }
        id
    }

    /// Moves the events since the last call to `events`.
    pub fn drain_into(&mut self, events: &mut Vec<Event>) {
        events.append(&mut self.pending);
    }

    /// Whether events wait to be taken out.
    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// The digests so far.
    pub fn digests(&self) -> Digests {
        self.digests
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Duration;

    fn page(index: u64) -> What {
        What::Page { file: Some(FileId(0)), index, change: PageChange::Added }
    }

    fn completed(nanoseconds: u64) -> What {
        let mut parts = Box::<Parts>::default();
        parts.add(crate::io::Part::Seek, Duration::from_nanoseconds(nanoseconds));
        What::Completed { request: RequestId(1), error: None, parts }
    }

    #[test]
    fn digests_do_not_depend_on_detail() {
        let run = |details| {
            let mut tracer = Tracer::new(details);
            for index in 0..10 {
                tracer.emit(Time::ZERO, TaskId(0), page(index));
            }
            tracer.emit(Time::ZERO, TaskId(0), completed(5));
            let mut events = Vec::new();
            tracer.drain_into(&mut events);
            (events.len(), tracer.digests())
        };
        let ((many, with), (few, without)) = (run(true), run(false));
        assert_eq!((many, few), (11, 1));
        assert_eq!(with, without);
    }

    #[test]
    fn the_io_digest_sees_parts_and_not_pages() {
        let digest = |what: &[What]| {
            let mut tracer = Tracer::new(false);
            for what in what {
                tracer.emit(Time::ZERO, TaskId(0), what.clone());
            }
            tracer.digests()
        };
        assert_ne!(digest(&[completed(5)]).io, digest(&[completed(6)]).io);
        assert_eq!(digest(&[completed(5)]).io, digest(&[page(3), completed(5)]).io);
        assert_ne!(digest(&[completed(5)]).full, digest(&[page(3), completed(5)]).full);
    }

    #[test]
    fn events_are_linked_to_their_tasks_span() {
        let mut tracer = Tracer::new(false);
        let (one, two) = (TaskId(1), TaskId(2));
        let call = tracer.emit(Time::ZERO, one, What::Call { number: 0 });
        assert_eq!(tracer.set_span(one, call), EventId::NONE);
        tracer.emit(Time::ZERO, two, What::Plugged);
        tracer.emit(Time::ZERO, one, What::Plugged);
        let mut events = Vec::new();
        tracer.drain_into(&mut events);
        let causes: Vec<_> = events.iter().map(|event| event.because).collect();
        assert_eq!(causes, [EventId::NONE, EventId::NONE, call]);
    }
}
