//! Levels of fidelity, and the first difference at one of them.

use super::align::{Aligned, align};
use super::causes::Causes;
use super::lines::Line;
use super::names::Names;
use super::recorded::Recorded;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Every bio, as it was queued.
    L1,
    /// Every request, as it was issued.
    L2,
    /// Every call of the filesystem's mapper.
    GetBlock,
    /// What each call returned.
    Results,
    /// The files' maps at the end.
    FilesAfter,
    /// Every event in order; shown, and counts for nothing.
    Events,
}

/// How many equal lines are shown before a difference, and of any longer run of them.
const CONTEXT: usize = 3;

/// How many lines of each side behind a difference are aligned.
const ALIGNED: usize = 64;

/// How many lines behind a difference are shown.
const SHOWN: usize = 16;

/// Shorter runs of I/Os of one kind, each behind the one before, are not told in one line.
const FEWEST_ALIKE: usize = 3;

impl Level {
    /// All levels, in the order in which they are told.
    pub const ALL: [Level; 6] =
        [Level::L1, Level::L2, Level::GetBlock, Level::Results, Level::FilesAfter, Level::Events];

    /// Its name in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Level::L1 => "l1",
            Level::L2 => "l2",
            Level::GetBlock => "get_block",
            Level::Results => "results",
            Level::FilesAfter => "files_after",
            Level::Events => "events",
        }
    }

    /// Its name in text.
    pub const fn title(self) -> &'static str {
        match self {
            Level::FilesAfter => "files after",
            other => other.key(),
        }
    }

    /// Whether a difference here is a failure.
    pub fn counts(self) -> bool {
        self != Level::Events
    }

    /// Whether a trace is good for this level.
    pub fn applies_to(self, recorded: &Recorded) -> bool {
        let names = |level: &str| recorded.compare.iter().any(|name| name == level);
        match self {
            Level::L1 | Level::GetBlock => names("l1"),
            Level::L2 | Level::Events => names("l2"),
            Level::Results => true,
            Level::FilesAfter => recorded.files_after.is_some(),
        }
    }

    fn takes(self, line: &Line) -> bool {
        match (self, line.level) {
            (_, None) => false,
            (Level::Events, Some(level)) => level != Level::Results && level != Level::FilesAfter,
            (level, Some(of_line)) => of_line == level,
        }
    }

    /// The first line at which the two sides differ.
    pub(super) fn difference(self, kernel: &[Line], causes: &Causes<'_>) -> Option<Difference> {
        let kernel: Vec<_> = kernel.iter().filter(|line| self.takes(line)).collect();
        let simulated: Vec<_> = causes.lines.iter().filter(|line| self.takes(line)).collect();
        let same = kernel.iter().zip(&simulated).take_while(|(left, right)| left.same(right)).count();
        if same == kernel.len() && same == simulated.len() {
            return None;
        }
        let names = causes.names;
        let show =
            |line: Option<&&Line>| line.map_or_else(|| "nothing more".to_owned(), |line| shown(line, names));
        let first = same.saturating_sub(CONTEXT);
        let window = |side: &[&Line]| first..side.len().min(same + ALIGNED);
        let event = simulated.get(same).and_then(|line| line.event);
        Some(Difference {
            at: same,
            expected: show(kernel.get(same)),
            got: show(simulated.get(same)),
            rows: rows(&kernel[window(&kernel)], &simulated[window(&simulated)], names),
            because: event.map(|event| causes.of(event)).unwrap_or_default(),
        })
    }
}

fn shown(line: &Line, names: &Names) -> String {
    match line.sectors {
        Some(sectors) => with_blocks(&line.text, sectors, names),
        None => line.text.clone(),
    }
}

fn with_blocks(text: &str, sectors: (u64, u64), names: &Names) -> String {
    format!("{text:<20} {}", names.of_sectors(sectors))
}

/// Whose a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Both have it.
    Both,
    /// Only the kernel has it there.
    Kernel,
    /// Only the simulator has it there.
    Simulated,
}

/// A line around a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Whose it is.
    pub side: Side,
    /// What it says.
    pub text: String,
}

/// Both sides around a difference, aligned; what is alike is told in one line.
fn rows(kernel: &[&Line], simulated: &[&Line], names: &Names) -> Vec<Row> {
    let aligned = align(kernel, simulated);
    let placed: Vec<(Side, &Line)> = aligned
        .into_iter()
        .map(|place| match place {
            Aligned::Both(place, _) => (Side::Both, kernel[place]),
            Aligned::Kernel(place) => (Side::Kernel, kernel[place]),
            Aligned::Simulated(place) => (Side::Simulated, simulated[place]),
        })
        .collect();
    let mut rows = Vec::new();
    let mut rest = placed.as_slice();
    while let Some((side, line)) = rest.first() {
        let equal = rest.iter().take_while(|(side, _)| *side == Side::Both).count();
        if equal > CONTEXT {
            rows.push(Row { side: Side::Both, text: format!("{equal} equal lines") });
            rest = &rest[equal..];
            continue;
        }
        let alike = alike(rest);
        let text = match (alike >= FEWEST_ALIKE, line.sectors) {
            (true, Some((sector, sectors))) => {
                let text = format!("{} x{alike}", line.text);
                with_blocks(&text, (sector, sectors * alike as u64), names)
            }
            _ => shown(line, names),
        };
        rows.push(Row { side: *side, text });
        rest = &rest[if alike >= FEWEST_ALIKE { alike } else { 1 }..];
    }
    let most = rows.iter().take_while(|row| row.side == Side::Both).count() + SHOWN;
    let more = rows.len().saturating_sub(most);
    if more > 0 {
        rows.truncate(most);
        rows.push(Row { side: Side::Both, text: format!("... and {more} lines more") });
    }
    rows
}

/// How many lines from the first on are I/Os of one kind, one side and one length, each behind the
/// one before.
fn alike(lines: &[(Side, &Line)]) -> usize {
    let kind = |line: &Line| line.text.rsplit_once(' ').map(|(kind, _)| kind.to_owned());
    let follows = |(side, line): &(Side, &Line), (next_side, next): &(Side, &Line)| {
        let (Some((sector, sectors)), Some(next_extent)) = (line.sectors, next.sectors) else { return false };
        side == next_side && next_extent == (sector + sectors, sectors) && kind(line) == kind(next)
    };
    lines.windows(2).take_while(|pair| follows(&pair[0], &pair[1])).count() + 1
}

/// Where two sides part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// How many lines are the same before it.
    pub at: usize,
    /// The kernel's line.
    pub expected: String,
    /// The simulator's.
    pub got: String,
    /// Both sides around it, aligned.
    pub rows: Vec<Row>,
    /// Why the simulator did what it did: from the call on, a line each.
    pub because: Vec<String>,
}

impl Difference {
    pub(super) fn not_run(why: &str) -> Difference {
        Difference {
            at: 0,
            expected: "a run".to_owned(),
            got: why.to_owned(),
            rows: Vec::new(),
            because: Vec::new(),
        }
    }
}
