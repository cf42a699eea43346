//! Pages of writes in the controller's buffer: from their arrival to the end of their program.
//!
//! A page whose program has been made is read from here, without the flash, until the program has
//! ended. A page of which only a part is written reads the old rest first; later writes to the same
//! page wait until it has.

use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
struct Pending {
    /// Programs made that have not ended.
    programs: u32,
    /// Whether a write is reading the old page.
    reads_old: bool,
    /// Writes that wait for that, in order of arrival.
    waiting: Vec<u32>,
}

/// How a write of a page goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// With its program.
    Program,
    /// With a read of the old page.
    ReadOld,
    /// After another write of that page has read it.
    Wait,
}

/// The buffer, by logical page; transactions are known by their place in the drive's slab.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buffer {
    pending: BTreeMap<u32, Pending>,
}

impl Buffer {
    /// Whether a page can be read from here.
    pub(crate) fn holds(&self, page: u32) -> bool {
        // [ssd-place.buffered]
        !self.pending.is_empty() && self.pending.get(&page).is_some_and(|pending| pending.programs > 0)
    }

    /// A write of the page arrives, of the whole of it or of a part.
    pub(crate) fn enter(&mut self, page: u32, transaction: u32, whole: bool) -> Entry {
        // [ssd-place.part] [ssd-place.order]
        let pending = self.pending.entry(page).or_default();
        if pending.reads_old {
            pending.waiting.push(transaction);
            Entry::Wait
        } else if whole || pending.programs > 0 {
            pending.programs += 1;
            Entry::Program
        } else {
            pending.reads_old = true;
            Entry::ReadOld
        }
    }

    /// The old page has been read: the program of that write is made, and those of the writes that
    /// waited, which are told. They find the page in the buffer and need not read it.
    pub(crate) fn has_read_old(&mut self, page: u32) -> Vec<u32> {
        let pending = self.pending.entry(page).or_default();
        assert!(pending.reads_old, "nobody was reading the old page {page}");
        pending.reads_old = false;
        let waiting = std::mem::take(&mut pending.waiting);
        pending.programs += 1 + u32::try_from(waiting.len()).unwrap_or(u32::MAX);
        waiting
    }

    /// A program of the page has ended.
    pub(crate) fn programmed(&mut self, page: u32) {
        let pending = self.pending.entry(page).or_default();
        assert!(pending.programs > 0, "a program of page {page} ended that was not made");
        pending.programs -= 1;
        if pending.programs == 0 {
            self.pending.remove(&page);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_can_be_read_while_a_program_of_it_is_under_way() {
        // [ssd-place.buffered]
        let mut buffer = Buffer::default();
        assert_eq!(buffer.enter(7, 0, true), Entry::Program);
        assert_eq!(buffer.enter(7, 1, true), Entry::Program);
        buffer.programmed(7);
        assert!(buffer.holds(7) && !buffer.holds(8));
        buffer.programmed(7);
        assert!(!buffer.holds(7));
    }

    #[test]
    fn a_part_reads_the_old_page_once_and_later_writes_wait_for_it() {
        // [ssd-place.part] [ssd-place.order]
        let mut buffer = Buffer::default();
        assert_eq!(buffer.enter(7, 0, false), Entry::ReadOld);
        assert_eq!(buffer.enter(7, 1, true), Entry::Wait);
        assert_eq!(buffer.enter(7, 2, false), Entry::Wait);
        assert!(!buffer.holds(7));
        assert_eq!(buffer.has_read_old(7), [1, 2]);
        assert_eq!(buffer.enter(7, 3, false), Entry::Program);
        (0..4).for_each(|_| buffer.programmed(7));
        assert!(!buffer.holds(7) && buffer.pending.is_empty());
    }
}
