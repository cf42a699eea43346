//! What a reader gets, against what the file holds.

use std::ops::Range;

use sim_core::io::FileId;

use crate::failure::RunError;
use crate::kernel::Kernel;
use crate::page::PageRef;
use crate::page::buffers::BufferRef;

/// A reader has got these bytes of a file from these pages, of which the first holds the first byte:
/// compares each of their blocks with what it must hold; the first difference ends the run.
#[inline]
pub fn check_copied(k: &Kernel, file: FileId, pages: &[PageRef], bytes: Range<u64>) {
    if !k.settings.check_contents {
        return;
    }
    let mut start = bytes.start;
    for &page in pages {
        let behind = bytes.end.min(((start >> k.sizes.page_bits) + 1) << k.sizes.page_bits);
        compare(k, file, page, start..behind);
        start = behind;
    }
}

fn compare(k: &Kernel, file: FileId, page: PageRef, bytes: Range<u64>) {
    let blocks = bytes.start >> k.sizes.block_bits..bytes.end.div_ceil(u64::from(k.sizes.block));
    let mut oracle = k.oracle.borrow_mut();
    for block in blocks {
        // A page has fewer than 2^16 blocks.
        let number = u16::try_from(block % u64::from(k.sizes.blocks_per_page)).unwrap_or(u16::MAX);
        let found = k.stamps.get(BufferRef { page, number });
        let failure = match oracle.expected(file, block) {
            Ok(expected) if expected == found => continue,
            Ok(expected) => RunError::WrongContent { file, block, expected, found },
            Err(unreadable) => RunError::Medium(unreadable),
        };
        k.failure.borrow_mut().get_or_insert(failure);
        return;
    }
}
