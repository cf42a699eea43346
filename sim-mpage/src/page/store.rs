//! The slab of pages, their marks, and the two lists in order of use.

use std::cell::RefCell;
use std::ops::Range;

use super::buffers::PageBuffers;
use super::index::{Chunks, PageIndex, Tag};
use super::reclaim::Lists;
use super::run::Run;
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

    #[inline]
    pub(super) fn is_held(&self) -> bool {
        const HELD: u16 = Mark::Locked as u16 | Mark::Writeback as u16 | Mark::Dirty as u16;
        self.pins > 0 || self.marks & HELD != 0
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
    pub(super) under_writeback: u64,
}

impl Store {
    #[inline]
    pub(super) fn page(&self, page: PageRef) -> &Page {
        &self.pages[page.0 as usize]
    }

    #[inline]
    pub(super) fn page_mut(&mut self, page: PageRef) -> &mut Page {
        &mut self.pages[page.0 as usize]
    }

    #[inline]
    fn find(&mut self, mapping: Mapping, index: u64) -> Option<PageRef> {
        self.mappings.get_mut(mapping.place())?.get(&self.chunks, index)
    }

    /// Adds locked pages at the head of the inactive list, up to the first that is there already, and
    /// tells of each of them; returns how many.
    #[inline]
    fn add_missing(&mut self, mapping: Mapping, wanted: Range<u64>, mut added: impl FnMut(PageRef)) -> u64 {
        if self.mappings.len() <= mapping.place() {
            self.make_indices(mapping);
        }
        let Store { pages, free, mappings, chunks, lists, .. } = self;
        mappings[mapping.place()].insert_missing(chunks, wanted, |index| {
            let page = free_place(pages, free);
            // Field by field: a page that is put together elsewhere and moved here takes much longer.
            let entry = &mut pages[page.0 as usize];
            entry.mapping = mapping;
            entry.index = index;
            entry.marks = Mark::Locked as u16;
            lists.enter_inactive(pages, page);
            added(page);
            page
        })
    }

    #[cold]
    fn make_indices(&mut self, mapping: Mapping) {
        self.mappings.resize_with(mapping.place() + 1, PageIndex::default);
    }

    fn remove(&mut self, page: PageRef) {
        self.leave_list(page);
        let entry = self.page_mut(page);
        let (mapping, index) = (entry.mapping, entry.index);
        entry.pins = 0;
        if let Some(buffers) = entry.buffers.take() {
            self.buffer_heads -= buffers.len() as u64;
        }
        self.free.push(page.0);
        self.forget(mapping, index..index + 1);
    }

    /// Takes pages out of their mapping, which are free already.
    pub(super) fn forget(&mut self, mapping: Mapping, indices: Range<u64>) {
        if let Some(index) = self.mappings.get_mut(mapping.place()) {
            index.remove(&mut self.chunks, indices);
        }
    }

    fn detach(&mut self, page: PageRef) {
        self.leave_list(page);
        let entry = self.page_mut(page);
        assert!(entry.pins > 0, "page {} is detached, and nobody holds it", entry.index);
        entry.marks |= Mark::Detached as u16;
        let (mapping, index) = (entry.mapping, entry.index);
        self.mappings[mapping.place()].remove(&mut self.chunks, index..index + 1);
    }

    /// Nobody holds a detached page any more.
    #[cold]
    fn forget_detached(&mut self, page: PageRef) {
        if let Some(buffers) = self.page_mut(page).buffers.take() {
            self.buffer_heads -= buffers.len() as u64;
        }
        self.free.push(page.0);
    }

    #[inline]
    fn set(&mut self, page: PageRef, mark: Mark, on: bool) {
        if mark == Mark::Writeback && self.page(page).has(mark) != on {
            self.under_writeback = if on { self.under_writeback + 1 } else { self.under_writeback - 1 };
        }
        let entry = &mut self.pages[page.0 as usize];
        if on {
            entry.marks |= mark as u16;
        } else {
            entry.marks &= !(mark as u16);
        }
        if mark == Mark::Dirty && !entry.has(Mark::Detached) {
            let (mapping, index) = (entry.mapping, entry.index);
            self.mappings[mapping.place()].set(&mut self.chunks, Tag::Dirty, index, on);
        }
    }
}

/// A place in the slab that no page has; what stands in it has no pins and no buffers.
#[inline]
fn free_place(pages: &mut Vec<Page>, free: &mut Vec<u32>) -> PageRef {
    PageRef(free.pop().unwrap_or_else(|| new_place(pages)))
}

#[cold]
fn new_place(pages: &mut Vec<Page>) -> u32 {
    pages.push(Page {
        mapping: Mapping::DEVICE,
        marks: 0,
        pins: 0,
        index: 0,
        previous: u32::MAX,
        next: u32::MAX,
        buffers: None,
    });
    // Memory for 2^32 pages of 4 KiB would be 16 TiB; scenarios are bounded below.
    u32::try_from(pages.len() - 1).unwrap_or(u32::MAX)
}

/// Pages of a file that are cached in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundRun {
    /// How many there are.
    pub count: usize,
    /// Whether there are any, and the last one, too, is up to date and begins no readahead.
    pub ready: bool,
}

/// The page cache of files and device.
#[derive(Clone, Debug, Default)]
pub struct PageCache {
    pub(super) store: RefCell<Store>,
}

impl PageCache {
    /// The page at `index` of `mapping`, if it is cached.
    #[inline]
    pub fn find(&self, mapping: Mapping, index: u64) -> Option<PageRef> {
        self.store.borrow_mut().find(mapping, index)
    }

    /// Puts the pages of `mapping` that are cached in a row from the first of `wanted` on into
    /// `found`, up to and including the first that is not up to date or begins the next readahead.
    pub fn find_run(&self, mapping: Mapping, wanted: Range<u64>, found: &mut [PageRef]) -> FoundRun {
        let Store { pages, mappings, chunks, .. } = &mut *self.store.borrow_mut();
        let Some(cached) = mappings.get_mut(mapping.place()) else {
            return FoundRun { count: 0, ready: false };
        };
        let mut places = cached.places(chunks, wanted.start);
        let mut count = 0;
        for (index, place) in wanted.zip(found) {
            let next = places.next().or_else(|| {
                places = cached.places(chunks, index);
                places.next()
            });
            let Some(Some(page)) = next else { break };
            *place = page;
            count += 1;
            let page = &pages[page.0 as usize];
            if !page.has(Mark::UpToDate) || page.has(Mark::Readahead) {
                return FoundRun { count, ready: false };
            }
        }
        FoundRun { count, ready: count > 0 }
    }

    /// Adds a page where none is: locked, not up to date, at the head of the inactive list.
    pub fn add(&self, mapping: Mapping, index: u64) -> PageRef {
        let mut page = PageRef::NOBODY;
        let added = self.add_missing(mapping, index..index + 1, |added| page = added);
        assert!(added == 1, "page {index} of {mapping:?} is cached already");
        page
    }

    /// Adds pages as [`PageCache::add`] does, one after the other, up to the first of `wanted` that is
    /// cached already, and tells of each of them; returns how many.
    pub fn add_missing(&self, mapping: Mapping, wanted: Range<u64>, added: impl FnMut(PageRef)) -> u64 {
        self.store.borrow_mut().add_missing(mapping, wanted, added)
    }

    /// Takes a page out of the cache, whatever its state.
    pub fn remove(&self, page: PageRef) {
        self.store.borrow_mut().remove(page);
    }

    /// What the page belongs to, and its index there.
    #[inline]
    pub fn place_of(&self, page: PageRef) -> (Mapping, u64) {
        let store = self.store.borrow();
        let page = store.page(page);
        (page.mapping, page.index)
    }

    /// Whether the page carries the mark.
    #[inline]
    pub fn has(&self, page: PageRef, mark: Mark) -> bool {
        self.store.borrow().page(page).has(mark)
    }

    /// Sets the mark.
    #[inline]
    pub fn set(&self, page: PageRef, mark: Mark) {
        self.store.borrow_mut().set(page, mark, true);
    }

    /// Marks pages as mapped to the device, up to the first that has buffers; returns how many.
    pub fn set_mapped_to_disk(&self, pages: &[PageRef]) -> usize {
        let store = &mut *self.store.borrow_mut();
        let marked = pages.iter().take_while(|&&page| {
            let entry = store.page_mut(page);
            let plain = entry.buffers.is_none();
            if plain {
                entry.marks |= Mark::MappedToDisk as u16;
            }
            plain
        });
        marked.count()
    }

    /// Clears the mark; tells whether it was set.
    #[inline]
    pub fn clear(&self, page: PageRef, mark: Mark) -> bool {
        let mut store = self.store.borrow_mut();
        let was = store.page(page).has(mark);
        if was {
            store.set(page, mark, false);
        }
        was
    }

    /// The read of pages has ended: sets the mark that tells how, takes their locks off, and tells
    /// which pages these are, in their order. Who waits for the locks is the caller's to wake.
    pub fn end_read(&self, pages: &[PageRef], mark: Mark, mut ended: impl FnMut(Mapping, Range<u64>)) {
        let store = &mut *self.store.borrow_mut();
        let mut run = Run::default();
        for &page in pages {
            let entry = store.page_mut(page);
            assert!(entry.has(Mark::Locked), "page {} was read without its lock", entry.index);
            entry.marks = entry.marks & !(Mark::Locked as u16) | mark as u16;
            if let Some(before) = run.add(entry.mapping, entry.index) {
                ended(before.mapping, before.indices);
            }
        }
        ended(run.mapping, run.indices);
    }

    /// Keeps the page from being freed.
    pub fn pin(&self, page: PageRef) {
        self.store.borrow_mut().page_mut(page).pins += 1;
    }

    /// Takes back [`PageCache::pin`].
    pub fn unpin(&self, page: PageRef) {
        let mut store = self.store.borrow_mut();
        let entry = store.page_mut(page);
        assert!(entry.pins > 0, "page {} was let go of twice", entry.index);
        entry.pins -= 1;
        if entry.pins == 0 && entry.has(Mark::Detached) {
            store.forget_detached(page);
        }
    }

    /// How many hold on to the page.
    pub fn pins(&self, page: PageRef) -> u16 {
        self.store.borrow().page(page).pins
    }

    /// How many pages are cached.
    #[inline]
    pub fn len(&self) -> u64 {
        let store = self.store.borrow();
        (store.pages.len() - store.free.len()) as u64
    }

    /// Whether nothing is cached.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes a page that is pinned out of its mapping; its place is free when nobody holds it any more.
    pub fn detach(&self, page: PageRef) {
        self.store.borrow_mut().detach(page);
    }

    /// How many pages of files and device are dirty.
    pub fn dirty_in_all(&self) -> u64 {
        self.store.borrow().mappings.iter().map(|index| index.tagged(Tag::Dirty)).sum()
    }

    /// How many pages are under writeback.
    pub fn under_writeback(&self) -> u64 {
        self.store.borrow().under_writeback
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
