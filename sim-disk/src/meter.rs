//! Counts what goes into a device and what comes out, for its [`Statistics`].

use sim_core::time::Time;

use crate::device::{Completion, Request, Statistics};

/// The statistics of a device that are the same for every model.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    statistics: Statistics,
    inside: u64,
    /// Since when, of the time with a request inside, nothing has been added to `busy`.
    since: Time,
}

impl Meter {
    /// A request has been taken.
    pub fn submitted(&mut self, now: Time) {
        if self.inside == 0 {
            self.since = now;
        }
        self.inside += 1;
    }

    /// A request has ended.
    pub fn completed(&mut self, request: &Request, completion: &Completion) {
        assert!(self.inside > 0, "request {} ended that was not inside", request.id);
        self.inside -= 1;
        self.statistics.count(request, &completion.parts);
        self.statistics.busy += completion.at - self.since;
        self.since = completion.at;
    }

    /// The figures, up to the request that ended last.
    pub fn statistics(&self) -> Statistics {
        self.statistics.clone()
    }
}
