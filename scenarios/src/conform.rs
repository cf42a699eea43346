//! Conformance: the simulator beside a real kernel, on recorded traces.
//!
//! A trace names a machine, files and system calls, and what the kernel did. The simulator makes the
//! same calls, and both sides are written as the same lines, level by level: the first line that is
//! not the same is the difference.

mod align;
mod causes;
mod explain;
mod files;
pub mod images;
pub mod level;
mod lines;
mod machine;
mod names;
pub mod recorded;
pub mod report;
mod words;

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sim_core::trace::{Event, Memory};
use sim_mpage::ext2::volume::Volume;
use sim_mpage::run::{Outcome, run};

use causes::Causes;
use files::FileOnDevice;
use images::Images;
use level::{Difference, Level};
use names::Names;
use recorded::Recorded;

pub use explain::explain;

/// The block layer's worker among the tasks of a run.
const WORKER: &str = "kworker";

/// A simulated run: all that happened, and what it came to.
struct Simulated {
    events: Vec<Event>,
    outcome: Outcome,
    /// The filesystem before.
    volume: Volume,
    /// The files on the device at the end, if the trace tells them; an error text for one that cannot
    /// be read.
    files_after: Vec<Result<FileOnDevice, String>>,
}

/// What came of one trace.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The trace's name.
    pub id: String,
    /// Each level that it was compared at, and the first difference there.
    pub levels: Vec<(Level, Option<Difference>)>,
}

/// A trace that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ConformError {
    /// The file, or a directory, cannot be read.
    #[error("cannot read {}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no trace.
    #[error("{} is no kernel trace: {source}", .path.display())]
    NotATrace {
        /// Which.
        path: PathBuf,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// A directory without traces.
    #[error("{} holds no kernel traces (*.json)", .0.display())]
    Empty(PathBuf),
}

/// The traces that paths name: files as they are, of directories all `*.json`, in order of name.
///
/// # Errors
/// [`ConformError`] for a path that cannot be read, or a directory without traces.
pub fn find_traces(paths: &[PathBuf]) -> Result<Vec<PathBuf>, ConformError> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = found.len();
            found.extend(traces_in(path)?);
            if found.len() == before {
                return Err(ConformError::Empty(path.clone()));
            }
        } else {
            found.push(path.clone());
        }
    }
    Ok(found)
}

fn traces_in(directory: &Path) -> Result<Vec<PathBuf>, ConformError> {
    let unreadable = |source| ConformError::Unreadable { path: directory.to_owned(), source };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Compares traces, many at a time; the verdicts come in the order of the paths.
///
/// # Errors
/// [`ConformError`] for the first trace that cannot be read.
pub fn conform(paths: &[PathBuf], only: Option<Level>) -> Result<Vec<Verdict>, ConformError> {
    let images = Images::default();
    paths.par_iter().map(|path| Ok(compare(&read_trace(path)?, &images, only))).collect()
}

/// Reads a trace.
///
/// # Errors
/// [`ConformError`] if it cannot be read, or is none.
pub fn read_trace(path: &Path) -> Result<Recorded, ConformError> {
    let unreadable = |source| ConformError::Unreadable { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let not_a_trace = |source| ConformError::NotATrace { path: path.to_owned(), source };
    let recorded: Recorded = serde_json::from_str(&text).map_err(not_a_trace)?;
    let directory = path.parent().unwrap_or(Path::new("")).to_owned();
    Ok(Recorded { directory, ..recorded })
}

/// Compares one trace at the levels that it is good for, or at one of them.
pub fn compare(recorded: &Recorded, images: &Images, only: Option<Level>) -> Verdict {
    let levels = Level::ALL.into_iter().filter(|level| level.applies_to(recorded));
    let levels: Vec<_> = levels.filter(|level| only.is_none_or(|only| *level == only)).collect();
    let compared = match simulate(recorded, images) {
        Ok(ran) => {
            let names = Names::of(recorded).with_simulated(&ran.volume, &ran.files_after);
            let (kernel, simulated) = (lines::recorded(recorded), lines::simulated(recorded, &ran));
            let causes = Causes { ran: &ran, lines: &simulated, names: &names };
            let compare = |level: Level| (level, level.difference(&kernel, &causes));
            levels.into_iter().map(compare).collect()
        }
        Err(why) => levels.into_iter().map(|level| (level, Some(Difference::not_run(&why)))).collect(),
    };
    Verdict { id: recorded.id.clone(), levels: compared }
}

fn simulate(recorded: &Recorded, images: &Images) -> Result<Simulated, String> {
    let machine = machine::of(recorded, images)?;
    let volume = machine.volume.clone();
    let mut memory = Memory::default();
    let outcome = run(machine, &mut memory).map_err(|error| error.to_string())?;
    let files_after = match &recorded.files_after {
        Some(files) => files::on_device(&volume, &outcome.medium, files),
        None => Vec::new(),
    };
    Ok(Simulated { events: memory.events, outcome, volume, files_after })
}
