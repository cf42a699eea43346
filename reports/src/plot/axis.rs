//! Axes: where a value lies between two edges, and the round values that are written beside it.
//!
//! Integer arithmetic, but for logarithms, which come from `libm` and are the same everywhere.

use super::length::Px;
use super::text::Font;

/// Values from `first` to `last` laid evenly between two edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Linear {
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// Where `first` and `last` lie; the second may lie before the first.
    pub(crate) from: Px,
    pub(crate) to: Px,
}

impl Linear {
    /// Where a value lies; one beyond an end lies at that end.
    pub(crate) fn place(self, value: u64) -> Px {
        let range = i128::from(self.last.saturating_sub(self.first)).max(1);
        let offset = i128::from(value.clamp(self.first, self.last.max(self.first)) - self.first);
        let length = i128::from((self.to - self.from).sixteenths());
        let along = (length * offset * 2 + range).div_euclid(range * 2);
        self.from + Px::from_sixteenths(i64::try_from(along).unwrap_or(0))
    }

    /// Multiples of a round step (1, 2 or 5 of a power of ten), as few as keep `apart` at least.
    pub(crate) fn ticks(self, apart: Px) -> Vec<u64> {
        let range = self.last.saturating_sub(self.first).max(1);
        let length = (self.to - self.from).sixteenths().unsigned_abs();
        let most = (length / apart.sixteenths().unsigned_abs().max(1)).max(1);
        let step = round_step(range, most);
        let start = self.first.div_ceil(step).saturating_mul(step);
        let ticks = std::iter::successors(Some(start), |tick| tick.checked_add(step));
        ticks.take_while(|tick| *tick <= self.last).collect()
    }
}

/// The smallest of 1, 2, 5, 10, 20, ... of which `most` cover `range`.
pub(crate) fn round_step(range: u64, most: u64) -> u64 {
    let powers = (0..20).map(|power| 10_u64.saturating_pow(power));
    let mut steps = powers.flat_map(|power| [1, 2, 5].map(|digit| power.saturating_mul(digit)));
    steps.find(|step| range.div_ceil(*step) <= most).unwrap_or(u64::MAX)
}

/// Times on a logarithmic scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Logarithmic {
    first: f64,
    last: f64,
    lowest: u64,
    highest: u64,
    from: Px,
    to: Px,
}

impl Logarithmic {
    /// From `lowest` to `highest`, neither of them 0.
    pub(crate) fn new(lowest: u64, highest: u64, from: Px, to: Px) -> Logarithmic {
        let (first, last) = (log10(lowest), log10(highest));
        Logarithmic { first, last, lowest, highest, from, to }
    }

    pub(crate) fn place(self, value: u64) -> Px {
        let value = log10(value.clamp(self.lowest, self.highest.max(self.lowest)));
        let share = (value - self.first) / (self.last - self.first).max(f64::MIN_POSITIVE);
        self.from + part(self.to - self.from, share)
    }

    /// Powers of ten, and 2 and 5 times as much where there is room.
    pub(crate) fn ticks(self, apart: Px) -> Vec<u64> {
        let powers = (0..20).map(|power| 10_u64.saturating_pow(power));
        let all = powers.flat_map(|power| [1, 2, 5].map(|digit| power.saturating_mul(digit)));
        let inside: Vec<u64> = all.filter(|tick| (self.lowest..=self.highest).contains(tick)).collect();
        let fits =
            |ticks: &[u64]| ticks.windows(2).all(|pair| self.place(pair[1]) - self.place(pair[0]) >= apart);
        if fits(&inside) {
            return inside;
        }
        let is_power = |tick: &u64| 10_u64.saturating_pow(tick.ilog10()) == *tick;
        let powers: Vec<u64> = inside.into_iter().filter(is_power).collect();
        let mut every = 1;
        while !fits(&powers.iter().copied().step_by(every).collect::<Vec<_>>()) {
            every += 1;
        }
        powers.into_iter().step_by(every).collect()
    }
}

/// Ticks at least `apart` from each other, and farther if what is written at them is wide.
pub(crate) fn with_room(
    apart: Px,
    ticks: impl Fn(Px) -> Vec<u64>,
    text: impl Fn(u64) -> String,
) -> Vec<(u64, String)> {
    const BLANK: Px = Px::new(12);
    let labelled = |apart| ticks(apart).into_iter().map(|tick| (tick, text(tick))).collect::<Vec<_>>();
    let widest = |ticks: &[(u64, String)]| ticks.iter().map(|(_, text)| Font::Small.width(text)).max();
    let first = labelled(apart);
    match widest(&first).map(|width| width + BLANK) {
        Some(needed) if needed > apart => labelled(needed),
        _ => first,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
fn log10(value: u64) -> f64 {
    libm::log10(value.max(1) as f64)
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a place in a picture")]
fn part(length: Px, share: f64) -> Px {
    Px::from_sixteenths(libm::round(length.sixteenths() as f64 * share) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn linear(first: u64, last: u64) -> Linear {
        Linear { first, last, from: Px::new(100), to: Px::new(500) }
    }

    #[test]
    fn a_value_lies_where_it_should() {
        let axis = linear(1_000, 1_017);
        let places = [1_000, 1_017, 0, 2_000].map(|value| axis.place(value));
        assert_eq!(places, [100, 500, 100, 500].map(Px::new));
        let downward = Linear { from: Px::new(500), to: Px::new(100), ..axis };
        assert_eq!(downward.place(1_017), Px::new(100));
    }

    #[test]
    fn ticks_are_round_and_apart() {
        assert_eq!(linear(1_000, 1_017).ticks(Px::new(80)), [1_000, 1_005, 1_010, 1_015]);
        assert_eq!(
            linear(0, 31_700_000).ticks(Px::new(50)),
            [0, 5, 10, 15, 20, 25, 30].map(|ms| ms * 1_000_000)
        );
        assert_eq!(linear(7, 7).ticks(Px::new(50)), [7]);
        let logarithmic = Logarithmic::new(80, 1_200, Px::new(100), Px::new(500));
        assert_eq!(logarithmic.ticks(Px::new(50)), [100, 200, 500, 1_000]);
        assert_eq!(logarithmic.ticks(Px::new(200)), [100, 1_000]);
    }

    proptest! {
        #[test]
        fn ticks_keep_their_distance(first: u64, range in 0_u64..u64::MAX / 2, apart in 20_i64..200) {
            let axis = linear(first, first.saturating_add(range));
            let ticks = axis.ticks(Px::new(apart));
            let last = axis.last.max(1);
            let logarithmic = Logarithmic::new(first.clamp(1, last), last, Px::new(100), Px::new(500));
            for pair in ticks.windows(2) {
                prop_assert!(axis.place(pair[1]) - axis.place(pair[0]) >= Px::new(apart) - Px::from_sixteenths(1));
            }
            for pair in logarithmic.ticks(Px::new(apart)).windows(2) {
                let places = [logarithmic.place(pair[0]), logarithmic.place(pair[1])];
                prop_assert!(places[1] - places[0] >= Px::new(apart), "{pair:?}");
            }
        }
    }
}
