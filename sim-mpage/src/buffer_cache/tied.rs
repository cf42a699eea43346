//! Metadata blocks that are tied to a file: its fsync writes them (`mark_buffer_dirty_inode`,
//! `sync_mapping_buffers`).
//!
//! `docs/model/buffers.md`, Writes. A file's list holds the numbers of blocks. One whose page was
//! dropped meanwhile, and read again, is tied no more.

use sim_core::io::FileId;

use super::{find_buffer, mark_buffer_dirty, wait_on_buffer, write_dirty_buffer};
use crate::errno::Errno;
use crate::kernel::Kernel;
use crate::page::buffers::BufferRef;
use crate::submit::{finish_plug, start_plug};

/// Makes a buffer dirty and ties it to a file; one that is tied keeps its place.
// [buffers-write.tie]
pub fn mark_buffer_dirty_inode(k: &Kernel, buffer: BufferRef, file: FileId) {
    mark_buffer_dirty(k, buffer);
    let state = k.pages.buffer(buffer);
    if let (None, Some(physical)) = (state.tied, state.physical) {
        set_tied(k, buffer, Some(file));
        k.inodes[file.0 as usize].tied.borrow_mut().push_back(physical);
    }
}

fn set_tied(k: &Kernel, buffer: BufferRef, file: Option<FileId>) {
    k.pages.change_buffer(buffer, |buffer| buffer.tied = file);
}

/// Forgets a block that is free now: it is neither dirty nor tied any more.
pub fn bforget(k: &Kernel, buffer: BufferRef) {
    k.pages.change_buffer(buffer, |buffer| buffer.dirty = false);
    let state = k.pages.buffer(buffer);
    if let (Some(file), Some(physical)) = (state.tied, state.physical) {
        set_tied(k, buffer, None);
        k.inodes[file.0 as usize].tied.borrow_mut().retain(|&block| block != physical);
    }
}

/// Writes the buffers that are tied to a file and waits for them.
///
/// # Errors
/// [`Errno::Io`] if one that it waited for was not written.
pub async fn sync_mapping_buffers(k: &Kernel, file: FileId) -> Result<(), Errno> {
    if k.inodes[file.0 as usize].tied.borrow().is_empty() {
        return Ok(());
    }
    start_plug(k);
    let sent = send_tied(k, file).await;
    finish_plug(k).await;
    wait_for_sent(k, file, sent).await
}

// [buffers-write.sync-mapping]
async fn send_tied(k: &Kernel, file: FileId) -> Vec<BufferRef> {
    let mut sent = Vec::new();
    loop {
        let next = k.inodes[file.0 as usize].tied.borrow_mut().pop_front();
        let Some(physical) = next else { return sent };
        let buffer = find_buffer(k, physical);
        let Some(buffer) = buffer.filter(|&buffer| k.pages.buffer(buffer).tied == Some(file)) else {
            continue;
        };
        let state = k.pages.buffer(buffer);
        if !state.dirty && !state.locked {
            set_tied(k, buffer, None);
            continue;
        }
        // As far as errors go it stays tied until it is waited for.
        k.pages.pin(buffer.page);
        sent.push(buffer);
        if state.dirty {
            write_dirty_buffer(k, buffer).await;
        }
    }
}

// [buffers-write.sync-mapping-wait]
async fn wait_for_sent(k: &Kernel, file: FileId, sent: Vec<BufferRef>) -> Result<(), Errno> {
    let mut result = Ok(());
    for buffer in sent {
        let state = k.pages.buffer(buffer);
        set_tied(k, buffer, state.dirty.then_some(file));
        if let (true, Some(physical)) = (state.dirty, state.physical) {
            k.inodes[file.0 as usize].tied.borrow_mut().push_front(physical);
        }
        wait_on_buffer(k, buffer).await;
        if !k.pages.buffer(buffer).up_to_date {
            result = Err(Errno::Io);
        }
        k.pages.unpin(buffer.page);
    }
    result
}
