//! Buffered reads: `filemap_read`.

use std::ops::Range;

use sim_core::io::FileId;

use super::check::check_copied;
use super::readahead::{page_cache_async_ra, page_cache_sync_ra};
use super::window::FileRaState;
use crate::errno::Errno;
use crate::kernel::Kernel;
use crate::memory::add_page;
use crate::mpage::read::mpage_read_folio;
use crate::page::buffers::BufferRef;
use crate::page::{Mapping, Mark, PageRef};
use crate::page_lock::{lock_page, unlock_page, wait_on_page_locked};
use crate::submit::spend;

/// How many pages are looked up at once (`PAGEVEC_SIZE`).
const BATCH: usize = 15;

/// What a read is at.
struct Reader<'k, 'r> {
    k: &'k Kernel,
    file: FileId,
    ra: &'r mut FileRaState,
    /// What is still asked for, in bytes; also behind the file's end.
    rest: Range<u64>,
    /// The page behind the last one that is asked for.
    last_index: u64,
    /// Pages of the file that are cached, in a row from the one that is wanted: so many of these.
    run: [PageRef; BATCH],
    count: usize,
}

/// A small read, of which all pages are cached and none is to be waited for: what [`filemap_read`]
/// does, without a future. `None` of any other one; then nothing has happened.
#[inline]
pub fn read_at_once(k: &Kernel, file: FileId, ra: &mut FileRaState, offset: u64, length: u64) -> Option<u64> {
    let end = offset.saturating_add(length);
    let mut reader = Reader::new(k, file, ra, offset..end);
    let end = end.min(k.inodes[file.0 as usize].size.get());
    if offset >= end || !k.settings.cpu.copy_page.is_zero() {
        return None;
    }
    let first = offset >> k.sizes.page_bits;
    let all = reader.collect(first) && (first + reader.count as u64) << k.sizes.page_bits >= end;
    all.then(|| reader.copy(0..reader.count, offset, end) - offset)
}

/// Reads `length` bytes from `offset` on; returns how many there were.
///
/// # Errors
/// [`Errno::Io`] if the first page that is wanted cannot be read.
pub async fn filemap_read(
    k: &Kernel,
    file: FileId,
    ra: &mut FileRaState,
    offset: u64,
    length: u64,
) -> Result<u64, Errno> {
    let end = offset.saturating_add(length);
    let mut reader = Reader::new(k, file, ra, offset..end);
    let mut position = offset;
    while position < end && position < k.inodes[file.0 as usize].size.get() {
        let index = position >> k.sizes.page_bits;
        // Mostly the pages are there, and nothing is waited for.
        if !reader.collect(index) {
            reader.rest.start = position;
            match reader.get_pages(index).await {
                Ok(()) => {}
                // [pagecache-read.failed-first]
                Err(error) if position == offset => return Err(error),
                Err(_) => break,
            }
        }
        let size = k.inodes[file.0 as usize].size.get();
        if k.settings.cpu.copy_page.is_zero() {
            position = reader.copy(0..reader.count, position, end.min(size));
        } else {
            position = reader.copy_one_by_one(position, end.min(size)).await;
        }
    }
    Ok(position - offset)
}

impl<'k, 'r> Reader<'k, 'r> {
    fn new(k: &'k Kernel, file: FileId, ra: &'r mut FileRaState, rest: Range<u64>) -> Self {
        let last_index = rest.end.div_ceil(u64::from(k.sizes.page));
        Reader { k, file, ra, rest, last_index, run: [PageRef::NOBODY; BATCH], count: 0 }
    }

    /// The next pages to be copied, up to date; at least one.
    async fn get_pages(&mut self, index: u64) -> Result<(), Errno> {
        loop {
            if self.find_or_read(index).await? {
                return Ok(());
            }
            let Some(&last) = self.run[..self.count].last() else { continue };
            let marked = self.k.pages.has(last, Mark::Readahead);
            let count = self.count;
            self.run[..count].iter().for_each(|&page| self.k.pages.pin(page));
            let updated = self.last_of_run(last, index + count as u64 - 1, marked).await;
            self.run[..count].iter().for_each(|&page| self.k.pages.unpin(page));
            match updated {
                Updated::Take => return Ok(()),
                Updated::Leave => self.count -= 1,
                // [pagecache-read.failed-later]
                Updated::Failed if count > 1 => self.count -= 1,
                Updated::Failed => return Err(Errno::Io),
            }
            if self.count > 0 {
                return Ok(());
            }
        }
    }

    /// The run of cached pages from `index` on; read ahead, or alone, if there is none. Tells what
    /// [`Reader::collect`] does.
    async fn find_or_read(&mut self, index: u64) -> Result<bool, Errno> {
        let ready = self.collect(index);
        if self.count > 0 {
            return Ok(ready);
        }
        // [pagecache-read.missing]
        page_cache_sync_ra(self.k, self.file, self.ra, index, self.last_index - index).await;
        let ready = self.collect(index);
        if self.count > 0 {
            return Ok(ready);
        }
        // [pagecache-read.alone]
        let (page, new) = add_page(self.k, Mapping::of(self.file), index).await?;
        if new && !self.read_alone(page, index).await {
            return Err(Errno::Io);
        }
        Ok(self.collect(index))
    }

    /// Looks for the run of cached pages from `index` on; tells whether there is one and all of it
    /// can be copied with nothing else to do.
    // [pagecache-read.run]
    fn collect(&mut self, index: u64) -> bool {
        let wanted = index..self.last_index;
        let found = self.k.pages.find_run(Mapping::of(self.file), wanted, &mut self.run);
        self.count = found.count;
        found.ready
    }

    /// What the last page of a run asks for: the next window, and to be up to date.
    async fn last_of_run(&mut self, page: PageRef, index: u64, marked: bool) -> Updated {
        if marked {
            // [pagecache-read.marked]
            let req_size = self.last_index - index;
            page_cache_async_ra(self.k, self.file, self.ra, (index, page), req_size).await;
        }
        if self.k.pages.has(page, Mark::UpToDate) {
            return Updated::Take;
        }
        self.update_page(page, index).await
    }

    /// Makes a page up to date, or finds that somebody else is at it.
    async fn update_page(&mut self, page: PageRef, index: u64) -> Updated {
        let k = self.k;
        if k.pages.has(page, Mark::Locked) {
            // [pagecache-read.locked]
            wait_on_page_locked(k, page).await;
            return Updated::Leave;
        }
        // [pagecache-read.not-locked] [error.several-readers]
        lock_page(k, page).await;
        if k.pages.has(page, Mark::UpToDate) || self.is_enough(page, index) {
            unlock_page(k, page);
            return Updated::Take;
        }
        if self.read_alone(page, index).await { Updated::Take } else { Updated::Failed }
    }

    /// Whether all blocks that the rest of the read touches in a page are up to date, though the page
    /// is not (`block_is_partially_uptodate`); not asked if it touches the first and the last one.
    // [pagecache-read.partly]
    fn is_enough(&self, page: PageRef, index: u64) -> bool {
        let k = self.k;
        let (start, size) = (index << k.sizes.page_bits, u64::from(k.sizes.page));
        let from = self.rest.start.saturating_sub(start);
        let to = self.rest.end.saturating_sub(start).min(size);
        let block = u64::from(k.sizes.block);
        if !k.pages.has_buffers(page) || (from < block && to > size - block) {
            return false;
        }
        let numbers = from / block..to.div_ceil(block);
        let up_to_date = |number: u64| {
            let number = u16::try_from(number).unwrap_or(u16::MAX);
            k.pages.buffer(BufferRef { page, number }).up_to_date
        };
        numbers.into_iter().all(up_to_date)
    }

    async fn read_alone(&mut self, page: PageRef, index: u64) -> bool {
        read_alone(self.k, self.file, self.ra, page, index).await
    }

    async fn copy_one_by_one(&mut self, mut position: u64, end: u64) -> u64 {
        for number in 0..self.count {
            if position >= end {
                break;
            }
            // [cpu.copy-page]
            spend(self.k, self.k.settings.cpu.copy_page).await;
            position = self.copy(number..number + 1, position, end);
        }
        position
    }

    /// Copies pages of the run from a position on; returns the position behind them.
    // [pagecache-read.copy]
    #[inline]
    fn copy(&mut self, numbers: Range<usize>, position: u64, end: u64) -> u64 {
        // The file may have become shorter than the run.
        if position >= end {
            return position;
        }
        let (k, page_bits) = (self.k, self.k.sizes.page_bits);
        let first = position >> page_bits;
        let behind = end.min((first + numbers.len() as u64) << page_bits);
        let count = usize::try_from(((behind - 1) >> page_bits) + 1 - first).unwrap_or(usize::MAX);
        let pages = &self.run[numbers.start..numbers.start + count];
        // A page that the last read ended in has counted as used already.
        let last_read = (self.ra.prev_pos - 1) >> page_bits;
        let counted = usize::from(last_read == first.cast_signed());
        k.pages.mark_all_accessed(&pages[counted..]);
        check_copied(k, self.file, pages, position..behind);
        self.ra.prev_pos = behind.cast_signed();
        behind
    }
}

/// Reads a locked page by itself and waits for it; tells whether it is up to date then.
// [pagecache-read.failed] [mpage-end.read-again]
pub(super) async fn read_alone(
    k: &Kernel,
    file: FileId,
    ra: &mut FileRaState,
    page: PageRef,
    index: u64,
) -> bool {
    k.pages.pin(page);
    mpage_read_folio(k, file, index, page).await;
    wait_on_page_locked(k, page).await;
    k.pages.unpin(page);
    let up_to_date = k.pages.has(page, Mark::UpToDate);
    if !up_to_date {
        // [error.read-alone]
        ra.ra_pages /= 4;
    }
    up_to_date
}

enum Updated {
    /// It is up to date.
    Take,
    /// It was unlocked by somebody else: look again.
    Leave,
    /// It cannot be read.
    Failed,
}
