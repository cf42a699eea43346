//! Page tables of mappings into processes: which pages a process reaches without a fault, and which
//! of them it may write to.
//!
//! `docs/model/pagecache.md`, Page fault on a mapping, Stores through a shared mapping. A set entry
//! pins its page.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::store::PageCache;
use super::{Mapping, PageRef};

/// A mapping into a process, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableId(usize);

#[derive(Clone, Copy, Debug)]
struct Entry {
    page: PageRef,
    writable: bool,
}

#[derive(Clone, Debug)]
struct Table {
    mapping: Mapping,
    entries: BTreeMap<u64, Entry>,
}

/// The page tables of all processes.
#[derive(Clone, Debug, Default)]
pub struct PageTables(RefCell<Vec<Table>>);

impl PageTables {
    /// A table for a mapping of a file, none of whose entries is set.
    pub fn add(&self, mapping: Mapping) -> TableId {
        let mut tables = self.0.borrow_mut();
        tables.push(Table { mapping, entries: BTreeMap::new() });
        TableId(tables.len() - 1)
    }

    /// Clears all entries of a table.
    pub fn clear(&self, pages: &PageCache, table: TableId) {
        for (_, entry) in std::mem::take(&mut self.0.borrow_mut()[table.0].entries) {
            pages.unpin(entry.page);
        }
    }

    /// The entry of a page: whether it may be written to; `None` if it is not set.
    pub fn entry(&self, table: TableId, index: u64) -> Option<bool> {
        self.0.borrow()[table.0].entries.get(&index).map(|entry| entry.writable)
    }

    /// Sets the entry of a page, for reading.
    // [buffers-life.drop-mapped] [memory.mapped]
    pub fn set(&self, pages: &PageCache, table: TableId, index: u64, page: PageRef) {
        let entries = &mut self.0.borrow_mut()[table.0].entries;
        if let std::collections::btree_map::Entry::Vacant(vacant) = entries.entry(index) {
            vacant.insert(Entry { page, writable: false });
            pages.pin(page);
        }
    }

    /// Lets a page be written to whose entry is set.
    pub fn make_writable(&self, table: TableId, index: u64) {
        if let Some(entry) = self.0.borrow_mut()[table.0].entries.get_mut(&index) {
            entry.writable = true;
        }
    }

    /// Protects a page in all tables; tells whether it could be written to in any (`page_mkclean`).
    // [store.protect]
    pub fn protect(&self, mapping: Mapping, index: u64) -> bool {
        let mut was_writable = false;
        for table in self.0.borrow_mut().iter_mut().filter(|table| table.mapping == mapping) {
            if let Some(entry) = table.entries.get_mut(&index) {
                was_writable |= std::mem::replace(&mut entry.writable, false);
            }
        }
        was_writable
    }

    /// Clears the entries of the pages from `first` on in all tables.
    // [truncate.pages]
    pub fn unmap_from(&self, pages: &PageCache, mapping: Mapping, first: u64) {
        for table in self.0.borrow_mut().iter_mut().filter(|table| table.mapping == mapping) {
            for (_, entry) in table.entries.split_off(&first) {
                pages.unpin(entry.page);
            }
        }
    }

    /// The pages that entries pin, each as often as it is pinned.
    pub fn pinned(&self) -> Vec<PageRef> {
        let tables = self.0.borrow();
        tables.iter().flat_map(|table| table.entries.values().map(|entry| entry.page)).collect()
    }
}

#[cfg(test)]
mod tests {
    use sim_core::io::FileId;

    use super::*;

    const FILE: Mapping = Mapping::of(FileId(0));

    // [store.protect] [truncate.pages]
    #[test]
    fn a_page_is_protected_and_unmapped_in_all_tables() {
        let (pages, tables) = (PageCache::default(), PageTables::default());
        let page = pages.add(FILE, 3);
        let (one, two) = (tables.add(FILE), tables.add(FILE));
        tables.set(&pages, one, 3, page);
        tables.set(&pages, two, 3, page);
        tables.make_writable(two, 3);
        assert_eq!((tables.entry(one, 3), tables.entry(two, 3)), (Some(false), Some(true)));
        assert!(tables.protect(FILE, 3));
        assert!(!tables.protect(FILE, 3));
        assert_eq!(pages.pins(page), 2);
        tables.unmap_from(&pages, FILE, 4);
        assert_eq!(tables.entry(one, 3), Some(false));
        tables.unmap_from(&pages, FILE, 3);
        assert_eq!((tables.entry(one, 3), pages.pins(page)), (None, 0));
    }
}
