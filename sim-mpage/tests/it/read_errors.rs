//! Reading: what happens to pages whose blocks, or whose indirect blocks, cannot be read.

use sim_core::io::{Confused, Reason, Role};
use sim_core::time::Duration;
use sim_core::trace::{PageChange, ReadaheadRule};
use sim_mpage::call::Call;

use crate::bench::{Bench, pread, read, readahead};

const SLEEP: Call = Call::Sleep { duration: Duration::from_nanoseconds(1_000_000) };
const MAPPED_IN_TWO: &str = "0-11@1000 ind@1012 12-31@1013";

fn times(what: &str, count: usize) -> String {
    vec![what; count].join(" ")
}

// [mpage-end.read] [mpage-end.read-again] [error.request] [error.readahead]
// [pagecache-read.not-locked] [pagecache-read.failed] [pagecache-read.failed-first]
#[test]
fn each_page_of_a_failed_bio_is_read_again_alone_and_the_bad_one_is_an_error() {
    let ran = Bench::new(4096, "0-3@1000").bad_block(1002, None).run(&[read(16384), read(4096)]);
    assert_eq!(ran.bios(), "0-3 0 1 2 2");
    assert_eq!(ran.pages(PageChange::Failed), [0, 1, 2, 3, 2, 2]);
    assert_eq!(ran.pages(PageChange::UpToDate), [0, 1]);
    // The pages before the bad one are copied; the next call meets it at once.
    assert_eq!(ran.results(), [8192, -5]);
}

// [error.request]
#[test]
fn bad_sectors_of_the_other_operation_do_no_harm() {
    let bench = Bench::new(4096, "0-3@1000").bad(1002, Some(sim_core::io::Operation::Write), None);
    let ran = bench.run(&[read(16384)]);
    assert_eq!((ran.bios(), ran.results()), ("0-3", &[16384][..]));
}

// [pagecache-read.failed-later]
#[test]
fn a_page_that_fails_behind_good_ones_is_read_twice() {
    // Pages 0 and 1 are cached, so page 2, which a failed readahead left behind, ends their run.
    let bench = Bench::new(4096, "0-3@1000").cached_page(0).cached_page(1).bad_block(1002, None);
    let ran = bench.clone().run(&[readahead(8192, 4096), SLEEP, read(12288)]);
    assert_eq!(ran.bios(), "2 2 2");
    assert_eq!(ran.results(), [0, 0, 8192]);
    // [pagecache-read.locked] In flight it is waited for instead, and left out of the run.
    let ran = bench.run(&[readahead(8192, 4096), read(12288)]);
    assert_eq!(ran.bios(), "2 2");
    assert_eq!(ran.results(), [0, 8192]);
}

// [error.read-alone] [readahead.off]
#[test]
fn each_failed_read_of_a_page_divides_the_window_by_four() {
    let layout = "0-11@1000 ind@500 12-59@1100";
    let windows_after = |failures: u64| {
        let bench = Bench::new(4096, layout).cached(Role::Ind, false).bad_block(1000, None);
        let mut calls: Vec<_> = (0..failures).map(|_| pread(0, 4096)).collect();
        calls.extend([pread(20 * 4096, 4096), pread(21 * 4096, 5 * 4096)]);
        let windows = bench.run(&calls).windows();
        windows.into_iter().filter(|&(_, start, ..)| start > 20).collect::<Vec<_>>()
    };
    // The window's largest size is 32, 8, 2 (raised to what is asked for), 0.
    let rule = ReadaheadRule::SequentialMiss;
    assert_eq!(windows_after(0), [(rule, 21, 16, 11)]);
    assert_eq!(windows_after(1), [(rule, 21, 8, 3)]);
    let next = (ReadaheadRule::Sequential, 26, 5, 5);
    assert_eq!(windows_after(2), [(rule, 21, 5, 2), next]);
    let forced: Vec<_> = (21..26).map(|page| (ReadaheadRule::Forced, page, 1, 0)).collect();
    assert_eq!(windows_after(3), forced);
}

// [mpage-read.get-block-error] [buffers-read.full-folio-map-error] [mpage-read.arms]
#[test]
fn a_bad_indirect_block_is_read_41_times_and_takes_the_data_before_it_down() {
    let (twelve, singles) = ("0-11", "0 1 2 3 4 5 6 7 8 9 10 11");
    for (boundary, first) in [
        (true, format!("{twelve} {}", times("ind", 40))),
        (false, format!("ind {twelve} {}", times("ind", 39))),
    ] {
        let bench = Bench::new(4096, MAPPED_IN_TWO).boundary(boundary).bad_block(1012, None);
        let ran = bench.clone().run(&[read(32 * 4096), read(4096)]);
        assert_eq!(ran.bios(), format!("{first} {singles} ind ind"));
        assert_eq!(ran.results(), [12 * 4096, -5]);
        assert_eq!(ran.pages(PageChange::UpToDate), (0..12).collect::<Vec<_>>());
        // Never merged, the data survives; the page behind them fails twice, as one of their run and
        // by itself.
        let ran = bench.with(|machine| machine.queue.nomerges = 2).run(&[read(32 * 4096)]);
        assert_eq!(ran.bios(), format!("{first} ind ind"));
        assert_eq!(ran.results(), [12 * 4096]);
    }
}

// [mpage-read.get-block-error]
#[test]
fn the_bio_before_a_page_that_cannot_be_mapped_is_sent() {
    let bench = Bench::new(4096, "0-11@1000 ind@500 12-13@1013").boundary(false).bad_block(500, None);
    let ran = bench.run(&[readahead(0, 0)]);
    assert_eq!(ran.bios(), "ind 0-11 ind ind ind");
    let failed = Confused::GetBlockFailed;
    assert_eq!(ran.reasons()[1], Reason::Confused(failed));
    assert_eq!(ran.mapped()[1..], [(12, 2, -5), (12, 1, -5), (13, 1, -5), (13, 1, -5)]);
    assert_eq!(ran.pages(PageChange::Failed), [12, 13]);
    assert_eq!(ran.pages(PageChange::UpToDate), (0..12).collect::<Vec<_>>());
}

// [mpage-read.buffers] [buffers-read.full-folio-map-error]
#[test]
fn once_the_indirect_block_can_be_read_its_pages_are_read_block_by_block() {
    let bench = Bench::new(4096, MAPPED_IN_TWO).bad_block(1012, Some(41));
    let ran = bench.run(&[read(32 * 4096), read(20 * 4096)]);
    let all = ran.bios();
    let healed = all.rsplit("ind").next().unwrap();
    let alone: String = (12..32).map(|block| format!(" {block}")).collect();
    assert_eq!(healed, alone);
    assert_eq!(ran.reasons().last(), Some(&Reason::FullFolio(Confused::HasBuffers)));
    assert_eq!(ran.results(), [12 * 4096, 20 * 4096]);
}

// [buffers-read.full-folio-map-error] [buffers-read.full-folio-end]
#[test]
fn what_can_be_mapped_of_a_page_is_read_but_the_page_is_not_up_to_date() {
    // Blocks 8-11 are direct, 12-15 are not.
    let bench = Bench::new(1024, "0-11@1000 ind@500 12-15@1100").page_size(16384).bad_block(500, Some(5));
    let ran = bench.run(&[read(16384), read(16384)]);
    let direct = "0 1 2 3 4 5 6 7 8 9 10 11";
    // Once for mpage, then once for each block, and all of them again for the reader: the fifth
    // failure is block 15's of the readahead.
    assert_eq!(ran.bios(), format!("ind ind ind ind ind {direct} ind 12 13 14 15"));
    assert_eq!(ran.pages(PageChange::UpToDate), [0]);
    assert_eq!(ran.results(), [16384, 0]);
}

// [buffers-read.full-folio-end]
#[test]
fn a_page_with_a_bad_block_is_not_up_to_date_though_others_were_read() {
    let bench = Bench::new(1024, "0@1000 1@2000 2@3000 3@4000").bad_block(3000, Some(2));
    let ran = bench.run(&[read(4096), read(4096)]);
    assert_eq!(ran.bios(), "0 1 2 3 2 2");
    assert_eq!(ran.pages(PageChange::Failed), [0, 0]);
    assert_eq!(ran.pages(PageChange::UpToDate), [0]);
    assert_eq!(ran.results(), [-5, 4096]);
}

// [buffers-read.bread] [ext2-map.get-branch]
#[test]
fn a_bad_block_above_a_leaf_fails_all_below_it() {
    let layout = "tind@500 tmid/0@600 tleaf/0/0@700 65804-65807@1000";
    for (bad, order) in [(500, "tind"), (600, "tind tmid/0"), (700, "tind tmid/0 tleaf/0/0")] {
        let bench = Bench::new(1024, layout).bad_block(bad, None);
        let ran = bench.run(&[pread(65804 * 1024, 4096)]);
        let last = order.rsplit(' ').next().unwrap();
        // Mpage once, then each of four blocks; the reader's own try once more for each.
        assert_eq!(ran.bios(), format!("{order} {}", times(last, 8)));
        assert_eq!(ran.results(), [-5]);
    }
}
