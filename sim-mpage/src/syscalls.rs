//! System calls: what a process of the workload asks for, one after the other.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use sim_core::io::{FileId, Sector};
use sim_core::time::Time;
use sim_core::trace::What;

use sim_disk::faults::{Fault, Faults};

use crate::call::{Access, Advice, Call, Handle};
use crate::errno::Errno;
use crate::ext2::inode_table::ext2_iget;
use crate::ext2::mount::discard_reservation;
use crate::filemap::fault::{Vma, mdirty, mread};
use crate::filemap::read::{filemap_read, read_at_once};
use crate::filemap::readahead::force_page_cache_ra;
use crate::filemap::sync::{LAST_BYTE, Openers, fsync, sync, sync_file_range, syncfs};
use crate::filemap::truncate::ftruncate;
use crate::filemap::window::FileRaState;
use crate::filemap::write::file_write;
use crate::filemap::writeback::write_and_wait;
use crate::kernel::Kernel;
use crate::machine::TimedCall;
use crate::memory::drop_caches;
use crate::record::{enter_span, leave_span, record};
use crate::submit::{sleep_until, spend};

/// An open file (`struct file`): of a handle, of mappings, or of both.
#[derive(Clone, Copy, Debug)]
struct OpenFile {
    file: FileId,
    position: u64,
    ra: FileRaState,
    access: Access,
    /// What it remembers of errors.
    openers: Openers,
    /// How many handles and mappings there are of it.
    users: u32,
}

/// A mapping, and the open file that it is of.
#[derive(Clone, Copy, Debug)]
struct Mapped {
    vma: Vma,
    open: usize,
}

/// A process: its open files, and what its calls have returned.
#[derive(Debug, Default)]
pub struct Process {
    files: Vec<OpenFile>,
    handles: BTreeMap<Handle, usize>,
    mappings: BTreeMap<Handle, Mapped>,
    results: Vec<i64>,
    read_ahead_pages: u64,
}

impl Process {
    /// A process without open files; `read_ahead_pages` is the window of a file that it opens.
    pub fn new(read_ahead_pages: u64) -> Process {
        Process { read_ahead_pages, ..Process::default() }
    }

    /// What its calls have returned: a count, or below zero an error number.
    pub fn take_results(&mut self) -> Vec<i64> {
        std::mem::take(&mut self.results)
    }

    fn open(&mut self, handle: Handle) -> Result<&mut OpenFile, Errno> {
        let open = *self.handles.get(&handle).ok_or(Errno::BadHandle)?;
        Ok(&mut self.files[open])
    }

    /// An open file that may be written to.
    fn open_for_writing(&mut self, handle: Handle) -> Result<&mut OpenFile, Errno> {
        let open = self.open(handle)?;
        if open.access == Access::ReadWrite { Ok(open) } else { Err(Errno::BadHandle) }
    }

    /// A mapping, and the open file that it is of.
    fn mapped(&mut self, handle: Handle) -> Result<(Vma, &mut OpenFile), Errno> {
        let Mapped { vma, open } = *self.mappings.get(&handle).ok_or(Errno::BadHandle)?;
        Ok((vma, &mut self.files[open]))
    }

    /// The last handle or mapping of an open file may be gone: it is closed then (`ext2_release_file`).
    // [ext2-window.when-removed]
    fn release(&mut self, k: &Kernel, open: usize) {
        let open = &mut self.files[open];
        open.users -= 1;
        if open.users == 0 && open.access == Access::ReadWrite {
            discard_reservation(k, open.file);
        }
    }

    fn map(&mut self, k: &Kernel, handle: Handle, length: u64, advice: Advice) -> Result<(), Errno> {
        let open = *self.handles.get(&handle).ok_or(Errno::BadHandle)?;
        self.files[open].users += 1;
        let pages = length.div_ceil(u64::from(k.sizes.page));
        let vma = Vma::new(k, self.files[open].file, pages, advice);
        if let Some(before) = self.mappings.insert(handle, Mapped { vma, open }) {
            before.vma.unmap(k);
            self.release(k, before.open);
        }
        Ok(())
    }

    /// Makes a call that reads and has nothing to wait for, as most small ones: a future costs more
    /// than what is done here.
    #[inline]
    fn read_at_once(&mut self, k: &Kernel, call: Call) -> Option<u64> {
        let (handle, offset, length) = match call {
            Call::Read { handle, length } => (handle, None, length),
            Call::Pread { handle, offset, length } => (handle, Some(offset), length),
            _ => return None,
        };
        let open = self.open(handle).ok()?;
        let count = read_at_once(k, open.file, &mut open.ra, offset.unwrap_or(open.position), length)?;
        if offset.is_none() {
            open.position += count;
        }
        Some(count)
    }
}

/// Makes the calls of a process, none of them before its time; `since` is the instant that these
/// times are counted from. A call that is made several times has one result: what it returned in all,
/// or the first error.
pub async fn make_calls(k: &Kernel, process: &mut Process, calls: &[TimedCall], since: Time) {
    let mut number = 0_u32;
    for timed in calls {
        if let Some(at) = timed.not_before.since(Time::ZERO).and_then(|after| since.checked_add(after)) {
            sleep_until(k, at).await;
        }
        let mut result = 0;
        for _ in 0..timed.times {
            result = in_all(result, make_numbered_call(k, process, timed.call, number).await);
            number = number.saturating_add(1);
            let_trace_out(k).await;
        }
        process.results.push(result);
    }
}

fn in_all(so_far: i64, returned: i64) -> i64 {
    match (so_far, returned) {
        (error @ ..0, _) | (0.., error @ ..0) => error,
        (so_far, returned) => so_far.saturating_add(returned),
    }
}

/// A task that is never made to wait lets what it has recorded be taken out now and then.
async fn let_trace_out(k: &Kernel) {
    if k.trace.borrow().is_full() {
        k.tasks.step_out().await;
    }
}

async fn make_numbered_call(k: &Kernel, process: &mut Process, call: Call, number: u32) -> i64 {
    let event = record(k, What::Call { number });
    let span = enter_span(k, event);
    // [cpu.call]
    spend(k, k.settings.cpu.system_call).await;
    let result = match process.read_at_once(k, call) {
        Some(count) => Ok(count),
        None => make_call(k, process, call).await,
    };
    let result = match result {
        Ok(count) => i64::try_from(count).unwrap_or(i64::MAX),
        Err(error) => error.code(),
    };
    record(k, What::Returned { number, result });
    leave_span(k, span);
    result
}

async fn make_call(k: &Kernel, process: &mut Process, call: Call) -> Result<u64, Errno> {
    match call {
        Call::Open { .. } | Call::Close { .. } | Call::Mmap { .. } => handle_call(k, process, call),
        Call::Read { .. }
        | Call::Pread { .. }
        | Call::Readahead { .. }
        | Call::Fadvise { .. }
        | Call::Mread { .. } => reading_call(k, process, call).await,
        Call::Write { .. } | Call::Pwrite { .. } | Call::Mdirty { .. } | Call::Ftruncate { .. } => {
            writing_call(k, process, call).await
        }
        Call::Fsync { .. }
        | Call::Fdatasync { .. }
        | Call::Msync { .. }
        | Call::Sync
        | Call::Syncfs { .. }
        | Call::SyncFileRange { .. }
        | Call::Writeback { .. } => syncing_call(k, process, call).await,
        // [error.heal]
        Call::Fail { sector, sectors } => {
            let sector = Sector(sector);
            k.faults.borrow_mut().add(Fault { sector, sectors, operation: None, times: None });
            Ok(0)
        }
        Call::Heal => {
            *k.faults.borrow_mut() = Faults::new();
            Ok(0)
        }
        Call::Drop => {
            drop_caches(k);
            Ok(0)
        }
        Call::Sleep { duration } => {
            if let Some(at) = k.now.get().checked_add(duration) {
                sleep_until(k, at).await;
            }
            Ok(0)
        }
    }
}

/// Calls that open, map and close files.
fn handle_call(k: &Kernel, process: &mut Process, call: Call) -> Result<u64, Errno> {
    match call {
        Call::Open { handle, file, access } => {
            ext2_iget(k, file);
            let ra = FileRaState::new(process.read_ahead_pages);
            let openers = Openers::of(k, file);
            process.files.push(OpenFile { file, position: 0, ra, access, openers, users: 1 });
            let before = process.handles.insert(handle, process.files.len() - 1);
            before.into_iter().for_each(|open| process.release(k, open));
        }
        Call::Close { handle } => {
            let open = process.handles.remove(&handle).ok_or(Errno::BadHandle)?;
            process.release(k, open);
        }
        Call::Mmap { handle, length, access: _, advice } => process.map(k, handle, length, advice)?,
        _ => {}
    }
    Ok(0)
}

/// Calls that read.
async fn reading_call(k: &Kernel, process: &mut Process, call: Call) -> Result<u64, Errno> {
    match call {
        Call::Read { handle, length } => {
            let open = process.open(handle)?;
            let count = filemap_read(k, open.file, &mut open.ra, open.position, length).await?;
            open.position += count;
            Ok(count)
        }
        Call::Pread { handle, offset, length } => {
            let open = process.open(handle)?;
            filemap_read(k, open.file, &mut open.ra, offset, length).await
        }
        Call::Readahead { handle, offset, length } => {
            let open = process.open(handle)?;
            readahead(k, open, offset, length).await;
            Ok(0)
        }
        Call::Fadvise { handle, offset, length, advice } => {
            let default = process.read_ahead_pages;
            fadvise(k, process.open(handle)?, default, (offset, length), advice).await;
            Ok(0)
        }
        Call::Mread { handle, offset } => {
            let (vma, open) = process.mapped(handle)?;
            mread(k, &vma, &mut open.ra, offset).await.map(|()| 0)
        }
        _ => Ok(0),
    }
}

/// Calls that change a file in memory.
async fn writing_call(k: &Kernel, process: &mut Process, call: Call) -> Result<u64, Errno> {
    match call {
        Call::Write { handle, length } => {
            let open = process.open_for_writing(handle)?;
            let count = file_write(k, open.file, open.position, length).await?;
            open.position += count;
            Ok(count)
        }
        Call::Pwrite { handle, offset, length } => {
            let open = process.open_for_writing(handle)?;
            file_write(k, open.file, offset, length).await
        }
        Call::Mdirty { handle, offset } => {
            let (vma, open) = process.mapped(handle)?;
            mdirty(k, &vma, &mut open.ra, offset).await.map(|()| 0)
        }
        Call::Ftruncate { handle, length } => {
            ftruncate(k, process.open_for_writing(handle)?.file, length).await.map(|()| 0)
        }
        _ => Ok(0),
    }
}

/// Calls that write to the device what is in memory.
async fn syncing_call(k: &Kernel, process: &mut Process, call: Call) -> Result<u64, Errno> {
    match call {
        Call::Fsync { handle } => {
            let open = process.open(handle)?;
            fsync(k, open.file, 0..=LAST_BYTE, false, &mut open.openers).await?;
        }
        Call::Fdatasync { handle } => {
            let open = process.open(handle)?;
            fsync(k, open.file, 0..=LAST_BYTE, true, &mut open.openers).await?;
        }
        Call::Msync { handle, offset, length } => {
            let (_, open) = process.mapped(handle)?;
            fsync(k, open.file, bytes_of(offset, length.max(1)), true, &mut open.openers).await?;
        }
        Call::Sync => sync(k).await,
        Call::Syncfs { handle } => syncfs(k, &mut process.open(handle)?.openers).await?,
        Call::SyncFileRange { handle, offset, length, flags } => {
            let open = process.open(handle)?;
            sync_file_range(k, open.file, bytes_of(offset, length), flags, &mut open.openers).await?;
        }
        Call::Writeback { file } => write_and_wait(k, file).await?,
        _ => {}
    }
    Ok(0)
}

/// The bytes of a range; a length of 0 means to the end.
fn bytes_of(offset: u64, length: u64) -> RangeInclusive<u64> {
    offset..=if length == 0 { LAST_BYTE } else { offset.saturating_add(length - 1).min(LAST_BYTE) }
}

/// What a process says of its way to read a file.
// [readahead.advice]
async fn fadvise(
    k: &Kernel,
    open: &mut OpenFile,
    default: u64,
    (offset, length): (u64, u64),
    advice: Advice,
) {
    let ra = &mut open.ra;
    match advice {
        // [error.advice]
        Advice::Normal => (ra.ra_pages, ra.random) = (default, false),
        Advice::Sequential => (ra.ra_pages, ra.random) = (default.saturating_mul(2), false),
        Advice::Random => ra.random = true,
        // [readahead.willneed]
        Advice::WillNeed => readahead(k, open, offset, length).await,
    }
}

// [readahead.call]
async fn readahead(k: &Kernel, open: &OpenFile, offset: u64, length: u64) {
    // A length of 0 means to the end, as for the advice that does the same.
    let last = if length == 0 { u64::MAX >> 1 } else { offset.saturating_add(length - 1) };
    let first_page = offset >> k.sizes.page_bits;
    let pages = (last >> k.sizes.page_bits) - first_page + 1;
    force_page_cache_ra(k, open.file, &open.ra, first_page, pages).await;
}
