//! Why a run could not come to its end.

use sim_core::io::FileId;
use sim_core::queue::QueueFull;
use sim_core::time::Time;
use sim_disk::block::SettingsError;
use sim_disk::device::Refused;

use crate::medium::MediumError;

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
    #[error("{0}")]
    Bitmap(String),
    /// No page could be freed.
    #[error("out of memory: none of the cached pages can be freed: {held_by}")]
    OutOfMemory {
        /// What holds them.
        held_by: String,
    },
    /// Tasks wait, and nothing is left to happen.
    #[error("the run hangs at {at}: {}", describe(.waiting))]
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
    /// A reader got something else than the file holds.
    #[error("block {block} of file {file} was read as {found}; it holds {expected}")]
    WrongContent {
        /// The file.
        file: FileId,
        /// The block.
        block: u64,
        /// What it must hold.
        expected: String,
        /// What the reader got.
        found: String,
    },
    /// All tasks have ended, but something is held that nobody will let go.
    #[error("the run has ended, but {what}")]
    LeftBehind {
        /// What is held.
        what: String,
    },
}

/// A task that waits for what never comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// Its name.
    pub task: String,
    /// What it waits for.
    pub waits_for: String,
    /// Who holds that, if anybody does.
    pub held_by: String,
}

/// All stuck tasks in one line.
fn describe(waiting: &[Stuck]) -> String {
    let lines = waiting.iter().map(|stuck| {
        format!("task `{}` waits for {}, held by {}", stuck.task, stuck.waits_for, stuck.held_by)
    });
    lines.collect::<Vec<_>>().join("; ")
}
