//! Writing: pages with buffers, each state of them, and `block_write_full_page`.

use sim_core::io::{Confused, Flags, Reason};
use sim_core::trace::{PageChange, What};

use crate::bench::{Bench, Ran, writeback};

fn written(layout: &str, size: u64, letters: &str) -> Ran {
    Bench::with_size(1024, layout, size).page_with_buffers(0, letters).run(&[writeback(), writeback()])
}

/// Why the page went block by block; none if mpage wrote it.
fn confused(ran: &Ran) -> Option<Confused> {
    assert_eq!(ran.results(), [0, 0]);
    let rules = ran.confused();
    assert!(rules.len() < 2);
    rules.first().copied()
}

// [mpage-write.take] [mpage-write.clean-buffers] [state.buffers]
#[test]
fn mapped_and_dirty_buffers_go_in_one_bio_without_asking_for_their_places() {
    let ran = written("0-3@1000", 4096, "dddd");
    assert_eq!((ran.mapped(), ran.bios()), (vec![], "W0-3"));
    assert_eq!((ran.extents(), ran.flags()), (vec![(2000, 8)], vec![Flags::SYNC]));
    assert_eq!((ran.reasons(), confused(&ran)), (vec![Reason::EndOfRequest], None));
}

// [mpage-write.unmapped-tail] [mpage-write.not-full] [mpage-reason.hole]
#[test]
fn an_unmapped_tail_is_left_out_and_ends_the_bio() {
    for (letters, bios, sectors) in [("duuu", "W0", 2), ("dduu", "W0-1", 4), ("dddz", "W0-2", 6)] {
        let ran = written("0-3@1000", 4096, letters);
        assert_eq!((ran.bios(), ran.sectors()), (bios, vec![sectors]), "{letters}");
        assert_eq!(ran.reasons(), [Reason::Hole]);
        assert_eq!(ran.mapped(), []);
    }
    // Also if the next page follows on the device.
    let bench = Bench::with_size(1024, "0-1@1000 4-7@1002", 8192).page_with_buffers(0, "dduu");
    let ran = bench.page_with_buffers(1, "dddd").run(&[writeback()]);
    assert_eq!(ran.bios(), "W0-1 W4-7");
    assert_eq!(ran.reasons(), [Reason::Hole, Reason::EndOfRequest]);
}

// [mpage-write.all-unmapped] [buffers-write.end] [mpage-write.confused]
#[test]
fn a_page_of_which_no_buffer_is_mapped_or_dirty_ends_at_once() {
    let ran = written("0-3@1000", 4096, "uuuu");
    assert_eq!((ran.bios(), ran.time()), ("", 0));
    assert_eq!(ran.pages(PageChange::Writeback), [0]);
    assert_eq!(ran.results(), [0, 0]);
}

// [mpage-write.not-dirty]
#[test]
fn a_buffer_that_is_clean_or_not_up_to_date_makes_the_page_confused() {
    for (letters, order) in [
        ("cddd", "W1 W2 W3"),
        ("dcdd", "W0 W2 W3"),
        ("dddc", "W0 W1 W2"),
        ("cccd", "W3"),
        ("sddd", "W0 W1 W2 W3"),
        ("ddds", "W0 W1 W2 W3"),
        ("cccc", ""),
        ("dmdd", "W0 W2 W3"),
    ] {
        let ran = written("0-3@1000", 4096, letters);
        assert_eq!(ran.bios(), order, "{letters}");
        let rule = (!order.is_empty()).then_some(Confused::NotDirtyUpToDate);
        assert_eq!(confused(&ran), rule, "{letters}");
    }
}

// [mpage-write.unmapped-dirty] [buffers-write.map]
#[test]
fn a_dirty_buffer_without_a_place_gets_one_block_by_block() {
    // Where the map knows a block it is taken, and where there is none it is allocated.
    let ran = written("0-3@1000", 4096, "dddx");
    assert_eq!((ran.bios(), ran.mapped()), ("W0 W1 W2 W3", vec![(3, 1, 1)]));
    assert_eq!(confused(&ran), Some(Confused::DirtyUnmapped));
    let ran = written("0-1@1000", 4096, "ddxx");
    assert_eq!((ran.bios(), ran.mapped()), ("bitmap/0 W0 W1 W2 W3", vec![(2, 1, 1), (3, 1, 1)]));
    assert_eq!(ran.extents()[3..], [(2004, 2), (2006, 2)]);
    // The first of them decides, also before a mapped one.
    let ran = written("0-3@1000", 4096, "xddd");
    assert_eq!((ran.bios(), confused(&ran)), ("W0 W1 W2 W3", Some(Confused::DirtyUnmapped)));
}

// [mpage-write.mapped-after-unmapped]
#[test]
fn a_mapped_buffer_behind_an_unmapped_one_makes_the_page_confused() {
    for (letters, order) in [("dudd", "W0 W2 W3"), ("uddd", "W1 W2 W3"), ("uuud", "W3"), ("uucu", "")] {
        let ran = written("0-3@1000", 4096, letters);
        assert_eq!(ran.bios(), order, "{letters}");
        let rule = (!order.is_empty()).then_some(Confused::MappedAfterHole);
        assert_eq!(confused(&ran), rule, "{letters}");
    }
}

// [mpage-write.buffers-not-contiguous]
#[test]
fn buffers_that_lie_apart_make_the_page_confused() {
    for layout in ["0-1@1000 2-3@2000", "0@1000 1-3@1002", "0-2@1000 3@1002", "1-3@1000 0@1003"] {
        let layout = layout.replace("3@1002", "3@1004");
        let ran = written(&layout, 4096, "dddd");
        assert_eq!(ran.bios(), "W0 W1 W2 W3", "{layout}");
        assert_eq!(confused(&ran), Some(Confused::NotContiguous), "{layout}");
        assert_eq!(ran.mapped(), []);
    }
}

// [mpage-write.confused] [mpage-reason.confused]
#[test]
fn the_bio_before_a_confused_page_is_sent() {
    let bench = Bench::new(1024, "0-11@1000").page_with_buffers(0, "dddd").page_with_buffers(1, "dcdd");
    let ran = bench.page_with_buffers(2, "dddd").boundary(false).run(&[writeback()]);
    assert_eq!(ran.bios(), "W0-3 W4 W6 W7 W8-11");
    let rule = Confused::NotDirtyUpToDate;
    let alone = Reason::FullPage(rule);
    assert_eq!(ran.reasons(), [Reason::Confused(rule), alone, alone, alone, Reason::EndOfRequest]);
}

// [mpage-write.beyond-size] [buffers-write.outside]
#[test]
fn a_page_with_buffers_wholly_past_the_end_is_dropped() {
    let bench = Bench::with_size(1024, "0-7@1000", 4096).page_with_buffers(1, "dddd");
    let ran = bench.run(&[writeback(), writeback()]);
    assert_eq!((ran.bios(), ran.results()), ("", &[0, 0][..]));
    assert!(ran.pages(PageChange::Writeback).is_empty());
    // One byte of it inside the size, and it is written.
    let bench = Bench::with_size(1024, "0-7@1000", 4097).page_with_buffers(1, "dddd");
    assert_eq!(bench.run(&[writeback()]).bios(), "W4-7");
}

// [buffers-write.past-end] [mpage-write.zero-tail] [buffers-write.zero-tail]
#[test]
fn block_by_block_what_lies_past_the_end_is_cleaned_and_not_written() {
    let ran = written("0-3@1000", 2048, "cddd");
    assert_eq!((ran.bios(), confused(&ran)), ("W1", Some(Confused::NotDirtyUpToDate)));
    let ran = written("0-3@1000", 2049, "cddd");
    assert_eq!(ran.bios(), "W1 W2");
    // Mpage itself does not look at the size of a page with buffers, only that it reaches into it.
    let ran = written("0-3@1000", 2048, "dddd");
    assert_eq!(ran.bios(), "W0-3");
    // A dirty buffer past the end gets no block.
    let ran = written("0-1@1000", 2048, "ddxx");
    assert_eq!((ran.bios(), ran.mapped()), ("W0 W1", vec![]));
}

// [buffers-write.send] [buffers-write.end] [mpage-write.under-writeback]
#[test]
fn the_page_is_written_when_the_last_of_its_blocks_is() {
    let bench = Bench::new(1024, "0@1000 1@2000 2@3000 3@4000").page_with_buffers(0, "dddd");
    let ran = bench
        .with(|machine| {
            let settings = sim_disk::ideal::Settings { queue_depth: 1, ..Default::default() };
            machine.device = sim_disk::ideal::Ideal::new(settings).into();
        })
        .run(&[writeback()]);
    assert_eq!((ran.time(), ran.results()), (400_000, &[0][..]));
    assert_eq!(ran.pages(PageChange::Written), [0]);
    let last = |wanted: fn(&What) -> bool| ran.events.iter().rposition(wanted).unwrap();
    let done = last(|what| matches!(what, What::Completed { .. }));
    assert!(last(|what| matches!(what, What::Page { change: PageChange::Written, .. })) > done);
}

// [mpage-write.take] [mpage-write.unmapped-tail]
#[test]
fn pages_of_any_size_are_taken_buffer_by_buffer() {
    for page_size in [4096_u32, 16384, 65536] {
        for block_size in [1024_u32, 2048, 4096, 8192, 16384] {
            if block_size > page_size {
                continue;
            }
            let count = page_size / block_size;
            let full = "d".repeat(count as usize);
            let layout = format!("0-{}@1000 ind@100", count.max(13) - 1);
            let bench = || Bench::new(block_size, &layout).page_size(page_size).boundary(false);
            let ran = bench().page_with_buffers(0, &full).run(&[writeback()]);
            assert_eq!(ran.sectors(), [page_size / 512]);
            if count == 1 {
                continue;
            }
            let tail = format!("{}u", &full[1..]);
            let ran = bench().page_with_buffers(0, &tail).run(&[writeback()]);
            assert_eq!(ran.sectors(), [(page_size - block_size) / 512]);
            assert_eq!(ran.reasons(), [Reason::Hole]);
        }
    }
}
