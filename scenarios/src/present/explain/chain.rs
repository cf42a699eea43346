//! What a chain of causes is made of, as plain data.

use std::collections::BTreeMap;

use sim_core::io::{BioId, FileId, Flags, IoError, Operation, Parts, Piece, Reason, RequestId, Sector};
use sim_core::task::TaskId;
use sim_core::time::Time;
use sim_core::trace::{EventId, ReadaheadRule};

/// The chains of causes of a run's first I/Os.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chains {
    /// The I/Os in the order in which they were queued.
    pub ios: Vec<IoChain>,
    /// The requests that they are in.
    pub requests: BTreeMap<RequestId, RequestChain>,
    /// How many I/Os came after them.
    pub left_out: u64,
}

/// A bio, what caused it, and where it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IoChain {
    /// The bio.
    pub bio: BioId,
    /// When it was queued.
    pub at: Time,
    /// By whom.
    pub task: TaskId,
    /// What is to be done.
    pub operation: Operation,
    /// How.
    pub flags: Flags,
    /// Its first sector.
    pub sector: Sector,
    /// Its length in sectors.
    pub sectors: u32,
    /// The blocks in it.
    pub pieces: Vec<Piece>,
    /// Why it was sent.
    pub reason: Reason,
    /// The call that it was sent for.
    pub call: Option<CallCause>,
    /// The readahead window that it was sent for.
    pub window: Option<WindowCause>,
    /// The answer of `get_block` that told where its first block lies.
    pub mapping: Option<MappingCause>,
    /// The last answer of `get_block` before it was sent.
    pub last_mapping: Option<MappingCause>,
    /// A metadata block: the block that `get_block` was looking for when it needed it.
    pub looking_for: Option<u64>,
    /// The metadata reads that were sent while it was being built, by their places.
    pub built_during: Vec<usize>,
    /// Its parts: one, unless it was split.
    pub parts: Vec<Placement>,
    /// The event that tells that it was queued.
    pub event: EventId,
}

/// A call as a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallCause {
    /// The event.
    pub event: EventId,
    /// When it began.
    pub at: Time,
    /// Who made it.
    pub task: TaskId,
    /// Which call of its task, counted from 0.
    pub number: u32,
}

/// A readahead window as a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowCause {
    /// The event.
    pub event: EventId,
    /// The file.
    pub file: FileId,
    /// The rule that chose it.
    pub rule: ReadaheadRule,
    /// Its first page.
    pub start: u64,
    /// How many pages.
    pub size: u64,
    /// How many pages before its end the mark is set; 0: no mark.
    pub async_size: u64,
}

/// An answer of `get_block` as a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MappingCause {
    /// The event.
    pub event: EventId,
    /// When.
    pub at: Time,
    /// The first logical block.
    pub block: u64,
    /// How many were asked for.
    pub asked: u64,
    /// How many were mapped, at least 1.
    pub count: u64,
    /// The first physical block.
    pub physical: u64,
    /// Whether the mapping carries the boundary flag.
    pub boundary: bool,
}

/// Where a part of a bio went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The request.
    pub request: RequestId,
    /// Made for it, or merged.
    pub how: Joining,
    /// The part's first sector.
    pub sector: Sector,
    /// The part's length in sectors.
    pub sectors: u32,
}

/// How a part of a bio came into a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joining {
    /// The request was made for it.
    Made,
    /// It was merged at the request's back.
    Back,
    /// It was merged at the request's front.
    Front,
}

/// A request and its way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestChain {
    /// The bios that were in it when it was issued, in order of sectors.
    pub bios: Vec<BioId>,
    /// Whether it waited in its task's plug.
    pub plugged: bool,
    /// Whether it was inserted into a scheduler or software queue.
    pub inserted: bool,
    /// The request that it was joined to, and is gone.
    pub joined: Option<RequestId>,
    /// When it was issued, by whom, and as which one of the run, counted from 1.
    pub issued: Option<(Time, TaskId, u64)>,
    /// When it completed, and where its time went.
    pub completed: Option<(Time, Option<IoError>, Parts)>,
}

impl Chains {
    /// The request that holds what went into `id`, which may have been joined to others since.
    pub fn request(&self, mut id: RequestId) -> Option<(RequestId, &RequestChain)> {
        let mut request = self.requests.get(&id)?;
        // Each step leads to a request that was there later; a trace of other making could circle.
        for _ in 0..self.requests.len() {
            let Some(into) = request.joined else { break };
            (id, request) = (into, self.requests.get(&into)?);
        }
        Some((id, request))
    }

    /// The place of a bio among the I/Os.
    pub fn place_of(&self, bio: BioId) -> Option<usize> {
        self.ios.iter().position(|io| io.bio == bio)
    }
}
