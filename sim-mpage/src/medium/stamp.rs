//! Stamps: what a block of file data holds, as a number.
//!
//! A block that is written whole holds its write. One that is written or zeroed in part holds several
//! things one behind the other; [`Mixtures`] numbers each such list once, so that equal contents have
//! equal stamps however they came about.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

/// What a block of file data holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(u64);

/// The two highest bits say what a stamp stands for.
const KIND_BITS: u32 = 62;
const OF_BLOCK: u64 = 2 << KIND_BITS;
const WRITTEN: u64 = 1 << KIND_BITS;
const MIXED: u64 = 3 << KIND_BITS;
/// Of what was written: so many bits for the block in the file, the rest for the write.
const LOGICAL_BITS: u32 = 40;

impl Stamp {
    /// Nothing that anybody has put there.
    pub const NOTHING: Stamp = Stamp(0);
    /// Zeros, as a hole reads.
    pub const ZEROS: Stamp = Stamp(1);
    /// Unknown: a write of it failed, and either state may be found.
    pub const LOST: Stamp = Stamp(2);

    /// What the device's block at `physical` (below 2^62) held before the run.
    #[inline]
    pub const fn of_block(physical: u64) -> Stamp {
        Stamp(physical | OF_BLOCK)
    }

    /// What the call that is numbered `write` put into a file's block, of which the low 40 bits count.
    pub const fn written(write: u32, logical: u64) -> Stamp {
        let write = (write as u64) << LOGICAL_BITS & (WRITTEN - 1);
        Stamp(WRITTEN | write | logical & ((1 << LOGICAL_BITS) - 1))
    }

    /// The number, to be put into images.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let below = self.0 & (WRITTEN - 1);
        match (*self, self.0 & MIXED) {
            (Stamp::NOTHING, _) => f.write_str("nothing"),
            (Stamp::ZEROS, _) => f.write_str("zeros"),
            (Stamp::LOST, _) => f.write_str("either of two states, since a write failed"),
            (_, OF_BLOCK) => write!(f, "the data of block {below}"),
            (_, WRITTEN) => {
                let (write, block) = (below >> LOGICAL_BITS, below & ((1 << LOGICAL_BITS) - 1));
                write!(f, "what write {write} put into block {block}")
            }
            _ => write!(f, "mixture {below}"),
        }
    }
}

/// A part of a block, up to a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Segment {
    end: u32,
    stamp: Stamp,
}

/// The contents of blocks that hold several things, each list once.
#[derive(Clone, Debug, Default)]
pub struct Mixtures {
    lists: Vec<Box<[Segment]>>,
    numbers: BTreeMap<Box<[Segment]>, u64>,
}

impl Mixtures {
    /// What a block of `size` bytes holds after `range` of it was overwritten with `with`, which is no
    /// mixture itself.
    pub fn overwritten(&mut self, block: Stamp, size: u32, range: Range<u32>, with: Stamp) -> Stamp {
        if range.start >= range.end.min(size) {
            return block;
        }
        let before = self.segments(block, size);
        let mut after: Vec<Segment> = Vec::with_capacity(before.len() + 2);
        let mut push = |end: u32, stamp: Stamp| match after.last_mut() {
            Some(last) if last.stamp == stamp => last.end = end,
            _ => after.push(Segment { end, stamp }),
        };
        let mut from = 0;
        for &Segment { end, stamp } in &before {
            if from < range.start {
                push(end.min(range.start), stamp);
            }
            if from <= range.start && range.start < end {
                push(range.end.min(size), with);
            }
            if end > range.end {
                push(end, stamp);
            }
            from = end;
        }
        self.stamp_of(after)
    }

    fn segments(&self, block: Stamp, size: u32) -> Vec<Segment> {
        let number = (block.0 & MIXED == MIXED).then_some(block.0 & (WRITTEN - 1));
        let list = number.and_then(|number| self.lists.get(usize::try_from(number).ok()?));
        list.map_or_else(|| vec![Segment { end: size, stamp: block }], |list| list.to_vec())
    }

    fn stamp_of(&mut self, segments: Vec<Segment>) -> Stamp {
        if let [only] = segments[..] {
            return only.stamp;
        }
        let next = self.lists.len() as u64;
        let list = segments.into_boxed_slice();
        let number = *self.numbers.entry(list.clone()).or_insert(next);
        if number == next {
            self.lists.push(list);
        }
        Stamp(MIXED | number)
    }

    /// What a stamp stands for, in words.
    pub fn describe(&self, stamp: Stamp, size: u32) -> String {
        match &self.segments(stamp, size)[..] {
            [only] => only.stamp.to_string(),
            several => {
                let mut from = 0;
                let parts = several.iter().map(|part| {
                    let start = std::mem::replace(&mut from, part.end);
                    format!("bytes {start}-{}: {}", part.end - 1, part.stamp)
                });
                parts.collect::<Vec<_>>().join(", ")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stamps_say_what_they_stand_for() {
        let stamps = [Stamp::NOTHING, Stamp::ZEROS, Stamp::of_block(7), Stamp::written(3, 9)];
        let told = stamps.map(|stamp| stamp.to_string());
        assert_eq!(told, ["nothing", "zeros", "the data of block 7", "what write 3 put into block 9"]);
    }

    #[test]
    fn a_mixture_tells_its_parts() {
        let mut mixtures = Mixtures::default();
        let mixed = mixtures.overwritten(Stamp::of_block(5), 1024, 100..200, Stamp::ZEROS);
        let told =
            "bytes 0-99: the data of block 5, bytes 100-199: zeros, bytes 200-1023: the data of block 5";
        assert_eq!(mixtures.describe(mixed, 1024), told);
        assert_eq!(mixtures.overwritten(mixed, 1024, 0..1024, Stamp::ZEROS), Stamp::ZEROS);
    }

    proptest! {
        /// Equal bytes, equal stamps.
        #[test]
        fn a_block_is_what_its_bytes_are(
            writes in prop::collection::vec((0_u32..16, 0_u32..=16, 0_u64..3), 0..12)
        ) {
            let mut mixtures = Mixtures::default();
            let (mut stamp, mut bytes) = (Stamp::ZEROS, [Stamp::ZEROS; 16]);
            for (start, end, block) in writes {
                let with = Stamp::of_block(block);
                stamp = mixtures.overwritten(stamp, 16, start..end, with);
                bytes.iter_mut().take(end as usize).skip(start as usize).for_each(|byte| *byte = with);
            }
            let mut again = Stamp::NOTHING;
            for (at, &byte) in (0..16).zip(&bytes).rev() {
                again = mixtures.overwritten(again, 16, at..at + 1, byte);
            }
            prop_assert_eq!(stamp, again);
        }
    }
}
