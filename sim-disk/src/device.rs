//! The contract of a block device: a state machine that is told the time.
//!
//! A device has no clock and calls nobody. It is given requests, says when it wants to be called
//! again, and hands back what has completed. So a kernel model, a replayer, a bench and a property
//! test drive it alike. The contract's tests are generic over the trait.

use sim_core::io::{Flags, IoError, Operation, Parts, RequestId, Sector};
use sim_core::time::{Duration, Time};

use crate::hdd::drive::Drive;
use crate::ideal::Ideal;
use crate::ssd::SolidState;

/// A command for a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its number; of the requests in a device, each has another.
    pub id: RequestId,
    /// What is to be done.
    pub operation: Operation,
    /// How.
    pub flags: Flags,
    /// The first sector.
    pub sector: Sector,
    /// How many sectors; 0 for a flush.
    pub sectors: u32,
    /// Who sent it: a task's number. Devices with several queues choose one by it.
    pub submitter: u32,
}

/// A command that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The request's number.
    pub id: RequestId,
    /// When it ended.
    pub at: Time,
    /// Whether it did what was asked.
    pub result: Result<(), IoError>,
    /// Where its time went; they add up to the time from submission to `at`.
    pub parts: Parts,
    /// Whether what was written survives a power cut from now on.
    pub durable: bool,
}

/// What a device can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Its capacity in sectors.
    pub sectors: u64,
    /// The longest request in sectors.
    pub max_sectors: u32,
    /// How many requests it works on at once; more may be submitted, and wait in it.
    pub queue_depth: u32,
    /// The smallest length it can be asked for, in bytes.
    pub logical_block_size: u32,
    /// The smallest length that it writes without reading first, in bytes.
    pub physical_block_size: u32,
    /// Whether it has a cache that a power cut would lose.
    pub volatile_write_cache: bool,
    /// Whether it knows FUA writes.
    pub fua: bool,
    /// The granularity of a discard in bytes; 0 if it knows none.
    pub discard_granularity: u32,
    /// Whether its medium turns (`queue/rotational`).
    pub rotational: bool,
}

/// What a device has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Requests completed, failed ones included.
    pub requests: u64,
    /// Sectors read.
    pub sectors_read: u64,
    /// Sectors written.
    pub sectors_written: u64,
    /// The parts of all completed requests, added up.
    pub parts: Parts,
    /// The time during which it worked on at least one request.
    pub busy: Duration,
}

impl Statistics {
    /// Counts a request that has ended.
    pub fn count(&mut self, request: &Request, parts: &Parts) {
        self.requests += 1;
        match request.operation {
            Operation::Read => self.sectors_read += u64::from(request.sectors),
            Operation::Write => self.sectors_written += u64::from(request.sectors),
            Operation::Flush | Operation::Discard => {}
        }
        for (part, duration) in parts.iter() {
            self.parts.add(part, duration);
        }
    }
}

/// A request that a device does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It reaches beyond the device's end.
    #[error("sectors {sector} to {sector}+{sectors} reach beyond the device's end at {capacity}")]
    BeyondEnd {
        /// The first sector.
        sector: Sector,
        /// How many sectors.
        sectors: u32,
        /// The device's capacity in sectors.
        capacity: u64,
    },
    /// It is longer than the device takes at once.
    #[error("a request of {sectors} sectors is longer than the {max_sectors} that the device takes")]
    TooLong {
        /// How many sectors.
        sectors: u32,
        /// The longest request.
        max_sectors: u32,
    },
    /// It reads or writes nothing.
    #[error("a read or write of no sectors")]
    Empty,
    /// It comes later than the device's own clock can tell.
    #[error("the device's clock ends before {now}")]
    PastEndOfTime {
        /// When it was submitted.
        now: Time,
    },
    /// The device does not know the operation.
    #[error("the device does not know this operation")]
    Unknown,
}

impl Limits {
    /// Whether a request is within these limits.
    ///
    /// # Errors
    /// [`Refused`] says what is wrong with it.
    pub fn check(&self, request: &Request) -> Result<(), Refused> {
        match request.operation {
            Operation::Flush => return Ok(()),
            Operation::Discard if self.discard_granularity == 0 => return Err(Refused::Unknown),
            Operation::Read | Operation::Write | Operation::Discard => {}
        }
        if request.sectors == 0 {
            return Err(Refused::Empty);
        }
        if request.sectors > self.max_sectors && request.operation != Operation::Discard {
            return Err(Refused::TooLong { sectors: request.sectors, max_sectors: self.max_sectors });
        }
        match request.sector.checked_add(u64::from(request.sectors)) {
            Some(Sector(end)) if end <= self.sectors => Ok(()),
            _ => Err(Refused::BeyondEnd {
                sector: request.sector,
                sectors: request.sectors,
                capacity: self.sectors,
            }),
        }
    }
}

/// A device: requests in, completions out, driven by somebody else's clock.
///
/// Time never runs backwards: each call's `now` is at or after that of the call before, and no
/// later than the [`BlockDevice::next_event`] that the device named. Completions come in order of
/// time and, at one instant, in an order that depends on nothing but the requests.
pub trait BlockDevice: Send + Sync {
    /// Takes a request. Any number may be in the device; those over its depth wait.
    ///
    /// # Errors
    /// [`Refused`], if it lies outside the device's limits; nothing has changed then.
    fn submit(&mut self, now: Time, request: Request) -> Result<(), Refused>;

    /// When the device wants to be called again; `None` if nothing is in it.
    fn next_event(&mut self) -> Option<Time>;

    /// Lets the device work up to `now`; what has completed by then is added to `done`.
    fn advance(&mut self, now: Time, done: &mut Vec<Completion>);

    /// What it can take.
    fn limits(&self) -> Limits;

    /// What it has done.
    fn statistics(&self) -> Statistics;

    /// A copy in the same state.
    fn boxed_clone(&self) -> Box<dyn BlockDevice>;
}

/// The devices of this crate, and any other.
pub enum Device {
    /// Each request in its own fixed time.
    Ideal(Box<Ideal>),
    /// A rotational disk.
    Hdd(Box<Drive>),
    /// A flash drive.
    Ssd(Box<SolidState>),
    /// A model from outside this crate.
    Other(Box<dyn BlockDevice>),
}

impl From<Ideal> for Device {
    fn from(device: Ideal) -> Device {
        Device::Ideal(Box::new(device))
    }
}

impl From<SolidState> for Device {
    fn from(device: SolidState) -> Device {
        Device::Ssd(Box::new(device))
    }
}

impl Clone for Device {
    fn clone(&self) -> Self {
        match self {
            Device::Ideal(device) => Device::Ideal(device.clone()),
            Device::Hdd(device) => Device::Hdd(device.clone()),
            Device::Ssd(device) => Device::Ssd(device.clone()),
            Device::Other(device) => Device::Other(device.boxed_clone()),
        }
    }
}

macro_rules! dispatch {
    ($device:expr, $inner:ident => $call:expr) => {
        match $device {
            Device::Ideal($inner) => $call,
            Device::Hdd($inner) => $call,
            Device::Ssd($inner) => $call,
            Device::Other($inner) => $call,
        }
    };
}

impl BlockDevice for Device {
    fn submit(&mut self, now: Time, request: Request) -> Result<(), Refused> {
        dispatch!(self, device => device.submit(now, request))
    }

    fn next_event(&mut self) -> Option<Time> {
        dispatch!(self, device => device.next_event())
    }

    fn advance(&mut self, now: Time, done: &mut Vec<Completion>) {
        dispatch!(self, device => device.advance(now, done));
    }

    fn limits(&self) -> Limits {
        dispatch!(self, device => device.limits())
    }

    fn statistics(&self) -> Statistics {
        dispatch!(self, device => device.statistics())
    }

    fn boxed_clone(&self) -> Box<dyn BlockDevice> {
        Box::new(self.clone())
    }
}
