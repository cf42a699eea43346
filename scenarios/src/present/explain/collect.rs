//! Collecting the chains of causes while a run goes on.
//!
//! Only the first I/Os are followed, and of their causes only those that some I/O has: what is kept
//! does not grow with the run.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::io::{BioId, Reason, RequestId};
use sim_core::task::TaskId;
use sim_core::trace::{Event, EventId, Sink, What};

use super::chain::{CallCause, Chains, IoChain, Joining, MappingCause, Placement, RequestChain, WindowCause};

/// Makes [`Chains`] out of a run's events.
#[derive(Clone, Debug)]
pub struct Collector {
    limit: usize,
    chains: Chains,
    places: BTreeMap<BioId, usize>,
    causes: BTreeMap<EventId, (TaskId, EventId, Cause)>,
    last_mapping: BTreeMap<TaskId, MappingCause>,
    /// Metadata reads whose `get_block` has not answered.
    unanswered: Vec<usize>,
    /// Tasks with something in their plug, and the request that each made last.
    plugs: BTreeSet<TaskId>,
    last_made: BTreeMap<TaskId, RequestId>,
    issued: u64,
}

#[derive(Clone, Copy, Debug)]
enum Cause {
    Call(CallCause),
    Window(WindowCause),
    Mapping(MappingCause),
}

impl Collector {
    /// Follows the first `limit` I/Os.
    pub fn new(limit: usize) -> Collector {
        Collector {
            limit,
            chains: Chains::default(),
            places: BTreeMap::new(),
            causes: BTreeMap::new(),
            last_mapping: BTreeMap::new(),
            unanswered: Vec::new(),
            plugs: BTreeSet::new(),
            last_made: BTreeMap::new(),
            issued: 0,
        }
    }

    /// The chains.
    pub fn finish(self) -> Chains {
        self.chains
    }

    fn is_full(&self) -> bool {
        self.chains.ios.len() >= self.limit
    }

    fn cause(&mut self, event: &Event, cause: Cause) {
        if !self.is_full() {
            self.causes.insert(event.id, (event.task, event.because, cause));
        }
    }

    /// A call has returned: what it caused causes nothing more, and its I/Os know it.
    fn forget(&mut self, task: TaskId) {
        self.causes.retain(|_, (of, ..)| *of != task);
        self.last_mapping.remove(&task);
    }

    fn mapped(&mut self, event: &Event, cause: Option<MappingCause>, block: u64) {
        let ios = &mut self.chains.ios;
        self.unanswered.retain(|&place| {
            let answered = ios[place].task == event.task;
            if answered {
                ios[place].looking_for = Some(block);
            }
            !answered
        });
        if let Some(cause) = cause {
            self.last_mapping.insert(event.task, cause);
            self.cause(event, Cause::Mapping(cause));
        }
    }

    fn queued(&mut self, event: &Event) {
        let What::Queued { bio, operation, flags, sector, sectors, ref pieces, reason } = event.what else {
            return;
        };
        if self.is_full() {
            self.chains.left_out += 1;
            return;
        }
        let mut io = IoChain {
            bio,
            at: event.at,
            task: event.task,
            operation,
            flags,
            sector,
            sectors,
            pieces: pieces.clone(),
            reason,
            call: None,
            window: None,
            mapping: None,
            last_mapping: self.last_mapping.get(&event.task).copied(),
            looking_for: None,
            built_during: Vec::new(),
            parts: Vec::new(),
            event: event.id,
        };
        self.walk_up(&mut io, event.because);
        io.built_during = self.built_during(&io);
        let place = self.chains.ios.len();
        if reason == Reason::MetadataRead {
            self.unanswered.push(place);
        }
        self.places.insert(bio, place);
        self.chains.ios.push(io);
    }

    fn walk_up(&self, io: &mut IoChain, mut because: EventId) {
        while let Some(&(_, next, cause)) = self.causes.get(&because) {
            match cause {
                Cause::Call(cause) => io.call = Some(cause),
                Cause::Window(cause) => io.window = Some(cause),
                Cause::Mapping(cause) => io.mapping = Some(cause),
            }
            // Causes lie before what they cause.
            if next >= because {
                break;
            }
            because = next;
        }
    }

    /// The metadata reads since the first block of `io` was mapped, unless it cannot have been under
    /// construction all the time: another bio has the same mapping, or a page was taken block by block.
    fn built_during(&self, io: &IoChain) -> Vec<usize> {
        let Some(mapping) = io.mapping else { return Vec::new() };
        let mut during = Vec::new();
        for (place, other) in self.chains.ios.iter().enumerate().rev() {
            if other.event <= mapping.event {
                break;
            }
            if other.task != io.task {
                continue;
            }
            match other.reason {
                Reason::MetadataRead => during.push(place),
                _ if other.mapping == io.mapping => break,
                _ if other.mapping.is_none() => return Vec::new(),
                _ => {}
            }
        }
        during.reverse();
        during
    }

    fn place(&mut self, event: &Event, bio: BioId, placement: Placement) {
        let Some(&place) = self.places.get(&bio) else { return };
        self.chains.ios[place].parts.push(placement);
        if placement.how == Joining::Made {
            let plugged = self.plugs.contains(&event.task);
            let request = RequestChain { plugged, ..RequestChain::default() };
            self.chains.requests.insert(placement.request, request);
            self.last_made.insert(event.task, placement.request);
        } else {
            // Another bio's request, which may be one that is not followed.
            self.chains.requests.entry(placement.request).or_default();
        }
    }

    fn change(&mut self, request: RequestId, change: impl FnOnce(&mut RequestChain)) {
        if let Some(request) = self.chains.requests.get_mut(&request) {
            change(request);
        }
    }

    fn plugged(&mut self, task: TaskId) {
        self.plugs.insert(task);
        if let Some(&request) = self.last_made.get(&task) {
            self.change(request, |request| request.plugged = true);
        }
    }

    fn issued(&mut self, event: &Event, request: RequestId, bios: &[BioId]) {
        self.issued += 1;
        let issued = Some((event.at, event.task, self.issued));
        // A plug whose requests are issued straight from it is empty afterwards.
        self.plugs.remove(&event.task);
        self.change(request, |request| {
            request.issued = issued;
            request.bios = bios.to_vec();
        });
    }
}

impl Sink for Collector {
    fn record(&mut self, event: &Event) {
        match event.what {
            What::Call { number } => {
                let (event_id, at, task) = (event.id, event.at, event.task);
                self.cause(event, Cause::Call(CallCause { event: event_id, at, task, number }));
            }
            What::Returned { .. } => self.forget(event.task),
            What::Readahead { file, rule, start, size, async_size } => {
                let window = WindowCause { event: event.id, file, rule, start, size, async_size };
                self.cause(event, Cause::Window(window));
            }
            What::Mapped { block, asked, count, physical, boundary, .. } => {
                let count = u64::try_from(count).ok().filter(|&count| count > 0);
                let (id, at) = (event.id, event.at);
                let cause = count.map(|count| MappingCause {
                    event: id,
                    at,
                    block,
                    asked,
                    count,
                    physical,
                    boundary,
                });
                self.mapped(event, cause, block);
            }
            What::Queued { .. } => self.queued(event),
            What::Merged { bio, request, front, sector, sectors } => {
                let how = if front { Joining::Front } else { Joining::Back };
                self.place(event, bio, Placement { request, how, sector, sectors });
            }
            What::Made { request, bio, sector, sectors } => {
                self.place(event, bio, Placement { request, how: Joining::Made, sector, sectors });
            }
            What::Plugged => self.plugged(event.task),
            What::Unplugged { .. } => drop(self.plugs.remove(&event.task)),
            What::Inserted { request, .. } => self.change(request, |request| request.inserted = true),
            What::Joined { request, into } => {
                self.change(request, |request| request.joined = Some(into));
            }
            What::Issued { request, ref bios, .. } => self.issued(event, request, bios),
            What::Completed { request, error, ref parts } => {
                let completed = Some((event.at, error, **parts));
                self.change(request, |request| request.completed = completed);
            }
            What::Split { .. } | What::Page { .. } | What::Buffer { .. } => {}
        }
    }
}
