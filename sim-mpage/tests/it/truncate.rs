//! `ftruncate`: what it zeroes, drops and frees.

use sim_core::trace::PageChange;

use crate::bench::{Bench, Ran, pread, writeback};
use crate::writing::{FDATASYNC, FSYNC, MAP, PAGE, ftruncate, msync, pwrite, sleep, store, write_pages};

fn row() -> Bench {
    Bench::new(1024, "0-7@1000")
}

// [truncate.zero-tail] [truncate.size]
#[test]
fn the_block_that_the_file_ends_in_is_read_zeroed_and_made_dirty() {
    let ran = row().run(&[ftruncate(1500), writeback(), pread(0, 8192)]);
    assert_eq!(ran.sent(), ["R 1", "R bitmap/0", "WS 1", "R 0"]);
    assert_eq!(ran.results(), [0, 0, 1500]);
    // In a page that is up to date it is not read.
    let ran = row().cached_page(0).run(&[ftruncate(1500), writeback()]);
    assert_eq!(ran.sent(), ["R bitmap/0", "WS 1"]);
    // At the end of a block there is nothing to zero.
    let ran = row().run(&[ftruncate(2048), writeback()]);
    assert_eq!((ran.sent(), ran.pages(PageChange::Added)), (vec!["R bitmap/0".to_owned()], vec![]));
    // Nor in a hole; and when the file grows it is the block of the new end.
    let ran = Bench::with_size(1024, "0@1000 2@1002", 4096).run(&[ftruncate(1500), writeback()]);
    assert_eq!(ran.sent(), ["R bitmap/0"]);
    let ran = Bench::with_size(1024, "0-7@1000", 1000).run(&[ftruncate(5000), writeback()]);
    assert_eq!(ran.sent()[0], "R 4");
}

// [truncate.size] [truncate.blocks]
#[test]
fn blocks_behind_the_new_end_are_freed_and_pages_there_are_dropped() {
    let ran = row().run(&[write_pages(0, 2), ftruncate(4096), ftruncate(8192), pread(0, 16384), writeback()]);
    // Page 1 was dirty; it is a hole now, and full of zeros (what readers get is checked).
    assert_eq!(ran.sent(), ["R bitmap/0", "WS 0-3"]);
    assert_eq!(ran.pages(PageChange::Freed), [1]);
    assert_eq!(ran.results(), [8192, 0, 0, 8192, 0]);
    // The blocks are free: the next ones that are wanted are these.
    let ran = row().run(&[ftruncate(4096), write_pages(1, 1)]);
    let made: Vec<_> = ran.found_or_made().into_iter().filter(|&(_, _, new)| new).collect();
    assert_eq!(made, [(4, 1004, true), (5, 1005, true), (6, 1006, true), (7, 1007, true)]);
}

// [truncate.size]
#[test]
fn a_file_that_grows_protects_the_page_of_its_old_end() {
    let seen_again = |old, new| {
        // The inode is clean after `msync` of another page, page 1 still dirty. A fault in another
        // second changes the times.
        let calls = [MAP, store(1), ftruncate(new), msync(2, 1), sleep(1_500_000), store(1), FSYNC];
        let ran = Bench::with_size(1024, "0-7@1000", old).run(&calls);
        assert_eq!(ran.results(), [0; 7]);
        ran.sent().last().unwrap() == "WS inodes/0"
    };
    assert!(seen_again(5000, 12288));
    assert!(!seen_again(5000, 5000));
    // Rounded up to a block the old end is the page's.
    assert!(!seen_again(8000, 12288));
}

fn inode_writes(ran: &Ran) -> usize {
    ran.sent().into_iter().filter(|bio| bio == "WS inodes/0").count()
}

// [truncate.times]
#[test]
fn the_times_change_and_the_inode_is_dirty_also_for_the_same_size() {
    for size in [8192, 4096, 5 * PAGE] {
        let ran =
            row().run(&[ftruncate(size), FDATASYNC, FSYNC, sleep(1_500_000), ftruncate(size), FDATASYNC]);
        assert_eq!((inode_writes(&ran), ran.results()), (2, &[0; 6][..]), "{size}");
    }
    // The stamp is that of the second: a write in the same one leaves it.
    let ran = row().run(&[ftruncate(8192), FSYNC, pwrite(0, 4096), FSYNC]);
    assert_eq!(inode_writes(&ran), 1);
}
