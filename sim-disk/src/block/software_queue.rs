//! The software queue of a device without a scheduler: first in, first out.
//!
//! It holds what tasks that went to sleep have flushed, until the worker has run. Source: Linux 6.1,
//! `blk_mq_ctx`, `blk_bio_list_merge`. Left out: one queue per CPU (there is one CPU).

use std::collections::VecDeque;

use sim_core::trace::What;

use super::merge::{Outcome, Seeker, try_request};
use super::request::{Requests, Slot};
use super::split::Limits;

/// How many requests a bio looks at.
const LOOKED_AT: usize = 8;

/// Requests in order of arrival.
#[derive(Clone, Debug, Default)]
pub(super) struct SoftwareQueue {
    waiting: VecDeque<Slot>,
}

impl SoftwareQueue {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Appends a request.
    pub(super) fn insert(&mut self, slot: Slot, requests: &Requests, events: &mut Vec<What>) {
        self.waiting.push_back(slot);
        let request = &requests[slot];
        let (sector, sectors) = (request.sector, request.sectors);
        events.push(What::Inserted { request: request.id, sector, sectors });
    }

    /// Lets a bio join one of the newest requests.
    // [block-merge.software-queue]
    pub(super) fn merge_bio(
        &self,
        seeker: &Seeker,
        requests: &mut Requests,
        limits: &Limits,
        events: &mut Vec<What>,
    ) -> bool {
        for slot in self.waiting.iter().rev().take(LOOKED_AT) {
            match try_request(&mut requests[*slot], seeker, limits, events) {
                Outcome::Joined => return true,
                Outcome::Misfit => return false,
                Outcome::Other => {}
            }
        }
        false
    }

    /// Takes the oldest request out.
    // [block-none.fifo]
    pub(super) fn dispatch(&mut self) -> Option<Slot> {
        self.waiting.pop_front()
    }
}
