//! The loop: whoever can run runs; then the clock goes on to the next event.

use std::cell::RefCell;

use sim_core::io::Part;
use sim_core::random::{Stream, Streams};
use sim_core::statistics::Figures;
use sim_core::task::{Class, Executor, Ran, TaskId};
use sim_core::time::{Duration, Time};
use sim_core::trace::{Event, Sink, What};
use sim_disk::block::EndedBio;
use sim_disk::device::{BlockDevice, Completion};

use super::contents::{self, write_dirty_buffers};
use super::hang::stuck_tasks;
use super::left_behind;
use super::prepare::{Workload, apply_states};
use super::{Outcome, RunError};
use crate::content::put_contents;
use crate::ext2::mount::mount;
use crate::filemap::flusher::flusher;
use crate::filemap::sync::unmount;
use crate::inode::timer::flusher_timer_fired;
use crate::kernel::{Kernel, Timer, WaitsFor};
use crate::machine::AtEnd;
use crate::mpage::end_io::{end_beyond_end, end_bio};
use crate::record::{enter_span, leave_span, record_because};
use crate::submit::{block_worker, call_worker};
use crate::syscalls::{Process, make_calls};

/// How many steps may happen at one instant before that counts as an error.
const STEPS_AT_ONE_INSTANT: u64 = 10_000_000;

struct Loop<'k, 's> {
    k: &'k Kernel,
    sink: &'s mut dyn Sink,
    figures: Figures,
    names: Vec<String>,
    events: Vec<Event>,
    completions: Vec<Completion>,
    due: Vec<Timer>,
    ended: Vec<EndedBio>,
    woken: Vec<TaskId>,
    steps: u64,
    /// Puts what happens at one instant into a random order.
    ties: Option<Stream>,
}

/// The processes of a run: the one that sets up, and one a task.
struct Processes {
    of_setup: RefCell<Process>,
    of_tasks: Vec<RefCell<Process>>,
}

/// Runs the set-up, then the workload.
pub(super) fn run(k: &Kernel, workload: Workload, sink: &mut dyn Sink) -> Result<Outcome, RunError> {
    let process = || RefCell::new(Process::new(workload.read_ahead_pages));
    let of_tasks = workload.tasks.iter().map(|_| process()).collect();
    let processes = Processes { of_setup: process(), of_tasks };
    let mut looping = Loop {
        k,
        sink,
        figures: Figures::new(),
        names: Vec::new(),
        events: Vec::new(),
        completions: Vec::new(),
        due: Vec::new(),
        ended: Vec::new(),
        woken: Vec::new(),
        steps: 0,
        ties: workload.shuffle_ties.and_then(|seed| Streams::new(seed).stream("ties").ok()),
    };
    let mut executor = Executor::new();
    let worker = k.tasks.add("kworker", Class::BlockWorker);
    k.worker.set(worker);
    looping.names.push("kworker".to_owned());
    executor.start(worker, block_worker(k));
    let flusher_task = k.tasks.add("flusher", Class::Flusher);
    k.flusher.task.set(Some(flusher_task));
    looping.names.push("flusher".to_owned());
    executor.start(flusher_task, flusher(k));
    mount(k);
    looping.set_up(&mut executor, &workload, &processes)?;

    let since = looping.start_recording(workload.starts_at);
    let ready_before = k.tasks.queued();
    // [processes.queue]
    for (task, process) in workload.tasks.iter().zip(&processes.of_tasks) {
        let id = looping.add_task(&task.name, task.pid);
        executor.start(id, run_process(k, process, &task.calls, since, task.start));
    }
    if let Some(ties) = &mut looping.ties {
        k.tasks.shuffle_queued(ready_before, ties);
    }
    looping.until_idle(&mut executor, workload.tasks.len(), workload.record_after)?;
    looping.drain();
    let simulated_time = k.now.get() - since;
    k.recording_since.set(None);
    looping.at_end(&mut executor, workload.at_end)?;
    drop(executor);
    left_behind::check(k)?;
    contents::check(k)?;

    looping.figures.finish(Time::from_nanoseconds(simulated_time.nanoseconds()));
    let of_tasks = processes.of_tasks.into_iter();
    Ok(Outcome {
        digests: k.trace.borrow().digests(),
        figures: looping.figures.summary(),
        simulated_time,
        results: of_tasks.map(|process| process.into_inner().take_results()).collect(),
        tasks: looping.names,
        device: k.device.borrow().statistics(),
        lost: k.oracle.borrow().lost(),
        medium: k.medium.borrow().clone(),
    })
}

#[expect(clippy::await_holding_refcell_ref, reason = "a process belongs to its own task alone")]
async fn run_process(
    k: &Kernel,
    process: &RefCell<Process>,
    calls: &[crate::machine::TimedCall],
    since: Time,
    start: Time,
) {
    if let Some(at) = start.since(Time::ZERO).and_then(|after| since.checked_add(after)) {
        crate::submit::sleep_until(k, at).await;
    }
    make_calls(k, &mut process.borrow_mut(), calls, since).await;
}

impl<'k> Loop<'k, '_> {
    /// The calls before recording, one process after the other, and the states to begin with.
    fn set_up<'f>(
        &mut self,
        executor: &mut Executor<'f>,
        workload: &'f Workload,
        processes: &'f Processes,
    ) -> Result<(), RunError>
    where
        'k: 'f,
    {
        let pids = workload.tasks.iter().map(|task| task.pid);
        let of_tasks = processes.of_tasks.iter().zip(&workload.task_setups).zip(pids);
        let setup_pid = workload.setup_pid;
        let phases = std::iter::once(((&processes.of_setup, &workload.setup), setup_pid))
            .chain(of_tasks)
            .chain([((&processes.of_setup, &workload.last_setup), setup_pid)]);
        for ((process, calls), pid) in phases.filter(|((_, calls), _)| !calls.is_empty()) {
            let id = self.add_task("setup", pid);
            executor.start(id, run_process(self.k, process, calls, Time::ZERO, Time::ZERO));
            self.until_idle(executor, 1, Duration::ZERO)?;
            process.borrow_mut().take_results();
        }
        apply_states(self.k, workload)
    }

    fn add_task(&mut self, name: &str, pid: u32) -> TaskId {
        self.names.push(name.to_owned());
        let task = self.k.tasks.add(name, Class::Process);
        let mut pids = self.k.pids.borrow_mut();
        pids.resize(task.0 as usize, 0);
        pids.push(pid);
        task
    }

    /// Lets the clock go on to where the recording begins; the instant that times of calls count from.
    fn start_recording(&mut self, starts_at: Option<Time>) -> Time {
        let k = self.k;
        let now = k.now.get();
        k.now.set(now.max(starts_at.unwrap_or(now)));
        k.recording_since.set(Some(k.now.get()));
        starts_at.unwrap_or(now)
    }

    /// Goes on until `tasks` tasks have ended and nothing is in flight. Recording ends `record_after`
    /// the last of them, or with the last completion if that is zero.
    fn until_idle(
        &mut self,
        executor: &mut Executor<'_>,
        tasks: usize,
        record_after: Duration,
    ) -> Result<(), RunError> {
        let k = self.k;
        let mut left = tasks;
        let mut recorded_until = None;
        loop {
            let ran = executor.run_one(&k.tasks);
            end_beyond_end(k);
            match ran {
                Ran::Polled(_) => {
                    self.step()?;
                    if k.trace.borrow().is_full() {
                        self.drain();
                    }
                }
                Ran::Ended(_) => {
                    left = left.saturating_sub(1);
                    if left == 0 {
                        recorded_until = k.now.get().checked_add(record_after);
                    }
                }
                Ran::Nothing => {
                    if let Some(failure) = k.failure.borrow_mut().take() {
                        return Err(failure);
                    }
                    self.drain();
                    let Some(at) = self.next_event(recorded_until) else { break };
                    if left > 0 && self.nothing_helps() {
                        break;
                    }
                    if !record_after.is_zero() && recorded_until.is_some_and(|until| at > until) {
                        k.recording_since.set(None);
                    }
                    self.advance(at)?;
                }
            }
        }
        if left == 0 {
            return Ok(());
        }
        Err(RunError::Hang { at: k.now.get(), waiting: stuck_tasks(k) })
    }

    /// What becomes of what is still in memory.
    fn at_end<'f>(&mut self, executor: &mut Executor<'f>, at_end: AtEnd) -> Result<(), RunError>
    where
        'k: 'f,
    {
        match at_end {
            AtEnd::PowerOff => Ok(()),
            AtEnd::DeviceRead => Ok(write_dirty_buffers(self.k)?),
            AtEnd::Unmount => {
                let id = self.add_task("umount", 0);
                executor.start(id, unmount(self.k));
                self.until_idle(executor, 1, Duration::ZERO)?;
                // It is none of the trace's tasks.
                self.names.pop();
                Ok(())
            }
        }
    }

    /// When something happens next. Once all tasks have ended timers count only as long as recording
    /// goes on.
    fn next_event(&self, recorded_until: Option<Time>) -> Option<Time> {
        let device = self.k.device.borrow_mut().next_event();
        let timer = self.k.timers.borrow_mut().peek_time();
        let counts = |&at: &Time| recorded_until.is_none_or(|until| at < until) || self.cpu_is_held();
        let timer = timer.filter(counts);
        match (device, timer) {
            (Some(device), Some(timer)) => Some(device.min(timer)),
            (device, timer) => device.or(timer),
        }
    }

    /// Whether all that can still happen is that the flusher looks at its list, while nobody waits for
    /// the clock.
    fn nothing_helps(&self) -> bool {
        let k = self.k;
        k.device.borrow_mut().next_event().is_none()
            && !self.cpu_is_held()
            && !k.tasks.sleepers().into_iter().any(|sleeper| sleeper.waits_for == WaitsFor::Time)
    }

    fn cpu_is_held(&self) -> bool {
        self.k.tasks.is_occupied()
    }

    /// Sets the clock and lets everything happen that is due: completions first, in the device's
    /// order, then timers in the order in which they were set.
    // [processes.interrupts]
    fn advance(&mut self, at: Time) -> Result<(), RunError> {
        let k = self.k;
        if at > k.now.get() {
            self.steps = 0;
        }
        k.now.set(at);
        // A device may ask for the same instant for ever.
        self.step()?;
        k.device.borrow_mut().advance(at, &mut self.completions);
        while k.timers.borrow_mut().peek_time() == Some(at) {
            self.due.extend(k.timers.borrow_mut().next().map(|(_, timer)| timer));
        }
        let ready_before = k.tasks.queued();
        if let Some(ties) = &mut self.ties {
            ties.shuffle(&mut self.completions);
            ties.shuffle(&mut self.due);
        }
        self.complete_all()?;
        for timer in self.due.drain(..) {
            match timer {
                Timer::Resume(task) => k.tasks.resume(task),
                Timer::Wake(task) => k.tasks.wake(task),
                Timer::Flusher(number) => flusher_timer_fired(k, number),
            }
        }
        if let Some(ties) = &mut self.ties {
            k.tasks.shuffle_queued(ready_before, ties);
        }
        Ok(())
    }

    fn complete_all(&mut self) -> Result<(), RunError> {
        let mut completions = std::mem::take(&mut self.completions);
        for completion in completions.drain(..) {
            self.step()?;
            self.complete(completion);
        }
        self.completions = completions;
        Ok(())
    }

    fn complete(&mut self, completion: Completion) {
        let k = self.k;
        let Some(issued) = k.in_device.borrow_mut().take(completion.id) else { return };
        let mut parts = Box::new(completion.parts);
        parts.add(Part::HostQueue, issued.taken - issued.at);
        let error = if issued.fails { Some(sim_core::io::IoError::Medium) } else { completion.result.err() };
        if error.is_none() {
            put_contents(k, issued.written);
        }
        let what = What::Completed { request: completion.id, error, parts };
        let event = record_because(k, issued.event, what);
        let span = enter_span(k, event);
        k.block.borrow_mut().complete(completion.id, error, &mut self.ended, &mut self.woken);
        for ended in self.ended.drain(..) {
            end_bio(k, ended.bio, ended.error);
        }
        for task in self.woken.drain(..) {
            k.tasks.wake(task);
        }
        call_worker(k);
        leave_span(k, span);
    }

    /// Hands what was recorded to the sink and to the figures.
    fn drain(&mut self) {
        if !self.k.trace.borrow().has_pending() {
            return;
        }
        self.k.trace.borrow_mut().drain_into(&mut self.events);
        for event in self.events.drain(..) {
            self.figures.observe(&event);
            self.sink.record(&event);
        }
    }

    fn step(&mut self) -> Result<(), RunError> {
        self.steps += 1;
        if self.steps < STEPS_AT_ONE_INSTANT {
            return Ok(());
        }
        let task = self.k.tasks.name(self.k.tasks.current());
        Err(RunError::NoTimePasses { at: self.k.now.get(), task, steps: self.steps })
    }
}
