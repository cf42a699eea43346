//! mq-deadline: what a bio finds, what joins on insertion, and what goes out when.

use sim_core::io::{Operation, RequestId};
use sim_core::time::{Duration, Time};

use super::driver::{Driver, deadline};
use crate::block::{Iosched, Settings};

/// A driver whose scheduler holds one request of 8 sectors at each of these, inserted in this order.
fn holding(settings: Settings, sectors: &[u64]) -> Driver {
    let mut driver = Driver::new(settings);
    for sector in sectors {
        submit(&mut driver, Operation::Read, *sector, 8);
    }
    driver.take_log();
    driver
}

/// Submits a bio without giving way to the worker, so that the scheduler keeps what it has.
fn submit(driver: &mut Driver, operation: Operation, sector: u64, sectors: u32) {
    let bio = driver.bio(operation, sector, sectors);
    let mut submission = driver.layer.begin(bio);
    assert!(driver.advance(&mut submission));
}

fn read(driver: &mut Driver, sector: u64, sectors: u32) -> String {
    submit(driver, Operation::Read, sector, sectors);
    driver.take_letters("GMFJI")
}

/// Flushes a section's requests together; their bios were submitted with `plugged`.
fn insert_together(driver: &mut Driver, bios: &[(Operation, u64, u32)]) -> String {
    driver.plug();
    for (operation, sector, sectors) in bios {
        submit(driver, *operation, *sector, *sectors);
    }
    driver.take_log();
    driver.sleep();
    driver.plug = None;
    driver.take_letters("UIJ")
}

/// All that goes out, one request in the device at a time.
fn dispatched(driver: &mut Driver) -> String {
    driver.complete_all();
    driver.take_letters("D")
}

fn tunables(change: fn(&mut Iosched)) -> Settings {
    let mut settings = deadline();
    change(&mut settings.iosched);
    settings
}

/// [deadline.last-merge] [deadline.first-found] [block-merge.order]
#[test]
fn the_last_merge_request_is_tried_before_the_hash() {
    // The first request inserted is the last merge request.
    let mut driver = holding(deadline(), &[100, 300, 84]);
    assert_eq!(read(&mut driver, 92, 8), "F 92+8, J 0>2", "100+8 in front, not 84+8 at its back");
    assert_eq!(dispatched(&mut driver), "D 300+8, D 84+24");
}

/// [deadline.last-merge]
#[test]
fn the_last_merge_request_is_tried_at_its_end_first() {
    let mut driver = holding(Settings { nomerges: 1, ..deadline() }, &[100, 300]);
    assert_eq!(read(&mut driver, 108, 8), "M 108+8");
    assert_eq!(read(&mut driver, 92, 8), "F 92+8");
}

/// [deadline.last-merge]
#[test]
fn a_last_merge_request_of_the_other_operation_is_passed_over() {
    let mut driver = Driver::new(deadline());
    submit(&mut driver, Operation::Write, 100, 8);
    submit(&mut driver, Operation::Read, 200, 8);
    driver.take_log();
    assert_eq!(read(&mut driver, 108, 8), "G 108+8, I 108+8");
    assert_eq!(read(&mut driver, 208, 8), "M 208+8");
}

/// [deadline.hash]
#[test]
fn the_hash_gives_the_newest_request_that_ends_there() {
    let mut driver = holding(deadline(), &[1000, 200, 300]);
    submit(&mut driver, Operation::Read, 204, 4);
    driver.take_log();
    // Both 200+8 and 204+4 end at 208.
    assert_eq!(read(&mut driver, 208, 8), "M 208+8");
    let requests = &driver.layer.requests;
    assert_eq!(requests[requests.find(RequestId(3))].sectors, 12);
}

/// [deadline.hash] [deadline.front]
#[test]
fn where_the_newest_is_of_the_other_operation_the_sorted_list_is_next() {
    let mut driver = holding(deadline(), &[1000, 200, 216]);
    submit(&mut driver, Operation::Write, 204, 4);
    driver.take_log();
    assert_eq!(read(&mut driver, 208, 8), "F 208+8, J 2>1");
}

/// [deadline.front] [deadline.tunables]
#[test]
fn without_front_merges_the_sorted_list_is_not_searched() {
    let mut driver = holding(deadline(), &[1000, 200]);
    assert_eq!(read(&mut driver, 192, 8), "F 192+8");
    let mut driver = holding(tunables(|iosched| iosched.front_merges = false), &[1000, 200]);
    assert_eq!(read(&mut driver, 192, 8), "G 192+8, I 192+8");
    assert_eq!(read(&mut driver, 992, 8), "F 992+8", "the last merge request is tried at both ends");
}

/// [deadline.first-found] [block-merge.misfit]
#[test]
fn a_misfit_is_closed_and_no_other_is_tried() {
    let settings = Settings { max_sectors_kb: 8, ..deadline() };
    let mut driver = holding(settings, &[100, 120, 300]);
    // 108+12 is next to 100+8 and 120+8; with either it is 20 sectors, with 16 allowed.
    assert_eq!(read(&mut driver, 108, 12), "G 108+12, I 108+12");
    assert_eq!(read(&mut driver, 92, 8), "G 92+8, I 92+8", "the last merge request, 100+8, is closed");
    assert_eq!(read(&mut driver, 128, 4), "M 128+4", "120+8 was not tried");
}

/// [deadline.back-join] [deadline.survivor]
#[test]
fn after_a_back_merge_the_next_request_is_joined() {
    let mut driver = holding(deadline(), &[100, 116]);
    assert_eq!(read(&mut driver, 108, 8), "M 108+8, J 1>0");
    assert_eq!(read(&mut driver, 92, 8), "F 92+8", "the survivor is the last merge request");
    assert_eq!(dispatched(&mut driver), "D 92+32");
}

/// [deadline.front-join] [deadline.survivor]
#[test]
fn after_a_front_merge_it_joins_the_request_before() {
    let mut driver = holding(deadline(), &[116, 100]);
    // The hash would give 100+8, but the last merge request is tried first.
    assert_eq!(read(&mut driver, 108, 8), "F 108+8, J 0>1");
    assert_eq!(read(&mut driver, 124, 8), "M 124+8");
    assert_eq!(dispatched(&mut driver), "D 100+32");
}

/// [deadline.survivor]
#[test]
fn order_follows_a_front_merge() {
    let mut driver = holding(deadline(), &[500, 300, 100]);
    assert_eq!(read(&mut driver, 200, 100), "F 200+100");
    assert_eq!(read(&mut driver, 108, 92), "F 108+92, J 1>2");
    assert_eq!(read(&mut driver, 308, 92), "M 308+92");
    assert_eq!(dispatched(&mut driver), "D 500+8, D 100+300");
}

/// [deadline.insert-join]
#[test]
fn an_inserted_request_joins_behind_others_and_never_in_front() {
    let mut driver = Driver::new(deadline());
    let bios = [1000, 100, 116, 92, 108, 124].map(|sector| (Operation::Read, sector, 8));
    // 92+8 does not join in front of 100+8. 108+8 joins 100+8, which the hash gives, and that joins
    // 92+8 in its turn, which ends at 116 now; so 124+8 joins 116+8, and that joins 92+24.
    assert_eq!(
        insert_together(&mut driver, &bios),
        "U 6, I 1000+8, I 100+8, I 116+8, I 92+8, J 4>1, J 1>3, J 5>2, J 2>3"
    );
    assert_eq!(dispatched(&mut driver), "D 1000+8, D 92+40");
}

/// [deadline.insert-join] [block-nomerges.one]
#[test]
fn with_nomerges_1_only_the_last_merge_request_is_joined_on_insertion() {
    use Operation::Read;
    let mut driver = holding(Settings { nomerges: 1, ..deadline() }, &[1000, 100]);
    let log = insert_together(&mut driver, &[(Read, 108, 8), (Read, 5000, 8), (Read, 1008, 8)]);
    assert_eq!(log, "U 2, I 108+8, I 5000+8", "1008+8 was merged as a bio");
    assert_eq!(driver.layer.requests.len(), 4);
    let mut driver = holding(Settings { nomerges: 1, ..deadline() }, &[]);
    let bios = [(Read, 1000, 8), (Read, 100, 8), (Read, 1008, 8), (Read, 108, 8)];
    assert_eq!(insert_together(&mut driver, &bios), "U 4, I 1000+8, I 100+8, J 2>0, I 108+8");
}

/// [deadline.join] [block-merge.misfit]
#[test]
fn requests_that_do_not_fit_together_stay_open() {
    use Operation::Read;
    let settings = Settings { max_sectors_kb: 8, ..deadline() };
    let mut driver = holding(settings, &[]);
    let log = insert_together(&mut driver, &[(Read, 100, 8), (Read, 300, 8), (Read, 108, 16)]);
    assert_eq!(log, "U 3, I 100+8, I 300+8, I 108+16");
    assert_eq!(read(&mut driver, 92, 8), "F 92+8");
    let mut driver = holding(deadline(), &[]);
    let log = insert_together(&mut driver, &[(Read, 100, 8), (Operation::Write, 108, 8)]);
    assert_eq!(log, "U 2, I 100+8, I 108+8", "not of one operation");
}

/// [deadline.insert]
#[test]
fn equal_sectors_go_out_in_order_of_insertion() {
    let mut driver = Driver::new(deadline());
    for (sector, sectors) in [(500, 2), (100, 2), (100, 4), (100, 6)] {
        submit(&mut driver, Operation::Read, sector, sectors);
    }
    assert_eq!(dispatched(&mut driver), "D 500+2, D 100+2, D 100+4, D 100+6");
}

/// [deadline.after] [deadline.head]
#[test]
fn a_lot_goes_up_from_its_first_and_then_from_the_first_left() {
    let mut driver = holding(deadline(), &[500, 100, 700, 300, 900]);
    assert_eq!(dispatched(&mut driver), "D 500+8, D 700+8, D 900+8, D 100+8, D 300+8");
}

/// [deadline.batch] [deadline.tunables]
#[test]
fn after_a_batch_the_other_direction_gets_its_turn() {
    let settings = Settings { queue_depth: 64, ..tunables(|iosched| iosched.fifo_batch = 2) };
    let mut driver = holding(settings, &[100, 200, 300, 400, 500, 600, 700]);
    submit(&mut driver, Operation::Write, 50, 8);
    driver.take_log();
    // Reads are chosen twice while the write waits.
    assert_eq!(
        dispatched(&mut driver),
        "D 100+8, D 200+8, D 300+8, D 400+8, D 50+8, D 500+8, D 600+8, D 700+8"
    );
}

/// [deadline.direction] [deadline.tunables]
#[test]
fn reads_go_first_as_often_as_writes_may_starve() {
    for (writes_starved, expected) in
        [(0, "D 50+8, D 100+8, D 200+8, D 300+8"), (1, "D 100+8, D 50+8, D 200+8, D 300+8")]
    {
        let mut settings = tunables(|iosched| iosched.fifo_batch = 1);
        settings.iosched.writes_starved = writes_starved;
        let mut driver = holding(settings, &[100, 200, 300]);
        submit(&mut driver, Operation::Write, 50, 8);
        assert_eq!(dispatched(&mut driver), expected);
    }
}

/// [deadline.direction]
#[test]
fn a_batch_of_writes_is_not_broken_off_by_reads() {
    let mut driver = Driver::new(Settings { queue_depth: 1, ..deadline() });
    for sector in [100, 200, 300, 400] {
        submit(&mut driver, Operation::Write, sector, 8);
    }
    driver.give_way();
    submit(&mut driver, Operation::Read, 50, 8);
    assert_eq!(dispatched(&mut driver), "D 100+8, D 200+8, D 300+8, D 400+8, D 50+8");
}

fn at(milliseconds: u64) -> Time {
    Time::ZERO + Duration::from_milliseconds(milliseconds).unwrap()
}

/// [deadline.head] [deadline.ticks] [deadline.tick-phase]
#[test]
fn the_overdue_head_goes_before_the_next_in_order_from_its_tick_on() {
    // Inserted at 10 ms: the last tick was that at 8.4 ms, and 500 ms are 125 ticks.
    let overdue = Duration::from_nanoseconds(508_400_000);
    for (now, expected) in [
        (Duration::from_nanoseconds(overdue.nanoseconds() - 1), "D 500+8, D 700+8, D 900+8, D 100+8"),
        (overdue, "D 500+8, D 700+8, D 100+8, D 900+8"),
    ] {
        let settings = Settings { queue_depth: 1, ..tunables(|iosched| iosched.fifo_batch = 2) };
        let mut driver = Driver::new(settings);
        driver.now = at(10);
        for sector in [500, 700, 100, 900] {
            submit(&mut driver, Operation::Read, sector, 8);
        }
        driver.give_way();
        driver.now = Time::ZERO + now;
        assert_eq!(dispatched(&mut driver), expected);
    }
}

/// [deadline.join-fifo] [deadline.tunables]
#[test]
fn the_survivor_of_a_join_takes_over_an_earlier_deadline() {
    let run = |first: u64, later: u64| {
        let mut driver = Driver::new(deadline());
        driver.now = at(first);
        submit(&mut driver, Operation::Read, 116, 8);
        submit(&mut driver, Operation::Read, 900, 8);
        driver.now = at(later);
        submit(&mut driver, Operation::Read, 100, 8);
        // Joins 116+8, the last merge request, to 100+8.
        submit(&mut driver, Operation::Read, 108, 8);
        driver.take_log();
        dispatched(&mut driver)
    };
    assert_eq!(run(1, 5), "D 100+24, D 900+8", "the place of 116+8");
    assert_eq!(run(1, 2), "D 900+8, D 100+24", "of the same tick: its own place");
}

/// [deadline.next-moves]
#[test]
fn next_moves_on_when_it_is_merged_away() {
    let mut driver = holding(Settings { queue_depth: 1, ..deadline() }, &[500, 600, 700, 100]);
    driver.give_way();
    // 500 is in the device and 600 is set aside; next is 700. It joins a request before it.
    submit(&mut driver, Operation::Read, 650, 8);
    submit(&mut driver, Operation::Read, 900, 8);
    submit(&mut driver, Operation::Read, 658, 42);
    driver.take_log();
    assert_eq!(dispatched(&mut driver), "D 600+8, D 900+8, D 100+8, D 650+58");
}

/// [deadline.after]
#[test]
fn next_is_found_when_a_request_is_dispatched_and_not_later() {
    let mut driver = holding(Settings { queue_depth: 1, ..deadline() }, &[500, 600, 700]);
    driver.give_way();
    // Next is 700, so 650, inserted now, waits for another round; 800 does not.
    submit(&mut driver, Operation::Read, 650, 8);
    submit(&mut driver, Operation::Read, 800, 8);
    driver.take_log();
    assert_eq!(dispatched(&mut driver), "D 600+8, D 700+8, D 800+8, D 650+8");
}
