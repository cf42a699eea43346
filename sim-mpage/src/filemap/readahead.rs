//! Reading windows ahead: adding their pages and handing them to mpage.

use sim_core::io::FileId;
use sim_core::trace::{ReadaheadRule, What};

use super::window::{FileRaState, Wanted, Window, ondemand_readahead};
use crate::kernel::Kernel;
use crate::memory::try_add_pages;
use crate::mpage::read::mpage_readahead;
use crate::page::{Mapping, Mark, PageRef};
use crate::record::{enter_span, leave_span, record};
use crate::submit::{finish_plug, spend, start_plug};

/// How much of a forced readahead is sent at once.
const FORCED_CHUNK_BYTES: u64 = 2 << 20;

/// A page is missing: reads a window that begins with it, or with what the rules say.
pub async fn page_cache_sync_ra(k: &Kernel, file: FileId, ra: &mut FileRaState, index: u64, req_size: u64) {
    if ra.ra_pages == 0 {
        // [readahead.off]
        force_page_cache_ra(k, file, ra, index, 1).await;
        return;
    }
    if ra.random {
        // [readahead.random-advice]
        force_page_cache_ra(k, file, ra, index, req_size).await;
        return;
    }
    ondemand(k, file, ra, index, false, req_size).await;
}

/// A page that carries the mark is wanted: reads the next window.
pub async fn page_cache_async_ra(
    k: &Kernel,
    file: FileId,
    ra: &mut FileRaState,
    (index, page): (u64, PageRef),
    req_size: u64,
) {
    if ra.ra_pages == 0 || k.pages.has(page, Mark::Writeback) {
        return;
    }
    k.pages.clear(page, Mark::Readahead);
    ondemand(k, file, ra, index, true, req_size).await;
}

async fn ondemand(k: &Kernel, file: FileId, ra: &mut FileRaState, index: u64, marked: bool, req_size: u64) {
    let (io_pages, page_bits) = (io_pages(k), k.sizes.page_bits);
    let wanted = Wanted { index, marked, req_size, io_pages, page_bits };
    let cached = |index| k.pages.find(Mapping::of(file), index).is_some();
    if let Some(window) = ondemand_readahead(ra, wanted, cached) {
        read_window(k, file, window).await;
    }
}

/// The longest I/O of the device in pages.
fn io_pages(k: &Kernel) -> u64 {
    u64::from(k.queue.max_sectors_kb) * 1024 / u64::from(k.sizes.page)
}

/// Reads a range without regard to the window, in large pieces.
// [readahead.forced]
pub async fn force_page_cache_ra(k: &Kernel, file: FileId, ra: &FileRaState, index: u64, pages: u64) {
    let chunk = FORCED_CHUNK_BYTES / u64::from(k.sizes.page);
    let mut start = index;
    let mut left = pages.min(io_pages(k).max(ra.ra_pages));
    while left > 0 {
        let size = left.min(chunk);
        let window = Window { rule: ReadaheadRule::Forced, start, size, async_size: 0 };
        read_window(k, file, window).await;
        start += size;
        left -= size;
    }
}

/// Adds the pages of a window that are missing, and reads them; those that are cached part it in
/// batches.
pub(super) async fn read_window(k: &Kernel, file: FileId, window: Window) {
    let Window { rule, start, size, async_size } = window;
    let event = record(k, What::Readahead { file, rule, start, size, async_size });
    let span = enter_span(k, event);
    let file_size = k.inodes[file.0 as usize].size.get();
    // [readahead.cut]
    let pages_in_file = file_size.div_ceil(u64::from(k.sizes.page));
    if start < pages_in_file {
        let end = start.saturating_add(size).min(pages_in_file);
        // Counted from the end as it was cut; a window cut to less than that has no mark.
        let mark = end.checked_sub(async_size).filter(|&mark| mark >= start && mark < end);
        read_range(k, file, start, end, mark).await;
    }
    leave_span(k, span);
}

// [readahead.batch]
async fn read_range(k: &Kernel, file: FileId, start: u64, end: u64, mark: Option<u64>) {
    let mapping = Mapping::of(file);
    let mut batch = Vec::with_capacity(usize::try_from(end - start).unwrap_or(0));
    let mut index = start;
    while index < end {
        if k.pages.find(mapping, index).is_some() {
            send(k, file, index, &mut batch).await;
            index += 1;
            continue;
        }
        // [cpu.add-page]
        spend(k, k.settings.cpu.add_page).await;
        // If that takes no time, the pages behind it are added at once as well.
        let stop = if k.settings.cpu.add_page.is_zero() { end } else { index + 1 };
        let added = try_add_pages(k, mapping, index..stop, &mut batch);
        if added == 0 {
            send(k, file, index, &mut batch).await;
            return;
        }
        if let Some(mark) = mark.filter(|mark| (index..index + added).contains(mark))
            && let Some(page) = k.pages.find(mapping, mark)
        {
            // [readahead.mark]
            k.pages.set(page, Mark::Readahead);
        }
        index += added;
    }
    send(k, file, end, &mut batch).await;
}

/// Reads the batch of new pages that ends before `end`.
async fn send(k: &Kernel, file: FileId, end: u64, batch: &mut Vec<PageRef>) {
    if batch.is_empty() {
        return;
    }
    start_plug(k);
    mpage_readahead(k, file, end - batch.len() as u64, batch).await;
    finish_plug(k).await;
    batch.clear();
}
