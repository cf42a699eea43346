//! Running a machine: the event loop that drives tasks, timers and the device under one clock.

mod event_loop;
mod hang;
mod prepare;

use sim_core::queue::QueueFull;
use sim_core::statistics::Summary;
use sim_core::time::{Duration, Time};
use sim_core::trace::{Digests, Sink};
use sim_disk::block::SettingsError;
use sim_disk::device::{Refused, Statistics};

use crate::ext2::allocate::BadBitmap;
use crate::machine::Machine;
use crate::medium::MediumError;
use crate::page::reclaim::Held;

pub use hang::Stuck;

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
}

/// Why a run could not come to its end.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RunError {
    /// The queue's settings clash.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Sizes of pages and blocks clash.
    #[error(
        "blocks of {block} bytes do not fit pages of {page} bytes: both are powers of two, a block 1024 bytes to a page"
    )]
    Sizes {
        /// Bytes a page.
        page: u32,
        /// Bytes a block.
        block: u32,
    },
    /// More events are pending than can be told apart.
    #[error(transparent)]
    QueueFull(#[from] QueueFull),
    /// The device refused a request.
    #[error("the device refused a request: {0}")]
    Refused(#[from] Refused),
    /// A metadata block could not be had from the image.
    #[error(transparent)]
    Medium(#[from] MediumError),
    /// A block bitmap cannot be read.
    #[error(transparent)]
    Bitmap(#[from] BadBitmap),
    /// No page could be freed.
    #[error(
        "out of memory: none of the cached pages can be freed ({} locked, {} under writeback, {} dirty, {} in use)",
        .0.locked, .0.writeback, .0.dirty, .0.in_use
    )]
    OutOfMemory(Held),
    /// Tasks wait, and nothing is left to happen.
    #[error("the run hangs at {at}: {}", hang::describe(.waiting))]
    Hang {
        /// When.
        at: Time,
        /// Each task that waits.
        waiting: Vec<Stuck>,
    },
    /// Much happens, but no time passes.
    #[error("{steps} steps at {at} without time passing; task `{task}` ran last")]
    NoTimePasses {
        /// When.
        at: Time,
        /// The task that ran last.
        task: String,
        /// How many steps.
        steps: u64,
    },
    /// A page or block that the run is to begin with cannot be as described.
    #[error("a page state cannot be set up: {0}")]
    PageState(String),
}

/// Runs a machine to its end; every event goes to `sink`.
///
/// # Errors
/// [`RunError`]
pub fn run(machine: Machine, sink: &mut dyn Sink) -> Result<Outcome, RunError> {
    let (kernel, workload) = prepare::kernel_of(machine, sink.wants_details())?;
    event_loop::run(&kernel, workload, sink)
}
