//! The slab of pages, their marks, and the two lists in order of use.

use std::cell::RefCell;

use super::buffers::PageBuffers;
use super::index::{Chunks, PageIndex, Tag};
use super::reclaim::Lists;
use super::{Mapping, Mark, PageRef};

/// A page. Everything but its links and counts is read and changed through [`PageCache`].
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) mapping: Mapping,
    pub(super) marks: u16,
    /// How many hold on to it, so that it may not be freed.
    pub(super) pins: u16,
    pub(super) index: u64,
    /// Its neighbours in the list that it is on, or in the free list.
    pub(super) previous: u32,
    pub(super) next: u32,
    pub(super) buffers: Option<Box<PageBuffers>>,
}

impl Page {
    pub(super) fn has(&self, mark: Mark) -> bool {
        self.marks & mark as u16 != 0
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    pub(super) pages: Vec<Page>,
    pub(super) free: Vec<u32>,
    pub(super) mappings: Vec<PageIndex>,
    pub(super) chunks: Chunks,
    pub(super) lists: Lists,
    pub(super) buffer_heads: u64,
}

impl Store {
    pub(super) fn page(&self, page: PageRef) -> &Page {
        &self.pages[page.0 as usize]
    }

    pub(super) fn page_mut(&mut self, page: PageRef) -> &mut Page {
        &mut self.pages[page.0 as usize]
    }

    fn find(&mut self, mapping: Mapping, index: u64) -> Option<PageRef> {
        self.mappings.get_mut(mapping.place())?.get(&self.chunks, index)
    }

    fn add(&mut self, mapping: Mapping, index: u64, marks: u16) -> PageRef {
        let page = Page { mapping, marks, pins: 0, index, previous: u32::MAX, next: u32::MAX, buffers: None };
        let place = match self.free.pop() {
            Some(place) => {
                self.pages[place as usize] = page;
                place
            }
            None => {
                self.pages.push(page);
                // Memory for 2^32 pages of 4 KiB would be 16 TiB; scenarios are bounded below.
                u32::try_from(self.pages.len() - 1).unwrap_or(u32::MAX)
            }
        };
        if self.mappings.len() <= mapping.place() {
            self.mappings.resize_with(mapping.place() + 1, PageIndex::default);
        }
        self.mappings[mapping.place()].insert(&mut self.chunks, index, PageRef(place));
        self.enter_inactive(PageRef(place));
        PageRef(place)
    }

    pub(super) fn remove(&mut self, page: PageRef) {
        self.leave_list(page);
        let Page { mapping, index, ref mut buffers, .. } = self.pages[page.0 as usize];
        if let Some(buffers) = buffers.take() {
            self.buffer_heads -= buffers.len() as u64;
        }
        self.mappings[mapping.place()].remove(&mut self.chunks, index);
        self.free.push(page.0);
    }

    fn set(&mut self, page: PageRef, mark: Mark, on: bool) {
        let entry = &mut self.pages[page.0 as usize];
        if on {
            entry.marks |= mark as u16;
        } else {
            entry.marks &= !(mark as u16);
        }
        if mark == Mark::Dirty {
            let (mapping, index) = (entry.mapping, entry.index);
            self.mappings[mapping.place()].set(&mut self.chunks, Tag::Dirty, index, on);
        }
    }
}

/// The page cache of files and device.
#[derive(Clone, Debug, Default)]
pub struct PageCache {
    pub(super) store: RefCell<Store>,
}

impl PageCache {
    /// The page at `index` of `mapping`, if it is cached.
    pub fn find(&self, mapping: Mapping, index: u64) -> Option<PageRef> {
        self.store.borrow_mut().find(mapping, index)
    }

    /// Adds a page where none is: locked, not up to date, at the head of the inactive list.
    pub fn add(&self, mapping: Mapping, index: u64) -> PageRef {
        self.store.borrow_mut().add(mapping, index, Mark::Locked as u16)
    }

    /// Takes a page out of the cache, whatever its state.
    pub fn remove(&self, page: PageRef) {
        self.store.borrow_mut().remove(page);
    }

    /// What the page belongs to, and its index there.
    pub fn place_of(&self, page: PageRef) -> (Mapping, u64) {
        let store = self.store.borrow();
        let page = store.page(page);
        (page.mapping, page.index)
    }

    /// Whether the page carries the mark.
    pub fn has(&self, page: PageRef, mark: Mark) -> bool {
        self.store.borrow().page(page).has(mark)
    }

    /// Sets the mark.
    pub fn set(&self, page: PageRef, mark: Mark) {
        self.store.borrow_mut().set(page, mark, true);
    }

    /// Clears the mark; tells whether it was set.
    pub fn clear(&self, page: PageRef, mark: Mark) -> bool {
        let mut store = self.store.borrow_mut();
        let was = store.page(page).has(mark);
        if was {
            store.set(page, mark, false);
        }
        was
    }

    /// Keeps the page from being freed.
    pub fn pin(&self, page: PageRef) {
        self.store.borrow_mut().page_mut(page).pins += 1;
    }

    /// Takes back [`PageCache::pin`].
    pub fn unpin(&self, page: PageRef) {
        let mut store = self.store.borrow_mut();
        let page = store.page_mut(page);
        assert!(page.pins > 0, "page {} was let go of twice", page.index);
        page.pins -= 1;
    }

    /// How many hold on to the page.
    pub fn pins(&self, page: PageRef) -> u16 {
        self.store.borrow().page(page).pins
    }

    /// How many pages are cached.
    pub fn len(&self) -> u64 {
        let store = self.store.borrow();
        (store.pages.len() - store.free.len()) as u64
    }

    /// Whether nothing is cached.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many pages of `mapping` are dirty.
    pub fn dirty_pages(&self, mapping: Mapping) -> u64 {
        self.store.borrow().mappings.get(mapping.place()).map_or(0, |index| index.tagged(Tag::Dirty))
    }

    /// The first page of `mapping` at or after `from` that carries `tag`, with its index.
    pub fn next_tagged(&self, mapping: Mapping, tag: Tag, from: u64) -> Option<(u64, PageRef)> {
        let store = self.store.borrow();
        store.mappings.get(mapping.place())?.next_tagged(&store.chunks, tag, from)
    }

    /// Marks every dirty page from `first` to `last` as one to be written (`tag_pages_for_writeback`).
    pub fn tag_for_writeback(&self, mapping: Mapping, first: u64, last: u64) {
        let store = &mut *self.store.borrow_mut();
        let Some(index) = store.mappings.get_mut(mapping.place()) else { return };
        let mut from = first;
        while let Some((at, _)) = index.next_tagged(&store.chunks, Tag::Dirty, from) {
            if at > last {
                break;
            }
            index.set(&mut store.chunks, Tag::ToWrite, at, true);
            from = at + 1;
        }
    }

    /// Takes the mark of [`PageCache::tag_for_writeback`] off.
    pub fn clear_to_write(&self, page: PageRef) {
        let store = &mut *self.store.borrow_mut();
        let &Page { mapping, index, .. } = store.page(page);
        store.mappings[mapping.place()].set(&mut store.chunks, Tag::ToWrite, index, false);
    }

    /// The pages of `mapping` with their indices, in ascending order.
    pub fn of_mapping(&self, mapping: Mapping) -> Vec<(u64, PageRef)> {
        let store = self.store.borrow();
        let index = store.mappings.get(mapping.place());
        index.map_or_else(Vec::new, |index| index.iter(&store.chunks).collect())
    }

    /// All pages, mapping by mapping, in ascending order of index.
    pub fn all(&self) -> Vec<PageRef> {
        let store = self.store.borrow();
        store.mappings.iter().flat_map(|index| index.iter(&store.chunks).map(|(_, page)| page)).collect()
    }
}
