//! Both sides of a story, row by row.

use std::fmt::Write;

use super::super::align::{Aligned, align};
use super::super::lines::Line;
use super::super::names::Names;
use super::super::words::time;
use super::steps::{OneBlock, Step, call_or_all};

/// No line is longer, in characters.
const WIDTH: usize = 120;

/// The width of the kernel's column.
const KERNEL: usize = 24;

/// The fewest blocks mapped one by one that are told in one row.
const FEWEST_TOGETHER: usize = 3;

/// A story as far as it is told.
#[derive(Debug, Default)]
pub(super) struct Story {
    pub(super) text: String,
}

/// A text that is not longer than `most` characters.
pub(super) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.trim_end().to_owned();
    }
    let front: String = text.chars().take(most.saturating_sub(3)).collect();
    format!("{}...", front.trim_end())
}

fn row(mark: char, kernel: &str, at: &str, who: &str, text: &str) -> String {
    format!("{mark} {kernel:<KERNEL$} {at:>9} {who:<7} {text}")
}

/// What fits into the kernel's column.
fn brief(line: &Line) -> String {
    let text = call_or_all(&line.text);
    let text = match (text.starts_with("get_block"), text.split_once(" max "), text.split_once(": ")) {
        (true, Some((asked, _)), Some((_, answer))) => {
            let answer = answer.split(' ').take_while(|word| !["create", "new", "boundary"].contains(word));
            let brief = format!("{asked}: {}", answer.collect::<Vec<_>>().join(" "));
            if brief.len() > KERNEL { brief.replace(" at ", "@") } else { brief }
        }
        _ => text.to_owned(),
    };
    shortened(&text, KERNEL)
}

impl Story {
    /// A line, cut if it is too long.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(&shortened(line, WIDTH));
        self.text.push('\n');
    }

    /// Items behind a title, on as many lines as they need.
    pub(super) fn list(&mut self, title: &str, items: &[String]) {
        let mut line = title.to_owned();
        for (number, item) in items.iter().enumerate() {
            let end = if number + 1 < items.len() { "; " } else { "" };
            if number > 0 && line.len() + item.len() + end.trim_end().len() > WIDTH {
                self.line(&line);
                line = " ".repeat(title.len());
            }
            line += item;
            line += end;
        }
        self.line(&line);
    }

    /// What the columns are.
    pub(super) fn heading(&mut self) {
        self.line(&row(' ', "kernel", "ms", "who", "simulator"));
    }

    /// What the kernel and the simulator did, aligned.
    pub(super) fn events(&mut self, kernel: &[Line], steps: &[Step], names: &Names) {
        let compared =
            steps.iter().enumerate().filter_map(|(place, step)| Some((place, step.line.as_ref()?)));
        let (places, simulated): (Vec<usize>, Vec<&Line>) = compared.unzip();
        let aligned = align(&kernel.iter().collect::<Vec<_>>(), &simulated);
        let (mut next, mut rest) = (0, aligned.as_slice());
        while let Some(place) = rest.first() {
            let (beside, compared) = match *place {
                Aligned::Both(line, step) => (Some(&kernel[line]), step),
                Aligned::Simulated(step) => (None, step),
                Aligned::Kernel(line) => {
                    self.only_kernel(&kernel[line], names);
                    rest = &rest[1..];
                    continue;
                }
            };
            let place = places[compared];
            for step in &steps[next..place] {
                self.step(step, None);
            }
            let together = together(rest, &places, steps);
            match (steps[place].mapped, together) {
                (Some(first), FEWEST_TOGETHER..) => {
                    self.mapped_together(first, together, &steps[place], beside.is_some());
                    rest = &rest[together..];
                    next = place + together;
                }
                _ => {
                    self.step(&steps[place], beside);
                    rest = &rest[1..];
                    next = place + 1;
                }
            }
        }
        for step in &steps[next..] {
            self.step(step, None);
        }
    }

    /// Lines of both sides, aligned.
    pub(super) fn compared(&mut self, kernel: &[Line], simulated: &[Line]) {
        for place in align(&kernel.iter().collect::<Vec<_>>(), &simulated.iter().collect::<Vec<_>>()) {
            let (mark, line) = match place {
                Aligned::Both(line, _) => ('=', &kernel[line]),
                Aligned::Kernel(line) => ('<', &kernel[line]),
                Aligned::Simulated(line) => ('>', &simulated[line]),
            };
            self.line(&format!("{mark} {}", line.text));
        }
    }

    fn only_kernel(&mut self, line: &Line, names: &Names) {
        let mark = if line.level.is_some() { '<' } else { '~' };
        let blocks = line.sectors.map(|sectors| names.of_sectors(sectors)).unwrap_or_default();
        self.line(&format!("{mark} {:<KERNEL$} {blocks}", line.text));
    }

    /// So many blocks that were mapped one by one.
    fn mapped_together(&mut self, first: OneBlock, count: usize, step: &Step, both: bool) {
        let last = |first: u64| first + count as u64 - 1;
        let OneBlock { block, physical, asked, create, new } = first;
        let marks = [(create, " create"), (new, " new")];
        let marks: String = marks.iter().filter(|(on, _)| *on).map(|(_, text)| *text).collect();
        let (asked, last_block) = (format!("max {asked}"), last(block));
        let text =
            format!("get_block {block}-{last_block} {asked}: 1 each at {physical}-{}{marks}", last(physical));
        let kernel = if both { format!("get_block {block}-{last_block}") } else { String::new() };
        let text = format!("{:1$}{text}", "", 2 * step.depth);
        let at = time(step.at);
        let mark = if both { '=' } else { '>' };
        self.tagged(&row(mark, &kernel, at.trim_end_matches(" ms"), &step.who, &text), step.tag);
    }

    fn step(&mut self, step: &Step, beside: Option<&Line>) {
        let (mark, kernel) = match (&step.line, beside, &step.returned) {
            (Some(_), Some(line), _) => ('=', brief(line)),
            (Some(line), None, _) => (if line.level.is_some() { '>' } else { '~' }, String::new()),
            (None, _, Some((returned, same))) => (if *same { '=' } else { '<' }, shortened(returned, KERNEL)),
            (None, _, None) => (' ', String::new()),
        };
        let at = time(step.at);
        let text = format!("{:1$}{2}", "", 2 * step.depth, step.text);
        self.tagged(&row(mark, &kernel, at.trim_end_matches(" ms"), &step.who, &text), step.tag);
    }

    /// A line with the tag of a rule at the right edge, or below if there is no room.
    fn tagged(&mut self, line: &str, tag: Option<&str>) {
        let tag = tag.map(|tag| format!("[{tag}]")).unwrap_or_default();
        let room = WIDTH.saturating_sub(tag.len() + 1);
        if tag.is_empty() || line.chars().count() > room {
            self.line(line);
            if !tag.is_empty() {
                self.line(&format!("{tag:>WIDTH$}"));
            }
        } else {
            // Writing to a string does not fail.
            let _ = writeln!(self.text, "{line:<room$} {tag}");
        }
    }
}

/// How many of the first rows are blocks that were mapped one by one, each behind the one before, all
/// of them on both sides or all on the simulator's.
fn together(rest: &[Aligned], places: &[usize], steps: &[Step]) -> usize {
    let side = |row: &Aligned| match *row {
        Aligned::Both(_, step) => Some((true, places[step])),
        Aligned::Simulated(step) => Some((false, places[step])),
        Aligned::Kernel(_) => None,
    };
    let goes_on = |pair: &[Aligned]| {
        let (Some((both, one)), Some((next_both, other))) = (side(&pair[0]), side(&pair[1])) else {
            return false;
        };
        let (one_step, other_step) = (&steps[one], &steps[other]);
        let mapped = one_step.mapped.zip(other_step.mapped).is_some_and(|(one, other)| one.goes_on(other));
        both == next_both && other == one + 1 && one_step.who == other_step.who && mapped
    };
    rest.windows(2).take_while(|pair| goes_on(pair)).count() + 1
}
