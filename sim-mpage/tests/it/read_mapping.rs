//! Reading: which blocks `do_mpage_readpage` asks for, and what it makes of the answers.

use sim_core::io::{Confused, Flags, Reason};

use crate::bench::{Bench, read, readahead};

use Confused::{MappedAfterHole, NotContiguous};

// [mpage-read.reuse] [mpage-read.take] [mpage-read.range] [mpage-read.end-of-request]
// [mpage-reason.end-of-request] [mpage-read.allocate] [ext2-get-block.found]
// [ext2-get-block.result]
#[test]
fn later_pages_take_their_blocks_from_the_mapping_of_the_first() {
    let ran = Bench::new(1024, "0-7@1000").run(&[readahead(0, 8192)]);
    assert_eq!(ran.mapped(), [(0, 8, 8)]);
    assert_eq!((ran.bios(), ran.pieces()), ("0-7", vec![1]));
    assert_eq!(ran.extents(), [(2000, 16)]);
    assert_eq!(ran.reasons(), [Reason::EndOfRequest]);
    assert_eq!(ran.flags(), [Flags::READ_AHEAD]);
}

// [mpage-read.range]
#[test]
fn each_page_asks_for_what_is_left_of_the_request_and_of_the_file() {
    let ran = Bench::new(4096, "0@1000 1@2000 2@3000 3@4000 4@5000").run(&[readahead(0, 3 * 4096)]);
    assert_eq!(ran.mapped(), [(0, 3, 1), (1, 2, 1), (2, 1, 1)]);
    assert_eq!(ran.bios(), "0 1 2");
    // The file ends before the request does, in the middle of a page and of a block.
    let ran = Bench::with_size(1024, "0-4@1000", 4096 + 100).run(&[readahead(0, 16384)]);
    assert_eq!(ran.mapped(), [(0, 5, 5)]);
    assert_eq!(ran.sectors(), [10]);
}

// [mpage-read.not-contiguous] [mpage-reason.not-contiguous] [mpage-read.used-up]
#[test]
fn a_page_that_lies_elsewhere_ends_the_bio() {
    let ran = Bench::new(1024, "0-7@1000 8-11@2000").run(&[readahead(0, 12288)]);
    assert_eq!(ran.mapped(), [(0, 12, 8), (8, 4, 4)]);
    assert_eq!(ran.bios(), "0-7 8-11");
    assert_eq!(ran.reasons(), [Reason::NotContiguous, Reason::Boundary]);
    // Backwards, and to the block before the first, is elsewhere, too.
    let ran = Bench::new(4096, "0@1000 1@999 2@1001").run(&[readahead(0, 12288)]);
    assert_eq!(ran.bios(), "0 1 2");
    let reasons = [Reason::NotContiguous, Reason::NotContiguous, Reason::EndOfRequest];
    assert_eq!(ran.reasons(), reasons);
    // Each is sent because of the mapping that its first page came from.
    assert_eq!(ran.caused_by_mapping_of(), [Some(0), Some(1), Some(2)]);
}

// [mpage-read.last-block] [mpage-read.add]
#[test]
fn mappings_that_follow_each_other_on_the_device_share_a_bio() {
    let ran = Bench::new(4096, "0@1000 1@1001 3@1002 2@1003").run(&[readahead(0, 16384)]);
    assert_eq!(ran.mapped(), [(0, 4, 2), (2, 2, 1), (3, 1, 1)]);
    assert_eq!(ran.bios(), "0-1 2 3");
    let ran = Bench::new(1024, "0-5@1000 8-11@1008 6-7@1006").run(&[readahead(0, 12288)]);
    assert_eq!(ran.bios(), "0-11");
}

// [mpage-read.page-not-contiguous] [mpage-read.confused] [mpage-reason.confused]
// [mpage-reason.full-folio] [buffers-read.full-folio-attach] [buffers-read.full-folio-map]
// [buffers-read.full-folio-send] [buffers-life.on-demand]
#[test]
fn blocks_of_one_page_that_lie_apart_are_read_one_by_one() {
    let ran = Bench::new(1024, "0-5@1000 6-7@2000").run(&[readahead(0, 8192), read(8192)]);
    assert_eq!(ran.mapped(), [(0, 8, 6), (6, 2, 2), (4, 1, 1), (5, 1, 1), (6, 1, 1), (7, 1, 1)]);
    assert_eq!(ran.bios(), "0-3 4 5 6 7");
    let apart = Reason::FullFolio(NotContiguous);
    assert_eq!(ran.reasons(), [Reason::Confused(NotContiguous), apart, apart, apart, apart]);
    assert_eq!(ran.flags()[1..], [Flags::NONE; 4]);
    assert_eq!(ran.extents()[1..], [(2008, 2), (2010, 2), (4000, 2), (4002, 2)]);
    assert_eq!(ran.results(), [0, 8192]);
}

// [mpage-read.reuse]
#[test]
fn a_mapping_that_ends_before_a_page_gives_it_nothing() {
    // Page 0 is given up with the mapping of block 1, which ends there.
    let ran = Bench::new(1024, "0@1000 1@2000 2@3000 3@4000 4-7@5000").run(&[readahead(0, 0)]);
    assert_eq!(ran.bios(), "0 1 2 3 4-7");
    assert_eq!(ran.extents()[4], (10000, 8));
    assert_eq!(ran.mapped().last(), Some(&(4, 4, 4)));
}

// [mpage-read.hole] [mpage-read.zero-rest] [mpage-read.hole-ends-bio] [mpage-reason.hole]
#[test]
fn a_hole_at_the_end_of_a_page_is_left_out_and_ends_the_bio() {
    let ran = Bench::with_size(1024, "0-1@1000 4-7@1002", 8192).run(&[readahead(0, 8192), read(8192)]);
    assert_eq!(ran.mapped(), [(0, 8, 2), (2, 6, 0), (3, 5, 0), (4, 4, 4)]);
    assert_eq!(ran.bios(), "0-1 4-7");
    assert_eq!(ran.extents(), [(2000, 4), (2004, 8)]);
    assert_eq!(ran.reasons(), [Reason::Hole, Reason::EndOfRequest]);
    assert_eq!(ran.results(), [0, 8192]);
}

// [mpage-read.get-block]
#[test]
fn nobody_is_asked_for_blocks_past_the_end() {
    let ran = Bench::new(1024, "0-1@1000").run(&[readahead(0, 4096), read(4096)]);
    assert_eq!(ran.mapped(), [(0, 2, 2)]);
    assert_eq!((ran.bios(), ran.sectors()), ("0-1", vec![4]));
    assert_eq!(ran.reasons(), [Reason::Hole]);
    assert_eq!(ran.results(), [0, 2048]);
    // A block that ends at the file's size is inside, the one behind it is not.
    let ran = Bench::with_size(1024, "0-3@1000", 2049).run(&[readahead(0, 4096)]);
    assert_eq!((ran.mapped(), ran.sectors()), (vec![(0, 3, 3)], vec![6]));
}

// [mpage-read.mapped-after-hole] [buffers-read.full-folio-hole]
#[test]
fn data_behind_a_hole_of_the_same_page_are_read_one_by_one() {
    let ran = Bench::new(1024, "0@1000 2-3@1002").run(&[readahead(0, 4096), read(4096)]);
    let alone = [(0, 1, 1), (1, 1, 0), (2, 1, 1), (3, 1, 1)];
    assert_eq!(ran.mapped()[..3], [(0, 4, 1), (1, 3, 0), (2, 2, 2)]);
    assert_eq!(ran.mapped()[3..], alone);
    assert_eq!(ran.bios(), "0 2 3");
    assert_eq!(ran.reasons(), [Reason::FullFolio(MappedAfterHole); 3]);
    assert_eq!(ran.results(), [0, 4096]);
    // Also if the page begins with the hole.
    let ran = Bench::new(1024, "2-3@1002").run(&[readahead(0, 4096)]);
    assert_eq!((ran.bios(), ran.confused()), ("2 3", vec![MappedAfterHole]));
}

// [mpage-read.hole-first] [ext2-get-block.hole]
#[test]
fn a_page_that_is_a_hole_is_up_to_date_without_io_and_leaves_the_bio_as_it_is() {
    let ran = Bench::new(1024, "0-3@1000 8-11@1004").run(&[readahead(0, 12288), read(12288)]);
    assert_eq!(ran.mapped(), [(0, 12, 4), (4, 8, 0), (5, 7, 0), (6, 6, 0), (7, 5, 0), (8, 4, 4)]);
    assert_eq!((ran.bios(), ran.pieces()), ("0-3+8-11", vec![2]));
    assert_eq!(ran.extents(), [(2000, 16)]);
    assert_eq!(ran.reasons(), [Reason::Boundary]);
    assert_eq!(ran.results(), [0, 12288]);
    // A file without any block is read without any I/O.
    let ran = Bench::with_size(4096, "", 3 * 4096).run(&[readahead(0, 0), read(16384)]);
    assert_eq!((ran.bios(), ran.time()), ("", 0));
    assert_eq!(ran.mapped(), [(0, 3, 0), (1, 2, 0), (2, 1, 0)]);
    assert_eq!(ran.results(), [0, 3 * 4096]);
}

// [mpage-read.read-folio] [mpage-read.capacity]
#[test]
fn a_page_read_alone_asks_for_its_own_blocks_without_the_flag_of_readahead() {
    let bench = Bench::new(1024, "0-7@1000").unread_page(0, "").with(|machine| {
        machine.pages[0].buffers = None;
    });
    let ran = bench.run(&[read(4096)]);
    assert_eq!(ran.mapped(), [(0, 4, 4)]);
    assert_eq!((ran.bios(), ran.flags()), ("0-3", vec![Flags::NONE]));
    assert_eq!(ran.reasons(), [Reason::EndOfRequest]);
    assert_eq!(ran.results(), [4096]);
}
