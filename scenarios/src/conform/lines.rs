//! Both sides of a comparison as lines: one a recorded or simulated event, in the same words.

use std::collections::BTreeMap;

use sim_core::io::{BioId, RequestId, Rwbs, Sector};
use sim_core::trace::{Event, What};
use sim_mpage::errno::{Errno, SIGBUS};
use sim_mpage::run::Outcome;

use super::level::Level;
use super::recorded::{Extent, Process, Recorded, RecordedEvent};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The level that it counts for; all but results count for the level of events as well.
    pub(super) level: Level,
    /// What happened, in words that are the same on both sides.
    pub(super) text: String,
    /// The sectors that it is about.
    pub(super) sectors: Option<(u64, u64)>,
}

impl Line {
    fn new(level: Level, text: String) -> Line {
        Line { level, text, sectors: None }
    }

    fn of_extent(level: Level, letter: &str, rwbs: &str, sector: u64, sectors: u64) -> Line {
        let text = format!("{letter} {rwbs} {sector}+{sectors}");
        Line { level, text, sectors: Some((sector, sectors)) }
    }
}

#[expect(clippy::too_many_arguments, reason = "the fields of one recorded event")]
fn get_block(block: u64, max: u64, create: bool, count: i64, phys: u64, new: bool, boundary: bool) -> Line {
    let marks = [(create, " create"), (new, " new"), (boundary, " boundary")];
    let marks: String = marks.iter().filter(|(on, _)| *on).map(|(_, text)| *text).collect();
    let count_text = if count > 0 { format!("{count} at {phys}") } else { count.to_string() };
    Line::new(Level::GetBlock, format!("get_block {block} max {max}: {count_text}{marks}"))
}

/// What the kernel did.
pub(super) fn recorded(recorded: &Recorded) -> Vec<Line> {
    let mut lines: Vec<_> = recorded.events.iter().filter_map(recorded_line).collect();
    for (name, process) in recorded.processes() {
        for (op, result) in process.ops.iter().zip(process.results) {
            let text = result.as_str().map_or_else(|| result.to_string(), str::to_owned);
            lines.extend(result_line(&name, op, &text));
        }
    }
    lines
}

fn recorded_line(event: &RecordedEvent) -> Option<Line> {
    let extent = |level, letter, Extent { rwbs, sector, sectors }: &Extent| {
        Line::of_extent(level, letter, rwbs, *sector, *sectors)
    };
    Some(match event {
        RecordedEvent::Call { op, task } => {
            call_line(&task.map_or_else(|| "wl".to_owned(), |task| format!("t{task}")), op)
        }
        RecordedEvent::GetBlock { block, max, create, count, phys, new, boundary } => {
            get_block(*block, *max, *create != 0, *count, *phys, *new != 0, *boundary != 0)
        }
        RecordedEvent::Q(bio) => extent(Level::L1, "Q", bio),
        RecordedEvent::G(request) => extent(Level::Events, "G", request),
        RecordedEvent::M(bio) => extent(Level::Events, "M", bio),
        RecordedEvent::F(bio) => extent(Level::Events, "F", bio),
        RecordedEvent::I(request) => extent(Level::Events, "I", request),
        RecordedEvent::D(request) => extent(Level::L2, "D", request),
        RecordedEvent::C(_) => return None,
        RecordedEvent::X { rwbs, sector, new_sector } => {
            Line::new(Level::Events, format!("X {rwbs} {sector}/{new_sector}"))
        }
        RecordedEvent::P {} => Line::new(Level::Events, "P".to_owned()),
        RecordedEvent::U { n } => Line::new(Level::Events, format!("U {n}")),
    })
}

fn call_line(process: &str, op: &str) -> Line {
    Line::new(Level::Events, format!("{process} calls {op}"))
}

/// What a simulated call returned, in the words of the traces.
fn result_text(result: i64) -> String {
    if result == SIGBUS {
        "SIGBUS".to_owned()
    } else if result == Errno::Io.code() {
        "Input/output error".to_owned()
    } else {
        result.to_string()
    }
}

/// What a call returned; what `open` returns is the recorder's own affair.
fn result_line(process: &str, op: &str, result: &str) -> Option<Line> {
    if op.starts_with("open ") {
        return None;
    }
    Some(Line::new(Level::Results, format!("{process}: {op} = {result}")))
}

/// What the simulator did.
pub(super) fn simulated(recorded: &Recorded, events: &[Event], outcome: &Outcome) -> Vec<Line> {
    let processes = recorded.processes();
    let mut letters =
        Letters { processes: &processes, outcome, bios: BTreeMap::new(), requests: BTreeMap::new() };
    let mut lines: Vec<_> = events.iter().filter_map(|event| letters.line(event)).collect();
    for ((name, process), results) in recorded.processes().iter().zip(&outcome.results) {
        for (op, &result) in process.ops.iter().zip(results) {
            lines.extend(result_line(name, op, &result_text(result)));
        }
    }
    lines
}

/// Derives blktrace's letters from events: those of merges and insertions tell operation and flags,
/// which the trace tells once.
struct Letters<'a> {
    processes: &'a [(String, Process<'a>)],
    outcome: &'a Outcome,
    bios: BTreeMap<BioId, String>,
    requests: BTreeMap<RequestId, String>,
}

impl Letters<'_> {
    fn line(&mut self, event: &Event) -> Option<Line> {
        let extent = |level, letter, rwbs: &str, sector: Sector, sectors: u32| {
            Some(Line::of_extent(level, letter, rwbs, sector.0, u64::from(sectors)))
        };
        match &event.what {
            What::Call { number } => self.call(event, *number),
            &What::Mapped { block, asked, create, count, physical, new, boundary, .. } => {
                Some(get_block(block, asked, create, count, physical, new, boundary))
            }
            What::Queued { bio, operation, flags, sector, sectors, .. } => {
                let rwbs = Rwbs(*operation, *flags).to_string();
                let line = extent(Level::L1, "Q", &rwbs, *sector, *sectors);
                self.bios.insert(*bio, rwbs);
                line
            }
            What::Split { bio, sector, rest } => {
                let text = format!("X {} {sector}/{rest}", self.bios.get(bio)?);
                Some(Line::new(Level::Events, text))
            }
            What::Merged { bio, front, sector, sectors, .. } => {
                let letter = if *front { "F" } else { "M" };
                extent(Level::Events, letter, self.bios.get(bio)?, *sector, *sectors)
            }
            What::Made { request, bio, sector, sectors } => {
                let rwbs = self.bios.get(bio)?.clone();
                let line = extent(Level::Events, "G", &rwbs, *sector, *sectors);
                self.requests.insert(*request, rwbs);
                line
            }
            What::Plugged => Some(Line::new(Level::Events, "P".to_owned())),
            What::Unplugged { requests } => Some(Line::new(Level::Events, format!("U {requests}"))),
            What::Inserted { request, sector, sectors } => {
                extent(Level::Events, "I", self.requests.get(request)?, *sector, *sectors)
            }
            What::Issued { operation, flags, sector, sectors, .. } => {
                extent(Level::L2, "D", &Rwbs(*operation, *flags).to_string(), *sector, *sectors)
            }
            What::Returned { .. }
            | What::Readahead { .. }
            | What::Joined { .. }
            | What::Completed { .. }
            | What::Page { .. }
            | What::Buffer { .. } => None,
        }
    }

    fn call(&self, event: &Event, number: u32) -> Option<Line> {
        let name = self.outcome.tasks.get(event.task.0 as usize)?;
        let (_, process) = self.processes.iter().find(|(process, _)| process == name)?;
        Some(call_line(name, process.ops.get(number as usize)?))
    }
}

/// What lies where on the device of a trace: logical blocks and roles by physical block.
pub(super) struct Names {
    block_sectors: u64,
    several_files: bool,
    /// First physical block → (how many, the file's path, its role or first logical block).
    runs: BTreeMap<u64, (u64, String, Result<u64, String>)>,
}

impl Names {
    pub(super) fn of(recorded: &Recorded) -> Names {
        let mut runs = BTreeMap::new();
        for file in &recorded.files {
            for &[logical, physical, blocks] in &file.runs {
                runs.insert(physical, (blocks, file.path.clone(), Ok(logical)));
            }
            for (role, &physical) in &file.indirect {
                runs.insert(physical, (1, file.path.clone(), Err(role.clone())));
            }
        }
        Names {
            block_sectors: u64::from(recorded.block_size / 512).max(1),
            several_files: recorded.files.len() > 1,
            runs,
        }
    }

    /// The blocks of an I/O, in the grammar of orders.
    pub(super) fn of_sectors(&self, (sector, sectors): (u64, u64)) -> String {
        let mut block = sector / self.block_sectors;
        let end = sector.saturating_add(sectors).div_ceil(self.block_sectors);
        let mut pieces = Vec::new();
        while block < end {
            let known = self.runs.range(..=block).next_back();
            let known = known.filter(|(start, (blocks, ..))| block < *start + blocks);
            let Some((start, (blocks, path, what))) = known else {
                pieces.push(format!("@{block}"));
                break;
            };
            let last = end.min(start + blocks);
            let name = match what {
                Err(role) => role.clone(),
                Ok(logical) => range(logical + (block - start), last - block),
            };
            let file = if self.several_files { format!("/{path}:") } else { String::new() };
            pieces.push(file + &name);
            block = last;
        }
        pieces.join("+")
    }
}

fn range(first: u64, count: u64) -> String {
    if count == 1 { first.to_string() } else { format!("{first}-{}", first + count - 1) }
}
