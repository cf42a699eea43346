//! What pages of files hold: taken from the device when a read completes, put there when a write
//! does, zeros where nothing is read.
//!
//! Nothing happens here unless contents are checked ([`crate::machine::KernelSettings`]).

use sim_core::io::{Operation, Sector};

use crate::kernel::Kernel;
use crate::medium::Stamp;
use crate::page::PageRef;
use crate::page::buffers::BufferRef;

/// Blocks that a bio has moved: those of its pages one after the other, from a sector on.
#[derive(Clone, Copy, Debug)]
pub struct Moved<'b> {
    /// What was done.
    pub operation: Operation,
    /// The first sector.
    pub sector: Sector,
    /// How many sectors; the last page may have fewer than it has room for.
    pub sectors: u32,
    /// The pages.
    pub pages: &'b [PageRef],
}

/// Pages hold what the device holds, or the device what pages hold.
pub fn move_pages(k: &Kernel, moved: &Moved<'_>) {
    if !k.settings.check_contents {
        return;
    }
    let first = moved.sector.0 >> (k.sizes.block_bits - SECTOR_BITS);
    let end = first + u64::from(moved.sectors.div_ceil(k.sizes.block_sectors()));
    let places = moved.pages.iter().flat_map(|&page| blocks(k, page));
    for (block, physical) in places.zip(first..end) {
        move_block(k, moved.operation, block, physical);
    }
}

/// The power of two that is a sector.
const SECTOR_BITS: u32 = 9;

fn blocks(k: &Kernel, page: PageRef) -> impl Iterator<Item = BufferRef> + use<> {
    (0..k.sizes.blocks_per_page).map(move |number| BufferRef { page, number })
}

/// One block of a page holds what the device holds, or the device what it holds.
pub fn move_block(k: &Kernel, operation: Operation, block: BufferRef, physical: u64) {
    if !k.settings.check_contents {
        return;
    }
    match operation {
        Operation::Read => k.stamps.set(block, k.medium.borrow().stamp(physical)),
        Operation::Write => k.medium.borrow_mut().write_stamp(physical, k.stamps.get(block)),
        Operation::Flush | Operation::Discard => {}
    }
}

/// Puts zeros into the blocks of a page from the one numbered `first` on.
pub fn zero_from(k: &Kernel, page: PageRef, first: u64) {
    if !k.settings.check_contents {
        return;
    }
    for block in blocks(k, page).filter(|block| u64::from(block.number) >= first) {
        k.stamps.set(block, Stamp::ZEROS);
    }
}

/// Puts zeros into one block of a page.
pub fn zero_block(k: &Kernel, block: BufferRef) {
    if k.settings.check_contents {
        k.stamps.set(block, Stamp::ZEROS);
    }
}
