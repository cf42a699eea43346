//! The contract of a block device, as tests to which any device can be put.
//!
//! `contract!(name, device)` makes a module of tests for a device; `device` is an expression that
//! makes an idle one.

use proptest::test_runner::{Config, TestRunner};
use sim_core::io::{Operation, Parts, RequestId, Sector};
use sim_core::time::{Duration, Time};
use sim_disk::device::{BlockDevice, Completion, Refused, Request};

use crate::workload::{Driver, Manner, Step, drive, submissions, workloads};

/// Makes an idle device.
pub(crate) type Make<'a> = &'a dyn Fn() -> Box<dyn BlockDevice>;

macro_rules! contract {
    ($name:ident, $device:expr) => {
        mod $name {
            use super::*;
            use crate::contract;

            fn make() -> Box<dyn sim_disk::device::BlockDevice> {
                Box::new($device)
            }

            #[test]
            fn every_request_ends_once_and_its_parts_add_up() {
                contract::every_request_ends_once_and_its_parts_add_up(&make);
            }

            #[test]
            fn the_same_requests_give_the_same_completions() {
                contract::the_same_requests_give_the_same_completions(&make);
            }

            #[test]
            fn a_call_between_events_changes_nothing() {
                contract::a_call_between_events_changes_nothing(&make);
            }

            #[test]
            fn a_copy_goes_on_like_the_original() {
                contract::a_copy_goes_on_like_the_original(&make);
            }

            #[test]
            fn a_refused_request_changes_nothing() {
                contract::a_refused_request_changes_nothing(&make);
            }

            #[test]
            fn statistics_count_what_has_ended() {
                contract::statistics_count_what_has_ended(&make);
            }
        }
    };
}
pub(crate) use contract;

/// Puts a property to many workloads.
fn for_workloads(make: Make<'_>, property: impl Fn(&[Step])) {
    let config = Config { cases: 100, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&workloads(make().limits()), |steps| {
        property(&steps);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

pub(crate) fn every_request_ends_once_and_its_parts_add_up(make: Make<'_>) {
    for submit_first in [false, true] {
        for_workloads(make, |steps| {
            let done = drive(make().as_mut(), steps, Manner { submit_first, poll: false });
            let mut ids: Vec<_> = done.iter().map(|completion| completion.id.0).collect();
            assert!(done.is_sorted_by_key(|completion| completion.at), "out of order of time");
            ids.sort_unstable();
            assert!(ids.into_iter().eq(0..steps.len() as u64), "not each request ended once");
            let submitted = submissions(steps);
            for completion in &done {
                let start = submitted[usize::try_from(completion.id.0).unwrap()];
                let response = completion.at.since(start);
                assert_eq!(response, Some(completion.parts.total()), "request {}", completion.id);
                assert_eq!(completion.result, Ok(()), "request {}", completion.id);
            }
        });
    }
}

pub(crate) fn the_same_requests_give_the_same_completions(make: Make<'_>) {
    for_workloads(make, |steps| {
        let run = || drive(make().as_mut(), steps, Manner::default());
        assert_eq!(run(), run());
    });
}

pub(crate) fn a_call_between_events_changes_nothing(make: Make<'_>) {
    for_workloads(make, |steps| {
        let run = |poll| drive(make().as_mut(), steps, Manner { poll, ..Manner::default() });
        assert_eq!(run(false), run(true));
    });
}

pub(crate) fn a_copy_goes_on_like_the_original(make: Make<'_>) {
    for_workloads(make, |steps| {
        let (first, second) = steps.split_at(steps.len() / 2);
        let mut original = make();
        let mut driver = Driver::new(original.as_mut(), Manner::default());
        first.iter().for_each(|step| driver.step(step));
        let (now, ended) = (driver.now, driver.done);
        let mut copy = original.boxed_clone();

        // The original goes first, so that a state that both share would show.
        let go_on = |device: &mut dyn BlockDevice| {
            let mut driver = Driver::new(device, Manner::default());
            driver.now = now;
            second.iter().for_each(|step| driver.step(step));
            driver.drain();
            (driver.done, device.statistics())
        };
        let seen = go_on(original.as_mut());
        assert_eq!(seen, go_on(copy.as_mut()));
        assert_eq!(ended.len() + seen.0.len(), steps.len());
    });
}

/// Requests that the device must refuse, with how it must say so.
fn refusals(device: &dyn BlockDevice) -> Vec<(Request, Refused)> {
    let limits = device.limits();
    let request = |operation, sector, sectors| Request {
        id: RequestId(u64::MAX),
        operation,
        flags: sim_core::io::Flags::NONE,
        sector: Sector(sector),
        sectors,
        submitter: 0,
    };
    let (capacity, max_sectors) = (limits.sectors, limits.max_sectors);
    let beyond = |sector| Refused::BeyondEnd { sector: Sector(sector), sectors: 1, capacity };
    let mut refused = vec![
        (request(Operation::Read, capacity, 1), beyond(capacity)),
        (request(Operation::Write, u64::MAX, 1), beyond(u64::MAX)),
        (request(Operation::Read, 0, 0), Refused::Empty),
        (request(Operation::Write, 0, 0), Refused::Empty),
    ];
    if let Some(sectors) = max_sectors.checked_add(1) {
        refused.push((request(Operation::Read, 0, sectors), Refused::TooLong { sectors, max_sectors }));
    }
    if limits.discard_granularity == 0 {
        refused.push((request(Operation::Discard, 0, 1), Refused::Unknown));
    }
    refused
}

pub(crate) fn a_refused_request_changes_nothing(make: Make<'_>) {
    for_workloads(make, |steps| {
        let undisturbed = drive(make().as_mut(), steps, Manner::default());
        let mut device = make();
        let refused = refusals(device.as_ref());
        let mut driver = Driver::new(device.as_mut(), Manner::default());
        for step in steps {
            driver.step(step);
            for (request, why) in &refused {
                let (before, statistics) = (driver.device.next_event(), driver.device.statistics());
                assert_eq!(driver.device.submit(driver.now, *request), Err(*why));
                assert_eq!(driver.device.next_event(), before);
                assert_eq!(driver.device.statistics(), statistics);
            }
        }
        driver.drain();
        assert_eq!(driver.done, undisturbed);
    });
}

/// For how long at least one request was in the device.
fn time_with_requests(submitted: &[Time], done: &[Completion]) -> Duration {
    let mut spans: Vec<_> =
        done.iter().map(|c| (submitted[usize::try_from(c.id.0).unwrap()], c.at)).collect();
    spans.sort_unstable();
    let mut covered = Time::ZERO;
    let mut total = Duration::ZERO;
    for (start, end) in spans {
        total += end.since(start.max(covered)).unwrap_or(Duration::ZERO);
        covered = covered.max(end);
    }
    total
}

pub(crate) fn statistics_count_what_has_ended(make: Make<'_>) {
    for_workloads(make, |steps| {
        let mut device = make();
        let done = drive(device.as_mut(), steps, Manner::default());
        let statistics = device.statistics();
        let sectors = |operation| -> u64 {
            let of = steps.iter().filter(|step| step.request.operation == operation);
            of.map(|step| u64::from(step.request.sectors)).sum()
        };
        assert_eq!(statistics.requests, steps.len() as u64);
        assert_eq!(statistics.sectors_read, sectors(Operation::Read));
        assert_eq!(statistics.sectors_written, sectors(Operation::Write));
        let mut parts = Parts::default();
        for (part, duration) in done.iter().flat_map(|completion| completion.parts.iter()) {
            parts.add(part, duration);
        }
        assert_eq!(statistics.parts, parts);
        assert_eq!(statistics.busy, time_with_requests(&submissions(steps), &done));
        assert_eq!(device.next_event(), None, "an idle device wants to be called");
    });
}
