//! Writeback: `write_cache_pages`, `mpage_writepages`, the device's own pages, and waiting for what
//! was sent.
//!
//! `docs/model/pagecache.md`, Writeback.

use sim_core::io::FileId;

use crate::errno::Errno;
use crate::kernel::Kernel;
use crate::mpage::control::{PageRange, WritebackControl};
use crate::mpage::full_page::blkdev_writepage;
use crate::mpage::write::MpageWritepage;
use crate::page::index::Tag;
use crate::page::{Mapping, Mark, PageRef};
use crate::page_lock::{lock_page, unlock_page, wait_on_page_writeback};
use crate::submit::{finish_plug, start_plug};
use crate::{buffer_cache::set_page_dirty, page::buffers::BufferRef};

/// How many pages are looked up at once (`PAGEVEC_SIZE`).
const BATCH: usize = 15;

/// Writes all dirty pages of a file for data integrity, and waits until they are written.
///
/// # Errors
/// The first error of a page that could not be mapped, else [`Errno::Io`] or [`Errno::NoSpace`] if a
/// write failed before.
// [writeback.wait]
pub async fn write_and_wait(k: &Kernel, file: FileId) -> Result<(), Errno> {
    let mapping = Mapping::of(file);
    let result = do_writepages(k, mapping, &mut WritebackControl::of(PageRange::ALL, true)).await;
    wait_on_writeback(k, mapping, 0, u64::MAX).await;
    result.and(k.spaces.of(mapping).errors.take_flags())
}

/// Who takes the pages: mpage those of a file, the block-by-block path those of the device.
enum Writer<'k> {
    File(MpageWritepage<'k>),
    Device,
}

/// Writes dirty pages of a mapping, in a plugged section of its own. Nothing changes if it has none.
///
/// # Errors
/// The first error of a page that could not be mapped.
// [mpage-write.writepages] [block-plug.sections]
pub async fn do_writepages(
    k: &Kernel,
    mapping: Mapping,
    control: &mut WritebackControl,
) -> Result<(), Errno> {
    let mut writer = match mapping.file() {
        Some(file) => Writer::File(MpageWritepage::new(k, file)),
        None => Writer::Device,
    };
    start_plug(k);
    let result = write_cache_pages(k, mapping, control, &mut writer).await;
    if let Writer::File(mpage) = &mut writer {
        mpage.finish(control).await;
    }
    finish_plug(k).await;
    result
}

/// Whether the mapping has dirty pages; what is called on demand does not begin without any.
// [writeback.nothing-dirty]
pub fn is_dirty(k: &Kernel, mapping: Mapping) -> bool {
    k.pages.dirty_pages(mapping) > 0
}

/// Hands dirty pages to the writer in ascending order. For integrity: those that are dirty now, and
/// not what becomes dirty meanwhile.
// [writeback.integrity] [writeback.dirty] [writeback.order]
async fn write_cache_pages(
    k: &Kernel,
    mapping: Mapping,
    control: &mut WritebackControl,
    writer: &mut Writer<'_>,
) -> Result<(), Errno> {
    let index = &k.spaces.of(mapping).writeback_index;
    let (first, last) = match control.range {
        // [writeback.cyclic]
        PageRange::Cyclic => (index.get(), u64::MAX),
        PageRange::Pages { first, last } => (first, last),
    };
    let tag = if control.integrity { Tag::ToWrite } else { Tag::Dirty };
    if control.integrity {
        k.pages.tag_for_writeback(mapping, first, last);
    }
    let mut walk = Walk { k, mapping, tag, next: first, last, looked_at: first, result: Ok(()) };
    let stopped = walk.write_all(control, writer).await;
    // [writeback.index]
    match control.range {
        PageRange::Cyclic if stopped => index.set(walk.looked_at),
        PageRange::Cyclic => index.set(0),
        PageRange::ALL if control.nr_to_write > 0 => index.set(walk.looked_at),
        PageRange::Pages { .. } => {}
    }
    walk.result
}

struct Walk<'k> {
    k: &'k Kernel,
    mapping: Mapping,
    tag: Tag,
    next: u64,
    last: u64,
    looked_at: u64,
    result: Result<(), Errno>,
}

impl Walk<'_> {
    /// Tells whether it stopped before the end.
    async fn write_all(&mut self, control: &mut WritebackControl, writer: &mut Writer<'_>) -> bool {
        loop {
            let batch = self.batch();
            if batch.is_empty() {
                return false;
            }
            let mut stopped = false;
            for (index, page) in batch {
                if !stopped {
                    self.looked_at = index;
                    stopped = self.write_one(page, index, control, writer).await;
                }
                self.k.pages.unpin(page);
            }
            if stopped {
                return true;
            }
        }
    }

    /// The next pages by their mark, pinned.
    fn batch(&mut self) -> Vec<(u64, PageRef)> {
        let k = self.k;
        let mut batch = Vec::with_capacity(BATCH);
        while batch.len() < BATCH
            && self.next <= self.last
            && let Some((index, page)) = k.pages.next_tagged(self.mapping, self.tag, self.next)
            && index <= self.last
        {
            batch.push((index, page));
            k.pages.pin(page);
            self.next = index + 1;
        }
        batch
    }

    /// Writes a page if it still has to be; tells whether to stop.
    // [writeback.page] [processes.page-lock-writeback]
    async fn write_one(
        &mut self,
        page: PageRef,
        index: u64,
        control: &mut WritebackControl,
        writer: &mut Writer<'_>,
    ) -> bool {
        let k = self.k;
        lock_page(k, page).await;
        let is_there = k.pages.find(self.mapping, index) == Some(page);
        if !is_there || !k.pages.has(page, Mark::Dirty) {
            unlock_page(k, page);
            return false;
        }
        if k.pages.has(page, Mark::Writeback) {
            // [writeback.under-writeback-skip]
            if !control.integrity {
                unlock_page(k, page);
                return false;
            }
            // [writeback.under-writeback]
            wait_on_page_writeback(k, page).await;
        }
        clear_page_dirty_for_io(k, page);
        let result = match writer {
            Writer::File(mpage) => mpage.writepage(page, control).await,
            Writer::Device => {
                blkdev_writepage(k, page, control).await;
                Ok(())
            }
        };
        // [writeback.error] [writeback.error-stop]
        self.result = self.result.and(result);
        control.nr_to_write = control.nr_to_write.saturating_sub(1);
        // [writeback.nr-to-write]
        !control.integrity && (result.is_err() || control.nr_to_write == 0)
    }
}

/// Takes the dirty mark off a page that is about to be written, and protects it in its mappings: what
/// was stored there must be seen again. A page that could be stored to has all its buffers dirty.
// [store.protect]
fn clear_page_dirty_for_io(k: &Kernel, page: PageRef) {
    let (mapping, index) = k.pages.place_of(page);
    if k.tables.protect(mapping, index) {
        dirty_all_buffers(k, page);
    }
    k.pages.clear_to_write(page);
    k.pages.clear(page, Mark::Dirty);
}

fn dirty_all_buffers(k: &Kernel, page: PageRef) {
    for number in 0..k.pages.buffer_count(page) {
        k.pages.change_buffer(BufferRef { page, number }, |buffer| buffer.dirty = true);
    }
}

/// Makes a page dirty, with all its buffers if it has any (`block_dirty_folio`).
// [store.dirty]
pub fn dirty_folio(k: &Kernel, page: PageRef) {
    dirty_all_buffers(k, page);
    set_page_dirty(k, page);
}

/// Sleeps until none of a mapping's pages from `first` to `last` is under writeback, in ascending
/// order.
// [processes.wait-writeback]
pub async fn wait_on_writeback(k: &Kernel, mapping: Mapping, first: u64, last: u64) {
    let in_range = |(index, _): &(u64, PageRef)| (first..=last).contains(index);
    let pages: Vec<_> = k.pages.of_mapping(mapping).into_iter().filter(in_range).collect();
    for (index, _) in pages {
        if let Some(page) = k.pages.find(mapping, index) {
            wait_on_page_writeback(k, page).await;
        }
    }
}
