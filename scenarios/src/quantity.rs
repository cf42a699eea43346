//! Quantities as scenario files and calls write them: `64KiB`, `61.5KiB`, `8.3ms`.
//!
//! Decimals are exact: a quantity that is no whole number of bytes or nanoseconds is refused, and
//! nothing is rounded. A unit is never guessed.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};
use sim_core::time::Duration;

/// The longest time that may be named: 365 days, in nanoseconds.
pub const LONGEST: u64 = 365 * 24 * 3_600 * 1_000_000_000;

/// The schema's `format` of a size.
pub const SIZE_FORMAT: &str = "size";
/// The schema's `format` of a length of time.
pub const TIME_FORMAT: &str = "time";

/// Why a text is not a quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// It does not begin with a number.
    #[error("expected a number and a unit, such as \"{example}\"")]
    NotANumber {
        /// A right one.
        example: &'static str,
    },
    /// A size without a unit.
    #[error("a size needs a unit: \"{0}B\", \"{0}KiB\" or \"{0}kB\"?")]
    SizeWithoutUnit(String),
    /// A time without a unit.
    #[error("a time needs a unit: \"{0}ns\", \"{0}us\", \"{0}ms\" or \"{0}s\"?")]
    TimeWithoutUnit(String),
    /// A unit that may mean 1000 or 1024.
    #[error("\"{number}{unit}\" is ambiguous: {number}{binary} or {number}{decimal}?")]
    Ambiguous {
        /// The number.
        number: String,
        /// The unit as it was written.
        unit: String,
        /// The unit of powers of 1024.
        binary: &'static str,
        /// The unit of powers of 1000.
        decimal: &'static str,
    },
    /// No such unit.
    #[error("unknown unit \"{unit}\"; expected one of {known}")]
    UnknownUnit {
        /// The unit as it was written.
        unit: String,
        /// What there is.
        known: String,
    },
    /// A part of a byte or nanosecond.
    #[error("\"{text}\" is not a whole number of {smallest}")]
    NotWhole {
        /// The quantity.
        text: String,
        /// What cannot be divided.
        smallest: &'static str,
    },
    /// Beyond what can be counted, or a time of more than a year.
    #[error("\"{text}\" is too large; the most is {most}")]
    TooLarge {
        /// The quantity.
        text: String,
        /// The limit.
        most: &'static str,
    },
}

/// A kind of quantity: its units with their factors, from the smallest.
struct Kind {
    units: &'static [(&'static str, u64)],
    example: &'static str,
    smallest: &'static str,
    most: u64,
    most_shown: &'static str,
    without_unit: fn(String) -> QuantityError,
}

const SIZES: Kind = Kind {
    units: &[
        ("B", 1),
        ("kB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("TiB", 1 << 40),
    ],
    example: "64KiB",
    smallest: "bytes",
    // File offsets are signed 64-bit numbers.
    most: i64::MAX as u64,
    most_shown: "2^63 - 1 bytes",
    without_unit: QuantityError::SizeWithoutUnit,
};

const TIMES: Kind = Kind {
    units: &[("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)],
    example: "5ms",
    smallest: "nanoseconds",
    most: LONGEST,
    most_shown: "365 days",
    without_unit: QuantityError::TimeWithoutUnit,
};

/// Units that people write and that may mean one thing or another.
const AMBIGUOUS: [(&str, &str, &str); 7] = [
    ("K", "KiB", "kB"),
    ("k", "KiB", "kB"),
    ("KB", "KiB", "kB"),
    ("M", "MiB", "MB"),
    ("m", "MiB", "MB"),
    ("G", "GiB", "GB"),
    ("g", "GiB", "GB"),
];

/// A size in bytes, from `64KiB` and the like. Units: B, kB, MB, GB, KiB, MiB, GiB, TiB.
///
/// # Errors
/// [`QuantityError`], if the text is no such size or is 2^63 bytes or more.
pub fn parse_size(text: &str) -> Result<u64, QuantityError> {
    parse(text, &SIZES)
}

/// A length of time, from `5ms` and the like, up to 365 days. Units: ns, us, ms, s.
///
/// # Errors
/// [`QuantityError`], if the text is no such time or is longer than 365 days.
pub fn parse_time(text: &str) -> Result<Duration, QuantityError> {
    parse(text, &TIMES).map(Duration::from_nanoseconds)
}

fn parse(text: &str, kind: &Kind) -> Result<u64, QuantityError> {
    let number_end =
        text.find(|letter: char| !(letter.is_ascii_digit() || letter == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(number_end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
        return Err(QuantityError::NotANumber { example: kind.example });
    }
    let factor = factor(number, unit, kind)?;
    let too_large = || QuantityError::TooLarge { text: text.to_owned(), most: kind.most_shown };
    let whole: u64 = whole.parse().map_err(|_| too_large())?;
    let value = whole.checked_mul(factor).ok_or_else(too_large)?;
    let part = fraction_of(fraction, factor)
        .ok_or_else(|| QuantityError::NotWhole { text: text.to_owned(), smallest: kind.smallest })?;
    let value = value.checked_add(part).ok_or_else(too_large)?;
    if value > kind.most { Err(too_large()) } else { Ok(value) }
}

fn factor(number: &str, unit: &str, kind: &Kind) -> Result<u64, QuantityError> {
    if unit.is_empty() {
        return Err((kind.without_unit)(number.to_owned()));
    }
    if let Some(&(_, factor)) = kind.units.iter().find(|(name, _)| *name == unit) {
        return Ok(factor);
    }
    let sizes = kind.smallest == SIZES.smallest;
    if let Some(&(_, binary, decimal)) = AMBIGUOUS.iter().find(|(name, ..)| sizes && *name == unit) {
        return Err(QuantityError::Ambiguous {
            number: number.to_owned(),
            unit: unit.to_owned(),
            binary,
            decimal,
        });
    }
    let known: Vec<&str> = kind.units.iter().map(|(name, _)| *name).collect();
    Err(QuantityError::UnknownUnit { unit: unit.to_owned(), known: known.join(", ") })
}

/// `0.fraction * factor`, if that is a whole number.
///
/// From the last digit to the first: `value = (digit * factor + value) / 10`. With the zeros at the
/// end gone, the result is whole only if each step's is: the last digit that is not 0 would leave a
/// remainder that no earlier one can make up for.
fn fraction_of(fraction: &str, factor: u64) -> Option<u64> {
    fraction.trim_end_matches('0').bytes().rev().try_fold(0_u64, |value, digit| {
        let sum = u64::from(digit - b'0').checked_mul(factor)?.checked_add(value)?;
        sum.is_multiple_of(10).then_some(sum / 10)
    })
}

/// The quantity in the largest of `units` that shows it as a whole number.
fn show(f: &mut fmt::Formatter<'_>, value: u64, units: &[(&str, u64)]) -> fmt::Result {
    let fits = |&&(_, factor): &&(&str, u64)| value != 0 && value.is_multiple_of(factor);
    match units.iter().rev().find(fits) {
        Some((unit, factor)) => write!(f, "{}{unit}", value / factor),
        None => write!(f, "{value}{}", units[0].0),
    }
}

/// A size in bytes; in files a string with a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(f, self.0, &[("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)])
    }
}

/// A length of time; in files a string with a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeSpan(pub Duration);

impl TimeSpan {
    /// `nanoseconds` of time.
    pub const fn from_nanoseconds(nanoseconds: u64) -> TimeSpan {
        TimeSpan(Duration::from_nanoseconds(nanoseconds))
    }
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(f, self.0.nanoseconds(), TIMES.units)
    }
}

macro_rules! as_text {
    ($name:ident, $parse:expr, $format:expr, $title:literal, $example:literal) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <Cow<'de, str>>::deserialize(deserializer)?;
                $parse(&text).map($name).map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "format": $format,
                    "description": $title,
                    "examples": [$example],
                })
            }
        }
    };
}

as_text!(
    Size,
    parse_size,
    SIZE_FORMAT,
    "A size with its unit: B, kB, MB, GB, KiB, MiB, GiB or TiB.",
    "64KiB"
);
as_text!(TimeSpan, parse_time, TIME_FORMAT, "A length of time with its unit: ns, us, ms or s.", "5ms");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimals_are_exact_or_refused() {
        assert_eq!(parse_size("61.5KiB"), Ok(62_976));
        assert_eq!(parse_size("0.0009765625KiB"), Ok(1));
        assert_eq!(parse_size("1.50B").unwrap_err().to_string(), "\"1.50B\" is not a whole number of bytes");
        assert_eq!(parse_time("8.3ms"), Ok(Duration::from_nanoseconds(8_300_000)));
        assert!(matches!(parse_time("0.5ns"), Err(QuantityError::NotWhole { .. })));
        assert_eq!(parse_size("0.0000000000009094947017729282379150390625TiB"), Ok(1));
        assert!(parse_size("0.0000000000009094947017729282379150390626TiB").is_err());
    }

    #[test]
    fn a_unit_is_never_guessed() {
        assert_eq!(parse_size("128K").unwrap_err().to_string(), "\"128K\" is ambiguous: 128KiB or 128kB?");
        assert_eq!(
            parse_time("5").unwrap_err().to_string(),
            "a time needs a unit: \"5ns\", \"5us\", \"5ms\" or \"5s\"?"
        );
        assert!(matches!(parse_size("4096"), Err(QuantityError::SizeWithoutUnit(_))));
        assert!(matches!(parse_time("5min"), Err(QuantityError::UnknownUnit { .. })));
    }

    #[test]
    fn what_is_no_number_or_too_large_is_refused() {
        for text in ["", "KiB", ".5KiB", "5.KiB", "1.2.3KiB", "-1KiB", "+1KiB"] {
            assert!(matches!(parse_size(text), Err(QuantityError::NotANumber { .. })), "{text}");
        }
        assert!(parse_size("8388607TiB").is_ok());
        for text in ["8388608TiB", "99999999999999999999B", "99999999TiB"] {
            assert!(matches!(parse_size(text), Err(QuantityError::TooLarge { .. })), "{text}");
        }
        assert!(parse_time("31536000s").is_ok());
        assert!(matches!(parse_time("31536000.000000001s"), Err(QuantityError::TooLarge { .. })));
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_as_the_same_quantity(value in 0..=LONGEST) {
            prop_assert_eq!(parse_size(&Size(value).to_string()), Ok(value));
            let time = Duration::from_nanoseconds(value);
            prop_assert_eq!(parse_time(&TimeSpan(time).to_string()), Ok(time));
        }

        #[test]
        fn a_decimal_means_what_its_digits_say(whole in 0_u64..1_000_000, thousandths in 0_u64..1_000) {
            let text = format!("{whole}.{thousandths:03}ms");
            let expected = whole * 1_000_000 + thousandths * 1_000;
            prop_assert_eq!(parse_time(&text), Ok(Duration::from_nanoseconds(expected)));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9.]{0,45}[A-Za-z]{0,4}") {
            let _ = (parse_size(&text), parse_time(&text));
        }
    }
}
