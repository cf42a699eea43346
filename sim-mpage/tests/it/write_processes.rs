//! Several processes that write: locks of pages and inodes, allocation, the flusher beside them.

use sim_core::time::Duration;
use sim_mpage::call::Call;

use crate::bench::{Bench, pread, writeback};
use crate::writing::{FSYNC, ftruncate, pwrite, sleep, sync_range, write_pages};

fn row() -> Bench {
    Bench::new(1024, "0-11@1000")
}

// [processes.page-lock-write]
#[test]
fn a_write_holds_its_page_while_it_reads_a_block() {
    let ran = row().run_tasks(&[&[pwrite(100, 10)], &[pread(100, 10)]]);
    assert_eq!((ran.sent_at(), ran.returned_at()), (vec!["0: R 0".to_owned()], vec![100, 100]));
    // A reader of the same page does not send it a second time, nor see it half written.
    assert_eq!(ran.outcome.results, [[10], [10]]);
}

// [processes.inode-lock] [processes.wait-inode]
#[test]
fn a_second_writer_of_a_file_waits_and_readers_do_not() {
    let (slow, quick): (&[Call], &[Call]) = (&[pwrite(100, 10)], &[write_pages(1, 1)]);
    assert_eq!(row().run_tasks(&[slow, quick]).returned_at(), [100, 100]);
    assert_eq!(row().run_tasks(&[slow, &[ftruncate(12288)]]).returned_at(), [100, 100]);
    let ran = row().cached_page(1).run_tasks(&[slow, &[pread(4096, 10), sync_range(0, 0, 7), sleep(0)]]);
    assert_eq!(ran.returned_at(), [0, 0, 0, 100]);
}

// [processes.inode-lock]
#[test]
fn fsync_holds_the_inode_only_after_the_data() {
    let fsync: &[Call] = &[write_pages(0, 1), FSYNC];
    let ran = row().run_tasks(&[fsync, &[sleep(50), write_pages(1, 1), sleep(100), write_pages(1, 1)]]);
    // At 50 the data are on their way, at 150 the inode.
    assert_eq!(ran.sent_at(), ["0: WS 0-3", "100: WS inodes/0"]);
    assert_eq!(ran.returned_at(), [0, 50, 50, 150, 200, 200]);
    // Two of them write the inode once.
    let ran = row().run_tasks(&[fsync, &[FSYNC]]);
    assert_eq!(ran.sent_at(), ["0: WS 0-3", "100: WS inodes/0"]);
    assert_eq!(ran.returned_at(), [0, 200, 200]);
}

// [processes.inode-lock-handed] [processes.wait-inode]
#[test]
fn a_real_time_waiter_is_handed_the_inode_and_an_ordinary_one_finds_it_taken() {
    let bench = || Bench::new(1024, "0-11@1000");
    let tasks: [&[Call]; 2] = [&[pwrite(1, 10), pwrite(1025, 10)], &[pwrite(2049, 10)]];
    assert_eq!(bench().run_tasks(&tasks).sent_at(), ["0: R 0", "100: R 1", "200: R 2"]);
    assert_eq!(bench().fifo().run_tasks(&tasks).sent_at(), ["0: R 0", "100: R 2", "200: R 1"]);
}

// [processes.inode-lock-handed]
#[test]
fn an_ordinary_waiter_is_handed_the_inode_after_more_than_a_tick() {
    let writes: Vec<Call> = (0..8).map(|block| pwrite(block * 1024 + 1, 10)).collect();
    let bench = Bench::new(1024, "0-11@1000").with(|machine| {
        let latency = Duration::from_nanoseconds(3_000_000);
        let settings = sim_disk::ideal::Settings { latency, ..Default::default() };
        machine.device = sim_disk::ideal::Ideal::new(settings).into();
    });
    let ran = bench.run_tasks(&[&writes, &[pwrite(8 * 1024 + 1, 10)]]);
    // It came at 0, asks when it is woken and more than a tick has gone, at 6 ms, and gets it next.
    assert_eq!(ran.sent()[..5], ["R 0", "R 1", "R 2", "R 8", "R 3"]);
}

// [processes.allocation]
#[test]
fn who_waited_to_allocate_looks_its_block_up_again() {
    // Both need the same new indirect block.
    let bench = Bench::with_size(4096, "0-11@1000", 14 * 4096).dirty_pages(13..14);
    let ran = bench.run_tasks(&[&[write_pages(12, 1)], &[writeback()]]);
    assert_eq!(ran.found_or_made(), [(12, 1013, true), (13, 1014, true)]);
    assert_eq!(ran.sent_at(), ["0: R bitmap/0", "100: WS 13"]);
}

// [processes.flusher-gives-way]
#[test]
fn a_process_goes_before_the_flusher_at_work() {
    let bench =
        Bench::new(4096, "0@1000 1@2000 2@3000 3@4000 4-9@5000").dirty_pages(0..4).fifo().with(|machine| {
            machine.kernel.cpu.bio = Duration::from_nanoseconds(10_000);
        });
    let ran = bench.run_tasks(&[&[Call::Sync], &[sleep(15), pread(5 * 4096, 1)]]);
    // It wakes while the flusher is at page 1, and reads before the flusher goes on with page 2.
    let sent = ["10: WS 0", "20: WS 1", "30: RA 5", "40: WS 2", "50: WS 3", "160: WS super"];
    assert_eq!(ran.sent_at(), sent);
    // The flusher's plug stays as it is meanwhile: what it holds goes to the device at the run's end.
    assert_eq!(ran.issued(), "5 W3 W2 W1 W0 Wsuper");
}
