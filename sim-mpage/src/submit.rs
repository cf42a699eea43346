//! Sending bios: `submit_bio`, plugs, running the queue, and the one place where tasks sleep.
//!
//! The block layer is a state machine in the crate below; the loops here spend CPU time for it, call
//! the device, and sleep for tags. What a bio was for is kept beside it as data ([`EndIo`]), and
//! read when it ends.

mod in_flight;

use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use sim_core::io::{Flags, Operation, Piece, Reason, RequestId, Sector};
use sim_core::task::{Occupy, Precedence};
use sim_core::time::{Duration, Time};
use sim_core::trace::{EventId, What};
use sim_disk::block::{Bio, FlushReason, Plug, Step, Submission};
use sim_disk::device::BlockDevice;

pub use self::in_flight::{Bios, BufferEnd, EndIo, InDevice, InFlight, Issued};
use crate::content::take_contents;
use crate::failure::RunError;
use crate::kernel::{Kernel, Timer, WaitsFor};
use crate::page::PageRef;
use crate::page::buffers::BufferRef;
use crate::record::{enter_span, leave_span, record, record_because};

/// Each task's plug, while it is in a plugged section.
#[derive(Debug, Default)]
pub struct Plugs(Vec<(u32, Plug)>);

impl Plugs {
    /// Whether no task is in a plugged section.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|(sections, plug)| *sections == 0 && plug.is_empty())
    }

    fn of(&mut self, k: &Kernel) -> &mut (u32, Plug) {
        let place = k.tasks.current().0 as usize;
        if self.0.len() <= place {
            self.0.resize_with(place + 1, Default::default);
        }
        &mut self.0[place]
    }
}

/// A bio to be sent.
#[derive(Debug)]
pub struct NewBio {
    /// What is to be done.
    pub operation: Operation,
    /// How.
    pub flags: Flags,
    /// Its first sector.
    pub sector: Sector,
    /// Its length in sectors.
    pub sectors: u32,
    /// The length of each of its segments but the last.
    pub segment_sectors: u32,
    /// The blocks in it.
    pub pieces: Vec<Piece>,
    /// Its pages.
    pub pages: Vec<PageRef>,
    /// Why it is sent.
    pub reason: Reason,
    /// What to do when it has ended.
    pub end_io: EndIo,
}

/// Sends one block by itself, whose buffer is locked.
pub async fn submit_block(
    k: &Kernel,
    buffer: BufferRef,
    block: Piece,
    flags: Flags,
    reason: Reason,
    end: BufferEnd,
) {
    let sectors = k.sizes.block_sectors();
    let bio = NewBio {
        operation: match end {
            BufferEnd::ReadSync | BufferEnd::AsyncRead => Operation::Read,
            BufferEnd::AsyncWrite | BufferEnd::WriteSync => Operation::Write,
        },
        flags,
        sector: Sector(block.physical * u64::from(sectors)),
        sectors,
        segment_sectors: sectors,
        pieces: vec![block],
        pages: Vec::new(),
        reason,
        end_io: EndIo::Buffer(buffer, end),
    };
    submit_bio(k, bio).await;
}

/// Spends CPU time: nobody else runs, while completions and timers come.
pub fn spend(k: &Kernel, duration: Duration) -> Spend<'_> {
    Spend { k, duration, occupy: None }
}

/// The future of [`spend`]. Written by hand, since most costs are 0 and cost nothing this way.
#[must_use = "CPU time is spent only when this is awaited"]
pub struct Spend<'k> {
    k: &'k Kernel,
    duration: Duration,
    occupy: Option<Occupy<'k, WaitsFor>>,
}

impl Future for Spend<'_> {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.duration.is_zero() {
            return Poll::Ready(());
        }
        let k = self.k;
        if self.occupy.is_none() {
            set_timer(k, k.now.get() + self.duration, Timer::Resume(k.tasks.current()));
        }
        Pin::new(self.occupy.get_or_insert_with(|| k.tasks.occupy())).poll(context)
    }
}

/// Asks the clock to do something at an instant.
pub fn set_timer(k: &Kernel, at: Time, timer: Timer) {
    if let Err(full) = k.timers.borrow_mut().schedule(at, timer) {
        k.failure.borrow_mut().get_or_insert(RunError::QueueFull(full));
    }
}

/// The only way to sleep: the task has put itself into a queue (`Tasks::prepare_to_sleep` first);
/// what is in its plug goes to the device before it sleeps.
// [processes.sleep-flushes] [block-plug.sleep]
pub async fn sleep_on(k: &Kernel, waits_for: WaitsFor) {
    flush_plug(k, FlushReason::Sleep);
    k.tasks.sleep(waits_for).await;
    if waits_for != WaitsFor::Work {
        // [cpu.wake]
        spend(k, k.settings.cpu.wake).await;
    }
}

/// Begins a plugged section; inside another it does nothing.
pub fn start_plug(k: &Kernel) {
    k.plugs.borrow_mut().of(k).0 += 1;
}

/// Ends a plugged section: what is in the plug goes to the device, and the worker may run.
pub async fn finish_plug(k: &Kernel) {
    let outermost = {
        let mut plugs = k.plugs.borrow_mut();
        let plug = plugs.of(k);
        assert!(plug.0 > 0, "a plug was finished that nobody started");
        plug.0 == 1
    };
    if outermost {
        flush_plug_at_end(k).await;
        k.tasks.give_way().await;
    }
    k.plugs.borrow_mut().of(k).0 -= 1;
}

/// Sends what is in the task's plug, and goes on with it empty.
pub async fn flush_plug_at_end(k: &Kernel) {
    flush_plug(k, FlushReason::End);
    issue_direct(k).await;
}

/// The flusher lets others go first where it takes a lock.
// [processes.flusher-gives-way]
pub async fn flusher_gives_way(k: &Kernel) {
    if k.flusher.task.get() == Some(k.tasks.current()) && k.tasks.precedence() == Precedence::ProcessesFirst {
        k.tasks.give_way().await;
    }
}

fn flush_plug(k: &Kernel, reason: FlushReason) {
    let mut plugs = k.plugs.borrow_mut();
    let (sections, plug) = plugs.of(k);
    if *sections == 0 || plug.is_empty() {
        return;
    }
    let mut events = k.told.take();
    k.block.borrow_mut().flush_plug(plug, reason, k.now.get(), &mut events);
    drop(plugs);
    take_events(k, events);
}

fn take_events(k: &Kernel, mut events: Vec<What>) {
    for event in events.drain(..) {
        record(k, event);
    }
    k.told.set(events);
    call_worker(k);
}

/// Wakes the worker if the block layer has called it, and whoever got a chance of a tag.
pub fn call_worker(k: &Kernel) {
    while let Some(task) = k.block.borrow_mut().take_woken() {
        k.tasks.wake(task);
    }
    if k.block.borrow_mut().take_worker_call() {
        k.tasks.wake(k.worker.get());
    }
}

/// Sends a bio: gives way once, spends its CPU time, queues it and places it in requests. May sleep
/// for a tag.
pub async fn submit_bio(k: &Kernel, new: NewBio) {
    k.tasks.give_way().await;
    // [block-bio.cpu] [cpu.bio]
    spend(k, k.settings.cpu.bio).await;
    // [mpage-end.beyond]
    if new.sector.0 >= k.sizes.device_sectors {
        let failed = InFlight {
            operation: new.operation,
            sector: new.sector,
            sectors: 0,
            pages: new.pages,
            end_io: new.end_io,
            queued: EventId::NONE,
        };
        k.bios.borrow_mut().beyond_end.push_back(failed);
        return;
    }
    let bio = queue(k, new);
    let queued = k.bios.borrow().get(bio.id).map_or(EventId::NONE, |bio| bio.queued);
    let span = enter_span(k, queued);
    place(k, bio).await;
    leave_span(k, span);
}

fn queue(k: &Kernel, new: NewBio) -> Bio {
    // [mpage-end.cut]
    let left = k.sizes.device_sectors.saturating_sub(new.sector.0);
    let sectors = u32::try_from(left).map_or(new.sectors, |left| left.min(new.sectors));
    let in_flight = InFlight {
        operation: new.operation,
        sector: new.sector,
        sectors,
        pages: new.pages,
        end_io: new.end_io,
        queued: EventId::NONE,
    };
    let id = k.bios.borrow_mut().add(in_flight);
    let queued = record(
        k,
        What::Queued {
            bio: id,
            operation: new.operation,
            flags: new.flags,
            sector: new.sector,
            sectors,
            pieces: new.pieces,
            reason: new.reason,
        },
    );
    let mut bios = k.bios.borrow_mut();
    let place = bios.place(id);
    if let Some(Some(bio)) = bios.window.get_mut(place) {
        bio.queued = queued;
    }
    Bio {
        id,
        operation: new.operation,
        flags: new.flags,
        sector: new.sector,
        sectors,
        segment_sectors: new.segment_sectors,
    }
}

async fn place(k: &Kernel, bio: Bio) {
    let mut submission = k.block.borrow_mut().begin(bio);
    loop {
        let step = take_step(k, &mut submission);
        issue_direct(k).await;
        match step {
            Step::Done => return,
            Step::Issue => {}
            Step::GiveWay => k.tasks.give_way().await,
            // [processes.wait-tag]
            Step::WaitForTag => {
                k.tasks.prepare_to_sleep();
                flush_plug(k, FlushReason::Sleep);
                k.block.borrow_mut().wait_for_tag(k.tasks.current());
                call_worker(k);
                sleep_on(k, WaitsFor::Tag).await;
            }
        }
    }
}

fn take_step(k: &Kernel, submission: &mut Submission) -> Step {
    let mut events = k.told.take();
    let step = {
        let mut plugs = k.plugs.borrow_mut();
        let (sections, plug) = plugs.of(k);
        let plug = (*sections > 0).then_some(plug);
        k.block.borrow_mut().step(submission, plug, k.now.get(), &mut events)
    };
    take_events(k, events);
    step
}

/// Issues what the block layer left to the task itself.
async fn issue_direct(k: &Kernel) {
    loop {
        let Some(request) = k.block.borrow_mut().take_direct() else { return };
        issue(k, request).await;
    }
}

/// Hands a request to the device.
// [cpu.issue]
async fn issue(k: &Kernel, request: RequestId) {
    let mut events = k.told.take();
    let command = k.block.borrow_mut().issue(request, k.tasks.current().0, &mut events);
    let mut event = EventId::NONE;
    let mut written = Vec::new();
    for what in events.drain(..) {
        let bios = match &what {
            What::Issued { bios, .. } => &bios[..],
            _ => &[],
        };
        if command.operation == Operation::Write {
            let blocks = blocks_of(k, command.sector, command.sectors);
            bios.iter().for_each(|&bio| take_contents(k, bio, &blocks, &mut written));
        }
        let first = bios.first().copied();
        let because = first.and_then(|bio| k.bios.borrow().get(bio).map(|bio| bio.queued));
        event = record_because(k, because.unwrap_or(EventId::NONE), what);
    }
    k.told.set(events);
    let at = k.now.get();
    // [error.request]
    let fails = k.faults.borrow_mut().check(&command).is_err();
    if !k.settings.cpu.issue_sector.is_zero() {
        let cost = k.settings.cpu.issue_sector.checked_mul(u64::from(command.sectors));
        spend(k, cost.unwrap_or_default()).await;
    }
    let taken = k.now.get();
    k.in_device.borrow_mut().0.push(Issued { id: request, event, at, taken, fails, written });
    if let Err(refused) = k.device.borrow_mut().submit(taken, command) {
        k.failure.borrow_mut().get_or_insert(RunError::Refused(refused));
    }
}

/// The blocks of the filesystem that sectors lie in.
fn blocks_of(k: &Kernel, sector: Sector, sectors: u32) -> Range<u64> {
    let a_block = u64::from(k.sizes.block_sectors());
    sector.0 / a_block..(sector.0 + u64::from(sectors)).div_ceil(a_block)
}

/// The block layer's kernel worker: whenever it is called, it takes requests out of the scheduler
/// until that is empty or there is no tag.
// [block-worker.run]
pub async fn block_worker(k: &Kernel) {
    loop {
        // It may have been called before it ran for the first time, so it looks before it sleeps.
        loop {
            let next = k.block.borrow_mut().dispatch_one(k.now.get());
            let Some(request) = next else { break };
            issue(k, request).await;
        }
        k.tasks.prepare_to_sleep();
        sleep_on(k, WaitsFor::Work).await;
    }
}

/// Sleeps until an instant of the virtual clock.
pub async fn sleep_until(k: &Kernel, at: Time) {
    if at <= k.now.get() {
        return;
    }
    k.tasks.prepare_to_sleep();
    set_timer(k, at, Timer::Wake(k.tasks.current()));
    flush_plug(k, FlushReason::Sleep);
    k.tasks.sleep(WaitsFor::Time).await;
}
