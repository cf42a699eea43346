//! Calls that are made several times, and runs of which little is told.

use sim_core::time::Time;
use sim_core::trace::{Memory, Nothing, Sink};
use sim_mpage::call::{Access, Call};
use sim_mpage::machine::{TaskSpec, TimedCall};
use sim_mpage::run::{Outcome, run};

use crate::bench::{Bench, F, H, pread, read};

const LAYOUT: &str = "0-11@1000 ind@1012 12-59@1013";

fn run_calls(bench: &Bench, calls: &[(Call, u32)], sink: &mut dyn Sink) -> Outcome {
    let mut machine = bench.machine.clone();
    machine.tasks = vec![TaskSpec {
        name: "wl".to_owned(),
        pid: 101,
        start: Time::ZERO,
        setup: vec![TimedCall::once(Call::Open { handle: H, file: F, access: Access::ReadWrite })],
        calls: calls.iter().map(|&(call, times)| TimedCall { times, ..TimedCall::once(call) }).collect(),
    }];
    run(machine, sink).unwrap()
}

fn repeated(bench: &Bench, calls: &[(Call, u32)]) -> Outcome {
    run_calls(bench, calls, &mut Nothing)
}

fn written_out(bench: &Bench, calls: &[(Call, u32)]) -> Outcome {
    let once = calls.iter().flat_map(|&(call, times)| (0..times).map(move |_| (call, 1)));
    run_calls(bench, &once.collect::<Vec<_>>(), &mut Nothing)
}

/// Pages that are cached already are read so often that the trace has to be taken out on the way.
#[test]
fn a_repeated_call_is_the_call_written_out() {
    let bench = Bench::new(4096, LAYOUT);
    let calls = [(read(10_000), 30), (pread(0, 4096), 3_000), (read(4096), 0)];
    let (short, long) = (repeated(&bench, &calls), written_out(&bench, &calls));
    assert_eq!(short.digests, long.digests);
    assert_eq!(short.figures, long.figures);
    assert_eq!(short.simulated_time, long.simulated_time);
    let sum = |results: &[i64]| results.iter().sum::<i64>();
    let (reads, preads) = long.results[0].split_at(30);
    assert_eq!(short.results, [[sum(reads), sum(preads), 0]]);
    assert_eq!(short.results[0][0], 60 * 4096);
}

#[test]
fn the_first_error_is_the_result_of_a_repeated_call() {
    let bench = Bench::new(4096, "0-4@1000 5-9@2000").bad_block(2000, None);
    let calls = [(read(20_480), 4)];
    assert_eq!(written_out(&bench, &calls).results, [[20_480, -5, -5, -5]]);
    assert_eq!(repeated(&bench, &calls).results, [[-5]]);
}

#[test]
fn digests_and_figures_do_not_depend_on_what_the_sink_wants() {
    let bench = Bench::new(4096, LAYOUT);
    let calls = [(read(10_000), 30), (Call::Drop, 1), (pread(0, 65_536), 2)];
    let untold = repeated(&bench, &calls);
    let mut told = Vec::new();
    for details in [false, true] {
        let mut memory = Memory { details, ..Memory::default() };
        let outcome = run_calls(&bench, &calls, &mut memory);
        assert_eq!((outcome.digests, outcome.figures), (untold.digests, untold.figures));
        told.push(memory.events.len());
    }
    assert!(told[0] < told[1], "{told:?}");
}
