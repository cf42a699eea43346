//! Page faults of a reader: `filemap_fault`, and fault-around.
//!
//! `docs/model/pagecache.md`, Page fault on a mapping, Stores through a shared mapping. A set
//! page-table entry pins its page, so that neither dropping caches nor reclaim takes it.

use sim_core::io::FileId;
use sim_core::trace::ReadaheadRule;

use super::check::{check_copied, expect_written};
use super::read::read_alone;
use super::readahead::{page_cache_async_ra, page_cache_sync_ra, read_window};
use super::window::{FileRaState, Window};
use super::write::next_write;
use super::writeback::dirty_folio;
use crate::call::Advice;
use crate::content::{expect_either, overwrite};
use crate::errno::Errno;
use crate::inode::times::file_update_time;
use crate::kernel::Kernel;
use crate::medium::Stamp;
use crate::memory::add_page;
use crate::page::buffers::BufferRef;
use crate::page::tables::TableId;
use crate::page::{Mapping, Mark, PageRef};
use crate::page_lock::{lock_page, unlock_page};

/// How much of a mapping fault-around looks at (`fault_around_bytes`).
const FAULT_AROUND_BYTES: u64 = 64 << 10;

/// The most misses that are counted (`MMAP_LOTSAMISS` times ten).
const MOST_MISSES: u32 = 1_000;

/// Above so many misses a fault reads its page alone (`MMAP_LOTSAMISS`).
const MANY_MISSES: u32 = 100;

/// A shared mapping of a file from its start (`struct vm_area_struct`).
#[derive(Clone, Copy, Debug)]
pub struct Vma {
    file: FileId,
    pages: u64,
    advice: Advice,
    table: TableId,
}

impl Vma {
    /// A mapping of the file's first `pages` pages, none of whose entries is set.
    pub fn new(k: &Kernel, file: FileId, pages: u64, advice: Advice) -> Vma {
        Vma { file, pages, advice, table: k.tables.add(Mapping::of(file)) }
    }

    /// Clears all entries.
    pub fn unmap(self, k: &Kernel) {
        k.tables.clear(&k.pages, self.table);
    }

    fn is_set(&self, k: &Kernel, index: u64) -> bool {
        k.tables.entry(self.table, index).is_some()
    }

    fn set_entry(&self, k: &Kernel, index: u64, page: PageRef) {
        k.tables.set(&k.pages, self.table, index, page);
    }

    /// Sets the entries around `index` of what is there to be read; tells whether that of `index`
    /// is set now.
    // [fault.around]
    fn fault_around(&self, k: &Kernel, ra: &mut FileRaState, index: u64) -> bool {
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
        self.is_set(k, index)
    }
}

/// Reads one byte of a mapping.
///
/// # Errors
/// [`Errno::Bus`] if its page lies outside file or mapping, or cannot be read.
pub async fn mread(k: &Kernel, vma: &Vma, ra: &mut FileRaState, offset: u64) -> Result<(), Errno> {
    let index = offset >> k.sizes.page_bits;
    fault(k, vma, ra, index).await?;
    if let Some(page) = k.pages.find(Mapping::of(vma.file), index) {
        let end = k.inodes[vma.file.0 as usize].size.get();
        check_copied(k, vma.file, &[page], offset..end.min(offset + 1));
    }
    Ok(())
}

/// Has the page-table entry of a page set.
async fn fault(k: &Kernel, vma: &Vma, ra: &mut FileRaState, index: u64) -> Result<(), Errno> {
    let in_file = k.inodes[vma.file.0 as usize].size.get().div_ceil(u64::from(k.sizes.page));
    // [fault.set]
    if vma.is_set(k, index) {
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

/// Stores one byte into a mapping.
///
/// # Errors
/// [`Errno::Bus`] if its page lies outside file or mapping, or cannot be read.
// [store.under-writeback]
pub async fn mdirty(k: &Kernel, vma: &Vma, ra: &mut FileRaState, offset: u64) -> Result<(), Errno> {
    let index = offset >> k.sizes.page_bits;
    if k.tables.entry(vma.table, index) != Some(true) {
        write_fault(k, vma, ra, index).await?;
    }
    if let Some(page) = k.pages.find(Mapping::of(vma.file), index) {
        store(k, vma.file, page, offset);
    }
    Ok(())
}

fn store(k: &Kernel, file: FileId, page: PageRef, offset: u64) {
    let write = next_write(k);
    let block = offset >> k.sizes.block_bits;
    let number = u16::try_from(block % u64::from(k.sizes.blocks_per_page)).unwrap_or(0);
    let at = u32::try_from(offset % u64::from(k.sizes.block)).unwrap_or(0);
    overwrite(k, BufferRef { page, number }, at..at + 1, Stamp::written(write, block));
    if offset < k.inodes[file.0 as usize].size.get() {
        expect_written(k, file, offset..offset + 1, write);
    } else {
        // What is stored behind the end is seen if the file grows before its page is written.
        expect_either(k, file, block);
    }
}

/// Has the page-table entry of a page set, for writing.
async fn write_fault(k: &Kernel, vma: &Vma, ra: &mut FileRaState, index: u64) -> Result<(), Errno> {
    let in_file = k.inodes[vma.file.0 as usize].size.get().div_ceil(u64::from(k.sizes.page));
    if index >= in_file.min(vma.pages) {
        return Err(Errno::Bus);
    }
    if !vma.is_set(k, index) {
        // [store.bring-in]
        readahead_of_fault(k, vma, ra, index).await;
        let page = match bring_in(k, vma.file, ra, index).await? {
            Some(page) => Some(page),
            // [error.fault]
            None => bring_in(k, vma.file, ra, index).await?,
        };
        vma.set_entry(k, index, page.ok_or(Errno::Bus)?);
    }
    // [store.dirty]
    file_update_time(k, vma.file);
    if let Some(page) = k.pages.find(Mapping::of(vma.file), index) {
        dirty_folio(k, page);
    }
    k.tables.make_writable(vma.table, index);
    Ok(())
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
