//! Reading: pages that have buffers, and what `block_read_full_folio` makes of them.

use sim_core::io::{Confused, Flags, Reason};
use sim_core::trace::PageChange;

use crate::bench::{Bench, pread, read, readahead};

use Confused::HasBuffers;

// [mpage-read.buffers] [state.pages] [state.buffers]
#[test]
fn a_page_with_buffers_is_read_block_by_block_at_once() {
    let ran = Bench::new(1024, "0-3@1000").unread_page(0, "mmmm").run(&[read(4096)]);
    assert_eq!(ran.bios(), "0 1 2 3");
    assert_eq!(ran.reasons(), [Reason::FullFolio(HasBuffers); 4]);
    // The buffers know where they lie.
    assert_eq!(ran.mapped(), []);
    assert_eq!(ran.results(), [4096]);
}

// [buffers-read.full-folio-attach] [buffers-read.full-folio-map] [buffers-read.full-folio-hole]
#[test]
fn only_blocks_that_are_not_up_to_date_are_read_and_only_unmapped_ones_are_asked_for() {
    let ran = Bench::with_size(1024, "0-2@1000", 4096).unread_page(0, "cmuu").run(&[read(4096)]);
    assert_eq!(ran.mapped(), [(2, 1, 1), (3, 1, 0)]);
    assert_eq!(ran.bios(), "1 2");
    assert_eq!(ran.pages(PageChange::UpToDate), [0]);
    // Blocks past the end are not asked for either.
    let ran = Bench::with_size(1024, "0@1000", 1024).unread_page(0, "uuuu").run(&[read(4096)]);
    assert_eq!((ran.mapped(), ran.bios()), (vec![(0, 1, 1)], "0"));
    assert_eq!(ran.results(), [1024]);
}

// [buffers-read.full-folio-nothing]
#[test]
fn a_page_of_which_nothing_needs_reading_is_up_to_date_at_once() {
    for letters in ["czzz", "zuzu"] {
        let bench = Bench::with_size(1024, "0@1000", 4096).unread_page(0, letters);
        let ran = bench.run(&[read(4096)]);
        assert_eq!((ran.bios(), ran.time()), ("", 0));
        assert_eq!(ran.pages(PageChange::UpToDate), [0]);
        assert_eq!(ran.results(), [4096]);
    }
}

// [mpage-read.confused]
#[test]
fn the_bio_before_a_confused_page_is_sent_and_the_next_page_starts_another() {
    let ran = Bench::new(1024, "0-5@1000 6-7@1100 8-11@1200").run(&[readahead(0, 0), read(12288)]);
    assert_eq!(ran.bios(), "0-3 4 5 6 7 8-11");
    assert_eq!(ran.reasons()[0], Reason::Confused(Confused::NotContiguous));
    assert_eq!(ran.reasons()[5], Reason::Boundary);
    assert_eq!(ran.results(), [0, 12288]);
}

// [mpage-read.filled]
#[test]
fn a_page_of_one_block_that_the_filesystem_fills_is_up_to_date_without_io() {
    let filled = |bench: Bench| bench.with(|machine| machine.kernel.get_block_fills = true);
    let ran = filled(Bench::new(4096, "0-3@1000")).run(&[readahead(0, 0), read(16384)]);
    assert_eq!(ran.mapped(), [(0, 4, 1), (1, 3, 1), (2, 2, 1), (3, 1, 1)]);
    assert_eq!((ran.bios(), ran.time()), ("", 0));
    assert_eq!(ran.pages(PageChange::UpToDate), [0, 1, 2, 3]);
    assert_eq!(ran.results(), [0, 16384]);
}

// [mpage-read.filled] [buffers-life.attach]
#[test]
fn of_a_page_of_several_blocks_each_is_filled_by_itself() {
    let filled = |bench: Bench| bench.with(|machine| machine.kernel.get_block_fills = true);
    let ran = filled(Bench::new(1024, "0-2@1000")).run(&[readahead(0, 0), read(4096)]);
    // The first answer makes the page confused and its buffer up to date: it is not asked for again.
    assert_eq!(ran.mapped(), [(0, 3, 1), (1, 1, 1), (2, 1, 1)]);
    assert_eq!((ran.bios(), ran.time()), ("", 0));
    assert_eq!(ran.results(), [0, 3072]);
    // A filled block behind a hole: the hole before it is looked at again.
    let ran = filled(Bench::with_size(1024, "1@1000", 4096)).run(&[readahead(0, 0), read(4096)]);
    assert_eq!(ran.mapped(), [(0, 4, 0), (1, 3, 1), (0, 1, 0), (2, 1, 0), (3, 1, 0)]);
    assert_eq!(ran.bios(), "");
}

// [buffers-read.full-folio-end] [buffers-read.full-folio-send]
#[test]
fn the_page_is_up_to_date_when_the_last_of_its_blocks_is() {
    // Two requests at a time: the four blocks, which lie apart, take two rounds.
    let layout = "0@1000 1@2000 2@3000 3@4000";
    let ran = Bench::new(1024, layout)
        .with(|machine| {
            let settings = sim_disk::ideal::Settings { queue_depth: 2, ..Default::default() };
            machine.device = sim_disk::ideal::Ideal::new(settings).into();
        })
        .run(&[read(4096)]);
    assert_eq!(ran.bios(), "0 1 2 3");
    assert_eq!(ran.time(), 200_000);
    assert_eq!(ran.pages(PageChange::UpToDate), [0]);
    assert_eq!(ran.flags(), [Flags::NONE; 4]);
}

// [buffers-life.on-demand] [mpage-read.buffers] [buffers-life.boundary-kept]
#[test]
fn a_page_keeps_the_buffers_that_reading_it_gave_it() {
    // Block 1 fails once: the page stays not up to date, and its retry reads block 1 only.
    let bench = Bench::new(1024, "0@1000 1@2000 2@3000 3@4000").bad_block(2000, Some(1));
    let ran = bench.run(&[read(4096), pread(0, 4096)]);
    assert_eq!(ran.bios(), "0 1 2 3 1");
    assert_eq!(ran.reasons()[4], Reason::FullFolio(HasBuffers));
    assert_eq!(ran.results(), [4096, 4096]);
}
