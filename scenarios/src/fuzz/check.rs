//! What must hold of every run.

mod ledger;
mod pages;
mod results;

use sim_core::io::{Operation, Piece, Reason};
use sim_core::trace::{Event, Memory, Nothing, What};
use sim_disk::device::BlockDevice;
use sim_mpage::machine::Machine;
use sim_mpage::run::{Outcome, RunError, run};

use crate::prepare::prepare;
use crate::scenario::Scenario;

use ledger::Ledger;

/// What does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The scenario makes no sense: whoever drew it is wrong.
    #[error("no scenario: {0}")]
    NoScenario(String),
    /// The run did not come to its end.
    #[error("the run failed: {0}")]
    Run(String),
    /// An event of the trace, or what they come to in the end, is wrong.
    #[error("the trace: {0}")]
    Trace(String),
    /// A call returned what it cannot.
    #[error("a result: {0}")]
    Result(String),
    /// The device's figures or those of the run are not what the trace comes to.
    #[error("figures: {0}")]
    Figures(String),
    /// The same run twice is not the same.
    #[error("the second run: {0}")]
    NotRepeatable(String),
    /// With shuffled ties something happens that does not without, or the other way round.
    #[error("with shuffled ties: {0}")]
    Shuffled(String),
}

impl Failure {
    /// Whether both are of one kind, so that cutting a case down does not change what is wrong.
    pub fn is_like(&self, other: &Failure) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// What a case that holds came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// It ran out of memory, which it may if that is bounded.
    pub out_of_memory: bool,
    /// Requests that failed.
    pub errors: u64,
    /// I/Os that were queued.
    pub ios: u64,
}

/// Runs a scenario, again, and with shuffled ties.
///
/// # Errors
/// The first thing that does not hold.
pub fn check(scenario: &Scenario) -> Result<Ran, Failure> {
    let machine = prepare(scenario, &|_| Err("no images here".to_owned())).map_err(|problems| {
        let problems: Vec<_> =
            problems.iter().map(|problem| format!("{:?}: {}", problem.path, problem.message)).collect();
        Failure::NoScenario(problems.join("; "))
    })?;
    let Some(first) = run_and_check(&machine, &machine)? else {
        return Ok(Ran { out_of_memory: true, ..Ran::default() });
    };
    let again =
        run(machine.clone(), &mut Nothing).map_err(|error| Failure::NotRepeatable(error.to_string()))?;
    if again.digests != first.outcome.digests || again.figures != first.outcome.figures {
        return Err(Failure::NotRepeatable("another digest".to_owned()));
    }
    check_shuffled(&machine, scenario.seed, &first)?;
    let figures = &first.outcome.figures;
    Ok(Ran { out_of_memory: false, errors: figures.failed_requests, ios: figures.ios })
}

struct Checked {
    outcome: Outcome,
    ios: Vec<Io>,
}

/// An I/O without its time and number.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Io(Operation, u64, u32, Vec<Piece>, Reason);

/// With ties in another order the same things hold; a task that is alone does the same I/O.
fn check_shuffled(machine: &Machine, seed: u64, first: &Checked) -> Result<(), Failure> {
    let shuffled = Machine { shuffle_ties: Some(seed), ..machine.clone() };
    let wrong = |what: String| Failure::Shuffled(what);
    let Some(other) = run_and_check(&shuffled, machine).map_err(|failure| wrong(failure.to_string()))? else {
        return if machine.tasks.len() > 1 { Ok(()) } else { Err(wrong("out of memory".to_owned())) };
    };
    if machine.tasks.len() > 1 {
        return Ok(());
    }
    let counts = |outcome: &Outcome| (outcome.figures.ios, outcome.figures.requests, outcome.figures.bytes);
    let (mine, theirs) = (counts(&first.outcome), counts(&other.outcome));
    if mine != theirs {
        return Err(wrong(format!("I/Os, requests and bytes were {mine:?}, and are {theirs:?}")));
    }
    match first.ios.iter().zip(&other.ios).find(|(mine, theirs)| mine != theirs) {
        Some((mine, theirs)) => Err(wrong(format!("{mine:?} was sent, and is {theirs:?}"))),
        None if first.outcome.results == other.outcome.results => Ok(()),
        None => Err(wrong("the calls return something else".to_owned())),
    }
}

/// Runs a machine and checks everything that the run alone can tell; `None` if it ran out of a
/// memory that is bounded.
fn run_and_check(machine: &Machine, plain: &Machine) -> Result<Option<Checked>, Failure> {
    let mut memory = Memory { events: Vec::new(), details: true };
    let outcome = match run(machine.clone(), &mut memory) {
        Ok(outcome) => outcome,
        Err(RunError::OutOfMemory { .. }) if plain.kernel.memory_pages.is_some() => return Ok(None),
        Err(error) => return Err(Failure::Run(error.to_string())),
    };
    let mut ledger = Ledger::new(machine).map_err(Failure::Trace)?;
    for event in &memory.events {
        ledger.take(event).map_err(|what| Failure::Trace(format!("{}: {event:?}", what)))?;
    }
    let sums = ledger.finish().map_err(Failure::Trace)?;
    figures(&outcome, &sums, machine)?;
    results::check(machine, &outcome.results, sums.failed > 0).map_err(Failure::Result)?;
    Ok(Some(Checked { outcome, ios: memory.events.iter().filter_map(io).collect() }))
}

fn io(event: &Event) -> Option<Io> {
    match &event.what {
        What::Queued { operation, sector, sectors, pieces, reason, .. } => {
            Some(Io(*operation, sector.0, *sectors, pieces.clone(), *reason))
        }
        _ => None,
    }
}

/// The device's statistics and the run's figures against sums over the trace.
fn figures(outcome: &Outcome, sums: &ledger::Sums, machine: &Machine) -> Result<(), Failure> {
    let (device, figures) = (&outcome.device, &outcome.figures);
    let before = machine.device.statistics();
    let pairs = [
        ("the device's requests", device.requests - before.requests, sums.requests),
        ("the device's sectors read", device.sectors_read - before.sectors_read, sums.sectors),
        ("the device's sectors written", device.sectors_written - before.sectors_written, 0),
        ("the run's I/Os", figures.ios, sums.ios),
        ("the run's requests", figures.requests, sums.requests),
        ("the run's bytes", figures.bytes, sums.sectors * 512),
        ("the run's failed requests", figures.failed_requests, sums.failed),
        ("the run's latencies", figures.latency.count, sums.requests),
        ("the run's queued latencies", figures.queued.count, sums.ios),
        ("the run's time", figures.simulated_time_ns, outcome.simulated_time.nanoseconds()),
    ];
    for (name, told, counted) in pairs {
        if told != counted {
            return Err(Failure::Figures(format!("{name}: {told}; in the trace: {counted}")));
        }
    }
    if figures.parts != sums.parts {
        return Err(Failure::Figures("the parts of the times of the run".to_owned()));
    }
    for (part, in_device) in device.parts.iter() {
        let host = part == sim_core::io::Part::HostQueue;
        if !host && in_device != sums.parts.get(part) {
            return Err(Failure::Figures(format!("the device's {}: {in_device}", part.key())));
        }
    }
    if device.busy > outcome.simulated_time {
        return Err(Failure::Figures(format!("the device was busy for {}", device.busy)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::named::Named;
    use crate::scenario::workload::Task;

    fn scenario(calls: &[&str]) -> Scenario {
        let mut scenario: Scenario = serde_json::from_value(serde_json::json!({
            "filesystem": { "files": { "/f": { "layout": "0-11@1000 ind@1012 12-15@1013" } } },
        }))
        .unwrap();
        let calls = calls.iter().map(|&call| call.to_owned()).collect();
        scenario.workload.tasks = Named(vec![("one".to_owned(), Task { calls, ..Task::default() })]);
        scenario
    }

    /// The machine of the classic, with these calls.
    pub(super) fn machine(calls: &[&str]) -> Machine {
        prepare(&scenario(calls), &|_| Err(String::new())).unwrap()
    }

    #[test]
    fn what_makes_no_sense_is_told_apart_from_what_fails() {
        assert!(check(&scenario(&["open f /f r", "read f 1MiB"])).is_ok());
        assert!(matches!(check(&scenario(&["read f 1"])), Err(Failure::NoScenario(_))));
    }

    #[test]
    fn figures_that_differ_from_the_trace_are_found() {
        let machine = machine(&["open f /f r", "read f 64KiB"]);
        let checked = run_and_check(&machine, &machine).unwrap().unwrap();
        let changes: [fn(&mut Outcome); 5] = [
            |outcome| outcome.device.requests += 1,
            |outcome| outcome.device.sectors_read -= 1,
            |outcome| outcome.figures.bytes += 1,
            |outcome| outcome.figures.queued.count -= 1,
            |outcome| outcome.device.busy = outcome.simulated_time + outcome.simulated_time,
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut outcome = checked.outcome.clone();
            let sums = account(&machine, &outcome);
            assert!(figures(&outcome, &sums, &machine).is_ok());
            change(&mut outcome);
            assert!(figures(&outcome, &sums, &machine).is_err(), "change {number}");
        }
    }

    fn account(machine: &Machine, outcome: &Outcome) -> ledger::Sums {
        let mut memory = Memory { details: true, ..Memory::default() };
        let again = run(machine.clone(), &mut memory).unwrap();
        assert_eq!(again.digests, outcome.digests);
        let mut ledger = Ledger::new(machine).unwrap();
        memory.events.iter().for_each(|event| ledger.take(event).unwrap());
        ledger.finish().unwrap()
    }
}
