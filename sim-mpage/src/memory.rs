//! Adding pages to the cache, and making room for them when memory is full.

use std::ops::Range;

use sim_core::trace::PageChange;

use crate::errno::Errno;
use crate::failure::RunError;
use crate::inode::timer::wake_flusher;
use crate::kernel::Kernel;
use crate::page::wait::{Event, Stand};
use crate::page::{Mapping, Mark, PageRef};
use crate::page_lock::wait_for;
use crate::record::record_pages;

/// Records that something happened to a page that is cached.
pub fn record_page(k: &Kernel, page: PageRef, change: PageChange) {
    let (mapping, index) = k.pages.place_of(page);
    record_pages(k, change).page(mapping, index);
}

/// How many pages may be added before some have to be freed.
fn room(k: &Kernel) -> u64 {
    k.settings.memory_pages.map_or(u64::MAX, |pages| pages.saturating_sub(k.pages.len()))
}

// [memory.bound]
fn has_room(k: &Kernel) -> bool {
    room(k) > 0
}

fn make_room(k: &Kernel) -> bool {
    let mut freed = record_pages(k, PageChange::Freed);
    let shrunk = k.pages.shrink(|mapping, indices| freed.pages(mapping, indices));
    drop(freed);
    // [memory.wakes-flusher]
    if shrunk.met_dirty {
        k.flusher.background_wanted.set(true);
        wake_flusher(k);
    }
    shrunk.freed > 0
}

/// Adds pages one after the other, of which the first is missing, up to the first that is cached and
/// as long as there is room; returns how many. If memory is full and a round through the inactive
/// list frees nothing, there are none: readahead goes without them.
// [memory.readahead]
pub fn try_add_pages(k: &Kernel, mapping: Mapping, wanted: Range<u64>, pages: &mut Vec<PageRef>) -> u64 {
    if !has_room(k) && !make_room(k) {
        return 0;
    }
    let end = wanted.end.min(wanted.start.saturating_add(room(k)));
    let added = k.pages.add_missing(mapping, wanted.start..end, |page| pages.push(page));
    record_pages(k, PageChange::Added).pages(mapping, wanted.start..wanted.start + added);
    added
}

/// Adds a page; while memory is full and nothing can be freed, sleeps until a page comes out of
/// writeback. Another task may have added the page meanwhile: then it is that one, and not new.
///
/// # Errors
/// [`Errno::NoMemory`] if nothing is under writeback or dirty either; the run then ends and says what holds
/// the pages.
// [memory.wait] [memory.out]
pub async fn add_page(k: &Kernel, mapping: Mapping, index: u64) -> Result<(PageRef, bool), Errno> {
    while !has_room(k) && !make_room(k) {
        let held = k.pages.held();
        if held.writeback == 0 && held.dirty == 0 {
            k.failure.borrow_mut().get_or_insert(RunError::OutOfMemory { held_by: held.to_string() });
            return Err(Errno::NoMemory);
        }
        wait_for(k, Event::AnyWritten, Stand::End).await;
    }
    match k.pages.find(mapping, index) {
        Some(page) => Ok((page, false)),
        None => Ok((add(k, mapping, index), true)),
    }
}

fn add(k: &Kernel, mapping: Mapping, index: u64) -> PageRef {
    record_pages(k, PageChange::Added).page(mapping, index);
    k.pages.add(mapping, index)
}

/// Frees every page that nothing holds, of files and device alike (`drop_caches` 3).
// [buffers-life.drop]
pub fn drop_caches(k: &Kernel) {
    for page in k.pages.all() {
        if k.pages.is_held(page) || !k.pages.try_to_free_buffers(page) {
            continue;
        }
        record_page(k, page, PageChange::Freed);
        k.pages.remove(page);
    }
}

/// Marks a page up to date.
pub fn set_up_to_date(k: &Kernel, page: PageRef) {
    k.pages.set(page, Mark::UpToDate);
    record_page(k, page, PageChange::UpToDate);
}

/// Marks a page whose read or write failed.
pub fn set_failed(k: &Kernel, page: PageRef) {
    k.pages.set(page, Mark::Error);
    record_page(k, page, PageChange::Failed);
}
