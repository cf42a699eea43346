//! What holds for any drive and any workload.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sim_core::io::{Operation, Part};
use sim_core::time::{Duration, Time};

use crate::device::{BlockDevice, Completion};
use crate::hdd::drive::Drive;
use crate::hdd::tests::drives::{any_drive, request};

/// Requests: time since the one before in ns, operation, place and length in parts of the drive.
fn any_workload() -> impl Strategy<Value = Vec<(u64, Operation, u64, u32)>> {
    let operation = prop_oneof![
        4 => Just(Operation::Read),
        4 => Just(Operation::Write),
        1 => Just(Operation::Flush)
    ];
    proptest::collection::vec((0_u64..30_000_000, operation, any::<u64>(), 1_u32..40), 1..40)
}

/// Sends the requests and hands back what they asked and the completions in order.
fn run(drive: &mut Drive, workload: &[(u64, Operation, u64, u32)]) -> (Vec<Time>, Vec<Completion>) {
    let blocks = drive.limits().sectors;
    let (mut now, mut arrivals, mut done) = (Time::ZERO, Vec::new(), Vec::new());
    for (id, &(pause, operation, place, length)) in (0..).zip(workload) {
        now += Duration::from_nanoseconds(pause);
        while let Some(event) = drive.next_event().filter(|&event| event < now) {
            drive.advance(event, &mut done);
        }
        let sector = place % blocks;
        let sectors = u64::from(length).min(blocks - sector);
        let sectors = u32::try_from(sectors).expect("no more than the length");
        let sectors = if operation == Operation::Flush { 0 } else { sectors };
        drive.submit(now, request(id, operation, sector, sectors)).expect("inside the drive");
        arrivals.push(now);
    }
    while let Some(event) = drive.next_event() {
        drive.advance(event, &mut done);
    }
    (arrivals, done)
}

proptest! {
    #[test]
    fn every_request_completes_once_in_order_one_at_a_time_and_its_parts_add_up(
        parameters in any_drive(),
        workload in any_workload(),
    ) {
        // [hdd-queue.fcfs] [hdd-parts.queue] [hdd-parts.other]
        let mut drive = Drive::new(parameters).expect("a drive");
        let (arrivals, done) = run(&mut drive, &workload);
        prop_assert_eq!(done.len(), workload.len());
        let ids: BTreeSet<_> = done.iter().map(|completion| completion.id).collect();
        prop_assert_eq!(ids.len(), done.len());
        let mut free = Time::ZERO;
        for (completion, (&arrival, id)) in done.iter().zip(arrivals.iter().zip(0..)) {
            // First come, first served: completions come in the order of arrivals.
            prop_assert_eq!(completion.id.0, id);
            prop_assert!(completion.at >= arrival);
            prop_assert_eq!(completion.parts.total(), completion.at - arrival);
            let picked = arrival + completion.parts.get(Part::DeviceQueue);
            prop_assert_eq!(picked, free.max(arrival));
            free = completion.at;
        }
        let all: Duration = done.iter().map(|completion| completion.parts.total()).sum();
        prop_assert_eq!(drive.statistics().parts.total(), all);
        prop_assert_eq!(drive.statistics().requests, workload.len() as u64);
    }

    #[test]
    fn a_copy_goes_on_as_the_original_does(parameters in any_drive(), workload in any_workload()) {
        let mut drive = Drive::new(parameters).expect("a drive");
        let half = workload.len() / 2;
        let blocks = drive.limits().sectors;
        for (id, &(_, operation, place, _)) in (0..).zip(&workload[..half]) {
            let sectors = u32::from(operation != Operation::Flush);
            drive.submit(Time::ZERO, request(id, operation, place % blocks, sectors)).expect("inside");
        }
        let mut copy = drive.boxed_clone();
        let (mut original, mut copied) = (Vec::new(), Vec::new());
        drive.advance(Time::MAX, &mut original);
        copy.advance(Time::MAX, &mut copied);
        prop_assert_eq!(original, copied);
    }
}

#[test]
fn a_request_beyond_the_drive_is_refused_and_changes_nothing() {
    let mut drive = Drive::new(crate::hdd::tests::drives::tiny()).expect("a drive");
    assert!(drive.submit(Time::ZERO, request(1, Operation::Read, 48, 2)).is_err());
    assert!(drive.submit(Time::ZERO, request(2, Operation::Read, u64::MAX, 1)).is_err());
    assert!(drive.submit(Time::ZERO, request(3, Operation::Discard, 0, 1)).is_err());
    assert_eq!(drive.next_event(), None);
}
