//! Buffered reads and readahead: which pages are read when, and by whom.

use sim_core::io::{Flags, Role};
use sim_core::time::Duration;
use sim_core::trace::{PageChange, ReadaheadRule};
use sim_mpage::call::{Access, Call, Handle};

use crate::bench::{Bench, F, H, file, pread, read, readahead};

use ReadaheadRule::{Forced, Marked, Random, Sequential, StartOfFile};

const SLEEP: Call = Call::Sleep { duration: Duration::from_nanoseconds(1_000_000) };

/// 64 pages in one piece, their indirect block cached.
fn sixty_four() -> Bench {
    Bench::new(4096, "ind@500 0-63@1000").cached(Role::Ind, false).boundary(false)
}

// [pagecache-read.missing] [pagecache-read.marked] [readahead.mark] [pagecache-read.copy]
#[test]
fn a_file_read_page_by_page_is_read_ahead_in_growing_windows() {
    let calls = vec![read(4096); 65];
    let ran = sixty_four().run(&calls);
    assert_eq!(ran.bios(), "0-3 4-11 12-27 28-59 60-63");
    let windows = [
        (StartOfFile, 0, 4, 3),
        (Sequential, 4, 8, 8),
        (Sequential, 12, 16, 16),
        (Sequential, 28, 32, 32),
        (Sequential, 60, 32, 32),
    ];
    assert_eq!(ran.windows(), windows);
    assert_eq!(ran.flags(), [Flags::READ_AHEAD; 5]);
    let mut results = vec![4096; 64];
    results.push(0);
    assert_eq!(ran.results(), results);
}

// [pagecache-read.run] [pagecache-read.locked]
#[test]
fn one_long_read_takes_at_most_15_pages_at_once_and_meets_the_marks_on_its_way() {
    // The second window is asked for at the mark, page 16, before any page of it is wanted.
    let ran = sixty_four().run(&[read(64 * 4096)]);
    assert_eq!(ran.windows()[0], (StartOfFile, 0, 64, 32));
    let ran = sixty_four().with(|machine| machine.queue.max_sectors_kb = 64).run(&[read(64 * 4096)]);
    // The device takes 16 pages at once, so the window stays at 32.
    let windows = [(StartOfFile, 0, 32, 16), (Sequential, 32, 32, 32), (Sequential, 64, 32, 32)];
    assert_eq!(ran.windows(), windows);
    assert_eq!(ran.results(), [64 * 4096]);
}

// [readahead.mark] [readahead.cut]
#[test]
fn the_mark_counts_from_the_end_of_the_window_as_it_was_cut() {
    // A window of 32 pages, mark 16 before its end, of a file of 20: page 4 carries it.
    let ran = Bench::with_size(4096, "", 20 * 4096).run(&[pread(0, 32 * 4096), pread(0, 4096)]);
    assert_eq!(ran.windows(), [(StartOfFile, 0, 32, 16), (Marked, 20, 32, 32)]);
    assert_eq!(ran.pages(PageChange::Added), (0..20).collect::<Vec<_>>());
}

// [readahead.batch]
#[test]
fn cached_pages_part_a_window_in_batches() {
    let bench = Bench::new(4096, "0-9@1000").cached_page(3).cached_page(4).cached_page(9);
    let ran = bench.run(&[readahead(0, 0), read(40960)]);
    assert_eq!(ran.bios(), "0-2 5-8");
    assert_eq!(ran.windows()[0], (Forced, 0, 320, 0));
    // Each batch is a request of its own: its pages ask for no more than it holds.
    assert_eq!(ran.mapped(), [(0, 3, 3), (5, 4, 4)]);
    assert_eq!(ran.results(), [0, 40960]);
    // And has a plug of its own: what it holds goes to the device before the next is made.
    assert_eq!(ran.issued(), "0-2 5-8");
}

// [readahead.cut]
#[test]
fn nothing_is_read_past_the_last_page() {
    let ran = Bench::with_size(4096, "0-2@1000", 8193).run(&[readahead(0, 0), readahead(16384, 4096)]);
    assert_eq!(ran.pages(PageChange::Added), [0, 1, 2]);
    assert_eq!(ran.bios(), "0-2");
    let ran = Bench::new(4096, "0-2@1000").run(&[read(8192), read(8192), read(8192), pread(1 << 40, 4096)]);
    assert_eq!(ran.results(), [8192, 4096, 0, 0]);
}

// [readahead.forced] [readahead.call]
#[test]
fn forced_readahead_goes_in_pieces_of_two_megabytes_up_to_what_the_device_takes() {
    let ran = sixty_four().run(&[readahead(4 * 4096 + 5, 3 * 4096)]);
    // From inside page 4 to inside page 7.
    assert_eq!((ran.bios(), ran.windows()), ("4-7", vec![(Forced, 4, 4, 0)]));
    let windows = |page_size: u32, kib: u32| {
        let bench = Bench::with_size(1024, "", 8 << 20).page_size(page_size);
        bench.with(|machine| machine.queue.max_sectors_kb = kib).run(&[readahead(0, 0)]).windows()
    };
    assert_eq!(windows(4096, 1280), [(Forced, 0, 320, 0)]);
    assert_eq!(windows(4096, 5120), [(Forced, 0, 512, 0), (Forced, 512, 512, 0), (Forced, 1024, 256, 0)]);
    assert_eq!(windows(16384, 5120), [(Forced, 0, 128, 0), (Forced, 128, 128, 0), (Forced, 256, 64, 0)]);
    assert_eq!(windows(65536, 5120), [(Forced, 0, 32, 0), (Forced, 32, 32, 0), (Forced, 64, 16, 0)]);
    // The window of the open file counts if it is the larger one.
    assert_eq!(windows(4096, 64), [(Forced, 0, 32, 0)]);
}

// [readahead.off]
#[test]
fn without_readahead_each_page_is_read_by_itself() {
    let ran = sixty_four().with(|machine| machine.read_ahead_pages = 0).run(&[read(12288)]);
    assert_eq!(ran.bios(), "0 1 2");
    assert_eq!(ran.windows(), [(Forced, 0, 1, 0), (Forced, 1, 1, 0), (Forced, 2, 1, 0)]);
    assert_eq!(ran.time(), 300_000);
    // A mark that another opener has set triggers nothing.
    let ran = sixty_four().run_tasks(&[&[read(4096)], &[SLEEP, open(), pread(4096, 4096)]]);
    assert_eq!(ran.windows().len(), 2);
}

fn open() -> Call {
    Call::Open { handle: H, file: F, access: Access::Read }
}

// [pagecache-read.missing]
#[test]
fn scattered_pages_are_read_without_readahead() {
    let ran = sixty_four().run(&[pread(40 * 4096, 4096), pread(10 * 4096, 8192), pread(50 * 4096 + 9, 1)]);
    assert_eq!(ran.bios(), "40 10-11 50");
    assert_eq!(ran.windows(), [(Random, 40, 1, 0), (Random, 10, 2, 0), (Random, 50, 1, 0)]);
    assert_eq!(ran.results(), [4096, 8192, 1]);
}

// [pagecache-read.locked] [processes.wait-unlocked] [processes.wait] [processes.page-lock-read]
#[test]
fn two_readers_of_one_file_send_together_what_one_would() {
    let one = sixty_four().run(&vec![read(4096); 64]);
    let calls = vec![read(4096); 64];
    let mut second = vec![open()];
    second.extend(calls.clone());
    let two = sixty_four().run_tasks(&[&calls, &second]);
    assert_eq!(two.bios(), one.bios());
    assert_eq!(two.outcome.results, [vec![4096; 64], [vec![0], vec![4096; 64]].concat()]);
}

// [pagecache-read.copy]
#[test]
fn handles_have_positions_of_their_own() {
    let other = Handle(1);
    let ran = Bench::of_files(4096, vec![file("/f", 12, "0-3@1000", 4096, None)]).run(&[
        Call::Open { handle: other, file: F, access: Access::Read },
        read(5000),
        Call::Read { handle: other, length: 100 },
        read(1 << 62),
        Call::Close { handle: other },
        Call::Close { handle: other },
        Call::Read { handle: other, length: 1 },
        Call::Pread { handle: other, offset: 0, length: 1 },
        Call::Readahead { handle: other, offset: 0, length: 1 },
        pread(u64::MAX, u64::MAX),
        read(0),
    ]);
    assert_eq!(ran.results(), [0, 5000, 100, 16384 - 5000, 0, -9, -9, -9, -9, 0, 0]);
}

// [buffers-life.drop]
#[test]
fn drop_frees_clean_pages_only() {
    let bench = Bench::new(4096, "0-3@1000").cached_page(1).dirty_pages(0..1);
    let ran = bench.run(&[readahead(8192, 4096), Call::Drop, SLEEP, Call::Drop, read(16384)]);
    // Page 0 is dirty and page 2 locked at first.
    assert_eq!(ran.pages(PageChange::Freed), [1, 2]);
    assert_eq!(ran.bios(), "2 1-3");
    // Buffers go with their page, unless one is dirty.
    let bench = Bench::with_size(1024, "0-7@1000", 8192).unread_page(0, "cccc").unread_page(1, "ccdc");
    let ran = bench.run(&[Call::Drop]);
    assert_eq!(ran.pages(PageChange::Freed), [0]);
}

/// The same machine gives the same trace, and another machine another one.
#[test]
fn the_same_run_has_the_same_digests() {
    let run = |seed| {
        let calls: Vec<_> = (0..8).map(|number| pread(number * 7 * 4096 % (64 * 4096), 9000)).collect();
        let bench = sixty_four().with(|machine| machine.seed = seed);
        bench.run_tasks(&[&calls, &[open(), read(100_000)]]).outcome
    };
    let (first, second) = (run(1), run(1));
    assert_eq!(first.digests, second.digests);
    assert_eq!(first.figures, second.figures);
    assert_eq!(first.results, second.results);
    let other = sixty_four().run(&[read(4096)]).outcome;
    assert_ne!(first.digests, other.digests);
}
