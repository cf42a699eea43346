//! Lengths and areas, in whole sixteenths of a pixel: the same picture is the same numbers everywhere.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Div, Mul, Sub};

/// A length or a position, in sixteenths of a pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Px(i64);

impl Px {
    pub(crate) const ZERO: Px = Px(0);

    /// Whole pixels.
    pub(crate) const fn new(pixels: i64) -> Px {
        Px(pixels * 16)
    }

    pub(crate) const fn from_sixteenths(sixteenths: i64) -> Px {
        Px(sixteenths)
    }

    pub(crate) const fn sixteenths(self) -> i64 {
        self.0
    }
}

impl Add for Px {
    type Output = Px;

    fn add(self, other: Px) -> Px {
        Px(self.0 + other.0)
    }
}

impl Sub for Px {
    type Output = Px;

    fn sub(self, other: Px) -> Px {
        Px(self.0 - other.0)
    }
}

impl Mul<i64> for Px {
    type Output = Px;

    fn mul(self, factor: i64) -> Px {
        Px(self.0 * factor)
    }
}

impl Div<i64> for Px {
    type Output = Px;

    fn div(self, divisor: i64) -> Px {
        Px(self.0.div_euclid(divisor))
    }
}

impl Sum for Px {
    fn sum<I: Iterator<Item = Px>>(lengths: I) -> Px {
        lengths.fold(Px::ZERO, Add::add)
    }
}

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / 16, self.0.unsigned_abs() % 16);
        let decimals = format!("{:04}", rest * 625);
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            decimals => write!(f, "{sign}{whole}.{decimals}"),
        }
    }
}

/// A rectangle, by its edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) left: Px,
    pub(crate) top: Px,
    pub(crate) right: Px,
    pub(crate) bottom: Px,
}

impl Area {
    /// The place of its middle, from left to right.
    pub(crate) fn middle(self) -> Px {
        (self.left + self.right) / 2
    }

    pub(crate) fn width(self) -> Px {
        self.right - self.left
    }

    pub(crate) fn height(self) -> Px {
        self.bottom - self.top
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_exactly() {
        let written: Vec<_> =
            [0, 16, 1, 8, -8, 15, 16_000].map(|length| Px(length).to_string()).into_iter().collect();
        assert_eq!(written, ["0", "1", "0.0625", "0.5", "-0.5", "0.9375", "1000"]);
    }
}
