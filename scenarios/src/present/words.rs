//! A comparison in one line of words, made from the aligned orders and the figures.

use crate::compare::{Alignment, Moved, align};
use crate::run::{ArmRun, ScenarioRun};

/// What the last arm does otherwise than the first; none without at least two arms.
pub fn comparison(run: &ScenarioRun) -> Option<String> {
    let [left, .., right] = run.arms.as_slice() else { return None };
    let order = order(left, right);
    let figures = figures(left, right);
    let what = [order, figures].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ");
    if what.is_empty() {
        return Some(format!("{} and {} come to the same", left.name, right.name));
    }
    Some(format!("{} against {}: {what}", right.name, left.name))
}

fn order(left: &ArmRun, right: &ArmRun) -> String {
    match align(left.record.bios(), right.record.bios()) {
        Alignment::TooDifferent { left, right } => format!("{left} pieces of I/O became {right} others"),
        Alignment::Aligned(moved) => match moved.as_slice() {
            [] => String::new(),
            [one] => moved_one(one),
            [first, rest @ ..] => {
                format!("{}, and {} more pieces are elsewhere", moved_one(first), rest.len())
            }
        },
    }
}

fn moved_one(moved: &Moved) -> String {
    let Moved { blocks, left, right } = moved;
    match (left, right) {
        (Some(left), Some(right)) if left < right => format!("{blocks} is queued later"),
        (Some(_), Some(_)) => format!("{blocks} is queued earlier"),
        (Some(_), None) => format!("{blocks} is not queued"),
        (None, _) => format!("{blocks} is queued as well"),
    }
}

fn figures(left: &ArmRun, right: &ArmRun) -> String {
    let (before, after) = (&left.figures, &right.figures);
    let counted = [
        ("request", before.requests, after.requests),
        ("backward step", before.backward_steps, after.backward_steps),
    ];
    let counted = counted.into_iter().filter(|(_, before, after)| before != after);
    let mut said: Vec<String> = counted
        .map(|(name, before, after)| {
            let plural = if after == 1 { "" } else { "s" };
            format!("{after} {name}{plural} instead of {before}")
        })
        .collect();
    said.extend(time(before.simulated_time_ns, after.simulated_time_ns));
    said.join(", ")
}

fn time(before: u64, after: u64) -> Option<String> {
    let difference = before.abs_diff(after);
    if difference == 0 {
        return None;
    }
    let direction = if after < before { "sooner" } else { "later" };
    let percent = u128::from(difference) * 100 / u128::from(before.max(1));
    Some(format!("{} ({percent} %) {direction}", reports::format::short_time(difference)))
}
