//! What holds whatever is submitted.

use proptest::prelude::*;
use sim_core::io::{BioId, IoError, Operation, Sector};
use sim_core::time::{Duration, Time};
use sim_core::trace::What;

use super::driver::{Driver, PAGE_SECTORS, deadline};
use crate::block::{Bio, PlugOrder, Queue, Settings};

#[derive(Clone, Debug)]
enum Act {
    Submit { operation: Operation, sector: u64, sectors: u32, segment_sectors: u32 },
    Plug,
    End,
    Sleep,
    Complete { error: bool },
    Wait { milliseconds: u64 },
}

fn act() -> impl Strategy<Value = Act> {
    let operation = prop_oneof![2 => Just(Operation::Read), 1 => Just(Operation::Write)];
    let segment = prop_oneof![3 => Just(PAGE_SECTORS), 1 => Just(2), 1 => Just(64)];
    let submit =
        (operation, 0_u64..40, 1_u32..30, segment).prop_map(|(operation, place, length, segment_sectors)| {
            let (sector, sectors) = (place * 4, length * 2);
            Act::Submit { operation, sector, sectors, segment_sectors }
        });
    prop_oneof![
        12 => submit,
        1 => Just(Act::Plug),
        1 => Just(Act::End),
        1 => Just(Act::Sleep),
        2 => any::<bool>().prop_map(|error| Act::Complete { error }),
        1 => (0_u64..300).prop_map(|milliseconds| Act::Wait { milliseconds }),
    ]
}

fn settings() -> impl Strategy<Value = Settings> {
    let shape = (any::<bool>(), 4_u32..20, 1_u32..6, 0_u32..4, any::<bool>(), any::<bool>());
    let tags = (1_u32..40, 1_u32..9, 0_u8..3, proptest::option::of(1_u32..20));
    (shape, tags).prop_map(|(shape, (nr_requests, queue_depth, nomerges, async_depth))| {
        let (scheduler, max_sectors_kb, max_segments, physical, blocking, fifo) = shape;
        let mut settings = if scheduler { deadline() } else { Settings::default() };
        settings.iosched.async_depth = async_depth;
        settings.iosched.read_expire = 40;
        settings.iosched.write_expire = 80;
        settings.iosched.fifo_batch = 3;
        Settings {
            max_sectors_kb,
            max_segments,
            physical_block_size: 512 << physical,
            nr_requests,
            queue_depth,
            nomerges,
            plug_order: if fifo { PlugOrder::Fifo } else { PlugOrder::Lifo },
            blocking,
            ..settings
        }
    })
}

fn perform(driver: &mut Driver, act: &Act, bios: &mut Vec<Bio>) {
    match *act {
        Act::Submit { operation, sector, sectors, segment_sectors } => {
            let bio = Bio { segment_sectors, ..driver.bio(operation, sector, sectors) };
            bios.push(bio);
            driver.submit(bio);
        }
        Act::Plug if driver.plug.is_none() => driver.plug(),
        Act::Plug => {}
        Act::End => driver.end(),
        Act::Sleep => {
            driver.sleep();
            driver.give_way();
        }
        Act::Complete { error } => {
            if !driver.device.is_empty() {
                driver.complete_oldest(error.then_some(IoError::Medium));
                driver.give_way();
            }
        }
        Act::Wait { milliseconds } => {
            driver.now += Duration::from_milliseconds(milliseconds).unwrap();
        }
    }
}

/// The tags held are those of requests under way, and no more than there are.
fn assert_tags(driver: &Driver) {
    let layer = &driver.layer;
    let (held, depth) = layer.request_tags.held_of();
    assert!(held <= depth);
    assert_eq!(held as usize, layer.requests.len());
    if let Some(tags) = &layer.device_tags {
        let (held, depth) = tags.held_of();
        assert!(held <= depth);
        assert_eq!(held as usize, driver.device.len());
    }
    if let Queue::Deadline(deadline) = &layer.queue {
        deadline.assert_consistent(&layer.requests);
    }
}

/// Each sector of each bio was issued once, in a request of the bio's operation within the limits.
fn assert_issued_once(driver: &Driver, settings: &Settings, bios: &[Bio]) {
    let mut wanted: Vec<(bool, u64)> = Vec::new();
    for bio in bios {
        let reads = bio.operation == Operation::Read;
        wanted.extend((bio.sector.0..).take(bio.sectors as usize).map(|sector| (reads, sector)));
    }
    let mut issued: Vec<(bool, u64)> = Vec::new();
    for what in &driver.issued {
        let What::Issued { operation, sector: Sector(sector), sectors, .. } = *what else { continue };
        assert!((1..=settings.max_sectors_kb * 2).contains(&sectors), "{what:?}");
        issued.extend((sector..).take(sectors as usize).map(|sector| (operation == Operation::Read, sector)));
    }
    wanted.sort_unstable();
    issued.sort_unstable();
    assert_eq!(wanted, issued);
}

/// The bios of each request lie one behind the other and are no more segments than allowed.
fn assert_segments(driver: &Driver, settings: &Settings, bios: &[Bio]) {
    for what in &driver.issued {
        let What::Issued { bios: parts, sector, sectors, .. } = what else { continue };
        let (mut at, end) = (sector.0, sector.0 + u64::from(*sectors));
        let mut segments = 0;
        for BioId(number) in parts {
            let bio = bios.iter().find(|bio| bio.id.0 == *number).unwrap();
            let bio_end = bio.sector.0 + u64::from(bio.sectors);
            assert!((bio.sector.0..bio_end).contains(&at), "{what:?} {bio:?}");
            let (from, to) = (at - bio.sector.0, bio_end.min(end) - bio.sector.0);
            let length = u64::from(bio.segment_sectors);
            segments += to.div_ceil(length) - from / length;
            at = bio_end.min(end);
        }
        assert_eq!(at, end, "{what:?}");
        assert!(segments <= u64::from(settings.max_segments), "{what:?}: {segments} segments");
    }
}

fn run(settings: Settings, acts: &[Act]) -> (Driver, Vec<Bio>) {
    let mut driver = Driver::new(settings);
    let mut bios = Vec::new();
    for act in acts {
        perform(&mut driver, act, &mut bios);
        assert_tags(&driver);
    }
    driver.end();
    driver.complete_all();
    assert_tags(&driver);
    (driver, bios)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_sector_is_issued_once_within_the_limits_and_every_bio_ends_once(
        settings in settings(),
        acts in proptest::collection::vec(act(), 1..80),
    ) {
        let (driver, bios) = run(settings, &acts);
        assert_issued_once(&driver, &settings, &bios);
        assert_segments(&driver, &settings, &bios);
        let mut ended: Vec<u64> = driver.ended.iter().map(|ended| ended.bio.0).collect();
        ended.sort_unstable();
        prop_assert_eq!(ended, (0..bios.len() as u64).collect::<Vec<_>>());
        prop_assert!(driver.layer.split_bios.is_empty());
        prop_assert_eq!(driver.layer.requests.len(), 0);
    }

    #[test]
    fn the_same_acts_lead_to_the_same_log(
        settings in settings(),
        acts in proptest::collection::vec(act(), 1..40),
    ) {
        let log = || run(settings, &acts).0.take_log();
        prop_assert_eq!(log(), log());
    }
}

#[test]
fn time_may_reach_its_end() {
    let mut driver = Driver::new(deadline());
    driver.now = Time::MAX;
    driver.read(0, 8);
    driver.complete_all();
    assert_eq!(driver.ended.len(), 1);
}
