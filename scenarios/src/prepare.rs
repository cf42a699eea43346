//! From what a scenario says to the machine that it means: texts are parsed, defaults filled in, the
//! device built, the filesystem laid out or its image opened. What makes no sense is told with its
//! path, as much of it at once as can be found.

mod files;
mod image;
mod kernel;
mod layout;
mod names;
mod owners;
mod queue;
mod state;
mod vm;
mod workload;

use std::ops::Range;
use std::sync::Arc;

use sim_core::io::FileId;
use sim_disk::device::{BlockDevice, Device};
use sim_mpage::call::Call;
use sim_mpage::ext2::image::ReadAt;
use sim_mpage::machine::{BadSectors, Machine, TaskSpec, TimedCall};

pub use kernel::preset_costs;

use self::names::NamedFiles;
use crate::device;
use crate::load::tree::Step;
use crate::scenario::Scenario;

/// Opens an image by the path that the scenario gives; why it cannot, in words.
pub type OpenImage<'a> = &'a dyn Fn(&str) -> Result<Arc<dyn ReadAt>, String>;

/// Something in a scenario that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The value that it is about.
    pub path: Vec<Step>,
    /// If that is a string: the bytes of it.
    pub span: Option<Range<usize>>,
    /// Whether it is about the value's key: there should be none such.
    pub of_key: bool,
    /// What is wrong.
    pub message: String,
    /// What was expected.
    pub expected: String,
    /// How it may be mended.
    pub help: Option<String>,
    /// Another value that has to do with it.
    pub second: Option<Second>,
}

/// A second value that a problem is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Second {
    /// The value.
    pub path: Vec<Step>,
    /// If that is a string: the bytes of it.
    pub span: Option<Range<usize>>,
    /// What it is to the problem.
    pub what: String,
}

impl Problem {
    /// A problem with the value at `path`.
    pub fn new(path: impl IntoIterator<Item = Step>, message: impl Into<String>) -> Problem {
        Problem {
            path: path.into_iter().collect(),
            span: None,
            message: message.into(),
            expected: "here".to_owned(),
            of_key: false,
            help: None,
            second: None,
        }
    }

    /// The same, with what was expected.
    #[must_use]
    pub fn expecting(self, expected: impl Into<String>) -> Problem {
        Problem { expected: expected.into(), ..self }
    }

    /// The same, with a way to mend it.
    #[must_use]
    pub fn helped_by(self, help: impl Into<String>) -> Problem {
        Problem { help: Some(help.into()), ..self }
    }

    /// The same, about a part of a string.
    #[must_use]
    pub fn within(self, span: Range<usize>) -> Problem {
        Problem { span: Some(span), ..self }
    }
}

/// Makes the machine that a scenario means.
///
/// # Errors
/// All problems that could be found.
pub fn prepare(scenario: &Scenario, open_image: OpenImage<'_>) -> Result<Machine, Vec<Problem>> {
    let mut problems = Vec::new();
    let kernel = kernel::settings(scenario, &mut problems);
    let device = device(scenario, &mut problems);
    let queue = device.as_ref().and_then(|device| {
        queue::settings(&scenario.queue, kernel::plug_order(&scenario.kernel), device, &mut problems)
    });
    let read = read_texts(scenario, &mut problems);
    let Texts { names, setup, tasks, of_pages, .. } = read;
    let sectors = device.as_ref().map(|device| device.limits().sectors);
    let volume = files::volume(scenario, &names, sectors, kernel.page_size, open_image, &mut problems);
    let (pages, metadata) = match &volume {
        Some(volume) => state::pages(&scenario.pages, &of_pages, kernel.page_size, volume, &mut problems),
        None => Default::default(),
    };
    let (bad_sectors, failing_bio_allocations) = read.faults;
    match (device, queue, volume) {
        (Some(device), Some(queue), Some(volume)) if problems.is_empty() => Ok(Machine {
            queue,
            read_ahead_pages: u64::from(scenario.queue.read_ahead_kb) * 1_024 / u64::from(kernel.page_size),
            kernel,
            pages,
            metadata,
            failing_bio_allocations,
            bad_sectors,
            setup: setup.into_iter().map(TimedCall::once).collect(),
            tasks,
            seed: scenario.seed,
            ..Machine::new(device, volume)
        }),
        _ => {
            assert!(!problems.is_empty(), "a machine is missing a part, and nobody said why");
            Err(problems)
        }
    }
}

/// What the texts of a scenario say, each for itself.
struct Texts {
    names: NamedFiles,
    setup: Vec<Call>,
    tasks: Vec<TaskSpec>,
    /// The file of each entry of `pages`.
    of_pages: Vec<Option<FileId>>,
    faults: (Vec<BadSectors>, Vec<u64>),
}

/// The problems with the texts of a scenario alone: layouts, calls, expectations. They can be told of
/// a scenario of which no machine can be made.
pub fn texts(scenario: &Scenario) -> Vec<Problem> {
    let mut problems = Vec::new();
    read_texts(scenario, &mut problems);
    problems
}

fn read_texts(scenario: &Scenario, problems: &mut Vec<Problem>) -> Texts {
    let mut names = NamedFiles::of(&scenario.filesystem);
    files::check_layouts(&scenario.filesystem, problems);
    let (setup, tasks) = workload::workload(scenario, &mut names, problems);
    // An image's files are those that are named, so all names are looked for before it is opened.
    let of_pages = state::files_of_pages(&scenario.pages, &mut names, problems);
    let faults = state::faults(&scenario.faults, problems);
    Texts { names, setup, tasks, of_pages, faults }
}

fn device(scenario: &Scenario, problems: &mut Vec<Problem>) -> Option<Device> {
    match device::build(&scenario.device) {
        Ok(device) => Some(device),
        Err(error) => {
            let problem = Problem::new(["device".into(), error.key.as_str().into()], error.message);
            let expected = match error.is_unknown {
                true => "expected a parameter of this device",
                false => "expected a value that this parameter can have",
            };
            problems.push(Problem {
                of_key: error.is_unknown,
                help: error.help,
                ..problem.expecting(expected)
            });
            None
        }
    }
}
