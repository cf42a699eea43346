//! Running the arms of a scenario, and what each came to.

use std::io::Write;

use rayon::prelude::*;
use sim_core::io::blocks::{DiskOrder, Order};
use sim_core::io::{BioId, FileId, Parts, Reason, RequestId};
use sim_core::statistics::Summary;
use sim_core::trace::{Event, Memory, Orders, Sink, What};
use sim_mpage::ext2::block_set::BlockSet;
use sim_mpage::ext2::file_map::FileMap;
use sim_mpage::ext2::volume::Volume;
use sim_mpage::machine::Machine;
use sim_mpage::medium::Medium;
use sim_mpage::run::{Outcome, RunError, run};

use crate::facts::Facts;
use crate::load::{Arm, Loaded};
use crate::present::event::Lines;
use crate::present::explain::{Chains, Collector};
use crate::scenario::Scenario;
use crate::windows::{Window, Windows};
use crate::write_image::Filesystem;

/// An arm that could not be run.
#[derive(Debug, thiserror::Error)]
#[error("arm {arm}")]
pub struct ArmError {
    /// Which arm.
    pub arm: String,
    /// Why.
    pub source: ArmProblem,
}

/// Why an arm could not be run.
#[derive(Debug, thiserror::Error)]
pub enum ArmProblem {
    /// The run did not come to its end.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The run came to something else when it was repeated.
    #[error("the same run twice is not the same: {0}")]
    NotRepeatable(String),
}

/// A stream of events that broke off.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// An arm could not be run.
    #[error(transparent)]
    Arm(#[from] ArmError),
    /// A line could not be written.
    #[error("cannot write events")]
    Write(#[from] std::io::Error),
}

/// A scenario that has been run.
#[derive(Clone, Debug)]
pub struct ScenarioRun {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its master seed.
    pub seed: u64,
    /// Its arms, in the order of the file.
    pub arms: Vec<ArmRun>,
}

/// What one arm came to.
#[derive(Clone, Debug)]
pub struct ArmRun {
    /// Its name.
    pub name: String,
    /// The scenario that it ran.
    pub scenario: Scenario,
    /// The device's name.
    pub device: String,
    /// Whether CPU time was free.
    pub cpu_is_free: bool,
    /// The digest of its I/O.
    pub digest: u64,
    /// Its I/Os.
    pub record: Record,
    /// Its windows of readahead.
    pub windows: Vec<Window>,
    /// Its files.
    pub files: Vec<FileName>,
    /// Its figures.
    pub figures: Summary,
    /// The names of the workload's tasks.
    pub workload: Vec<String>,
    /// What the calls of each of them returned.
    pub results: Vec<Vec<i64>>,
    /// The names of all tasks of the trace, by their numbers.
    pub tasks: Vec<String>,
    /// What it shows beside orders and figures.
    pub facts: Facts,
    /// The chain of causes of each I/O, if it was asked for.
    pub chains: Option<Chains>,
    /// Its filesystem, before and after.
    pub filesystem: Filesystem,
}

/// A file of a run, for showing its blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName {
    /// Its path, with `/` in front.
    pub path: String,
    /// The lowest physical block of its data and indirect blocks.
    pub lowest: Option<u64>,
    /// Its size in blocks, rounded up.
    pub blocks: u64,
}

/// When something began and ended, in nanoseconds since recording started; 0 for an end that was not
/// seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// When it began.
    pub start_ns: u64,
    /// When it ended.
    pub end_ns: u64,
}

/// The I/Os of a run in order, with their times.
#[derive(Clone, Debug)]
pub struct Record {
    orders: Orders,
    /// From queueing to the end of the last request that it is in, bio by bio.
    pub queued: Vec<Span>,
    /// From issue to completion, request by request.
    pub issued: Vec<Span>,
    /// Why each bio was sent.
    pub reasons: Vec<Reason>,
    /// The bios in each request, in order of sectors.
    pub bios_of: Vec<Vec<usize>>,
    /// Where the time of each request went; nothing is known of one that has not completed.
    pub parts: Vec<Parts>,
    bios: Vec<(BioId, usize)>,
    requests: Vec<(RequestId, usize, Vec<BioId>)>,
}

impl Record {
    fn new(block_sectors: u32) -> Record {
        Record {
            orders: Orders::new(block_sectors),
            queued: Vec::new(),
            issued: Vec::new(),
            reasons: Vec::new(),
            bios_of: Vec::new(),
            parts: Vec::new(),
            bios: Vec::new(),
            requests: Vec::new(),
        }
    }

    /// The bios in the order in which they were queued.
    pub fn bios(&self) -> &sim_core::trace::Ios {
        &self.orders.queued
    }

    /// The requests in the order in which they were issued.
    pub fn requests(&self) -> &sim_core::trace::Ios {
        &self.orders.issued
    }

    fn complete(&mut self, request: RequestId, at: u64, parts: Parts) {
        let Some(place) = self.requests.iter().position(|(id, ..)| *id == request) else { return };
        let (_, number, bios) = self.requests.swap_remove(place);
        self.issued[number].end_ns = at;
        self.parts[number] = parts;
        for &(id, number) in &self.bios {
            if bios.contains(&id) {
                self.queued[number].end_ns = at;
            }
        }
        let waiting = &self.requests;
        self.bios
            .retain(|(id, _)| !bios.contains(id) || waiting.iter().any(|(_, _, others)| others.contains(id)));
    }
}

impl Sink for Record {
    fn record(&mut self, event: &Event) {
        self.orders.record(event);
        let at = event.at.nanoseconds();
        let begun = Span { start_ns: at, end_ns: 0 };
        match &event.what {
            What::Queued { bio, reason, .. } => {
                self.bios.push((*bio, self.queued.len()));
                self.queued.push(begun);
                self.reasons.push(*reason);
            }
            What::Issued { request, bios, .. } => {
                self.requests.push((*request, self.issued.len(), bios.clone()));
                self.issued.push(begun);
                let number =
                    |id: &BioId| self.bios.iter().find(|(known, _)| known == id).map(|(_, number)| *number);
                self.bios_of.push(bios.iter().filter_map(number).collect());
                self.parts.push(Parts::default());
            }
            What::Completed { request, parts, .. } => self.complete(*request, at, **parts),
            _ => {}
        }
    }
}

/// What is wanted of a run beside its orders and figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Each arm runs twice, and must come to the same.
    pub twice: bool,
    /// The chains of causes of so many I/Os, the first ones.
    pub chains: Option<usize>,
}

/// Runs all arms of a scenario, several at a time. `twice`:
/// each runs twice, and must come to the same.
///
/// # Errors
/// [`ArmError`] for the first arm, in the order of the file, that could not be run.
pub fn run_scenario(loaded: &Loaded, twice: bool) -> Result<ScenarioRun, ArmError> {
    run_scenario_for(loaded, Wanted { twice, chains: None })
}

/// Runs all arms of a scenario, several at a time, for what is wanted.
///
/// # Errors
/// As [`run_scenario`].
pub fn run_scenario_for(loaded: &Loaded, wanted: Wanted) -> Result<ScenarioRun, ArmError> {
    let arms = loaded.arms.par_iter().map(|arm| {
        let ran = run_arm(arm, wanted);
        ran.map_err(|source| ArmError { arm: arm.name.clone(), source })
    });
    let arms = arms.collect::<Vec<_>>().into_iter().collect::<Result<Vec<_>, _>>()?;
    let first = loaded.arms.first();
    Ok(ScenarioRun {
        name: loaded.name.clone(),
        title: first.map(|arm| arm.scenario.title.clone()).unwrap_or_default(),
        seed: first.map_or(0, |arm| arm.scenario.seed),
        arms,
    })
}

/// Runs the arms of a scenario one after the other and writes a line an event; gives what each has left
/// on the device.
///
/// # Errors
/// If an arm cannot be run, or the lines cannot be written.
pub fn stream(loaded: &Loaded, mut to: impl Write) -> Result<Vec<Filesystem>, StreamError> {
    let mut left = Vec::new();
    for arm in &loaded.arms {
        let mut lines = Lines::new(&arm.name, &mut to);
        let outcome = run(arm.machine.clone(), &mut lines)
            .map_err(|error| ArmError { arm: arm.name.clone(), source: error.into() })?;
        lines.finish()?;
        left.push(left_by(arm, outcome.medium));
    }
    Ok(left)
}

/// All that listens to a run.
struct Listeners {
    record: Record,
    windows: Windows,
    facts: Facts,
    chains: Option<Collector>,
}

impl Sink for Listeners {
    fn record(&mut self, event: &Event) {
        self.record.record(event);
        self.windows.record(event);
        self.facts.record(event);
        if let Some(chains) = &mut self.chains {
            chains.record(event);
        }
    }
}

fn run_arm(arm: &Arm, wanted: Wanted) -> Result<ArmRun, ArmProblem> {
    let machine = arm.machine.clone();
    let files = file_names(&machine.volume);
    let block_size = machine.volume.block_size;
    let mut listeners = Listeners {
        record: Record::new(block_size / 512),
        windows: Windows::default(),
        facts: Facts::new(block_size),
        chains: wanted.chains.map(Collector::new),
    };
    let outcome = run(machine.clone(), &mut listeners)?;
    if wanted.twice {
        repeat(&machine, &outcome)?;
    }
    Ok(ArmRun {
        name: arm.name.clone(),
        scenario: arm.scenario.clone(),
        device: arm.scenario.device.preset.clone(),
        cpu_is_free: arm.machine.kernel.cpu == sim_mpage::machine::CpuCosts::default(),
        digest: outcome.digests.io.value(),
        record: listeners.record,
        windows: listeners.windows.finish(),
        files,
        figures: outcome.figures,
        workload: machine.tasks.iter().map(|task| task.name.clone()).collect(),
        results: outcome.results,
        tasks: outcome.tasks,
        facts: listeners.facts,
        chains: listeners.chains.map(Collector::finish),
        filesystem: left_by(arm, outcome.medium),
    })
}

/// What an arm has left on the device.
fn left_by(arm: &Arm, medium: Medium) -> Filesystem {
    let described = arm.scenario.filesystem.image.is_none();
    Filesystem { volume: arm.machine.volume.clone(), medium, described }
}

/// Runs a machine again; if that does not come to the same, runs it twice more to find the first
/// event that differs.
fn repeat(machine: &Machine, outcome: &Outcome) -> Result<(), ArmProblem> {
    let again = run(machine.clone(), &mut sim_core::trace::Nothing)?;
    if again.digests == outcome.digests && again.figures == outcome.figures {
        return Ok(());
    }
    let (mut left, mut right) = (Memory::default(), Memory::default());
    (left.details, right.details) = (true, true);
    run(machine.clone(), &mut left)?;
    run(machine.clone(), &mut right)?;
    let pairs = left.events.iter().zip(&right.events);
    let differing = pairs.clone().find(|(left, right)| left != right);
    Err(ArmProblem::NotRepeatable(match differing {
        Some((left, right)) => format!("{left:?} and then {right:?}"),
        None => format!("{} events and then {}", left.events.len(), right.events.len()),
    }))
}

fn file_names(volume: &Volume) -> Vec<FileName> {
    let name = |file: &sim_mpage::ext2::volume::VolumeFile| {
        let map = FileMap::read(&*volume.base, &volume.superblock, file, &mut BlockSet::default());
        FileName {
            path: format!("/{}", file.path.trim_start_matches('/')),
            lowest: map.ok().and_then(|map| map.lowest_block()),
            blocks: file.size.div_ceil(u64::from(volume.block_size)),
        }
    };
    volume.files.iter().map(name).collect()
}

impl ArmRun {
    /// The text of a call: the `number`th of a task of the trace.
    pub fn call(&self, task: u32, number: u32) -> Option<&str> {
        let workload = &self.scenario.workload;
        // The tasks of the workload are the last ones of the trace.
        let started = workload.tasks.0.len().max(1);
        let place = (task as usize).checked_sub(self.tasks.len().checked_sub(started)?)?;
        let calls = match &workload.calls {
            Some(calls) => calls,
            None => &workload.tasks.0.get(place)?.1.calls,
        };
        calls.get(number as usize).map(String::as_str)
    }

    /// The name of a file, if there are several.
    pub fn name_of(&self, file: FileId) -> Option<&str> {
        if self.files.len() < 2 {
            return None;
        }
        self.files.get(file.0 as usize).map(|file| file.path.as_str())
    }

    /// I/Os in the numbering of files.
    pub fn order(&self, ios: &sim_core::trace::Ios) -> Order {
        Order::from_trace(ios, |file| self.name_of(file))
    }

    /// I/Os in positions on the disk.
    pub fn disk_order(&self, ios: &sim_core::trace::Ios) -> DiskOrder {
        let lowest = |file: FileId| self.files.get(file.0 as usize).and_then(|file| file.lowest);
        DiskOrder::from_trace(ios, |file| self.name_of(file), lowest)
    }
}
