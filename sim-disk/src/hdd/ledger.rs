//! The account of a request's time: every nanosecond goes to one part, so they add up by themselves.

use sim_core::io::{Part, Parts};
use sim_core::time::{Duration, Time};

/// How far a request has come, and where its time went.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ledger {
    now: Time,
    parts: Parts,
}

impl Ledger {
    /// The account of a request that comes in at `arrival`.
    pub(crate) fn new(arrival: Time) -> Ledger {
        Ledger { now: arrival, parts: Parts::default() }
    }

    /// How far the request has come.
    pub(crate) fn now(&self) -> Time {
        self.now
    }

    /// Goes on by `duration`. [hdd-parts.other]
    pub(crate) fn spend(&mut self, part: Part, duration: Duration) {
        self.parts.add(part, duration);
        self.now += duration;
    }

    /// Goes on up to `time`, if that is not past already.
    pub(crate) fn until(&mut self, part: Part, time: Time) {
        self.spend(part, time.since(self.now).unwrap_or(Duration::ZERO));
    }

    /// All of it.
    pub(crate) fn parts(&self) -> Parts {
        self.parts
    }
}
