//! What a writeback is to write, and what came of it (`struct writeback_control`).

use sim_core::io::Flags;

/// Which pages of a mapping are to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageRange {
    /// From where the last such writeback stopped to the end of the file.
    Cyclic,
    /// From the first page to the last one.
    Pages {
        /// The first page.
        first: u64,
        /// The last page.
        last: u64,
    },
}

impl PageRange {
    /// The whole file.
    pub const ALL: PageRange = PageRange::Pages { first: 0, last: u64::MAX };
}

/// What a writeback is to write, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WritebackControl {
    /// Which pages.
    pub range: PageRange,
    /// For data integrity: whatever is dirty when it begins is written, and somebody waits for it.
    pub integrity: bool,
    /// In the background, or because pages have become old: nobody waits.
    pub background: bool,
    /// How many pages may still be written; only for what is not for integrity.
    pub nr_to_write: u64,
    /// Pages that were made dirty again, since one of their buffers was locked.
    pub pages_skipped: u64,
}

impl WritebackControl {
    /// A writeback of any number of pages.
    pub const fn of(range: PageRange, integrity: bool) -> WritebackControl {
        WritebackControl { range, integrity, background: false, nr_to_write: u64::MAX, pages_skipped: 0 }
    }

    /// The flags of its bios (`wbc_to_write_flags`).
    // [mpage-write.sync-flag] [mpage-write.background-flag]
    pub const fn flags(&self) -> Flags {
        match (self.integrity, self.background) {
            (true, _) => Flags::SYNC,
            (false, true) => Flags::BACKGROUND,
            (false, false) => Flags::NONE,
        }
    }
}
