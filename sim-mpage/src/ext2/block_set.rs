//! A set of blocks, kept as ranges: a file of a terabyte in one piece is one entry.

use std::collections::BTreeMap;
use std::ops::{Bound, Range};

/// A set of blocks of the device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockSet {
    /// End (exclusive) to start of each range; ranges neither overlap nor touch. By their ends, since
    /// one look then finds all that lies after a block, the range around it included.
    starts: BTreeMap<u64, u64>,
}

impl BlockSet {
    /// Adds blocks that are all not in the set yet.
    ///
    /// # Errors
    /// The first of them that is in the set already, or `u64::MAX` if the range goes beyond what can
    /// be counted; nothing has changed then.
    pub fn insert(&mut self, first: u64, blocks: u64) -> Result<(), u64> {
        let end = first.checked_add(blocks).ok_or(u64::MAX)?;
        if blocks == 0 {
            return Ok(());
        }
        let mut nearby = self.starts.range_mut(first..);
        let mut after = nearby.next();
        let mut start = first;
        if let Some((&before_end, &mut before_start)) = after
            && before_end == first
        {
            start = before_start;
            after = nearby.next();
        }
        match after {
            Some((_, &mut taken)) if taken < end => return Err(taken.max(first)),
            Some((_, touching)) if *touching == end => *touching = start,
            _ => drop(self.starts.insert(end, start)),
        }
        if start < first {
            self.starts.remove(&first);
        }
        Ok(())
    }

    /// The ranges of the set within `bounds`, in order, cut to them.
    pub fn used_within(&self, bounds: Range<u64>) -> impl Iterator<Item = Range<u64>> + '_ {
        self.starts
            .range((Bound::Excluded(bounds.start), Bound::Unbounded))
            .map(move |(&end, &start)| start.max(bounds.start)..end.min(bounds.end))
            .take_while(|range| range.start < range.end)
    }

    /// How many blocks of the set lie within `bounds`.
    pub fn count_within(&self, bounds: Range<u64>) -> u64 {
        self.used_within(bounds).map(|range| range.end - range.start).sum()
    }

    /// The first run of `blocks` blocks within `bounds` of which none is in the set.
    pub fn first_gap(&self, bounds: Range<u64>, blocks: u64) -> Option<u64> {
        let mut start = bounds.start;
        for used in self.used_within(bounds.clone()) {
            if used.start - start >= blocks {
                return Some(start);
            }
            start = used.end;
        }
        (bounds.end.saturating_sub(start) >= blocks).then_some(start)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn neighbours_become_one_range() {
        let mut set = BlockSet::default();
        for (first, blocks) in [(10, 2), (14, 2), (12, 2), (9, 1)] {
            set.insert(first, blocks).unwrap();
        }
        assert_eq!(set.starts, BTreeMap::from([(16, 9)]));
        assert_eq!(set.insert(5, 5), Err(9));
        assert_eq!(set.insert(u64::MAX, 1), Err(u64::MAX));
        assert_eq!(set.first_gap(0..30, 9), Some(0));
        assert_eq!(set.first_gap(0..30, 10), Some(16));
        assert_eq!(set.first_gap(0..30, 15), None);
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_set_of_single_blocks(
            ranges in prop::collection::vec((0_u64..60, 0_u64..6), 0..20),
            from in 0_u64..70,
            length in 0_u64..70,
            wanted in 1_u64..6,
        ) {
            let mut set = BlockSet::default();
            let mut blocks = BTreeSet::new();
            for (first, count) in ranges {
                let new = first..first + count;
                let taken = new.clone().find(|block| blocks.contains(block));
                prop_assert_eq!(set.insert(first, count).err(), taken);
                if taken.is_none() {
                    blocks.extend(new);
                }
            }
            let bounds = from..from + length;
            let used: Vec<u64> = set.used_within(bounds.clone()).flatten().collect();
            let expected: Vec<u64> = blocks.range(bounds.clone()).copied().collect();
            prop_assert_eq!(set.count_within(bounds.clone()), expected.len() as u64);
            prop_assert_eq!(used, expected);
            let gap = bounds.clone().find(|&at| {
                at + wanted <= bounds.end && (at..at + wanted).all(|block| !blocks.contains(&block))
            });
            prop_assert_eq!(set.first_gap(bounds, wanted), gap);
        }
    }
}
