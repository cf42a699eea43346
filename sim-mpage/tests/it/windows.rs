//! How long a reservation window lasts.

use sim_core::io::Operation;
use sim_mpage::call::Call;

use crate::bench::{Bench, H, file, writeback};
use crate::writing_calls::{G, ftruncate, open, pwrite, write_blocks};

/// Files `/f`, whose window is 1000-1007, and `/g` with a block in the middle of it.
fn two_files() -> Bench {
    let layout = "0@1000 3@1001";
    let f = file("/f", 12, layout, 4096, Some(3 * 4096 + 100));
    Bench::of_files(4096, vec![f, file("/g", 13, "0@1003", 4096, None)])
}

/// Where the other file's next block is put after `/f` has a window and has done this.
fn place_of_the_other(bench: Bench, then: &[Call]) -> u64 {
    let mut calls = vec![write_blocks(H, 1, 1)];
    calls.extend_from_slice(then);
    calls.extend([open(G, 1), write_blocks(G, 1, 1)]);
    let ran = bench.run(&calls);
    let allocated = ran.allocated();
    assert_eq!(allocated[0], (1, 1002));
    allocated.last().unwrap().1
}

// [ext2-window.when-removed] [ext2-truncate.window]
#[test]
fn a_window_lasts_until_its_file_is_closed_or_truncated() {
    let place = |then: &[Call]| place_of_the_other(two_files(), then);
    assert_eq!(place(&[]), 1008);
    assert_eq!(place(&[Call::Fsync { handle: H }, writeback()]), 1008);
    assert_eq!(place(&[Call::Close { handle: H }]), 1004);
    assert_eq!(place(&[ftruncate(2 * 4096)]), 1004);
    assert_eq!(place(&[ftruncate(90 * 4096)]), 1004);
    // The same size is no truncation.
    assert_eq!(place(&[ftruncate(3 * 4096 + 100)]), 1008);
}

// [ext2-window.when-removed]
#[test]
fn a_failed_write_behind_the_end_takes_the_window_away() {
    let bench = || two_files().bad(1001, Some(Operation::Read), None);
    assert_eq!(place_of_the_other(bench(), &[pwrite(3 * 4096 + 200, 100)]), 1004);
    // Within the size nothing is given back.
    assert_eq!(place_of_the_other(bench(), &[pwrite(3 * 4096 + 10, 20)]), 1008);
}

// [ext2-window.when-removed]
#[test]
fn the_last_place_is_remembered_longer_than_the_window() {
    let calls = [write_blocks(H, 5, 1), ftruncate(4096), write_blocks(H, 6, 1)];
    // Block 1001 is free again, but block 6 follows block 5.
    let ran = Bench::new(4096, "0@1000").run(&calls);
    assert_eq!(ran.allocated(), [(5, 1001), (6, 1002)]);
    let ran = Bench::new(4096, "0@1000").run(&[calls[0], calls[1], write_blocks(H, 7, 1)]);
    assert_eq!(ran.allocated(), [(5, 1001), (7, 1001)]);
}
