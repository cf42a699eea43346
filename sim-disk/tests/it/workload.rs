//! Random workloads for any device, and how they are driven.

use proptest::prelude::*;
use sim_core::io::{Flags, Operation, RequestId, Sector};
use sim_core::time::{Duration, Time};
use sim_disk::device::{BlockDevice, Completion, Limits, Request};

/// A request and how long after the one before it comes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) wait: Duration,
    pub(crate) request: Request,
}

/// Workloads that fit a device: bursts and pauses, requests close together and far apart.
pub(crate) fn workloads(limits: Limits) -> impl Strategy<Value = Vec<Step>> {
    let wait = prop_oneof![4 => Just(0), 3 => 0_u64..200_000, 1 => 0_u64..20_000_000];
    let operation = prop_oneof![
        6 => Just(Operation::Read),
        6 => Just(Operation::Write),
        1 => Just(Operation::Flush),
        1 => Just(if limits.discard_granularity > 0 { Operation::Discard } else { Operation::Read }),
    ];
    let flags = prop_oneof![Just(Flags::NONE), Just(Flags::SYNC), Just(Flags::FUA)];
    let sector = prop_oneof![0..limits.sectors.min(256), 0..limits.sectors];
    let step = (wait, operation, flags, sector, 1..=limits.max_sectors.min(200), 0_u32..4);
    proptest::collection::vec(step, 1..60).prop_map(move |steps| {
        let step = |(id, (wait, operation, flags, sector, sectors, submitter)): (_, (_, _, _, _, u32, _))| {
            let left = u32::try_from(limits.sectors - sector).unwrap_or(u32::MAX);
            let flush = operation == Operation::Flush;
            let request = Request {
                id: RequestId(id),
                operation,
                flags,
                sector: Sector(if flush { 0 } else { sector }),
                sectors: if flush { 0 } else { sectors.min(left) },
                submitter,
            };
            Step { wait: Duration::from_nanoseconds(wait), request }
        };
        (0..).zip(steps).map(step).collect()
    })
}

/// How a device is driven.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manner {
    /// A request that comes at the instant of an event is submitted before the device is advanced
    /// to it.
    pub(crate) submit_first: bool,
    /// The device is called between its events, too.
    pub(crate) poll: bool,
}

/// A device and the clock that drives it.
pub(crate) struct Driver<'a> {
    pub(crate) device: &'a mut dyn BlockDevice,
    pub(crate) now: Time,
    pub(crate) done: Vec<Completion>,
    manner: Manner,
}

impl<'a> Driver<'a> {
    pub(crate) fn new(device: &'a mut dyn BlockDevice, manner: Manner) -> Driver<'a> {
        Driver { device, now: Time::ZERO, done: Vec::new(), manner }
    }

    /// Submits a request in its time.
    pub(crate) fn step(&mut self, step: &Step) {
        let at = self.now + step.wait;
        while let Some(event) = self.device.next_event() {
            if event > at || (event == at && self.manner.submit_first) {
                break;
            }
            self.advance(event);
        }
        self.now = at;
        self.device.submit(at, step.request).unwrap();
    }

    /// Lets the device end what is in it.
    pub(crate) fn drain(&mut self) {
        while let Some(event) = self.device.next_event() {
            self.advance(event);
        }
    }

    /// Advances to the device's next event, which is not in the past; nothing comes before it.
    fn advance(&mut self, event: Time) {
        assert!(event >= self.now, "the next event, at {event}, lies before {}", self.now);
        let before = self.done.len();
        if self.manner.poll && event > self.now {
            let between = self.now.nanoseconds().midpoint(event.nanoseconds() - 1);
            for poll in [between, event.nanoseconds() - 1] {
                self.device.advance(Time::from_nanoseconds(poll), &mut self.done);
                assert_eq!(self.done.len(), before, "something ended before {event}");
                assert_eq!(self.device.next_event(), Some(event), "a call at {poll} ns moved the next event");
            }
        }
        self.device.advance(event, &mut self.done);
        assert!(self.done[before..].iter().all(|completion| completion.at <= event));
        assert_ne!((self.device.next_event(), self.done.len()), (Some(event), before), "nothing moves on");
        self.now = event;
    }
}

/// Drives a device through a workload to its end.
pub(crate) fn drive(device: &mut dyn BlockDevice, steps: &[Step], manner: Manner) -> Vec<Completion> {
    let mut driver = Driver::new(device, manner);
    steps.iter().for_each(|step| driver.step(step));
    driver.drain();
    driver.done
}

/// When each request of a workload is submitted.
pub(crate) fn submissions(steps: &[Step]) -> Vec<Time> {
    let after = |now: &mut Time, step: &Step| {
        *now += step.wait;
        Some(*now)
    };
    steps.iter().scan(Time::ZERO, after).collect()
}
