//! Faults: sectors that fail: always, so many times, or until they are healed.
//!
//! Plain data for whoever issues requests to a device: [`Faults::check`] decides when a request is
//! issued, and a request that meets a bad sector fails as a whole. The device itself knows nothing
//! of it, so its times are those of a request that went well. A model of our own, after the
//! kernel's `fail_make_request` and `dm-flakey`, without their probabilities and times of day.
//!
//! The device's sectors are cut where a fault begins or ends; each piece knows the faults that
//! cover it. So a look-up costs the logarithm of the number of faults and what the request meets,
//! however many faults there are.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::io::{IoError, Operation, Sector};

use crate::device::Request;

/// Sectors that fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The first one.
    pub sector: Sector,
    /// How many; a fault of none never strikes, one that would reach past 2^64 ends there.
    pub sectors: u64,
    /// Which operation fails on them; none: reads and writes.
    pub operation: Option<Operation>,
    /// How many requests fail on them before they work; none: until healed. A request that meets
    /// several faults counts for each of them.
    pub times: Option<u64>,
}

impl Fault {
    fn end(&self) -> u64 {
        self.sector.0.saturating_add(self.sectors)
    }

    fn strikes(&self, operation: Operation) -> bool {
        match self.operation {
            Some(chosen) => chosen == operation,
            None => matches!(operation, Operation::Read | Operation::Write),
        }
    }
}

/// The number of a fault, in the order in which faults were added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FaultId(u64);

/// All faults of a device.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    added: u64,
    live: BTreeMap<FaultId, Fault>,
    /// The faults on the sectors from each key to the next one.
    pieces: BTreeMap<u64, BTreeSet<FaultId>>,
}

impl Faults {
    /// No faults.
    pub fn new() -> Faults {
        Faults::default()
    }

    /// Whether every sector works.
    pub fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// Adds a fault; it may overlap others.
    pub fn add(&mut self, fault: Fault) -> FaultId {
        let id = FaultId(self.added);
        self.added += 1;
        if fault.sectors == 0 || fault.times == Some(0) {
            return id;
        }
        self.cut(fault.sector.0);
        self.cut(fault.end());
        for (_, faults) in self.pieces.range_mut(fault.sector.0..fault.end()) {
            faults.insert(id);
        }
        self.live.insert(id, fault);
        id
    }

    /// Takes a fault away; whether it was still there.
    pub fn heal(&mut self, id: FaultId) -> bool {
        let Some(fault) = self.live.remove(&id) else { return false };
        for (_, faults) in self.pieces.range_mut(fault.sector.0..fault.end()) {
            faults.remove(&id);
        }
        self.join(fault.sector.0);
        self.join(fault.end());
        true
    }

    /// Decides about a request that is being issued, and counts it for the faults that it meets.
    /// Flushes have no sectors and meet none.
    ///
    /// # Errors
    /// [`IoError::Medium`], if it meets a fault that strikes its operation.
    pub fn check(&mut self, request: &Request) -> Result<(), IoError> {
        if self.live.is_empty() || request.sectors == 0 {
            return Ok(());
        }
        let met = self.met(request);
        for id in &met {
            self.count(*id);
        }
        if met.is_empty() { Ok(()) } else { Err(IoError::Medium) }
    }

    fn met(&self, request: &Request) -> BTreeSet<FaultId> {
        let start = request.sector.0;
        let end = start.saturating_add(u64::from(request.sectors));
        let first = self.pieces.range(..=start).next_back().map_or(start, |(&from, _)| from);
        self.pieces
            .range(first..end)
            .flat_map(|(_, faults)| faults)
            .filter(|id| self.live.get(id).is_some_and(|fault| fault.strikes(request.operation)))
            .copied()
            .collect()
    }

    fn count(&mut self, id: FaultId) {
        let Some(fault) = self.live.get_mut(&id) else { return };
        let Some(times) = &mut fault.times else { return };
        *times -= 1;
        if *times == 0 {
            self.heal(id);
        }
    }

    /// Makes a piece begin at `sector`.
    fn cut(&mut self, sector: u64) {
        if !self.pieces.contains_key(&sector) {
            let before = self.pieces.range(..sector).next_back();
            let faults = before.map(|(_, faults)| faults.clone()).unwrap_or_default();
            self.pieces.insert(sector, faults);
        }
    }

    /// Makes no piece begin at `sector` if it holds the same faults as the one before.
    fn join(&mut self, sector: u64) {
        let before = self.pieces.range(..sector).next_back().map(|(_, faults)| faults);
        let same = match (before, self.pieces.get(&sector)) {
            (Some(before), Some(here)) => before == here,
            (None, Some(here)) => here.is_empty(),
            (_, None) => false,
        };
        if same {
            self.pieces.remove(&sector);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sim_core::io::{Flags, RequestId};

    fn request(operation: Operation, sector: u64, sectors: u32) -> Request {
        Request {
            id: RequestId(0),
            operation,
            flags: Flags::NONE,
            sector: Sector(sector),
            sectors,
            submitter: 0,
        }
    }

    fn fault(sector: u64, sectors: u64) -> Fault {
        Fault { sector: Sector(sector), sectors, operation: None, times: None }
    }

    #[test]
    fn a_request_fails_when_it_touches_a_bad_sector_and_only_then() {
        let mut faults = Faults::new();
        faults.add(fault(10, 2));
        for (sector, sectors, fails) in [(0, 10, false), (0, 11, true), (11, 8, true), (12, 8, false)] {
            let decided = faults.check(&request(Operation::Read, sector, sectors));
            assert_eq!(decided.is_err(), fails, "{sectors} sectors at {sector}");
        }
    }

    #[test]
    fn a_fault_may_strike_one_operation_only() {
        let mut faults = Faults::new();
        faults.add(Fault { operation: Some(Operation::Write), ..fault(0, 8) });
        assert_eq!(faults.check(&request(Operation::Read, 0, 8)), Ok(()));
        assert_eq!(faults.check(&request(Operation::Write, 0, 8)), Err(IoError::Medium));
        assert_eq!(faults.check(&request(Operation::Discard, 0, 8)), Ok(()));
    }

    #[test]
    fn a_fault_works_off_its_times() {
        let mut faults = Faults::new();
        faults.add(Fault { times: Some(2), ..fault(4, 1) });
        let mut fails = || faults.check(&request(Operation::Read, 0, 8)).is_err();
        assert_eq!([fails(), fails(), fails()], [true, true, false]);
        assert!(faults.is_empty() && faults.pieces.is_empty());
    }

    #[test]
    fn overlapping_faults_heal_each_by_itself() {
        let mut faults = Faults::new();
        let wide = faults.add(fault(0, 100));
        let narrow = faults.add(fault(40, 10));
        assert!(faults.heal(wide) && !faults.heal(wide));
        assert_eq!(faults.check(&request(Operation::Read, 0, 40)), Ok(()));
        assert_eq!(faults.check(&request(Operation::Read, 49, 1)), Err(IoError::Medium));
        assert!(faults.heal(narrow));
        assert!(faults.pieces.is_empty(), "{:?}", faults.pieces);
    }

    #[test]
    fn a_fault_at_the_end_of_all_sectors_is_no_overflow() {
        let mut faults = Faults::new();
        faults.add(fault(u64::MAX - 1, 8));
        assert_eq!(faults.check(&request(Operation::Read, u64::MAX - 1, 8)), Err(IoError::Medium));
    }

    fn any_fault() -> impl Strategy<Value = Fault> {
        let operation = prop_oneof![Just(None), Just(Some(Operation::Read)), Just(Some(Operation::Write))];
        let times = prop_oneof![Just(None), (0_u64..4).prop_map(Some)];
        (0_u64..60, 0_u64..30, operation, times).prop_map(|(sector, sectors, operation, times)| Fault {
            sector: Sector(sector),
            sectors,
            operation,
            times,
        })
    }

    proptest! {
        #[test]
        fn decisions_are_those_of_a_plain_list(
            given in proptest::collection::vec(any_fault(), 0..12),
            steps in proptest::collection::vec((any::<bool>(), 0_u64..80, 1_u32..20, 0_usize..40), 0..60),
        ) {
            let mut faults = Faults::new();
            let mut list: Vec<_> = given.iter().map(|fault| (faults.add(*fault), *fault)).collect();
            for (write, sector, sectors, healed) in steps {
                let operation = if write { Operation::Write } else { Operation::Read };
                let mut fails = false;
                for (_, fault) in &mut list {
                    let meets = fault.sectors > 0
                        && fault.sector.0 < sector + u64::from(sectors)
                        && sector < fault.sector.0 + fault.sectors
                        && fault.operation.is_none_or(|chosen| chosen == operation)
                        && fault.times != Some(0);
                    if meets {
                        fails = true;
                        fault.times = fault.times.map(|times| times - 1);
                    }
                }
                let decided = faults.check(&request(operation, sector, sectors));
                prop_assert_eq!(decided.is_err(), fails);
                if healed < list.len() {
                    let (id, _) = list.remove(healed);
                    faults.heal(id);
                }
            }
        }
    }
}
