//! Writing: pages without buffers, which `get_block` maps and allocates.

use sim_core::io::{Confused, Flags, Reason, Role};
use sim_core::trace::{BufferChange, PageChange, What};

use sim_mpage::medium::Stamp;

use crate::bench::{Bench, Ran, file, pread, writeback};

const WS: Flags = Flags::SYNC;

/// First block, whether new, of each successful `get_block` for writing.
fn allocated(ran: &Ran) -> Vec<(u64, u64, bool)> {
    ran.all(|what| match what {
        What::Mapped { block, physical, new, create: true, count: 1.., .. } => {
            Some((*block, *physical, *new))
        }
        _ => None,
    })
}

// [mpage-write.get-block] [mpage-write.add] [mpage-write.allocate] [mpage-write.sync-flag]
// [mpage-write.writepages] [writeback.wait] [writeback.order] [writeback.integrity]
// [writeback.page] [mpage-end.write] [mpage-write.under-writeback]
#[test]
fn dirty_pages_are_mapped_block_by_block_and_written_in_one_bio() {
    let ran = Bench::new(1024, "0-7@1000").dirty_pages(0..2).run(&[writeback(), writeback()]);
    let each: Vec<_> = (0..8).map(|block| (block, 1, 1)).collect();
    assert_eq!(ran.mapped(), each);
    assert_eq!((ran.bios(), ran.extents()), ("W0-7", vec![(2000, 16)]));
    assert_eq!((ran.reasons(), ran.flags()), (vec![Reason::EndOfRequest], vec![WS]));
    assert_eq!(ran.pages(PageChange::Writeback), [0, 1]);
    assert_eq!(ran.pages(PageChange::Written), [0, 1]);
    // It waited for them, and there is nothing left to write.
    assert_eq!((ran.results(), ran.time()), (&[0, 0][..], 100_000));
}

// [writeback.nothing-dirty] [writeback.page]
#[test]
fn clean_pages_are_not_written() {
    let ran = Bench::new(4096, "0-3@1000").cached_page(0).run(&[writeback()]);
    assert_eq!((ran.bios(), ran.results()), ("", &[0][..]));
    let ran = Bench::new(4096, "0-3@1000").cached_page(1).dirty_pages(2..3).run(&[writeback()]);
    assert_eq!(ran.bios(), "W2");
}

// [writeback.order]
#[test]
fn more_pages_than_one_look_up_finds_go_in_order() {
    let bench = Bench::new(4096, "0-11@1000 ind@500 12-59@1012").cached(Role::Ind, false);
    let ran = bench.boundary(false).dirty_pages(20..59).dirty_pages(0..3).run(&[writeback()]);
    assert_eq!(ran.bios(), "W0-2 W20-58");
    assert_eq!(ran.pages(PageChange::Writeback), (0..3).chain(20..59).collect::<Vec<_>>());
}

// [mpage-write.not-contiguous] [mpage-write.last-block]
#[test]
fn a_page_that_lies_elsewhere_ends_the_bio() {
    let ran = Bench::new(4096, "0-1@1000 2@3000 3@2000 4@2001").dirty_pages(0..5).run(&[writeback()]);
    assert_eq!(ran.bios(), "W0-1 W2 W3-4");
    let apart = Reason::NotContiguous;
    assert_eq!(ran.reasons(), [apart, apart, Reason::EndOfRequest]);
    assert_eq!(ran.caused_by_mapping_of(), [Some(0), Some(2), Some(3)]);
    // The pages of a bio follow each other on the device, whatever lies between them in the file.
    let ran = Bench::new(4096, "0@1000 2@1001").dirty_pages(0..1).dirty_pages(2..3).run(&[writeback()]);
    assert_eq!(ran.bios(), "W0+2");
}

// [mpage-write.page-not-contiguous] [mpage-write.confused] [mpage-reason.full-page]
// [buffers-write.attach] [buffers-write.map] [buffers-write.lock] [buffers-write.send]
#[test]
fn blocks_of_one_page_that_lie_apart_are_written_one_by_one() {
    let ran = Bench::new(1024, "0-4@1000 5@2000 6-7@1006").dirty_pages(0..2).run(&[writeback()]);
    assert_eq!(ran.bios(), "W0-3 W4 W5 W6 W7");
    let apart = Confused::NotContiguous;
    let alone = Reason::FullPage(apart);
    assert_eq!(ran.reasons(), [Reason::Confused(apart), alone, alone, alone, alone]);
    assert_eq!(ran.flags(), [WS; 5]);
    // Mapped once by mpage, up to the jump, and again for the buffers.
    assert_eq!(ran.mapped()[4..], [(4, 1, 1), (5, 1, 1), (4, 1, 1), (5, 1, 1), (6, 1, 1), (7, 1, 1)]);
    assert_eq!(ran.results(), [0]);
    assert_eq!(ran.pages(PageChange::Written), [0, 1]);
}

// [mpage-write.bio-full] [mpage-write.allocate]
#[test]
fn a_bio_holds_256_pages_at_most() {
    let bench = || Bench::new(4096, "ind@500 12-311@1000").cached(Role::Ind, false);
    let ran = bench().dirty_pages(12..312).run(&[writeback()]);
    assert_eq!(ran.bios(), "W12-267 W268-311");
    assert_eq!(ran.reasons(), [Reason::BioFull, Reason::EndOfRequest]);
    assert_eq!(ran.extents(), [(8000, 2048), (8000 + 2048, 44 * 8)]);
    let ran = bench().dirty_pages(12..268).run(&[writeback()]);
    assert_eq!(ran.reasons(), [Reason::EndOfRequest]);
}

// [mpage-write.past-end] [mpage-write.beyond-size] [buffers-write.outside]
#[test]
fn a_page_past_the_end_is_dropped_without_mapping_it() {
    let ran = Bench::new(4096, "0-3@1000").dirty_pages(0..1).dirty_pages(4..6).run(&[writeback()]);
    assert_eq!(ran.mapped(), [(0, 1, 1)]);
    assert_eq!(ran.bios(), "W0");
    assert_eq!(ran.reasons(), [Reason::Confused(Confused::PastEnd)]);
    assert_eq!(ran.pages(PageChange::Writeback), [0]);
    assert_eq!(ran.results(), [0]);
    // It is clean and unlocked: the next call finds nothing to do.
    let again = Bench::new(4096, "0-3@1000").dirty_pages(4..6).run(&[writeback(), writeback()]);
    assert_eq!((again.bios(), again.results()), ("", &[0, 0][..]));
}

// [mpage-write.past-end] [mpage-write.zero-tail] [mpage-write.not-full] [mpage-reason.hole]
#[test]
fn of_a_page_that_straddles_the_end_the_blocks_inside_are_written() {
    for (size, blocks, sectors) in [(4096 + 1, "W0-4", 10), (4096 + 2049, "W0-6", 14), (8191, "W0-7", 16)] {
        let ran = Bench::with_size(1024, "0-7@1000", size).dirty_pages(0..2).run(&[writeback()]);
        assert_eq!((ran.bios(), ran.sectors()), (blocks, vec![sectors]));
        let reason = if sectors == 16 { Reason::EndOfRequest } else { Reason::Hole };
        assert_eq!(ran.reasons(), [reason]);
    }
    // The bio ends there, also if the next page would follow.
    let ran = Bench::with_size(4096, "0-3@1000", 8193).dirty_pages(0..3).run(&[writeback()]);
    assert_eq!((ran.bios(), ran.sectors()), ("W0-2", vec![24]));
}

// [mpage-write.get-block] [ext2-get-block.create] [mpage-reason.boundary] [mpage-write.boundary]
// [mpage-write.boundary-of-last] [buffers-life.mark-dirty] [buffers-life.getblk]
#[test]
fn holes_are_allocated_behind_what_is_there_with_a_dirty_indirect_block() {
    let bench = Bench::with_size(4096, "0-9@1000", 14 * 4096).dirty_pages(9..14);
    let ran = bench.run(&[writeback(), pread(13 * 4096, 4096)]);
    let placed = [(9, 1009, false), (10, 1010, true), (11, 1011, true), (12, 1013, true), (13, 1014, true)];
    assert_eq!(allocated(&ran), placed);
    assert_eq!(ran.bios(), "bitmap/0 W9-11 W12-13");
    assert_eq!(ran.reasons()[1..], [Reason::Boundary, Reason::EndOfRequest]);
    // The new indirect block was made without being read, and dirtied once.
    assert_eq!(ran.buffers(BufferChange::Dirtied).iter().filter(|&&block| block == 1012).count(), 1);
    assert_eq!(ran.results(), [0, 4096]);
}

// [ext2-get-block.create]
#[test]
fn a_new_branch_has_its_indirect_blocks_before_its_data() {
    // The first block under the triple indirect block; none of the three exists.
    let bench = Bench::with_size(1024, "0@1000", 65808 * 1024).dirty_pages(16451..16452);
    let ran = bench.run(&[writeback()]);
    let [(_, first, _), .., (_, last, _)] = allocated(&ran)[..] else { panic!("four blocks") };
    assert_eq!(ran.bios(), "bitmap/0 W65804-65807");
    assert_eq!(last - first, 3);
    // Parent before child; the leaf was dirty already when it got its other three pointers.
    let indirect = first - 3..first;
    let dirtied = ran.buffers(BufferChange::Dirtied).into_iter().filter(|block| indirect.contains(block));
    assert_eq!(dirtied.collect::<Vec<_>>(), [first - 3, first - 2, first - 1]);
    // The new blocks are found through it.
    assert!(ran.buffers(BufferChange::Hit).len() >= 9);
}

// [mpage-write.get-block-error] [buffers-write.allocation-error] [writeback.error]
#[test]
fn without_free_blocks_pages_are_lost_and_the_first_error_is_returned() {
    // 256 blocks of 4 KiB, some of them the filesystem's own.
    let layout = "0-12@200 ind@220";
    let bench = Bench::on_device(4096, vec![file("/f", 12, layout, 4096, Some(400 * 4096))], 2048);
    let ran = bench.dirty_pages(0..300).run(&[writeback(), writeback()]);
    let failed: Vec<_> = ran.mapped().into_iter().filter(|&(_, _, count)| count < 0).collect();
    let written = allocated(&ran).len();
    assert!((200..256).contains(&written), "{written}");
    // Each page that finds no block asks twice: for mpage and for its buffer.
    assert_eq!(failed.len(), 2 * (300 - written));
    assert!(failed.iter().all(|&(_, asked, count)| (asked, count) == (1, -28)));
    assert!(!ran.reasons().iter().any(|reason| matches!(reason, Reason::FullPage(_))));
    assert_eq!(ran.pages(PageChange::Failed), (written as u64..300).collect::<Vec<_>>());
    assert_eq!(ran.results(), [-28, 0]);
}

// [buffers-write.allocation-error] [mpage-write.unmapped-dirty]
#[test]
fn what_is_mapped_of_a_page_is_written_though_the_rest_cannot_be_allocated() {
    let layout = "520-521@300 dind@201 dleaf/0@202";
    let bench = Bench::on_device(1024, vec![file("/f", 12, layout, 1024, Some(524 * 1024))], 1024);
    let ran = bench.dirty_pages(0..130).page_with_buffers(130, "ddxx").run(&[writeback(), writeback()]);
    let reasons = ran.reasons();
    assert!(ran.bios().ends_with(" W520 W521"), "{}", ran.bios());
    assert_eq!(reasons[reasons.len() - 2..], [Reason::FullPage(Confused::DirtyUnmapped); 2]);
    assert_eq!(ran.results(), [-28, 0]);
}

// [mpage-write.zero-tail] [buffers-write.zero-tail]
#[test]
fn what_lies_behind_the_end_in_its_block_is_zeroed_on_the_way_out() {
    let bench = || Bench::with_size(1024, "0-5@1000", 4096 + 1536);
    let by_mpage = bench().dirty_pages(1..2);
    let block_by_block = bench().page_with_buffers(1, "ddxx");
    for (bench, order) in [(by_mpage, "W4-5"), (block_by_block, "W4 W5")] {
        let ran = bench.run(&[writeback()]);
        assert_eq!(ran.bios(), order);
        let on_device = [1004, 1005].map(|block| ran.outcome.medium.stamp(block));
        assert_eq!(on_device[0], Stamp::of_block(1004));
        assert_ne!(on_device[1], Stamp::of_block(1005), "{order}: its second half is zeros now");
    }
}
