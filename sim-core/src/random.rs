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
