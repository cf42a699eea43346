//! mq-deadline against a second, slow implementation: plain lists, every search linear.

use proptest::prelude::*;
use sim_core::io::{BioId, Flags, Operation, RequestId, Sector};
use sim_core::time::Time;

use crate::block::bio::{Bio, Part};
use crate::block::deadline::{Deadline, Workplace};
use crate::block::merge::Seeker;
use crate::block::request::{Origin, Requests, Slot};
use crate::block::split::Limits;
use crate::block::{Iosched, SchedulerKind, Settings};

#[derive(Clone, Debug)]
struct Item {
    id: u64,
    operation: Operation,
    sector: u64,
    sectors: u64,
    mergeable: bool,
    deadline: u64,
}

impl Item {
    fn end(&self) -> u64 {
        self.sector + self.sectors
    }
}

/// The state of the scheduler, all lists of request numbers.
struct Reference {
    settings: Settings,
    items: Vec<Item>,
    sorted: Vec<u64>,
    fifo: Vec<u64>,
    /// Newest first.
    hash: Vec<u64>,
    next: [Option<u64>; 2],
    last_merge: Option<u64>,
    last_operation: Operation,
    batching: u32,
    starved: u32,
}

impl Reference {
    fn new(settings: Settings) -> Reference {
        Reference {
            settings,
            items: Vec::new(),
            sorted: Vec::new(),
            fifo: Vec::new(),
            hash: Vec::new(),
            next: [None; 2],
            last_merge: None,
            last_operation: Operation::Write,
            batching: 0,
            starved: 0,
        }
    }

    fn item(&self, id: u64) -> &Item {
        self.items.iter().find(|item| item.id == id).unwrap()
    }

    fn change(&mut self, id: u64) -> &mut Item {
        self.items.iter_mut().find(|item| item.id == id).unwrap()
    }

    fn fits(&self, sectors: u64) -> bool {
        sectors <= u64::from(self.settings.max_sectors_kb) * 2
    }

    /// The neighbour in the sorted list of the same operation.
    fn neighbour(&self, id: u64, after: bool) -> Option<u64> {
        let same: Vec<u64> = self.sorted_of(self.item(id).operation);
        let place = same.iter().position(|other| *other == id).unwrap();
        if after { same.get(place + 1).copied() } else { place.checked_sub(1).map(|before| same[before]) }
    }

    fn sorted_of(&self, operation: Operation) -> Vec<u64> {
        self.sorted.iter().copied().filter(|id| self.item(*id).operation == operation).collect()
    }

    fn sort_in(&mut self, id: u64) {
        self.sorted.retain(|other| *other != id);
        let sector = self.item(id).sector;
        let place = self.sorted.iter().take_while(|other| self.item(**other).sector <= sector).count();
        self.sorted.insert(place, id);
    }

    fn hash_in(&mut self, id: u64) {
        self.hash.retain(|other| *other != id);
        self.hash.insert(0, id);
    }

    fn ending_at(&self, sector: u64) -> Option<u64> {
        self.hash.iter().copied().find(|id| self.item(*id).end() == sector && self.item(*id).mergeable)
    }

    fn remove(&mut self, id: u64) {
        let place = self.item(id).operation as usize;
        if self.next[place] == Some(id) {
            self.next[place] = self.neighbour(id, true);
        }
        for list in [&mut self.sorted, &mut self.fifo, &mut self.hash] {
            list.retain(|other| *other != id);
        }
        self.last_merge = self.last_merge.filter(|last| *last != id);
    }

    /// Joins `second` behind `first` if the rules allow it.
    fn join(&mut self, first: u64, second: u64) -> bool {
        let (one, two) = (self.item(first).clone(), self.item(second).clone());
        let allowed = one.mergeable && two.mergeable && one.operation == two.operation;
        if !allowed || one.end() != two.sector || !self.fits(one.sectors + two.sectors) {
            return false;
        }
        self.change(first).sectors += two.sectors;
        if let Some(place) = self.fifo.iter().position(|id| *id == second) {
            if two.deadline < one.deadline {
                self.fifo[place] = first;
                let old = self.fifo.iter().enumerate().position(|(at, id)| *id == first && at != place);
                self.fifo.remove(old.unwrap());
                self.change(first).deadline = two.deadline;
            }
            self.remove(second);
        }
        self.items.retain(|item| item.id != second);
        self.hash_in(first);
        self.last_merge = Some(first);
        true
    }

    fn bio(&mut self, operation: Operation, sector: u64, sectors: u64) -> bool {
        let Some(id) = self.found(operation, sector, sectors) else { return false };
        let old = self.item(id).clone();
        if !self.fits(old.sectors + sectors) {
            self.change(id).mergeable = false;
            self.last_merge = self.last_merge.filter(|last| *last != id);
            return false;
        }
        self.change(id).sectors += sectors;
        self.last_merge = Some(id);
        if old.end() == sector {
            self.hash_in(id);
            if let Some(next) = self.neighbour(id, true) {
                self.join(id, next);
            }
        } else {
            self.change(id).sector = sector;
            if let Some(before) = self.neighbour(id, false)
                && self.join(before, id)
            {
                return true;
            }
            self.sort_in(id);
        }
        true
    }

    fn found(&self, operation: Operation, sector: u64, sectors: u64) -> Option<u64> {
        let takes = |id: &u64| self.item(*id).mergeable && self.item(*id).operation == operation;
        let end = sector + sectors;
        let beside = |id: &u64| self.item(*id).end() == sector || self.item(*id).sector == end;
        if let Some(last) = self.last_merge.filter(takes).filter(beside) {
            return Some(last);
        }
        let in_front = || {
            let starting = |id: &u64| self.item(*id).sector == end && takes(id);
            self.sorted.iter().copied().filter(|_| self.settings.iosched.front_merges).find(starting)
        };
        self.ending_at(sector).filter(takes).or_else(in_front)
    }

    /// Whether the request joined another.
    fn insert(&mut self, item: Item, tick: u64) {
        let id = item.id;
        let mergeable = item.mergeable;
        self.items.push(item);
        if mergeable && self.last_merge.is_some_and(|last| self.join(last, id)) {
            return;
        }
        let mut behind = id;
        while let Some(before) = self.ending_at(self.item(behind).sector).filter(|_| mergeable)
            && self.join(before, behind)
        {
            behind = before;
        }
        if behind != id {
            return;
        }
        let Iosched { read_expire, write_expire, .. } = self.settings.iosched;
        let expire = if self.item(id).operation == Operation::Read { read_expire } else { write_expire };
        self.change(id).deadline = tick + u64::from(expire).div_ceil(4);
        self.sort_in(id);
        self.fifo.push(id);
        if mergeable {
            self.hash_in(id);
            self.last_merge = self.last_merge.or(Some(id));
        }
    }

    fn dispatch(&mut self, tick: u64) -> Option<u64> {
        let Iosched { fifo_batch, writes_starved, .. } = self.settings.iosched;
        let next = self.next[self.last_operation as usize].filter(|_| self.batching < fifo_batch);
        let chosen = match next {
            Some(next) => next,
            None => {
                let head =
                    |operation| self.fifo.iter().copied().find(|id| self.item(*id).operation == operation);
                let (read, write) = (head(Operation::Read), head(Operation::Write));
                let writes = match (read, write) {
                    (None, None) => return None,
                    (Some(_), Some(_)) => {
                        self.starved += 1;
                        self.starved > writes_starved
                    }
                    (_, write) => write.is_some(),
                };
                if writes {
                    self.starved = 0;
                }
                self.last_operation = if writes { Operation::Write } else { Operation::Read };
                self.batching = 0;
                let head = if writes { write? } else { read? };
                let overdue = tick >= self.item(head).deadline;
                self.next[self.last_operation as usize].filter(|_| !overdue).unwrap_or(head)
            }
        };
        self.batching += 1;
        self.next[self.last_operation as usize] = self.neighbour(chosen, true);
        self.remove(chosen);
        Some(chosen)
    }
}

#[derive(Clone, Debug)]
enum Act {
    Insert { operation: Operation, sector: u64, sectors: u32, mergeable: bool },
    Bio { operation: Operation, sector: u64, sectors: u32 },
    Dispatch,
    Tick,
}

fn act() -> impl Strategy<Value = Act> {
    let io = || {
        let operation = prop_oneof![Just(Operation::Read), Just(Operation::Write)];
        (operation, 0_u64..30, 1_u32..5)
    };
    let insert = (io(), prop::bool::weighted(0.9)).prop_map(|((operation, sector, sectors), mergeable)| {
        Act::Insert { operation, sector, sectors, mergeable }
    });
    let bio = io().prop_map(|(operation, sector, sectors)| Act::Bio { operation, sector, sectors });
    prop_oneof![6 => insert, 4 => bio, 3 => Just(Act::Dispatch), 2 => Just(Act::Tick)]
}

struct Both {
    reference: Reference,
    deadline: Deadline,
    requests: Requests,
    gone: Vec<Slot>,
    limits: Limits,
    tick: u64,
}

impl Both {
    /// In the middle between two ticks.
    fn now(&self) -> Time {
        Time::from_nanoseconds(self.tick * 4_000_000)
    }

    fn perform(&mut self, act: &Act) {
        let now = self.now();
        let Both { requests, limits, gone, .. } = self;
        let mut work = Workplace { requests, limits: *limits, events: &mut Vec::new(), gone };
        match *act {
            Act::Insert { operation, sector, sectors, mergeable } => {
                let origin = Origin {
                    bio: BioId(0),
                    operation,
                    flags: Flags::NONE,
                    part: part(operation, sector, sectors),
                    mergeable,
                };
                let slot = work.requests.make(origin);
                let id = work.requests[slot].id.0;
                self.deadline.insert(slot, now, &mut work);
                let (sectors, deadline) = (u64::from(sectors), 0);
                self.reference
                    .insert(Item { id, operation, sector, sectors, mergeable, deadline }, self.tick);
            }
            Act::Bio { operation, sector, sectors } => {
                let part = part(operation, sector, sectors);
                let merged = self.deadline.merge_bio(&Seeker { bio: BioId(0), operation, part }, &mut work);
                assert_eq!(merged, self.reference.bio(operation, sector, u64::from(sectors)));
            }
            Act::Dispatch => self.dispatch(),
            Act::Tick => self.tick += 1,
        }
        while let Some(slot) = self.gone.pop() {
            self.requests.remove(slot);
        }
        self.deadline.assert_consistent(&self.requests);
    }

    fn dispatch(&mut self) {
        let slot = self.deadline.dispatch(self.now(), &mut self.requests);
        let expected = self.reference.dispatch(self.tick);
        assert_eq!(slot.map(|slot| self.requests[slot].id.0), expected);
        if let (Some(slot), Some(id)) = (slot, expected) {
            let (request, item) = (&self.requests[slot], self.reference.item(id));
            assert_eq!(request.id, RequestId(id));
            assert_eq!((request.sector.0, u64::from(request.sectors)), (item.sector, item.sectors));
            self.requests.remove(slot);
            self.reference.items.retain(|item| item.id != id);
        }
    }
}

fn part(operation: Operation, sector: u64, sectors: u32) -> Part {
    let (id, flags, sector) = (BioId(0), Flags::NONE, Sector(sector));
    Part::whole(&Bio { id, operation, flags, sector, sectors, segment_sectors: 8 })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_scheduler_does_what_plain_lists_do(
        acts in prop::collection::vec(act(), 1..120),
        (fifo_batch, writes_starved, front_merges) in (0_u32..5, 0_u32..4, any::<bool>()),
        (read_expire, write_expire) in (0_u32..20, 0_u32..40),
        max_sectors_kb in 4_u32..9,
    ) {
        let iosched =
            Iosched { fifo_batch, writes_starved, front_merges, read_expire, write_expire, async_depth: None };
        let settings =
            Settings { scheduler: SchedulerKind::MqDeadline, max_sectors_kb, iosched, ..Settings::default() };
        let mut both = Both {
            reference: Reference::new(settings),
            deadline: Deadline::new(&settings),
            requests: Requests::default(),
            gone: Vec::new(),
            limits: Limits::new(&settings, 4096),
            tick: 1,
        };
        for act in &acts {
            both.perform(act);
        }
        for _ in &acts {
            both.perform(&Act::Dispatch);
        }
        prop_assert!(both.deadline.is_empty());
    }
}
