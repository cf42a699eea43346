//! Who waits for pages and buffers: for a lock, for it to be taken off, for a write to end.

use std::cell::RefCell;

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

/// The wait queues of all pages and buffers that anybody waits for: as many as tasks wait, at most.
#[derive(Debug, Default)]
pub struct PageWaits {
    queues: RefCell<Vec<(Event, WaitQueue)>>,
}

impl PageWaits {
    /// Puts a task into a queue.
    pub fn push(&self, event: Event, task: TaskId, stand: Stand) {
        let mut queues = self.queues.borrow_mut();
        let place = queues.iter().position(|(awaited, _)| *awaited == event).unwrap_or_else(|| {
            queues.push((event, WaitQueue::new()));
            queues.len() - 1
        });
        let queue = &mut queues[place].1;
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
    #[inline]
    pub fn wake<W: Copy>(&self, tasks: &Tasks<W>, event: Event) {
        // Hardly ever does anybody wait for what happens to a page.
        if !self.queues.borrow().is_empty() {
            self.wake_queue(tasks, event);
        }
    }

    /// These events have come, one after the other.
    #[inline]
    pub fn wake_all<W: Copy>(&self, tasks: &Tasks<W>, events: impl Iterator<Item = Event>) {
        let anybody = |_: &Event| !self.queues.borrow().is_empty();
        events.take_while(anybody).for_each(|event| self.wake_queue(tasks, event));
    }

    #[cold]
    fn wake_queue<W: Copy>(&self, tasks: &Tasks<W>, event: Event) {
        let mut queues = self.queues.borrow_mut();
        if let Some(place) = queues.iter().position(|(awaited, _)| *awaited == event) {
            queues[place].1.wake(tasks);
            if queues[place].1.is_empty() {
                queues.swap_remove(place);
            }
        }
    }
}
