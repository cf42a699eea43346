//! Bios that are too long for one request.

use sim_core::io::{BioId, IoError, Operation};

use super::driver::{Driver, deadline};
use crate::block::{EndedBio, Settings};

fn max_sectors_128() -> Settings {
    Settings { max_sectors_kb: 64, ..Settings::default() }
}

/// [block-split.front] [block-split.rest] [block-bio.queued] [block-request.placed]
#[test]
fn each_front_part_is_a_request_and_the_bio_is_queued_once() {
    let mut driver = Driver::new(max_sectors_128());
    driver.plug();
    driver.read(9600, 300);
    assert_eq!(
        driver.take_log(),
        "Q 9600+300, X 9600/9728, G 9600+128, P, X 9728/9856, G 9728+128, G 9856+44"
    );
    driver.end();
    assert_eq!(driver.take_log(), "D 9856+44, D 9728+128, D 9600+128");
}

/// [block-request.placed]
#[test]
fn without_a_plug_each_part_is_issued_before_the_next_is_split_off() {
    let mut driver = Driver::new(max_sectors_128());
    driver.read(9600, 300);
    assert_eq!(
        driver.take_log(),
        "Q 9600+300, X 9600/9728, G 9600+128, D 9600+128, X 9728/9856, G 9728+128, D 9728+128, \
         G 9856+44, D 9856+44"
    );
}

/// [block-split.front]
#[test]
fn a_front_part_neither_joins_nor_is_joined() {
    let mut driver = Driver::new(Settings { max_segments: 4, ..Settings::default() });
    driver.plug();
    driver.read(0, 8);
    driver.read(8, 40);
    assert_eq!(driver.take_log(), "Q 0+8, G 0+8, P, Q 8+40, X 8/40, G 8+32, G 40+8", "40+8 would fit behind");
    driver.read(48, 8);
    assert_eq!(driver.take_letters("GM"), "M 48+8", "the last part is an ordinary bio");
    driver.end();
    driver.complete_all();
    // By its size a front part of half the limit could take in the rest, or be taken in.
    let physical = Settings { max_segments: 8, max_sectors_kb: 16, ..Settings::default() };
    let mut driver = Driver::new(Settings { physical_block_size: 16_384, ..physical });
    driver.plug();
    driver.read(0, 16);
    driver.read(16, 24);
    assert_eq!(driver.take_letters("XGM"), "G 0+16, X 16/32, G 16+16, G 32+8");
}

/// [block-split.rest]
#[test]
fn the_last_part_may_join_a_request_of_the_scheduler() {
    let mut driver = Driver::new(Settings { max_sectors_kb: 64, ..deadline() });
    driver.read(1128, 16);
    let bio = driver.bio(Operation::Read, 992, 136);
    driver.take_log();
    let mut submission = driver.layer.begin(bio);
    driver.plug();
    // The worker is not given way to.
    assert!(driver.layer.take_worker_call());
    assert!(driver.advance(&mut submission));
    assert_eq!(driver.take_log(), "X 992/1120, G 992+128, P, F 1120+8");
}

/// [block-worker.gives-way]
#[test]
fn the_worker_runs_before_each_split() {
    let mut driver = Driver::new(max_sectors_128());
    driver.plug();
    driver.read(5000, 8);
    let bio = driver.bio(Operation::Read, 9600, 200);
    let mut submission = driver.queue(bio);
    driver.take_log();
    // Somebody else's flush calls the worker while this task is on its way to the split.
    driver.sleep();
    assert!(driver.advance(&mut submission));
    assert_eq!(driver.take_log(), "U 1, I 5000+8, D 5000+8, X 9600/9728, G 9600+128, P, G 9728+72");
}

/// [block-split.ends-once] [block-complete.whole]
#[test]
fn a_split_bio_ends_once_with_the_error_of_any_part() {
    let mut driver = Driver::new(max_sectors_128());
    driver.read(9600, 300);
    driver.complete_oldest(None);
    driver.complete_oldest(Some(IoError::Medium));
    assert_eq!(driver.ended, []);
    driver.complete_oldest(None);
    assert_eq!(driver.ended, [EndedBio { bio: BioId(0), error: Some(IoError::Medium) }]);
}

/// [block-split.ends-once]
#[test]
fn a_split_bio_does_not_end_before_its_rest_is_placed() {
    let mut driver = Driver::new(Settings { queue_depth: 1, ..max_sectors_128() });
    driver.read(0, 300);
    assert_eq!(
        driver.take_log(),
        "Q 0+300, X 0/128, G 0+128, D 0+128, X 128/256, Z, C 0+128, G 128+128, D 128+128, \
         Z, C 128+128, G 256+44, D 256+44"
    );
    assert_eq!(driver.ended, []);
    driver.complete_all();
    assert_eq!(driver.ended, [EndedBio { bio: BioId(0), error: None }]);
}

/// [block-split.looked-at]
#[test]
fn a_bio_of_one_page_is_never_split() {
    let settings = Settings { max_sectors_kb: 4, physical_block_size: 4096, ..Settings::default() };
    let mut driver = Driver::new(settings);
    driver.read(4, 8);
    assert_eq!(driver.take_log(), "Q 4+8, G 4+8, D 4+8");
    driver.read(4, 12);
    assert_eq!(driver.take_letters("QXG"), "Q 4+12, X 4/8, G 4+4, G 8+8");
}
