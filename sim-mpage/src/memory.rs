//! Adding pages to the cache, and making room for them when memory is full.

use sim_core::trace::{PageChange, What};

use crate::errno::Errno;
use crate::failure::RunError;
use crate::kernel::Kernel;
use crate::page::wait::{Event, Stand};
use crate::page::{Mapping, Mark, PageRef};
use crate::page_lock::wait_for;
use crate::record::record;

/// Records that something happened to a page.
pub fn record_page(k: &Kernel, page: PageRef, change: PageChange) {
    let (mapping, index) = k.pages.place_of(page);
    record(k, What::Page { file: mapping.file(), index, change });
}

fn has_room(k: &Kernel) -> bool {
    k.settings.memory_pages.is_none_or(|pages| k.pages.len() < pages)
}

fn make_room(k: &Kernel) -> bool {
    let freed = k.pages.shrink(|mapping, index| {
        record(k, What::Page { file: mapping.file(), index, change: PageChange::Freed });
    });
    freed > 0
}

/// Adds a page, unless memory is full and a round through the inactive list frees nothing: then
/// readahead goes without it.
// [memory.readahead]
pub fn try_add_page(k: &Kernel, mapping: Mapping, index: u64) -> Option<PageRef> {
    (has_room(k) || make_room(k)).then(|| add(k, mapping, index))
}

/// Adds a page; while memory is full and nothing can be freed, sleeps until a page comes out of
/// writeback. Another task may have added the page meanwhile: then it is that one, and not new.
///
/// # Errors
/// [`Errno::NoMemory`] if nothing is under writeback either; the run then ends and says what holds
/// the pages.
// [memory.full]
pub async fn add_page(k: &Kernel, mapping: Mapping, index: u64) -> Result<(PageRef, bool), Errno> {
    while !has_room(k) && !make_room(k) {
        let held = k.pages.held();
        if held.writeback == 0 {
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
    record(k, What::Page { file: mapping.file(), index, change: PageChange::Added });
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
