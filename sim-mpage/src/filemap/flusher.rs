//! The flusher: the kernel thread that writes dirty pages back, for `sync` and `syncfs`, and by its
//! timer.
//!
//! `docs/model/pagecache.md`, The flusher. Left out: what a device's measured bandwidth changes of the
//! length of a turn.

use sim_core::task::Precedence;
use sim_disk::block::tick::ticks;

use super::sync::{Wait, write_single_inode};
use super::throttle::{background_limit, dirty_limit};
use super::writeback::{do_writepages, is_dirty};

use crate::inode::locks::{lock_writing, unlock_writing};
use crate::inode::timer::{
    AskedKind, expire_interval, next_asked, recently_written, run_has_ended, set_timer_of_flusher,
    writeback_interval,
};
use crate::kernel::{Kernel, WaitsFor};
use crate::mpage::control::{PageRange, WritebackControl};
use crate::page::Mapping;
use crate::record::{enter_span, leave_span};
use crate::submit::{finish_plug, flush_plug_at_end, sleep_on, start_plug};

/// Half the write bandwidth of a device that has not been measured, in pages a second.
const HALF_BANDWIDTH: u64 = 25_600 / 2;

/// A turn is a multiple of so many pages (`MIN_WRITEBACK_PAGES`).
const TURN_STEP: u64 = 1_024;

/// Inodes in use that a run counts beside the dirty pages: about so many on an idle machine.
const INODES_IN_USE: u64 = 10_000;

/// Why the flusher runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Asked(AskedKind),
    Periodic,
    Background,
}

impl Kind {
    const fn integrity(self) -> bool {
        matches!(self, Kind::Asked(AskedKind::Integrity))
    }

    /// Whole files, not turns.
    const fn whole_files(self) -> bool {
        matches!(self, Kind::Asked(AskedKind::Integrity | AskedKind::Filesystem))
    }

    /// The filesystem's inodes only, not the device's.
    const fn only_files(self) -> bool {
        self.whole_files()
    }

    const fn in_background(self) -> bool {
        matches!(self, Kind::Periodic | Kind::Background)
    }
}

/// The flusher, for as long as there is a kernel.
pub async fn flusher(k: &Kernel) {
    loop {
        work(k).await;
        if k.dirty_inodes.is_any_dirty() {
            set_timer_of_flusher(k);
        }
        k.tasks.prepare_to_sleep();
        sleep_on(k, WaitsFor::Work).await;
    }
}

async fn work(k: &Kernel) {
    loop {
        if let Some(asked) = next_asked(k) {
            let span = enter_span(k, asked.because);
            run(k, Kind::Asked(asked.kind)).await;
            run_has_ended(k, asked);
            background(k).await;
            leave_span(k, span);
        } else if k.flusher.timer_fired.replace(false) {
            // [flusher.timer-fires] [flusher.timer-fifo]
            let now = ticks(k.now.get());
            if now >= k.flusher.last_periodic.get() + writeback_interval(k) {
                k.flusher.last_periodic.set(now);
                run(k, Kind::Periodic).await;
            }
            background(k).await;
        } else if k.flusher.background_wanted.replace(false) {
            run(k, Kind::Asked(AskedKind::All)).await;
        } else {
            return;
        }
    }
}

// [flusher.background]
async fn background(k: &Kernel) {
    if is_over_background_limit(k) {
        run(k, Kind::Background).await;
    }
}

// [flusher.background] [flusher.share]
fn is_over_background_limit(k: &Kernel) -> bool {
    let (limit, dirty) = (background_limit(k), k.pages.dirty_in_all());
    let is_active = recently_written(k).0 > 0;
    let share = if is_active { limit } else { limit * u64::from(k.settings.vm.bdi_min_ratio) / 100 };
    dirty > limit || dirty > share
}

/// One run: round after round, in one plugged section.
async fn run(k: &Kernel, kind: Kind) {
    start_plug(k);
    let began = ticks(k.now.get());
    let mut left = match kind {
        Kind::Background => u64::MAX,
        Kind::Asked(_) | Kind::Periodic => k.pages.dirty_in_all() + INODES_IN_USE,
    };
    while goes_on(k, kind) {
        let is_too_young = |since: u64| match kind {
            // [flusher.too-young]
            Kind::Asked(_) => since > began,
            Kind::Periodic => since + expire_interval(k) > ticks(k.now.get()),
            Kind::Background => false,
        };
        k.dirty_inodes.begin_round(is_too_young);
        let progressed = round(k, kind, &mut left).await;
        // [flusher.another-round]
        if !progressed {
            let Some(busy) = k.dirty_inodes.first_used_up() else { break };
            lock_writing(k, busy).await;
            unlock_writing(k, busy);
        }
    }
    finish_plug(k).await;
}

/// Whether another round may begin.
// [flusher.another-round]
fn goes_on(k: &Kernel, kind: Kind) -> bool {
    match kind {
        Kind::Asked(_) => true,
        Kind::Periodic => k.flusher.asked.borrow().is_empty(),
        Kind::Background => k.flusher.asked.borrow().is_empty() && is_over_background_limit(k),
    }
}

/// The turns of one round; tells whether anything came of them.
async fn round(k: &Kernel, kind: Kind, left: &mut u64) -> bool {
    let mut progressed = false;
    while let Some(mapping) = k.dirty_inodes.next_turn() {
        if kind.only_files() && mapping == Mapping::DEVICE {
            k.dirty_inodes.end_turn(mapping, false, ticks(k.now.get()));
            continue;
        }
        // [flusher.busy-inode]
        let is_busy = k.spaces.of(mapping).being_written.holder().is_some();
        if is_busy && !kind.integrity() {
            k.dirty_inodes.end_turn(mapping, true, ticks(k.now.get()));
            continue;
        }
        lock_writing(k, mapping).await;
        progressed |= turn(k, kind, mapping, left).await;
        unlock_writing(k, mapping);
        // [processes.flusher-gives-way]
        if k.tasks.precedence() == Precedence::ProcessesFirst && k.tasks.would_give_way() {
            flush_plug_at_end(k).await;
            k.tasks.give_way().await;
        }
    }
    progressed
}

/// The turn of one inode; tells whether anything came of it.
// [flusher.turn]
async fn turn(k: &Kernel, kind: Kind, mapping: Mapping, left: &mut u64) -> bool {
    let mut control = WritebackControl {
        background: kind.in_background(),
        nr_to_write: if kind.whole_files() { u64::MAX } else { turn_length(k, *left) },
        ..WritebackControl::of(
            if kind.whole_files() { PageRange::ALL } else { PageRange::Cyclic },
            kind.integrity(),
        )
    };
    let length = control.nr_to_write;
    // An error is kept on the mapping.
    let _ = do_writepages(k, mapping, &mut control).await;
    // [flusher.inode]
    match mapping.file() {
        Some(file) => {
            let wait = if kind.integrity() { Wait::Inode } else { Wait::Nothing };
            let _ = write_single_inode(k, file, wait).await;
        }
        None => {
            k.dirty_inodes.take(mapping, is_dirty(k, mapping));
        }
    }
    let written = (length - control.nr_to_write).saturating_sub(control.pages_skipped);
    *left = left.saturating_sub(written);
    let used_up = control.nr_to_write == 0 && control.pages_skipped == 0 && is_dirty(k, mapping);
    let is_clean = k.dirty_inodes.end_turn(mapping, used_up, ticks(k.now.get()));
    written > 0 || is_clean
}

fn turn_length(k: &Kernel, left: u64) -> u64 {
    let pages = HALF_BANDWIDTH.min(dirty_limit(k) / 8).min(left);
    (TURN_STEP + pages) / TURN_STEP * TURN_STEP
}
