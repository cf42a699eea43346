//! The ideal device: each request takes its own fixed time, independently of the others.
//!
//! So orders and counts can be seen without the mechanics of any real device, and closed forms are
//! exact. Up to `queue_depth` requests are served at once; those over it wait in order of arrival.

use std::collections::{BTreeMap, VecDeque};

use sim_core::io::{Operation, Part, Parts, RequestId};
use sim_core::queue::EventQueue;
use sim_core::time::{Duration, Time};

use crate::device::{BlockDevice, Completion, Limits, Refused, Request, Statistics};

/// The parameters of an ideal device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Capacity in sectors of 512 bytes.
    pub sectors: u64,
    /// The time of every request.
    pub latency: Duration,
    /// Time per sector, on top.
    pub per_sector: Duration,
    /// How many requests are served at once, at least 1.
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

/// The ideal device.
#[derive(Clone, Debug)]
pub struct Ideal {
    settings: Settings,
    statistics: Statistics,
    waiting: VecDeque<(Time, Request)>,
    served: EventQueue<(Time, Time, Request)>,
    busy_since: Time,
    // Requests come back out of the event queue by value; this only guards against double use.
    inside: BTreeMap<RequestId, ()>,
}

impl Ideal {
    /// An idle device.
    pub fn new(settings: Settings) -> Ideal {
        Ideal {
            settings,
            statistics: Statistics::default(),
            waiting: VecDeque::new(),
            served: EventQueue::new(),
            busy_since: Time::ZERO,
            inside: BTreeMap::new(),
        }
    }

    fn _placeholder(&self, _: Operation, _: Part, _: Parts) {}
}

impl BlockDevice for Ideal {
    fn submit(&mut self, _now: Time, request: Request) -> Result<(), Refused> {
        self.limits().check(&request)
    }

    fn next_event(&mut self) -> Option<Time> {
        self.served.peek_time()
    }

    fn advance(&mut self, _now: Time, _done: &mut Vec<Completion>) {}

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
        self.statistics.clone()
    }

    fn boxed_clone(&self) -> Box<dyn BlockDevice> {
        Box::new(self.clone())
    }
}
