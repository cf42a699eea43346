//! Times of the flash drive that can be told by hand: at depth 1, and where it is saturated.

use proptest::prelude::*;
use sim_core::io::{Flags, Operation, Part, RequestId, Sector};
use sim_core::time::Time;
use sim_disk::device::{BlockDevice, Completion, Refused, Request};
use sim_disk::ssd::{Counts, NVME_TLC_64L, Parameters, Scheduling, SolidState};

fn preset() -> Parameters {
    serde_json::from_str(NVME_TLC_64L).unwrap()
}

/// The flash alone: no firmware, no link time, room for any number of commands.
fn bare() -> Parameters {
    Parameters {
        link_bytes_per_second: None,
        firmware_read_ns: 0,
        firmware_write_ns: 0,
        queue_depth: 4_096,
        ..preset()
    }
}

fn request(id: u64, operation: Operation, sector: u64, sectors: u32) -> Request {
    let (id, sector) = (RequestId(id), Sector(sector));
    Request { id, operation, flags: Flags::NONE, sector, sectors, submitter: 0 }
}

/// Submits all at the start and drives the drive to the end.
fn run(parameters: &Parameters, requests: &[(Operation, u64, u32)]) -> (Vec<Completion>, Counts) {
    let mut drive = SolidState::new(parameters).unwrap();
    for (id, &(operation, sector, sectors)) in (0..).zip(requests) {
        drive.submit(Time::ZERO, request(id, operation, sector, sectors)).unwrap();
    }
    let mut done = Vec::new();
    while let Some(event) = drive.next_event() {
        drive.advance(event, &mut done);
    }
    (done, drive.counts())
}

/// The parts of the one request of a run that are not 0, in ns.
fn alone(
    parameters: &Parameters,
    operation: Operation,
    sector: u64,
    sectors: u32,
) -> (u64, Vec<(Part, u64)>) {
    let (done, _) = run(parameters, &[(operation, sector, sectors)]);
    let parts = done[0].parts.iter().map(|(part, duration)| (part, duration.nanoseconds()));
    (done[0].at.nanoseconds(), parts.filter(|&(_, nanoseconds)| nanoseconds > 0).collect())
}

#[test]
fn a_read_of_4_kib_is_firmware_array_channel_and_link() {
    // [ssd-back.read] [ssd-host.data-out] [ssd-firmware.times] [ssd-firmware.delay] [ssd-presets.depth-1]
    let parts =
        vec![(Part::Overhead, 5_000), (Part::Bus, 1_280), (Part::Array, 60_000), (Part::Channel, 5_120)];
    assert_eq!(alone(&preset(), Operation::Read, 0, 8), (71_400, parts));
}

#[test]
fn a_read_of_128_kib_waits_for_the_link() {
    // [ssd-host.data-out] [ssd-back.together] [ssd-parts.last] [ssd-presets.depth-1]
    let parts =
        vec![(Part::Overhead, 5_000), (Part::Bus, 40_960), (Part::Array, 60_000), (Part::Channel, 20_480)];
    assert_eq!(alone(&preset(), Operation::Read, 0, 256), (126_440, parts));
}

#[test]
fn a_write_of_a_whole_page_is_firmware_link_channel_and_program() {
    // [ssd-back.program] [ssd-host.data-in] [ssd-cache.off]
    let parts =
        vec![(Part::Overhead, 5_000), (Part::Bus, 5_120), (Part::Array, 700_000), (Part::Channel, 20_480)];
    assert_eq!(alone(&preset(), Operation::Write, 0, 32), (730_600, parts));
}

#[test]
fn a_write_of_a_part_reads_the_old_page_first() {
    // [ssd-place.part] [ssd-presets.depth-1]
    let parts =
        vec![(Part::Overhead, 5_000), (Part::Bus, 1_280), (Part::Array, 760_000), (Part::Channel, 40_960)];
    assert_eq!(alone(&preset(), Operation::Write, 0, 8), (807_240, parts));
    let (_, counts) = run(&preset(), &[(Operation::Write, 0, 8), (Operation::Write, 64, 64)]);
    // [ssd-reports.counts]
    let expected = Counts { old_page_reads: 1, host_programs: 3, die_operations: 4, ..Counts::default() };
    assert_eq!(counts, expected);
}

#[test]
fn later_writes_of_the_page_wait_for_its_old_data_and_need_not_read_it() {
    // [ssd-place.order] [ssd-place.part]
    let (done, counts) = run(&bare(), &[(Operation::Write, 0, 8), (Operation::Write, 8, 8)]);
    assert_eq!(counts.old_page_reads, 1);
    // Read, transfer, transfer and program; then transfer and program again.
    let (first, second) = (60_000 + 20_480 + 720_480, 720_480);
    let at: Vec<_> = done.iter().map(|completion| completion.at.nanoseconds()).collect();
    assert_eq!(at, [first, first + second]);
    assert_eq!(done[1].parts.get(Part::DieWait).nanoseconds(), first);
}

#[test]
fn a_page_under_program_is_read_from_the_buffer() {
    // [ssd-place.buffered]
    let link = Parameters { link_bytes_per_second: Some(3_200_000_000), ..bare() };
    let mut drive = SolidState::new(&link).unwrap();
    let mut done = Vec::new();
    drive.submit(Time::ZERO, request(0, Operation::Write, 0, 32)).unwrap();
    let started = Time::from_nanoseconds(5_120);
    drive.advance(started, &mut done);
    drive.submit(started, request(1, Operation::Read, 8, 8)).unwrap();
    while let Some(event) = drive.next_event() {
        drive.advance(event, &mut done);
    }
    assert_eq!((done[0].id.0, done[0].at.nanoseconds()), (1, 5_120 + 1_280));
    assert_eq!((drive.counts().buffer_reads, drive.counts().host_reads), (1, 0));
}

#[test]
fn flush_and_discard_take_their_firmware_only_and_writes_are_durable() {
    // [ssd-cache.off-flush] [ssd-deallocate.time] [ssd-cache.off-durable] [ssd-firmware.times]
    let parameters = Parameters { firmware_flush_ns: 70, firmware_deallocate_ns: 90, ..preset() };
    let all = [(Operation::Write, 0, 32), (Operation::Flush, 0, 0), (Operation::Discard, 0, 1 << 24)];
    let (done, _) = run(&parameters, &all);
    let at: Vec<_> = done.iter().map(|completion| (completion.id.0, completion.at.nanoseconds())).collect();
    assert_eq!(at, [(1, 70), (2, 90), (0, 730_600)]);
    assert!(done[2].durable);
}

#[test]
fn a_fua_write_takes_what_any_write_takes() {
    // [ssd-cache.off-flush]
    let end = |flags| {
        let mut drive = SolidState::new(&preset()).unwrap();
        let request = Request { flags, ..request(0, Operation::Write, 0, 32) };
        drive.submit(Time::ZERO, request).unwrap();
        let mut done = Vec::new();
        drive.advance(Time::MAX, &mut done);
        done[0].at
    };
    assert_eq!(end(Flags::FUA), end(Flags::NONE));
}

#[test]
fn fetch_and_completion_are_overhead() {
    // [ssd-host.delays]
    let parameters = Parameters { fetch_ns: 100, completion_ns: 1_000, ..preset() };
    let (at, parts) = alone(&parameters, Operation::Read, 0, 8);
    assert_eq!((at, parts[0]), (72_500, (Part::Overhead, 6_100)));
}

#[test]
fn small_reads_have_times_of_their_own() {
    // [ssd-back.small] [ssd-firmware.times]
    let parameters = Parameters {
        array_read_small_ns: Some(40_000),
        firmware_read_small_ns: Some(3_000),
        firmware_read_per_4k_ns: 10,
        ..preset()
    };
    let small = 3_010 + 40_000 + 5_120 + 1_280;
    assert_eq!(alone(&parameters, Operation::Read, 0, 8).0, small);
    let two_units = 3_010 + 60_000 + 2 * 5_120 + 1_280;
    assert_eq!(alone(&parameters, Operation::Read, 4, 8).0, two_units);
    let large = 5_020 + 60_000 + 2 * 5_120 + 1_440;
    assert_eq!(alone(&parameters, Operation::Read, 0, 9).0, large);
}

#[test]
fn a_page_takes_the_time_of_its_type() {
    // [ssd-back.page-types]
    let parameters = Parameters {
        array_read_ns: vec![50_000, 70_000],
        array_program_ns: vec![500_000, 900_000],
        pages_per_block: 3,
        ..bare()
    };
    // 16 planes of 32 sectors: one row of pages is 512 sectors.
    let read = |row: u64| alone(&parameters, Operation::Read, row * 512, 8).0 - 5_120;
    assert_eq!([read(0), read(1), read(2), read(3)], [50_000, 70_000, 50_000, 50_000]);
    let write = |row: u64| alone(&parameters, Operation::Write, row * 512, 32).0 - 20_480;
    assert_eq!([write(0), write(1)], [500_000, 900_000]);
}

#[test]
fn the_command_of_an_operation_takes_its_time_on_the_channel() {
    // [ssd-back.read] [ssd-back.program]
    let parameters = Parameters { channel_command_ns: 200, ..bare() };
    let (at, parts) = alone(&parameters, Operation::Read, 0, 8);
    assert_eq!((at, parts), (65_320, vec![(Part::Array, 60_000), (Part::Channel, 5_320)]));
    let (at, parts) = alone(&parameters, Operation::Write, 0, 32);
    assert_eq!((at, parts), (720_680, vec![(Part::Array, 700_000), (Part::Channel, 20_680)]));
}

#[test]
fn dies_of_one_channel_read_together_and_transfer_in_turn() {
    // [ssd-back.read] [ssd-time.server] [ssd-time.order]
    let parameters = Parameters { channels: 1, ways: 3, ..bare() };
    let reads = [(Operation::Read, 0, 8), (Operation::Read, 32, 8), (Operation::Read, 64, 8)];
    let (done, _) = run(&parameters, &reads);
    let waits = done.iter().map(|completion| completion.parts.get(Part::ChannelWait).nanoseconds());
    assert!(waits.eq([0, 5_120, 10_240]));
    assert!(done.iter().map(|completion| completion.at.nanoseconds()).eq([65_120, 70_240, 75_360]));
}

#[test]
fn dies_that_get_pages_of_one_request_choose_in_the_order_of_the_pages() {
    // [ssd-back.together]
    let parameters = Parameters { channels: 1, ways: 2, ..bare() };
    // The write's first page has the channel first, so the die of the read is free after one transfer.
    let (done, _) = run(&parameters, &[(Operation::Write, 0, 64), (Operation::Read, 4 * 32, 8)]);
    let at: Vec<_> = done.iter().map(|completion| (completion.id.0, completion.at.nanoseconds())).collect();
    assert_eq!(at, [(0, 740_960), (1, 720_480 + 60_000 + 5_120)]);
}

#[test]
fn commands_over_the_slots_wait_in_the_host() {
    // [ssd-host.fetch] [ssd-parts.path]
    let parameters = Parameters { controller_slots: Some(1), ..preset() };
    let (done, _) = run(&parameters, &[(Operation::Read, 0, 8), (Operation::Read, 32, 8)]);
    assert_eq!(done[1].at.nanoseconds(), 2 * 71_400);
    assert_eq!(done[1].parts.get(Part::HostQueue).nanoseconds(), 71_400);
}

#[test]
fn limits_are_those_of_the_host_interface() {
    // [ssd-host.limits] [ssd-structure.capacity]
    let limits = SolidState::new(&preset()).unwrap().limits();
    assert_eq!((limits.sectors, limits.max_sectors), (31_351_616 * 32, 2_048));
    assert_eq!((limits.queue_depth, limits.discard_granularity), (256, 16_384));
    assert_eq!((limits.logical_block_size, limits.physical_block_size), (512, 16_384));
    assert!(limits.fua && !limits.volatile_write_cache && !limits.rotational);
}

#[test]
fn a_request_past_the_end_of_the_drives_clock_is_refused() {
    // [ssd-time.end]
    let mut drive = SolidState::new(&preset()).unwrap();
    let last = Time::from_nanoseconds(u64::MAX / 1_000);
    let late = Time::from_nanoseconds(u64::MAX / 1_000 + 1);
    drive.submit(last, request(0, Operation::Read, 0, 8)).unwrap();
    let refused = drive.submit(late, request(1, Operation::Read, 0, 8));
    assert_eq!(refused, Err(Refused::PastEndOfTime { now: late }));
    let mut done = Vec::new();
    drive.advance(Time::MAX, &mut done);
    assert_eq!((done.len(), drive.next_event()), (1, None));
}

/// Requests a second of a run, times 1000.
fn throughput(parameters: &Parameters, operation: Operation, sectors: u32, count: u64) -> u64 {
    let capacity = SolidState::new(parameters).unwrap().limits().sectors;
    let requests: Vec<_> =
        (0..count).map(|n| (operation, n * u64::from(sectors) % capacity, sectors)).collect();
    let (done, _) = run(parameters, &requests);
    count * 1_000_000_000_000 / done[done.len() - 1].at.nanoseconds()
}

/// Whether a throughput reaches a ceiling of `servers` that take `nanoseconds` each, but not more.
fn reaches(throughput: u64, servers: u64, nanoseconds: u64) -> bool {
    let ceiling = servers * 1_000_000_000_000 / nanoseconds;
    throughput <= ceiling && throughput >= ceiling - ceiling / 100
}

#[test]
fn saturated_reads_reach_the_ceiling_of_the_dies() {
    // [ssd-back.read] [ssd-back.choice]
    let seen = throughput(&bare(), Operation::Read, 32, 40_000);
    assert!(reaches(seen, 8, 80_480), "{seen}");
}

#[test]
fn saturated_reads_reach_the_ceiling_of_the_channels() {
    // [ssd-time.server] [ssd-back.read]
    let parameters = Parameters { ways: 8, ..bare() };
    let seen = throughput(&parameters, Operation::Read, 32, 40_000);
    assert!(reaches(seen, 8, 20_480), "{seen}");
}

#[test]
fn saturated_reads_reach_the_ceiling_of_the_link() {
    // [ssd-time.server] [ssd-host.data-out]
    let parameters = Parameters { ways: 8, link_bytes_per_second: Some(1_000_000_000), ..bare() };
    let seen = throughput(&parameters, Operation::Read, 32, 40_000);
    assert!(reaches(seen, 1, 16_384), "{seen}");
}

#[test]
fn saturated_programs_reach_the_ceiling_of_the_dies() {
    // [ssd-back.program]
    let seen = throughput(&bare(), Operation::Write, 32, 8_000);
    assert!(reaches(seen, 8, 720_480), "{seen}");
}

#[test]
fn reads_overtake_programs_unless_told_otherwise() {
    // [ssd-back.scheduling]
    let requests = [(Operation::Write, 0, 32), (Operation::Write, 512, 32), (Operation::Read, 1_024, 8)];
    let order = |scheduling| {
        let (done, _) = run(&Parameters { scheduling, ..bare() }, &requests);
        done.iter().map(|completion| completion.id.0).collect::<Vec<_>>()
    };
    assert_eq!(order(Scheduling::ReadFirst), [0, 2, 1]);
    assert_eq!(order(Scheduling::WriteFirst), [0, 1, 2]);
    assert_eq!(order(Scheduling::Fifo), [0, 1, 2]);
}

/// The response of a lone request of at most one page a die on the preset, in ps: the formula, apart
/// from the simulator.
fn formula(operation: Operation, sector: u64, sectors: u64) -> u64 {
    let (link, channel) = (160_000, 640_000); // ps a sector
    let array = if operation == Operation::Read { 60_000_000 } else { 700_000_000 };
    let pages = (sector / 32..=(sector + sectors - 1) / 32).map(|page| {
        let from = sector.max(page * 32);
        let to = (sector + sectors).min(page * 32 + 32);
        (from, to)
    });
    if operation == Operation::Write {
        let flash = |(from, to)| if to - from == 32 { 0 } else { 60_000_000 + 32 * channel };
        let slowest = pages.map(flash).max().unwrap_or(0);
        return 5_000_000 + sectors * link + slowest + 32 * channel + array;
    }
    let ready = |(from, to): (u64, u64)| {
        let units = to.div_ceil(8) - from / 8;
        (5_000_000 + array + units * 8 * channel, to - from)
    };
    let mut ready: Vec<_> = pages.map(ready).collect();
    ready.sort_by_key(|&(ready, _)| ready);
    ready.into_iter().fold(0, |free, (ready, sectors)| ready.max(free) + sectors * link)
}

proptest! {
    #[test]
    fn a_lone_request_takes_what_the_formula_says(
        write: bool, sector in 0_u64..1_000_000_000, sectors in 1_u32..=256,
    ) {
        // [ssd-back.read] [ssd-back.program] [ssd-place.part] [ssd-read.unit] [ssd-host.data-out]
        let sectors = sectors.min(256 - u32::try_from(sector % 32).unwrap());
        let operation = if write { Operation::Write } else { Operation::Read };
        let (at, _) = alone(&preset(), operation, sector, sectors);
        prop_assert_eq!(at, formula(operation, sector, u64::from(sectors)).div_ceil(1_000));
    }
}
