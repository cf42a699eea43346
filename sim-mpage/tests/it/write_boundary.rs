//! Writing: the boundary flag, and the dirty indirect block that goes out behind its data.

use sim_core::io::{Flags, Operation, Reason, Role};
use sim_core::trace::BufferChange;
use sim_mpage::call::Call;

use crate::bench::{Bench, pread, writeback};

const CLASSIC: &str = "0-11@1000 ind@1012 12-15@1013";

fn classic() -> Bench {
    Bench::new(4096, CLASSIC).dirty_pages(0..16)
}

// [mpage-write.boundary] [mpage-write.boundary-block] [mpage-reason.boundary]
// [mpage-reason.boundary-block] [buffers-write.boundary-block]
#[test]
fn a_dirty_indirect_block_goes_out_behind_its_data_and_merges_there() {
    let ran = classic().cached(Role::Ind, true).run(&[writeback()]);
    assert_eq!(ran.bios(), "W0-11 Wind W12-15");
    assert_eq!(ran.reasons(), [Reason::Boundary, Reason::BoundaryBlock, Reason::EndOfRequest]);
    assert_eq!(ran.flags(), [Flags::SYNC, Flags::NONE, Flags::SYNC]);
    assert_eq!(ran.issued(), "W0-11+ind+12-15");
    assert_eq!(ran.buffers(BufferChange::Cleaned), [1012]);
}

// [mpage-write.boundary-block] [buffers-write.boundary-block]
#[test]
fn a_clean_one_is_not_written_and_one_that_is_not_cached_is_not_read_for_it() {
    let ran = classic().cached(Role::Ind, false).run(&[writeback()]);
    assert_eq!((ran.bios(), ran.issued()), ("W0-11 W12-15", "W12-15 W0-11"));
    let ran = classic().run(&[writeback()]);
    assert_eq!(ran.bios(), "W0-11 ind W12-15");
    // What lies behind the data is no metadata block of this file: the indirect block stays dirty.
    let elsewhere = Bench::new(4096, "0-11@1000 ind@1020 12-15@1013").dirty_pages(0..16);
    let ran = elsewhere.cached(Role::Ind, true).run(&[writeback()]);
    assert_eq!(ran.bios(), "W0-11 W12-15");
}

// [mpage-read.arms] [mpage-write.boundary]
#[test]
fn without_boundary_handling_the_indirect_block_is_read_before_the_data_are_sent() {
    let ran = classic().boundary(false).run(&[writeback()]);
    assert_eq!(ran.bios(), "ind W0-11 W12-15");
    assert_eq!(ran.reasons()[1..], [Reason::NotContiguous, Reason::EndOfRequest]);
    let ran = classic().boundary(false).cached(Role::Ind, true).run(&[writeback()]);
    assert_eq!(ran.bios(), "W0-11 W12-15");
}

// [mpage-write.boundary] [mpage-write.take] [buffers-life.boundary-kept]
#[test]
fn buffers_keep_the_flag() {
    let bench = |letters| {
        let layout = "0-11@1000 ind@1012 12-15@1013";
        let bench = Bench::new(1024, layout).cached(Role::Ind, true);
        bench.page_with_buffers(2, letters).page_with_buffers(3, "dddd")
    };
    let ran = bench("dddd").run(&[writeback()]);
    assert_eq!(ran.bios(), "W8-11 Wind W12-15");
    assert_eq!(ran.reasons(), [Reason::Boundary, Reason::BoundaryBlock, Reason::EndOfRequest]);
    let ran = bench("dddd").boundary(false).run(&[writeback()]);
    assert_eq!((ran.bios(), ran.reasons()[0]), ("W8-11 W12-15", Reason::NotContiguous));
    // Without the last block of the array there is no boundary.
    let ran = bench("dddu").run(&[writeback()]);
    assert_eq!(ran.bios(), "W8-10 W12-15");
    assert_eq!(ran.reasons(), [Reason::Hole, Reason::EndOfRequest]);
    // Block by block there is none either: nothing is written behind block 11.
    let ran = bench("dcdd").run(&[writeback()]);
    assert_eq!(ran.bios(), "W8 W10 W11 W12-15");
}

// [mpage-write.boundary-of-last] [mpage-write.boundary-block] [mpage-write.not-full]
#[test]
fn a_boundary_in_the_middle_of_a_page_ends_nothing() {
    let bench = |layout: &str| Bench::new(1024, layout).page_size(16384).cached(Role::Ind, true);
    // The page of 16 goes on behind the twelfth block, so its last block has no flag.
    let ran = bench("ind@500 0-31@1000").dirty_pages(0..2).run(&[writeback()]);
    assert_eq!((ran.bios(), ran.reasons()), ("W0-31", vec![Reason::EndOfRequest]));
    // If it ends with that block, the flag counts, though the page is not full.
    let ran =
        bench("0-11@1000 ind@1012 12@2000").page_with_buffers(0, "dddddddddddduuuu").run(&[writeback()]);
    assert_eq!(ran.bios(), "W0-11 Wind");
    assert_eq!(ran.reasons(), [Reason::Boundary, Reason::BoundaryBlock]);
}

// [mpage-write.boundary]
#[test]
fn the_end_of_every_leaf_is_a_boundary() {
    // Blocks of 1 KiB: the first leaf under the double indirect block maps 268 to 523, the first
    // one under the triple indirect block 65804 to 66059.
    for (end, layout, leaf) in [
        (524, "dind@100 dleaf/0@110 520-523@1000 dleaf/1@1004 524-527@1005", Role::DindLeaf(1)),
        (
            66060,
            "tind@100 tmid/0@110 tleaf/0/0@120 66056-66059@1000 tleaf/0/1@1004 66060-66063@1005",
            Role::TindLeaf(0, 1),
        ),
    ] {
        let bench = Bench::new(1024, layout).cached(leaf, true);
        let page = end / 4;
        let ran = bench.dirty_pages(page - 1..page + 1).run(&[writeback()]);
        let order = format!("W{}-{} W{leaf} W{end}-{}", end - 4, end - 1, end + 3);
        assert!(ran.bios().ends_with(&order), "{}", ran.bios());
    }
}

// [error.request] [error.write-mpage] [buffers-life.write-error] [mpage-end.write]
#[test]
fn a_bad_indirect_block_takes_the_data_before_it_down_and_is_read_again_when_wanted() {
    let bench = classic().cached(Role::Ind, true).bad(1012, Some(Operation::Write), None);
    let ran = bench.run(&[writeback(), pread(12 * 4096, 4096), Call::Drop, pread(12 * 4096, 4096)]);
    // All three bios were one request. The pages stay up to date; the buffer does not.
    assert_eq!(ran.bios(), "W0-11 Wind W12-15 ind 12");
    assert_eq!(ran.results(), [-5, 4096, 0, 4096]);
    assert_eq!(ran.buffers(BufferChange::Failed), [1012]);
    assert_eq!(ran.buffers(BufferChange::UpToDate), [1012]);
}
