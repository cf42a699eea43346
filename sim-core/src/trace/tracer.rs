//! Numbering events, linking them to their causes, and folding the digests.

use super::{Event, EventId, What};
use crate::digest::Digest;
use crate::task::TaskId;
use crate::time::Time;

/// With so many events waiting to be taken out a trace is full: few enough to stay in a processor's
/// cache.
const FULL: usize = 1024;

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

    /// Whether so many wait that they should be taken out soon.
    pub fn is_full(&self) -> bool {
        self.pending.len() >= FULL
    }

    /// The digests so far.
    pub fn digests(&self) -> Digests {
        self.digests
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::{FileId, Part, Parts, RequestId};
    use crate::time::Duration;
    use crate::trace::PageChange;

    fn page(index: u64) -> What {
        What::Page { file: Some(FileId(0)), index, change: PageChange::Added }
    }

    fn completed(nanoseconds: u64) -> What {
        let mut parts = Box::<Parts>::default();
        parts.add(Part::Seek, Duration::from_nanoseconds(nanoseconds));
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
