//! What `conform` prints: the first difference of each trace, and how many are equal.

use std::fmt::Write;

use serde::Serialize;

use super::Verdict;
use super::level::{Difference, Level};

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

/// The first difference that counts of each trace, and the counts; the last line is for scripts.
pub fn text(verdicts: &[Verdict]) -> String {
    let mut text = String::new();
    for verdict in verdicts {
        let mut levels = verdict.levels.iter().filter(|(level, _)| level.counts());
        if let Some((level, difference)) =
            levels.find_map(|(level, difference)| Some((*level, difference.as_ref()?)))
        {
            write_difference(&mut text, &verdict.id, level, difference);
        }
    }
    for level in Level::ALL.into_iter().skip(2) {
        let Count { equal, of } = count(verdicts, level);
        if of > 0 {
            let note = if level.counts() { "" } else { " (shown only)" };
            let _ = writeln!(text, "{}: {equal} of {of} equal{note}", level.key());
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
    let _ = writeln!(text, "{id}: {} differs behind {} equal lines", level.key(), difference.at);
    let sides = difference.before.iter().map(|line| ("both", line));
    let sides = sides.chain([("kernel", &difference.expected)]);
    let sides = sides.chain(difference.expected_after.iter().map(|line| ("kernel", line)));
    let sides = sides.chain([("simulated", &difference.got)]);
    let sides = sides.chain(difference.got_after.iter().map(|line| ("simulated", line)));
    for (side, line) in sides {
        let _ = writeln!(text, "  {side:<10} {line}");
    }
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
