//! Tags: who waits, who is woken, and what is set aside.

use sim_core::io::{IoError, Operation};
use sim_core::task::TaskId;

use super::driver::{Driver, deadline};
use crate::block::{BlockLayer, Settings, Submission};

fn depth(queue_depth: u32, settings: Settings) -> Settings {
    Settings { queue_depth, ..settings }
}

/// A bio of a task without a plug that may have to wait.
fn begin(driver: &mut Driver, operation: Operation, sector: u64) -> Submission {
    let bio = driver.bio(operation, sector, 8);
    driver.queue(bio)
}

/// [block-tags.none] [block-request.made]
#[test]
fn requests_in_the_plug_hold_tags_and_a_waiter_flushes_them() {
    let mut driver = Driver::new(depth(2, Settings::default()));
    driver.plug();
    for sector in [100, 300, 200] {
        driver.read(sector, 8);
    }
    assert_eq!(
        driver.take_log(),
        "Q 100+8, G 100+8, P, Q 300+8, G 300+8, Q 200+8, Z, U 2, I 100+8, I 300+8, \
         D 100+8, D 300+8, C 100+8, G 200+8, P"
    );
}

/// [block-tags.wait] [block-tags.retry]
#[test]
fn who_comes_by_takes_a_free_tag_and_the_woken_one_waits_again() {
    let mut driver = Driver::new(depth(1, Settings::default()));
    driver.read(0, 8);
    let mut slow = begin(&mut driver, Operation::Read, 100);
    assert!(!driver.advance(&mut slow));
    driver.layer.wait_for_tag(TaskId(1));
    driver.complete_oldest(None);
    assert_eq!(driver.woken, [TaskId(1)]);
    driver.read(200, 8);
    assert!(!driver.advance(&mut slow), "another was faster");
    driver.layer.wait_for_tag(TaskId(1));
    driver.complete_oldest(None);
    assert!(driver.advance(&mut slow));
    assert_eq!(
        driver.take_log(),
        "Q 0+8, G 0+8, D 0+8, Q 100+8, C 0+8, Q 200+8, G 200+8, D 200+8, C 200+8, G 100+8, D 100+8"
    );
}

/// [block-tags.deadline]
#[test]
fn with_a_scheduler_a_request_holds_a_tag_of_each_kind() {
    let mut driver = Driver::new(Settings { nr_requests: 3, ..depth(2, deadline()) });
    let held = |layer: &BlockLayer| {
        let device = layer.device_tags.as_ref().map(crate::block::Tags::held_of);
        (layer.request_tags.held_of().0, device.unwrap().0)
    };
    for sector in [100, 300, 500] {
        driver.read(sector, 8);
    }
    assert_eq!(held(&driver.layer), (3, 2));
    driver.give_way();
    let mut waiting = begin(&mut driver, Operation::Read, 700);
    assert!(!driver.advance(&mut waiting));
    driver.complete_oldest(None);
    assert_eq!(held(&driver.layer), (2, 1));
}

/// [block-tags.merged]
#[test]
fn a_request_that_joins_another_gives_its_tag_back_and_wakes() {
    let mut driver = Driver::new(Settings { nr_requests: 4, ..depth(1, deadline()) });
    for sector in [0, 1000] {
        driver.read(sector, 8);
        driver.give_way();
    }
    driver.plug();
    driver.read(2000, 8);
    driver.sleep();
    driver.read(2008, 8);
    assert_eq!(driver.layer.request_tags.held_of().0, 3, "merged as a bio");
    driver.read(3008, 8);
    let mut waiting = begin(&mut driver, Operation::Read, 9000);
    assert!(!driver.advance(&mut waiting));
    driver.layer.wait_for_tag(TaskId(7));
    driver.sleep();
    driver.take_log();
    // The bio fills the gap between two requests: 2016 to 3008.
    driver.read(2016, 992);
    assert_eq!(driver.take_log(), "Q 2016+992, M 2016+992, J 3>2");
    assert_eq!(driver.woken, [TaskId(7)]);
    assert_eq!(driver.layer.request_tags.held_of().0, 3);
}

/// [block-worker.set-aside] [block-worker.restart] [block-worker.run]
#[test]
fn what_got_no_tag_is_past_sorting_and_goes_first() {
    let mut driver = Driver::new(depth(1, deadline()));
    driver.plug();
    for sector in [500, 600, 700] {
        driver.read(sector, 8);
    }
    driver.sleep();
    driver.give_way();
    assert_eq!(driver.take_letters("D"), "D 500+8");
    // 600 is set aside: a bio next to it does not join it, one next to 700 does.
    driver.read(608, 8);
    driver.read(708, 8);
    driver.sleep();
    driver.give_way();
    assert_eq!(driver.take_letters("GMD"), "G 608+8, M 708+8");
    assert!(!driver.layer.take_worker_call());
    driver.complete_oldest(None);
    driver.give_way();
    assert_eq!(driver.take_letters("D"), "D 600+8");
    driver.complete_all();
    assert_eq!(driver.take_letters("D"), "D 700+16, D 608+8");
    assert!(!driver.layer.take_worker_call(), "nothing is set aside");
}

/// [block-worker.tag-call]
#[test]
fn a_task_that_wants_a_tag_has_the_queue_run() {
    let settings = depth(1, Settings { nr_requests: 2, ..deadline() });
    let mut driver = Driver::new(settings);
    driver.read(0, 8);
    driver.read(100, 8);
    // Both tags are held; the second request waits in the scheduler, the call forgotten.
    assert!(driver.layer.take_worker_call());
    let bio = driver.bio(Operation::Read, 200, 8);
    let mut submission = driver.layer.begin(bio);
    assert!(!driver.advance(&mut submission));
    assert!(driver.layer.take_worker_call());
    let mut driver = Driver::new(Settings { blocking: false, ..settings });
    driver.read(0, 8);
    driver.read(100, 8);
    driver.take_log();
    assert!(driver.layer.take_worker_call());
    let bio = driver.bio(Operation::Read, 200, 8);
    let mut submission = driver.layer.begin(bio);
    assert!(!driver.advance(&mut submission));
    assert_eq!(driver.take_log(), "", "the device's only tag is held");
    assert!(!driver.layer.take_worker_call());
}

/// [block-worker.tag-call] [block-worker.not-blocking]
#[test]
fn a_driver_that_does_not_sleep_is_run_by_the_task_that_wants_a_tag() {
    let mut driver = Driver::new(Settings { nr_requests: 2, blocking: false, ..depth(4, deadline()) });
    driver.plug();
    driver.read(0, 8);
    driver.read(100, 8);
    driver.sleep();
    driver.take_log();
    let bio = driver.bio(Operation::Read, 200, 8);
    let mut submission = driver.layer.begin(bio);
    assert!(!driver.advance(&mut submission));
    assert_eq!(driver.take_log(), "D 0+8, D 100+8");
}

/// [block-tags.async-depth]
#[test]
fn a_write_waits_where_a_read_does_not() {
    let settings = Settings { nr_requests: 32, ..depth(2, deadline()) };
    let mut driver = Driver::new(settings);
    // async_depth is 4: what nr_requests was when the scheduler was attached.
    for number in 0..4 {
        driver.write(100 * number, 8);
    }
    let mut fifth = begin(&mut driver, Operation::Write, 5000);
    assert!(!driver.advance(&mut fifth));
    driver.layer.wait_for_tag(TaskId(3));
    driver.read(7000, 8);
    assert!(driver.take_letters("G").ends_with("G 7000+8"));
    driver.give_way();
    driver.complete_oldest(None);
    assert_eq!(driver.woken, [TaskId(3)]);
    assert!(driver.advance(&mut fifth));
    assert_eq!(driver.take_letters("G"), "G 5000+8");
}

/// [block-complete.order]
#[test]
fn bios_end_in_order_of_sectors() {
    let mut driver = Driver::new(Settings::default());
    driver.plug();
    for sector in [100, 108, 92] {
        driver.read(sector, 8);
    }
    driver.end();
    driver.complete_all();
    let ended: Vec<u64> = driver.ended.iter().map(|ended| ended.bio.0).collect();
    assert_eq!(ended, [2, 0, 1]);
}

/// [block-complete.whole]
#[test]
fn all_bios_of_a_request_fail_with_it() {
    let mut driver = Driver::new(Settings::default());
    driver.plug();
    for sector in [100, 108, 500] {
        driver.read(sector, 8);
    }
    driver.end();
    driver.complete_oldest(None);
    driver.complete_oldest(Some(IoError::Medium));
    let ended: Vec<_> = driver.ended.iter().map(|ended| (ended.bio.0, ended.error)).collect();
    assert_eq!(ended, [(2, None), (0, Some(IoError::Medium)), (1, Some(IoError::Medium))]);
}
