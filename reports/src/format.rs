//! Numbers as a reader wants them: grouped thousands, and times in a unit that suits them.
//!
//! Integer arithmetic only, so that a figure looks the same on every platform.

/// A unit that times are written in, with a fixed number of decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeScale {
    /// The unit's name: `ns`, `us`, `ms` or `s`.
    pub unit: &'static str,
    nanoseconds: u64,
    decimals: usize,
}

impl TimeScale {
    const ALL: [TimeScale; 4] = [
        TimeScale { unit: "s", nanoseconds: 1_000_000_000, decimals: 3 },
        TimeScale { unit: "ms", nanoseconds: 1_000_000, decimals: 3 },
        TimeScale { unit: "us", nanoseconds: 1_000, decimals: 3 },
        TimeScale { unit: "ns", nanoseconds: 1, decimals: 0 },
    ];

    /// The unit for a row or a section whose largest time is `largest` nanoseconds. Seconds begin
    /// at ten of them: the times of disks are read in milliseconds.
    pub fn for_largest(largest: u128) -> TimeScale {
        let [seconds, milliseconds, microseconds, nanoseconds] = TimeScale::ALL;
        match largest {
            10_000_000_000.. => seconds,
            1_000_000.. => milliseconds,
            1_000.. => microseconds,
            0.. => nanoseconds,
        }
    }

    /// `nanoseconds` in this unit, without the unit's name, rounded to the nearest; a time that is
    /// not zero but would round to zero is written as below the smallest step (`<0.001`).
    pub fn format(self, nanoseconds: u128) -> String {
        let steps = self.steps(nanoseconds);
        if steps == 0 && nanoseconds > 0 {
            return format!("<{}", decimal(1, self.decimals));
        }
        decimal(steps, self.decimals)
    }

    /// `nanoseconds` in this unit, without the unit's name and with no more decimals than it has, for
    /// a tick of an axis: `2.5`.
    pub fn exact(self, nanoseconds: u64) -> String {
        let (whole, rest) = (nanoseconds / self.nanoseconds, nanoseconds % self.nanoseconds);
        let digits = self.nanoseconds.ilog10() as usize;
        let decimals = if rest == 0 { String::new() } else { format!(".{rest:0digits$}") };
        format!("{}{}", grouped(whole.into()), decimals.trim_end_matches('0'))
    }

    /// `nanoseconds` with no more decimals than it has, in the largest unit that it fills: `500 us`.
    pub fn exact_with_unit(nanoseconds: u64) -> String {
        let scale = TimeScale::ALL.into_iter().find(|scale| scale.nanoseconds <= nanoseconds);
        let scale = scale.unwrap_or(TimeScale::ALL[3]);
        format!("{} {}", scale.exact(nanoseconds), scale.unit)
    }

    fn steps(self, nanoseconds: u128) -> u128 {
        let per_step = u128::from(self.nanoseconds) / power_of_ten(self.decimals);
        nanoseconds.saturating_add(per_step / 2) / per_step
    }
}

/// A whole number with its thousands grouped: `65,536`.
pub fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `steps` steps of 10^-`decimals` each: `decimal(12_345, 3)` is `12.345`.
pub(crate) fn decimal(steps: u128, decimals: usize) -> String {
    let one = power_of_ten(decimals);
    let whole = grouped(steps / one);
    if decimals == 0 { whole } else { format!("{whole}.{:0decimals$}", steps % one) }
}

/// A time with three significant digits and its unit, for a mark in a picture: `3.90 ms`.
pub fn short_time(nanoseconds: u64) -> String {
    let time = u128::from(nanoseconds);
    // A time that rounds to one of the next unit is written in that unit: 1.00 ms, not 1000 us.
    let scale =
        TimeScale::ALL.into_iter().find(|scale| time * 2_000 >= u128::from(scale.nanoseconds) * 1_999);
    let Some(scale) = scale.filter(|scale| scale.nanoseconds > 1) else {
        return format!("{nanoseconds} ns");
    };
    let unit = u128::from(scale.nanoseconds);
    let decimals = match time * 1_000 / unit {
        0..9_995 => 2,
        9_995..99_950 => 1,
        99_950.. => 0,
    };
    let steps = (time * power_of_ten(decimals) + unit / 2) / unit;
    format!("{} {}", decimal(steps, decimals), scale.unit)
}

fn power_of_ten(exponent: usize) -> u128 {
    (0..exponent).fold(1, |power, _| power * 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn thousands_are_grouped() {
        let written: Vec<_> = [0, 999, 1_000, 65_536, 1_234_567].into_iter().map(grouped).collect();
        assert_eq!(written, ["0", "999", "1,000", "65,536", "1,234,567"]);
    }

    #[test]
    fn a_scale_suits_its_largest_time() {
        let units: Vec<_> = [0, 999, 1_000, 999_999, 1_000_000, 9_999_999_999, 10_000_000_000]
            .into_iter()
            .map(|largest| TimeScale::for_largest(largest).unit)
            .collect();
        assert_eq!(units, ["ns", "ns", "us", "us", "ms", "ms", "s"]);
    }

    #[test]
    fn ticks_are_exact() {
        let milliseconds = TimeScale::for_largest(2_000_000);
        let written = [0, 2_500_000, 10_000_000, 2_000_000_000].map(|time| milliseconds.exact(time));
        assert_eq!(written, ["0", "2.5", "10", "2,000"]);
        let written = [0, 20, 500_000, 2_000_000, 1_500_000_000].map(TimeScale::exact_with_unit);
        assert_eq!(written, ["0 ns", "20 ns", "500 us", "2 ms", "1.5 s"]);
    }

    #[test]
    fn a_time_that_rounds_to_nothing_is_not_written_as_nothing() {
        let milliseconds = TimeScale::for_largest(12_345_678);
        let written = [12_345_678, 1_500, 500, 499, 0].map(|time| milliseconds.format(time));
        assert_eq!(written, ["12.346", "0.002", "0.001", "<0.001", "0.000"]);
    }

    #[test]
    fn a_short_time_has_three_digits() {
        let written =
            [0, 7, 999, 1_000, 3_900_000, 999_400, 999_999, 9_994_999, 9_995_000, 12_940_000, 640_000]
                .map(short_time);
        assert_eq!(
            written,
            [
                "0 ns", "7 ns", "999 ns", "1.00 us", "3.90 ms", "999 us", "1.00 ms", "9.99 ms", "10.0 ms",
                "12.9 ms", "640 us"
            ]
        );
        assert_eq!(short_time(u64::MAX), "18,446,744,074 s");
    }

    proptest! {
        #[test]
        fn a_short_time_is_never_far_from_the_time(time in 1_000_u64..1_000_000_000_000) {
            let text = short_time(time);
            let (number, unit) = text.split_once(' ').unwrap();
            let number: f64 = number.replace(',', "").parse().unwrap();
            let unit = match unit { "us" => 1e3, "ms" => 1e6, _ => 1e9 };
            let told = number * unit;
            let real = f64::from(u32::try_from(time / 1_000).unwrap()) * 1e3;
            prop_assert!((told - real).abs() <= real * 0.0052 + 1e3, "{time} told as {text}");
        }
    }
}
