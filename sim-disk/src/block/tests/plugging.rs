//! Plugs, the worker, and devices whose driver does not sleep.

use super::driver::{Driver, deadline};
use crate::block::{PlugOrder, Settings};

fn not_blocking(settings: Settings) -> Settings {
    Settings { blocking: false, ..settings }
}

/// Reads of one page each that nothing merges with.
fn scattered(driver: &mut Driver, count: u64) {
    for number in 0..count {
        driver.read(1000 - 100 * (number % 2) + 1000 * number, 8);
    }
}

/// [block-plug.direct] [block-plug.flushed] [block-plug.announced]
#[test]
fn without_a_scheduler_the_end_of_a_section_sends_in_reverse() {
    let mut driver = Driver::new(Settings::default());
    driver.plug();
    driver.end();
    assert_eq!(driver.take_log(), "", "an empty plug");
    driver.plug();
    scattered(&mut driver, 3);
    assert_eq!(driver.take_letters("GPUID"), "G 1000+8, P, G 1900+8, G 3000+8");
    driver.end();
    assert_eq!(driver.take_log(), "D 3000+8, D 1900+8, D 1000+8");
}

/// [block-plug.order]
#[test]
fn other_kernels_send_in_order_of_arrival() {
    let mut driver = Driver::new(Settings { plug_order: PlugOrder::Fifo, ..Settings::default() });
    driver.plug();
    scattered(&mut driver, 3);
    driver.take_log();
    driver.end();
    assert_eq!(driver.take_log(), "D 1000+8, D 1900+8, D 3000+8");
}

/// [block-plug.sleep] [block-none.fifo] [block-plug.flushed] [block-worker.called]
#[test]
fn without_a_scheduler_a_sleepers_requests_go_in_order_by_the_worker() {
    let mut driver = Driver::new(Settings::default());
    driver.plug();
    driver.sleep();
    assert_eq!(driver.take_log(), "", "an empty plug");
    scattered(&mut driver, 3);
    driver.take_log();
    driver.sleep();
    assert_eq!(driver.take_log(), "U 3, I 1000+8, I 1900+8, I 3000+8");
    driver.give_way();
    assert_eq!(driver.take_log(), "D 1000+8, D 1900+8, D 3000+8");
    driver.read(8, 8);
    assert_eq!(driver.take_log(), "Q 8+8, G 8+8, P", "the plug begins anew");
}

/// [block-plug.scheduler] [block-worker.blocking]
#[test]
fn with_a_scheduler_every_flush_inserts_in_order_of_arrival() {
    for ends in [false, true] {
        let mut driver = Driver::new(deadline());
        driver.plug();
        driver.read(900, 8);
        driver.read(100, 8);
        driver.read(1000, 8);
        driver.take_log();
        if ends {
            driver.end();
        } else {
            driver.sleep();
            driver.give_way();
        }
        assert_eq!(driver.take_log(), "U 3, I 900+8, I 100+8, I 1000+8, D 900+8, D 1000+8, D 100+8");
    }
}

/// [block-plug.full]
#[test]
fn the_33rd_request_flushes_a_full_plug_after_it_is_made() {
    let mut driver = Driver::new(Settings::default());
    driver.plug();
    scattered(&mut driver, 32);
    driver.take_log();
    driver.read(5, 8);
    let log = driver.take_log();
    assert!(log.starts_with("Q 5+8, G 5+8, D 31900+8, D 31000+8, "), "{log}");
    assert!(log.ends_with(", D 1900+8, D 1000+8, P"), "{log}");
}

/// [block-plug.full]
#[test]
fn a_last_request_of_128_kib_flushes_the_plug() {
    let mut driver = Driver::new(Settings::default());
    driver.plug();
    driver.read(0, 248);
    driver.read(1000, 256);
    driver.read(3000, 8);
    assert_eq!(
        driver.take_log(),
        "Q 0+248, G 0+248, P, Q 1000+256, G 1000+256, Q 3000+8, G 3000+8, D 1000+256, D 0+248, P"
    );
    driver.read(3008, 248);
    driver.read(3256, 8);
    assert_eq!(driver.take_log(), "Q 3008+248, M 3008+248, Q 3256+8, M 3256+8", "merging comes first");
}

/// [block-plug.full] [block-worker.gives-way]
#[test]
fn with_a_scheduler_the_next_plug_begins_before_the_worker_runs() {
    let mut driver = Driver::new(deadline());
    driver.plug();
    driver.read(1000, 256);
    driver.read(3000, 256);
    assert_eq!(driver.take_log(), "Q 1000+256, G 1000+256, P, Q 3000+256, G 3000+256, U 1, I 1000+256, P");
    driver.read(5000, 8);
    assert_eq!(driver.take_log(), "D 1000+256, Q 5000+8, G 5000+8, U 1, I 3000+256, P");
    driver.end();
    // The section's last request was added after a full flush: the scheduler sees both lots.
    assert_eq!(driver.take_log(), "U 1, I 5000+8, D 3000+256, D 5000+8");
}

/// [block-request.placed] [block-worker.blocking]
#[test]
fn without_a_plug_a_scheduler_gets_the_request_and_the_worker_sends_it() {
    for settings in [deadline(), not_blocking(deadline())] {
        let mut driver = Driver::new(settings);
        driver.read(8, 8);
        assert_eq!(driver.take_log(), "Q 8+8, G 8+8, I 8+8");
        driver.give_way();
        assert_eq!(driver.take_log(), "D 8+8");
    }
    let mut driver = Driver::new(Settings::default());
    driver.read(8, 8);
    assert_eq!(driver.take_log(), "Q 8+8, G 8+8, D 8+8");
}

/// [block-worker.not-blocking]
#[test]
fn a_driver_that_does_not_sleep_is_run_by_the_task_at_full_and_end() {
    let mut driver = Driver::new(not_blocking(deadline()));
    driver.plug();
    driver.read(1000, 256);
    driver.read(500, 256);
    assert_eq!(
        driver.take_log(),
        "Q 1000+256, G 1000+256, P, Q 500+256, G 500+256, U 1, I 1000+256, D 1000+256, P"
    );
    assert!(!driver.layer.take_worker_call());
    driver.sleep();
    assert_eq!(driver.take_log(), "U 1, I 500+256", "after a sleep it is the worker here, too");
    assert!(driver.layer.take_worker_call());
}

/// [block-nomerges.two]
#[test]
fn without_merging_length_does_not_fill_a_plug() {
    let mut driver = Driver::new(Settings { nomerges: 2, ..Settings::default() });
    driver.plug();
    driver.read(0, 256);
    driver.read(256, 256);
    assert_eq!(driver.take_log(), "Q 0+256, G 0+256, P, Q 256+256, G 256+256");
}
