//! The rotational drive as a device: requests in, completions out.
//!
//! One request has the arm; the others wait in order of arrival. A request is worked out whole when
//! it gets the arm: when the one before it has completed, or when it comes to an idle drive.

use std::sync::Arc;

use sim_core::io::Part;
use sim_core::time::Time;

use crate::device::{BlockDevice, Completion, Limits, Refused, Request, Statistics};
use crate::hdd::ledger::Ledger;
use crate::hdd::parameters::{Parameters, ParametersError};
use crate::hdd::scheduler::{Scheduler, Waiting};
use crate::hdd::service::{State, Tables};

/// The longest request: what the length field of SCSI's READ (10) can say.
const MAX_SECTORS: u32 = 65_535;

/// A rotational drive without a cache. Copies share the tables.
#[derive(Clone, Debug)]
pub struct Drive {
    tables: Arc<Tables>,
    limits: Limits,
    state: State,
    scheduler: Scheduler,
    current: Option<Current>,
    statistics: Statistics,
}

/// The request that has the arm.
#[derive(Clone, Copy, Debug)]
struct Current {
    request: Request,
    /// When it got the arm.
    picked: Time,
    /// At its completion.
    ledger: Ledger,
}

impl Drive {
    /// An idle drive, its arm on cylinder 0, head 0.
    ///
    /// # Errors
    /// [`ParametersError`] if there can be no such drive.
    pub fn new(parameters: Parameters) -> Result<Drive, ParametersError> {
        let queue_depth = parameters.controller.max_queue_length;
        let tables = Tables::new(parameters)?;
        let limits = Limits {
            sectors: tables.geometry.blocks(),
            max_sectors: MAX_SECTORS,
            queue_depth,
            logical_block_size: 512,
            physical_block_size: 512,
            volatile_write_cache: false,
            fua: false,
            discard_granularity: 0,
            rotational: true,
        };
        Ok(Drive {
            tables: Arc::new(tables),
            limits,
            state: State::new(),
            scheduler: Scheduler::default(),
            current: None,
            statistics: Statistics::default(),
        })
    }

    /// Gives a request the arm at `now`.
    fn start(&mut self, now: Time, Waiting { arrival, request }: Waiting) {
        let current = self.current.insert(Current { request, picked: now, ledger: Ledger::new(arrival) });
        // [hdd-parts.queue]
        current.ledger.until(Part::DeviceQueue, now);
        self.tables.serve(&mut self.state, &current.request, &mut current.ledger);
    }
}

impl BlockDevice for Drive {
    fn submit(&mut self, now: Time, request: Request) -> Result<(), Refused> {
        self.limits.check(&request)?;
        let waiting = Waiting { arrival: now, request };
        if self.current.is_some() {
            self.scheduler.add(waiting);
        } else {
            self.start(now, waiting);
        }
        Ok(())
    }

    fn next_event(&mut self) -> Option<Time> {
        self.current.as_ref().map(|current| current.ledger.now())
    }

    fn advance(&mut self, now: Time, done: &mut Vec<Completion>) {
        while let Some(current) = self.current.as_ref().filter(|current| current.ledger.now() <= now) {
            let (at, parts) = (current.ledger.now(), current.ledger.parts());
            self.statistics.count(&current.request, &parts);
            self.statistics.busy += at - current.picked;
            done.push(Completion { id: current.request.id, at, result: Ok(()), parts, durable: true });
            self.current = None;
            // [hdd-queue.pick]
            if let Some(waiting) = self.scheduler.pick() {
                self.start(at, waiting);
            }
        }
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    fn statistics(&self) -> Statistics {
        self.statistics.clone()
    }

    fn boxed_clone(&self) -> Box<dyn BlockDevice> {
        Box::new(self.clone())
    }
}
