//! Dirty inodes: the flags of each, and the order in which the flusher takes them.
//!
//! `docs/model/pagecache.md`, Dirty inodes and times, The flusher. The device's own inode is one of
//! them. A stamp says at which tick an inode became dirty; later writes do not move it.

use std::cell::RefCell;
use std::collections::VecDeque;

use sim_disk::block::tick::ticks;

use super::timer::set_timer_of_flusher;
use crate::kernel::Kernel;
use crate::page::Mapping;

/// Why an inode is dirty.
// [dirty.flags]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DirtyFlags(u8);

impl DirtyFlags {
    /// It is clean.
    pub const NONE: DirtyFlags = DirtyFlags(0);
    /// Its times (`I_DIRTY_SYNC`).
    pub const SYNC: DirtyFlags = DirtyFlags(1);
    /// Its size or its map (`I_DIRTY_DATASYNC`).
    pub const DATASYNC: DirtyFlags = DirtyFlags(2);
    /// Its pages (`I_DIRTY_PAGES`).
    pub const PAGES: DirtyFlags = DirtyFlags(4);
    /// What has to be put into the inode table: times, size, map.
    pub const INODE: DirtyFlags = DirtyFlags(1 | 2);
    /// Everything.
    pub const ALL: DirtyFlags = DirtyFlags(1 | 2 | 4);

    /// Whether none is set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether any of `others` is set.
    pub const fn intersects(self, others: DirtyFlags) -> bool {
        self.0 & others.0 != 0
    }
}

/// Where a dirty inode waits for its turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// It is clean.
    #[default]
    Nowhere,
    /// On the list, longest dirty first.
    List,
    /// Before the list, in the next round: its turn was used up.
    First,
    /// In the round that goes on.
    Round,
    /// It is its turn.
    Turn,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    flags: DirtyFlags,
    /// The tick at which it became dirty.
    since: u64,
    place: Place,
}

#[derive(Debug, Default)]
struct Queues {
    states: Vec<State>,
    list: VecDeque<Mapping>,
    first: VecDeque<Mapping>,
    round: VecDeque<Mapping>,
}

/// The dirty inodes.
#[derive(Debug)]
pub struct DirtyList(RefCell<Queues>);

impl Queues {
    fn state(&mut self, mapping: Mapping) -> &mut State {
        &mut self.states[mapping.place()]
    }

    fn queue(&mut self, place: Place) -> Option<&mut VecDeque<Mapping>> {
        match place {
            Place::Nowhere | Place::Turn => None,
            Place::List => Some(&mut self.list),
            Place::First => Some(&mut self.first),
            Place::Round => Some(&mut self.round),
        }
    }

    fn move_to(&mut self, mapping: Mapping, place: Place) {
        let before = std::mem::replace(&mut self.state(mapping).place, place);
        if let Some(queue) = self.queue(before) {
            queue.retain(|&queued| queued != mapping);
        }
        if let Some(queue) = self.queue(place) {
            queue.push_back(mapping);
        }
    }

    /// Puts an inode at the end of the list; its stamp stays, unless the one before it is younger.
    // [flusher.requeue]
    fn requeue_at_end(&mut self, mapping: Mapping, now: u64) {
        let last = self.list.back().copied().filter(|&last| last != mapping);
        let youngest = last.map_or(0, |last| self.state(last).since);
        let state = self.state(mapping);
        if youngest > state.since {
            state.since = now;
        }
        self.move_to(mapping, Place::List);
    }
}

impl DirtyList {
    /// No inode of the device and so many files is dirty.
    pub fn new(files: usize) -> DirtyList {
        DirtyList(RefCell::new(Queues { states: vec![State::default(); files + 1], ..Queues::default() }))
    }

    /// The flags of an inode.
    pub fn flags(&self, mapping: Mapping) -> DirtyFlags {
        self.0.borrow_mut().state(mapping).flags
    }

    /// Whether any inode is dirty, or has its turn: its flags are taken off before it is put into the
    /// table, which makes the device's inode dirty.
    pub fn is_any_dirty(&self) -> bool {
        self.0.borrow().states.iter().any(|state| state.place != Place::Nowhere)
    }

    /// Sets flags at a tick. An inode that was clean goes to the end of the list.
    // [dirty.flags]
    fn set(&self, mapping: Mapping, flags: DirtyFlags, now: u64) {
        let mut queues = self.0.borrow_mut();
        let state = queues.state(mapping);
        let was_clean = state.flags.is_empty();
        state.flags.0 |= flags.0;
        if was_clean {
            state.since = now;
            if state.place != Place::Turn {
                queues.move_to(mapping, Place::List);
            }
        }
    }

    /// Takes all flags of an inode off and tells which were set; the flag of its pages stays if
    /// `pages_are_dirty`. A clean inode leaves the list.
    pub fn take(&self, mapping: Mapping, pages_are_dirty: bool) -> DirtyFlags {
        let mut queues = self.0.borrow_mut();
        let state = queues.state(mapping);
        let left = if pages_are_dirty { DirtyFlags::PAGES } else { DirtyFlags::NONE };
        let flags = std::mem::replace(&mut state.flags, left);
        if left.is_empty() && state.place != Place::Turn {
            queues.move_to(mapping, Place::Nowhere);
        }
        flags
    }

    /// Begins a round: those whose turn was used up, then the list up to the first that is too young.
    // [flusher.round] [flusher.used-up-first]
    pub fn begin_round(&self, is_too_young: impl Fn(u64) -> bool) {
        let mut queues = self.0.borrow_mut();
        while let Some(&mapping) = queues.first.front() {
            queues.move_to(mapping, Place::Round);
        }
        while let Some(&mapping) = queues.list.front() {
            if is_too_young(queues.state(mapping).since) {
                break;
            }
            queues.move_to(mapping, Place::Round);
        }
    }

    /// The next inode of the round; it is its turn.
    pub fn next_turn(&self) -> Option<Mapping> {
        let mut queues = self.0.borrow_mut();
        let mapping = queues.round.front().copied()?;
        queues.move_to(mapping, Place::Turn);
        Some(mapping)
    }

    /// The turn has ended; tells whether the inode is clean. `used_up`: it had more to write.
    // [flusher.requeue]
    pub fn end_turn(&self, mapping: Mapping, used_up: bool, now: u64) -> bool {
        let mut queues = self.0.borrow_mut();
        let is_clean = queues.state(mapping).flags.is_empty();
        match (is_clean, used_up) {
            (true, _) => queues.move_to(mapping, Place::Nowhere),
            (false, true) => queues.move_to(mapping, Place::First),
            (false, false) => queues.requeue_at_end(mapping, now),
        }
        is_clean
    }

    /// The inode that comes first in the next round, if it comes before the list.
    pub fn first_used_up(&self) -> Option<Mapping> {
        self.0.borrow().first.front().copied()
    }
}

/// An inode is dirty from now on, if it was not before.
// [dirty.flags]
pub fn mark_inode_dirty(k: &Kernel, mapping: Mapping, flags: DirtyFlags) {
    // [flusher.timer-set]
    if !k.dirty_inodes.is_any_dirty() {
        set_timer_of_flusher(k);
    }
    k.dirty_inodes.set(mapping, flags, ticks(k.now.get()));
}

#[cfg(test)]
mod tests {
    use sim_core::io::FileId;

    use super::*;

    const A: Mapping = Mapping::of(FileId(0));
    const B: Mapping = Mapping::of(FileId(1));
    const C: Mapping = Mapping::of(FileId(2));

    fn dirty(inodes: &[(Mapping, u64)]) -> DirtyList {
        let list = DirtyList::new(3);
        inodes.iter().for_each(|&(inode, now)| list.set(inode, DirtyFlags::PAGES, now));
        list
    }

    /// The turns of a round; all inodes come out clean.
    fn round(list: &DirtyList, is_too_young: impl Fn(u64) -> bool) -> Vec<Mapping> {
        list.begin_round(is_too_young);
        let mut turns = Vec::new();
        while let Some(inode) = list.next_turn() {
            list.take(inode, false);
            assert!(list.end_turn(inode, false, 100));
            turns.push(inode);
        }
        turns
    }

    // [dirty.flags] [flusher.round]
    #[test]
    fn a_round_takes_the_longest_dirty_up_to_the_first_that_is_too_young() {
        // What becomes dirty again meanwhile keeps its place and its stamp.
        let list = dirty(&[(B, 1), (A, 5), (B, 8), (C, 9)]);
        assert_eq!(round(&list, |since| since > 5), [B, A]);
        assert!(list.is_any_dirty());
        assert_eq!(round(&list, |_| false), [C]);
        assert!(!list.is_any_dirty());
    }

    // [dirty.flags]
    #[test]
    fn flags_add_up_and_a_clean_inode_leaves_the_list() {
        let list = dirty(&[(A, 1), (B, 2)]);
        list.set(A, DirtyFlags::SYNC, 3);
        assert!(list.flags(A).intersects(DirtyFlags::INODE));
        assert!(!list.flags(A).intersects(DirtyFlags::DATASYNC));
        // With dirty pages it stays where it is; else it comes to the end when it is dirty again.
        list.take(A, true);
        assert_eq!(list.flags(A), DirtyFlags::PAGES);
        list.take(A, false);
        list.set(A, DirtyFlags::SYNC, 4);
        assert_eq!(round(&list, |_| false), [B, A]);
    }

    // [flusher.used-up-first]
    #[test]
    fn whose_turn_was_used_up_comes_first_in_the_next_round_whatever_its_age() {
        let list = dirty(&[(A, 1), (B, 2), (C, 3)]);
        list.begin_round(|since| since > 2);
        assert_eq!(list.next_turn(), Some(A));
        assert!(!list.end_turn(A, false, 9));
        assert_eq!(list.next_turn(), Some(B));
        assert!(!list.end_turn(B, true, 9));
        assert_eq!((list.next_turn(), list.first_used_up()), (None, Some(B)));
        assert_eq!(round(&list, |_| true), [B]);
        assert_eq!(round(&list, |_| false), [C, A]);
    }

    // [flusher.requeue]
    #[test]
    fn an_inode_that_is_still_dirty_keeps_its_stamp_unless_a_younger_one_stands_before_it() {
        let list = dirty(&[(A, 5)]);
        list.begin_round(|_| false);
        assert_eq!(list.next_turn(), Some(A));
        list.end_turn(A, false, 9);
        assert_eq!(round(&list, |since| since > 5), [A]);
        let list = dirty(&[(A, 5)]);
        list.begin_round(|_| false);
        assert_eq!(list.next_turn(), Some(A));
        list.set(C, DirtyFlags::PAGES, 7);
        list.end_turn(A, false, 9);
        assert_eq!(round(&list, |since| since > 8), [C]);
        assert_eq!(round(&list, |since| since > 9), [A]);
    }

    // [flusher.timer-set]
    #[test]
    fn an_inode_that_has_its_turn_counts_as_dirty() {
        let list = dirty(&[(A, 1)]);
        list.begin_round(|_| false);
        assert_eq!(list.next_turn(), Some(A));
        list.take(A, false);
        assert!(list.is_any_dirty());
        list.end_turn(A, false, 2);
        assert!(!list.is_any_dirty());
    }
}
