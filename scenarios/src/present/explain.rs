//! Why each I/O was sent and where it went: its chain of causes, as text and as data.
//!
//! call → readahead window → mapping → bio → request → device. Each step names the rule of
//! `docs/model` that it follows.

mod chain;
mod collect;
mod json;
pub(crate) mod why;

use std::fmt::Write;

use reports::format::{TimeScale, grouped};
use sim_core::io::{Part, Parts};
use sim_core::time::Time;

use super::names::{blocks, io_blocks, part_name};
use crate::run::ArmRun;

pub use chain::Chains;
pub use collect::Collector;
pub use json::data;

use chain::{IoChain, Joining, MappingCause, Placement, RequestChain, WindowCause};
use why::Why;

/// How many I/Os are explained.
pub const MOST_IOS: usize = 200;

/// The kernel's task that writes back by itself.
pub(crate) const FLUSHER: &str = "flusher";

/// The longest line, in characters.
const WIDTH: usize = 100;

/// The chains of an arm as text; empty if they were not asked for.
pub fn text(arm: &ArmRun) -> String {
    let Some(chains) = &arm.chains else { return String::new() };
    let scale = TimeScale::for_largest(u128::from(arm.figures.simulated_time_ns));
    Explanation { arm, chains, scale, text: String::new() }.write()
}

struct Explanation<'a> {
    arm: &'a ArmRun,
    chains: &'a Chains,
    scale: TimeScale,
    text: String,
}

impl Explanation<'_> {
    fn write(mut self) -> String {
        let mut before: Option<&IoChain> = None;
        for (place, io) in self.chains.ios.iter().enumerate() {
            let call = io.call.map(|call| call.event);
            let window = io.window.map(|window| window.event);
            let same_call = before.is_some_and(|before| before.call.map(|call| call.event) == call);
            let same_window =
                same_call && before.is_some_and(|before| before.window.map(|it| it.event) == window);
            if !same_call {
                self.call(io);
            }
            if let (false, Some(window)) = (same_window, &io.window) {
                self.window(window);
            }
            self.io(place, io);
            before = Some(io);
        }
        let left_out = self.chains.left_out;
        if left_out > 0 {
            self.line(2, &format!("and {} more I/Os", grouped(u128::from(left_out))));
        }
        self.text
    }

    fn line(&mut self, indent: usize, text: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "{:indent$}{text}", "");
    }

    /// A line of an I/O, or several: what it tells about, and with which rules.
    fn detail(&mut self, name: &str, told: &Why) {
        let rules: String = told.rules.iter().map(|rule| format!(" [{rule}]")).collect();
        for (number, line) in wrapped(&format!("{}{rules}", told.words), WIDTH - 18).iter().enumerate() {
            let name = if number == 0 { name } else { "" };
            self.line(8, &format!("{name:9} {line}"));
        }
    }

    fn time(&self, at: Time) -> String {
        format!("{} {}", self.scale.format(u128::from(at.nanoseconds())), self.scale.unit)
    }

    /// Whatever an I/O was sent for: a call, or what the kernel does by itself.
    fn call(&mut self, io: &IoChain) {
        let text = match &io.call {
            Some(call) => {
                let at = self.time(call.at);
                let task = self.task(call.task.0);
                let made = self.arm.call(call.task.0, call.number).unwrap_or("a call");
                format!("call: {made}, by {task} at {at}")
            }
            None if self.task(io.task.0) == FLUSHER => {
                "because of no call: the flusher writes what is old, or too much".to_owned()
            }
            None => "because of no call".to_owned(),
        };
        self.line(2, &text);
    }

    fn task(&self, task: u32) -> &str {
        self.arm.tasks.get(task as usize).map_or("?", String::as_str)
    }

    fn window(&mut self, window: &WindowCause) {
        let why = why::window(window);
        let last = window.start.saturating_add(window.size).saturating_sub(1);
        let pages = match window.size {
            1 => format!("page {}", window.start),
            size => format!("{size} pages, {}-{last}", window.start),
        };
        let mark = match window.async_size {
            0 => String::new(),
            before => format!(", the mark at {}", (last + 1).saturating_sub(before)),
        };
        let file = self.arm.name_of(window.file).map(|name| format!(" of {name}")).unwrap_or_default();
        let rule = why.rules.concat();
        self.line(4, &format!("readahead window: {pages}{file}{mark}: {} [{rule}]", why.words));
    }

    fn io(&mut self, number: usize, io: &IoChain) {
        let place = io.pieces.first().map_or_else(String::new, |piece| format!(" at {}", piece.physical));
        let last = io.sector.0 + u64::from(io.sectors).saturating_sub(1);
        let what = io_blocks(self.arm, io.operation, &io.pieces);
        let kib = grouped(u128::from(io.sectors).div_ceil(2));
        let title = format!("I/O {} {what}{place} (sectors {}-{last}, {kib} KiB)", number + 1, io.sector);
        self.line(6, &title);
        if let Some(mapping) = &io.mapping {
            self.detail("mapped", &mapped(mapping));
        }
        if let Some(held) = self.held_back(io) {
            self.detail("held back", &held);
        }
        let mut why = why::sent(io);
        why.words = format!("at {}: {}", self.time(io.at), why.words);
        self.detail("sent", &why);
        for part in &io.parts {
            self.part(number, io, part);
        }
    }

    /// That metadata was read while this was being built.
    fn held_back(&self, io: &IoChain) -> Option<Why> {
        let mapping = io.mapping?;
        let during: Vec<String> = io.built_during.iter().map(|&place| self.io_name(place)).collect();
        let during = during.split_last().map(|(last, rest)| match rest {
            [] => last.clone(),
            rest => format!("{} and {last}", rest.join(", ")),
        })?;
        let since = self.time(mapping.at);
        let words = format!("still being built, from {since} on, while {during} was read");
        Some(Why { words, rules: Vec::new() })
    }

    /// An I/O by its place, with its blocks: `I/O 1 (ind)`.
    fn io_name(&self, place: usize) -> String {
        let io = self.chains.ios.get(place);
        let blocks = io.map(|io| blocks(self.arm, &io.pieces)).unwrap_or_default();
        format!("I/O {} ({blocks})", place + 1)
    }

    fn part(&mut self, place: usize, io: &IoChain, part: &Placement) {
        let Some((_, request)) = self.chains.request(part.request) else { return };
        let neighbour = self.neighbour(io, request, part.how);
        let mut placed = why::placed(part.how, neighbour.map(|other| self.io_name(other)).as_deref());
        if part.sectors != io.sectors {
            let last = part.sector.0 + u64::from(part.sectors).saturating_sub(1);
            placed.words = format!("{}, for sectors {}-{last}", placed.words, part.sector);
        }
        self.detail("request", &placed);
        // What became of a request is told once, where its first I/O stands.
        let first = request.bios.iter().filter_map(|bio| self.chains.place_of(*bio)).min();
        if first.is_none_or(|first| first == place) {
            self.way(request);
        }
    }

    /// The I/O that a merged one lies next to in its request.
    fn neighbour(&self, io: &IoChain, request: &RequestChain, how: Joining) -> Option<usize> {
        let at = request.bios.iter().position(|bio| *bio == io.bio)?;
        let other = match how {
            Joining::Made => return None,
            Joining::Back => request.bios.get(at.checked_sub(1)?)?,
            Joining::Front => request.bios.get(at + 1)?,
        };
        self.chains.place_of(*other)
    }

    fn way(&mut self, request: &RequestChain) {
        let Some((at, by, number)) = request.issued else { return };
        let by_worker = by.0 == 0;
        let direct = request.plugged && !request.inserted;
        let mut issued = why::issued(by_worker, direct.then(|| self.has_company(request)));
        let whom = if by_worker { "the block layer's worker" } else { self.task(by.0) };
        let with = match request.bios.len() {
            0 | 1 => String::new(),
            _ => format!(", holding {}", self.contents(request)),
        };
        issued.words = format!("as request {number}, at {}, by {whom}{}{with}", self.time(at), issued.words);
        self.detail("issued", &issued);
        let Some((done, error, parts)) = &request.completed else { return };
        let failed = error.map(|error| format!(", failed: {error}")).unwrap_or_default();
        let words = format!("at {}{failed}, {}", self.time(*done), self.parts(parts));
        self.detail("done", &Why { words, rules: Vec::new() });
    }

    /// Whether another request was issued right before or after this one from the same plug.
    fn has_company(&self, request: &RequestChain) -> bool {
        let beside = |other: &RequestChain| match (request.issued, other.issued) {
            (Some((_, task, number)), Some((_, its_task, its_number))) => {
                task == its_task && number.abs_diff(its_number) == 1
            }
            _ => false,
        };
        self.chains.requests.values().any(|other| other.plugged && !other.inserted && beside(other))
    }

    /// The I/Os of a request, as far as they are followed.
    fn contents(&self, request: &RequestChain) -> String {
        let followed = request.bios.iter().filter_map(|bio| self.chains.place_of(*bio));
        let names: Vec<String> =
            followed.map(|place| blocks(self.arm, &self.chains.ios[place].pieces)).collect();
        names.join("+")
    }

    /// Where the time went, the longest part first.
    fn parts(&self, parts: &Parts) -> String {
        let mut times: Vec<(Part, u64)> = parts
            .iter()
            .map(|(part, time)| (part, time.nanoseconds()))
            .filter(|(_, time)| *time > 0)
            .collect();
        times.sort_by_key(|&(_, time)| std::cmp::Reverse(time));
        let total = parts.total().nanoseconds();
        let scale = TimeScale::for_largest(u128::from(total));
        let told: Vec<String> = times
            .iter()
            .map(|&(part, time)| format!("{} {}", part_name(part), scale.format(u128::from(time))))
            .collect();
        format!("after {} {}: {}", scale.format(u128::from(total)), scale.unit, told.join(", "))
    }
}

/// A text in lines of at most `width` characters, broken between words.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn mapped(mapping: &MappingCause) -> Why {
    let &MappingCause { block, asked, count, physical, boundary, .. } = mapping;
    let last = block.saturating_add(count).saturating_sub(1);
    let found = if count == 1 { format!("{block}") } else { format!("{block}-{last}") };
    let place = format!("get_block({block}), {asked} asked for: {found} at {physical}");
    if boundary {
        let words = format!("{place}, with the boundary flag: {last} is the last of its array of pointers");
        Why { words, rules: vec!["ext2-get-block.boundary"] }
    } else {
        Why { words: place, rules: vec!["ext2-get-block.extend"] }
    }
}
