//! Telling the trace what happens: the clock, the running task and its cause are filled in here.

use std::cell::RefMut;
use std::ops::Range;

use sim_core::task::TaskId;
use sim_core::time::Time;
use sim_core::trace::{EventId, PageChange, SameChange, Tracer, What};

use crate::kernel::Kernel;
use crate::page::Mapping;

#[inline]
fn since_recording(k: &Kernel) -> Option<Time> {
    let start = k.recording_since.get()?;
    Some(Time::from_nanoseconds((k.now.get() - start).nanoseconds()))
}

/// Records what the running task does, because of what it is at. Before recording starts nothing
/// is recorded.
#[inline(always)]
pub fn record(k: &Kernel, what: What) -> EventId {
    match since_recording(k) {
        Some(at) => k.trace.borrow_mut().emit(at, k.tasks.current(), what),
        None => EventId::NONE,
    }
}

/// Records an event with a cause of its own.
#[inline]
pub fn record_because(k: &Kernel, because: EventId, what: What) -> EventId {
    match since_recording(k) {
        Some(at) => k.trace.borrow_mut().emit_because(at, k.tasks.current(), because, what),
        None => EventId::NONE,
    }
}

/// Makes `cause` what the running task acts under; returns what it was before.
#[inline]
pub fn enter_span(k: &Kernel, cause: EventId) -> (TaskId, EventId) {
    let task = k.tasks.current();
    (task, k.trace.borrow_mut().set_span(task, cause))
}

/// Takes back [`enter_span`].
#[inline]
pub fn leave_span(k: &Kernel, (task, cause): (TaskId, EventId)) {
    k.trace.borrow_mut().set_span(task, cause);
}

/// Records that the same happens to several pages, each of which is named in turn. Nothing else can
/// be recorded as long as this lives.
pub struct PageRecorder<'k>(Option<(RefMut<'k, Tracer>, SameChange)>);

/// Begins to record that the same happens to several pages.
#[inline]
pub fn record_pages(k: &Kernel, change: PageChange) -> PageRecorder<'_> {
    PageRecorder(since_recording(k).map(|at| {
        let trace = k.trace.borrow_mut();
        let same = trace.same_change(at, k.tasks.current(), change);
        (trace, same)
    }))
}

impl PageRecorder<'_> {
    /// It happened to this page.
    #[inline]
    pub fn page(&mut self, mapping: Mapping, index: u64) {
        if let Some((trace, same)) = &mut self.0 {
            trace.emit_page(same, mapping.file(), index);
        }
    }

    /// It happened to these pages, one after the other.
    pub fn pages(&mut self, mapping: Mapping, indices: Range<u64>) {
        if let Some((trace, same)) = &mut self.0 {
            trace.emit_pages(same, mapping.file(), indices);
        }
    }
}
