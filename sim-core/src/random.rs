//! Random streams: one for each named component, all derived from the master seed, so that a
//! component draws the same numbers whatever the others do.

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::digest::Digest;

/// Two components asked for a stream of the same name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the random stream `{0}` is taken by another component")]
pub struct NameTaken(pub String);

/// The source of all random streams of a run.
#[derive(Clone, Debug)]
pub struct Streams {
    seed: u64,
    names: BTreeSet<String>,
}

impl Streams {
    /// Streams derived from the master seed.
    pub fn new(seed: u64) -> Streams {
        Streams { seed, names: BTreeSet::new() }
    }

    /// The stream of the component `name`.
    ///
    /// # Errors
    /// [`NameTaken`] if a stream of that name was handed out before.
    pub fn stream(&mut self, name: &str) -> Result<Stream, NameTaken> {
        if !self.names.insert(name.to_owned()) {
            return Err(NameTaken(name.to_owned()));
        }
        let mut key = [0_u8; 32];
        for (word, bytes) in (0_u64..).zip(key.chunks_exact_mut(8)) {
            let mut digest = Digest::new();
            digest.word(self.seed);
            digest.word(word);
            digest.bytes(name.as_bytes());
            bytes.copy_from_slice(&digest.value().to_le_bytes());
        }
        Ok(Stream(ChaCha8Rng::from_seed(key)))
    }
}

/// One component's random numbers.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The next 64 random bits.
    pub fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number from 0 to `bound - 1`, each equally likely (0 if `bound` is 0): Lemire's multiply
    /// and reject, "Fast Random Integer Generation in an Interval", 2019.
    #[expect(clippy::cast_possible_truncation, reason = "the two halves of a 128-bit product")]
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        let rejected_below = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.word()) * u128::from(bound);
            if product as u64 >= rejected_below {
                return (product >> 64) as u64;
            }
        }
    }

    /// True with a chance of `numerator` in `denominator`.
    pub fn chance(&mut self, numerator: u64, denominator: u64) -> bool {
        self.below(denominator) < numerator
    }

    /// Puts `items` into a random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            // Both fit: `last` is an index of this slice.
            let other = usize::try_from(self.below(last as u64 + 1)).unwrap_or(last);
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stream(seed: u64, name: &str) -> Stream {
        Streams::new(seed).stream(name).unwrap()
    }

    fn words(stream: &mut Stream) -> [u64; 3] {
        std::array::from_fn(|_| stream.word())
    }

    /// Scenarios keep their results only as long as these bits stay. They were computed apart from
    /// this code, from the definitions of the digest and of ChaCha8.
    #[test]
    fn the_bits_of_a_stream_stay_as_they_are() {
        assert_eq!(
            words(&mut stream(1, "disk")),
            [0x1e7f_eb64_31a4_649c, 0xd639_70ea_cdbc_1c8a, 0xbc54_a796_f5fa_eeea]
        );
        assert_eq!(
            words(&mut stream(2, "disk")),
            [0x8b76_8b43_4c1b_2b0b, 0xf575_8ff0_9467_a120, 0xdc73_977c_c790_5917]
        );
        assert_eq!(
            words(&mut stream(1, "workload")),
            [0x6681_878e_f62a_0d8d, 0x2c00_0467_4743_7ff2, 0x0283_ae04_a616_91ed]
        );
        let mut disk = stream(1, "disk");
        assert_eq!([(); 4].map(|()| disk.below(1_000)), [119, 836, 735, 728]);
    }

    #[test]
    fn a_name_is_given_out_once() {
        let mut streams = Streams::new(1);
        assert!(streams.stream("disk").is_ok());
        assert_eq!(streams.stream("disk").unwrap_err(), NameTaken("disk".to_owned()));
        assert!(streams.stream("disk2").is_ok());
    }

    #[test]
    fn a_stream_does_not_depend_on_what_others_draw() {
        let alone = words(&mut stream(7, "a"));
        let mut streams = Streams::new(7);
        let mut other = streams.stream("b").unwrap();
        other.word();
        let mut one = streams.stream("a").unwrap();
        let drawn = std::array::from_fn(|_| {
            other.below(10);
            one.word()
        });
        assert_eq!(alone, drawn);
        assert_ne!(words(&mut other), words(&mut one));
    }

    /// Without rejection, every third number of this range would come twice as often.
    #[test]
    fn every_number_is_equally_likely() {
        let mut stream = stream(3, "dice");
        let (mut dice, mut thirds) = ([0_u32; 6], [0_u32; 3]);
        for _ in 0..60_000 {
            dice[usize::try_from(stream.below(6)).unwrap()] += 1;
            thirds[usize::try_from(stream.below(3 << 62) % 3).unwrap()] += 1;
        }
        assert!(dice.iter().all(|count| count.abs_diff(10_000) < 400), "{dice:?}");
        assert!(thirds.iter().all(|count| count.abs_diff(20_000) < 500), "{thirds:?}");
    }

    #[test]
    fn chances_are_what_they_say() {
        let mut stream = stream(3, "chance");
        let hits = (0..40_000).filter(|_| stream.chance(1, 4)).count();
        assert!(hits.abs_diff(10_000) < 400, "{hits}");
        assert!(!stream.chance(0, 4) && stream.chance(4, 4) && !stream.chance(0, 0));
    }

    proptest! {
        #[test]
        fn numbers_are_below_their_bound(seed in any::<u64>(), bound in 1_u64..) {
            let mut stream = stream(seed, "s");
            for _ in 0..20 {
                prop_assert!(stream.below(bound) < bound);
            }
            prop_assert_eq!(stream.below(0), 0);
        }

        #[test]
        fn shuffling_keeps_all_items(seed in any::<u64>(), length in 0_u32..40) {
            let mut items: Vec<_> = (0..length).collect();
            stream(seed, "s").shuffle(&mut items);
            items.sort_unstable();
            prop_assert!(items.into_iter().eq(0..length));
        }
    }
}
