//! The arm: seeks, head switches, and the settling of writes.
//!
//! Seek times are measured curves (or Ruemmler and Wilkes' formula, "An introduction to disk drive
//! modeling", 1994), made into a table of nanoseconds when the drive is built, with integers only.

use sim_core::io::Part;
use sim_core::time::Duration;

use crate::hdd::parameters::{Hplplus10, MOST_TIME_NS, Parameters, ParametersError, Seek};

/// What the arm moves for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// To read.
    Read,
    /// To write.
    Write,
}

/// Where the arm is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arm {
    /// The cylinder.
    pub cylinder: u32,
    /// The head in use.
    pub head: u32,
}

/// A positioning, split up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Positioning {
    /// What gives it its name: seek or head switch.
    pub part: Part,
    /// How long that takes.
    pub time: Duration,
    /// How much longer a write settles.
    pub settle: Duration,
}

/// The times of the arm.
#[derive(Clone, Debug)]
pub struct Mechanics {
    /// By distance in cylinders, in ns.
    seek: Vec<u32>,
    head_switch: u64,
    write_settle_extra: i64,
    minimum_seek_delay: u64,
}

impl Mechanics {
    /// Builds the table of seeks.
    ///
    /// # Errors
    /// [`ParametersError`] if the curve is no curve, or leads out of 0 to a second.
    pub fn new(parameters: &Parameters) -> Result<Mechanics, ParametersError> {
        parameters.check_ranges()?;
        if let Seek::Extracted { points_cylinders_ns: points } = &parameters.seek {
            check_points(points)?;
        }
        // Also a drive of one cylinder has a seek over 1: reads take at least that.
        let distances = parameters.cylinders.max(2);
        let seek =
            (0..distances).map(|distance| seek_time(&parameters.seek, distance)).collect::<Result<_, _>>()?;
        Ok(Mechanics {
            seek,
            head_switch: parameters.head_switch_ns,
            write_settle_extra: parameters.write_settle_extra_ns,
            minimum_seek_delay: parameters.controller.minimum_seek_delay_ns,
        })
    }

    /// The time of a seek over `distance` cylinders, which must be below the drive's.
    pub fn seek(&self, distance: u32) -> Duration {
        Duration::from_nanoseconds(self.seek[distance as usize].into())
    }

    /// Moving from one track to another. `first` tells the first positioning of a request from
    /// going on to the next track within it.
    pub fn position(&self, from: Arm, to: Arm, kind: Kind, first: bool) -> Positioning {
        // [hdd-mechanics.positioning]
        let mut time = u64::from(self.seek[from.cylinder.abs_diff(to.cylinder) as usize]);
        if kind == Kind::Read && first {
            // [hdd-mechanics.read-minimum]
            time = time.max(self.seek[1].into());
        }
        // [hdd-parts.positioning]
        let mut part = Part::Seek;
        if from.head != to.head && self.head_switch > time {
            (part, time) = (Part::HeadSwitch, self.head_switch);
        }
        let mut settle = 0;
        if kind == Kind::Write {
            if time > 0 {
                settle = u64::try_from(self.write_settle_extra).unwrap_or(0);
                time = if settle > 0 { time } else { time.saturating_add_signed(self.write_settle_extra) };
            }
            if first {
                // [hdd-writes.start]
                time = time.max(self.minimum_seek_delay.saturating_sub(settle));
            }
        }
        Positioning {
            part,
            time: Duration::from_nanoseconds(time),
            settle: Duration::from_nanoseconds(settle),
        }
    }
}

fn check_points(points: &[(u32, u64)]) -> Result<(), ParametersError> {
    if points.len() < 2 || points.first().is_none_or(|&(distance, _)| distance != 1) {
        return Err(ParametersError::SeekPoints);
    }
    if let Some(pair) = points.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
        return Err(ParametersError::SeekOrder { distance: pair[1].0 });
    }
    match points.iter().find(|&&(_, time)| time > MOST_TIME_NS) {
        Some(&(distance, time)) => Err(ParametersError::SeekTime { distance, time: time.into() }),
        None => Ok(()),
    }
}

/// The time of a seek over `distance` cylinders in ns, rounded to the nearest.
fn seek_time(seek: &Seek, distance: u32) -> Result<u32, ParametersError> {
    if distance == 0 {
        return Ok(0);
    }
    let time = match seek {
        Seek::Extracted { points_cylinders_ns: points } => extracted(points, distance),
        Seek::Hplplus10(curve) => hplplus10(curve, distance),
    };
    match u32::try_from(time) {
        Ok(fits) if u64::from(fits) <= MOST_TIME_NS => Ok(fits),
        _ => Err(ParametersError::SeekTime { distance, time }),
    }
}

/// On the straight line between the points around the distance, or through the last two.
fn extracted(points: &[(u32, u64)], distance: u32) -> i128 {
    // [hdd-mechanics.seek-extracted]
    let above = points.partition_point(|&(point, _)| point < distance).clamp(1, points.len() - 1);
    let [(x0, y0), (x1, y1)] = [points[above - 1], points[above]];
    let rise = i128::from(y1) - i128::from(y0);
    let run = i128::from(x1) - i128::from(x0);
    let twice = 2 * rise * (i128::from(distance) - i128::from(x0)) + run;
    i128::from(y0) + twice.div_euclid(2 * run)
}

/// A table, then a constant and a square root, then a constant and a straight line.
fn hplplus10(curve: &Hplplus10, distance: u32) -> i128 {
    // [hdd-mechanics.seek-hplplus10]
    if let Some(&time) = curve.first_distances_ns.get(distance as usize - 1) {
        i128::from(time)
    } else if distance < curve.boundary_cylinders {
        // factor * sqrt(distance) = sqrt(factor^2 * distance), doubled so that it can be rounded.
        let factor = u128::from(curve.short_square_root_ns) * 2;
        let doubled = factor.saturating_mul(factor).saturating_mul(distance.into()).isqrt();
        i128::from(curve.short_constant_ns) + i128::try_from(doubled.div_ceil(2)).unwrap_or(i128::MAX / 2)
    } else {
        i128::from(curve.long_constant_ns) + i128::from(curve.long_per_cylinder_ns) * i128::from(distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hdd::tests::drives::tiny;

    fn table(seek: Seek, cylinders: u32) -> Result<Mechanics, ParametersError> {
        Mechanics::new(&Parameters { seek, cylinders, ..tiny() })
    }

    fn extracted(points: &[(u32, u64)], cylinders: u32) -> Result<Mechanics, ParametersError> {
        table(Seek::Extracted { points_cylinders_ns: points.to_vec() }, cylinders)
    }

    /// A positioning of the tiny drive as (part, time, settle) in ns.
    fn moved(
        change: impl FnOnce(&mut Parameters),
        to: (u32, u32),
        kind: Kind,
        first: bool,
    ) -> (Part, u64, u64) {
        let mut parameters = tiny();
        change(&mut parameters);
        let to = Arm { cylinder: to.0, head: to.1 };
        let mechanics = Mechanics::new(&parameters).expect("a curve");
        let Positioning { part, time, settle } = mechanics.position(Arm::default(), to, kind, first);
        (part, time.nanoseconds(), settle.nanoseconds())
    }

    #[test]
    fn a_measured_curve_is_linear_between_and_beyond_its_points() {
        // [hdd-mechanics.seek-extracted]
        let mechanics = extracted(&[(1, 100), (4, 200), (6, 170)], 10).expect("a curve");
        let times: Vec<_> = (0..10).map(|distance| mechanics.seek(distance).nanoseconds()).collect();
        assert_eq!(times, [0, 100, 133, 167, 200, 185, 170, 155, 140, 125]);
    }

    #[test]
    fn a_curve_by_formula_is_a_table_then_a_root_then_a_line() {
        // [hdd-mechanics.seek-hplplus10] The HP C2247A's, whose figures are exact to 0.01 ms.
        let first_ten = [289, 368, 381, 398, 427, 465, 452, 465, 482, 499];
        let curve = Hplplus10 {
            first_distances_ns: first_ten.iter().map(|time| time * 10_000).collect(),
            boundary_cylinders: 300,
            short_constant_ns: 3_810_000,
            short_square_root_ns: 330_000,
            long_constant_ns: 7_750_000,
            long_per_cylinder_ns: 5_900,
        };
        let mechanics = table(Seek::Hplplus10(curve), 2_051).expect("a curve");
        let times = [0, 1, 10, 11, 16, 225, 299, 300, 2_050].map(|d| mechanics.seek(d).nanoseconds());
        // 3.81 + 0.33 sqrt(11) = 4.904486...; sqrt(16) = 4; sqrt(225) = 15; sqrt(299) = 17.291616...
        let by_hand =
            [0, 2_890_000, 4_990_000, 4_904_486, 5_130_000, 8_760_000, 9_516_233, 9_520_000, 19_845_000];
        assert_eq!(times, by_hand);
    }

    #[test]
    fn curves_that_are_none_are_refused() {
        use ParametersError as Error;
        assert_eq!(extracted(&[(1, 5)], 4).expect_err("one point"), Error::SeekPoints);
        assert_eq!(extracted(&[(2, 5), (3, 6)], 4).expect_err("no point at 1"), Error::SeekPoints);
        let order = extracted(&[(1, 5), (3, 6), (3, 7)], 4).expect_err("twice the same");
        assert_eq!(order, Error::SeekOrder { distance: 3 });
        let falling = extracted(&[(1, 5), (2, 3)], 9).expect_err("below nothing");
        assert_eq!(falling, Error::SeekTime { distance: 4, time: -1 });
        let long = extracted(&[(1, 5), (2, 2_000_000_000)], 9).expect_err("two seconds");
        assert_eq!(long, Error::SeekTime { distance: 2, time: 2_000_000_000 });
        let steep = Hplplus10 {
            first_distances_ns: Vec::new(),
            boundary_cylinders: u32::MAX,
            short_constant_ns: u64::MAX,
            short_square_root_ns: u64::MAX,
            long_constant_ns: 0,
            long_per_cylinder_ns: 0,
        };
        assert!(matches!(
            table(Seek::Hplplus10(steep), 9).expect_err("longer than a second"),
            Error::SeekTime { distance: 1, .. }
        ));
    }

    #[test]
    fn a_positioning_is_the_longer_of_seek_and_head_switch() {
        // [hdd-mechanics.positioning] [hdd-parts.positioning]
        let slow_switch = |drive: &mut Parameters| drive.head_switch_ns = 2_500_000;
        assert_eq!(moved(slow_switch, (1, 0), Kind::Read, false), (Part::Seek, 2_000_000, 0));
        assert_eq!(moved(slow_switch, (1, 1), Kind::Read, false), (Part::HeadSwitch, 2_500_000, 0));
        assert_eq!(moved(|_| (), (1, 1), Kind::Read, false), (Part::Seek, 2_000_000, 0));
        assert_eq!(moved(|_| (), (0, 1), Kind::Read, false), (Part::HeadSwitch, 1_000_000, 0));
        assert_eq!(moved(|_| (), (0, 0), Kind::Read, false), (Part::Seek, 0, 0));
    }

    #[test]
    fn the_first_positioning_of_a_read_takes_at_least_a_seek_over_one() {
        // [hdd-mechanics.read-minimum]
        assert_eq!(moved(|_| (), (0, 0), Kind::Read, true), (Part::Seek, 2_000_000, 0));
        assert_eq!(moved(|_| (), (0, 1), Kind::Read, true), (Part::Seek, 2_000_000, 0));
        assert_eq!(moved(|_| (), (3, 0), Kind::Read, true), (Part::Seek, 4_000_000, 0));
        let slow_switch = |drive: &mut Parameters| drive.head_switch_ns = 2_500_000;
        assert_eq!(moved(slow_switch, (0, 1), Kind::Read, true), (Part::HeadSwitch, 2_500_000, 0));
    }

    #[test]
    fn a_write_settles_longer_or_shorter_but_never_less_than_nothing() {
        // [hdd-mechanics.positioning] [hdd-writes.start] [hdd-parts.positioning]
        assert_eq!(moved(|_| (), (1, 0), Kind::Write, false), (Part::Seek, 2_000_000, 500_000));
        assert_eq!(moved(|_| (), (0, 0), Kind::Write, false), (Part::Seek, 0, 0));
        let faster = |drive: &mut Parameters| drive.write_settle_extra_ns = -600_000;
        assert_eq!(moved(faster, (1, 0), Kind::Write, false), (Part::Seek, 1_400_000, 0));
        let at_once = |drive: &mut Parameters| drive.write_settle_extra_ns = -3_000_000;
        assert_eq!(moved(at_once, (0, 1), Kind::Write, false), (Part::HeadSwitch, 0, 0));
        assert_eq!(moved(at_once, (0, 1), Kind::Write, true), (Part::HeadSwitch, 100_000, 0));
        assert_eq!(moved(|_| (), (0, 0), Kind::Write, true), (Part::Seek, 100_000, 0));
        let patient = |drive: &mut Parameters| drive.controller.minimum_seek_delay_ns = 2_600_000;
        assert_eq!(moved(patient, (1, 0), Kind::Write, true), (Part::Seek, 2_100_000, 500_000));
        assert_eq!(moved(patient, (1, 0), Kind::Write, false), (Part::Seek, 2_000_000, 500_000));
    }
}
