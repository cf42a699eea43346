//! The flusher's timer, its periodic and its background runs.

use sim_core::io::Flags;
use sim_core::time::Duration;

use crate::bench::Bench;
use crate::writing::{FSYNC, sleep, write_pages};

/// When the timer fires that is set at tick 0, since when the filesystem is dirty: at tick 1280, and
/// then at every 1280th, in us. Ticks come every 4 ms from 0.4 ms on.
const fn timer(nth: u64) -> u64 {
    tick(nth * 1280)
}

const fn tick(number: u64) -> u64 {
    (number - 1) * 4_000 + 400
}

/// A file whose device's share is the whole background limit, which is never reached.
fn row() -> Bench {
    Bench::new(4096, "0-11@1000").with(|machine| {
        machine.record_after = Duration::from_nanoseconds(80_000_000_000);
        machine.kernel.vm.bdi_min_ratio = 100;
    })
}

/// The same of a device that has no share before it has written anything.
fn without_share() -> Bench {
    row().with(|machine| machine.kernel.vm.bdi_min_ratio = 0)
}

// [flusher.timer-fires] [flusher.too-young] [flusher.timer-set] [flusher.inode]
#[test]
fn pages_are_written_by_the_timer_when_they_are_old_enough() {
    // 30 s after the write; the block of the inode became dirty then, and is old 30 s later.
    let ran = row().run(&[write_pages(0, 2)]);
    assert_eq!(ran.sent_at(), [format!("{}: W 0-1", timer(6)), format!("{}: W inodes/0", timer(12))]);
    assert_eq!(ran.flags(), [Flags::BACKGROUND; 2]);
    // The age is that of the first change; what came later goes with it.
    let ran = row().run(&[sleep(7_000_000), write_pages(0, 2), sleep(5_000_000), write_pages(2, 1)]);
    assert_eq!(ran.sent_at()[0], format!("{}: W 0-2", timer(8)));
    // With other settings: every second, when they are 2 s old.
    let ran = row().with(|machine| {
        machine.kernel.vm.dirty_writeback_centisecs = 100;
        machine.kernel.vm.dirty_expire_centisecs = 200;
    });
    // 250 ticks and one, rounded up to 256, each time: at 1024, 512 at most are too young.
    assert_eq!(ran.run(&[write_pages(0, 2)]).sent_at()[0], format!("{}: W 0-1", tick(2 * 256)));
}

// [flusher.timer-set] [flusher.timer-fires]
#[test]
fn without_an_interval_nothing_is_written_by_itself() {
    let never = row().with(|machine| machine.kernel.vm.dirty_writeback_centisecs = 0);
    assert_eq!(never.run(&[write_pages(0, 2)]).sent(), Vec::<String>::new());
}

// [flusher.timer-set] [flusher.share] [flusher.background] [mpage-write.background-flag]
#[test]
fn the_timer_is_set_when_the_first_inode_becomes_dirty() {
    // On a device that has not written yet the first run is followed by one in the background. Nothing
    // is dirty after that; the timer set at 7 s (tick 1750) runs out at the multiple of 64 after 3000.
    let ran = without_share().run(&[write_pages(0, 2), sleep(7_000_000), write_pages(0, 2)]);
    let [first, then] = [timer(1), tick(3_008)];
    let both = |us: u64| [format!("{us}: W 0-1"), format!("{us}: W inodes/0")];
    assert_eq!(ran.sent_at(), [both(first), both(then)].concat());
    assert_eq!(ran.flags(), [Flags::BACKGROUND; 4]);
}

// [flusher.share] [flusher.background]
#[test]
fn a_device_that_has_written_lately_has_its_share() {
    // Two pages count until 3 s after, and one of them until 6 s after.
    let ran = without_share().run(&[write_pages(0, 2), FSYNC, write_pages(0, 1)]);
    assert_eq!(ran.sent_at(), ["0: WS 0-1", "100: WS inodes/0", &format!("{}: W 0", timer(2))]);
    let ran = without_share().run(&[write_pages(0, 8), FSYNC, write_pages(0, 1)]);
    assert_eq!(ran.sent_at().last().unwrap(), &format!("{}: W 0", timer(3)));
}

// [flusher.background-limit] [flusher.background]
#[test]
fn above_the_limit_the_timer_writes_everything_and_the_write_itself_does_not_wake_the_flusher() {
    let in_bytes =
        |bench: Bench| bench.with(|machine| machine.kernel.vm.dirty_background_bytes = Some(8 * 4096));
    let in_percent = |bench: Bench| {
        bench.with(|machine| {
            machine.kernel.vm.dirty_background_ratio = 10;
            machine.kernel.vm.memory_bytes = 80 * 4096;
            machine.kernel.vm.throttling = false;
        })
    };
    // The superblock's page is dirty, too.
    for (pages, nth) in [(7, 6), (8, 1)] {
        let expected = format!("{}: W 0-{}", timer(nth), pages - 1);
        assert_eq!(in_bytes(row()).run(&[write_pages(0, pages)]).sent_at()[0], expected);
        assert_eq!(in_percent(row()).run(&[write_pages(0, pages)]).sent_at()[0], expected);
    }
}

// [flusher.timer-fifo] [flusher.timer-fires]
#[test]
fn the_flusher_runs_when_no_process_can() {
    // Each page takes 3 s of CPU time; the timer fires in the middle of the first call.
    let busy = without_share().fifo().with(|machine| {
        machine.kernel.cpu.copy_page = Duration::from_nanoseconds(3_000_000_000);
    });
    let ran = busy.clone().run(&[write_pages(0, 2), write_pages(2, 2)]);
    assert_eq!(ran.sent_at(), ["12000000: W 0-3", "12000000: W inodes/0"]);
    // It runs as soon as the process sleeps.
    let ran = busy.run(&[write_pages(0, 2), sleep(1), write_pages(2, 2)]);
    assert_eq!(ran.sent_at()[..2], ["6000000: W 0-1", "6000000: W inodes/0"]);
}
