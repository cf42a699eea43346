//! Dirty throttling: a writer that is faster than the device is held.
//!
//! `docs/model/pagecache.md`, Throttling: a simplification of the kernel's rate control.

use crate::inode::timer::wake_flusher;
use crate::kernel::Kernel;
use crate::page::wait::{Event, Stand};
use crate::page_lock::wait_for;

/// A page was dirtied: if there are too many, sleeps until enough have been written.
// [flusher.throttle]
pub(super) async fn balance_dirty_pages(k: &Kernel) {
    if !k.settings.vm.throttling {
        return;
    }
    let limit = dirty_limit(k);
    if dirty_and_under_writeback(k) <= limit {
        return;
    }
    let enough = u64::midpoint(background_limit(k), limit);
    while dirty_and_under_writeback(k) >= enough {
        k.flusher.background_wanted.set(true);
        wake_flusher(k);
        wait_for(k, Event::AnyWritten, Stand::End).await;
    }
}

fn dirty_and_under_writeback(k: &Kernel) -> u64 {
    k.pages.dirty_in_all() + k.pages.under_writeback()
}

/// So many pages are a part of memory, or what was set in bytes.
fn pages(k: &Kernel, bytes: Option<u64>, percent: u32) -> u64 {
    let page = u64::from(k.sizes.page);
    let memory = k.settings.memory_pages.unwrap_or(k.settings.vm.memory_bytes / page);
    bytes.map_or(memory.saturating_mul(u64::from(percent)) / 100, |bytes| bytes / page)
}

/// How many pages may be dirty or under writeback before writers are held.
pub(super) fn dirty_limit(k: &Kernel) -> u64 {
    pages(k, k.settings.vm.dirty_bytes, k.settings.vm.dirty_ratio)
}

/// How many pages may be dirty before the flusher writes in the background.
// [flusher.background-limit]
pub(super) fn background_limit(k: &Kernel) -> u64 {
    pages(k, k.settings.vm.dirty_background_bytes, k.settings.vm.dirty_background_ratio)
}
