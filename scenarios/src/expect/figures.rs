//! The figures that assertions may name, and what they are worth.

use sim_core::statistics::Summary;

use super::expression::{Figure, Vocabulary, WrongName};
use super::rational::Rational;
use super::read::KnownArm;
use crate::nearest::{help_for, nearest};
use crate::run::{ArmRun, ScenarioRun};

/// Requests that were completed without an error.
const COMPLETED: &str = "completed";

impl Vocabulary for &[KnownArm<'_>] {
    fn figure(&self, arm: &str, figure: &[String]) -> Result<(), WrongName> {
        let Some(known) = self.iter().find(|known| known.name == arm) else {
            let names: Vec<&str> = self.iter().map(|known| known.name).collect();
            let (message, help) = (format!("no arm \"{arm}\""), help_for(arm, &names));
            return Err(WrongName { part: 0, message, help });
        };
        match figure {
            [] => Err(WrongName {
                part: 0,
                message: format!("which figure of the arm \"{arm}\"?"),
                help: format!("for example {arm}.ios"),
            }),
            [first, task, last] if first == "calls" && last == "failed" => task_of(known, task),
            path => of_run(&path.join(".")),
        }
    }
}

fn task_of(arm: &KnownArm<'_>, task: &str) -> Result<(), WrongName> {
    let Some(machine) = arm.machine else { return Ok(()) };
    let tasks: Vec<&str> = machine.tasks.iter().map(|task| task.name.as_str()).collect();
    if tasks.contains(&task) {
        return Ok(());
    }
    Err(WrongName { part: 2, message: format!("no task \"{task}\""), help: help_for(task, &tasks) })
}

fn of_run(name: &str) -> Result<(), WrongName> {
    let figures = Summary::default().figures();
    let mut known: Vec<&str> = figures.iter().map(|(name, _)| name.as_str()).collect();
    known.push(COMPLETED);
    if known.contains(&name) {
        return Ok(());
    }
    let help = match nearest(name, known) {
        Some(name) => format!("did you mean \"{name}\"?"),
        None => {
            "figures are those of mpagesim run --format json, completed, and calls.TASK.failed".to_owned()
        }
    };
    Err(WrongName { part: 1, message: format!("no figure \"{name}\""), help })
}

/// What a figure is worth in a run; none if the run has no such arm.
pub(super) fn value(figure: &Figure, run: &ScenarioRun) -> Option<Rational> {
    let arm = run.arms.iter().find(|arm| arm.name == figure.arm)?;
    let value = match figure.path.as_slice() {
        [first, task, last] if first == "calls" && last == "failed" => failed_calls(arm, task)?,
        [name] if name == COMPLETED => arm.figures.latency.count.saturating_sub(arm.figures.failed_requests),
        path => {
            let name = path.join(".");
            arm.figures.figures().into_iter().find(|(known, _)| *known == name)?.1
        }
    };
    Some(Rational::whole(value))
}

/// The calls of a task that returned an error.
fn failed_calls(arm: &ArmRun, task: &str) -> Option<u64> {
    let task = arm.workload.iter().position(|name| name == task)?;
    let results = arm.results.get(task)?;
    Some(results.iter().filter(|result| **result < 0).count() as u64)
}
