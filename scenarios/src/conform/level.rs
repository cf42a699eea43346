//! Levels of fidelity, and the first difference at one of them.

use super::lines::{Line, Names};
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

/// How many lines around a difference are shown.
const CONTEXT: usize = 3;

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
        match self {
            Level::Events => line.level != Level::Results && line.level != Level::FilesAfter,
            level => line.level == level,
        }
    }

    /// The first line at which the two sides differ.
    pub(super) fn difference(self, kernel: &[Line], simulated: &[Line], names: &Names) -> Option<Difference> {
        let kernel: Vec<_> = kernel.iter().filter(|line| self.takes(line)).collect();
        let simulated: Vec<_> = simulated.iter().filter(|line| self.takes(line)).collect();
        let same = kernel.iter().zip(&simulated).take_while(|(left, right)| left == right).count();
        if same == kernel.len() && same == simulated.len() {
            return None;
        }
        let show =
            |line: Option<&&Line>| line.map_or_else(|| "nothing more".to_owned(), |line| shown(line, names));
        let first = same.saturating_sub(CONTEXT);
        let after = |side: &[&Line]| {
            side.iter().skip(same + 1).take(CONTEXT).map(|line| shown(line, names)).collect()
        };
        Some(Difference {
            at: same,
            before: kernel[first..same].iter().map(|line| shown(line, names)).collect(),
            expected: show(kernel.get(same)),
            got: show(simulated.get(same)),
            expected_after: after(&kernel),
            got_after: after(&simulated),
        })
    }
}

fn shown(line: &Line, names: &Names) -> String {
    match line.sectors {
        Some(sectors) => format!("{:<20} {}", line.text, names.of_sectors(sectors)),
        None => line.text.clone(),
    }
}

/// Where two sides part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// How many lines are the same before it.
    pub at: usize,
    /// The last of these.
    pub before: Vec<String>,
    /// The kernel's line.
    pub expected: String,
    /// The simulator's.
    pub got: String,
    /// What follows in the kernel.
    pub expected_after: Vec<String>,
    /// What follows in the simulator.
    pub got_after: Vec<String>,
}

impl Difference {
    pub(super) fn not_run(why: &str) -> Difference {
        Difference {
            at: 0,
            before: Vec::new(),
            expected: "a run".to_owned(),
            got: why.to_owned(),
            expected_after: Vec::new(),
            got_after: Vec::new(),
        }
    }
}
