//! What pages hold: taken from the device when a read completes, zeros where nothing is read. What is
//! written is taken from memory when a request is issued, and stands on the device when it completes.
//!
//! Stamps are passed over unless contents are checked ([`crate::machine::KernelSettings`]); the bytes
//! of metadata always count.

use std::ops::Range;

use sim_core::io::{BioId, FileId, Operation};

use crate::failure::RunError;
use crate::kernel::Kernel;
use crate::medium::{Base as _, Stamp};
use crate::page::buffers::BufferRef;
use crate::page::{Mapping, PageRef};
use crate::submit::{EndIo, InFlight};

/// The power of two that is a sector.
const SECTOR_BITS: u32 = 9;

/// What a block that is being written will hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Metadata.
    Bytes(Box<[u8]>),
    /// File data.
    Stamp(Stamp),
}

fn blocks(k: &Kernel, page: PageRef) -> impl Iterator<Item = BufferRef> + use<> {
    (0..k.sizes.blocks_per_page).map(move |number| BufferRef { page, number })
}

/// The blocks of a bio in memory and on the device, one by one.
fn blocks_of_bio(k: &Kernel, bio: &InFlight) -> impl Iterator<Item = (BufferRef, u64)> {
    let first = bio.sector.0 >> (k.sizes.block_bits - SECTOR_BITS);
    let end = first + u64::from(bio.sectors.div_ceil(k.sizes.block_sectors()));
    let single = match bio.end_io {
        EndIo::Buffer(buffer, _) => Some(buffer),
        EndIo::MpageRead | EndIo::MpageWrite => None,
    };
    let of_pages = bio.pages.iter().flat_map(|&page| blocks(k, page));
    single.into_iter().chain(of_pages).zip(first..end)
}

fn is_of_device(k: &Kernel, block: BufferRef) -> bool {
    k.pages.place_of(block.page).0 == Mapping::DEVICE
}

/// A bio was read: its pages or its block hold what the device holds.
pub fn read_contents(k: &Kernel, bio: &InFlight) {
    for (block, physical) in blocks_of_bio(k, bio) {
        if is_of_device(k, block) {
            read_bytes(k, block);
        } else if k.settings.check_contents {
            read_stamp(k, block, physical);
        } else {
            return;
        }
    }
}

/// A block of a file's page holds what the device holds.
pub fn read_stamp(k: &Kernel, block: BufferRef, physical: u64) {
    if k.settings.check_contents {
        k.stamps.set(block, k.medium.borrow().stamp(physical));
    }
}

/// A block of the device's cache holds what the device holds.
pub fn read_bytes(k: &Kernel, block: BufferRef) {
    let physical = k.pages.buffer(block).physical.unwrap_or_default();
    let medium = k.medium.borrow();
    let read =
        k.pages.change_block(block, k.sizes.block as usize, |bytes| medium.read_block(physical, bytes));
    if let Err(unreadable) = read {
        k.failure.borrow_mut().get_or_insert(RunError::Medium(unreadable));
    }
}

/// What a bio that is issued now writes into the device's blocks from `first` up to `end`.
pub fn take_contents(k: &Kernel, bio: BioId, blocks: &Range<u64>, taken: &mut Vec<(u64, Content)>) {
    let bios = k.bios.borrow();
    let Some(bio) = bios.get(bio).filter(|bio| bio.operation == Operation::Write) else { return };
    for (block, physical) in blocks_of_bio(k, bio).filter(|(_, physical)| blocks.contains(physical)) {
        if is_of_device(k, block) {
            let bytes = k.pages.with_block(block, k.sizes.block as usize, |bytes| bytes.into());
            taken.push((physical, Content::Bytes(bytes)));
        } else if k.settings.check_contents {
            taken.push((physical, Content::Stamp(k.stamps.get(block))));
        } else {
            return;
        }
    }
}

/// The device has written what it was given.
pub fn put_contents(k: &Kernel, written: Vec<(u64, Content)>) {
    let mut medium = k.medium.borrow_mut();
    for (physical, content) in written {
        match content {
            Content::Stamp(stamp) => medium.write_stamp(physical, stamp),
            Content::Bytes(bytes) => {
                if let Err(unwritable) = medium.write_block(physical, &bytes) {
                    k.failure.borrow_mut().get_or_insert(RunError::Medium(unwritable));
                }
            }
        }
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

/// Puts something into a part of one block of a page.
pub fn overwrite(k: &Kernel, block: BufferRef, range: Range<u32>, with: Stamp) {
    if k.settings.check_contents {
        let before = k.stamps.get(block);
        let after = k.mixtures.borrow_mut().overwritten(before, k.sizes.block, range, with);
        k.stamps.set(block, after);
    }
}

/// Puts zeros into what a page holds from its byte `from` on.
pub fn zero_bytes_from(k: &Kernel, page: PageRef, from: u64) {
    for block in blocks(k, page) {
        let start = u64::from(block.number) << k.sizes.block_bits;
        let from = from.saturating_sub(start).min(u64::from(k.sizes.block));
        overwrite(k, block, u32::try_from(from).unwrap_or(0)..k.sizes.block, Stamp::ZEROS);
    }
}

/// A block of a file may be found in either of two states from now on, since a write of it failed, or
/// of what leads to it.
pub fn expect_either(k: &Kernel, file: FileId, block: u64) {
    if k.settings.check_contents {
        k.oracle.borrow_mut().lose(file, block);
    }
}

/// A write of a block of a page has failed: what was in memory only is lost.
// [error.metadata-lost]
pub fn expect_lost(k: &Kernel, block: BufferRef) {
    let (mapping, index) = k.pages.place_of(block.page);
    let Some(owner) = k.pages.buffer(block).owner else {
        if let Some(file) = mapping.file() {
            let first = index * u64::from(k.sizes.blocks_per_page);
            expect_either(k, file, first + u64::from(block.number));
        }
        return;
    };
    if let (Some(file), true) = (owner.file, k.settings.check_contents) {
        k.oracle.borrow_mut().lose_below(file, owner.role);
    }
}
