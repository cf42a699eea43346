//! The flusher's timer, and what it is asked for.
//!
//! `docs/model/pagecache.md`, The flusher, Timer.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use sim_core::task::{Precedence, TaskId};
use sim_core::trace::EventId;
use sim_core::wait::WaitQueue;
use sim_disk::block::tick::{ticks, time_of_tick};

use crate::kernel::{Kernel, Timer};
use crate::submit::set_timer;

/// Ticks a second (HZ).
const TICKS_A_SECOND: u64 = 250;

/// A run of the flusher that somebody has asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Which one, in order.
    pub number: u64,
    /// What is to be written.
    pub kind: AskedKind,
    /// The event that asked.
    pub because: EventId,
}

/// What a run is asked to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedKind {
    /// All inodes, the device's included, cyclic, not for integrity (`sync`).
    All,
    /// The filesystem's inodes, whole files, not for integrity (`syncfs`).
    Filesystem,
    /// The filesystem's inodes for integrity.
    Integrity,
}

/// What the flusher is to do, and when it looks next.
#[derive(Debug, Default)]
pub struct FlusherState {
    /// The flusher.
    pub task: Cell<Option<TaskId>>,
    /// Runs that have been asked for and not begun.
    pub asked: RefCell<VecDeque<Asked>>,
    /// How many have been asked for in all.
    pub asked_so_far: Cell<u64>,
    /// Those that have ended, by their numbers, as long as somebody waits for one.
    pub ended: RefCell<Vec<u64>>,
    /// Who waits for a run to end.
    pub waiters: RefCell<WaitQueue>,
    /// The timer that is set, by its number.
    pub timer: Cell<Option<u32>>,
    timers_so_far: Cell<u32>,
    /// The timer has run out, and the flusher has not looked yet.
    pub timer_fired: Cell<bool>,
    /// Memory is short, or writers wait: everything is to be written.
    pub background_wanted: Cell<bool>,
    /// The tick of the last periodic run.
    pub last_periodic: Cell<u64>,
    /// How many pages came out of writeback, halved every 3 s, and the period that was counted in.
    pub completed: Cell<(u64, u64)>,
}

/// Sets the flusher's timer, unless it is set already.
// [flusher.timer-set]
pub fn set_timer_of_flusher(k: &Kernel) {
    let state = &k.flusher;
    let interval = writeback_interval(k);
    if interval == 0 || state.timer.get().is_some() {
        return;
    }
    let number = state.timers_so_far.get().wrapping_add(1);
    state.timers_so_far.set(number);
    state.timer.set(Some(number));
    set_timer(k, time_of_tick(expiry(ticks(k.now.get()), interval)), Timer::Flusher(number));
}

/// Takes the timer off.
pub fn clear_timer_of_flusher(k: &Kernel) {
    k.flusher.timer.set(None);
}

/// Asks the flusher for a run, and starts it at once. A run over everything is asked for once, however
/// often.
// [flusher.timer-set]
pub fn ask_flusher(k: &Kernel, kind: AskedKind) -> Asked {
    let state = &k.flusher;
    clear_timer_of_flusher(k);
    let mut asked = state.asked.borrow_mut();
    let pending = asked.iter().find(|asked| kind == AskedKind::All && asked.kind == kind);
    let run = pending.copied().unwrap_or_else(|| {
        state.asked_so_far.set(state.asked_so_far.get() + 1);
        let run = Asked {
            number: state.asked_so_far.get(),
            kind,
            because: k.trace.borrow().span(k.tasks.current()),
        };
        asked.push_back(run);
        run
    });
    drop(asked);
    wake_flusher(k);
    run
}

/// The next run that was asked for. Under the real-time policy the flusher gets the processor only
/// when who asked waits, and takes first what is waited for.
// [flusher.sync-fifo]
pub fn next_asked(k: &Kernel) -> Option<Asked> {
    let waited_for_first =
        k.tasks.precedence() == Precedence::ProcessesFirst && k.recording_since.get().is_some();
    let mut asked = k.flusher.asked.borrow_mut();
    let place = asked.iter().position(|asked| !waited_for_first || asked.kind != AskedKind::All);
    asked.remove(place.unwrap_or(0))
}

/// A run has ended: who waits for it is woken.
// [processes.wait-run]
pub fn run_has_ended(k: &Kernel, run: Asked) {
    if run.kind != AskedKind::All {
        k.flusher.ended.borrow_mut().push(run.number);
        k.flusher.waiters.borrow_mut().wake_all(&k.tasks);
    }
}

/// How often the flusher looks, in ticks.
pub fn writeback_interval(k: &Kernel) -> u64 {
    u64::from(k.settings.vm.dirty_writeback_centisecs) * TICKS_A_SECOND / 100
}

/// How old dirty inodes must be for a periodic run, in ticks.
pub fn expire_interval(k: &Kernel) -> u64 {
    u64::from(k.settings.vm.dirty_expire_centisecs) * TICKS_A_SECOND / 100
}

/// The tick at which a timer runs out that is set at tick `now` for `delay` ticks: the longer, the
/// coarser.
// [flusher.timer-delay]
fn expiry(now: u64, delay: u64) -> u64 {
    let step = match delay {
        0..64 => return now + delay + 1,
        64..512 => 8,
        512..4096 => 64,
        4096.. => 512,
    };
    (now + delay + 1).next_multiple_of(step)
}

/// The timer has run out, unless it was taken off meanwhile.
pub fn flusher_timer_fired(k: &Kernel, number: u32) {
    let state = &k.flusher;
    if state.timer.get() == Some(number) {
        state.timer.set(None);
        state.timer_fired.set(true);
        wake_flusher(k);
    }
}

/// Wakes the flusher, which looks for work.
pub fn wake_flusher(k: &Kernel) {
    if let Some(task) = k.flusher.task.get() {
        k.tasks.wake(task);
    }
}

/// How long it takes until what has come out of writeback counts half, in nanoseconds.
const HALVED_AFTER: u64 = 3_000_000_000;

/// A page has come out of writeback.
// [flusher.share]
pub fn count_written(k: &Kernel) {
    let (count, period) = recently_written(k);
    k.flusher.completed.set((count + 1, period));
}

/// How many pages have come out of writeback lately: those of some time ago count half, a quarter, ...
pub fn recently_written(k: &Kernel) -> (u64, u64) {
    let (count, since) = k.flusher.completed.get();
    let period = k.now.get().nanoseconds() / HALVED_AFTER;
    (count.checked_shr(u32::try_from(period - since).unwrap_or(u32::MAX)).unwrap_or(0), period)
}

#[cfg(test)]
mod tests {
    use super::*;

    // [flusher.timer-delay]
    #[test]
    fn long_delays_end_at_coarse_ticks() {
        assert_eq!(expiry(1_000, 5), 1_006);
        assert_eq!(expiry(1_000, 63), 1_064);
        // 512 ms: the first multiple of 8 above 1128.
        assert_eq!(expiry(1_000, 128), 1_136);
        // 5 s: the first multiple of 64 above 2250.
        assert_eq!(expiry(1_000, 1_250), 2_304);
        assert_eq!(expiry(1_000, 5_000), 6_144);
    }
}
