//! The rules of what `get_block` returns for a block that is mapped: how many blocks, and whether
//! the mapping reaches the end of its array of pointers. Pure functions over the array; following
//! the branch, which reads indirect blocks and may sleep, is not here.
//!
//! Source: `docs/model/ext2.md`, get_block.

/// How many blocks one mapping covers: the block at `index` of its last-level array, and those after
/// it while their pointers continue it physically.
///
/// At least 1, at most `max_blocks`, and never beyond the array: `blocks_to_boundary` more pointers
/// follow `index` in it. `pointers` is asked for indices `index` to `index + blocks_to_boundary`
/// only; it must not be a hole at `index`.
// [ext2-get-block.extend]
pub fn extend(pointers: impl Fn(u32) -> u32, index: u32, max_blocks: u32, blocks_to_boundary: u32) -> u32 {
    let first = pointers(index);
    assert!(first != 0, "the pointer {index} that a mapping begins with is a hole");
    let mut count = 1;
    while count < max_blocks
        && count <= blocks_to_boundary
        && first.checked_add(count) == Some(pointers(index + count))
    {
        count += 1;
    }
    count
}

/// Whether a mapping of `count` blocks reaches the last pointer of its array, so that the next block
/// is found through another indirect block: `get_block` then sets the boundary flag.
// [ext2-get-block.boundary]
pub fn is_boundary(count: u32, blocks_to_boundary: u32) -> bool {
    count > blocks_to_boundary
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn over(array: &[u32], index: u32, max_blocks: u32) -> (u32, bool) {
        let left = u32::try_from(array.len()).unwrap() - 1 - index;
        let count = extend(|at| array[at as usize], index, max_blocks, left);
        (count, is_boundary(count, left))
    }

    // [ext2-get-block.extend]
    #[test]
    fn a_mapping_ends_at_a_jump_a_hole_and_the_number_asked_for() {
        let array = [100, 101, 102, 104, 0, 106];
        assert_eq!(over(&array, 0, 32), (3, false));
        assert_eq!(over(&array, 0, 2), (2, false));
        assert_eq!(over(&array, 1, 32), (2, false));
        assert_eq!(over(&array, 3, 32), (1, false));
        assert_eq!(over(&[u32::MAX, 0], 0, 32), (1, false));
        // Asked for none, the block itself is found all the same.
        assert_eq!(over(&array, 0, 0), (1, false));
    }

    // [ext2-get-block.boundary]
    #[test]
    fn only_a_mapping_that_reaches_the_last_pointer_is_at_the_boundary() {
        let direct: [u32; 12] = std::array::from_fn(|at| 1000 + u32::try_from(at).unwrap());
        assert_eq!(over(&direct, 0, 11), (11, false));
        assert_eq!(over(&direct, 0, 12), (12, true));
        assert_eq!(over(&direct, 0, 100), (12, true));
        assert_eq!(over(&direct, 11, 100), (1, true));
    }

    proptest! {
        // [ext2-get-block.extend] [ext2-get-block.boundary]
        #[test]
        fn mappings_are_maximal_within_their_bounds(
            steps in prop::collection::vec(prop_oneof![4 => Just(1_u32), 1 => 2_u32..5], 1..40),
            at in any::<prop::sample::Index>(),
            max_blocks in 1_u32..50,
        ) {
            let array: Vec<u32> = steps
                .iter()
                .scan(500, |physical, step| { *physical += step; Some(*physical) })
                .collect();
            let index = at.index(array.len());
            let (count, boundary) = over(&array, u32::try_from(index).unwrap(), max_blocks);
            let end = index + count as usize;
            prop_assert!(count >= 1 && count <= max_blocks && end <= array.len());
            prop_assert!(array[index..end].windows(2).all(|pair| pair[1] == pair[0] + 1));
            let goes_on = end < array.len() && array[end] == array[end - 1] + 1;
            prop_assert!(!goes_on || count == max_blocks);
            prop_assert_eq!(boundary, end == array.len());
        }
    }
}
