//! The event queue: what happens next, and among equal instants what was scheduled first.
//!
//! One binary heap over a packed key (time 64 bits, sequence 40, slot 24) keeps the payloads out
//! of the sifting. `next` leaves the root where it is (it is *stale*), and the first `schedule`
//! that follows takes over its place and its slot: an event that schedules its successor, the usual
//! case, sifts once instead of twice. Two things follow: `next` on an empty heap leaves nothing
//! stale, and peeking settles a stale root first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::time::Time;

const SLOT_BITS: u32 = 24;
const SEQUENCE_BITS: u32 = 40;
const SLOTS: u32 = 1 << SLOT_BITS;
const SLOT_MASK: u128 = (1 << SLOT_BITS) - 1;
const SEQUENCES: u64 = 1 << SEQUENCE_BITS;

/// More events are pending than the queue can hold (2^24).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {SLOTS} events are pending at once")]
pub struct QueueFull;

/// Pending events, in order of time and, among equal times, of scheduling.
#[derive(Clone, Debug)]
pub struct EventQueue<T> {
    heap: BinaryHeap<Reverse<u128>>,
    /// The slot of the root, if its event has been taken.
    stale: Option<u32>,
    sequence: u64,
    slots: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for EventQueue<T> {
    fn default() -> Self {
        EventQueue { heap: BinaryHeap::new(), stale: None, sequence: 0, slots: Vec::new(), free: Vec::new() }
    }
}

fn pack(at: Time, sequence: u64, slot: u32) -> u128 {
    (u128::from(at.nanoseconds()) << (SEQUENCE_BITS + SLOT_BITS))
        | (u128::from(sequence) << SLOT_BITS)
        | u128::from(slot)
}

fn unpack(key: u128) -> (Time, u32) {
    let at = (key >> (SEQUENCE_BITS + SLOT_BITS)) as u64;
    (Time::from_nanoseconds(at), (key & SLOT_MASK) as u32)
}

impl<T> EventQueue<T> {
    /// An empty queue.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many events are pending.
    pub fn len(&self) -> usize {
        self.heap.len() - usize::from(self.stale.is_some())
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an event at `at`, behind all events of the same instant.
    ///
    /// # Errors
    /// [`QueueFull`] if 2^24 events are pending.
    #[inline]
    pub fn schedule(&mut self, at: Time, event: T) -> Result<(), QueueFull> {
        if self.sequence == SEQUENCES {
            self.renumber();
        }
        let stale = self.stale.take();
        let slot = match stale {
            Some(slot) => slot,
            None => self.free_slot()?,
        };
        self.slots[slot as usize] = Some(event);
        let key = Reverse(pack(at, self.sequence, slot));
        self.sequence += 1;
        if stale.is_some()
            && let Some(mut root) = self.heap.peek_mut()
        {
            *root = key;
        } else {
            self.heap.push(key);
        }
        Ok(())
    }

    fn free_slot(&mut self) -> Result<u32, QueueFull> {
        if let Some(slot) = self.free.pop() {
            return Ok(slot);
        }
        let slot = u32::try_from(self.slots.len()).ok().filter(|&slot| slot < SLOTS).ok_or(QueueFull)?;
        self.slots.push(None);
        Ok(slot)
    }

    /// Takes the next event out of the queue.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator would borrow the queue for its whole life"
    )]
    #[inline]
    pub fn next(&mut self) -> Option<(Time, T)> {
        self.settle();
        let &Reverse(key) = self.heap.peek()?;
        let (at, slot) = unpack(key);
        self.stale = Some(slot);
        let event = self.slots[slot as usize].take();
        assert!(event.is_some(), "the event at {at} in slot {slot} was taken twice");
        Some((at, event?))
    }

    /// When the next event is due.
    pub fn peek_time(&mut self) -> Option<Time> {
        self.settle();
        self.heap.peek().map(|&Reverse(key)| unpack(key).0)
    }

    #[inline]
    fn settle(&mut self) {
        if let Some(slot) = self.stale.take() {
            self.heap.pop();
            self.free.push(slot);
        }
    }

    /// After 2^40 events the sequence starts again: pending events get new numbers in their order.
    #[cold]
    fn renumber(&mut self) {
        self.settle();
        let mut keys = std::mem::take(&mut self.heap).into_vec();
        // Reversed keys in descending order: the soonest comes last.
        keys.sort_unstable();
        self.sequence = 0;
        for Reverse(key) in keys.iter_mut().rev() {
            let (at, slot) = unpack(*key);
            *key = pack(at, self.sequence, slot);
            self.sequence += 1;
        }
        self.heap = keys.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the queue promises, without any of its tricks.
    #[derive(Default)]
    struct Reference {
        pending: Vec<(Time, u32)>,
    }

    impl Reference {
        fn schedule(&mut self, at: Time, event: u32) {
            self.pending.push((at, event));
            // A stable sort, so equal instants keep their order.
            self.pending.sort_by_key(|(at, _)| *at);
        }

        fn next(&mut self) -> Option<(Time, u32)> {
            (!self.pending.is_empty()).then(|| self.pending.remove(0))
        }
    }

    fn starting_at(sequence: u64) -> EventQueue<u32> {
        EventQueue { sequence, ..EventQueue::new() }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Schedule(u64),
        Next,
        Peek,
        Length,
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop_oneof![
            5 => (0_u64..6).prop_map(Step::Schedule),
            1 => (u64::MAX - 1..=u64::MAX).prop_map(Step::Schedule),
            4 => Just(Step::Next),
            1 => Just(Step::Peek),
            1 => Just(Step::Length),
        ]
    }

    proptest! {
        /// The numbers start so that they run out anywhere in the run, or not at all.
        #[test]
        fn the_queue_is_a_stable_sort_whatever_is_asked_in_between(
            steps in prop::collection::vec(any_step(), 0..120),
            left in 0_u64..150,
        ) {
            let (mut queue, mut reference) = (starting_at(SEQUENCES - left), Reference::default());
            for (event, step) in (0..).zip(steps) {
                match step {
                    Step::Schedule(at) => {
                        let at = Time::from_nanoseconds(at);
                        reference.schedule(at, event);
                        prop_assert_eq!(queue.schedule(at, event), Ok(()));
                    }
                    Step::Next => prop_assert_eq!(queue.next(), reference.next()),
                    Step::Peek => {
                        prop_assert_eq!(queue.peek_time(), reference.pending.first().map(|(at, _)| *at));
                    }
                    Step::Length => {
                        prop_assert_eq!(queue.len(), reference.pending.len());
                        prop_assert_eq!(queue.is_empty(), reference.pending.is_empty());
                    }
                }
            }
            while let Some(next) = reference.next() {
                prop_assert_eq!(queue.next(), Some(next));
            }
            prop_assert_eq!(queue.next(), None);
        }
    }

    #[test]
    fn next_on_an_empty_queue_leaves_nothing_stale() {
        let mut queue = EventQueue::new();
        queue.schedule(Time::ZERO, 1).unwrap();
        assert_eq!(queue.next(), Some((Time::ZERO, 1)));
        assert_eq!(queue.next(), None);
        queue.schedule(Time::ZERO, 2).unwrap();
        queue.schedule(Time::ZERO, 3).unwrap();
        assert_eq!(queue.len(), 2);
        assert_eq!((queue.next(), queue.next()), (Some((Time::ZERO, 2)), Some((Time::ZERO, 3))));
    }

    #[test]
    fn peeking_does_not_see_an_event_that_was_taken() {
        let mut queue = EventQueue::new();
        queue.schedule(Time::ZERO, 1).unwrap();
        queue.schedule(Time::MAX, 2).unwrap();
        queue.next();
        assert_eq!(queue.peek_time(), Some(Time::MAX));
        assert_eq!(queue.len(), 1);
    }

    #[test]
    fn numbers_that_run_out_are_given_anew_in_order() {
        let mut queue = starting_at(SEQUENCES - 2);
        for event in 0..6 {
            queue.schedule(Time::ZERO, event).unwrap();
        }
        assert_eq!(queue.sequence, 6);
        let order: Vec<_> = std::iter::from_fn(|| queue.next()).map(|(_, event)| event).collect();
        assert_eq!(order, [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn slots_are_used_again() {
        let mut queue = EventQueue::new();
        for _ in 0..100 {
            queue.schedule(Time::ZERO, 0).unwrap();
            queue.schedule(Time::ZERO, 0).unwrap();
            queue.next();
            queue.next();
        }
        assert_eq!(queue.slots.len(), 2);
    }

    #[test]
    fn one_event_too_many_is_refused_and_changes_nothing() {
        let mut queue = EventQueue::new();
        for _ in 0..SLOTS {
            queue.schedule(Time::MAX, ()).unwrap();
        }
        assert_eq!(queue.schedule(Time::ZERO, ()), Err(QueueFull));
        assert_eq!(queue.next(), Some((Time::MAX, ())));
        assert_eq!(queue.schedule(Time::ZERO, ()), Ok(()));
        assert_eq!(queue.schedule(Time::ZERO, ()), Err(QueueFull));
        assert_eq!(queue.next(), Some((Time::ZERO, ())));
    }
}
