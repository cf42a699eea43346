//! Comparisons in a line of words each, made from what the arms differ in, their aligned orders,
//! their figures, and what their traces show; never from a scenario's name.

mod figures;
mod moved;
mod subject;
mod unchanged;

#[cfg(test)]
mod tests;

use crate::run::{ArmRun, ScenarioRun};
use moved::Order;

/// What the last arm does otherwise than the first; none without at least two arms.
pub fn comparison(run: &ScenarioRun) -> Option<String> {
    let [left, .., right] = run.arms.as_slice() else { return None };
    Some(line(left, right))
}

/// What each further arm does otherwise than the first, a line an arm.
pub fn lines(run: &ScenarioRun) -> Vec<String> {
    match run.arms.as_slice() {
        [] | [_] => Vec::new(),
        [left, right] => vec![line(left, right)],
        [left, others @ ..] => {
            others.iter().map(|right| format!("{}: {}", right.name, line(left, right))).collect()
        }
    }
}

fn line(left: &ArmRun, right: &ArmRun) -> String {
    let differences = subject::differences(left, right);
    let subject = subject::subject(&differences, &right.name);
    let figures = figures::figures(left, right);
    match moved::order(left, right) {
        Order::Same if figures.is_empty() => {
            let why = unchanged::why(&differences, left, right);
            let why = why.unwrap_or_else(|| "the same I/O in the same order and time".to_owned());
            format!("{subject} changes nothing: {why}")
        }
        Order::Same => format!("{subject} sends the same I/O in the same order: {}", figures.join(", ")),
        Order::Other(order) => {
            let same_time = left.figures.simulated_time_ns == right.figures.simulated_time_ns;
            let end = if same_time { ", in the same time" } else { "" };
            let figures =
                if figures.is_empty() { String::new() } else { format!(": {}", figures.join(", ")) };
            format!("{subject} {order}{figures}{end}")
        }
    }
}
