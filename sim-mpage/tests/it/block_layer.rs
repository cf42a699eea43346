//! The block layer as the kernel drives it: its worker among the processes, and what a bio costs.

use sim_core::task::Precedence;
use sim_core::time::{Duration, Time};
use sim_core::trace::{Memory, What};
use sim_disk::block::SchedulerKind;
use sim_mpage::call::{Access, Call};
use sim_mpage::machine::{TaskSpec, TimedCall};
use sim_mpage::run::run;

use crate::bench::{Bench, F, H, pread, readahead};

/// First sector and length of each request, two processes each reading a page: adjacent ones.
fn issued_by_two(precedence: Precedence) -> Vec<(u64, u32)> {
    let mut machine = Bench::new(4096, "0-11@1000").machine;
    machine.kernel.precedence = precedence;
    machine.queue.scheduler = SchedulerKind::MqDeadline;
    machine.read_ahead_pages = 0;
    let open = Call::Open { handle: H, file: F, access: Access::Read };
    let task = |number: u32, page: u64| TaskSpec {
        name: format!("t{number}"),
        pid: 101 + number,
        start: Time::ZERO,
        setup: vec![TimedCall::once(open)],
        calls: vec![TimedCall::once(pread(page * 4096, 4096))],
    };
    machine.tasks = vec![task(0, 4), task(1, 5)];
    let mut memory = Memory::default();
    run(machine, &mut memory).unwrap();
    let request = |what: &What| match what {
        What::Issued { sector, sectors, .. } => Some((sector.0, *sectors)),
        _ => None,
    };
    memory.events.iter().filter_map(|event| request(&event.what)).collect()
}

// [block-worker.policy-fifo] [processes.workers]
#[test]
fn under_fifo_the_worker_waits_until_no_process_can_run() {
    // The second bio meets the first one's request in the scheduler.
    assert_eq!(issued_by_two(Precedence::ProcessesFirst), [(1004 * 8, 16)]);
}

// [processes.ordinary]
#[test]
fn under_the_ordinary_policy_the_worker_goes_before_a_process() {
    assert_eq!(issued_by_two(Precedence::WorkerFirst), [(1004 * 8, 8), (1005 * 8, 8)]);
}

// [block-bio.cpu]
#[test]
fn a_bio_costs_its_time_before_it_is_queued() {
    let mut bench = Bench::new(4096, "0@1000 1@2000");
    bench.machine.kernel.cpu.bio = Duration::from_nanoseconds(10);
    let mut machine = bench.machine;
    let open = Call::Open { handle: H, file: F, access: Access::Read };
    let calls = vec![TimedCall::once(readahead(0, 8192))];
    let name = "wl".to_owned();
    machine.tasks =
        vec![TaskSpec { name, pid: 101, start: Time::ZERO, setup: vec![TimedCall::once(open)], calls }];
    let mut memory = Memory::default();
    run(machine, &mut memory).unwrap();
    let queued = memory.events.iter().filter(|event| matches!(event.what, What::Queued { .. }));
    let at: Vec<u64> = queued.map(|event| event.at.nanoseconds()).collect();
    assert_eq!(at, [10, 20]);
}
