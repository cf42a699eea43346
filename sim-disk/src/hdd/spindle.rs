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
    /// What lies between the head, when it landed, and the edge of angle 0 before the sector that
    /// it waits for, in units: edge(sector) + this = distance to the sector. Wraps below zero.
    offset: u64,
    wanted: u64,
}

impl Spindle {
    /// Platters at `rotation_rpm` revolutions a minute (1 to 100 000), at time 0 turned by so many
    /// millionths of a turn.
    pub fn new(rotation_rpm: u32, starting_angle_millionths: u32) -> Spindle {
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
        let mut ahead = (edge % TURN + TURN - self.angle(landed)) % TURN;
        if ahead > TURN - self.rpm {
            ahead = ahead.wrapping_sub(TURN);
        }
        Pass {
            landed,
            rpm: self.rpm,
            sectors: track.sectors,
            angle: track.angle,
            offset: ahead.wrapping_sub(edge),
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
        self.landed + Duration::from_nanoseconds(self.distance(sector, turns).div_ceil(self.rpm))
    }

    /// When the leading edge of `sector` comes by for the first time.
    pub fn edge(&self, sector: u64) -> Time {
        self.edge_after(sector, 0)
    }

    /// How many turns `sector` has to be let go by so that its leading edge comes at `ready` or
    /// later.
    pub fn turns_until(&self, sector: u64, ready: Time) -> u64 {
        let Some(wait) = ready.since(self.landed).filter(|wait| !wait.is_zero()) else { return 0 };
        // The edge comes at `ready` or later if it is more than this far away.
        let passed = (wait.nanoseconds() - 1) * self.rpm;
        let distance = self.distance(sector, 0);
        if distance > passed { 0 } else { (passed - distance) / TURN + 1 }
    }

    /// How far the platters have to turn, from the landing on, until the edge is there.
    fn distance(&self, sector: u64, turns: u64) -> u64 {
        assert!(sector >= self.wanted, "sector {sector} lies before the first, {}", self.wanted);
        let ahead = edge(self.angle + sector, self.sectors).wrapping_add(self.offset);
        // Only the wanted edge itself can have gone by, by less than a nanosecond.
        let ahead = if ahead > u64::MAX / 2 { 0 } else { ahead };
        ahead + turns * TURN
    }
}
