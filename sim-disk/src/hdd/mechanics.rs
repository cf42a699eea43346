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
