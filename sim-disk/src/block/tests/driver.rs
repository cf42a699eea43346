//! One task, a worker and a device that completes what it is told to; a log in blktrace's letters.

use std::collections::VecDeque;

use sim_core::io::{BioId, Flags, IoError, Operation, RequestId, Sector};
use sim_core::task::TaskId;
use sim_core::time::Time;
use sim_core::trace::What;

use crate::block::{Bio, BlockLayer, EndedBio, FlushReason, Plug, SchedulerKind, Settings, Step, Submission};
use crate::device::Request;

pub(super) const PAGE: u32 = 4096;
pub(super) const PAGE_SECTORS: u32 = PAGE / 512;

pub(super) fn deadline() -> Settings {
    Settings { scheduler: SchedulerKind::MqDeadline, nr_requests: 128, ..Settings::default() }
}

pub(super) struct Driver {
    pub(super) layer: BlockLayer,
    /// The task's plug, while it is in a plugged section.
    pub(super) plug: Option<Plug>,
    pub(super) now: Time,
    /// What is in the device, in order of issue.
    pub(super) device: VecDeque<Request>,
    pub(super) ended: Vec<EndedBio>,
    /// All that was issued.
    pub(super) issued: Vec<What>,
    pub(super) woken: Vec<TaskId>,
    next_bio: u64,
    log: Vec<String>,
}

impl Driver {
    pub(super) fn new(settings: Settings) -> Driver {
        Driver {
            layer: BlockLayer::new(settings, PAGE).unwrap(),
            plug: None,
            now: Time::ZERO,
            device: VecDeque::new(),
            ended: Vec::new(),
            issued: Vec::new(),
            woken: Vec::new(),
            next_bio: 0,
            log: Vec::new(),
        }
    }

    pub(super) fn bio(&mut self, operation: Operation, sector: u64, sectors: u32) -> Bio {
        let id = BioId(self.next_bio);
        self.next_bio += 1;
        let (flags, sector) = (Flags::NONE, Sector(sector));
        Bio { id, operation, flags, sector, sectors, segment_sectors: PAGE_SECTORS }
    }

    pub(super) fn read(&mut self, sector: u64, sectors: u32) {
        let bio = self.bio(Operation::Read, sector, sectors);
        self.submit(bio);
    }

    pub(super) fn write(&mut self, sector: u64, sectors: u32) {
        let bio = self.bio(Operation::Write, sector, sectors);
        self.submit(bio);
    }

    /// The way of a bio, as a task goes it; where it has to wait for a tag, requests complete, the
    /// oldest first, until it is woken.
    pub(super) fn submit(&mut self, bio: Bio) {
        let mut submission = self.queue(bio);
        while !self.advance(&mut submission) {
            self.log("Z");
            self.sleep();
            self.layer.wait_for_tag(TaskId(0));
            self.give_way();
            self.woken.clear();
            while self.woken.is_empty() {
                assert!(!self.device.is_empty(), "a task waits for a tag, and nothing is in the device");
                self.complete_oldest(None);
                self.give_way();
            }
        }
    }

    // [block-bio.queued] [block-worker.gives-way]
    pub(super) fn queue(&mut self, bio: Bio) -> Submission {
        self.give_way();
        self.log(&format!("Q {}+{}", bio.sector, bio.sectors));
        self.layer.begin(bio)
    }

    /// Takes a bio on until it is placed (true) or needs a tag (false).
    pub(super) fn advance(&mut self, submission: &mut Submission) -> bool {
        loop {
            let mut events = Vec::new();
            let step = self.layer.step(submission, self.plug.as_mut(), self.now, &mut events);
            self.note(events);
            self.issue_directly();
            match step {
                Step::Done => return true,
                Step::GiveWay => self.give_way(),
                Step::Issue => {}
                Step::WaitForTag => return false,
            }
        }
    }

    pub(super) fn plug(&mut self) {
        self.plug = Some(Plug::default());
    }

    pub(super) fn end(&mut self) {
        self.flush(FlushReason::End);
        self.plug = None;
        self.give_way();
    }

    /// Flushes the plug as going to sleep does; the worker has not run yet.
    pub(super) fn sleep(&mut self) {
        self.flush(FlushReason::Sleep);
    }

    fn flush(&mut self, reason: FlushReason) {
        let mut events = Vec::new();
        if let Some(plug) = &mut self.plug {
            self.layer.flush_plug(plug, reason, self.now, &mut events);
            assert!(plug.is_empty());
        }
        self.note(events);
        self.issue_directly();
    }

    /// The worker runs, if it was called.
    pub(super) fn give_way(&mut self) {
        while self.layer.take_worker_call() {
            while let Some(request) = self.layer.dispatch_one(self.now) {
                self.issue(request);
            }
        }
    }

    fn issue_directly(&mut self) {
        while let Some(request) = self.layer.take_direct() {
            self.issue(request);
        }
        while let Some(task) = self.layer.take_woken() {
            self.woken.push(task);
        }
    }

    fn issue(&mut self, request: RequestId) {
        let mut events = Vec::new();
        let request = self.layer.issue(request, 0, &mut events);
        self.device.push_back(request);
        self.issued.extend(events.iter().cloned());
        self.note(events);
    }

    pub(super) fn complete_oldest(&mut self, error: Option<IoError>) {
        let request = self.device.pop_front().unwrap();
        self.log(&format!("C {}+{}", request.sector, request.sectors));
        self.layer.complete(request.id, error, &mut self.ended, &mut self.woken);
    }

    pub(super) fn complete_all(&mut self) {
        self.give_way();
        while !self.device.is_empty() {
            self.complete_oldest(None);
            self.give_way();
        }
    }

    pub(super) fn log(&mut self, entry: &str) {
        self.log.push(entry.to_owned());
    }

    fn note(&mut self, events: Vec<What>) {
        for what in events {
            let entry = match what {
                What::Split { sector, rest, .. } => format!("X {sector}/{rest}"),
                What::Merged { front, sector, sectors, .. } => {
                    format!("{} {sector}+{sectors}", if front { "F" } else { "M" })
                }
                What::Made { sector, sectors, .. } => format!("G {sector}+{sectors}"),
                What::Plugged => "P".to_owned(),
                What::Unplugged { requests } => format!("U {requests}"),
                What::Inserted { sector, sectors, .. } => format!("I {sector}+{sectors}"),
                What::Joined { request, into } => format!("J {request}>{into}"),
                What::Issued { sector, sectors, .. } => format!("D {sector}+{sectors}"),
                other => format!("{other:?}"),
            };
            self.log(&entry);
        }
    }

    /// What happened since the last call.
    pub(super) fn take_log(&mut self) -> String {
        std::mem::take(&mut self.log).join(", ")
    }

    /// Of that, the entries of some letters only.
    pub(super) fn take_letters(&mut self, letters: &str) -> String {
        let log = std::mem::take(&mut self.log);
        let wanted = log.into_iter().filter(|entry| entry.starts_with(|letter| letters.contains(letter)));
        wanted.collect::<Vec<_>>().join(", ")
    }
}
