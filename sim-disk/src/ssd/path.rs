//! The way of a command through the drive, as its parts.

use sim_core::io::{Part, Parts};
use sim_core::time::Time;

use super::picoseconds::Picoseconds;

/// An unbroken list of instants, each interval with one part; only the last instant and the sums
/// are kept. Each instant is rounded up to a nanosecond and a part is the sum of differences, so
/// that the parts add up to the response exactly.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Path {
    last: Time,
    parts: Parts,
}

impl Path {
    /// A way that begins at `now`.
    pub(crate) fn from(now: Time) -> Path {
        Path { last: now, parts: Parts::default() }
    }

    /// The time up to `until` went into `part`.
    pub(crate) fn step(&mut self, part: Part, until: Picoseconds) {
        // [ssd-parts.path]
        let until = until.outside();
        self.parts.add(part, until - self.last);
        self.last = until;
    }

    /// The parts so far.
    pub(crate) fn parts(&self) -> Parts {
        self.parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_path_add_up_although_each_instant_is_rounded() {
        // [ssd-parts.path]
        let third = Picoseconds::transfer(1, Some(3_000_000_000));
        let mut path = Path::from(Time::from_nanoseconds(5));
        let mut at = Picoseconds::from_nanoseconds(5);
        for part in [Part::Bus, Part::Array, Part::Bus, Part::Channel] {
            at += third;
            path.step(part, at);
        }
        let parts = path.parts();
        let nanoseconds = |part| parts.get(part).nanoseconds();
        assert_eq!((nanoseconds(Part::Bus), nanoseconds(Part::Array), nanoseconds(Part::Channel)), (2, 0, 0));
        assert_eq!(parts.total(), at.outside() - Time::from_nanoseconds(5));
    }
}
