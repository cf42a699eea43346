//! The event queue: what happens next, and among equal instants what was scheduled first.
//!
//! One binary heap over a packed key (time 64 bits, sequence 40, slot 24) keeps the payloads out
//! of the sifting. `next` leaves the root where it is (it is *stale*), and the first `schedule`
//! that follows overwrites it: an event that schedules its successor, the usual case, sifts once
//! instead of twice. Two things follow: `next` on an empty heap leaves nothing stale, and peeking
//! settles a stale root first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::time::Time;

const SLOT_BITS: u32 = 24;
const SEQUENCE_BITS: u32 = 40;
const SLOTS: usize = 1 << SLOT_BITS;
const SEQUENCES: u64 = 1 << SEQUENCE_BITS;

/// More events are pending than the queue can hold (2^24).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {SLOTS} events are pending at once")]
pub struct QueueFull;

/// Pending events, in order of time and, among equal times, of scheduling.
#[derive(Clone, Debug)]
pub struct EventQueue<T> {
    heap: BinaryHeap<Reverse<u128>>,
    root_is_stale: bool,
    sequence: u64,
    slots: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for EventQueue<T> {
    fn default() -> Self {
        EventQueue {
            heap: BinaryHeap::new(),
            root_is_stale: false,
            sequence: 0,
            slots: Vec::new(),
            free: Vec::new(),
        }
    }
}

fn pack(at: Time, sequence: u64, slot: u32) -> u128 {
    (u128::from(at.nanoseconds()) << (SEQUENCE_BITS + SLOT_BITS))
        | (u128::from(sequence) << SLOT_BITS)
        | u128::from(slot)
}

fn unpack(key: u128) -> (Time, usize) {
    let at = (key >> (SEQUENCE_BITS + SLOT_BITS)) as u64;
    (Time::from_nanoseconds(at), (key as usize) & (SLOTS - 1))
}

impl<T> EventQueue<T> {
    /// An empty queue.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many events are pending.
    pub fn len(&self) -> usize {
        self.heap.len() - usize::from(self.root_is_stale)
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an event at `at`, behind all events of the same instant.
    ///
    /// # Errors
    /// [`QueueFull`] if 2^24 events are pending.
    pub fn schedule(&mut self, at: Time, event: T) -> Result<(), QueueFull> {
        if self.sequence == SEQUENCES {
            self.renumber();
        }
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                let slot = self.slots.len();
                if slot == SLOTS {
                    return Err(QueueFull);
                }
                self.slots.push(None);
                u32::try_from(slot).map_err(|_| QueueFull)?
            }
        };
        self.slots[slot as usize] = Some(event);
        let key = Reverse(pack(at, self.sequence, slot));
        self.sequence += 1;
        if self.root_is_stale
            && let Some(mut root) = self.heap.peek_mut()
        {
            *root = key;
            self.root_is_stale = false;
        } else {
            self.heap.push(key);
        }
        Ok(())
    }

    /// Takes the next event out of the queue.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator would borrow the queue for its whole life"
    )]
    pub fn next(&mut self) -> Option<(Time, T)> {
        self.settle();
        let &Reverse(key) = self.heap.peek()?;
        self.root_is_stale = true;
        let (at, slot) = unpack(key);
        let event = self.slots[slot].take();
        assert!(event.is_some(), "the event at {at} in slot {slot} was taken twice");
        // A slot number came out of a key, so it fits its 24 bits.
        self.free.push(u32::try_from(slot).unwrap_or(u32::MAX));
        Some((at, event?))
    }

    /// When the next event is due.
    pub fn peek_time(&mut self) -> Option<Time> {
        self.settle();
        self.heap.peek().map(|&Reverse(key)| unpack(key).0)
    }

    fn settle(&mut self) {
        if self.root_is_stale {
            self.heap.pop();
            self.root_is_stale = false;
        }
    }

    /// After 2^40 events the sequence starts again: pending events get new numbers in their order.
    #[cold]
    fn renumber(&mut self) {
        self.settle();
        let mut keys: Vec<_> = std::mem::take(&mut self.heap).into_iter().map(|Reverse(key)| key).collect();
        keys.sort_unstable();
        self.sequence = 0;
        for key in keys {
            let (at, slot) = unpack(key);
            self.heap.push(Reverse(pack(at, self.sequence, u32::try_from(slot).unwrap_or(u32::MAX))));
            self.sequence += 1;
        }
    }
}
