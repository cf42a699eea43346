//! The bus between drive and host, in closed form.
//!
//! A sector goes over the bus when it is in the buffer and the bus is free: bus := max(bus, in
//! buffer) + b. Written out for n sectors that is the latest of: start + n b, and for each sector i
//! the instant when it is in the buffer + (n - i) b. Sectors of one run come into the buffer at
//! rounded instants of an even motion, whole nanoseconds apart that differ by at most one, so
//! *in buffer - i b* only ever rises or only ever falls along a run: its ends say it all.

use sim_core::time::{Duration, Time};

/// The transfer of a read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadTransfer {
    sector: Duration,
    /// Sectors not yet in the buffer.
    left: u64,
    /// From when on the drive may take the bus, and what passes before data move on it.
    disconnected: Time,
    reselect: Duration,
    start: Option<Time>,
    end: Time,
}

impl ReadTransfer {
    /// A transfer of `sectors` sectors of `sector` each, after leaving the bus at `disconnected`;
    /// taking it again takes `reselect`.
    pub(crate) fn new(sectors: u64, sector: Duration, disconnected: Time, reselect: Duration) -> Self {
        ReadTransfer { sector, left: sectors, disconnected, reselect, start: None, end: disconnected }
    }

    /// The next `count` (at least 1) sectors are a run; the first is in the buffer at `first`, the
    /// last at `last`.
    pub(crate) fn buffered(&mut self, count: u64, first: Time, last: Time) {
        // [hdd-phases.read-transfer]
        if self.start.is_none() {
            // [hdd-phases.read-miss-start]
            let start = self.disconnected.max(first) + self.reselect;
            self.start = Some(start);
            self.end = start + self.time(self.left);
        }
        let after_first = first + self.time(self.left);
        let after_last = last + self.time(self.left - (count - 1));
        self.end = self.end.max(after_first).max(after_last);
        self.left -= count;
    }

    fn time(&self, sectors: u64) -> Duration {
        Duration::from_nanoseconds(self.sector.nanoseconds() * sectors)
    }

    /// When the first sector moves, and when the last has arrived.
    pub(crate) fn span(&self) -> (Time, Time) {
        (self.start.unwrap_or(self.end), self.end)
    }
}

/// The data of a write, that come into the buffer one sector after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WriteTransfer {
    /// When the first begins to move.
    pub(crate) start: Time,
    /// The time of a sector.
    pub(crate) sector: Duration,
}

impl WriteTransfer {
    /// When the first `sectors` sectors are in the buffer.
    pub(crate) fn buffered(&self, sectors: u64) -> Time {
        // [hdd-writes.start]
        self.start + Duration::from_nanoseconds(self.sector.nanoseconds() * sectors)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hdd::geometry::{Geometry, Run};
    use crate::hdd::spindle::{Pass, Spindle};
    use crate::hdd::tests::drives::bare;

    fn nanoseconds(nanoseconds: u64) -> Duration {
        Duration::from_nanoseconds(nanoseconds)
    }

    /// A track of `sectors` with some slipped ones.
    fn track(sectors: u32, slipped: &[u64]) -> Geometry {
        let mut parameters = bare(2, 1, sectors);
        parameters.zones[0].slipped_locations = slipped.to_vec();
        parameters.zones[0].last_lbn -= slipped.len() as u64;
        Geometry::new(&parameters).expect("a geometry")
    }

    /// A bus time near that of a sector on the media, where rounding matters most, or any other.
    fn bus_time(rpm: u32, sectors: u32, difference: i64) -> u64 {
        (60_000_000_000 / (u64::from(rpm) * u64::from(sectors))).saturating_add_signed(difference)
    }

    fn difference() -> impl Strategy<Value = i64> {
        prop_oneof![-2_i64..3, -100_000_i64..100_000]
    }

    proptest! {
        #[test]
        fn the_closed_form_of_a_read_is_sector_after_sector(
            (rpm, sectors, landed) in (2_000_u32..20_000, 5_u32..400, 0_u64..1_000_000_000),
            slipped in proptest::collection::btree_set(0_u64..5, 0..3),
            (difference, reselect, lead) in (difference(), 0_u64..50_000, 0_u64..20_000_000),
        ) {
            // [hdd-phases.read-transfer] [hdd-phases.read-miss-start]
            let slipped: Vec<_> = slipped.into_iter().collect();
            let geometry = track(sectors, &slipped);
            let (track, first) = geometry.locate(0);
            let pass = Spindle::new(rpm, 0).pass(Time::from_nanoseconds(landed), &track, first);
            let runs: Vec<_> = track.runs(0, track.last + 1).collect();
            let sector = nanoseconds(bus_time(rpm, sectors, difference));
            let free = Time::from_nanoseconds(landed + lead);
            let mut transfer = ReadTransfer::new(track.last + 1, sector, free, nanoseconds(reselect));
            let mut bus = None;
            for run in runs {
                let last = pass.edge(run.sector + run.count);
                transfer.buffered(run.count, pass.edge(run.sector + 1), last);
                for index in 0..run.count {
                    let buffered = pass.edge(run.sector + index + 1);
                    let start = bus.unwrap_or(free.max(buffered) + nanoseconds(reselect));
                    bus = Some(start.max(buffered) + sector);
                }
            }
            prop_assert_eq!(Some(transfer.span().1), bus);
        }

        #[test]
        fn the_ends_of_a_run_tell_how_many_turns_a_write_loses(
            (rpm, sectors, landed) in (2_000_u32..20_000, 5_u32..400, 0_u64..1_000_000_000),
            (difference, lead) in (difference(), 0_u64..20_000_000),
        ) {
            // [hdd-writes.lost-turn]
            let geometry = track(sectors, &[]);
            let (track, first) = geometry.locate(0);
            let pass = Spindle::new(rpm, 0).pass(Time::from_nanoseconds(landed), &track, first);
            let run = track.runs(0, track.last + 1).next().expect("a run");
            let start = Time::from_nanoseconds(landed + lead);
            let data = WriteTransfer { start, sector: nanoseconds(bus_time(rpm, sectors, difference)) };
            let turns = |index| turns(&pass, run, &data, index);
            let every = (0..run.count).map(turns).max();
            prop_assert_eq!(Some(turns(0).max(turns(run.count - 1))), every);
        }
    }

    fn turns(pass: &Pass, run: Run, data: &WriteTransfer, index: u64) -> u64 {
        pass.turns_until(run.sector + index, data.buffered(index + 1))
    }
}
