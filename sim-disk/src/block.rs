//! The block layer: the road from a bio to a request in the device.
//!
//! It models Linux 6.1's multi-queue layer with one hardware queue: splitting, merging, the plug,
//! tags, the schedulers `none` and mq-deadline, and how bios end (`docs/model/block-layer.md`). It is
//! a pure state machine: it has no clock, calls no device and never sleeps. Whoever drives it spends
//! the CPU time, hands issued requests to a device, lets tasks sleep and runs the worker. Left out:
//! the flush machinery of a volatile write cache, several hardware queues, and what no recorded
//! device has (zones, integrity, encryption, priorities).
//!
//! What a task does to send a bio: it gives way (the worker runs if [`BlockLayer::take_worker_call`]
//! says that it was called), spends the CPU time of a bio, emits `Queued`, calls
//! [`BlockLayer::begin`], and then [`BlockLayer::step`] until that says [`Step::Done`]. After each
//! step, and after each [`BlockLayer::flush_plug`], it issues what [`BlockLayer::take_direct`] hands
//! out, and wakes whom [`BlockLayer::take_woken`] names.

use std::collections::{BTreeMap, VecDeque};

use sim_core::io::{BioId, RequestId};
use sim_core::task::TaskId;
use sim_core::time::Time;
use sim_core::trace::What;

mod bio;
mod complete;
mod deadline;
mod merge;
mod plug;
mod request;
mod settings;
mod software_queue;
mod split;
mod submit;
mod tags;
pub mod tick;
mod worker;

#[cfg(test)]
mod tests;

pub use bio::Bio;
pub use complete::EndedBio;
pub use plug::{FlushReason, Plug};
pub use settings::{Iosched, PlugOrder, SchedulerKind, Settings, SettingsError};
pub use submit::{Step, Submission};

use complete::SplitBio;
use deadline::{Deadline, Workplace};
use merge::Seeker;
use request::{Requests, Slot};
use software_queue::SoftwareQueue;
use split::Limits;
use tags::{Tags, Waiters};

/// Where requests wait between plug and device.
#[derive(Clone, Debug)]
enum Queue {
    Software(SoftwareQueue),
    Deadline(Box<Deadline>),
}

/// The block layer of one device.
#[derive(Clone, Debug)]
pub struct BlockLayer {
    settings: Settings,
    limits: Limits,
    requests: Requests,
    queue: Queue,
    request_tags: Tags,
    /// With a scheduler only: without one, a request's tag is the device's.
    device_tags: Option<Tags>,
    waiters: Waiters,
    /// Taken from the scheduler, but got no tag of the device.
    set_aside: Option<Slot>,
    worker_called: bool,
    /// What the task that is running is to issue.
    direct: VecDeque<Slot>,
    split_bios: BTreeMap<BioId, SplitBio>,
    /// Requests that have joined others and hold their tags still.
    gone: Vec<Slot>,
    /// Woken by tags that joined requests gave back.
    woken: Vec<TaskId>,
}

impl BlockLayer {
    /// An empty block layer for a kernel with pages of `page_size` bytes.
    ///
    /// # Errors
    /// [`SettingsError`] if no queue can have these settings, or a page does not fit into a request.
    pub fn new(settings: Settings, page_size: u32) -> Result<BlockLayer, SettingsError> {
        settings.check_page(page_size)?;
        let (queue, device_tags) = match settings.scheduler {
            SchedulerKind::None => (Queue::Software(SoftwareQueue::default()), None),
            SchedulerKind::MqDeadline => (
                Queue::Deadline(Box::new(Deadline::new(&settings))),
                // [block-tags.deadline]
                Some(Tags::of_device(&settings)),
            ),
        };
        Ok(BlockLayer {
            settings,
            limits: Limits::new(&settings, page_size),
            requests: Requests::default(),
            queue,
            request_tags: Tags::of_requests(&settings),
            device_tags,
            waiters: Waiters::new(&settings),
            set_aside: None,
            worker_called: false,
            direct: VecDeque::new(),
            split_bios: BTreeMap::new(),
            gone: Vec::new(),
            woken: Vec::new(),
        })
    }

    /// The next request that the *task* which made the last call must issue now: sent straight to
    /// the device, or handed out by a queue that was run in the task.
    pub fn take_direct(&mut self) -> Option<RequestId> {
        self.direct.pop_front().map(|slot| self.requests[slot].id)
    }

    /// The next task that got a chance of a tag because requests were joined; wake it now.
    pub fn take_woken(&mut self) -> Option<TaskId> {
        if self.woken.is_empty() { None } else { Some(self.woken.remove(0)) }
    }

    /// A task for which [`Step::WaitForTag`] was said begins to wait; it has flushed its plug.
    // [block-tags.wait]
    pub fn wait_for_tag(&mut self, task: TaskId) {
        self.waiters.wait(task);
    }

    /// Whether nothing is under way: no request, no tag that is held, nobody who waits for one.
    pub fn is_idle(&self) -> bool {
        self.requests.is_empty()
            && self.request_tags.all_free()
            && self.device_tags.as_ref().is_none_or(Tags::all_free)
            && self.waiters.is_empty()
            && self.split_bios.is_empty()
            && self.direct.is_empty()
            && self.set_aside.is_none()
    }

    /// Lets a bio join a request that waits in the scheduler or the software queue.
    fn merge_into_queue(&mut self, seeker: &Seeker, events: &mut Vec<What>) -> bool {
        let BlockLayer { queue, requests, limits, gone, .. } = self;
        let merged = match queue {
            Queue::Software(queue) => queue.merge_bio(seeker, requests, limits, events),
            Queue::Deadline(deadline) => {
                deadline.merge_bio(seeker, &mut Workplace { requests, limits: *limits, events, gone })
            }
        };
        self.release_joined();
        merged
    }

    /// Puts a request into the scheduler or the software queue.
    fn insert(&mut self, slot: Slot, now: Time, events: &mut Vec<What>) {
        let BlockLayer { queue, requests, limits, gone, .. } = self;
        match queue {
            Queue::Software(queue) => queue.insert(slot, requests, events),
            Queue::Deadline(deadline) => {
                deadline.insert(slot, now, &mut Workplace { requests, limits: *limits, events, gone });
            }
        }
        self.release_joined();
    }

    /// Requests that have joined others give their tags back at once.
    // [block-tags.merged]
    fn release_joined(&mut self) {
        while let Some(slot) = self.gone.pop() {
            self.request_tags.give_back(self.requests[slot].operation);
            self.waiters.tag_given_back(&mut self.woken);
            self.requests.remove(slot);
        }
    }
}
