//! What the simulator did, step by step, in words.

use sim_core::trace::{Event, EventId, What};

use super::super::lines::{Letters, Line, recorded_result};
use super::super::names::Names;
use super::super::recorded::Recorded;
use super::super::words::{note, own_line};
use super::super::{Simulated, WORKER};
use super::shortened;
use crate::calls::result_text;
use crate::present::explain::FLUSHER;

/// Longer lists of blocks are cut here.
const BLOCKS: usize = 28;

/// The device, among those who do something.
const DEVICE: &str = "device";

/// What the flusher does is told as a new turn after so many nanoseconds without it.
const NEW_TURN: u64 = 100_000_000;

/// One thing that the simulator did.
pub(super) struct Step {
    pub(super) at: u64,
    pub(super) who: String,
    pub(super) depth: usize,
    pub(super) text: String,
    pub(super) tag: Option<&'static str>,
    /// What the kernel has to tell as well.
    pub(super) line: Option<Line>,
    /// What the kernel's call returned, and whether that is the same.
    pub(super) returned: Option<(String, bool)>,
    /// A block that was mapped alone.
    pub(super) mapped: Option<OneBlock>,
}

/// A block that was mapped alone: many of them in a row are told together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OneBlock {
    pub(super) block: u64,
    pub(super) physical: u64,
    pub(super) asked: u64,
    pub(super) create: bool,
    pub(super) new: bool,
}

impl OneBlock {
    fn of(what: &What) -> Option<OneBlock> {
        match *what {
            What::Mapped { block, asked, create, count: 1, physical, new, boundary: false, .. } => {
                Some(OneBlock { block, physical, asked, create, new })
            }
            _ => None,
        }
    }

    /// Whether `next` is the block behind this one, mapped in the same way.
    pub(super) fn goes_on(self, next: OneBlock) -> bool {
        next == OneBlock { block: self.block + 1, physical: self.physical + 1, ..self }
    }
}

/// All steps of a run.
pub(super) fn steps(recorded: &Recorded, ran: &Simulated, names: &Names) -> Vec<Step> {
    let processes = recorded.processes();
    let mut letters = Letters::new(&processes, &ran.outcome.tasks);
    let mut steps = Vec::new();
    let mut last_turn = None;
    for event in &ran.events {
        let Some(step) = step(event, &mut letters, ran, names) else { continue };
        if step.who == FLUSHER {
            let since = last_turn.replace(step.at).map(|last| step.at.saturating_sub(last));
            if event.because == EventId(0) && since.is_none_or(|since| since > NEW_TURN) {
                let text = "writes by itself what is old, or too much".to_owned();
                steps.push(Step { text, depth: 0, ..Step::by(FLUSHER, step.at) });
            }
        }
        steps.push(step);
    }
    steps
}

impl Step {
    fn by(who: &str, at: u64) -> Step {
        Step {
            at,
            who: who.to_owned(),
            depth: 0,
            text: String::new(),
            tag: None,
            line: None,
            returned: None,
            mapped: None,
        }
    }
}

fn step(event: &Event, letters: &mut Letters<'_>, ran: &Simulated, names: &Names) -> Option<Step> {
    let task = ran.outcome.tasks.get(event.task.0 as usize).map_or("", String::as_str);
    let who = if matches!(event.what, What::Completed { .. }) { DEVICE } else { task };
    let mut step = Step { depth: depth(&event.what), ..Step::by(who, event.at.nanoseconds()) };
    if let What::Returned { number, result } = event.what {
        let text = result_text(result);
        let (_, process) = letters.process(event)?;
        let recorded = process.results.get(number as usize).map(recorded_result);
        // What `open` returns is the recorder's own descriptor.
        let opens = process.ops.get(number as usize).is_some_and(|op| op.starts_with("open "));
        step.returned = recorded.filter(|_| !opens).map(|recorded| {
            let same = recorded == text;
            (format!("-> {recorded}"), same)
        });
        step.text = format!("-> {text}");
    } else if let Some((text, tag)) = own_line(&event.what) {
        (step.text, step.tag) = (text, tag);
    } else {
        let line = letters.line(event)?;
        let (note, tag) = note(&event.what, task == WORKER);
        let blocks = line.sectors.map(|sectors| names.of_sectors(sectors)).unwrap_or_default();
        let words = [call_or_all(&line.text).to_owned(), shortened(&blocks, BLOCKS), note];
        step.text = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join("  ");
        (step.tag, step.line, step.mapped) = (tag, Some(line), OneBlock::of(&event.what));
    }
    Some(step)
}

/// How far an event stands to the right: a call, what it reads ahead, blocks and bios, requests.
fn depth(what: &What) -> usize {
    match what {
        What::Call { .. } | What::Returned { .. } | What::Completed { .. } | What::Issued { .. } => 0,
        What::Readahead { .. } => 1,
        What::Mapped { .. } | What::Queued { .. } => 2,
        _ => 3,
    }
}

/// The call without who makes it; any other line as it is.
pub(super) fn call_or_all(text: &str) -> &str {
    text.split_once(" calls ").map_or(text, |(_, call)| call)
}
