//! The trace: what happened, when, by whom and because of what.
//!
//! Every event carries the event that caused it, so that "why this I/O" is one walk up a chain:
//! call → readahead → mapper → bio → request, and completion → issue. blktrace's letters are
//! derived from the events, never stored.

mod event;
mod fold;
mod order;
mod tracer;

pub use event::{BufferChange, Event, EventId, PageChange, ReadaheadRule, What};
pub use order::{Ios, Orders};
pub use tracer::{Digests, SameChange, Tracer};

/// How much of a run is told; each level tells what those before it do, and more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// What was queued, issued and completed.
    Ios,
    /// All but what happens to pages and buffers.
    #[default]
    Events,
    /// Everything.
    Pages,
}

/// Where events go.
pub trait Sink {
    /// Takes one event.
    fn record(&mut self, event: &Event);

    /// Which events are wanted. Digests and figures do not depend on it.
    fn detail(&self) -> Detail {
        Detail::Events
    }
}

/// Keeps nothing; digests and figures are made all the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl Sink for Nothing {
    fn record(&mut self, _: &Event) {}

    fn detail(&self) -> Detail {
        Detail::Ios
    }
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

    fn detail(&self) -> Detail {
        if self.details { Detail::Pages } else { Detail::Events }
    }
}
