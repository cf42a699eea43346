//! Virtual time: instants and durations in whole nanoseconds.
//!
//! There are no floats in time: whoever has a rate or an angle computes it in integers and says
//! how it rounds. An instant is counted from the start of the run; 2^64 ns are 584 years, and the
//! durations that a scenario may name are bounded far below that where they are read.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

/// An instant of the virtual clock, in nanoseconds since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

/// A length of virtual time, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

impl Time {
    /// The start of the run.
    pub const ZERO: Time = Time(0);
    /// The last instant that can be told.
    pub const MAX: Time = Time(u64::MAX);

    /// The instant `nanoseconds` after the start of the run.
    pub const fn from_nanoseconds(nanoseconds: u64) -> Time {
        Time(nanoseconds)
    }

    /// Nanoseconds since the start of the run.
    pub const fn nanoseconds(self) -> u64 {
        self.0
    }

    /// The length of time from `earlier` to this instant; `None` if `earlier` is later.
    pub fn since(self, earlier: Time) -> Option<Duration> {
        self.0.checked_sub(earlier.0).map(Duration)
    }

    /// The instant `duration` later; `None` past the end of time.
    pub fn checked_add(self, duration: Duration) -> Option<Time> {
        self.0.checked_add(duration.0).map(Time)
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration(0);

    /// A length of `nanoseconds`.
    pub const fn from_nanoseconds(nanoseconds: u64) -> Duration {
        Duration(nanoseconds)
    }

    /// A length of `microseconds`; `None` if it does not fit into 64 bits of nanoseconds.
    pub fn from_microseconds(microseconds: u64) -> Option<Duration> {
        microseconds.checked_mul(1_000).map(Duration)
    }

    /// A length of `milliseconds`; `None` if it does not fit into 64 bits of nanoseconds.
    pub fn from_milliseconds(milliseconds: u64) -> Option<Duration> {
        milliseconds.checked_mul(1_000_000).map(Duration)
    }

    /// The length in nanoseconds.
    pub const fn nanoseconds(self) -> u64 {
        self.0
    }

    /// Whether this is no time at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// `count` times this length; `None` if that overflows.
    pub fn checked_mul(self, count: u64) -> Option<Duration> {
        self.0.checked_mul(count).map(Duration)
    }

    /// The sum; `None` if that overflows.
    pub fn checked_add(self, other: Duration) -> Option<Duration> {
        self.0.checked_add(other.0).map(Duration)
    }

    /// The difference, not below zero.
    pub fn saturating_sub(self, other: Duration) -> Duration {
        Duration(self.0.saturating_sub(other.0))
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    /// Durations are bounded where they are read, so that no run can reach the end of time; a sum
    /// beyond it is a broken invariant.
    fn add(self, duration: Duration) -> Time {
        let sum = self.0.checked_add(duration.0);
        assert!(sum.is_some(), "{self} + {duration} lies past the end of time");
        Time(sum.unwrap_or(u64::MAX))
    }
}

impl AddAssign<Duration> for Time {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub for Time {
    type Output = Duration;

    /// The length of time between two instants in order; the reverse is a broken invariant.
    fn sub(self, earlier: Time) -> Duration {
        assert!(earlier.0 <= self.0, "{self} lies before {earlier}");
        Duration(self.0 - earlier.0)
    }
}

impl Add for Duration {
    type Output = Duration;

    fn add(self, other: Duration) -> Duration {
        let sum = self.0.checked_add(other.0);
        assert!(sum.is_some(), "{self} + {other} overflows");
        Duration(sum.unwrap_or(u64::MAX))
    }
}

impl AddAssign for Duration {
    fn add_assign(&mut self, other: Duration) {
        *self = *self + other;
    }
}

impl Sum for Duration {
    fn sum<I: Iterator<Item = Duration>>(durations: I) -> Duration {
        durations.fold(Duration::ZERO, Add::add)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Duration(self.0).fmt(f)
    }
}

impl fmt::Display for Duration {
    /// Milliseconds with all six decimals, so that columns line up and nothing is rounded.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06} ms", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_and_a_length_add_up() {
        let start = Time::from_nanoseconds(5);
        let later = start + Duration::from_nanoseconds(7);
        assert_eq!(later.nanoseconds(), 12);
        assert_eq!(later - start, Duration::from_nanoseconds(7));
        assert_eq!(start.since(later), None);
    }

    #[test]
    fn sums_beyond_the_end_of_time_are_told() {
        assert_eq!(Time::MAX.checked_add(Duration::from_nanoseconds(1)), None);
        assert_eq!(Duration::from_milliseconds(u64::MAX), None);
        assert_eq!(Duration::from_microseconds(3), Some(Duration::from_nanoseconds(3_000)));
    }

    #[test]
    fn lengths_print_as_milliseconds_without_rounding() {
        assert_eq!(Duration::from_nanoseconds(5_973_121).to_string(), "5.973121 ms");
    }
}
