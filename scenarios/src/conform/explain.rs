//! The whole story of one trace: what the simulator did and by which rule, with the kernel beside it.

use std::fmt::Write;

use sim_core::trace::{Event, What};

use super::align::{Aligned, align};
use super::images::Images;
use super::lines::{Letters, Line, recorded_events, recorded_result};
use super::names::Names;
use super::recorded::{Recorded, RecordedDevice};
use super::words::{note, own_line, time};
use super::{Simulated, WORKER, simulate};
use crate::calls::result_text;

/// No line is longer, in characters.
const WIDTH: usize = 120;

/// The width of the kernel's column.
const KERNEL: usize = 24;

/// Longer lists of blocks are cut here.
const BLOCKS: usize = 28;

/// The device, among those who do something.
const DEVICE: &str = "device";

/// One thing that the simulator did.
struct Step {
    at: u64,
    who: String,
    depth: usize,
    text: String,
    tag: Option<&'static str>,
    /// What the kernel has to tell as well.
    line: Option<Line>,
    /// What the kernel's call returned, and whether that is the same.
    returned: Option<(String, bool)>,
}

/// The story of a trace: calls, windows, mapper, bios with reasons, merges, plugs, dispatch and
/// completions, both sides aligned.
pub fn explain(recorded: &Recorded, images: &Images) -> String {
    let mut names = Names::of(recorded);
    let mut story = header(recorded, &names);
    let kernel = recorded_events(recorded);
    let steps = match simulate(recorded, images) {
        Ok(ran) => {
            names = names.with_simulated(&ran.volume, &ran.files_after);
            steps(recorded, &ran, &names)
        }
        Err(why) => {
            push(&mut story, &format!("not run: {why}"));
            Vec::new()
        }
    };
    write_rows(&mut story, &kernel, &steps, &names);
    story
}

fn push(story: &mut String, line: &str) {
    story.push_str(&shortened(line, WIDTH));
    story.push('\n');
}

/// A text that is not longer than `most` characters.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.trim_end().to_owned();
    }
    let front: String = text.chars().take(most.saturating_sub(3)).collect();
    format!("{}...", front.trim_end())
}

fn header(recorded: &Recorded, names: &Names) -> String {
    let mut story = String::new();
    let boundary = if recorded.boundary { "reported" } else { "not reported" };
    push(&mut story, &format!("{}: the boundary flag is {boundary}", recorded.id));
    for (file, layout) in recorded.files.iter().zip(names.layouts()) {
        push(&mut story, &format!("  /{}, {} bytes: {layout}", file.path, file.size));
    }
    let sizes = format!("  blocks of {} bytes, pages of {}", recorded.block_size, recorded.page_size);
    push(&mut story, &sizes);
    push(&mut story, &format!("  {}", queue(&recorded.device)));
    if let Some(policy) = &recorded.policy {
        push(&mut story, &format!("  processes are scheduled by policy {policy}"));
    }
    let processes = recorded.processes();
    if recorded.tasks.is_some() && !recorded.setup.is_empty() {
        push(&mut story, &format!("  before: {}", recorded.setup.join("; ")));
    }
    for (name, process) in processes.iter().filter(|(_, process)| !process.setup.is_empty()) {
        push(&mut story, &format!("  before, {name}: {}", process.setup.join("; ")));
    }
    story.push('\n');
    push(&mut story, "= both   < only the kernel   > only the simulator   ~ in an order that does not count");
    story.push('\n');
    push(&mut story, &row(' ', "kernel", "ms", "who", "simulator"));
    story
}

fn queue(device: &RecordedDevice) -> String {
    format!(
        "{}, queue_depth {}, nr_requests {}, nomerges {}, read_ahead_kb {}, max_sectors_kb {}; a request takes {}",
        device.scheduler,
        device.queue_depth,
        device.nr_requests,
        device.nomerges,
        device.read_ahead_kb,
        device.max_sectors_kb,
        time(device.latency_us.saturating_mul(1_000)),
    )
}

fn row(mark: char, kernel: &str, at: &str, who: &str, text: &str) -> String {
    format!("{mark} {kernel:<KERNEL$} {at:>9} {who:<7} {text}")
}

fn steps(recorded: &Recorded, ran: &Simulated, names: &Names) -> Vec<Step> {
    let processes = recorded.processes();
    let mut letters = Letters::new(&processes, &ran.outcome.tasks);
    ran.events.iter().filter_map(|event| step(event, &mut letters, ran, names)).collect()
}

fn step(event: &Event, letters: &mut Letters<'_>, ran: &Simulated, names: &Names) -> Option<Step> {
    let task = ran.outcome.tasks.get(event.task.0 as usize).map_or("", String::as_str);
    let mut step = Step {
        at: event.at.nanoseconds(),
        who: if matches!(event.what, What::Completed { .. }) { DEVICE } else { task }.to_owned(),
        depth: depth(&event.what),
        text: String::new(),
        tag: None,
        line: None,
        returned: None,
    };
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
        (step.tag, step.line) = (tag, Some(line));
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
fn call_or_all(text: &str) -> &str {
    text.split_once(" calls ").map_or(text, |(_, call)| call)
}

/// What fits into the kernel's column.
fn brief(line: &Line) -> String {
    let text = call_or_all(&line.text);
    let text = match (text.starts_with("get_block"), text.split_once(" max "), text.split_once(": ")) {
        (true, Some((asked, _)), Some((_, answer))) => {
            format!("{asked}: {}", answer.trim_end_matches(" boundary"))
        }
        _ => text.to_owned(),
    };
    shortened(&text, KERNEL)
}

fn write_rows(story: &mut String, kernel: &[Line], steps: &[Step], names: &Names) {
    let compared = steps.iter().enumerate().filter_map(|(place, step)| Some((place, step.line.as_ref()?)));
    let (places, simulated): (Vec<usize>, Vec<&Line>) = compared.unzip();
    let mut next = 0;
    for place in align(&kernel.iter().collect::<Vec<_>>(), &simulated) {
        let (beside, compared) = match place {
            Aligned::Both(line, step) => (Some(&kernel[line]), step),
            Aligned::Simulated(step) => (None, step),
            Aligned::Kernel(line) => {
                write_kernel(story, &kernel[line], names);
                continue;
            }
        };
        let place = places[compared];
        for step in &steps[next..=place] {
            write_step(story, step, beside.filter(|_| step.line.is_some()));
        }
        next = place + 1;
    }
    for step in &steps[next..] {
        write_step(story, step, None);
    }
}

fn write_kernel(story: &mut String, line: &Line, names: &Names) {
    let mark = if line.level.is_some() { '<' } else { '~' };
    let blocks = line.sectors.map(|sectors| names.of_sectors(sectors)).unwrap_or_default();
    push(story, &format!("{mark} {:<KERNEL$} {blocks}", line.text));
}

fn write_step(story: &mut String, step: &Step, beside: Option<&Line>) {
    let (mark, kernel) = match (&step.line, beside, &step.returned) {
        (Some(_), Some(line), _) => ('=', brief(line)),
        (Some(line), None, _) => (if line.level.is_some() { '>' } else { '~' }, String::new()),
        (None, _, Some((returned, same))) => (if *same { '=' } else { '<' }, shortened(returned, KERNEL)),
        (None, _, None) => (' ', String::new()),
    };
    let at = time(step.at);
    let at = at.trim_end_matches(" ms");
    let line = row(mark, &kernel, at, &step.who, &format!("{:1$}{2}", "", 2 * step.depth, step.text));
    let tag = step.tag.map(|tag| format!("[{tag}]")).unwrap_or_default();
    let room = WIDTH.saturating_sub(tag.len() + 1);
    if tag.is_empty() || line.chars().count() > room {
        push(story, &line);
        if !tag.is_empty() {
            push(story, &format!("{tag:>WIDTH$}"));
        }
    } else {
        // Writing to a string does not fail.
        let _ = writeln!(story, "{line:<room$} {tag}");
    }
}
