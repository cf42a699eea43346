//! What the pages of files hold: a stamp a block, beside the slab of pages.
//!
//! As in memory, a page holds what its place in the slab held before, until something is put into
//! it.

use std::cell::RefCell;

use super::PageRef;
use super::buffers::BufferRef;
use crate::medium::Stamp;

/// The stamps of all pages.
#[derive(Clone, Debug)]
pub struct PageStamps {
    blocks_per_page: u16,
    stamps: RefCell<Vec<Stamp>>,
}

impl PageStamps {
    /// No page holds anything.
    pub fn new(blocks_per_page: u16) -> PageStamps {
        PageStamps { blocks_per_page, stamps: RefCell::default() }
    }

    #[inline]
    fn place(&self, page: PageRef) -> usize {
        page.0 as usize * usize::from(self.blocks_per_page)
    }

    /// What one block of a page holds.
    #[inline]
    pub fn get(&self, block: BufferRef) -> Stamp {
        let place = self.place(block.page) + usize::from(block.number);
        self.stamps.borrow().get(place).copied().unwrap_or(Stamp::NOTHING)
    }

    /// Puts something into one block of a page.
    #[inline]
    pub fn set(&self, block: BufferRef, stamp: Stamp) {
        assert!(block.number < self.blocks_per_page, "{block:?} of {}", self.blocks_per_page);
        let place = self.place(block.page) + usize::from(block.number);
        let mut stamps = self.stamps.borrow_mut();
        if place >= stamps.len() {
            let pages = self.place(block.page) + usize::from(self.blocks_per_page);
            stamps.resize(pages, Stamp::NOTHING);
        }
        stamps[place] = stamp;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_what_was_put_into_them() {
        let stamps = PageStamps::new(2);
        let block = |page, number| BufferRef { page: PageRef(page), number };
        stamps.set(block(3, 1), Stamp::ZEROS);
        stamps.set(block(0, 0), Stamp::of_block(9));
        let held =
            [(0, 0), (0, 1), (3, 0), (3, 1), (7, 0)].map(|(page, number)| stamps.get(block(page, number)));
        let nothing = Stamp::NOTHING;
        assert_eq!(held, [Stamp::of_block(9), nothing, nothing, Stamp::ZEROS, nothing]);
    }
}
