//! Which of the waiting requests gets the arm next: so far the one that came first.

use std::collections::VecDeque;

use sim_core::time::Time;

use crate::device::Request;

/// A request that waits for the arm.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) arrival: Time,
    pub(crate) request: Request,
}

/// The requests that wait for the arm, served in order of arrival.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scheduler {
    waiting: VecDeque<Waiting>,
}

impl Scheduler {
    /// Another request waits.
    pub(crate) fn add(&mut self, waiting: Waiting) {
        self.waiting.push_back(waiting);
    }

    /// The arm is free: takes out the request that gets it.
    pub(crate) fn pick(&mut self) -> Option<Waiting> {
        // [hdd-queue.fcfs]
        self.waiting.pop_front()
    }
}
