//! Bios that join requests in the plug and in the software queue.

use sim_core::io::{BioId, Flags, Operation};
use sim_core::trace::What;

use super::driver::{Driver, deadline};
use crate::block::Settings;

fn plugged(settings: Settings) -> Driver {
    let mut driver = Driver::new(settings);
    driver.plug();
    driver
}

/// [block-merge.order] [block-merge.ends]
#[test]
fn a_bio_joins_the_last_request_of_the_plug_at_either_end() {
    let mut driver = plugged(Settings::default());
    driver.read(100, 8);
    driver.read(108, 8);
    driver.read(92, 8);
    assert_eq!(driver.take_log(), "Q 100+8, G 100+8, P, Q 108+8, M 108+8, Q 92+8, F 92+8");
    driver.read(500, 8);
    driver.read(116, 8);
    assert_eq!(driver.take_letters("GMF"), "G 500+8, G 116+8", "only the most recent one is tried");
    driver.end();
    assert_eq!(driver.take_log(), "D 116+8, D 500+8, D 92+24");
    let What::Issued { bios, .. } = &driver.issued[2] else { panic!("{:?}", driver.issued) };
    assert_eq!(*bios, [BioId(2), BioId(0), BioId(1)], "in order of sectors");
}

/// [block-merge.kind] [block-merge.flags]
#[test]
fn only_the_operation_must_be_equal() {
    let mut driver = plugged(Settings::default());
    let mut bio = driver.bio(Operation::Read, 0, 8);
    bio.flags = Flags::READ_AHEAD;
    driver.submit(bio);
    driver.read(8, 8);
    driver.write(16, 8);
    assert_eq!(driver.take_letters("GMF"), "G 0+8, M 8+8, G 16+8");
    driver.end();
    let What::Issued { flags, .. } = &driver.issued[1] else { panic!("{:?}", driver.issued) };
    assert_eq!(*flags, Flags::READ_AHEAD, "those of the bio that it was made for");
}

/// [block-merge.kind]
#[test]
fn an_issued_request_takes_no_more_bios() {
    let mut driver = Driver::new(Settings::default());
    driver.read(0, 8);
    driver.read(8, 8);
    assert_eq!(driver.take_letters("GMF"), "G 0+8, G 8+8");
}

/// [block-merge.limits] [block-merge.misfit]
#[test]
fn a_bio_too_long_for_a_request_closes_it() {
    let mut driver = plugged(Settings { max_sectors_kb: 16, ..Settings::default() });
    driver.read(0, 24);
    driver.read(24, 16);
    assert_eq!(driver.take_letters("GMF"), "G 0+24, G 24+16");
    driver.read(40, 16);
    assert_eq!(driver.take_letters("GMF"), "M 40+16", "32 sectors are just enough");
    let mut driver = plugged(Settings { max_sectors_kb: 16, ..deadline() });
    driver.read(0, 24);
    driver.read(24, 16);
    driver.sleep();
    driver.take_log();
    driver.read(64, 8);
    driver.read(1, 7);
    driver.end();
    driver.plug();
    driver.read(24, 8);
    assert_eq!(driver.take_letters("GMF"), "G 64+8, G 1+7, G 24+8");
}

/// [block-merge.misfit]
#[test]
fn a_closed_request_is_not_joined_in_the_scheduler_either() {
    let mut driver = plugged(Settings { max_sectors_kb: 16, ..deadline() });
    driver.read(0, 24);
    driver.read(24, 16);
    driver.read(100, 8);
    driver.sleep();
    driver.take_log();
    // Without the misfit it would join the first request: 24 + 8 sectors are within the limit.
    let bio = driver.bio(Operation::Read, 24, 8);
    let mut submission = driver.layer.begin(bio);
    assert!(driver.advance(&mut submission));
    assert_eq!(driver.take_letters("GMF"), "G 24+8");
}

/// [block-merge.limits]
#[test]
fn segments_are_limited_too() {
    let mut driver = plugged(Settings { max_segments: 3, ..Settings::default() });
    for sector in [0, 2, 4, 6] {
        driver.read(sector, 2);
    }
    assert_eq!(driver.take_letters("GMF"), "G 0+2, M 2+2, M 4+2, G 6+2");
}

/// Requests of a sleeper in the software queue, the worker not having run.
fn flushed(settings: Settings, sectors: &[u64]) -> Driver {
    let mut driver = plugged(settings);
    for sector in sectors {
        driver.read(*sector, 8);
    }
    driver.sleep();
    driver.take_log();
    driver
}

/// Submits without giving way to the worker.
fn read_at_once(driver: &mut Driver, sector: u64, sectors: u32) -> String {
    let bio = driver.bio(Operation::Read, sector, sectors);
    let mut submission = driver.layer.begin(bio);
    assert!(driver.advance(&mut submission));
    driver.take_letters("GMF")
}

/// [block-merge.software-queue]
#[test]
fn a_bio_looks_at_the_eight_newest_requests_of_the_software_queue() {
    let sectors: Vec<u64> = (1..=9).map(|number| 1000 * number).collect();
    let mut driver = flushed(Settings::default(), &sectors);
    assert_eq!(read_at_once(&mut driver, 2008, 8), "M 2008+8", "the eighth from behind");
    assert_eq!(read_at_once(&mut driver, 1008, 8), "G 1008+8", "the ninth");
    assert_eq!(read_at_once(&mut driver, 8992, 8), "F 8992+8");
    driver.give_way();
    assert_eq!(
        driver.take_log(),
        "D 1000+8, D 2000+16, D 3000+8, D 4000+8, D 5000+8, D 6000+8, D 7000+8, D 8000+8, D 8992+16"
    );
}

/// [block-merge.software-queue] [block-merge.misfit]
#[test]
fn a_misfit_ends_the_search_in_the_software_queue() {
    let settings = Settings { max_sectors_kb: 8, ..Settings::default() };
    let mut driver = flushed(settings, &[24, 100, 0]);
    // Next to 0+8 behind and to 24+8 in front; with either it is 24 sectors, with 16 allowed.
    assert_eq!(read_at_once(&mut driver, 8, 16), "G 8+16");
    driver.plug = None;
    assert_eq!(read_at_once(&mut driver, 8, 8), "G 8+8", "0+8 is closed now");
    assert_eq!(read_at_once(&mut driver, 16, 8), "F 16+8", "24+8 was not tried");
}

/// [block-nomerges.two]
#[test]
fn with_nomerges_2_nothing_is_merged() {
    for settings in [Settings::default(), deadline()] {
        let mut driver = flushed(Settings { nomerges: 2, ..settings }, &[0, 8]);
        assert_eq!(read_at_once(&mut driver, 16, 8), "G 16+8");
        driver.sleep();
        driver.give_way();
        assert_eq!(driver.take_letters("IJD"), "I 16+8, D 0+8, D 8+8, D 16+8");
    }
}

/// [block-nomerges.one]
#[test]
fn with_nomerges_1_the_plug_and_the_software_queue_are_tried() {
    let mut driver = flushed(Settings { nomerges: 1, ..Settings::default() }, &[0, 100]);
    assert_eq!(read_at_once(&mut driver, 8, 8), "M 8+8");
    assert_eq!(read_at_once(&mut driver, 200, 8), "G 200+8");
    assert_eq!(read_at_once(&mut driver, 208, 8), "M 208+8");
}
