//! The device's own cache: indirect blocks are read one by one, and stay.

use sim_core::io::{Flags, Reason, Role};
use sim_core::trace::BufferChange;
use sim_mpage::call::{Access, Call};

use crate::bench::{Bench, F, H, pread, read, writeback};

// [buffers-read.cached] [buffers-read.bread] [mpage-reason.metadata-read] [buffers-life.buffer-cache]
#[test]
fn an_indirect_block_is_read_once_and_then_found() {
    let ran = Bench::new(4096, "0-11@1000 ind@500 12@1100 13@1200")
        .run(&[pread(12 * 4096, 4096), pread(13 * 4096, 4096)]);
    assert_eq!(ran.bios(), "ind 12 13");
    assert_eq!(ran.reasons()[0], Reason::MetadataRead);
    assert_eq!((ran.flags()[0], ran.extents()[0]), (Flags::NONE, (4000, 8)));
    assert_eq!(ran.buffers(BufferChange::UpToDate), [500]);
    assert_eq!(ran.buffers(BufferChange::Hit), [500]);
    // The reader waits for it, then for its page.
    assert_eq!(ran.time(), 300_000);
}

// [buffers-life.getblk] [buffers-life.buffer-cache]
#[test]
fn blocks_that_share_a_page_of_the_device_are_read_one_by_one() {
    // Blocks of 1 KiB: all three lie in the device's page 25.
    let layout = "dind@100 dleaf/0@101 268-271@1000 dleaf/1@102 524-527@1100";
    let ran = Bench::new(1024, layout).run(&[pread(268 * 1024, 4096), pread(524 * 1024, 4096)]);
    assert_eq!(ran.bios(), "dind dleaf/0 268-271 dleaf/1 524-527");
    assert_eq!(ran.extents()[0..2], [(200, 2), (202, 2)]);
    assert_eq!(ran.buffers(BufferChange::Hit), [100]);
}

/// Files of `leaves` leaves under their double indirect block, each with one page of data; every
/// block of metadata lies in a page of its own.
fn leaves(count: u64) -> (Bench, Vec<Call>) {
    let mut layout = "dind@5000".to_owned();
    let mut calls = Vec::new();
    for leaf in 0..count {
        let first = 268 + 256 * leaf;
        layout += &format!(" dleaf/{leaf}@{} {first}-{}@{}", 5010 + 8 * leaf, first + 3, 1000 + 8 * leaf);
        calls.push(pread(first * 1024, 4096));
    }
    (Bench::new(1024, &layout), calls)
}

// [buffers-life.lru] [buffers-life.drop] [buffers-life.free]
#[test]
fn the_sixteen_metadata_blocks_used_last_survive_a_drop() {
    let last_read = |count: u64| {
        let (bench, mut calls) = leaves(count);
        calls.extend([Call::Drop, pread(268 * 1024, 4096)]);
        let ran = bench.run(&calls);
        ran.bios().split(' ').skip(1 + 2 * calls.len() - 4).map(str::to_owned).collect::<Vec<_>>()
    };
    // The double indirect block is used each time, so fifteen leaves fit beside it.
    assert_eq!(last_read(15), ["268-271"]);
    assert_eq!(last_read(16), ["dleaf/0", "268-271"]);
}

// [buffers-life.lru]
#[test]
fn a_use_puts_a_block_in_front_again() {
    let (bench, mut calls) = leaves(16);
    // Leaf 0 is used again before leaf 15 comes: leaf 1 falls out instead.
    let last = calls.pop().unwrap();
    let again = |leaf: u64| pread((268 + 256 * leaf) * 1024, 4096);
    calls.extend([again(0), Call::Drop, again(0), last, Call::Drop, again(0), again(1)]);
    let ran = bench.run(&calls);
    let order: Vec<_> = ran.bios().split(' ').skip(31).collect();
    assert_eq!(order, ["268-271", "dleaf/15", "4108-4111", "268-271", "dleaf/1", "524-527"]);
}

// [buffers-life.page-mark] [buffers-life.drop] [buffers-life.mark-dirty]
#[test]
fn a_metadata_page_stays_marked_dirty_when_its_buffer_was_written_by_itself() {
    let (bench, calls) = leaves(17);
    let mut bench = bench.cached(Role::DindLeaf(0), true).cached(Role::Dind, true);
    // What `writeback` of a page before the boundary writes: give the first leaf such a page.
    bench.machine.tasks.clear();
    let mut all = calls;
    all.extend([Call::Drop, pread(268 * 1024, 4096), pread(524 * 1024, 4096)]);
    let ran = bench.run(&all);
    let order: Vec<_> = ran.bios().split(' ').collect();
    // Dirty pages are not dropped, whatever the LRU says; the clean leaf 1 has to be read again.
    assert_eq!(order[order.len() - 3..], ["268-271", "dleaf/1", "524-527"]);
    // Written by `write_boundary_block`, its buffer is clean and its page still marked.
    let layout = "0-11@1000 ind@1012 12-15@1016 dind@5000";
    let layout = format!("{layout} dleaf/0@5010 {}", leaves_layout(16));
    let mut calls: Vec<_> = vec![writeback()];
    calls.extend((0..17).map(|leaf| pread((268 + 256 * leaf) * 1024, 4096)));
    calls.extend([Call::Drop, pread(12 * 1024, 4096)]);
    let bench = Bench::new(1024, &layout).cached(Role::Ind, true).dirty_pages(0..3);
    let ran = bench.run(&calls);
    assert!(ran.bios().starts_with("W0-11 Wind "), "{}", ran.bios());
    assert!(ran.bios().ends_with(" 12-15"), "{}", ran.bios());
    assert!(!ran.bios().ends_with("ind 12-15"), "{}", ran.bios());
}

fn leaves_layout(count: u64) -> String {
    let mut layout = "268-271@2000".to_owned();
    for leaf in 1..=count {
        let first = 268 + 256 * leaf;
        layout += &format!(" dleaf/{leaf}@{} {first}-{}@{}", 5010 + 8 * leaf, first + 3, 2000 + 8 * leaf);
    }
    layout
}

// [processes.wait-buffer] [processes.wait-buffer-lock] [buffers-read.bread]
#[test]
fn two_tasks_that_need_one_indirect_block_read_it_once() {
    let layout = "0-11@1000 ind@500 12-31@1100";
    let open = Call::Open { handle: H, file: F, access: Access::Read };
    let ran =
        Bench::new(4096, layout).run_tasks(&[&[pread(12 * 4096, 4096)], &[open, pread(30 * 4096, 4096)]]);
    assert_eq!(ran.bios(), "ind 12 30");
    assert_eq!(ran.outcome.results, [vec![4096], vec![0, 4096]]);
    assert_eq!(ran.time(), 200_000);
}

// [buffers-read.bread]
#[test]
fn a_read_error_of_an_indirect_block_is_not_kept() {
    let bench = Bench::new(4096, "0-11@1000 ind@500 12-15@1100").bad_block(500, Some(3));
    let ran = bench.run(&[pread(12 * 4096, 4096), pread(12 * 4096, 4096), read(4096)]);
    // Mpage, its page, the reader; then it works, and the page has buffers. The failure has made
    // the window smaller.
    assert_eq!(ran.bios(), "ind ind ind ind 12 0-1");
    assert_eq!(ran.buffers(BufferChange::Failed), [500; 3]);
    assert_eq!(ran.results(), [-5, 4096, 4096]);
}
