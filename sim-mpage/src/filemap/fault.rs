//! Page faults of a reader: `filemap_fault`, and fault-around.
//!
//! `docs/model/pagecache.md`, Page fault on a mapping. A set page-table entry pins its page, so that
//! neither dropping caches nor reclaim takes it.

use std::collections::BTreeSet;

use sim_core::io::FileId;
use sim_core::trace::ReadaheadRule;

use super::check::check_copied;
use super::read::read_alone;
use super::readahead::{page_cache_async_ra, page_cache_sync_ra, read_window};
use super::window::{FileRaState, Window};
use crate::call::Advice;
use crate::errno::Errno;
use crate::kernel::Kernel;
use crate::memory::add_page;
use crate::page::{Mapping, Mark, PageRef};
use crate::page_lock::{lock_page, unlock_page};

/// How much of a mapping fault-around looks at (`fault_around_bytes`).
const FAULT_AROUND_BYTES: u64 = 64 << 10;

/// The most misses that are counted (`MMAP_LOTSAMISS` times ten).
const MOST_MISSES: u32 = 1_000;

/// Above so many misses a fault reads its page alone (`MMAP_LOTSAMISS`).
const MANY_MISSES: u32 = 100;

/// A shared mapping of a file from its start (`struct vm_area_struct`).
#[derive(Clone, Debug)]
pub struct Vma {
    file: FileId,
    pages: u64,
    advice: Advice,
    entries: BTreeSet<u64>,
}

impl Vma {
    /// A mapping of the file's first `pages` pages, none of whose entries is set.
    pub fn new(file: FileId, pages: u64, advice: Advice) -> Vma {
        Vma { file, pages, advice, entries: BTreeSet::new() }
    }

    /// Clears all entries.
    pub fn unmap(self, k: &Kernel) {
        self.pinned(k).for_each(|page| k.pages.unpin(page));
    }

    /// The pages that it pins.
    pub fn pinned<'v>(&'v self, k: &'v Kernel) -> impl Iterator<Item = PageRef> + 'v {
        self.entries.iter().filter_map(|&index| k.pages.find(Mapping::of(self.file), index))
    }

    // [buffers-life.drop-mapped] [memory.mapped]
    fn set_entry(&mut self, k: &Kernel, index: u64, page: PageRef) {
        if self.entries.insert(index) {
            k.pages.pin(page);
        }
    }

    /// Sets the entries around `index` of what is there to be read; tells whether that of `index`
    /// is set now.
    // [fault.around]
    fn fault_around(&mut self, k: &Kernel, ra: &mut FileRaState, index: u64) -> bool {
        let around = FAULT_AROUND_BYTES / u64::from(k.sizes.page);
        let first = index - index % around.max(1);
        let in_file = k.inodes[self.file.0 as usize].size.get().div_ceil(u64::from(k.sizes.page));
        for near in first..(first + around).min(in_file).min(self.pages) {
            let Some(page) = k.pages.find(Mapping::of(self.file), near) else { continue };
            let usable = k.pages.has(page, Mark::UpToDate)
                && !k.pages.has(page, Mark::Locked)
                && !k.pages.has(page, Mark::Readahead);
            if usable {
                self.set_entry(k, near, page);
                ra.mmap_miss = ra.mmap_miss.saturating_sub(1);
            }
        }
        self.entries.contains(&index)
    }
}

/// Reads one byte of a mapping.
///
/// # Errors
/// [`Errno::Bus`] if its page lies outside file or mapping, or cannot be read.
pub async fn mread(k: &Kernel, vma: &mut Vma, ra: &mut FileRaState, offset: u64) -> Result<(), Errno> {
    let index = offset >> k.sizes.page_bits;
    fault(k, vma, ra, index).await?;
    if let Some(page) = k.pages.find(Mapping::of(vma.file), index) {
        let end = k.inodes[vma.file.0 as usize].size.get();
        check_copied(k, vma.file, &[page], offset..end.min(offset + 1));
    }
    Ok(())
}

/// Has the page-table entry of a page set.
async fn fault(k: &Kernel, vma: &mut Vma, ra: &mut FileRaState, index: u64) -> Result<(), Errno> {
    let in_file = k.inodes[vma.file.0 as usize].size.get().div_ceil(u64::from(k.sizes.page));
    // [fault.set]
    if vma.entries.contains(&index) {
        return Ok(());
    }
    if index >= in_file.min(vma.pages) {
        return Err(Errno::Bus);
    }
    // [fault.around-first]
    if vma.fault_around(k, ra, index) {
        return Ok(());
    }
    readahead_of_fault(k, vma, ra, index).await;
    // [error.fault]
    for attempt in 0..2 {
        if attempt > 0 && vma.fault_around(k, ra, index) {
            return Ok(());
        }
        if let Some(page) = bring_in(k, vma.file, ra, index).await? {
            // [fault.around-again]
            if !vma.fault_around(k, ra, index) {
                vma.set_entry(k, index, page);
            }
            return Ok(());
        }
    }
    Err(Errno::Bus)
}

/// What a fault reads ahead.
async fn readahead_of_fault(k: &Kernel, vma: &Vma, ra: &mut FileRaState, index: u64) {
    // [fault.absent-random]
    if vma.advice == Advice::Random || ra.ra_pages == 0 {
        return;
    }
    if let Some(page) = k.pages.find(Mapping::of(vma.file), index) {
        // [fault.present]
        ra.mmap_miss = ra.mmap_miss.saturating_sub(1);
        if k.pages.has(page, Mark::Readahead) {
            let req_size = ra.ra_pages;
            page_cache_async_ra(k, vma.file, ra, (index, page), req_size).await;
        }
        return;
    }
    if vma.advice == Advice::Sequential {
        // [fault.absent-sequential]
        let req_size = ra.ra_pages;
        page_cache_sync_ra(k, vma.file, ra, index, req_size).await;
        return;
    }
    // [fault.read-around] [fault.read-around-advice]
    ra.mmap_miss = (ra.mmap_miss + 1).min(MOST_MISSES);
    if ra.mmap_miss <= MANY_MISSES {
        ra.start = index.saturating_sub(ra.ra_pages / 2);
        ra.size = ra.ra_pages;
        ra.async_size = ra.ra_pages / 4;
        let rule = ReadaheadRule::Around;
        let window = Window { rule, start: ra.start, size: ra.size, async_size: ra.async_size };
        read_window(k, vma.file, window).await;
    }
}

/// The page, up to date; read alone if need be. `None`: it cannot be read.
// [fault.wait]
async fn bring_in(
    k: &Kernel,
    file: FileId,
    ra: &mut FileRaState,
    index: u64,
) -> Result<Option<PageRef>, Errno> {
    let (page, new) = match k.pages.find(Mapping::of(file), index) {
        Some(page) => (page, false),
        None => add_page(k, Mapping::of(file), index).await?,
    };
    k.pages.pin(page);
    if !new {
        lock_page(k, page).await;
    }
    let up_to_date = if k.pages.has(page, Mark::UpToDate) {
        // [processes.page-lock-fault]
        unlock_page(k, page);
        true
    } else {
        read_alone(k, file, ra, page, index).await
    };
    k.pages.unpin(page);
    Ok(up_to_date.then_some(page))
}
