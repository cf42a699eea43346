//! The ideal device: each request takes its own fixed time, independently of the others.
//!
//! So orders and counts can be seen without the mechanics of any real device, and closed forms are
//! exact. Up to `queue_depth` requests are served at once; those over it wait in order of arrival.
//! A model of our own; it has no counterpart in the kernel. It leaves out caches: what is written
//! is durable when it completes, and a flush takes the fixed time and does nothing.
//!
//! Parts: the wait for a place is *device queue*, the fixed time *overhead*, the time for the
//! sectors *transfer*.

use std::collections::VecDeque;

use sim_core::io::{Part, Parts};
use sim_core::queue::EventQueue;
use sim_core::time::{Duration, Time};

use crate::device::{BlockDevice, Completion, Limits, Refused, Request, Statistics};
use crate::meter::Meter;

/// The most requests that an ideal device serves at once.
pub const MAX_QUEUE_DEPTH: u32 = 1 << 20;

/// The parameters of an ideal device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Capacity in sectors of 512 bytes.
    pub sectors: u64,
    /// The time of every request.
    pub latency: Duration,
    /// Time per sector, on top.
    pub per_sector: Duration,
    /// How many requests are served at once: 1 to [`MAX_QUEUE_DEPTH`]; what lies outside is
    /// brought in.
    pub queue_depth: u32,
}

impl Default for Settings {
    /// 100 us a request, nothing per sector, 64 at once, 1 TiB.
    fn default() -> Self {
        Settings {
            sectors: 1 << 31,
            latency: Duration::from_nanoseconds(100_000),
            per_sector: Duration::ZERO,
            queue_depth: 64,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Served {
    request: Request,
    submitted: Time,
    started: Time,
}

/// The ideal device.
#[derive(Clone, Debug)]
pub struct Ideal {
    settings: Settings,
    meter: Meter,
    waiting: VecDeque<(Time, Request)>,
    served: EventQueue<Served>,
}

impl Ideal {
    /// An idle device.
    pub fn new(settings: Settings) -> Ideal {
        let queue_depth = settings.queue_depth.clamp(1, MAX_QUEUE_DEPTH);
        Ideal {
            settings: Settings { queue_depth, ..settings },
            meter: Meter::default(),
            waiting: VecDeque::new(),
            served: EventQueue::new(),
        }
    }

    /// Serves a request from `started` on. One that would end past the end of time ends there.
    fn start(&mut self, submitted: Time, started: Time, request: Request) {
        let end = self
            .settings
            .per_sector
            .checked_mul(u64::from(request.sectors))
            .and_then(|transfer| transfer.checked_add(self.settings.latency))
            .and_then(|service| started.checked_add(service))
            .unwrap_or(Time::MAX);
        let scheduled = self.served.schedule(end, Served { request, submitted, started });
        assert!(scheduled.is_ok(), "no more than {MAX_QUEUE_DEPTH} requests are served at once");
    }

    fn completion(&self, at: Time, served: &Served) -> Completion {
        let service = at - served.started;
        let transfer = service.saturating_sub(self.settings.latency);
        let mut parts = Parts::default();
        parts.add(Part::DeviceQueue, served.started - served.submitted);
        parts.add(Part::Overhead, service.saturating_sub(transfer));
        parts.add(Part::Transfer, transfer);
        Completion { id: served.request.id, at, result: Ok(()), parts, durable: true }
    }
}

impl BlockDevice for Ideal {
    fn submit(&mut self, now: Time, request: Request) -> Result<(), Refused> {
        self.limits().check(&request)?;
        self.meter.submitted(now);
        if self.served.len() < self.settings.queue_depth as usize {
            self.start(now, now, request);
        } else {
            self.waiting.push_back((now, request));
        }
        Ok(())
    }

    fn next_event(&mut self) -> Option<Time> {
        self.served.peek_time()
    }

    fn advance(&mut self, now: Time, done: &mut Vec<Completion>) {
        while self.served.peek_time().is_some_and(|at| at <= now) {
            let Some((at, served)) = self.served.next() else { break };
            let completion = self.completion(at, &served);
            self.meter.completed(&served.request, &completion);
            done.push(completion);
            if let Some((submitted, request)) = self.waiting.pop_front() {
                self.start(submitted, at, request);
            }
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            sectors: self.settings.sectors,
            max_sectors: u32::MAX,
            queue_depth: self.settings.queue_depth,
            logical_block_size: 512,
            physical_block_size: 512,
            volatile_write_cache: false,
            fua: false,
            discard_granularity: 0,
            rotational: false,
        }
    }

    fn statistics(&self) -> Statistics {
        self.meter.statistics()
    }

    fn boxed_clone(&self) -> Box<dyn BlockDevice> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::io::{Flags, Operation, RequestId, Sector};

    fn read(id: u64, sectors: u32) -> Request {
        Request {
            id: RequestId(id),
            operation: Operation::Read,
            flags: Flags::NONE,
            sector: Sector(0),
            sectors,
            submitter: 0,
        }
    }

    fn run(settings: Settings, lengths: &[u32]) -> Vec<Completion> {
        let mut device = Ideal::new(settings);
        for (id, &sectors) in (0..).zip(lengths) {
            device.submit(Time::ZERO, read(id, sectors)).unwrap();
        }
        let mut done = Vec::new();
        while let Some(at) = device.next_event() {
            device.advance(at, &mut done);
        }
        done
    }

    #[test]
    fn those_over_the_depth_wait_for_the_first_that_ends() {
        let settings = Settings { queue_depth: 2, ..Settings::default() };
        let done = run(settings, &[8, 8, 8, 8, 8]);
        let seen: Vec<_> = done
            .iter()
            .map(|c| (c.id.0, c.at.nanoseconds(), c.parts.get(Part::DeviceQueue).nanoseconds()))
            .collect();
        assert_eq!(
            seen,
            [
                (0, 100_000, 0),
                (1, 100_000, 0),
                (2, 200_000, 100_000),
                (3, 200_000, 100_000),
                (4, 300_000, 200_000)
            ]
        );
    }

    #[test]
    fn sectors_take_their_own_time_and_the_shorter_request_overtakes() {
        let settings = Settings { per_sector: Duration::from_nanoseconds(10), ..Settings::default() };
        let done = run(settings, &[100, 1]);
        assert_eq!((done[0].id.0, done[0].at.nanoseconds()), (1, 100_010));
        assert_eq!((done[1].id.0, done[1].at.nanoseconds()), (0, 101_000));
        assert_eq!(done[1].parts.get(Part::Transfer).nanoseconds(), 1_000);
        assert_eq!(done[1].parts.get(Part::Overhead).nanoseconds(), 100_000);
    }

    #[test]
    fn a_request_without_end_ends_at_the_end_of_time() {
        let settings = Settings { per_sector: Duration::from_nanoseconds(u64::MAX), ..Settings::default() };
        let done = run(settings, &[2]);
        assert_eq!(done[0].at, Time::MAX);
        assert_eq!(done[0].parts.total(), Time::MAX - Time::ZERO);
    }
}
