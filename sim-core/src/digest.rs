//! A digest of 64-bit words: cheap, and the same on every platform and in every release.
//!
//! Each word is folded in with an exclusive or, a multiplication by an odd constant and a
//! rotation; several words at once are first added up, each multiplied and rotated by its place. The
//! value is finished with the mixer of splitmix64 (Steele, Lea, Flood: "Fast
//! Splittable Pseudorandom Number Generators", 2014). It tells runs apart; it is no defence
//! against somebody who wants two runs to look alike.

/// The state of a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest {
    state: u64,
    words: u64,
}

/// Several words that go into a digest at once. What many begin with has to be added up only once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Words(u64);

impl Words {
    /// These words.
    #[inline]
    pub fn of<const N: usize>(words: [u64; N]) -> Words {
        Words::default().and(words)
    }

    /// These words behind those so far.
    #[inline]
    #[must_use]
    pub fn and<const N: usize>(mut self, words: [u64; N]) -> Words {
        for word in words {
            self.0 = self.0.rotate_left(23).wrapping_add(word.wrapping_mul(0xd6e8_feb8_6659_fd93));
        }
        self
    }
}

impl Default for Digest {
    fn default() -> Self {
        Digest { state: 0x6d70_6167_6573_696d, words: 0 }
    }
}

impl Digest {
    /// The digest of nothing.
    pub fn new() -> Digest {
        Digest::default()
    }

    /// Folds one word in.
    #[inline]
    pub fn word(&mut self, word: u64) {
        self.state = (self.state ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        self.words = self.words.wrapping_add(1);
    }

    /// Folds several words in at once, in a chain of one step: they count as one word, which each of
    /// them changes.
    #[inline]
    pub fn words(&mut self, words: Words) {
        self.word(words.0);
    }

    /// Folds bytes in, their number included.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
    }

    /// The digest of everything folded in so far.
    #[inline]
    pub fn value(&self) -> u64 {
        let mut z = self.state ^ self.words;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of_words(words: &[u64]) -> u64 {
        let mut digest = Digest::new();
        words.iter().for_each(|&word| digest.word(word));
        digest.value()
    }

    fn of_bytes(bytes: &[u8]) -> u64 {
        let mut digest = Digest::new();
        digest.bytes(bytes);
        digest.value()
    }

    /// Goldens of whole runs hold only as long as these do.
    #[test]
    fn the_bits_of_a_digest_stay_as_they_are() {
        assert_eq!(of_words(&[]), 0x2a31_e88e_6a3e_c1a0);
        assert_eq!(of_words(&[1, 2, 3]), 0x5d10_596a_b419_cae4);
        assert_eq!(of_bytes(b"mpage_readahead"), 0x8ab0_b785_674c_11e1);
    }

    #[test]
    fn order_and_number_of_words_count() {
        assert_ne!(of_words(&[1, 2]), of_words(&[2, 1]));
        assert_ne!(of_words(&[0]), of_words(&[0, 0]));
        assert_ne!(of_bytes(b"a"), of_bytes(b"a\0"));
    }

    proptest! {
        #[test]
        fn one_changed_bit_changes_it(words in prop::collection::vec(any::<u64>(), 1..20), bit in 0..64, place in any::<prop::sample::Index>()) {
            let mut changed = words.clone();
            *place.get_mut(&mut changed) ^= 1_u64 << bit;
            prop_assert_ne!(of_words(&words), of_words(&changed));
        }
    }
}
