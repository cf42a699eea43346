//! The scheduler mq-deadline: its lists, and which request goes out next.
//!
//! Per direction a list in order of sectors and one in order of arrival; requests go out in order of
//! sectors, in batches, unless the oldest is overdue. How bios and requests are merged in here is in
//! `deadline::merge`. Source: Linux 6.1, `block/mq-deadline.c`. Left out: priority classes (there is
//! one) and zoned devices.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

use sim_core::io::Operation;
use sim_core::time::Time;
use sim_core::trace::What;

use super::request::{Requests, Slot};
use super::settings::Settings;
use super::split::Limits;
use super::tick::{ticks, ticks_of};

mod merge;

/// The place in the sorted list: first sector, then order of insertion.
type SortKey = (u64, u64);
/// The place in the hash: end sector, then newest first.
type HashKey = (u64, Reverse<u64>);

/// Where a request stands in the lists.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placement {
    sorted: SortKey,
    /// None if nothing may join it.
    hashed: Option<HashKey>,
    /// The place in the FIFO.
    fifo: u64,
    /// The tick at which it is overdue.
    deadline: u64,
}

/// The requests of one direction.
#[derive(Clone, Debug, Default)]
struct Side {
    sorted: BTreeMap<SortKey, Slot>,
    fifo: BTreeMap<u64, Slot>,
    /// The request behind the last one dispatched.
    next: Option<Slot>,
}

impl Side {
    fn head(&self) -> Option<Slot> {
        self.fifo.first_key_value().map(|(_, slot)| *slot)
    }

    fn follower(&self, key: SortKey) -> Option<Slot> {
        self.sorted.range((Excluded(key), Unbounded)).next().map(|(_, slot)| *slot)
    }

    fn predecessor(&self, key: SortKey) -> Option<Slot> {
        self.sorted.range(..key).next_back().map(|(_, slot)| *slot)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Read,
    Write,
}

fn direction_of(operation: Operation) -> Direction {
    match operation {
        Operation::Read => Direction::Read,
        Operation::Write | Operation::Flush | Operation::Discard => Direction::Write,
    }
}

/// What the scheduler works on: the requests, and what its merging leads to.
pub(super) struct Workplace<'a> {
    pub(super) requests: &'a mut Requests,
    pub(super) limits: Limits,
    pub(super) events: &'a mut Vec<What>,
    /// Requests that have joined others: their tags and slots are to be given back.
    pub(super) gone: &'a mut Vec<Slot>,
}

/// The state of the scheduler.
#[derive(Clone, Debug)]
pub(super) struct Deadline {
    sides: [Side; 2],
    hash: BTreeMap<HashKey, Slot>,
    /// The request that bios and requests try first.
    last_merge: Option<Slot>,
    last_direction: Direction,
    batching: u32,
    starved: u32,
    /// Counts insertions into the ordered lists.
    number: u64,
    /// In ticks, reads and writes.
    expire: [u64; 2],
    fifo_batch: u32,
    writes_starved: u32,
    front_merges: bool,
    nomerges: u8,
}

impl Deadline {
    pub(super) fn new(settings: &Settings) -> Deadline {
        let iosched = settings.iosched;
        Deadline {
            sides: Default::default(),
            hash: BTreeMap::new(),
            last_merge: None,
            last_direction: Direction::Write,
            batching: 0,
            starved: 0,
            number: 0,
            // [deadline.tunables]
            expire: [ticks_of(iosched.read_expire), ticks_of(iosched.write_expire)],
            fifo_batch: iosched.fifo_batch,
            writes_starved: iosched.writes_starved,
            front_merges: iosched.front_merges,
            nomerges: settings.nomerges,
        }
    }

    /// Whether no request waits.
    pub(super) fn is_empty(&self) -> bool {
        self.sides.iter().all(|side| side.fifo.is_empty())
    }

    /// Inserts a request, unless it joins another.
    // [deadline.insert]
    pub(super) fn insert(&mut self, slot: Slot, now: Time, work: &mut Workplace<'_>) {
        if self.joins_on_insertion(slot, work) {
            return;
        }
        let request = &work.requests[slot];
        work.events.push(What::Inserted {
            request: request.id,
            sector: request.sector,
            sectors: request.sectors,
        });
        let direction = direction_of(request.operation);
        self.number += 1;
        let number = self.number;
        let sorted = (request.sector.0, number);
        let hashed = request.mergeable.then_some((request.end(), Reverse(number)));
        let deadline = ticks(now).saturating_add(self.expire[direction as usize]);
        if let Some(key) = hashed {
            self.hash.insert(key, slot);
            self.last_merge.get_or_insert(slot);
        }
        let side = &mut self.sides[direction as usize];
        side.sorted.insert(sorted, slot);
        side.fifo.insert(number, slot);
        work.requests[slot].placement = Some(Placement { sorted, hashed, fifo: number, deadline });
    }

    /// Takes the next request out of the lists.
    pub(super) fn dispatch(&mut self, now: Time, requests: &mut Requests) -> Option<Slot> {
        let slot = match self.batch_goes_on() {
            Some(slot) => slot,
            None => {
                let direction = self.choose_direction()?;
                self.last_direction = direction;
                self.batching = 0;
                self.first_of_batch(direction, now, requests)?
            }
        };
        // [deadline.after]
        self.batching += 1;
        let key = placement(requests, slot).sorted;
        let side = &mut self.sides[self.last_direction as usize];
        side.next = side.follower(key);
        self.remove(slot, requests);
        Some(slot)
    }

    // [deadline.batch]
    fn batch_goes_on(&self) -> Option<Slot> {
        self.sides[self.last_direction as usize].next.filter(|_| self.batching < self.fifo_batch)
    }

    // [deadline.direction]
    fn choose_direction(&mut self) -> Option<Direction> {
        let [reads, writes] = self.sides.each_ref().map(|side| !side.fifo.is_empty());
        if reads && !writes {
            return Some(Direction::Read);
        }
        if reads && self.starved < self.writes_starved {
            self.starved += 1;
            return Some(Direction::Read);
        }
        writes.then(|| {
            self.starved = 0;
            Direction::Write
        })
    }

    // [deadline.head]
    fn first_of_batch(&self, direction: Direction, now: Time, requests: &Requests) -> Option<Slot> {
        let side = &self.sides[direction as usize];
        let head = side.head()?;
        let expired = ticks(now) >= placement(requests, head).deadline;
        side.next.filter(|_| !expired).or(Some(head))
    }

    /// Takes a request out of all lists.
    fn remove(&mut self, slot: Slot, requests: &mut Requests) {
        let Placement { sorted, hashed, fifo, .. } = placement(requests, slot);
        requests[slot].placement = None;
        let side = &mut self.sides[direction_of(requests[slot].operation) as usize];
        // [deadline.next-moves]
        if side.next == Some(slot) {
            side.next = side.follower(sorted);
        }
        side.sorted.remove(&sorted);
        side.fifo.remove(&fifo);
        if let Some(key) = hashed {
            self.hash.remove(&key);
        }
        if self.last_merge == Some(slot) {
            self.last_merge = None;
        }
    }
}

/// Where a request that is in the lists stands.
fn placement(requests: &Requests, slot: Slot) -> Placement {
    let request = &requests[slot];
    assert!(request.placement.is_some(), "request {} is not in the scheduler", request.id);
    request.placement.unwrap_or(Placement { sorted: (0, 0), hashed: None, fifo: 0, deadline: 0 })
}
