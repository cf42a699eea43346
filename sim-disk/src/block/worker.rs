//! Running a queue: requests leave the scheduler or software queue for the device.
//!
//! The kernel's worker (`kblockd`) does it for a device whose driver may sleep; when it gets to run
//! is the caller's affair. Source: Linux 6.1, `blk_mq_run_hw_queue`, `blk_mq_do_dispatch_sched`.
//! Left out: a driver that refuses requests for want of something other than tags.

use sim_core::io::{Operation, RequestId};
use sim_core::time::Time;
use sim_core::trace::What;

use super::request::{Slot, Stage};
use super::{BlockLayer, Queue};
use crate::device;

impl BlockLayer {
    /// Whether the worker was called since this was last asked. Calling it is not running it: it
    /// runs when the task gives way, by [`BlockLayer::dispatch_one`] until that has nothing.
    // [block-worker.called]
    pub fn take_worker_call(&mut self) -> bool {
        std::mem::take(&mut self.worker_called)
    }

    /// The next request that the worker sends: one that has its tag of the device. `None`: no
    /// request waits, or there is no tag; the request that was to have it is set aside then.
    // [block-worker.run]
    pub fn dispatch_one(&mut self, now: Time) -> Option<RequestId> {
        self.dispatch(now).map(|slot| self.requests[slot].id)
    }

    /// Issues a request that [`BlockLayer::take_direct`] or [`BlockLayer::dispatch_one`] named;
    /// `submitter` is the number of the task that does it.
    pub fn issue(&mut self, request: RequestId, submitter: u32, events: &mut Vec<What>) -> device::Request {
        let slot = self.requests.find(request);
        let request = &mut self.requests[slot];
        assert!(request.stage == Stage::Dispatched, "request {} is {:?}", request.id, request.stage);
        request.stage = Stage::Issued;
        let (id, operation, flags) = (request.id, request.operation, request.flags);
        let (sector, sectors) = (request.sector, request.sectors);
        let bios = request.bios.clone();
        events.push(What::Issued { request: id, operation, flags, sector, sectors, bios });
        device::Request { id, operation, flags, sector, sectors, submitter }
    }

    fn dispatch(&mut self, now: Time) -> Option<Slot> {
        let slot = match (self.set_aside.take(), &mut self.queue) {
            (Some(slot), _) => slot,
            (None, Queue::Software(queue)) => queue.dispatch()?,
            (None, Queue::Deadline(deadline)) => deadline.dispatch(now, &mut self.requests)?,
        };
        let request = &mut self.requests[slot];
        request.stage = Stage::Dispatched;
        if let Some(tags) = &mut self.device_tags
            && !tags.take(Operation::Read)
        {
            // [block-worker.set-aside]
            self.set_aside = Some(slot);
            return None;
        }
        Some(slot)
    }

    /// Marks a request as sent by the task itself, which has its tag already.
    pub(super) fn send(&mut self, slot: Slot) {
        self.requests[slot].stage = Stage::Dispatched;
        self.direct.push_back(slot);
    }

    /// Has the queue run: by the worker, or at once if the driver does not sleep.
    // [block-worker.blocking] [block-worker.not-blocking]
    pub(super) fn run_or_call(&mut self, now: Time) {
        if self.settings.blocking {
            self.worker_called = true;
            return;
        }
        while let Some(slot) = self.dispatch(now) {
            self.direct.push_back(slot);
        }
    }

    /// Whether anything waits for the worker.
    pub(super) fn is_queued(&self) -> bool {
        self.set_aside.is_some()
            || match &self.queue {
                Queue::Software(queue) => !queue.is_empty(),
                Queue::Deadline(deadline) => !deadline.is_empty(),
            }
    }
}
