//! Merging inside mq-deadline: which request a bio finds, and which requests become one.
//!
//! Source: Linux 6.1, `elv_merge`, `elv_attempt_insert_merge`, `dd_request_merge`,
//! `dd_merged_requests`, `blk_mq_sched_try_merge`.

use std::cmp::Reverse;

use super::super::merge::{End, Outcome, Seeker, append, end_beside, join_at, may_follow, takes};
use super::super::request::{Requests, Slot};
use super::{Deadline, Workplace, direction_of, placement};

impl Deadline {
    /// Lets a bio join a waiting request; false if it found none.
    // [deadline.first-found]
    pub(in super::super) fn merge_bio(&mut self, seeker: &Seeker, work: &mut Workplace<'_>) -> bool {
        let Some((slot, end)) = self.find(seeker, work.requests) else { return false };
        match join_at(&mut work.requests[slot], end, seeker, &work.limits, work.events) {
            Outcome::Joined => {}
            Outcome::Misfit => {
                self.close(slot, work.requests);
                return false;
            }
            Outcome::Other => return false,
        }
        let survivor = match end {
            End::Back => self.after_back_merge(slot, work),
            End::Front => self.after_front_merge(slot, work),
        };
        // [deadline.survivor]
        self.last_merge = Some(survivor);
        true
    }

    /// The request that a bio finds, and at which end.
    fn find(&self, seeker: &Seeker, requests: &Requests) -> Option<(Slot, End)> {
        // [deadline.last-merge]
        let last = self.last_merge.filter(|slot| takes(&requests[*slot], seeker.operation));
        if let Some(slot) = last
            && let Some(end) = end_beside(&requests[slot], &seeker.part)
        {
            return Some((slot, end));
        }
        // [block-nomerges.one]
        if self.nomerges > 0 {
            return None;
        }
        // [deadline.hash]
        let hashed = self.ending_at(seeker.part.sector.0);
        if let Some(slot) = hashed.filter(|slot| takes(&requests[*slot], seeker.operation)) {
            return Some((slot, End::Back));
        }
        // [deadline.front]
        if !self.front_merges {
            return None;
        }
        let end = seeker.part.end();
        let side = &self.sides[direction_of(seeker.operation) as usize];
        let mut starting = side.sorted.range((end, 0)..=(end, u64::MAX)).map(|(_, slot)| *slot);
        starting.find(|slot| takes(&requests[*slot], seeker.operation)).map(|slot| (slot, End::Front))
    }

    /// The newest mergeable request that ends at a sector, of either direction.
    fn ending_at(&self, sector: u64) -> Option<Slot> {
        let from = (sector, Reverse(u64::MAX));
        self.hash.range(from..=(sector, Reverse(0))).next().map(|(_, slot)| *slot)
    }

    /// Nothing joins this request any more.
    fn close(&mut self, slot: Slot, requests: &mut Requests) {
        if let Some(place) = requests[slot].placement.as_mut()
            && let Some(key) = place.hashed.take()
        {
            self.hash.remove(&key);
        }
        if self.last_merge == Some(slot) {
            self.last_merge = None;
        }
    }

    // [deadline.back-join]
    fn after_back_merge(&mut self, slot: Slot, work: &mut Workplace<'_>) -> Slot {
        let side = &self.sides[direction_of(work.requests[slot].operation) as usize];
        let next = side.follower(placement(work.requests, slot).sorted);
        match next.filter(|next| may_follow(&work.requests[slot], &work.requests[*next], &work.limits)) {
            Some(next) => self.join(slot, next, work),
            None => self.hash_again(slot, work.requests),
        }
        slot
    }

    // [deadline.front-join]
    fn after_front_merge(&mut self, slot: Slot, work: &mut Workplace<'_>) -> Slot {
        // Its place in the list is still that of its old bounds.
        let side = &self.sides[direction_of(work.requests[slot].operation) as usize];
        let before = side.predecessor(placement(work.requests, slot).sorted);
        match before.filter(|before| may_follow(&work.requests[*before], &work.requests[slot], &work.limits))
        {
            Some(before) => {
                self.join(before, slot, work);
                before
            }
            None => {
                self.sort_again(slot, work.requests);
                slot
            }
        }
    }

    /// Lets a request that is about to be inserted join one that is in the lists.
    // [deadline.insert-join]
    pub(super) fn joins_on_insertion(&mut self, slot: Slot, work: &mut Workplace<'_>) -> bool {
        // [block-nomerges.two]
        if !work.requests[slot].mergeable || self.nomerges > 1 {
            return false;
        }
        let fits = |before: &Slot, behind: Slot, work: &Workplace<'_>| {
            may_follow(&work.requests[*before], &work.requests[behind], &work.limits)
        };
        if let Some(last) = self.last_merge.filter(|last| fits(last, slot, work)) {
            self.join(last, slot, work);
            return true;
        }
        // [block-nomerges.one]
        if self.nomerges > 0 {
            return false;
        }
        let mut behind = slot;
        while let Some(before) =
            self.ending_at(work.requests[behind].sector.0).filter(|before| fits(before, behind, work))
        {
            self.join(before, behind, work);
            behind = before;
        }
        behind != slot
    }

    /// Joins `gone` to `survivor`, which is in the lists and ends where `gone` starts.
    // [deadline.survivor]
    fn join(&mut self, survivor: Slot, gone: Slot, work: &mut Workplace<'_>) {
        append(work.requests, survivor, gone, work.events);
        if work.requests[gone].placement.is_some() {
            self.inherit(survivor, gone, work.requests);
            self.remove(gone, work.requests);
        }
        self.hash_again(survivor, work.requests);
        self.last_merge = Some(survivor);
        work.gone.push(gone);
    }

    /// The survivor takes over the deadline and the place in the FIFO if those of `gone` are earlier.
    // [deadline.join-fifo]
    fn inherit(&mut self, survivor: Slot, gone: Slot, requests: &mut Requests) {
        let (mine, other) = (placement(requests, survivor), placement(requests, gone));
        if other.deadline >= mine.deadline {
            return;
        }
        let fifo = &mut self.sides[direction_of(requests[survivor].operation) as usize].fifo;
        fifo.remove(&mine.fifo);
        fifo.insert(other.fifo, survivor);
        // The place that the survivor left is of no use to `gone`, which leaves too; it only must
        // not be taken for the survivor's.
        if let Some(place) = requests[survivor].placement.as_mut() {
            (place.fifo, place.deadline) = (other.fifo, other.deadline);
        }
        if let Some(place) = requests[gone].placement.as_mut() {
            place.fifo = mine.fifo;
        }
    }

    /// The hash follows a request's end; it is the newest of those that end there.
    fn hash_again(&mut self, slot: Slot, requests: &mut Requests) {
        self.number += 1;
        let key = (requests[slot].end(), Reverse(self.number));
        if let Some(place) = requests[slot].placement.as_mut()
            && let Some(old) = place.hashed.replace(key)
        {
            self.hash.remove(&old);
        }
        self.hash.insert(key, slot);
    }

    /// The sorted list follows a request's start; it comes after equal sectors.
    fn sort_again(&mut self, slot: Slot, requests: &mut Requests) {
        self.number += 1;
        let key = (requests[slot].sector.0, self.number);
        let sorted = &mut self.sides[direction_of(requests[slot].operation) as usize].sorted;
        if let Some(place) = requests[slot].placement.as_mut() {
            sorted.remove(&place.sorted);
            place.sorted = key;
        }
        sorted.insert(key, slot);
    }
}

/// What the lists must satisfy between any two calls.
#[cfg(test)]
impl Deadline {
    pub(in super::super) fn assert_consistent(&self, requests: &Requests) {
        for side in &self.sides {
            assert_eq!(side.sorted.len(), side.fifo.len());
            for (key, slot) in &side.sorted {
                let place = placement(requests, *slot);
                assert_eq!((place.sorted, key.0), (*key, requests[*slot].sector.0));
                assert_eq!(side.fifo.get(&place.fifo), Some(slot));
                assert_eq!(place.hashed.is_some(), requests[*slot].mergeable);
            }
            assert!(side.next.is_none_or(|next| requests[next].placement.is_some()));
        }
        for (key, slot) in &self.hash {
            assert_eq!(placement(requests, *slot).hashed, Some(*key));
            assert_eq!(key.0, requests[*slot].end());
        }
        assert!(self.last_merge.is_none_or(|last| requests[last].mergeable));
    }
}
