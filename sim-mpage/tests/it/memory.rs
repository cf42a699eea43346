//! Memory that is bounded: what is freed for what, and when nothing can be.

use sim_core::io::{Confused, Reason, Role};
use sim_core::trace::PageChange;
use sim_mpage::call::{Access, Advice, Call};
use sim_mpage::run::RunError;

use crate::bench::{Bench, F, H, pread, read, readahead, writeback};

fn bounded(pages: u64) -> Bench {
    let bench = Bench::new(4096, "ind@500 0-199@1000").cached(Role::Ind, false).boundary(false);
    bench.with(|machine| machine.kernel.memory_pages = Some(pages))
}

// [memory.bound] [memory.clean] [memory.lists]
#[test]
fn a_file_longer_than_memory_is_read_whole_and_the_oldest_pages_go_32_at_a_time() {
    let ran = bounded(100).run(&vec![read(4096); 200]);
    assert_eq!(ran.results(), [4096; 200]);
    let freed = ran.pages(PageChange::Freed);
    // The indirect block is one page of the 100, and in use.
    assert_eq!(freed[..64], (0..64).collect::<Vec<_>>());
    assert_eq!(freed.len(), 128);
    let whole = bounded(1000).run(&vec![read(4096); 200]);
    assert_eq!(ran.bios(), whole.bios());
    assert!(whole.pages(PageChange::Freed).is_empty());
}

// [memory.lists]
#[test]
fn pages_that_were_used_twice_outlive_those_used_once() {
    let mut calls = Vec::new();
    for page in [3, 7] {
        calls.extend([pread(page * 4096, 4096), pread(100 * 4096, 1), pread(page * 4096, 4096)]);
    }
    calls.extend((110..200).map(|page| pread(page * 4096, 4096)));
    let ran = bounded(40).run(&calls);
    let freed = ran.pages(PageChange::Freed);
    assert!(!freed.is_empty() && !freed.contains(&3) && !freed.contains(&7) && !freed.contains(&100));
}

// [memory.lists] [pagecache-read.copy]
#[test]
fn bytes_of_one_page_read_one_after_the_other_are_one_use() {
    // Page 3 in three pieces is one use; the page behind it, right after it, one of its own.
    let mut calls = vec![pread(3 * 4096, 100), pread(3 * 4096 + 100, 100), pread(3 * 4096 + 200, 3896)];
    calls.extend([pread(4 * 4096, 4096), pread(100 * 4096, 1), pread(4 * 4096, 4096)]);
    calls.extend((110..200).map(|page| pread(page * 4096, 4096)));
    let freed = bounded(40).run(&calls).pages(PageChange::Freed);
    assert!(freed.contains(&3) && !freed.contains(&4), "{freed:?}");
}

fn mmap() -> Call {
    Call::Mmap { handle: H, length: 200 * 4096, access: Access::Read, advice: Advice::Random }
}

fn mread(page: u64) -> Call {
    Call::Mread { handle: H, offset: page * 4096 }
}

// [memory.busy] [memory.mapped]
#[test]
fn pages_that_a_mapping_holds_stay() {
    let mut calls = vec![mmap()];
    calls.extend((0..20).map(mread));
    calls.extend(vec![read(4096); 200]);
    let ran = bounded(100).run(&calls);
    let freed = ran.pages(PageChange::Freed);
    assert!(!freed.is_empty());
    assert!(freed.iter().all(|page| *page >= 20));
    // The indirect block was never read again.
    assert!(!ran.bios().contains("ind"));
}

// [memory.dirty] [memory.wakes-flusher]
#[test]
fn a_dirty_page_that_is_in_the_way_is_written_by_the_flusher_first() {
    let ran = bounded(100).dirty_pages(100..120).run(&vec![read(4096); 100]);
    assert_eq!(ran.results(), [4096; 100]);
    assert!(ran.bios().split(' ').any(|bio| bio == "W100-119"), "{}", ran.bios());
    let untouched = bounded(200).dirty_pages(100..120).run(&vec![read(4096); 100]);
    assert!(!untouched.bios().contains('W'), "{}", untouched.bios());
}

// [memory.readahead] [pagecache-read.alone]
#[test]
fn readahead_stops_when_nothing_can_be_freed() {
    // Ten pages: superblock, inode table, the indirect block, four in a mapping, and three free.
    let mut calls = vec![mmap()];
    calls.extend((100..104).map(mread));
    calls.extend([readahead(0, 10 * 4096), pread(0, 3 * 4096)]);
    let ran = bounded(10).run(&calls);
    assert_eq!(ran.bios(), "100 101 102 103 0-2");
    assert_eq!(ran.results(), [0, 0, 0, 0, 0, 0, 3 * 4096]);
}

// [memory.out]
#[test]
fn with_nothing_to_free_and_nothing_to_write_the_run_ends_and_says_what_holds_the_pages() {
    let calls = [mmap(), mread(100), mread(101), mread(102), mread(103), read(4096)];
    let error = bounded(7).try_run(&calls).err().unwrap();
    assert!(matches!(error, RunError::OutOfMemory { .. }));
    assert_eq!(
        error.to_string(),
        "out of memory: none of the cached pages can be freed: 0 locked, 0 under writeback, 0 dirty, 7 in use"
    );
}

// [memory.wait]
#[test]
fn a_task_waits_for_a_page_to_come_out_of_writeback() {
    // Memory is full of dirty pages; one task writes them while another wants to read.
    let open = Call::Open { handle: H, file: F, access: Access::Read };
    let bench = bounded(35).dirty_pages(100..132);
    let ran = bench.run_tasks(&[&[writeback()], &[open, pread(0, 4096)]]);
    assert_eq!(ran.outcome.results, [vec![0], vec![0, 4096]]);
    assert_eq!(ran.bios(), "W100-131 0");
    assert_eq!(ran.time(), 200_000);
    assert_eq!(ran.pages(PageChange::Freed).len(), 32);
}

// [memory.clean] [buffers-life.free] [buffers-life.on-demand]
#[test]
fn buffers_go_with_their_page_unless_one_is_dirty() {
    let layout = "0-11@1000";
    let bench = Bench::new(1024, layout).unread_page(0, "cmcc").unread_page(1, "cccd");
    let bench = bench.with(|machine| machine.kernel.memory_pages = Some(4));
    let ran = bench.run(&[pread(8192, 4096), pread(0, 4096)]);
    assert_eq!(ran.pages(PageChange::Freed), [0, 2]);
    // Read again, page 0 has no buffers any more.
    assert_eq!(ran.bios(), "8-11 0-3");
    assert!(!ran.reasons().contains(&Reason::FullFolio(Confused::HasBuffers)));
}
