//! What `conform` prints: the first difference of each trace at each level, and how many are equal.

use std::fmt::Write;

use serde::Serialize;

use super::Verdict;
use super::level::{Difference, Level, Side};

/// Equal traces of those compared at a level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// How many are equal.
    pub equal: usize,
    /// Of how many.
    pub of: usize,
}

/// How many traces are equal at a level.
pub fn count(verdicts: &[Verdict], level: Level) -> Count {
    let compared = verdicts.iter().flat_map(|verdict| &verdict.levels).filter(|(at, _)| *at == level);
    let equal = compared.clone().filter(|(_, difference)| difference.is_none()).count();
    Count { equal, of: compared.count() }
}

/// Whether every trace is equal at every level that counts.
pub fn all_equal(verdicts: &[Verdict]) -> bool {
    let mut levels = verdicts.iter().flat_map(|verdict| &verdict.levels);
    levels.all(|(level, difference)| !level.counts() || difference.is_none())
}

/// The differences of a trace that count; of one that was not run, the first: they are all the same.
fn to_be_told(verdict: &Verdict) -> Vec<(Level, &Difference)> {
    let levels = verdict.levels.iter().filter(|(level, _)| level.counts());
    let mut told: Vec<_> =
        levels.filter_map(|(level, difference)| Some((*level, difference.as_ref()?))).collect();
    told.dedup_by(|(_, one), (_, before)| one.rows.is_empty() && one == before);
    told
}

/// The differences that count of each trace, and the counts; the last line is for scripts.
pub fn text(verdicts: &[Verdict]) -> String {
    let mut text = String::new();
    for verdict in verdicts {
        for (level, difference) in to_be_told(verdict) {
            write_difference(&mut text, &verdict.id, level, difference);
        }
    }
    for level in Level::ALL.into_iter().skip(2) {
        let Count { equal, of } = count(verdicts, level);
        if of > 0 {
            let note = if level.counts() { "" } else { " (shown only)" };
            let _ = writeln!(text, "{}: {equal} of {of} equal{note}", level.title());
        }
    }
    let (l1, l2) = (count(verdicts, Level::L1), count(verdicts, Level::L2));
    let _ = writeln!(
        text,
        "conform: {} of {} traces equal at L1 (bio), {} of {} at L2 (issue)",
        l1.equal, l1.of, l2.equal, l2.of
    );
    text
}

fn write_difference(text: &mut String, id: &str, level: Level, difference: &Difference) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{id}: {} differs behind {} equal lines", level.title(), difference.at);
    if difference.rows.is_empty() {
        let _ = writeln!(text, "  {}", difference.got);
    }
    for row in &difference.rows {
        let side = match row.side {
            Side::Both => "both",
            Side::Kernel => "kernel",
            Side::Simulated => "simulated",
        };
        let _ = writeln!(text, "  {side:<10} {}", row.text);
    }
    for (number, line) in difference.because.iter().enumerate() {
        let why = if number == 0 { "because" } else { "" };
        let _ = writeln!(text, "  {why:<10} {:1$}{line}", "", 2 * number);
    }
    text.push('\n');
}

/// The report as data.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// How many traces were compared.
    pub traces: usize,
    /// Equal traces by level.
    pub levels: Levels,
    /// Differences that count.
    pub failures: Vec<Failure>,
}

/// Equal traces by level.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Levels {
    /// Bios.
    pub l1: Count,
    /// Requests.
    pub l2: Count,
    /// Calls of the mapper.
    pub get_block: Count,
    /// What calls returned.
    pub results: Count,
    /// The files' maps at the end.
    pub files_after: Count,
    /// All events; counts for nothing.
    pub events: Count,
}

/// A difference that counts.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// The trace.
    pub id: String,
    /// The level.
    pub level: &'static str,
    /// How many lines are the same before it.
    pub at: usize,
    /// The kernel's line.
    pub expected: String,
    /// The simulator's.
    pub got: String,
}

/// The report as data.
pub fn data(verdicts: &[Verdict]) -> Report {
    let failures = verdicts.iter().flat_map(|verdict| {
        let differing = verdict.levels.iter().filter(|(level, _)| level.counts());
        differing.filter_map(|(level, difference)| {
            let difference = difference.as_ref()?;
            Some(Failure {
                id: verdict.id.clone(),
                level: level.key(),
                at: difference.at,
                expected: difference.expected.clone(),
                got: difference.got.clone(),
            })
        })
    });
    Report {
        traces: verdicts.len(),
        levels: Levels {
            l1: count(verdicts, Level::L1),
            l2: count(verdicts, Level::L2),
            get_block: count(verdicts, Level::GetBlock),
            results: count(verdicts, Level::Results),
            files_after: count(verdicts, Level::FilesAfter),
            events: count(verdicts, Level::Events),
        },
        failures: failures.collect(),
    }
}
