//! Telling the trace what happens: the clock, the running task and its cause are filled in here.

use sim_core::task::TaskId;
use sim_core::time::Time;
use sim_core::trace::{EventId, What};

use crate::kernel::Kernel;

fn since_recording(k: &Kernel) -> Option<Time> {
    let start = k.recording_since.get()?;
    Some(Time::from_nanoseconds((k.now.get() - start).nanoseconds()))
}

/// Records what the running task does, because of what it is at. Before recording starts nothing
/// is recorded.
pub fn record(k: &Kernel, what: What) -> EventId {
    match since_recording(k) {
        Some(at) => k.trace.borrow_mut().emit(at, k.tasks.current(), what),
        None => EventId::NONE,
    }
}

/// Records an event with a cause of its own.
pub fn record_because(k: &Kernel, because: EventId, what: What) -> EventId {
    match since_recording(k) {
        Some(at) => k.trace.borrow_mut().emit_because(at, k.tasks.current(), because, what),
        None => EventId::NONE,
    }
}

/// Makes `cause` what the running task acts under; returns what it was before.
pub fn enter_span(k: &Kernel, cause: EventId) -> (TaskId, EventId) {
    let task = k.tasks.current();
    (task, k.trace.borrow_mut().set_span(task, cause))
}

/// Takes back [`enter_span`].
pub fn leave_span(k: &Kernel, (task, cause): (TaskId, EventId)) {
    k.trace.borrow_mut().set_span(task, cause);
}
