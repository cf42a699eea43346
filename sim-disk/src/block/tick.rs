//! Ticks of the kernel's timer, in which it counts deadlines and ages.

use sim_core::time::{Duration, Time};

/// The length of a tick of the kernel's timer (HZ is 250), in nanoseconds.
const TICK: u64 = 4_000_000;
/// When the first tick comes, in nanoseconds of virtual time.
// [deadline.tick-phase]
const FIRST_TICK: u64 = 400_000;

/// How many ticks there have been at `now`.
// [deadline.ticks]
pub fn ticks(now: Time) -> u64 {
    now.nanoseconds().saturating_add(TICK - FIRST_TICK) / TICK
}

/// How many ticks so many milliseconds are, rounded up.
pub fn ticks_of(milliseconds: u32) -> u64 {
    (u64::from(milliseconds) * 1_000_000).div_ceil(TICK)
}

/// When the tick comes that is the last one of `count`; the start of virtual time for none.
pub fn time_of_tick(count: u64) -> Time {
    let after = count.saturating_sub(1).saturating_mul(TICK).saturating_add(FIRST_TICK);
    Time::ZERO + Duration::from_nanoseconds(if count == 0 { 0 } else { after })
}

#[cfg(test)]
mod tests {
    use super::*;

    // [deadline.ticks] [deadline.tick-phase]
    #[test]
    fn ticks_come_every_4_ms_from_400_us_on() {
        let at = |us: u64| ticks(Time::from_nanoseconds(us * 1_000));
        assert_eq!([0, 399, 400, 4_399, 4_400, 8_400].map(at), [0, 0, 1, 1, 2, 3]);
        for count in [0, 1, 2, 1_000] {
            assert_eq!(ticks(time_of_tick(count)), count);
        }
        assert_eq!([0, 1, 4, 5, 500].map(ticks_of), [0, 1, 1, 2, 125]);
    }
}
