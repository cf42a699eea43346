//! Two lists in order of use, and what is freed when memory is full.
//!
//! A simplification of the kernel's reclaim: `docs/model/pagecache.md`, Memory.

use std::ops::Range;

use super::run::Run;
use super::store::{Page, PageCache, Store};
use super::{Mapping, Mark, PageRef};

const NOBODY: u32 = u32::MAX;

/// How many pages are looked for when one is wanted and none is free.
const BATCH: u32 = 32;

#[derive(Clone, Copy, Debug)]
struct List {
    head: u32,
    tail: u32,
    pages: u64,
}

impl Default for List {
    fn default() -> Self {
        List { head: NOBODY, tail: NOBODY, pages: 0 }
    }
}

/// The inactive and the active list.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    inactive: List,
    active: List,
}

/// What keeps pages from being freed, for the message that says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Pages that are locked.
    pub locked: u64,
    /// Pages under writeback.
    pub writeback: u64,
    /// Dirty pages.
    pub dirty: u64,
    /// Pages that somebody holds on to, or whose buffers are in use.
    pub in_use: u64,
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Held { locked, writeback, dirty, in_use } = self;
        write!(f, "{locked} locked, {writeback} under writeback, {dirty} dirty, {in_use} in use")
    }
}

impl List {
    #[inline]
    fn push_head(&mut self, pages: &mut [Page], page: PageRef) {
        let next = std::mem::replace(&mut self.head, page.0);
        self.pages += 1;
        match next {
            NOBODY => self.tail = page.0,
            next => pages[next as usize].previous = page.0,
        }
        let entry = &mut pages[page.0 as usize];
        (entry.previous, entry.next) = (NOBODY, next);
    }
}

impl Lists {
    /// Puts a new page, which is not marked active, onto the inactive list.
    // [memory.lists]
    #[inline]
    pub(super) fn enter_inactive(&mut self, pages: &mut [Page], page: PageRef) {
        self.inactive.push_head(pages, page);
    }
}

impl Store {
    #[inline]
    fn list(&mut self, active: bool) -> &mut List {
        if active { &mut self.lists.active } else { &mut self.lists.inactive }
    }

    #[inline]
    pub(super) fn leave_list(&mut self, page: PageRef) {
        let entry = self.page(page);
        let (active, previous, next) = (entry.has(Mark::Active), entry.previous, entry.next);
        match previous {
            NOBODY => self.list(active).head = next,
            previous => self.pages[previous as usize].next = next,
        }
        match next {
            NOBODY => self.list(active).tail = previous,
            next => self.pages[next as usize].previous = previous,
        }
        self.list(active).pages -= 1;
    }

    /// Takes the page at the tail of the inactive list off it.
    #[inline]
    fn pop_inactive(&mut self) {
        let list = &mut self.lists.inactive;
        let previous = self.pages[list.tail as usize].previous;
        list.tail = previous;
        list.pages -= 1;
        match previous {
            NOBODY => list.head = NOBODY,
            previous => self.pages[previous as usize].next = NOBODY,
        }
    }

    fn move_to_head(&mut self, page: PageRef, active: bool) {
        self.leave_list(page);
        let entry = self.page_mut(page);
        if active {
            entry.marks |= Mark::Active as u16;
        } else {
            entry.marks &= !(Mark::Active as u16);
        }
        let list = if active { &mut self.lists.active } else { &mut self.lists.inactive };
        list.push_head(&mut self.pages, page);
    }

    #[inline(never)]
    fn activate(&mut self, page: PageRef) {
        self.page_mut(page).marks &= !(Mark::Referenced as u16);
        self.move_to_head(page, true);
    }

    /// While the active list is the longer one, its tail becomes the inactive list's head.
    // [memory.balance]
    fn balance(&mut self) {
        while self.lists.active.pages > self.lists.inactive.pages {
            let tail = PageRef(self.lists.active.tail);
            self.move_to_head(tail, false);
            self.page_mut(tail).marks &= !(Mark::Referenced as u16);
        }
    }
}

/// What came of looking for pages to free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shrunk {
    /// How many went.
    pub freed: u32,
    /// Whether a dirty one was met, which had to stay.
    pub met_dirty: bool,
}

impl PageCache {
    /// The page was used: the first time marks it referenced, the next moves it to the head of the
    /// active list.
    pub fn mark_accessed(&self, page: PageRef) {
        self.mark_all_accessed(&[page]);
    }

    /// These pages were used, one after the other.
    // [memory.lists]
    #[inline]
    pub fn mark_all_accessed(&self, pages: &[PageRef]) {
        let store = &mut *self.store.borrow_mut();
        for &page in pages {
            let entry = store.page_mut(page);
            if !entry.has(Mark::Referenced) {
                entry.marks |= Mark::Referenced as u16;
            } else if !entry.has(Mark::Active) && !entry.has(Mark::Detached) {
                store.activate(page);
            }
        }
    }

    /// Frees up to 32 pages from the tail of the inactive list, looking at each page of it once at
    /// most. `freed` is told of those that go, in their order; it must not ask the cache.
    // [memory.clean]
    pub fn shrink(&self, mut freed: impl FnMut(Mapping, Range<u64>)) -> Shrunk {
        let store = &mut *self.store.borrow_mut();
        store.balance();
        let (mut shrunk, mut run) = (Shrunk::default(), Run::default());
        for _ in 0..store.lists.inactive.pages {
            let page = PageRef(store.lists.inactive.tail);
            shrunk.met_dirty |= store.page(page).has(Mark::Dirty);
            if store.page(page).is_held() || !store.try_to_free_buffers(page) {
                store.move_to_head(page, false);
                continue;
            }
            store.pop_inactive();
            store.free.push(page.0);
            let &Page { mapping, index, .. } = store.page(page);
            if let Some(before) = run.add(mapping, index) {
                store.forget(before.mapping, before.indices.clone());
                freed(before.mapping, before.indices);
            }
            shrunk.freed += 1;
            if shrunk.freed == BATCH {
                break;
            }
        }
        store.forget(run.mapping, run.indices.clone());
        freed(run.mapping, run.indices);
        shrunk
    }

    /// Whether a page may not be freed at this time, its buffers aside.
    // [memory.busy] [memory.dirty]
    pub fn is_held(&self, page: PageRef) -> bool {
        self.store.borrow().page(page).is_held()
    }

    /// What keeps the cached pages from being freed.
    pub fn held(&self) -> Held {
        let store = self.store.borrow();
        let mut held = Held::default();
        for index in &store.mappings {
            for (_, page) in index.iter(&store.chunks) {
                let page = store.page(page);
                held.locked += u64::from(page.has(Mark::Locked));
                held.writeback += u64::from(page.has(Mark::Writeback));
                held.dirty += u64::from(page.has(Mark::Dirty));
                held.in_use += u64::from(page.pins > 0 || page.buffers.is_some());
            }
        }
        held
    }
}

#[cfg(test)]
mod tests {
    use sim_core::io::FileId;

    use super::*;

    const FILE: Mapping = Mapping::of(FileId(0));

    fn cache_of(pages: u64) -> PageCache {
        let cache = PageCache::default();
        for index in 0..pages {
            let page = cache.add(FILE, index);
            cache.clear(page, Mark::Locked);
        }
        cache
    }

    fn shrink(cache: &PageCache) -> Vec<u64> {
        let mut freed = Vec::new();
        cache.shrink(|_, indices| freed.extend(indices));
        freed
    }

    // [memory.lists] [memory.clean]
    #[test]
    fn the_oldest_inactive_pages_go_first_32_at_a_time() {
        let cache = cache_of(40);
        assert_eq!(shrink(&cache), (0..32).collect::<Vec<_>>());
        assert_eq!(cache.len(), 8);
    }

    // [memory.lists]
    #[test]
    fn the_second_use_makes_a_page_active() {
        let cache = cache_of(4);
        for index in [0, 1, 0] {
            if let Some(page) = cache.find(FILE, index) {
                cache.mark_accessed(page);
            }
        }
        // Page 0 is active, page 1 referenced only.
        assert_eq!(shrink(&cache), [1, 2, 3]);
    }

    // [memory.balance]
    #[test]
    fn a_longer_active_list_gives_its_tail_back() {
        let cache = cache_of(3);
        for index in [0, 0, 1, 1, 2, 2] {
            if let Some(page) = cache.find(FILE, index) {
                cache.mark_accessed(page);
            }
        }
        // All three are active: the two used longest ago become inactive, and go in that order.
        assert_eq!(shrink(&cache), [0, 1]);
    }

    // [memory.busy] [memory.dirty]
    #[test]
    fn what_is_held_stays() {
        let cache = cache_of(5);
        for (index, mark) in [(0, Mark::Locked), (1, Mark::Writeback), (2, Mark::Dirty)] {
            if let Some(page) = cache.find(FILE, index) {
                cache.set(page, mark);
            }
        }
        if let Some(page) = cache.find(FILE, 3) {
            cache.pin(page);
        }
        assert_eq!(shrink(&cache), [4]);
        assert_eq!(cache.held(), Held { locked: 1, writeback: 1, dirty: 1, in_use: 1 });
        assert!(shrink(&cache).is_empty());
    }
}
