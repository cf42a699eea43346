//! The calls of a workload.

use sim_core::time::Time;
use sim_mpage::call::Call;
use sim_mpage::machine::{TaskSpec, TimedCall};

use super::Problem;
use super::names::NamedFiles;
use crate::calls::{Handles, parse_call, place_of_path};
use crate::load::tree::Step;
use crate::scenario::Scenario;

/// The first task's process id, unless it has one of its own.
const FIRST_PID: u32 = 100;

/// The calls of a set-up that is not a task's own, and the tasks.
pub(super) fn workload(
    scenario: &Scenario,
    names: &mut NamedFiles,
    problems: &mut Vec<Problem>,
) -> (Vec<Call>, Vec<TaskSpec>) {
    let mut handles = Handles::new();
    let setup = calls(&scenario.setup, &["setup".into()], names, &mut handles, problems);
    let workload = &scenario.workload;
    let tasks = match (&workload.calls, workload.tasks.is_empty()) {
        (Some(list), true) => {
            let path = ["workload".into(), "calls".into()];
            // What the setup opened stays open for the one process.
            let calls = calls(list, &path, names, &mut handles, problems);
            let main = task("main", FIRST_PID, Time::ZERO, calls);
            let setup = setup.into_iter().map(TimedCall::once).collect();
            return (Vec::new(), vec![TaskSpec { setup, ..main }]);
        }
        (None, false) => tasks(scenario, names, problems),
        (both, _) => {
            let message = if both.is_some() { "both calls and tasks" } else { "no workload" };
            let problem = Problem::new(["workload".into()], message);
            let problem = problem.expecting(match both {
                Some(_) => "expected either \"calls\" or \"tasks\"",
                None => "expected a key \"workload\" with \"calls\" or \"tasks\"",
            });
            problems
                .push(problem.helped_by("\"workload\": { \"calls\": [\"open f /f r\", \"read f 64KiB\"] }"));
            Vec::new()
        }
    };
    (setup, tasks)
}

fn tasks(scenario: &Scenario, names: &mut NamedFiles, problems: &mut Vec<Problem>) -> Vec<TaskSpec> {
    let numbered = (FIRST_PID..).zip(scenario.workload.tasks.iter());
    numbered
        .map(|(default_pid, (name, one))| {
            let path = ["workload".into(), "tasks".into(), name.into(), "calls".into()];
            let calls = calls(&one.calls, &path, names, &mut Handles::new(), problems);
            let start = Time::from_nanoseconds(one.start.0.nanoseconds());
            task(name, one.pid.unwrap_or(default_pid), start, calls)
        })
        .collect()
}

fn task(name: &str, pid: u32, start: Time, calls: Vec<Call>) -> TaskSpec {
    let calls = calls.into_iter().map(TimedCall::once).collect();
    TaskSpec { name: name.to_owned(), pid, start, setup: Vec::new(), calls }
}

fn calls(
    texts: &[String],
    path: &[Step],
    names: &mut NamedFiles,
    handles: &mut Handles,
    problems: &mut Vec<Problem>,
) -> Vec<Call> {
    let mut calls = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let path = || path.iter().cloned().chain([Step::Index(index)]);
        let spot = || (path().collect(), place_of_path(text));
        match names.naming(|names| parse_call(text, names, handles), spot) {
            Ok(call) => calls.push(call),
            Err(error) => {
                if let Some(["open", handle]) = text.split(' ').collect::<Vec<_>>().get(..2) {
                    handles.assume_open(handle);
                }
                let problem = Problem::new(path(), error.problem.to_string());
                let problem = problem.within(error.span).expecting(error.problem.expected());
                problems.push(Problem { help: error.problem.help(), ..problem });
            }
        }
    }
    calls
}
