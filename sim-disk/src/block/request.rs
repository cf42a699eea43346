//! Requests and where they are kept.
//!
//! A request lives in a slot that is used again when it has completed. Requests are numbered in the
//! order in which they are made, and leave in nearly that order, so a window over the numbers leads
//! from a number to its slot.

use std::collections::VecDeque;
use std::ops::{Index, IndexMut};

use sim_core::io::{BioId, Flags, Operation, RequestId, Sector};

use super::bio::Part;
use super::deadline::Placement;

/// Where a request is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(u32);

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// In a plug, a software queue or a scheduler; bios may join.
    Waiting,
    /// On its way to the device; past merging and sorting.
    Dispatched,
    /// In the device.
    Issued,
    /// Completed, or joined to another.
    Gone,
}

/// One command to the device, made of one or more bios.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) id: RequestId,
    pub(super) operation: Operation,
    /// Those of the bio that it was made for.
    pub(super) flags: Flags,
    pub(super) sector: Sector,
    pub(super) sectors: u32,
    pub(super) segments: u32,
    /// Whether anything may join it.
    pub(super) mergeable: bool,
    /// In order of sectors.
    pub(super) bios: Vec<BioId>,
    pub(super) stage: Stage,
    /// Where it stands in mq-deadline's lists, while it does.
    pub(super) placement: Option<Placement>,
}

impl Request {
    /// The sector behind the last one.
    pub(super) fn end(&self) -> u64 {
        self.sector.0 + u64::from(self.sectors)
    }
}

/// What a request is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub(super) bio: BioId,
    pub(super) operation: Operation,
    pub(super) flags: Flags,
    pub(super) part: Part,
    pub(super) mergeable: bool,
}

/// All requests that have been made and have not completed.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests {
    slots: Vec<Request>,
    free: Vec<Slot>,
    /// The slots of the numbers from `first` on; `None`: gone.
    window: VecDeque<Option<Slot>>,
    first: u64,
}

impl Requests {
    /// Whether all have completed.
    pub(super) fn is_empty(&self) -> bool {
        self.slots.len() == self.free.len()
    }

    /// Makes a request.
    pub(super) fn make(&mut self, origin: Origin) -> Slot {
        let id = RequestId(self.first + self.window.len() as u64);
        let Origin { bio, operation, flags, part, mergeable } = origin;
        let mut request = Request {
            id,
            operation,
            flags,
            sector: part.sector,
            sectors: part.sectors,
            segments: part.segments(),
            mergeable,
            bios: Vec::new(),
            stage: Stage::Waiting,
            placement: None,
        };
        let slot = match self.free.pop() {
            Some(slot) => {
                let place = &mut self[slot];
                request.bios = std::mem::take(&mut place.bios);
                request.bios.push(bio);
                *place = request;
                slot
            }
            None => {
                let next = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
                // The tags bound how many requests there are at a time.
                assert!(next < u32::MAX, "{next} requests at a time");
                request.bios.push(bio);
                self.slots.push(request);
                Slot(next)
            }
        };
        self.window.push_back(Some(slot));
        slot
    }

    /// The slot of a request that has not completed.
    pub(super) fn find(&self, id: RequestId) -> Slot {
        let slot =
            id.0.checked_sub(self.first)
                .and_then(|place| usize::try_from(place).ok())
                .and_then(|place| self.window.get(place).copied().flatten());
        assert!(slot.is_some(), "request {id} is not under way");
        slot.unwrap_or(Slot(u32::MAX))
    }

    /// Forgets a request; its slot may be used again.
    pub(super) fn remove(&mut self, slot: Slot) {
        let request = &mut self[slot];
        assert!(request.stage != Stage::Gone, "request {} is removed twice", request.id);
        request.stage = Stage::Gone;
        request.bios.clear();
        let place = usize::try_from(request.id.0 - self.first).unwrap_or(usize::MAX);
        if let Some(entry) = self.window.get_mut(place) {
            *entry = None;
        }
        while let Some(None) = self.window.front() {
            self.window.pop_front();
            self.first += 1;
        }
        self.free.push(slot);
    }

    /// How many requests there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}

impl Index<Slot> for Requests {
    type Output = Request;

    fn index(&self, slot: Slot) -> &Request {
        &self.slots[slot.0 as usize]
    }
}

impl IndexMut<Slot> for Requests {
    fn index_mut(&mut self, slot: Slot) -> &mut Request {
        &mut self.slots[slot.0 as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::super::bio::Bio;
    use super::*;

    fn origin(bio: u64) -> Origin {
        let (id, operation, flags) = (BioId(bio), Operation::Read, Flags::NONE);
        let whole = Bio { id, operation, flags, sector: Sector(8 * bio), sectors: 8, segment_sectors: 8 };
        Origin { bio: id, operation, flags, part: Part::whole(&whole), mergeable: true }
    }

    #[test]
    fn numbers_lead_to_slots_while_others_come_and_go() {
        let mut requests = Requests::default();
        let first = requests.make(origin(0));
        for number in 1..100 {
            let slot = requests.make(origin(number));
            assert_eq!(requests.find(RequestId(number)), slot);
            assert_eq!(requests[slot].bios, [BioId(number)]);
            requests.remove(slot);
        }
        assert_eq!(requests.slots.len(), 2);
        assert_eq!(requests.window.len(), 100);
        assert_eq!(requests.find(RequestId(0)), first);
        requests.remove(first);
        assert_eq!((requests.window.len(), requests.len()), (0, 0));
        let next = requests.make(origin(7));
        assert_eq!(requests[next].id, RequestId(100));
    }

    #[test]
    #[should_panic = "request 3 is not under way"]
    fn a_number_that_was_never_given_is_a_broken_invariant() {
        Requests::default().find(RequestId(3));
    }
}
