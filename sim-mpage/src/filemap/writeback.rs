//! Writeback: `write_cache_pages`, `mpage_writepages` and waiting for what they have sent.

use sim_core::io::FileId;

use crate::errno::Errno;
use crate::kernel::Kernel;
use crate::mpage::write::MpageWritepage;
use crate::page::index::Tag;
use crate::page::{Mapping, Mark, PageRef};
use crate::page_lock::{lock_page, unlock_page, wait_on_page_writeback};
use crate::submit::{finish_plug, start_plug};

/// How many pages are looked up at once (`PAGEVEC_SIZE`).
const BATCH: usize = 15;

/// Writes all dirty pages of a file for data integrity, and waits until they are written.
///
/// # Errors
/// The first error of a page that could not be mapped, else [`Errno::Io`] if a write failed.
// [writeback.wait]
pub async fn write_and_wait(k: &Kernel, file: FileId) -> Result<(), Errno> {
    // [writeback.nothing-dirty]
    let mut result = Ok(());
    if k.pages.dirty_pages(Mapping::of(file)) > 0 {
        result = mpage_writepages(k, file).await;
    }
    wait_on_writeback(k, file).await;
    let failed = k.inodes[file.0 as usize].write_failed.take();
    result.and(if failed { Err(Errno::Io) } else { Ok(()) })
}

/// Sends the dirty pages of a file, for data integrity.
// [mpage-write.writepages]
async fn mpage_writepages(k: &Kernel, file: FileId) -> Result<(), Errno> {
    start_plug(k);
    let mut mpd = MpageWritepage::new(k, file, true);
    let result = write_cache_pages(k, file, &mut mpd).await;
    mpd.finish().await;
    finish_plug(k).await;
    result
}

/// Hands the dirty pages of a file to mpage in ascending order: those that are dirty now, and not
/// what becomes dirty meanwhile.
// [writeback.integrity] [writeback.order]
async fn write_cache_pages(k: &Kernel, file: FileId, mpd: &mut MpageWritepage<'_>) -> Result<(), Errno> {
    let mapping = Mapping::of(file);
    k.pages.tag_for_writeback(mapping, 0, u64::MAX);
    let mut result = Ok(());
    let mut from = 0;
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        while batch.len() < BATCH
            && let Some((index, page)) = k.pages.next_tagged(mapping, Tag::ToWrite, from)
        {
            batch.push(page);
            k.pages.pin(page);
            from = index + 1;
        }
        if batch.is_empty() {
            return result;
        }
        for page in batch {
            // [writeback.error]
            result = result.and(write_page(k, mpd, page).await);
            k.pages.unpin(page);
        }
    }
}

// [writeback.page] [processes.page-lock-writeback]
async fn write_page(k: &Kernel, mpd: &mut MpageWritepage<'_>, page: PageRef) -> Result<(), Errno> {
    lock_page(k, page).await;
    k.pages.clear_to_write(page);
    if !k.pages.has(page, Mark::Dirty) {
        unlock_page(k, page);
        return Ok(());
    }
    // [writeback.under-writeback]
    wait_on_page_writeback(k, page).await;
    k.pages.clear(page, Mark::Dirty);
    mpd.writepage(page).await
}

/// Sleeps until none of the file's pages that are being written now still is, in ascending order.
// [processes.wait-writeback]
async fn wait_on_writeback(k: &Kernel, file: FileId) {
    let mapping = Mapping::of(file);
    let written = |&(_, page): &(u64, PageRef)| k.pages.has(page, Mark::Writeback);
    let under_writeback: Vec<_> = k.pages.of_mapping(mapping).into_iter().filter(written).collect();
    for (index, _) in under_writeback {
        if let Some(page) = k.pages.find(mapping, index) {
            wait_on_page_writeback(k, page).await;
        }
    }
}
