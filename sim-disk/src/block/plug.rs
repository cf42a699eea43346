//! The plug: a task's own list of requests that it has made and not sent yet.
//!
//! Which sections of a task are plugged is the caller's affair. Source: Linux 6.1,
//! `blk_add_rq_to_plug`, `blk_mq_flush_plug_list`. Left out: callbacks of stacked devices.

use sim_core::io::SECTOR_BYTES;
use sim_core::time::Time;
use sim_core::trace::What;

use super::request::Slot;
use super::settings::PlugOrder;
use super::{BlockLayer, Queue};

/// A plug holds no more requests than this.
const MOST_REQUESTS: usize = 32;
/// Its last request is not added to beyond this many bytes.
const FULL_BYTES: u64 = 128 * 1024;

/// The plug of one task, while a plugged section of it is active.
///
/// It must be flushed before it is dropped: requests in it would be lost, and their tags with them.
#[derive(Clone, Debug, Default)]
pub struct Plug {
    /// In order of arrival.
    requests: Vec<Slot>,
}

impl Plug {
    /// How many requests it holds.
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// The request that was added last.
    pub(super) fn last(&self) -> Option<Slot> {
        self.requests.last().copied()
    }

    /// Adds a request; whether to an empty plug is told.
    // [block-plug.announced]
    pub(super) fn add(&mut self, slot: Slot, events: &mut Vec<What>) {
        if self.requests.is_empty() {
            events.push(What::Plugged);
        }
        self.requests.push(slot);
    }
}

/// Why a plug is flushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlushReason {
    /// It is full; [`BlockLayer::step`] does this by itself.
    Full,
    /// Its task goes to sleep.
    Sleep,
    /// The plugged section ends.
    End,
}

impl BlockLayer {
    /// Whether a plug is to be flushed before another request is added.
    // [block-plug.full]
    pub(super) fn is_full(&self, plug: &Plug) -> bool {
        let Some(last) = plug.last() else { return false };
        plug.len() >= MOST_REQUESTS
            || (self.settings.nomerges < 2
                && u64::from(self.requests[last].sectors) * SECTOR_BYTES >= FULL_BYTES)
    }

    /// Flushes a plug; of an empty one nothing happens. What the task must issue itself is in
    /// [`BlockLayer::take_direct`] then.
    // [block-plug.flushed]
    pub fn flush_plug(&mut self, plug: &mut Plug, reason: FlushReason, now: Time, events: &mut Vec<What>) {
        if plug.is_empty() {
            return;
        }
        match (&self.queue, reason) {
            (Queue::Software(_), FlushReason::Full | FlushReason::End) => self.send_directly(plug),
            // [block-plug.sleep] [block-plug.scheduler]
            (Queue::Software(_), FlushReason::Sleep) | (Queue::Deadline(_), _) => {
                events.push(What::Unplugged { requests: u32::try_from(plug.len()).unwrap_or(u32::MAX) });
                for slot in plug.requests.drain(..) {
                    self.insert(slot, now, events);
                }
                // [block-worker.not-blocking]
                match reason {
                    FlushReason::Full | FlushReason::End => self.run_or_call(now),
                    FlushReason::Sleep => self.worker_called = true,
                }
            }
        }
    }

    // [block-plug.direct] [block-plug.order]
    fn send_directly(&mut self, plug: &mut Plug) {
        match self.settings.plug_order {
            PlugOrder::Lifo => plug.requests.drain(..).rev().for_each(|slot| self.send(slot)),
            PlugOrder::Fifo => plug.requests.drain(..).for_each(|slot| self.send(slot)),
        }
    }
}
