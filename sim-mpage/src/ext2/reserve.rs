//! Reservation windows: each file that allocates has a stretch of blocks for itself.
//!
//! Source: `docs/model/ext2.md`, Allocator. Windows are in memory only. All windows of a filesystem
//! form one list, sorted by their starts, whose first member is a dummy of block 0.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

use super::bitmap::Bitmap;

/// The size of a file's first window (`EXT2_DEFAULT_RESERVE_BLOCKS`).
const DEFAULT_SIZE: u64 = 8;

/// The largest size (`EXT2_MAX_RESERVE_BLOCKS`).
const LARGEST_SIZE: u64 = 1027;

/// A window: first and last block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first block.
    pub start: u64,
    /// The last block; it may lie behind the group.
    pub end: u64,
}

impl Window {
    const fn blocks(self) -> u64 {
        self.end - self.start + 1
    }

    const fn contains(self, block: u64) -> bool {
        self.start <= block && block <= self.end
    }
}

/// What a file knows of its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Its window, if it has one.
    pub window: Option<Window>,
    /// How large the next window is to be.
    pub goal_size: u64,
    /// How many blocks were allocated in this window.
    pub alloc_hit: u64,
}

impl Default for Reservation {
    fn default() -> Self {
        Reservation { window: None, goal_size: DEFAULT_SIZE, alloc_hit: 0 }
    }
}

/// All windows of a filesystem by their starts.
#[derive(Clone, Debug, Default)]
pub struct Windows(BTreeMap<u64, u64>);

/// Where in the filesystem a group lies: its first and last block.
pub type Group = RangeInclusive<u64>;

impl Windows {
    /// Takes a file's window away.
    // [ext2-window.removed]
    pub fn remove(&mut self, reservation: &mut Reservation) {
        if let Some(window) = reservation.window.take() {
            self.0.remove(&window.start);
        }
        reservation.alloc_hit = 0;
    }

    /// The end of a listed window; the dummy stands at block 0.
    fn end_of(&self, start: u64) -> u64 {
        self.0.get(&start).copied().unwrap_or(0)
    }

    /// The window that contains `block`, or the last one that starts before it.
    fn around(&self, block: u64) -> u64 {
        self.0.range(..=block).next_back().map_or(0, |(&start, _)| start)
    }

    fn after(&self, start: u64) -> Option<u64> {
        self.0.range(start + 1..).next().map(|(&start, _)| start)
    }

    /// Allocates up to `count` blocks within the file's window, which moves and grows as it must.
    // [ext2-group.new-window] [ext2-group.take]
    pub fn allocate(
        &mut self,
        reservation: &mut Reservation,
        bitmap: &mut Bitmap<'_>,
        group: &Group,
        mut goal: Option<u64>,
        count: u32,
    ) -> Option<Range<u64>> {
        let mut failed = false;
        loop {
            let fits = |window: Window| {
                window.start <= *group.end()
                    && window.end >= *group.start()
                    && goal.is_none_or(|goal| window.contains(goal))
            };
            match reservation.window.filter(|window| !failed && fits(*window)) {
                None => {
                    reservation.goal_size = reservation.goal_size.max(u64::from(count));
                    let from = goal.unwrap_or(*group.start());
                    if !self.new_window(reservation, bitmap, group, from) {
                        return None;
                    }
                    let window = reservation.window;
                    goal = goal.filter(|&goal| window.is_some_and(|window| window.contains(goal)));
                }
                Some(window) => self.grow(reservation, window, goal, count),
            }
            let window = reservation.window?;
            if let Some(taken) = take_within(bitmap, window, group, goal, count) {
                reservation.alloc_hit += taken.end - taken.start;
                return Some(taken);
            }
            failed = true;
        }
    }

    /// A window with less room behind the goal than is asked for grows, up to the next one.
    // [ext2-group.grow-window]
    fn grow(&mut self, reservation: &mut Reservation, window: Window, goal: Option<u64>, count: u32) {
        let Some(goal) = goal else { return };
        let room = window.end + 1 - goal;
        let Some(missing) = u64::from(count).checked_sub(room).filter(|missing| *missing > 0) else { return };
        let next = self.after(window.start);
        let end = next.map_or(window.end + missing, |next| (window.end + missing).min(next - 1));
        self.0.insert(window.start, end);
        reservation.window = Some(Window { end, ..window });
    }

    /// Gives the file a new window at or behind `from` with a free block in it; tells whether there
    /// is one.
    // [ext2-window.next-group] [ext2-window.double] [ext2-window.place] [ext2-window.first-free]
    fn new_window(
        &mut self,
        reservation: &mut Reservation,
        bitmap: &Bitmap<'_>,
        group: &Group,
        mut from: u64,
    ) -> bool {
        if let Some(window) = reservation.window {
            let serves_next_group = window.start <= *group.end() && window.end > *group.end();
            if serves_next_group && from >= window.start {
                return false;
            }
            if reservation.alloc_hit > window.blocks() / 2 {
                reservation.goal_size = (reservation.goal_size * 2).min(LARGEST_SIZE);
            }
        }
        let mut begin = self.around(from);
        loop {
            let Some(start) = self.room(begin, from, reservation.goal_size, group) else {
                self.remove(reservation);
                return false;
            };
            self.remove(reservation);
            let window = Window { start, end: start + reservation.goal_size - 1 };
            self.0.insert(window.start, window.end);
            reservation.window = Some(window);
            let Some(free) = first_free(bitmap, group, start) else {
                self.remove(reservation);
                return false;
            };
            if window.contains(free) {
                return true;
            }
            (from, begin) = (free, window.start);
        }
    }

    /// The first place at or behind `from`, looking from the window at `begin` on, with room for
    /// `size` blocks before the next window.
    // [ext2-window.search]
    fn room(&self, begin: u64, from: u64, size: u64, group: &Group) -> Option<u64> {
        let (mut at, mut start) = (from, begin);
        loop {
            let end = self.end_of(start);
            if at <= end {
                at = end + 1;
            }
            if at > *group.end() {
                return None;
            }
            match self.after(start) {
                Some(next) if at + size > next => start = next,
                _ => return Some(at),
            }
        }
    }
}

fn first_free(bitmap: &Bitmap<'_>, group: &Group, from: u64) -> Option<u64> {
    let bits = bits(group, from, *group.end())?;
    Some(group.start() + u64::from(bitmap.first_free(bits)?))
}

/// Blocks of a group as bits of its bitmap; a group has no more bits than a block of 64 KiB.
fn bits(group: &Group, first: u64, last: u64) -> Option<Range<u32>> {
    let first = u32::try_from(first.checked_sub(*group.start())?).ok()?;
    let end = u32::try_from(last.checked_sub(*group.start())?.checked_add(1)?).ok()?;
    Some(first..end)
}

fn take_within(
    bitmap: &mut Bitmap<'_>,
    window: Window,
    group: &Group,
    goal: Option<u64>,
    count: u32,
) -> Option<Range<u64>> {
    let range = bits(group, window.start.max(*group.start()), window.end.min(*group.end()))?;
    let goal = goal.and_then(|goal| u32::try_from(goal.checked_sub(*group.start())?).ok());
    let taken = bitmap.take(range, goal, count, false)?;
    Some(group.start() + u64::from(taken.start)..group.start() + u64::from(taken.end))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const GROUP: Group = 0..=511;

    fn allocate(
        windows: &mut Windows,
        reservation: &mut Reservation,
        bytes: &mut [u8],
        goal: u64,
        count: u32,
    ) -> Option<Range<u64>> {
        windows.allocate(reservation, &mut Bitmap::new(bytes), &GROUP, Some(goal), count)
    }

    // [ext2-group.new-window] [ext2-group.take]
    #[test]
    fn the_first_window_has_eight_blocks_from_the_goal_on() {
        let (mut windows, mut file, mut bytes) = (Windows::default(), Reservation::default(), [0; 64]);
        assert_eq!(allocate(&mut windows, &mut file, &mut bytes, 100, 1), Some(100..101));
        assert_eq!(file.window, Some(Window { start: 100, end: 107 }));
        assert_eq!((file.goal_size, file.alloc_hit), (8, 1));
    }

    // [ext2-window.double] [ext2-window.place]
    #[test]
    fn a_window_that_was_used_well_is_followed_by_a_larger_one() {
        let (mut windows, mut file, mut bytes) = (Windows::default(), Reservation::default(), [0; 64]);
        for block in 100..109 {
            assert_eq!(allocate(&mut windows, &mut file, &mut bytes, block, 1), Some(block..block + 1));
        }
        assert_eq!(file.window, Some(Window { start: 108, end: 123 }));
        assert_eq!((file.goal_size, file.alloc_hit), (16, 1));
    }

    // [ext2-window.search]
    #[test]
    fn files_keep_out_of_each_others_windows() {
        let (mut windows, mut bytes) = (Windows::default(), [0; 64]);
        let (mut one, mut two) = (Reservation::default(), Reservation::default());
        allocate(&mut windows, &mut one, &mut bytes, 100, 1);
        assert_eq!(allocate(&mut windows, &mut two, &mut bytes, 101, 1), Some(108..109));
        // In front of a window that begins too early there is no room.
        let mut three = Reservation::default();
        assert_eq!(allocate(&mut windows, &mut three, &mut bytes, 95, 1), Some(116..117));
    }

    // [ext2-group.grow-window]
    #[test]
    fn a_window_grows_for_a_long_request_up_to_the_next_one() {
        let (mut windows, mut bytes) = (Windows::default(), [0; 64]);
        let (mut one, mut two) = (Reservation::default(), Reservation::default());
        allocate(&mut windows, &mut one, &mut bytes, 100, 1);
        allocate(&mut windows, &mut two, &mut bytes, 112, 1);
        assert_eq!(allocate(&mut windows, &mut one, &mut bytes, 101, 20), Some(101..112));
        assert_eq!(one.window, Some(Window { start: 100, end: 111 }));
    }

    // [ext2-window.removed]
    #[test]
    fn a_removed_window_makes_room_and_its_size_is_remembered() {
        let (mut windows, mut bytes) = (Windows::default(), [0; 64]);
        let (mut one, mut two) =
            (Reservation { goal_size: 32, ..Reservation::default() }, Reservation::default());
        allocate(&mut windows, &mut one, &mut bytes, 100, 1);
        windows.remove(&mut one);
        assert_eq!(one, Reservation { goal_size: 32, ..Reservation::default() });
        assert_eq!(allocate(&mut windows, &mut two, &mut bytes, 101, 1), Some(101..102));
    }

    // [ext2-window.next-group]
    #[test]
    fn a_window_that_reaches_into_the_next_group_is_left_for_it() {
        let next: Group = 512..=1023;
        let (mut windows, mut file, mut bytes) = (Windows::default(), Reservation::default(), [0; 64]);
        assert_eq!(allocate(&mut windows, &mut file, &mut bytes, 508, 4), Some(508..512));
        let window = Some(Window { start: 508, end: 515 });
        assert_eq!(file.window, window);
        // Nothing is free any more in its part of the first group: no other window there.
        assert_eq!(allocate(&mut windows, &mut file, &mut bytes, 509, 1), None);
        assert_eq!((file.window, file.alloc_hit), (window, 4));
        let mut bytes = [0; 64];
        let taken = windows.allocate(&mut file, &mut Bitmap::new(&mut bytes), &next, None, 8);
        assert_eq!((taken, file.window), (Some(512..516), window));
        // With a goal before it, it is given up.
        let (mut windows, mut file, mut bytes) = (Windows::default(), Reservation::default(), [0; 64]);
        allocate(&mut windows, &mut file, &mut bytes, 508, 4);
        assert_eq!(allocate(&mut windows, &mut file, &mut bytes, 400, 1), Some(400..401));
    }

    /// An allocation, or the end of a file's window.
    type Step = (usize, Option<u64>, u32, bool);

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let goal = proptest::option::of(0..512_u64);
        proptest::collection::vec((0..4_usize, goal, 1..20_u32, proptest::bool::weighted(0.1)), 1..60)
    }

    proptest! {
        // [ext2-window.search] [ext2-window.place] [ext2-group.take] [ext2-window.removed]
        #[test]
        fn windows_never_overlap_and_nothing_is_taken_twice(
            used in proptest::collection::btree_set(0..512_u32, 0..200),
            steps in steps(),
        ) {
            let mut bytes = [0; 64];
            for &block in &used {
                Bitmap::new(&mut bytes).set(block..block + 1, true);
            }
            let mut taken: BTreeSet<u64> = used.iter().copied().map(u64::from).collect();
            let (mut windows, mut files) = (Windows::default(), [Reservation::default(); 4]);
            for (file, goal, count, removes) in steps {
                if removes {
                    windows.remove(&mut files[file]);
                    continue;
                }
                let found =
                    windows.allocate(&mut files[file], &mut Bitmap::new(&mut bytes), &GROUP, goal, count);
                if let Some(found) = found {
                    prop_assert!(found.end - found.start <= u64::from(count) && found.start < found.end);
                    let window = files[file].window.unwrap();
                    for block in found {
                        prop_assert!(window.contains(block), "{block} lies outside {window:?}");
                        prop_assert!(taken.insert(block), "{block} again");
                    }
                }
                let mut all: Vec<_> = files.iter().filter_map(|file| file.window).collect();
                all.sort_unstable_by_key(|window| window.start);
                prop_assert!(all.windows(2).all(|two| two[0].end < two[1].start), "{all:?}");
                // The list holds exactly these.
                let listed = windows.0.iter().map(|(&start, &end)| Window { start, end });
                prop_assert_eq!(listed.collect::<Vec<_>>(), all);
            }
            let marked = (0..512).filter(|&block| !Bitmap::new(&mut bytes).is_free(block));
            prop_assert_eq!(marked.map(u64::from).collect::<BTreeSet<_>>(), taken);
        }
    }

    // [ext2-window.first-free]
    #[test]
    fn a_full_group_has_no_window() {
        let (mut windows, mut file, mut bytes) = (Windows::default(), Reservation::default(), [0xff; 64]);
        assert_eq!(allocate(&mut windows, &mut file, &mut bytes, 100, 1), None);
        assert_eq!(file.window, None);
    }
}
