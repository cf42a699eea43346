//! Who waits for pages and buffers: for a lock, for it to be taken off, for a write to end.

use std::cell::RefCell;
use std::collections::BTreeMap;

use sim_core::task::{TaskId, Tasks};
use sim_core::wait::WaitQueue;

use super::PageRef;
use super::buffers::BufferRef;

/// What about a page or a buffer is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// The page's lock is taken off.
    Unlocked(PageRef),
    /// The page's write has ended.
    Written(PageRef),
    /// The write of any page has ended.
    AnyWritten,
    /// The buffer's lock is taken off.
    BufferUnlocked(BufferRef),
}

/// Where a sleeper stands in its queue, and whether it wants the thing for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// In front; woken with all others.
    Front,
    /// At the end; woken with all others.
    End,
    /// At the end; a wake stops behind it.
    Exclusive,
}

/// The wait queues of all pages and buffers that anybody waits for.
#[derive(Debug, Default)]
pub struct PageWaits {
    queues: RefCell<BTreeMap<Event, WaitQueue>>,
}

impl PageWaits {
    /// Puts a task into a queue.
    pub fn push(&self, event: Event, task: TaskId, stand: Stand) {
        let mut queues = self.queues.borrow_mut();
        let queue = queues.entry(event).or_default();
        match stand {
            Stand::Front => queue.push_front(task),
            Stand::End => queue.push(task),
            Stand::Exclusive => queue.push_exclusive(task),
        }
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.queues.borrow().is_empty()
    }

    /// The event has come: wakes from the front up to and including the first who wants the thing
    /// for itself.
    pub fn wake<W: Copy>(&self, tasks: &Tasks<W>, event: Event) {
        let mut queues = self.queues.borrow_mut();
        if queues.is_empty() {
            return;
        }
        if let Some(queue) = queues.get_mut(&event) {
            queue.wake(tasks);
            if queue.is_empty() {
                queues.remove(&event);
            }
        }
    }
}
