//! Which blocks are in the cache, told from the trace: each is read at most once while it is there,
//! unless that failed.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::io::FileId;
use sim_core::trace::{BufferChange, PageChange};
use sim_mpage::machine::Machine;

/// A page: its file, or the device, and its index.
type Key = (Option<FileId>, u64);

#[derive(Clone, Debug, Default)]
struct Page {
    up_to_date: bool,
    /// Blocks (of the file, or of the device) that have been read.
    read: BTreeSet<u64>,
    /// Blocks whose last read failed.
    failed: BTreeSet<u64>,
    /// Blocks that are being read.
    on_their_way: BTreeSet<u64>,
}

/// The pages that are cached.
pub(super) struct Pages {
    blocks_per_page: u64,
    pages: BTreeMap<Key, Page>,
}

impl Pages {
    /// Those that the run begins with; `indirect`: where the indirect blocks among them lie.
    pub(super) fn new(machine: &Machine, indirect: impl Iterator<Item = u64>) -> Pages {
        let blocks_per_page = u64::from(machine.kernel.page_size / machine.volume.block_size);
        let mut pages = BTreeMap::<Key, Page>::new();
        for state in &machine.pages {
            let page = pages.entry((Some(state.file), state.index)).or_default();
            page.up_to_date = state.up_to_date;
            let first = state.index * blocks_per_page;
            let buffers = (first..).zip(state.buffers.iter().flatten());
            page.read.extend(buffers.filter(|(_, buffer)| buffer.up_to_date).map(|(block, _)| block));
        }
        for block in indirect {
            pages.entry((None, block / blocks_per_page)).or_default().read.insert(block);
        }
        Pages { blocks_per_page, pages }
    }

    /// Something has happened to a page.
    pub(super) fn change(&mut self, key: Key, change: PageChange) -> Result<(), &'static str> {
        match change {
            PageChange::Added => match self.pages.insert(key, Page::default()) {
                None => Ok(()),
                Some(_) => Err("the page is there already"),
            },
            PageChange::Freed => match self.pages.remove(&key) {
                Some(page) if page.on_their_way.is_empty() => Ok(()),
                Some(_) => Err("the page is being read"),
                // Metadata that mounting and opening have brought in.
                None if key.0.is_none() => Ok(()),
                None => Err("no such page"),
            },
            PageChange::UpToDate => match self.pages.get_mut(&key) {
                Some(page) if page.up_to_date => Err("the page is up to date already"),
                Some(page) if !page.on_their_way.is_empty() => Err("the page is being read"),
                Some(page) if !page.failed.is_empty() => Err("a block of it could not be read"),
                Some(page) => {
                    page.up_to_date = true;
                    Ok(())
                }
                None => Err("no such page"),
            },
            PageChange::Failed => Ok(()),
            // The superblock's page has been dirty since mounting, with nothing to be written.
            PageChange::Writeback | PageChange::Written if key.0.is_none() => Ok(()),
            PageChange::Writeback | PageChange::Written => Err("nobody writes"),
        }
    }

    /// A block is going to be read.
    pub(super) fn begin(&mut self, file: Option<FileId>, block: u64) -> Result<(), &'static str> {
        let page =
            self.pages.get_mut(&(file, block / self.blocks_per_page)).ok_or("its page is not cached")?;
        if page.up_to_date {
            return Err("its page is up to date");
        }
        if page.read.contains(&block) {
            return Err("it has been read already");
        }
        if page.on_their_way.insert(block) { Ok(()) } else { Err("it is being read already") }
    }

    /// It was read, or could not be.
    pub(super) fn end(&mut self, file: Option<FileId>, block: u64, failed: bool) -> Result<(), &'static str> {
        let page = self.pages.get_mut(&(file, block / self.blocks_per_page)).ok_or("its page is gone")?;
        page.on_their_way.remove(&block);
        if failed {
            page.failed.insert(block);
        } else {
            page.failed.remove(&block);
            page.read.insert(block);
        }
        Ok(())
    }

    /// Something has happened to a block of the device's cache.
    pub(super) fn change_buffer(&self, block: u64, change: BufferChange) -> Result<(), &'static str> {
        let page = self.pages.get(&(None, block / self.blocks_per_page)).ok_or("its page is not cached")?;
        match change {
            BufferChange::Hit | BufferChange::UpToDate if page.read.contains(&block) => Ok(()),
            BufferChange::Hit | BufferChange::UpToDate => Err("it was not read"),
            BufferChange::Failed if page.failed.contains(&block) => Ok(()),
            BufferChange::Failed => Err("it did not fail"),
            BufferChange::Dirtied | BufferChange::Cleaned => Err("nobody writes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::machine;
    use super::*;

    const FILE: Option<FileId> = Some(FileId(0));

    #[test]
    fn a_block_is_read_once_while_its_page_is_there_unless_that_failed() {
        let mut pages = Pages::new(&machine(&[]), [1000].into_iter());
        assert!(pages.begin(None, 1000).is_err(), "cached to begin with");
        assert!(pages.begin(FILE, 3).is_err(), "not cached");
        pages.change((FILE, 3), PageChange::Added).unwrap();
        assert!(pages.change((FILE, 3), PageChange::Added).is_err());
        pages.begin(FILE, 3).unwrap();
        assert!(pages.begin(FILE, 3).is_err(), "on its way");
        for change in [PageChange::Freed, PageChange::UpToDate] {
            let mut pages = Pages { blocks_per_page: 1, pages: pages.pages.clone() };
            assert!(pages.change((FILE, 3), change).is_err(), "being read");
        }
        pages.end(FILE, 3, true).unwrap();
        assert!(pages.change((FILE, 3), PageChange::UpToDate).is_err(), "not read");
        pages.begin(FILE, 3).unwrap();
        pages.end(FILE, 3, false).unwrap();
        assert!(pages.begin(FILE, 3).is_err(), "read already");
        pages.change((FILE, 3), PageChange::Freed).unwrap();
        assert!(pages.begin(FILE, 3).is_err(), "gone");
    }

    #[test]
    fn a_buffer_is_up_to_date_once_its_block_was_read() {
        let mut pages = Pages::new(&machine(&[]), [1000].into_iter());
        assert!(pages.change_buffer(1000, BufferChange::Hit).is_ok());
        assert!(pages.change_buffer(1001, BufferChange::Failed).is_err(), "not cached");
        pages.change((None, 1001), PageChange::Added).unwrap();
        for (failed, good, bad) in [
            (true, BufferChange::Failed, BufferChange::UpToDate),
            (false, BufferChange::UpToDate, BufferChange::Failed),
        ] {
            assert!(pages.change_buffer(1001, good).is_err());
            pages.begin(None, 1001).unwrap();
            pages.end(None, 1001, failed).unwrap();
            assert!(pages.change_buffer(1001, good).is_ok() && pages.change_buffer(1001, bad).is_err());
        }
    }
}
