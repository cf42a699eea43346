//! The platters' angle, exact at every instant.
//!
//! A turn is divided into [`TURN`] units, as many as there are nanoseconds in a minute: at `n`
//! revolutions a minute the platters turn by exactly `n` units in a nanosecond, so the angle is a
//! whole number at every instant and nothing drifts. Leading edges of sectors are rounded down to a
//! unit; the instant of an edge is the first nanosecond at or after it.

use sim_core::time::{Duration, Time};

use crate::hdd::geometry::Track;

/// The units of a turn.
pub const TURN: u64 = 60_000_000_000;

/// Platters that turn evenly.
#[derive(Clone, Copy, Debug)]
pub struct Spindle {
    rpm: u64,
    start: u64,
}

/// A head on a track: when each sector comes by, from the one it waits for on.
///
/// All instants are worked out from the angle at one instant, so roundings do not add up.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    landed: Time,
    rpm: u64,
    sectors: u64,
    /// The angle of sector 0 in sectors.
    angle: u64,
    /// What to add to an edge's angle in units for its distance from where the head was a nanosecond
    /// before it landed. Wraps below zero.
    offset: u64,
    wanted: u64,
}

impl Spindle {
    /// Platters at `rotation_rpm` revolutions a minute (1 to 100 000), at time 0 turned by so many
    /// millionths of a turn.
    pub(crate) fn new(rotation_rpm: u32, starting_angle_millionths: u32) -> Spindle {
        let start = u64::from(starting_angle_millionths) * (TURN / 1_000_000) % TURN;
        Spindle { rpm: rotation_rpm.into(), start }
    }

    /// The angle at `at`, in units of a turn.
    pub fn angle(&self, at: Time) -> u64 {
        // [hdd-mechanics.rotation]
        ((at.nanoseconds() % TURN) * self.rpm + self.start) % TURN
    }

    /// A head that lands on a track at `landed` and waits for `sector`.
    ///
    /// An edge that has gone by less than a nanosecond ago counts as just coming: instants are
    /// rounded up to the nanosecond, and whoever arrives with the edge must not lose a turn.
    pub fn pass(&self, landed: Time, track: &Track<'_>, sector: u64) -> Pass {
        // [hdd-mechanics.rotation]
        let edge = edge(track.angle + sector, track.sectors);
        let ahead = edge % TURN + TURN - self.angle(landed);
        let distance = (ahead + self.rpm - 1) % TURN + 1;
        Pass {
            landed,
            rpm: self.rpm,
            sectors: track.sectors,
            angle: track.angle,
            offset: distance.wrapping_sub(edge),
            wanted: sector,
        }
    }
}

/// Where the leading edge of the sector at `angle` (in sectors, over as many turns as it says)
/// lies, in units, rounded down.
fn edge(angle: u64, sectors: u64) -> u64 {
    angle * TURN / sectors
}

impl Pass {
    /// When the leading edge of `sector` comes by, after `turns` more turns than it has to.
    /// `sector` is at or behind the one that the head waits for; the one behind the track's last is
    /// its trailing edge.
    pub fn edge_after(&self, sector: u64, turns: u64) -> Time {
        let distance = self.distance(sector) + turns * TURN;
        self.landed + Duration::from_nanoseconds(distance.div_ceil(self.rpm) - 1)
    }

    /// When the leading edge of `sector` comes by for the first time.
    pub fn edge(&self, sector: u64) -> Time {
        self.edge_after(sector, 0)
    }

    /// How many turns `sector` has to be let go by so that its leading edge comes at `ready` or
    /// later.
    pub fn turns_until(&self, sector: u64, ready: Time) -> u64 {
        let Some(wait) = ready.since(self.landed) else { return 0 };
        let passed = wait.nanoseconds() * self.rpm;
        let distance = self.distance(sector);
        if distance > passed { 0 } else { (passed - distance) / TURN + 1 }
    }

    /// How far the platters have to turn, from a nanosecond before the landing on, until the edge
    /// is there; at least one unit.
    fn distance(&self, sector: u64) -> u64 {
        assert!(sector >= self.wanted, "sector {sector} lies before the first, {}", self.wanted);
        edge(self.angle + sector, self.sectors).wrapping_add(self.offset)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hdd::geometry::Geometry;
    use crate::hdd::tests::drives::{bare, tiny};

    /// One track of `sectors` sectors, turned by `angle`.
    fn one_track(sectors: u32, angle: u32) -> Geometry {
        let mut parameters = bare(1, 1, sectors);
        parameters.zones[0].angle_offset_sectors = angle;
        Geometry::new(&parameters).expect("a geometry")
    }

    #[test]
    fn the_angle_does_not_drift() {
        // [hdd-mechanics.rotation]
        let spindle = Spindle::new(7_199, 250_000);
        assert_eq!(spindle.angle(Time::ZERO), TURN / 4);
        // A whole number of turns in each minute, however many there were.
        let minutes = 200_000_000;
        assert_eq!(spindle.angle(Time::from_nanoseconds(minutes * TURN)), TURN / 4);
        assert_eq!(spindle.angle(Time::from_nanoseconds(minutes * TURN + 3)), TURN / 4 + 3 * 7_199);
    }

    #[test]
    fn a_head_that_comes_with_the_edge_or_just_behind_it_does_not_wait() {
        // [hdd-mechanics.rotation]
        let geometry = one_track(7, 0);
        let (track, sector) = geometry.locate(3);
        let spindle = Spindle::new(tiny().rotation_rpm, 0);
        let edge = spindle.pass(Time::ZERO, &track, sector).edge(sector);
        // 3/7 of 10 ms is no whole number of nanoseconds: at `edge` the sector has begun to pass.
        assert_eq!(edge.nanoseconds(), 4_285_715);
        assert_eq!(spindle.pass(edge, &track, sector).edge(sector), edge);
        let late = edge + Duration::from_nanoseconds(1);
        assert_eq!(spindle.pass(late, &track, sector).edge(sector).nanoseconds(), 14_285_715);
    }

    proptest! {
        #[test]
        fn an_edge_comes_at_the_first_nanosecond_that_has_turned_so_far(
            // The slower the platters, the more of their edges fall on whole nanoseconds.
            rpm in prop_oneof![1_u32..8, 1_u32..=100_000],
            (start, landed) in (0_u32..1_000_000, 0..u64::MAX / 4),
            (sectors, angle, wanted, further) in (1_u32..3_000, 0_u32..3_000, any::<u64>(), any::<u64>()),
            turns in 0_u64..3,
        ) {
            // [hdd-mechanics.rotation]
            let geometry = one_track(sectors, angle);
            let (track, wanted) = geometry.locate(wanted % u64::from(sectors));
            let sector = wanted + further % (u64::from(sectors) - wanted + 1);
            let spindle = Spindle::new(rpm, start);
            let pass = spindle.pass(Time::from_nanoseconds(landed), &track, wanted);
            let at = pass.edge_after(sector, turns).nanoseconds();
            // All that has turned since time 0, in units, in 128 bits.
            let turned = |time: u64| u128::from(time) * u128::from(rpm) + u128::from(start) * 60_000;
            let edge = (track.angle + sector) * TURN / track.sectors % TURN;
            let past = (turned(at) + u128::from(TURN - edge)) % u128::from(TURN);
            prop_assert!(past < u128::from(rpm), "{past} units past the edge at {at}");
            let waited = turned(at) - turned(landed);
            let least = u128::from(turns) * u128::from(TURN);
            prop_assert!(waited >= least && waited < least + 2 * u128::from(TURN) + u128::from(rpm));
            if sector == wanted {
                prop_assert!(waited < least + u128::from(TURN) + u128::from(rpm));
            }
        }

        #[test]
        fn a_sector_is_let_go_by_as_often_as_it_has_to(
            (rpm, landed, sectors) in (1_000_u32..20_000, 0_u64..1_000_000_000, 1_u32..500),
            (wanted, after) in (any::<u64>(), 0_u64..100_000_000),
        ) {
            // [hdd-writes.lost-turn]
            let geometry = one_track(sectors, 0);
            let (track, sector) = geometry.locate(wanted % u64::from(sectors));
            let landed = Time::from_nanoseconds(landed);
            let pass = Spindle::new(rpm, 0).pass(landed, &track, sector);
            let ready = landed + Duration::from_nanoseconds(after);
            let turns = pass.turns_until(sector, ready);
            prop_assert!(pass.edge_after(sector, turns) >= ready);
            prop_assert!(turns == 0 || pass.edge_after(sector, turns - 1) < ready);
        }
    }
}
