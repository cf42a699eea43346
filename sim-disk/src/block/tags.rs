//! Tags: the bound on requests under way, and the tasks that wait for one.
//!
//! Source: Linux 6.1, `blk_mq_get_tag` over `lib/sbitmap.c`; `dd_limit_depth` for what mq-deadline
//! leaves to writes. Left out: which tag a request gets. So a limit of writes is a plain number,
//! whichever tags reads hold, although the kernel gives writes only the first bits of each word.

use std::collections::VecDeque;

use sim_core::io::Operation;
use sim_core::task::TaskId;

use super::settings::{SchedulerKind, Settings};

/// Tags of one kind.
#[derive(Clone, Debug)]
pub(super) struct Tags {
    depth: u32,
    /// How many of them writes may hold at a time.
    writes_most: u32,
    held: u32,
    held_by_writes: u32,
}

impl Tags {
    /// The tags that a request takes when it is made: the device's without a scheduler, else the
    /// scheduler's.
    pub(super) fn of_requests(settings: &Settings) -> Tags {
        let Settings { nr_requests, queue_depth, .. } = *settings;
        match settings.scheduler {
            // [block-tags.none]
            SchedulerKind::None => Tags::new(queue_depth.min(nr_requests), u32::MAX),
            // [block-tags.deadline]
            SchedulerKind::MqDeadline => {
                let attached = 2 * queue_depth.min(128);
                let async_depth = settings.iosched.async_depth.unwrap_or(attached);
                Tags::new(nr_requests, writes_most(nr_requests, async_depth))
            }
        }
    }

    /// The device's tags, which a request takes when it is issued; for queues with a scheduler.
    pub(super) fn of_device(settings: &Settings) -> Tags {
        Tags::new(settings.queue_depth, u32::MAX)
    }

    fn new(depth: u32, writes_most: u32) -> Tags {
        Tags { depth, writes_most, held: 0, held_by_writes: 0 }
    }

    /// Takes a tag; false if there is none for this operation.
    #[must_use]
    pub(super) fn take(&mut self, operation: Operation) -> bool {
        let write = u32::from(operation != Operation::Read);
        // [block-tags.async-depth]
        if self.held == self.depth || (write == 1 && self.held_by_writes >= self.writes_most) {
            return false;
        }
        self.held += 1;
        self.held_by_writes += write;
        true
    }

    /// Gives a tag back.
    pub(super) fn give_back(&mut self, operation: Operation) {
        let write = u32::from(operation != Operation::Read);
        assert!(
            self.held > 0 && self.held_by_writes >= write,
            "a tag is given back that nobody holds: {self:?}"
        );
        self.held -= 1;
        self.held_by_writes -= write;
    }

    /// Whether nobody holds one.
    pub(super) fn all_free(&self) -> bool {
        self.held == 0
    }

    /// How many are held, and how many there are.
    #[cfg(test)]
    pub(super) fn held_of(&self) -> (u32, u32) {
        (self.held, self.depth)
    }
}

/// How many of `depth` tags writes may hold at a time: so many bits of each word of the bitmap.
// [block-tags.words]
fn writes_most(depth: u32, async_depth: u32) -> u32 {
    let shift = (0..=6).rev().find(|shift| 4 << shift <= depth).unwrap_or(0);
    let word = 1_u64 << shift;
    let share = (u64::from(async_depth) * word).div_ceil(u64::from(depth)).clamp(1, word);
    let (words, rest) = (u64::from(depth) / word, u64::from(depth) % word);
    u32::try_from(words * share + share.min(rest)).unwrap_or(u32::MAX)
}

const QUEUES: usize = 8;

/// The tasks that wait for a tag, in eight queues.
#[derive(Clone, Debug)]
pub(super) struct Waiters {
    queues: [VecDeque<TaskId>; QUEUES],
    /// Where the next one that begins to wait stands.
    next_to_wait: usize,
    /// Where the search for somebody to wake begins.
    next_to_wake: usize,
    waiting: u32,
    /// Tags given back while somebody waited, less those that woke.
    given_back: u32,
    batch: u32,
}

impl Waiters {
    pub(super) fn new(settings: &Settings) -> Waiters {
        let depth = settings.nr_requests;
        // [block-tags.batch]
        let batch = match settings.scheduler {
            SchedulerKind::None => depth.min(settings.queue_depth) / 8,
            SchedulerKind::MqDeadline => depth / 512,
        };
        Waiters {
            queues: Default::default(),
            next_to_wait: 0,
            next_to_wake: 0,
            waiting: 0,
            given_back: 0,
            batch: batch.clamp(1, 8),
        }
    }

    /// Whether nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// A task begins to wait.
    // [block-tags.queues]
    pub(super) fn wait(&mut self, task: TaskId) {
        self.queues[self.next_to_wait].push_back(task);
        self.next_to_wait = (self.next_to_wait + 1) % QUEUES;
        self.waiting += 1;
    }

    /// A tag was given back; whom to wake, in order, is added to `woken`.
    // [block-tags.batch]
    pub(super) fn tag_given_back(&mut self, woken: &mut Vec<TaskId>) {
        if self.waiting == 0 {
            return;
        }
        self.given_back += 1;
        if self.given_back < self.batch {
            return;
        }
        self.given_back -= self.batch;
        let places = (0..QUEUES).map(|further| (self.next_to_wake + further) % QUEUES);
        let Some(place) = places.into_iter().find(|place| !self.queues[*place].is_empty()) else { return };
        self.next_to_wake = (place + 1) % QUEUES;
        let queue = &mut self.queues[place];
        let most = usize::try_from(self.batch).unwrap_or(QUEUES).min(queue.len());
        woken.extend(queue.drain(..most));
        self.waiting -= u32::try_from(most).unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [block-tags.words] [block-tags.async-depth]
    #[test]
    fn writes_may_use_some_bits_of_each_word() {
        assert_eq!(writes_most(32, 4), 4);
        assert_eq!(writes_most(64, 2), 4);
        assert_eq!(writes_most(8, 4), 4);
        // Words of 32 bits: three of each, and the only bit of the fifth.
        assert_eq!(writes_most(129, 10), 13);
        for depth in 1..300 {
            assert_eq!(writes_most(depth, depth), depth, "no limit");
            assert_eq!(writes_most(depth, u32::MAX), depth, "no limit");
            assert!((1..=depth).contains(&writes_most(depth, 1)));
        }
    }

    fn deadline(queue_depth: u32, nr_requests: u32) -> Settings {
        Settings { scheduler: SchedulerKind::MqDeadline, queue_depth, nr_requests, ..Settings::default() }
    }

    /// [block-tags.async-depth] [block-tags.deadline]
    #[test]
    fn depth_1_with_nr_requests_128_leaves_writes_a_few_tags() {
        let mut tags = Tags::of_requests(&deadline(1, 128));
        // Words of 32 bits, one bit of each.
        let writes = (0..200).filter(|_| tags.take(Operation::Write)).count();
        assert_eq!(writes, 4);
        let reads = (0..200).filter(|_| tags.take(Operation::Read)).count();
        assert_eq!(reads, 124);
        tags.give_back(Operation::Read);
        assert!(!tags.take(Operation::Write));
        tags.give_back(Operation::Write);
        assert!(tags.take(Operation::Write));
    }

    /// [block-tags.none]
    #[test]
    fn without_a_scheduler_the_smaller_number_counts() {
        let settings =
            |queue_depth, nr_requests| Settings { queue_depth, nr_requests, ..Settings::default() };
        assert_eq!(Tags::of_requests(&settings(4, 64)).held_of(), (0, 4));
        assert_eq!(Tags::of_requests(&settings(64, 4)).held_of(), (0, 4));
    }

    fn woken(waiters: &mut Waiters) -> Vec<u32> {
        let mut woken = Vec::new();
        waiters.tag_given_back(&mut woken);
        woken.into_iter().map(|task| task.0).collect()
    }

    /// [block-tags.queues] [block-tags.batch]
    #[test]
    fn a_batch_of_one_wakes_queue_after_queue() {
        let mut waiters = Waiters::new(&deadline(4, 128));
        assert_eq!(woken(&mut waiters), [0; 0]);
        for task in 0..9 {
            waiters.wait(TaskId(task));
        }
        // Tasks 0 and 8 share the first queue.
        let order: Vec<u32> = (0..9).flat_map(|_| woken(&mut waiters)).collect();
        assert_eq!(order, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        waiters.wait(TaskId(9));
        assert_eq!(woken(&mut waiters), [9], "empty queues are passed over");
        assert_eq!(woken(&mut waiters), [0; 0]);
    }

    /// [block-tags.batch]
    #[test]
    fn a_batch_of_two_counts_what_is_over() {
        let mut waiters = Waiters::new(&Settings { queue_depth: 16, ..Settings::default() });
        assert_eq!(waiters.batch, 2);
        assert_eq!(woken(&mut waiters), [0; 0], "not counted: nobody waits");
        for task in 0..18 {
            waiters.wait(TaskId(task));
        }
        assert_eq!(woken(&mut waiters), [0; 0]);
        assert_eq!(woken(&mut waiters), [0, 8], "a batch of one queue");
        assert_eq!(woken(&mut waiters), [0; 0]);
        assert_eq!(woken(&mut waiters), [1, 9]);
    }

    /// [block-tags.batch]
    #[test]
    fn the_batch_is_an_eighth_of_the_depth_within_bounds() {
        let batch = |settings: Settings| Waiters::new(&settings).batch;
        let none = |queue_depth| Settings { queue_depth, nr_requests: 1024, ..Settings::default() };
        assert_eq!([1, 4, 15, 16, 63, 64, 1000].map(|depth| batch(none(depth))), [1, 1, 1, 2, 7, 8, 8]);
        assert_eq!([2, 128, 1023, 1024].map(|count| batch(deadline(64, count))), [1, 1, 1, 2]);
    }
}
