//! Running a machine: the event loop that drives tasks, timers and the device under one clock.

mod contents;
mod event_loop;
mod hang;
mod left_behind;
mod prepare;
#[cfg(test)]
mod tests;

use sim_core::io::FileId;
use sim_core::statistics::Summary;
use sim_core::time::Duration;
use sim_core::trace::{Digests, Sink};
use sim_disk::device::Statistics;

use crate::machine::Machine;
use crate::medium::Medium;

pub use crate::failure::RunError;

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The digests of its trace.
    pub digests: Digests,
    /// Its figures.
    pub figures: Summary,
    /// From the start of the recording until all tasks had ended and nothing was in flight.
    pub simulated_time: Duration,
    /// What the calls of each task returned: a count, or below zero an error number.
    pub results: Vec<Vec<i64>>,
    /// The names of all tasks of the trace, by their numbers.
    pub tasks: Vec<String>,
    /// What the device has done, before recording included.
    pub device: Statistics,
    /// Blocks of files that may be found old or new, since a write of them failed or of what leads to
    /// them: of each file its blocks in ascending order.
    pub lost: Vec<(FileId, u64)>,
    /// What is on the device, after what [`Machine::at_end`] asks for.
    pub medium: Medium,
}

/// Runs a machine to its end; every event goes to `sink`.
///
/// # Errors
/// [`RunError`]
pub fn run(machine: Machine, sink: &mut dyn Sink) -> Result<Outcome, RunError> {
    let (kernel, workload) = prepare::kernel_of(machine, sink.detail())?;
    event_loop::run(&kernel, workload, sink)
}
