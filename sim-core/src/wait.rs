//! Wait queues and counted resources: who waits for one thing, and in which order they are woken.

use std::collections::VecDeque;

use crate::task::{TaskId, Tasks};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Waiter {
    task: TaskId,
    exclusive: bool,
}

/// Those who wait for one thing, in the order in which they are woken.
#[derive(Clone, Debug, Default)]
pub struct WaitQueue {
    waiters: VecDeque<Waiter>,
}

impl WaitQueue {
    /// Nobody waits.
    pub const fn new() -> WaitQueue {
        WaitQueue { waiters: VecDeque::new() }
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.waiters.is_empty()
    }

    /// Puts a task at the end; woken with all others.
    pub fn push(&mut self, task: TaskId) {
        self.waiters.push_back(Waiter { task, exclusive: false });
    }

    /// Puts a task at the front; woken with all others.
    pub fn push_front(&mut self, task: TaskId) {
        self.waiters.push_front(Waiter { task, exclusive: false });
    }

    /// Puts a task at the end that wants the thing for itself: a wake stops behind it.
    pub fn push_exclusive(&mut self, task: TaskId) {
        self.waiters.push_back(Waiter { task, exclusive: true });
    }

    /// Takes a task out that waits no longer.
    pub fn remove(&mut self, task: TaskId) {
        self.waiters.retain(|waiter| waiter.task != task);
    }

    /// Wakes from the front up to and including the first that wants the thing for itself.
    pub fn wake<W: Copy>(&mut self, tasks: &Tasks<W>) {
        while let Some(waiter) = self.waiters.pop_front() {
            tasks.wake(waiter.task);
            if waiter.exclusive {
                break;
            }
        }
    }

    /// Wakes all.
    pub fn wake_all<W: Copy>(&mut self, tasks: &Tasks<W>) {
        for waiter in self.waiters.drain(..) {
            tasks.wake(waiter.task);
        }
    }

    /// Wakes the first one.
    pub fn wake_one<W: Copy>(&mut self, tasks: &Tasks<W>) {
        if let Some(waiter) = self.waiters.pop_front() {
            tasks.wake(waiter.task);
        }
    }

    /// The first one in the queue.
    pub fn first(&self) -> Option<TaskId> {
        self.waiters.front().map(|waiter| waiter.task)
    }
}

/// So many of a thing, taken and given back one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    capacity: u32,
    taken: u32,
}

impl Counted {
    /// `capacity` of them, none taken.
    pub const fn new(capacity: u32) -> Counted {
        Counted { capacity, taken: 0 }
    }

    /// Takes one, if any is left.
    pub fn try_take(&mut self) -> bool {
        let left = self.taken < self.capacity;
        self.taken += u32::from(left);
        left
    }

    /// Gives one back.
    pub fn give(&mut self) {
        assert!(self.taken > 0, "one of {} was given back that nobody took", self.capacity);
        self.taken -= 1;
    }

    /// How many there are in all.
    pub const fn capacity(&self) -> u32 {
        self.capacity
    }

    /// How many are taken.
    pub const fn taken(&self) -> u32 {
        self.taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::{Class, Executor, Precedence, Ran};
    use std::cell::RefCell;

    /// Runs `wake` over a queue of four sleepers, of whom the third wants the thing for itself,
    /// and tells who woke.
    fn woken_by(wake: impl Fn(&mut WaitQueue, &Tasks<()>)) -> Vec<u32> {
        let tasks = Tasks::new(Precedence::default());
        let woken = RefCell::new(Vec::new());
        let mut executor = Executor::new();
        let mut queue = WaitQueue::new();
        for n in 0..4 {
            let id = tasks.add("t", Class::Process);
            match n {
                0 => queue.push(id),
                2 => queue.push_exclusive(id),
                3 => queue.push(id),
                _ => queue.push_front(id),
            }
            let (tasks, woken) = (&tasks, &woken);
            executor.start(id, async move {
                tasks.prepare_to_sleep();
                tasks.sleep(()).await;
                woken.borrow_mut().push(n);
            });
        }
        while executor.run_one(&tasks) != Ran::Nothing {}
        wake(&mut queue, &tasks);
        while executor.run_one(&tasks) != Ran::Nothing {}
        drop(executor);
        woken.into_inner()
    }

    #[test]
    fn a_wake_stops_behind_the_first_exclusive_one() {
        assert_eq!(woken_by(WaitQueue::wake), [1, 0, 2]);
    }

    #[test]
    fn all_or_one_can_be_woken() {
        assert_eq!(woken_by(WaitQueue::wake_all), [1, 0, 2, 3]);
        assert_eq!(woken_by(WaitQueue::wake_one), [1]);
    }

    #[test]
    fn a_counted_thing_runs_out_and_comes_back() {
        let mut tags = Counted::new(2);
        assert!(tags.try_take() && tags.try_take());
        assert!(!tags.try_take());
        tags.give();
        assert_eq!(tags.taken(), 1);
        assert!(tags.try_take());
    }
}
