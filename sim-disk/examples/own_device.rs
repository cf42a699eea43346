//! A device of one's own: a tape, which winds to the place and serves one request after the other.
//!
//! Any type that keeps the contract of [`BlockDevice`] can take the place of the built-in devices,
//! as [`Device::Other`]. This one is put to the contract's tests in `tests/it/devices.rs`.

use std::collections::VecDeque;

use sim_core::io::{Flags, Operation, Part, Parts, RequestId, Sector};
use sim_core::time::{Duration, Time};
use sim_disk::device::{BlockDevice, Completion, Device, Limits, Refused, Request, Statistics};
use sim_disk::meter::Meter;

/// Winding past a sector, and reading or writing one.
const WIND: Duration = Duration::from_nanoseconds(5);
const PASS: Duration = Duration::from_nanoseconds(4_000);

/// A tape of so many sectors.
#[derive(Clone)]
pub(crate) struct Tape {
    sectors: u64,
    /// The sector under the head when all that is inside has ended.
    head: u64,
    /// When that is.
    free_at: Time,
    /// What is inside, in order.
    inside: VecDeque<(Request, Completion)>,
    meter: Meter,
}

impl Tape {
    /// A tape that is wound back.
    pub(crate) fn new(sectors: u64) -> Tape {
        Tape { sectors, head: 0, free_at: Time::ZERO, inside: VecDeque::new(), meter: Meter::default() }
    }
}

impl BlockDevice for Tape {
    fn submit(&mut self, now: Time, request: Request) -> Result<(), Refused> {
        self.limits().check(&request)?;
        self.meter.submitted(now);
        let start = now.max(self.free_at);
        let mut parts = Parts::default();
        parts.add(Part::DeviceQueue, start - now);
        if request.operation != Operation::Flush {
            let distance = self.head.abs_diff(request.sector.0);
            parts.add(Part::Seek, WIND.checked_mul(distance).unwrap_or_default());
            parts.add(Part::Transfer, PASS.checked_mul(u64::from(request.sectors)).unwrap_or_default());
            self.head = request.sector.0 + u64::from(request.sectors);
        }
        self.free_at = now + parts.total();
        let completion =
            Completion { id: request.id, at: self.free_at, result: Ok(()), parts, durable: true };
        self.inside.push_back((request, completion));
        Ok(())
    }

    fn next_event(&mut self) -> Option<Time> {
        self.inside.front().map(|(_, completion)| completion.at)
    }

    fn advance(&mut self, now: Time, done: &mut Vec<Completion>) {
        while self.inside.front().is_some_and(|(_, completion)| completion.at <= now) {
            if let Some((request, completion)) = self.inside.pop_front() {
                self.meter.completed(&request, &completion);
                done.push(completion);
            }
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            sectors: self.sectors,
            max_sectors: 1 << 20,
            queue_depth: 1,
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

/// Plugs the tape in, sends two requests and looks at where their time went.
pub(crate) fn main() -> Result<(), Refused> {
    let mut device = Device::Other(Box::new(Tape::new(1 << 20)));
    for (id, sector) in [(0, 0), (1, 1_000)] {
        let request = Request {
            id: RequestId(id),
            operation: Operation::Read,
            flags: Flags::NONE,
            sector: Sector(sector),
            sectors: 8,
            submitter: 0,
        };
        device.submit(Time::ZERO, request)?;
    }
    let mut done = Vec::new();
    while let Some(event) = device.next_event() {
        device.advance(event, &mut done);
    }
    let nanoseconds = |part| done.iter().map(move |completion| completion.parts.get(part).nanoseconds());
    assert!(nanoseconds(Part::DeviceQueue).eq([0, 32_000]));
    assert!(nanoseconds(Part::Seek).eq([0, 992 * 5]));
    assert!(nanoseconds(Part::Transfer).eq([32_000, 32_000]));
    Ok(())
}
