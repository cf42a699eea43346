//! The heaviest common subsequence of two sequences, found as Hunt and Szymanski find the longest
//! one: over the pairs of equal elements, which are few where elements are mostly different.
//!
//! From "A fast algorithm for computing longest common subsequences" (CACM 20, 1977), with weights:
//! the best chain that ends before a place on the right is the maximum of a prefix, kept in a
//! binary indexed tree.

use std::collections::BTreeMap;

/// The most pairs of equal elements.
const MOST_PAIRS: usize = 1 << 20;

/// More than a million pairs of equal elements, in so many elements of each side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany {
    pub(crate) left: usize,
    pub(crate) right: usize,
}

/// A pair of equal elements, and the best pair before it in a common subsequence.
#[derive(Clone, Copy)]
struct Pair {
    left: usize,
    right: usize,
    before: Option<usize>,
}

/// Maxima of prefixes: the weight, and which pair it is that of.
struct Best(Vec<(u64, Option<usize>)>);

impl Best {
    /// The best of the places before `end`.
    fn before(&self, end: usize) -> (u64, Option<usize>) {
        let mut best = (0, None);
        let mut at = end;
        while at > 0 {
            if self.0[at].0 > best.0 {
                best = self.0[at];
            }
            at &= at - 1;
        }
        best
    }

    fn improve(&mut self, place: usize, weight: u64, pair: usize) {
        let mut at = place + 1;
        while at < self.0.len() {
            if weight > self.0[at].0 {
                self.0[at] = (weight, Some(pair));
            }
            at += at & at.wrapping_neg();
        }
    }
}

/// The pairs of places of the heaviest common subsequence, in order. Every element weighs something.
///
/// # Errors
/// [`TooMany`] pairs of equal elements between the common beginning and the common end.
pub(crate) fn heaviest_common<K: Ord>(
    left: &[(K, u64)],
    right: &[(K, u64)],
) -> Result<Vec<(usize, usize)>, TooMany> {
    let same = |(left, right): &(&(K, u64), &(K, u64))| left.0 == right.0;
    let start = left.iter().zip(right).take_while(same).count();
    let (left_rest, right_rest) = (&left[start..], &right[start..]);
    let end = left_rest.iter().rev().zip(right_rest.iter().rev()).take_while(same).count();
    let (left_middle, right_middle) =
        (&left_rest[..left_rest.len() - end], &right_rest[..right_rest.len() - end]);
    let middle = of_middle(left_middle, right_middle)
        .ok_or(TooMany { left: left_middle.len(), right: right_middle.len() })?;
    let middle = middle.into_iter().map(|(one, other)| (start + one, start + other));
    let behind = (1..=end).rev().map(|back| (left.len() - back, right.len() - back));
    Ok((0..start).map(|at| (at, at)).chain(middle).chain(behind).collect())
}

fn of_middle<K: Ord>(left: &[(K, u64)], right: &[(K, u64)]) -> Option<Vec<(usize, usize)>> {
    let mut places: BTreeMap<&K, Vec<usize>> = BTreeMap::new();
    for (place, (key, _)) in right.iter().enumerate() {
        places.entry(key).or_default().push(place);
    }
    let places: Vec<&[usize]> =
        left.iter().map(|(key, _)| places.get(key).map(Vec::as_slice).unwrap_or_default()).collect();
    if places.iter().map(|places| places.len()).sum::<usize>() > MOST_PAIRS {
        return None;
    }
    let mut best = Best(vec![(0, None); right.len() + 1]);
    let mut pairs = Vec::new();
    for (left, (places, (_, weight))) in places.into_iter().zip(left).enumerate() {
        // From the last to the first, so that no pair follows another with the same element.
        for &right in places.iter().rev() {
            let (so_far, before) = best.before(right);
            best.improve(right, so_far.saturating_add(*weight), pairs.len());
            pairs.push(Pair { left, right, before });
        }
    }
    let (_, mut last) = best.before(right.len());
    let mut chain = Vec::new();
    while let Some(pair) = last.map(|last| pairs[last]) {
        chain.push((pair.left, pair.right));
        last = pair.before;
    }
    chain.reverse();
    Some(chain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By the table of all pairs of prefixes.
    fn heaviest_weight(left: &[(u8, u64)], right: &[(u8, u64)]) -> u64 {
        let mut above = vec![0; right.len() + 1];
        for (key, weight) in left {
            let mut row = vec![0; right.len() + 1];
            for (place, (other, _)) in right.iter().enumerate() {
                let taken = if key == other { above[place] + weight } else { 0 };
                row[place + 1] = taken.max(row[place]).max(above[place + 1]);
            }
            above = row;
        }
        above[right.len()]
    }

    #[test]
    fn too_many_pairs_are_refused() {
        let same = vec![(0, 1); 1025];
        assert_eq!(of_middle(&same, &same[..1024]), None);
        assert_eq!(of_middle(&same[..1024], &same[..1024]).unwrap().len(), 1024);
        assert_eq!(heaviest_common(&same, &same[..1024]).unwrap().len(), 1024);
    }

    proptest! {
        #[test]
        fn it_is_common_in_order_and_as_heavy_as_can_be(
            left in prop::collection::vec(0_u8..6, 0..20),
            right in prop::collection::vec(0_u8..6, 0..20),
        ) {
            let weigh = |keys: Vec<u8>| keys.into_iter().map(|key| (key, 1 + u64::from(key % 3) * 4)).collect::<Vec<_>>();
            let (left, right) = (weigh(left), weigh(right));
            let common = heaviest_common(&left, &right).unwrap();
            prop_assert!(common.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1));
            prop_assert!(common.iter().all(|(one, other)| left[*one].0 == right[*other].0));
            let weight: u64 = common.iter().map(|(one, _)| left[*one].1).sum();
            prop_assert_eq!(weight, heaviest_weight(&left, &right));
        }
    }
}
