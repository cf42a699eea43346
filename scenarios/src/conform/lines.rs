//! Both sides of a comparison as lines: one a recorded or simulated event, in the same words.

use std::collections::BTreeMap;

use sim_core::io::{BioId, RequestId, Rwbs, Sector};
use sim_core::trace::{Event, EventId, What};

use super::Simulated;
use super::files::FileOnDevice;
use super::level::Level;
use super::recorded::{Extent, Process, Recorded, RecordedEvent};
use crate::calls::result_text;

/// One thing that happened.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// The level that it counts for; all but results and files count for the level of events as well. None:
    /// where it stands depends on more than the simulator, so it counts for nothing.
    pub(super) level: Option<Level>,
    /// What happened, in words that are the same on both sides.
    pub(super) text: String,
    /// The sectors that it is about.
    pub(super) sectors: Option<(u64, u64)>,
    /// The simulated event.
    pub(super) event: Option<EventId>,
}

impl Line {
    fn new(level: Level, text: String) -> Line {
        Line { level: Some(level), text, sectors: None, event: None }
    }

    fn of_extent(level: Option<Level>, letter: &str, rwbs: &str, sector: u64, sectors: u64) -> Line {
        let text = format!("{letter} {rwbs} {sector}+{sectors}");
        Line { level, text, sectors: Some((sector, sectors)), event: None }
    }

    /// Whether both sides tell the same.
    pub(super) fn same(&self, other: &Line) -> bool {
        self.text == other.text && self.sectors == other.sectors && self.level == other.level
    }
}

fn get_block(block: u64, max: u64, create: bool, count: i64, phys: u64, new: bool, boundary: bool) -> Line {
    let marks = [(create, " create"), (new, " new"), (boundary, " boundary")];
    let marks: String = marks.iter().filter(|(on, _)| *on).map(|(_, text)| *text).collect();
    let count_text = if count > 0 { format!("{count} at {phys}") } else { count.to_string() };
    Line::new(Level::GetBlock, format!("get_block {block} max {max}: {count_text}{marks}"))
}

/// What happened in the kernel, without what calls returned.
pub(super) fn recorded_events(recorded: &Recorded) -> Vec<Line> {
    recorded.events.iter().map(recorded_line).collect()
}

/// What the kernel did.
pub(super) fn recorded(recorded: &Recorded) -> Vec<Line> {
    let mut lines = recorded_events(recorded);
    for (name, process) in recorded.processes() {
        for (op, result) in process.ops.iter().zip(process.results) {
            lines.extend(result_line(&name, op, &recorded_result(result)));
        }
    }
    for file in recorded.files_after.iter().flatten() {
        lines.extend(file_lines(FileOnDevice::recorded(file, recorded.block_size)));
    }
    lines
}

/// A file on the device at the end, or why it cannot be read.
pub(super) fn file_lines(file: Result<FileOnDevice, String>) -> Vec<Line> {
    let lines = file.map_or_else(|error| vec![error], |file| file.lines().collect());
    lines.into_iter().map(|line| Line::new(Level::FilesAfter, line)).collect()
}

/// What a recorded call returned.
pub(super) fn recorded_result(result: &serde_json::Value) -> String {
    result.as_str().map_or_else(|| result.to_string(), str::to_owned)
}

fn recorded_line(event: &RecordedEvent) -> Line {
    let extent = |level, letter, Extent { rwbs, sector, sectors }: &Extent| {
        Line::of_extent(level, letter, rwbs, *sector, *sectors)
    };
    match event {
        RecordedEvent::Call { op, task } => {
            call_line(&task.map_or_else(|| "wl".to_owned(), |task| format!("t{task}")), op)
        }
        RecordedEvent::GetBlock { block, max, create, count, phys, new, boundary, .. } => {
            get_block(*block, *max, *create != 0, *count, *phys, *new != 0, *boundary != 0)
        }
        RecordedEvent::Q(bio) => extent(Some(Level::L1), "Q", bio),
        RecordedEvent::G(request) => extent(Some(Level::Events), "G", request),
        RecordedEvent::M(bio) => extent(Some(Level::Events), "M", bio),
        RecordedEvent::F(bio) => extent(Some(Level::Events), "F", bio),
        RecordedEvent::I(request) => extent(Some(Level::Events), "I", request),
        RecordedEvent::D(request) => extent(Some(Level::L2), "D", request),
        RecordedEvent::C(request) => extent(None, "C", request),
        RecordedEvent::X { rwbs, sector, new_sector } => {
            Line::new(Level::Events, format!("X {rwbs} {sector}/{new_sector}"))
        }
        RecordedEvent::P {} => Line::new(Level::Events, "P".to_owned()),
        RecordedEvent::U { n } => Line::new(Level::Events, format!("U {n}")),
    }
}

fn call_line(process: &str, op: &str) -> Line {
    Line::new(Level::Events, format!("{process} calls {op}"))
}

/// What a call returned; what `open` returns is the recorder's own affair.
fn result_line(process: &str, op: &str, result: &str) -> Option<Line> {
    if op.starts_with("open ") {
        return None;
    }
    Some(Line::new(Level::Results, format!("{process}: {op} = {result}")))
}

/// What the simulator did.
pub(super) fn simulated(recorded: &Recorded, ran: &Simulated) -> Vec<Line> {
    let processes = recorded.processes();
    let mut letters = Letters::new(&processes, &ran.outcome.tasks);
    let mut lines: Vec<_> = ran.events.iter().filter_map(|event| letters.line(event)).collect();
    for ((name, process), results) in processes.iter().zip(&ran.outcome.results) {
        for (op, &result) in process.ops.iter().zip(results) {
            lines.extend(result_line(name, op, &result_text(result)));
        }
    }
    lines.extend(ran.files_after.iter().cloned().flat_map(file_lines));
    lines
}

/// Derives blktrace's letters from events: those of merges and insertions tell operation and flags,
/// which the trace tells once.
pub(super) struct Letters<'a> {
    processes: &'a [(String, Process<'a>)],
    /// The names of all tasks, by their numbers.
    tasks: &'a [String],
    bios: BTreeMap<BioId, String>,
    requests: BTreeMap<RequestId, (String, Sector, u32)>,
}

impl<'a> Letters<'a> {
    pub(super) fn new(processes: &'a [(String, Process<'a>)], tasks: &'a [String]) -> Letters<'a> {
        Letters { processes, tasks, bios: BTreeMap::new(), requests: BTreeMap::new() }
    }

    /// The line of an event, if there is one that both sides have.
    pub(super) fn line(&mut self, event: &Event) -> Option<Line> {
        Some(Line { event: Some(event.id), ..self.line_of(event)? })
    }

    fn line_of(&mut self, event: &Event) -> Option<Line> {
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
                let line = extent(Some(Level::L1), "Q", &rwbs, *sector, *sectors);
                self.bios.insert(*bio, rwbs);
                line
            }
            What::Split { bio, sector, rest } => {
                let text = format!("X {} {sector}/{rest}", self.bios.get(bio)?);
                Some(Line::new(Level::Events, text))
            }
            What::Merged { bio, front, sector, sectors, .. } => {
                let letter = if *front { "F" } else { "M" };
                extent(Some(Level::Events), letter, self.bios.get(bio)?, *sector, *sectors)
            }
            What::Made { request, bio, sector, sectors } => {
                let rwbs = self.bios.get(bio)?.clone();
                let line = extent(Some(Level::Events), "G", &rwbs, *sector, *sectors);
                self.requests.insert(*request, (rwbs, *sector, *sectors));
                line
            }
            What::Plugged => Some(Line::new(Level::Events, "P".to_owned())),
            What::Unplugged { requests } => Some(Line::new(Level::Events, format!("U {requests}"))),
            What::Inserted { request, sector, sectors } => {
                extent(Some(Level::Events), "I", &self.requests.get(request)?.0, *sector, *sectors)
            }
            What::Issued { request, operation, flags, sector, sectors, .. } => {
                let rwbs = Rwbs(*operation, *flags).to_string();
                let line = extent(Some(Level::L2), "D", &rwbs, *sector, *sectors);
                self.requests.insert(*request, (rwbs, *sector, *sectors));
                line
            }
            What::Completed { request, .. } => {
                let (rwbs, sector, sectors) = self.requests.remove(request)?;
                extent(None, "C", &rwbs, sector, sectors)
            }
            What::Returned { .. }
            | What::Readahead { .. }
            | What::Joined { .. }
            | What::Page { .. }
            | What::Buffer { .. } => None,
        }
    }

    fn call(&self, event: &Event, number: u32) -> Option<Line> {
        let (name, process) = self.process(event)?;
        Some(call_line(name, process.ops.get(number as usize)?))
    }

    /// The process that an event is of, with its name.
    pub(super) fn process(&self, event: &Event) -> Option<&(String, Process<'a>)> {
        let name = self.tasks.get(event.task.0 as usize)?;
        self.processes.iter().find(|(process, _)| process == name)
    }
}
