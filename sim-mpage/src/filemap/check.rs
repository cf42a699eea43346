//! What a reader gets, against what the file holds; and what calls that write make of that.

use std::ops::Range;

use sim_core::io::FileId;

use crate::failure::RunError;
use crate::kernel::Kernel;
use crate::medium::{MediumError, Stamp};
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
            Ok(expected) if expected == found || is_same(k, file, block, (expected, found)) => continue,
            Ok(expected) => wrong_content(k, file, block, expected, found),
            Err(unreadable) => RunError::Medium(unreadable),
        };
        k.failure.borrow_mut().get_or_insert(failure);
        return;
    }
}

/// Whether two contents of a block are the same as far as the file goes.
fn is_same(k: &Kernel, file: FileId, block: u64, (expected, found): (Stamp, Stamp)) -> bool {
    let within = k.inodes[file.0 as usize].size.get().saturating_sub(block << k.sizes.block_bits);
    let end = u32::try_from(within).unwrap_or(u32::MAX).min(k.sizes.block);
    let mut mixtures = k.mixtures.borrow_mut();
    let mut in_file = |stamp| mixtures.overwritten(stamp, k.sizes.block, end..k.sizes.block, Stamp::ZEROS);
    expected == Stamp::LOST || in_file(expected) == in_file(found)
}

/// Compares what was found of a block with what it must hold.
///
/// # Errors
/// [`RunError::WrongContent`]
pub fn compare_block(
    k: &Kernel,
    file: FileId,
    block: u64,
    expected: Stamp,
    found: Stamp,
) -> Result<(), RunError> {
    if expected == found || is_same(k, file, block, (expected, found)) {
        return Ok(());
    }
    Err(wrong_content(k, file, block, expected, found))
}

fn wrong_content(k: &Kernel, file: FileId, block: u64, expected: Stamp, found: Stamp) -> RunError {
    let mixtures = k.mixtures.borrow();
    let [expected, found] = [expected, found].map(|stamp| mixtures.describe(stamp, k.sizes.block));
    RunError::WrongContent { file, block, expected, found }
}

/// A call or a store has written bytes of a file: readers must get them from now on.
pub fn expect_written(k: &Kernel, file: FileId, bytes: Range<u64>, write: u32) {
    if k.settings.check_contents {
        let told = k.oracle.borrow_mut().write(&mut k.mixtures.borrow_mut(), file, bytes, write);
        note(k, told);
    }
}

/// A file has another size: readers must get zeros for what is gone.
pub fn expect_truncated(k: &Kernel, file: FileId, size: u64) {
    if k.settings.check_contents {
        let told = k.oracle.borrow_mut().truncate(&mut k.mixtures.borrow_mut(), file, size);
        note(k, told);
    }
}

fn note(k: &Kernel, told: Result<(), MediumError>) {
    if let Err(unreadable) = told {
        k.failure.borrow_mut().get_or_insert(RunError::Medium(unreadable));
    }
}
