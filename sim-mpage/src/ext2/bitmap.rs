//! The block bitmap of a group, and how a run of free blocks is taken from it.
//!
//! Source: `docs/model/ext2.md`, Allocate in a group (*Take*). Everything is counted from the group's
//! first block.

use std::ops::Range;

/// How far the search for a free block near a range's start goes: up to the next multiple.
const NEAR: u32 = 64;

/// How many free blocks in front of it a run found without a window may be moved back over.
const MOVE_BACK: u32 = 7;

/// The bitmap of a group: a set bit is a block in use.
#[derive(Debug)]
pub struct Bitmap<'b> {
    bytes: &'b mut [u8],
}

impl Bitmap<'_> {
    /// A bitmap in a block's bytes.
    pub fn new(bytes: &mut [u8]) -> Bitmap<'_> {
        Bitmap { bytes }
    }

    /// Whether a block is free; there is none behind the bitmap's end.
    pub fn is_free(&self, block: u32) -> bool {
        self.bytes.get(block as usize / 8).is_some_and(|byte| byte >> (block % 8) & 1 == 0)
    }

    /// Marks blocks as in use, or as free; tells how many of them were not before.
    pub fn set(&mut self, blocks: Range<u32>, used: bool) -> u32 {
        let mut changed = 0;
        for block in blocks {
            let Some(byte) = self.bytes.get_mut(block as usize / 8) else { break };
            let bit = 1 << (block % 8);
            if (*byte & bit != 0) != used {
                *byte ^= bit;
                changed += 1;
            }
        }
        changed
    }

    /// The first free block of a range.
    pub fn first_free(&self, range: Range<u32>) -> Option<u32> {
        range.into_iter().find(|&block| self.is_free(block))
    }

    /// Takes up to `count` consecutive free blocks of `range`, from the goal on if it lies in there.
    /// `windowless`: no reservation guards the range, and the run may begin a little earlier.
    // [ext2-take.goal] [ext2-take.back] [ext2-take.count]
    pub fn take(
        &mut self,
        range: Range<u32>,
        goal: Option<u32>,
        count: u32,
        windowless: bool,
    ) -> Option<Range<u32>> {
        let goal = goal.filter(|goal| range.contains(goal));
        let mut first = match goal {
            Some(goal) => self.first_free(goal..range.end)?,
            None => {
                let found = self.without_goal(&range)?;
                if windowless { self.moved_back(found, range.start) } else { found }
            }
        };
        let start = first;
        while first < range.end && first - start < count && self.is_free(first) {
            first += 1;
        }
        self.set(start..first, true);
        Some(start..first)
    }

    /// Where a search without a goal finds its first free block.
    fn without_goal(&self, range: &Range<u32>) -> Option<u32> {
        // Near the start, up to the next multiple of 64. [ext2-take.word]
        if range.start > 0 {
            let near = range.start.next_multiple_of(NEAR).min(range.end);
            if let Some(found) = self.first_free(range.start..near) {
                return Some(found);
            }
        }
        // A byte of eight free blocks. [ext2-take.byte]
        let from = range.start as usize / 8;
        let empty = self.bytes.iter().skip(from).position(|&byte| byte == 0);
        let block = empty.and_then(|place| u32::try_from((from + place) * 8).ok());
        if let Some(block) = block.filter(|block| range.contains(block)) {
            return Some(block);
        }
        // [ext2-take.bit]
        self.first_free(range.clone())
    }

    fn moved_back(&self, found: u32, start: u32) -> u32 {
        let lowest = found.saturating_sub(MOVE_BACK).max(start);
        (lowest..found).rev().take_while(|&block| self.is_free(block)).last().unwrap_or(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bitmap_of(used: &[Range<u32>]) -> Vec<u8> {
        let mut bytes = vec![0; 64];
        for range in used {
            Bitmap::new(&mut bytes).set(range.clone(), true);
        }
        bytes
    }

    // [ext2-take.goal] [ext2-take.count]
    #[test]
    fn with_a_goal_the_first_free_run_behind_it_is_taken() {
        let mut bytes = bitmap_of(&[0..20, 22..30]);
        let mut bitmap = Bitmap::new(&mut bytes);
        assert_eq!(bitmap.take(0..100, Some(10), 8, false), Some(20..22));
        assert_eq!(bitmap.take(0..100, Some(10), 8, false), Some(30..38));
        assert_eq!(bitmap.take(0..25, Some(10), 8, false), None);
    }

    // [ext2-take.word] [ext2-take.byte] [ext2-take.bit]
    #[test]
    fn without_a_goal_a_free_byte_comes_before_a_free_bit() {
        let mut bytes = bitmap_of(&[0..3, 4..16]);
        let mut bitmap = Bitmap::new(&mut bytes);
        // From bit 0 on nothing is near: the first free byte is that of block 16.
        assert_eq!(bitmap.take(0..100, None, 2, false), Some(16..18));
        // From bit 1 on, block 3 is near.
        assert_eq!(bitmap.take(1..100, None, 2, false), Some(3..4));
        // No free byte in the range: its first free bit.
        assert_eq!(bitmap.take(0..20, Some(50), 9, false), Some(18..20));
    }

    // [ext2-take.back]
    #[test]
    fn without_a_window_the_run_is_moved_back_over_free_blocks() {
        let mut bytes = bitmap_of(&[0..4, 4..12]);
        assert_eq!(Bitmap::new(&mut bytes).take(0..100, None, 3, true), Some(12..15));
        let mut bytes = bitmap_of(&[0..4, 4..12]);
        assert_eq!(Bitmap::new(&mut bytes).take(0..100, None, 3, false), Some(16..19));
    }
}
