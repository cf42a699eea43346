//! Numbering events, linking them to their causes, and folding the digests.

use std::ops::Range;

use super::fold::{page_kind, page_words};
use super::{Detail, Event, EventId, PageChange, What};
use crate::digest::{Digest, Words};
use crate::io::FileId;
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
    detail: Detail,
    pending: Vec<Event>,
}

impl Tracer {
    /// A trace that begins, of which so much is told.
    pub fn new(detail: Detail) -> Tracer {
        Tracer { detail, ..Tracer::default() }
    }

    /// The cause that `task` acts under at this time.
    #[inline]
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
    #[inline(always)]
    pub fn emit(&mut self, at: Time, task: TaskId, what: What) -> EventId {
        self.emit_because(at, task, self.span(task), what)
    }

    /// Records an event with a cause of its own.
    // Inlined, since callers know the kind of the event: little is left of the choice among kinds.
    #[inline(always)]
    pub fn emit_because(&mut self, at: Time, task: TaskId, because: EventId, what: What) -> EventId {
        if what.detail() == Detail::Ios {
            self.digests.io.word(at.nanoseconds());
            what.fold_io(&mut self.digests.io);
        }
        let words = what.words(circumstances(at, task, because), &self.digests.io);
        self.digests.full.words(words);
        let id = EventId(self.last.0 + 1);
        self.last = id;
        if what.detail() <= self.detail {
            self.pending.push(Event { at, id, because, task, what });
        }
        id
    }

    /// What the events have in common that tell that the same happens to several pages, one after
    /// the other.
    #[inline]
    pub fn same_change(&self, at: Time, task: TaskId, change: PageChange) -> SameChange {
        let words = page_kind(circumstances(at, task, self.span(task)), change);
        SameChange { at, task, change, words }
    }

    /// Records that it happened to a page, of a file or of the device: what [`Tracer::emit`] would
    /// do. There are more of these events than of all others, and hardly anybody wants to be told:
    /// then none is made.
    #[inline]
    pub fn emit_page(&mut self, same: &SameChange, file: Option<FileId>, index: u64) {
        if self.detail >= Detail::Pages {
            return self.tell_page(same, file, index);
        }
        self.last = EventId(self.last.0 + 1);
        self.digests.full.words(page_words(same.words, file, index));
    }

    /// Records that it happened to pages in a row, one after the other.
    pub fn emit_pages(&mut self, same: &SameChange, file: Option<FileId>, pages: Range<u64>) {
        pages.for_each(|index| self.emit_page(same, file, index));
    }

    #[cold]
    fn tell_page(&mut self, same: &SameChange, file: Option<FileId>, index: u64) {
        let &SameChange { at, task, change, .. } = same;
        self.emit(at, task, What::Page { file, index, change });
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

#[inline]
fn circumstances(at: Time, task: TaskId, because: EventId) -> Words {
    Words::of([at.nanoseconds(), because.0, u64::from(task.0)])
}

/// What events of several pages have in common; good until the task's cause changes.
#[derive(Clone, Copy, Debug)]
pub struct SameChange {
    at: Time,
    task: TaskId,
    change: PageChange,
    words: Words,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::{Part, Parts, RequestId};
    use crate::time::Duration;

    fn page(index: u64) -> What {
        What::Page { file: Some(FileId(0)), index, change: PageChange::Added }
    }

    fn completed(nanoseconds: u64) -> What {
        let mut parts = Box::<Parts>::default();
        parts.add(Part::Seek, Duration::from_nanoseconds(nanoseconds));
        What::Completed { request: RequestId(1), error: None, parts }
    }

    /// Pages told one way or the other, at every level of detail: how many events come out differs,
    /// and nothing else.
    #[test]
    fn digests_do_not_depend_on_detail() {
        let run = |detail, as_events: bool| {
            let mut tracer = Tracer::new(detail);
            tracer.emit(Time::ZERO, TaskId(0), What::Call { number: 0 });
            tracer.set_span(TaskId(0), EventId(1));
            if as_events {
                for index in 0..10 {
                    tracer.emit(Time::ZERO, TaskId(0), page(index));
                }
            } else {
                let added = tracer.same_change(Time::ZERO, TaskId(0), PageChange::Added);
                (0..10).for_each(|index| tracer.emit_page(&added, Some(FileId(0)), index));
            }
            let last = tracer.emit(Time::ZERO, TaskId(0), completed(5));
            let mut events = Vec::new();
            tracer.drain_into(&mut events);
            (events, last, tracer.digests())
        };
        let (all, last, digests) = run(Detail::Pages, true);
        assert_eq!(run(Detail::Pages, false).0, all);
        for (detail, count) in [(Detail::Ios, 1), (Detail::Events, 2), (Detail::Pages, 12)] {
            for as_events in [false, true] {
                let told = run(detail, as_events);
                assert_eq!((told.0.len(), told.1, told.2), (count, last, digests));
            }
        }
    }

    #[test]
    fn the_io_digest_sees_parts_and_not_pages() {
        let digest = |what: &[What]| {
            let mut tracer = Tracer::new(Detail::Events);
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
        let mut tracer = Tracer::new(Detail::Events);
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
