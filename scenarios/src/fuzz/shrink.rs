//! Cutting a case down: whatever can be left out or put back to what holds by default, while the
//! case still fails in the same way.

use crate::scenario::Scenario;
use crate::scenario::device::DeviceChoice;
use crate::scenario::kernel::Kernel;
use crate::scenario::named::Named;
use crate::scenario::queue::Queue;

use super::check::{Failure, check};

/// No more runs than this are spent on one case.
const MOST_TRIES: u32 = 3_000;

/// A change that makes a case smaller; whether there was anything to change.
type Step = fn(&mut Scenario) -> bool;

/// Settings that are put back, each with what else hangs on it.
const SETTINGS: [Step; 21] = [
    |s| put_back(&mut s.device, DeviceChoice::default()),
    |s| put_back(&mut s.queue, Queue::default()),
    |s| put_back(&mut s.kernel, Kernel::default()),
    |s| put_back(&mut s.faults, Vec::new()),
    |s| put_back(&mut s.pages, Vec::new()),
    |s| put_back(&mut s.kernel.cpu, Kernel::default().cpu),
    |s| put_back(&mut s.kernel.memory, None),
    |s| put_back(&mut s.kernel.page_size, Kernel::default().page_size),
    |s| put_back(&mut s.kernel.plug_order, None),
    |s| put_back(&mut s.kernel.policy, Kernel::default().policy),
    |s| put_back(&mut s.queue.scheduler, Queue::default().scheduler),
    |s| put_back(&mut s.queue.iosched, Queue::default().iosched),
    |s| put_back(&mut s.queue.read_ahead_kb, Queue::default().read_ahead_kb),
    |s| put_back(&mut s.queue.max_sectors_kb, None),
    |s| put_back(&mut s.queue.max_segments, Queue::default().max_segments),
    |s| put_back(&mut s.queue.nr_requests, None),
    |s| put_back(&mut s.queue.queue_depth, None),
    |s| put_back(&mut s.queue.nomerges, Queue::default().nomerges),
    |s| put_back(&mut s.queue.blocking, Queue::default().blocking),
    |s| put_back(&mut s.filesystem.get_block_fills, false),
    |s| put_back(&mut s.filesystem.boundary, true),
];

fn put_back<T: PartialEq>(value: &mut T, default: T) -> bool {
    let changes = *value != default;
    *value = default;
    changes
}

/// The smallest case that was found, and what is wrong with it.
pub fn shrink(scenario: Scenario, failure: Failure) -> (Scenario, Failure) {
    let mut shrinking = Shrinking { scenario, failure, tries: 0 };
    loop {
        let before = shrinking.scenario.clone();
        shrinking.tasks();
        shrinking.calls();
        for setting in SETTINGS {
            shrinking.attempt(setting);
        }
        shrinking.one_by_one(
            |s| s.faults.len(),
            |s, place| {
                s.faults.remove(place);
            },
        );
        shrinking.one_by_one(|s| s.pages.len(), |s, place| drop(s.pages.remove(place)));
        shrinking
            .one_by_one(|s| s.filesystem.files.0.len(), |s, place| drop(s.filesystem.files.0.remove(place)));
        if before == shrinking.scenario || shrinking.tries > MOST_TRIES {
            return (shrinking.scenario, shrinking.failure);
        }
    }
}

struct Shrinking {
    scenario: Scenario,
    failure: Failure,
    tries: u32,
}

impl Shrinking {
    /// Keeps the change if the case still fails in the same way.
    fn attempt(&mut self, change: impl FnOnce(&mut Scenario) -> bool) -> bool {
        let mut scenario = self.scenario.clone();
        if self.tries > MOST_TRIES || !change(&mut scenario) {
            return false;
        }
        self.tries += 1;
        match check(&scenario) {
            Err(failure) if failure.is_like(&self.failure) => {
                (self.scenario, self.failure) = (scenario, failure);
                true
            }
            _ => false,
        }
    }

    /// Leaves out each of several things, the last one first.
    fn one_by_one(&mut self, count: fn(&Scenario) -> usize, remove: fn(&mut Scenario, usize)) {
        for place in (0..count(&self.scenario)).rev() {
            self.attempt(|scenario| {
                remove(scenario, place);
                true
            });
        }
    }

    fn tasks(&mut self) {
        self.one_by_one(|s| s.workload.tasks.0.len(), |s, place| drop(s.workload.tasks.0.remove(place)));
    }

    /// Leaves calls out, long pieces first; with a call that opens, all that use its handle.
    fn calls(&mut self) {
        for task in 0..self.scenario.workload.tasks.0.len() {
            let mut length = self.calls_of(task).len();
            while length > 0 {
                let mut from = 0;
                while from < self.calls_of(task).len() {
                    let gone = self.attempt(|scenario| {
                        let calls = &mut scenario.workload.tasks.0[task].1.calls;
                        let end = calls.len().min(from + length);
                        calls.drain(from..end);
                        true
                    });
                    if !gone && length == 1 {
                        self.with_its_handle(task, from);
                    }
                    from += if gone { 0 } else { length };
                }
                length /= 2;
            }
        }
    }

    fn calls_of(&self, task: usize) -> &[String] {
        let Named(tasks) = &self.scenario.workload.tasks;
        tasks.get(task).map_or(&[], |(_, task)| &task.calls)
    }

    /// Leaves out a call that opens, and all others with its handle.
    fn with_its_handle(&mut self, task: usize, place: usize) {
        let call = self.calls_of(task).get(place).cloned().unwrap_or_default();
        let Some(handle) = call.strip_prefix("open ").and_then(|rest| rest.split(' ').next()) else { return };
        self.attempt(|scenario| {
            let calls = &mut scenario.workload.tasks.0[task].1.calls;
            calls.retain(|call| call.split(' ').nth(1) != Some(handle));
            true
        });
    }
}
