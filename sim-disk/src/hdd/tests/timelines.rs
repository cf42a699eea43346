//! The timelines of `docs/model/devices-hdd.md`, worked out there by hand.

use sim_core::io::{Operation, Part};
use sim_core::time::Time;

use crate::device::{BlockDevice, Completion};
use crate::hdd::drive::Drive;
use crate::hdd::parameters::Parameters;
use crate::hdd::tests::drives::{request, serve, tiny};

fn drive(parameters: Parameters) -> Drive {
    Drive::new(parameters).expect("a drive")
}

/// Times on this page are in hundredths of a millisecond.
fn at(hundredths: u64) -> Time {
    Time::from_nanoseconds(hundredths * 10_000)
}

/// The end of a request and all its parts that are not 0, in hundredths of a millisecond.
fn told(completion: &Completion) -> (u64, Vec<(Part, u64)>) {
    let hundredths = |nanoseconds: u64| {
        assert_eq!(nanoseconds % 10_000, 0, "{nanoseconds} ns");
        nanoseconds / 10_000
    };
    let parts = completion.parts.iter().filter(|(_, time)| !time.is_zero());
    let parts = parts.map(|(part, time)| (part, hundredths(time.nanoseconds()))).collect();
    (hundredths(completion.at.nanoseconds()), parts)
}

#[test]
fn a_read_waits_for_at_least_a_seek_over_one_cylinder() {
    // [hdd-mechanics.read-minimum] [hdd-phases.arrival] [hdd-phases.read-miss-start]
    // [hdd-phases.read-completion] [hdd-parts.path] [hdd-parts.other]
    let first = serve(&mut drive(tiny()), at(0), request(1, Operation::Read, 5, 1));
    let parts = vec![
        (Part::Overhead, 50),
        (Part::Seek, 200),
        (Part::Rotation, 260),
        (Part::Transfer, 100),
        (Part::Bus, 25),
    ];
    assert_eq!(told(&first), (635, parts));
}

#[test]
fn a_read_goes_on_to_the_next_head_and_past_a_slipped_sector() {
    // [hdd-geometry.track] [hdd-phases.read-transfer] [hdd-mechanics.positioning] [hdd-parts.media]
    let across = serve(&mut drive(tiny()), at(1_000), request(1, Operation::Read, 8, 5));
    let parts = vec![
        (Part::Overhead, 45),
        (Part::Seek, 200),
        (Part::HeadSwitch, 100),
        (Part::Rotation, 760),
        (Part::Transfer, 600),
        (Part::Bus, 25),
    ];
    assert_eq!(told(&across), (2_730, parts));
}

#[test]
fn a_read_goes_on_over_the_gap_between_two_zones() {
    // [hdd-geometry.zone] [hdd-mechanics.rotation]
    let across = serve(&mut drive(tiny()), at(0), request(1, Operation::Read, 38, 2));
    let parts = vec![
        (Part::Overhead, 45),
        (Part::Seek, 200 + 300),
        (Part::Rotation, 660 + 700),
        (Part::Transfer, 100 + 200),
        (Part::Bus, 25),
    ];
    assert_eq!(told(&across), (2_230, parts));
}

#[test]
fn a_slow_bus_ends_a_read_long_after_the_media() {
    // [hdd-phases.read-transfer] [hdd-phases.bus-time]
    let mut parameters = tiny();
    parameters.controller.bus_read_sector_ns = 2_000_000;
    let slow = serve(&mut drive(parameters), at(0), request(1, Operation::Read, 5, 4));
    let parts = vec![
        (Part::Overhead, 45),
        (Part::Seek, 200),
        (Part::Rotation, 260),
        (Part::Transfer, 400),
        (Part::Bus, 505),
    ];
    assert_eq!(told(&slow), (1_410, parts));
}

#[test]
fn a_write_goes_on_to_the_next_cylinder_and_settles_there() {
    // [hdd-phases.overheads] [hdd-phases.arm-start] [hdd-writes.start] [hdd-writes.completion]
    // [hdd-parts.positioning] [hdd-mechanics.positioning]
    let mut drive = drive(tiny());
    serve(&mut drive, at(1_000), request(1, Operation::Read, 8, 5));
    let write = serve(&mut drive, at(3_000), request(2, Operation::Write, 18, 2));
    let parts = vec![
        (Part::Overhead, 59),
        (Part::Seek, 10 + 200),
        (Part::Settle, 50),
        (Part::Rotation, 140 + 150),
        (Part::Transfer, 200),
    ];
    assert_eq!(told(&write), (3_809, parts));
    assert!(write.durable);
}

#[test]
fn a_sector_that_is_not_in_the_buffer_in_time_is_written_a_turn_later() {
    // [hdd-writes.lost-turn] [hdd-parts.media]
    let mut parameters = tiny();
    parameters.controller.bus_write_sector_ns = 1_500_000;
    let write = serve(&mut drive(parameters), at(0), request(1, Operation::Write, 3, 3));
    let parts =
        vec![(Part::Overhead, 59), (Part::Seek, 10), (Part::Rotation, 240 + 1_000), (Part::Transfer, 300)];
    assert_eq!(told(&write), (1_609, parts));
}

#[test]
fn a_first_sector_that_comes_too_early_costs_a_turn_though_the_others_would_not() {
    // [hdd-writes.lost-turn]
    let mut parameters = tiny();
    parameters.controller.data_preparation_ns = 2_600_000;
    // In the buffer at 3.35, 3.60 and 3.85; the sectors come at 3, 4 and 5.
    let write = serve(&mut drive(parameters), at(0), request(1, Operation::Write, 3, 3));
    assert_eq!(told(&write).0, 1_609);
    assert_eq!(write.parts.get(Part::Rotation).nanoseconds(), 12_400_000);
}

#[test]
fn a_write_that_ends_on_the_bus_says_so() {
    // [hdd-writes.completion] [hdd-parts.path]
    let mut parameters = tiny();
    parameters.controller.write_disconnect_ns = 8_000_000;
    let write = serve(&mut drive(parameters), at(0), request(1, Operation::Write, 3, 1));
    assert_eq!(told(&write), (886, vec![(Part::Overhead, 861), (Part::Bus, 25)]));
}

#[test]
fn overheads_depend_on_the_kind_of_the_request_before() {
    // [hdd-phases.overheads]
    let mut drive = drive(tiny());
    let overheads: Vec<_> = [Operation::Write, Operation::Write, Operation::Read, Operation::Read]
        .into_iter()
        .zip(0..)
        .map(|(operation, id)| {
            let completion = serve(&mut drive, at(10_000 * id), request(id, operation, 0, 1));
            completion.parts.get(Part::Overhead).nanoseconds() / 10_000
        })
        .collect();
    // After the kinds: write after read, after write, read after write, after read.
    assert_eq!(overheads, [50 + 9, 70 + 9, 30 + 10, 40 + 10]);
}

#[test]
fn a_second_request_waits_until_the_first_has_completed() {
    // [hdd-queue.fcfs] [hdd-queue.pick] [hdd-parts.queue]
    let mut drive = drive(tiny());
    drive.submit(at(0), request(1, Operation::Read, 5, 1)).expect("inside the drive");
    drive.submit(at(100), request(2, Operation::Read, 5, 1)).expect("inside the drive");
    let mut done = Vec::new();
    drive.advance(at(634), &mut done);
    assert!(done.is_empty());
    drive.advance(at(10_000), &mut done);
    // Picked at 6.35, on the track at 8.75, and sector 5 comes again at 15.00.
    let parts = vec![
        (Part::DeviceQueue, 535),
        (Part::Overhead, 50),
        (Part::Seek, 200),
        (Part::Rotation, 625),
        (Part::Transfer, 100),
        (Part::Bus, 25),
    ];
    assert_eq!(done.len(), 2);
    assert_eq!(told(&done[1]), (1_635, parts));
    assert_eq!(drive.statistics().busy.nanoseconds(), 16_350_000);
}

#[test]
fn a_flush_waits_for_the_writes_before_it() {
    // [hdd-writes.flush]
    let mut drive = drive(tiny());
    drive.submit(at(0), request(1, Operation::Write, 3, 1)).expect("inside the drive");
    drive.submit(at(0), request(2, Operation::Flush, 0, 0)).expect("a flush");
    let mut done = Vec::new();
    drive.advance(at(10_000), &mut done);
    assert_eq!(told(&done[0]).0, 409);
    assert_eq!(told(&done[1]), (419, vec![(Part::DeviceQueue, 409), (Part::Overhead, 10)]));
}
