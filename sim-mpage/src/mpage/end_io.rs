//! Completion: what the end of a bio does to its pages and buffers.

use sim_core::io::{BioId, IoError, Operation};
use sim_core::trace::PageChange;

use super::full_page::{end_buffer_async_read, end_buffer_async_write};
use crate::buffer_cache::{end_buffer_read_sync, end_buffer_write_sync};
use crate::content::{expect_lost, read_contents};
use crate::errno::Errno;
use crate::inode::errors::mapping_set_error;
use crate::inode::timer::count_written;
use crate::kernel::Kernel;
use crate::memory::{record_page, set_failed};
use crate::page::buffers::BufferRef;
use crate::page::wait::Event;
use crate::page::{Mark, PageRef};
use crate::page_lock::end_page_writeback;
use crate::record::record_pages;
use crate::submit::{BufferEnd, EndIo, InFlight};

/// A bio has ended: its pages or its buffer learn of it, in ascending order, and wake who waits.
// [processes.end-order]
pub fn end_bio(k: &Kernel, bio: BioId, error: Option<IoError>) {
    let bio = k.bios.borrow_mut().take(bio);
    if let Some(bio) = bio {
        end(k, bio, error);
    }
}

/// Bios that the device has no place for have failed.
// [mpage-end.beyond]
pub fn end_beyond_end(k: &Kernel) {
    loop {
        let bio = k.bios.borrow_mut().take_beyond_end();
        let Some(bio) = bio else { return };
        end(k, bio, Some(IoError::Medium));
    }
}

fn end(k: &Kernel, bio: InFlight, error: Option<IoError>) {
    if error.is_none() && bio.operation == Operation::Read {
        read_contents(k, &bio);
    }
    match bio.end_io {
        EndIo::MpageRead => end_pages_read(k, &bio.pages, error),
        EndIo::MpageWrite => bio.pages.into_iter().for_each(|page| end_page_write(k, page, error)),
        EndIo::Buffer(buffer, BufferEnd::ReadSync) => end_buffer_read_sync(k, buffer, error),
        EndIo::Buffer(buffer, BufferEnd::AsyncRead) => end_buffer_async_read(k, buffer, error),
        EndIo::Buffer(buffer, BufferEnd::AsyncWrite) => end_buffer_async_write(k, buffer, error),
        EndIo::Buffer(buffer, BufferEnd::WriteSync) => end_buffer_write_sync(k, buffer, error),
    }
}

// [mpage-end.read] [processes.page-lock-read] [error.readahead]
fn end_pages_read(k: &Kernel, pages: &[PageRef], error: Option<IoError>) {
    let (mark, change) = match error {
        None => (Mark::UpToDate, PageChange::UpToDate),
        Some(_) => (Mark::Error, PageChange::Failed),
    };
    let mut changed = record_pages(k, change);
    k.pages.end_read(pages, mark, |mapping, indices| changed.pages(mapping, indices));
    k.waits.wake_all(&k.tasks, pages.iter().map(|&page| Event::Unlocked(page)));
}

// [mpage-end.write] [error.write-mpage]
fn end_page_write(k: &Kernel, page: PageRef, error: Option<IoError>) {
    if error.is_some() {
        set_failed(k, page);
        mapping_set_error(k, k.pages.place_of(page).0, Errno::Io);
        for number in 0..k.sizes.blocks_per_page {
            expect_lost(k, BufferRef { page, number });
        }
    }
    count_written(k);
    record_page(k, page, PageChange::Written);
    end_page_writeback(k, page);
}
