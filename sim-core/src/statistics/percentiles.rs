//! Percentiles of latencies: exact for as many samples as most runs have, within three significant
//! digits from there on, in bounded memory.
//!
//! A percentile is the nearest rank's sample: the smallest one that at least so many per cent of
//! all samples do not exceed. Beyond [`Percentiles::EXACT`] samples an HDR histogram (Gil Tene's,
//! crate `hdrhistogram`) holds them; count, mean and maximum stay exact.

use hdrhistogram::Histogram;

use super::Latency;

/// Latency samples in nanoseconds.
#[derive(Clone, Debug, Default)]
pub struct Percentiles {
    samples: Samples,
    count: u64,
    sum: u128,
    max: u64,
}

#[derive(Clone, Debug)]
enum Samples {
    Exact(Vec<u64>),
    Rounded(Box<Histogram<u64>>),
}

impl Default for Samples {
    fn default() -> Self {
        Samples::Exact(Vec::new())
    }
}

impl Percentiles {
    /// How many samples are kept as they are: 65 536.
    pub const EXACT: usize = 1 << 16;

    const SIGNIFICANT_DIGITS: u8 = 3;

    /// No sample yet.
    pub fn new() -> Percentiles {
        Percentiles::default()
    }

    /// Takes one sample, in nanoseconds.
    pub fn record(&mut self, nanoseconds: u64) {
        self.count += 1;
        self.sum += u128::from(nanoseconds);
        self.max = self.max.max(nanoseconds);
        match &mut self.samples {
            Samples::Exact(samples) => {
                samples.push(nanoseconds);
                if samples.len() > Self::EXACT {
                    self.round();
                }
            }
            Samples::Rounded(histogram) => histogram.saturating_record(nanoseconds),
        }
    }

    #[cold]
    fn round(&mut self) {
        if let Samples::Exact(samples) = &self.samples
            // Fails only for digits or bounds that cannot be, and these are constants.
            && let Ok(mut histogram) = Histogram::new_with_max(u64::MAX, Self::SIGNIFICANT_DIGITS)
        {
            samples.iter().for_each(|&sample| histogram.saturating_record(sample));
            self.samples = Samples::Rounded(Box::new(histogram));
        }
    }

    /// How many samples there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The arithmetic mean, rounded down; 0 without samples.
    pub fn mean(&self) -> u64 {
        let mean = self.sum.checked_div(u128::from(self.count)).unwrap_or(0);
        // A mean is no larger than the largest sample.
        u64::try_from(mean).unwrap_or(u64::MAX)
    }

    /// The largest sample; 0 without samples.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The sample that `percent` of all samples do not exceed (nearest rank; 0 gives the smallest,
    /// 100 and above the largest); 0 without samples.
    pub fn percentile(&self, percent: u8) -> u64 {
        let Some(last) = self.count.checked_sub(1) else {
            return 0;
        };
        let rank = (u128::from(self.count) * u128::from(percent)).div_ceil(100);
        let place = u64::try_from(rank.saturating_sub(1)).unwrap_or(last).min(last);
        if place == last {
            return self.max;
        }
        match &self.samples {
            Samples::Exact(samples) => {
                let place = usize::try_from(place).unwrap_or(usize::MAX).min(samples.len() - 1);
                *samples.clone().select_nth_unstable(place).1
            }
            Samples::Rounded(histogram) => {
                let mut before = 0;
                let found = histogram.iter_recorded().find(|value| {
                    before += value.count_at_value();
                    before > place
                });
                // A bucket's upper end may lie above every sample in it.
                found.map_or(self.max, |value| value.value_iterated_to().min(self.max))
            }
        }
    }

    /// The figures of these samples.
    pub fn latency(&self) -> Latency {
        Latency {
            count: self.count(),
            mean_ns: self.mean(),
            p50_ns: self.percentile(50),
            p99_ns: self.percentile(99),
            max_ns: self.max(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn recorded(samples: &[u64]) -> Percentiles {
        let mut percentiles = Percentiles::new();
        samples.iter().for_each(|&sample| percentiles.record(sample));
        percentiles
    }

    /// The definition, word for word: the smallest sample that `percent` of all do not exceed.
    fn by_sorting(samples: &[u64], percent: usize) -> u64 {
        let mut sorted = samples.to_vec();
        sorted.sort_unstable();
        let not_above = |sample| sorted.iter().filter(|&&other| other <= sample).count();
        *sorted.iter().find(|&&sample| not_above(sample) * 100 >= percent * sorted.len()).unwrap()
    }

    #[test]
    fn without_samples_all_figures_are_zero() {
        assert_eq!(Percentiles::new().latency(), Latency::default());
    }

    #[test]
    fn the_nearest_rank_is_a_sample_and_the_mean_is_rounded_down() {
        let percentiles = recorded(&[10, 1, 2, 4]);
        assert_eq!((percentiles.percentile(50), percentiles.percentile(51)), (2, 4));
        assert_eq!((percentiles.percentile(0), percentiles.percentile(255)), (1, 10));
        assert_eq!(percentiles.mean(), 4);
    }

    #[test]
    fn the_largest_samples_do_not_overflow() {
        let mut percentiles = recorded(&[u64::MAX; Percentiles::EXACT + 3]);
        percentiles.record(0);
        assert_eq!((percentiles.max(), percentiles.percentile(100)), (u64::MAX, u64::MAX));
        // The histogram's uppermost bucket ends there.
        assert_eq!(percentiles.percentile(99), u64::MAX - 1);
        assert_eq!(percentiles.percentile(0), 0);
    }

    /// The last sample that is kept as it is, and the first that is not.
    #[test]
    fn percentiles_are_exact_up_to_65_536_samples() {
        let mut percentiles = recorded(&[]);
        for n in 0..Percentiles::EXACT as u64 {
            percentiles.record(1_000_003 * n);
        }
        let exact = 1_000_003 * 32_767;
        assert_eq!(percentiles.percentile(50), exact);
        percentiles.record(0);
        let rounded = percentiles.percentile(50);
        assert!(rounded > exact && rounded - exact <= exact / 1000, "{rounded}");
    }

    proptest! {
        #[test]
        fn few_samples_give_what_sorting_gives(
            samples in proptest::collection::vec(any::<u64>(), 1..60),
            percent in 0_u8..=100,
        ) {
            let percentiles = recorded(&samples);
            prop_assert_eq!(percentiles.percentile(percent), by_sorting(&samples, percent.into()));
            let sum: u128 = samples.iter().map(|&sample| u128::from(sample)).sum();
            prop_assert_eq!(u128::from(percentiles.mean()), sum / samples.len() as u128);
            prop_assert_eq!(percentiles.max(), *samples.iter().max().unwrap());
        }

        #[test]
        fn many_samples_give_it_within_three_digits(
            samples in proptest::collection::vec(0_u64..1_000_000_000_000, 1..60),
            percent in 0_u8..=100,
        ) {
            let mut percentiles = recorded(&samples);
            percentiles.round();
            let exact = by_sorting(&samples, percent.into());
            let rounded = percentiles.percentile(percent);
            prop_assert!(rounded >= exact && rounded - exact <= exact / 1000, "{} for {}", rounded, exact);
        }
    }
}
