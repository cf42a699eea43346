//! `sync` and `syncfs`: what is written, by whom, in which order, and what is waited for.

use sim_core::time::Duration;
use sim_mpage::call::Call;

use crate::bench::{Bench, file};
use crate::writing::{FSYNC, MAP, SYNCFS, ftruncate, open, sleep, store, two_files, write_pages};

const SYNC: Call = Call::Sync;

fn row() -> Bench {
    Bench::new(4096, "0-9@1000")
}

// [flusher.sync-files] [flusher.sync-superblock] [flusher.sync-device] [flusher.inode]
// [flusher.round] [flusher.another-round] [flusher.timer-set] [processes.wait-run]
#[test]
fn sync_writes_pages_then_inodes_then_the_superblock() {
    let ran = row().run(&[write_pages(0, 2), SYNC, SYNC]);
    // The inode makes its block of the table dirty, which goes in the next round.
    assert_eq!(ran.sent_at(), ["0: W 0-1", "0: W inodes/0", "100: WS super", "200: WS super"]);
    assert_eq!(ran.returned_at(), [0, 200, 300]);
    // What a new block has made dirty of the device goes before the file, in the first round; the
    // superblock's page, which is first, has nothing to be written then.
    let ran = row().run(&[write_pages(10, 1), SYNC]);
    let sent = ["R bitmap/0", "W groups", "W bitmap/0", "W 10", "W inodes/0", "WS super"];
    assert_eq!(ran.sent(), sent);
}

// [flusher.sync-files] [flusher.round]
#[test]
fn files_go_in_the_order_in_which_they_became_dirty() {
    for (first, sent) in [(0, ["W 0", "W f1:0"]), (1, ["W f1:0", "W 0"])] {
        let calls = [open(first), write_pages(0, 1), open(1 - first), write_pages(0, 1), open(first)];
        let ran = two_files(4).run(&[&calls[..], &[write_pages(0, 1), SYNC]].concat());
        assert_eq!(ran.sent()[..2], sent);
    }
}

// [flusher.too-young]
#[test]
fn what_is_dirtied_while_a_run_goes_on_is_left_to_the_next_one() {
    // The run sleeps for the indirect block of the first file; meanwhile the second becomes dirty. The
    // next one, for integrity, takes that.
    let bench = || {
        let files = [("/f", 12, "0-11@1000 ind@500 12-13@1100"), ("/g", 13, "0-3@2000")];
        let files = files.map(|(path, inode, layout)| file(path, inode, layout, 4096, None));
        Bench::of_files(4096, files.to_vec()).dirty_pages(12..13).with(|machine| {
            let latency = Duration::from_nanoseconds(10_000_000);
            let settings = sim_disk::ideal::Settings { latency, ..Default::default() };
            machine.device = sim_disk::ideal::Ideal::new(settings).into();
        })
    };
    let while_it_runs: &[Call] = &[open(1), sleep(5_000), write_pages(0, 1)];
    let ran = bench().run_tasks(&[&[SYNC], while_it_runs]);
    assert_eq!(
        ran.sent_at(),
        ["0: R ind", "10000: W 12", "10000: WS f1:0", "10000: WS inodes/0", "20000: WS super"]
    );
    let before: &[Call] = &[open(1), write_pages(0, 1)];
    let ran = bench().run_tasks(&[before, &[SYNC]]);
    assert_eq!(ran.sent()[..3], ["R ind", "W 12", "W f1:0"]);
}

// [flusher.sync-fifo] [flusher.inode] [processes.wait-run]
#[test]
fn real_time_callers_get_the_run_for_integrity_first() {
    let ran = row().fifo().run(&[write_pages(0, 2), SYNC]);
    assert_eq!(ran.sent_at(), ["0: WS 0-1", "0: WS inodes/0", "100: WS super"]);
    assert_eq!(ran.returned_at(), [0, 200]);
    // The bitmap and the descriptors are the other run's.
    let ran = row().fifo().run(&[write_pages(10, 1), SYNC]);
    assert_eq!(ran.sent()[..3], ["R bitmap/0", "WS 10", "WS inodes/0"]);
    let mut rest = ran.sent()[3..].to_vec();
    rest.sort();
    assert_eq!(rest, ["W bitmap/0", "W groups", "WS super"]);
}

// [flusher.syncfs-files] [flusher.syncfs-superblock] [flusher.syncfs-integrity]
// [flusher.syncfs-device] [flusher.share] [flusher.background]
#[test]
fn syncfs_writes_the_files_then_the_device_then_the_superblock() {
    let calls = [write_pages(9, 2), SYNCFS, SYNCFS];
    // The background run that follows writes the device's pages; the second time there is nothing.
    let ran = row().run(&calls);
    let of_flusher = ["W 9-10", "W groups", "W bitmap/0", "W inodes/0"];
    assert_eq!(ran.sent()[1..5], of_flusher);
    let of_task = ["100: W super", "200: WS super", "300: W super", "400: WS super"];
    assert_eq!(ran.sent_at()[5..], of_task);
    assert_eq!(ran.returned_at(), [100, 300, 500]);
    // Without a background run the task writes them, in order of their places.
    let ran = row().with(|machine| machine.kernel.vm.bdi_min_ratio = 100).run(&calls);
    let sent = ["W 9-10", "W super", "W groups", "W bitmap/0", "W inodes/0", "WS super"];
    assert_eq!(ran.sent()[1..7], sent);
    // Where the superblock lies in the page of the descriptors, which is being written, it is skipped.
    let ran = Bench::new(1024, "0-7@1000").run(&[write_pages(2, 1), SYNCFS]);
    let sent = ["W 8-11", "W groups", "W bitmap/0", "W inodes/0", "WS super"];
    assert_eq!(ran.sent()[1..], sent);
}

// [flusher.busy-inode] [processes.writing-inode] [flusher.another-round]
#[test]
fn an_inode_that_another_task_is_writing_goes_to_the_next_round() {
    // From 100 to 200 fsync writes the inode; page 1 is stored to meanwhile, and the other file written.
    let fsync: &[Call] = &[write_pages(0, 1), FSYNC];
    let sync: &[Call] = &[MAP, open(1), sleep(150), store(1), write_pages(0, 1), SYNC];
    let ran = two_files(4).cached_page(1).run_tasks(&[fsync, sync]);
    let sent = ran.sent_at();
    assert_eq!(sent[..4], ["0: WS 0", "100: WS inodes/0", "150: W f1:0", "200: W 1"]);
}

// [processes.writing-inode]
#[test]
fn fsync_waits_for_the_flusher_to_write_the_inode_and_then_does_nothing() {
    // The flusher has page 12, and waits for the indirect block; then it writes the inode until 200.
    let sync: &[Call] = &[ftruncate(14 * 4096), SYNC];
    let fsync: &[Call] = &[sleep(10), FSYNC];
    let bench = Bench::new(4096, "0-11@1000 ind@500 12-13@1100").fifo().dirty_pages(12..13);
    let ran = bench.run_tasks(&[sync, fsync]);
    assert_eq!(ran.sent_at(), ["0: R ind", "100: WS 12", "100: WS inodes/0", "200: WS super"]);
    assert_eq!(ran.returned_at(), [0, 10, 200, 300]);
}
