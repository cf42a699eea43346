//! Time inside the drive: picoseconds, and servers in order of readiness.
//!
//! Flash channels and links take times that are no whole nanoseconds; so that they add up, the
//! drive counts picoseconds inside and rounds instants up only where they leave it. Nothing here
//! can overflow: a sum past the last picosecond (213 days) is that picosecond, and the drive takes
//! no request that comes later.

use std::ops::{Add, AddAssign};

use sim_core::time::Time;

const PER_NANOSECOND: u64 = 1_000;
const PER_SECOND: u64 = 1_000_000_000_000;

/// An instant since the start of the run, or a length of time, in picoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Picoseconds(u64);

impl Picoseconds {
    /// The start of the run; no time at all.
    pub(crate) const ZERO: Picoseconds = Picoseconds(0);

    /// `nanoseconds` of time, at most the last picosecond.
    pub(crate) const fn from_nanoseconds(nanoseconds: u64) -> Picoseconds {
        Picoseconds(nanoseconds.saturating_mul(PER_NANOSECOND))
    }

    /// An instant outside as one inside; none if it is past the last picosecond.
    pub(crate) fn at(now: Time) -> Option<Picoseconds> {
        // [ssd-time.inside]
        now.nanoseconds().checked_mul(PER_NANOSECOND).map(Picoseconds)
    }

    /// The last instant inside that lies at or before `now`.
    pub(crate) fn up_to(now: Time) -> Picoseconds {
        Picoseconds::from_nanoseconds(now.nanoseconds())
    }

    /// This instant as seen from outside: rounded up.
    pub(crate) fn outside(self) -> Time {
        // [ssd-time.outside]
        Time::from_nanoseconds(self.0.div_ceil(PER_NANOSECOND))
    }

    /// The key by which an event queue sorts this instant: the queue only compares and does not
    /// mind that the unit is another.
    pub(crate) const fn key(self) -> Time {
        Time::from_nanoseconds(self.0)
    }

    /// The instant that a key was made of.
    pub(crate) const fn from_key(key: Time) -> Picoseconds {
        Picoseconds(key.nanoseconds())
    }

    /// How long `bytes` take at a rate; no time without one. Rounded up.
    pub(crate) fn transfer(bytes: u64, bytes_per_second: Option<u64>) -> Picoseconds {
        // [ssd-time.transfer]
        let Some(rate) = bytes_per_second else { return Picoseconds::ZERO };
        let exact = (u128::from(bytes) * u128::from(PER_SECOND)).div_ceil(u128::from(rate.max(1)));
        Picoseconds(u64::try_from(exact).unwrap_or(u64::MAX))
    }
}

impl Add for Picoseconds {
    type Output = Picoseconds;

    fn add(self, other: Picoseconds) -> Picoseconds {
        Picoseconds(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Picoseconds {
    fn add_assign(&mut self, other: Picoseconds) {
        *self = *self + other;
    }
}

/// The transfer times of all lengths up to a page, in sectors, each rounded once.
#[derive(Clone, Debug)]
pub(crate) struct TransferTimes(Vec<Picoseconds>);

impl TransferTimes {
    /// For lengths of 0 to `sectors` sectors at `bytes_per_second`, or without limit.
    pub(crate) fn new(sectors: u32, bytes_per_second: Option<u64>) -> TransferTimes {
        let time = |sectors| Picoseconds::transfer(u64::from(sectors) * 512, bytes_per_second);
        TransferTimes((0..=sectors).map(time).collect())
    }

    /// The time of `sectors` sectors of one page.
    pub(crate) fn of(&self, sectors: u32) -> Picoseconds {
        self.0[sectors as usize]
    }
}

/// Something that serves one at a time, in the order in which they are ready.
///
/// It has no queue: who is booked in order of readiness gets exactly the times of first come,
/// first served.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    free_at: Picoseconds,
}

impl Server {
    /// Books it for `duration` from the instant `ready` on, or from when it is free; start and end.
    pub(crate) fn book(&mut self, ready: Picoseconds, duration: Picoseconds) -> (Picoseconds, Picoseconds) {
        // [ssd-time.server]
        let start = ready.max(self.free_at);
        self.free_at = start + duration;
        (start, self.free_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_rounded_up_only_on_its_way_out() {
        // [ssd-time.inside] [ssd-time.outside]
        let start = Picoseconds::at(Time::from_nanoseconds(7)).unwrap();
        assert_eq!(start, Picoseconds(7_000));
        assert_eq!(start.outside().nanoseconds(), 7);
        assert_eq!((start + Picoseconds(1)).outside().nanoseconds(), 8);
        assert_eq!((start + Picoseconds(1_000)).outside().nanoseconds(), 8);
        assert_eq!(Picoseconds::at(Time::MAX), None);
        assert_eq!(Picoseconds::up_to(Time::MAX), Picoseconds(u64::MAX));
        assert_eq!(Picoseconds(u64::MAX) + Picoseconds(1), Picoseconds(u64::MAX));
    }

    #[test]
    fn a_transfer_is_rounded_up_to_a_picosecond() {
        // [ssd-time.transfer]
        assert_eq!(Picoseconds::transfer(4_096, Some(800_000_000)), Picoseconds(5_120_000));
        assert_eq!(Picoseconds::transfer(4_096, Some(333_000_000)), Picoseconds(12_300_301));
        assert_eq!(Picoseconds::transfer(4_096, None), Picoseconds::ZERO);
        for bytes in (512..=16_384).step_by(512) {
            let slow = Picoseconds::transfer(bytes, Some(333_000_000)).0;
            let fast = Picoseconds::transfer(bytes, Some(666_000_000)).0;
            assert_eq!(fast, slow.div_ceil(2), "{bytes} bytes");
        }
        let times = TransferTimes::new(32, Some(333_000_000));
        assert_eq!((times.of(0), times.of(8)), (Picoseconds::ZERO, Picoseconds(12_300_301)));
    }

    #[test]
    fn a_server_serves_in_order_of_readiness() {
        // [ssd-time.server]
        let mut server = Server::default();
        let mut book = |ready, duration| {
            let (start, end) = server.book(Picoseconds(ready), Picoseconds(duration));
            (start.0, end.0)
        };
        assert_eq!(book(10, 5), (10, 15));
        assert_eq!(book(12, 5), (15, 20));
        assert_eq!(book(30, 0), (30, 30));
        assert_eq!(book(30, 1), (30, 31));
    }
}
