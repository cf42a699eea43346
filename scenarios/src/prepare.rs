//! From what a scenario says to what it means: texts are parsed, defaults filled in, and what makes
//! no sense is told with its path. Plain data comes out; the volume and the device are made from it
//! by [`Prepared::machine`]'s caller, since an image has to be opened for the one and a preset built
//! for the other.

mod drawn;
mod files;
mod kernel;
mod placed;
mod state;
mod workload;

use std::ops::Range;

use sim_core::io::blocks::Layout;
use sim_disk::block;
use sim_disk::device::{BlockDevice, Device};
use sim_mpage::call::Call;
use sim_mpage::ext2::volume::Volume;
use sim_mpage::machine::{BadSectors, KernelSettings, Machine, PageState, TaskSpec};

pub use files::DescribedFile;
pub use kernel::preset_costs;

use crate::calls::FileNames;
use crate::load::tree::Step;
use crate::scenario::Scenario;
use crate::scenario::device::DeviceChoice;
use crate::scenario::queue::{Queue, Scheduler};

/// Something in a scenario that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The value that it is about.
    pub path: Vec<Step>,
    /// If that is a string: the bytes of it.
    pub span: Option<Range<usize>>,
    /// What is wrong.
    pub message: String,
    /// What was expected.
    pub expected: String,
    /// How it may be mended.
    pub help: Option<String>,
}

impl Problem {
    /// A problem with the value at `path`.
    pub fn new(path: impl IntoIterator<Item = Step>, message: impl Into<String>) -> Problem {
        Problem {
            path: path.into_iter().collect(),
            span: None,
            message: message.into(),
            expected: "here".to_owned(),
            help: None,
        }
    }

    /// The same, with what was expected.
    #[must_use]
    pub fn expecting(self, expected: impl Into<String>) -> Problem {
        Problem { expected: expected.into(), ..self }
    }

    /// The same, about a part of a string.
    #[must_use]
    pub fn within(self, span: Range<usize>) -> Problem {
        Problem { span: Some(span), ..self }
    }
}

/// The filesystem of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreparedFilesystem {
    /// It is laid out as described.
    Described {
        /// Bytes a block.
        block_size: u32,
        /// The first block from which on new ones are looked for, if it is given.
        first_free: Option<u64>,
        /// The files in the order of their numbers.
        files: Vec<DescribedFile>,
    },
    /// An ext2 image.
    Image {
        /// The image's path, relative to the scenario's file.
        path: String,
        /// The paths of the files that the calls name, without `/` in front, in the order of their
        /// numbers.
        files: Vec<String>,
    },
}

/// What a scenario means: everything that a run depends on, except for the device and the volume
/// themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// The device to build.
    pub device: DeviceChoice,
    /// The queue's settings, of which some depend on the device.
    pub queue: Queue,
    /// In which order a plug goes to the device.
    pub plug_order: block::PlugOrder,
    /// The readahead window in pages.
    pub read_ahead_pages: u64,
    /// The filesystem to make or open.
    pub filesystem: PreparedFilesystem,
    /// Settings of the kernel.
    pub kernel: KernelSettings,
    /// Pages and buffers to begin with.
    pub pages: Vec<PageState>,
    /// Allocations of bios that fail under readahead, counted from 1, in ascending order.
    pub failing_bio_allocations: Vec<u64>,
    /// Sectors that fail.
    pub bad_sectors: Vec<BadSectors>,
    /// Calls before recording starts.
    pub setup: Vec<Call>,
    /// The tasks of the workload.
    pub tasks: Vec<TaskSpec>,
    /// The master seed.
    pub seed: u64,
}

/// Finds out what a scenario means.
///
/// # Errors
/// All problems.
pub fn prepare(scenario: &Scenario) -> Result<Prepared, Vec<Problem>> {
    let mut problems = device_parameters(&scenario.device);
    let block_size = kernel::block_size(scenario, &mut problems);
    let (filesystem, mut names) = filesystem(scenario, block_size, &mut problems);
    let (setup, tasks) = workload::workload(scenario, &mut names, &mut problems);
    let kernel = kernel::settings(scenario, &mut problems);
    let files = match &filesystem {
        PreparedFilesystem::Described { files, .. } => Some(files.as_slice()),
        PreparedFilesystem::Image { .. } => None,
    };
    let shape = state::Shape { page_size: u64::from(kernel.page_size), block_size: u64::from(block_size) };
    let pages = state::pages(&scenario.pages, shape, files, &mut names, &mut problems);
    let (bad_sectors, failing_bio_allocations) = state::faults(&scenario.faults, &mut problems);
    state::expectations(&scenario.expect, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let filesystem = match filesystem {
        PreparedFilesystem::Image { path, .. } => {
            PreparedFilesystem::Image { path, files: names.paths().to_vec() }
        }
        described @ PreparedFilesystem::Described { .. } => described,
    };
    Ok(Prepared {
        device: scenario.device.clone(),
        queue: scenario.queue.clone(),
        plug_order: kernel::plug_order(&scenario.kernel),
        read_ahead_pages: u64::from(scenario.queue.read_ahead_kb) * 1_024 / u64::from(kernel.page_size),
        filesystem,
        kernel,
        pages,
        failing_bio_allocations,
        bad_sectors,
        setup,
        tasks,
        seed: scenario.seed,
    })
}

fn device_parameters(device: &DeviceChoice) -> Vec<Problem> {
    if device.preset == "ideal" {
        return Vec::new();
    }
    let given = [
        ("sectors", device.sectors.is_some()),
        ("latency", device.latency.is_some()),
        ("per_sector", device.per_sector.is_some()),
        ("queue_depth", device.queue_depth.is_some()),
    ];
    given
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(key, _)| {
            let message = format!("\"{key}\" is a parameter of the device ideal, not of {}", device.preset);
            Problem::new(["device".into(), key.into()], message)
        })
        .collect()
}

fn filesystem(
    scenario: &Scenario,
    block_size: u32,
    problems: &mut Vec<Problem>,
) -> (PreparedFilesystem, FileNames) {
    let described = &scenario.filesystem;
    let Some(image) = &described.image else {
        let files = files::files(described, block_size, scenario.seed, problems);
        let names = FileNames::fixed(described.files.names());
        let first_free = described.allocator.first_free;
        return (PreparedFilesystem::Described { block_size, first_free, files }, names);
    };
    for (key, given) in [
        ("files", !described.files.is_empty()),
        ("block_size", described.block_size.is_some()),
        ("allocator", described.allocator.first_free.is_some()),
    ] {
        if given {
            let problem = Problem::new(["filesystem".into(), key.into()], "an image says this itself");
            problems.push(problem.expecting("only with a filesystem that is described here"));
        }
    }
    (PreparedFilesystem::Image { path: image.clone(), files: Vec::new() }, FileNames::growing())
}

/// A queue that the device cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// A longer request than the device takes.
    #[error("queue.max_sectors_kb: {asked} KiB are more than the {most} KiB that the device takes at once")]
    TooLong {
        /// In KiB.
        asked: u32,
        /// In KiB.
        most: u32,
    },
    /// A block size that no device has.
    #[error(
        "queue.{key}: {bytes} bytes; expected a power of two from 512 B on, and no logical block \
             beyond the physical one"
    )]
    BlockSize {
        /// Which.
        key: &'static str,
        /// In bytes.
        bytes: u64,
    },
}

impl Prepared {
    /// The machine with this device and this volume.
    ///
    /// # Errors
    /// [`QueueError`], if the queue's settings do not fit the device.
    pub fn machine(&self, device: Device, volume: Volume) -> Result<Machine, QueueError> {
        Ok(Machine {
            queue: self.queue_settings(&device)?,
            device,
            read_ahead_pages: self.read_ahead_pages,
            volume,
            first_free: match &self.filesystem {
                PreparedFilesystem::Described { first_free, .. } => *first_free,
                PreparedFilesystem::Image { .. } => None,
            },
            kernel: self.kernel.clone(),
            pages: self.pages.clone(),
            metadata: Vec::new(),
            failing_bio_allocations: self.failing_bio_allocations.clone(),
            bad_sectors: self.bad_sectors.clone(),
            setup: self.setup.clone(),
            tasks: self.tasks.clone(),
            seed: self.seed,
        })
    }

    /// Path, size in bytes and layout of each described file.
    pub fn layouts(&self) -> impl Iterator<Item = (&str, u64, Layout)> {
        let files = match &self.filesystem {
            PreparedFilesystem::Described { files, .. } => files.as_slice(),
            PreparedFilesystem::Image { .. } => &[],
        };
        files.iter().map(|file| (file.path.as_str(), file.size, Layout::new(file.placed.iter().copied())))
    }

    /// The block layer's settings for this device.
    ///
    /// # Errors
    /// [`QueueError`], if they do not fit it.
    pub fn queue_settings(&self, device: &Device) -> Result<block::Settings, QueueError> {
        let (queue, limits) = (&self.queue, device.limits());
        let most = limits.max_sectors / 2;
        let max_sectors_kb = match queue.max_sectors_kb {
            Some(asked) if asked > most => return Err(QueueError::TooLong { asked, most }),
            Some(asked) => asked,
            None => most.min(DEFAULT_MAX_SECTORS_KB),
        };
        let size = |key, given: Option<crate::quantity::Size>, own: u32| match given.map(|size| size.0) {
            None => Ok(own),
            Some(bytes) => match u32::try_from(bytes) {
                Ok(size) if size >= 512 && size.is_power_of_two() => Ok(size),
                _ => Err(QueueError::BlockSize { key, bytes }),
            },
        };
        let logical_block_size =
            size("logical_block_size", queue.logical_block_size, limits.logical_block_size)?;
        let physical_block_size =
            size("physical_block_size", queue.physical_block_size, limits.physical_block_size)?;
        if logical_block_size > physical_block_size {
            let bytes = u64::from(logical_block_size);
            return Err(QueueError::BlockSize { key: "logical_block_size", bytes });
        }
        let queue_depth = queue.queue_depth.unwrap_or(limits.queue_depth);
        let (scheduler, default_requests) = match queue.scheduler {
            Scheduler::None => (block::SchedulerKind::None, queue_depth),
            Scheduler::MqDeadline => (block::SchedulerKind::MqDeadline, queue_depth.saturating_mul(2)),
        };
        Ok(block::Settings {
            scheduler,
            max_sectors_kb,
            max_segments: queue.max_segments,
            logical_block_size,
            physical_block_size,
            nr_requests: queue.nr_requests.unwrap_or(default_requests),
            queue_depth,
            nomerges: queue.nomerges,
            plug_order: self.plug_order,
            write_cache: false,
            blocking: queue.blocking,
            iosched: block::Iosched::default(),
        })
    }
}

/// The kernel's own bound on a request (`BLK_DEF_MAX_SECTORS`), in KiB.
const DEFAULT_MAX_SECTORS_KB: u32 = 1_280;
