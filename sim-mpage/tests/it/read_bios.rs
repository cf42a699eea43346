//! Reading: bios that are full, cannot be had, or reach past the device's end.

use sim_core::io::{Confused, Flags, Reason, Role};
use sim_core::trace::PageChange;
use sim_disk::device::Device;
use sim_disk::ideal::{Ideal, Settings};
use sim_mpage::machine::Machine;

use crate::bench::{Bench, pread, read, readahead, writeback};

use Confused::AllocationFailed;

// [mpage-read.bio-full] [mpage-reason.bio-full] [mpage-read.capacity]
#[test]
fn a_bio_holds_256_pages_at_most() {
    let large_io = |bench: Bench| bench.with(|machine| machine.queue.max_sectors_kb = 4096);
    let bench = Bench::new(4096, "ind@500 12-311@1000").cached(Role::Ind, false);
    let ran = large_io(bench).run(&[readahead(12 * 4096, 300 * 4096)]);
    assert_eq!(ran.bios(), "12-267 268-311");
    assert_eq!(ran.reasons(), [Reason::BioFull, Reason::EndOfRequest]);
    assert_eq!(ran.extents(), [(8000, 2048), (8000 + 2048, 44 * 8)]);
    // 256 pages exactly fill one.
    let bench = Bench::new(4096, "ind@500 12-311@1000").cached(Role::Ind, false);
    let ran = large_io(bench).run(&[readahead(12 * 4096, 256 * 4096)]);
    assert_eq!((ran.bios(), ran.reasons()), ("12-267", vec![Reason::EndOfRequest]));
}

// [mpage-read.allocation-failure]
#[test]
fn a_bio_that_cannot_be_had_under_readahead_makes_its_page_confused() {
    // The second allocation is for page 2.
    let failing = |nth: Vec<u64>| move |machine: &mut Machine| machine.failing_bio_allocations = nth;
    let layout = "0-1@1000 2-3@2000 4@3000";
    let ran = Bench::new(4096, layout).with(failing(vec![2])).run(&[readahead(0, 0), read(20480)]);
    assert_eq!(ran.bios(), "0-1 2 3 4");
    let expected = [
        Reason::NotContiguous,
        Reason::FullFolio(AllocationFailed),
        Reason::NotContiguous,
        Reason::EndOfRequest,
    ];
    assert_eq!(ran.reasons(), expected);
    // A page of one block is mapped again, by itself.
    assert_eq!(ran.mapped(), [(0, 5, 2), (2, 3, 2), (2, 1, 1), (4, 1, 1)]);
    assert_eq!(ran.results(), [0, 20480]);
    // Numbers in any order; the first allocation, too. Page 1 goes on with the mapping of page 0.
    let ran = Bench::new(4096, layout).with(failing(vec![3, 1])).run(&[readahead(0, 0)]);
    let failed = Reason::FullFolio(AllocationFailed);
    let apart = Reason::NotContiguous;
    assert_eq!(ran.bios(), "0 1 2 3 4");
    assert_eq!(ran.reasons(), [failed, apart, failed, apart, Reason::EndOfRequest]);
    assert_eq!(ran.mapped(), [(0, 5, 2), (0, 1, 1), (2, 3, 2), (2, 1, 1), (4, 1, 1)]);
}

// [mpage-read.allocation-failure] [mpage-read.read-folio]
#[test]
fn a_page_read_alone_gets_its_bio_always() {
    let bench = Bench::new(4096, "0-1@1000").with(|machine| {
        machine.failing_bio_allocations = vec![1, 2, 3];
        machine.read_ahead_pages = 0;
    });
    // Without readahead each page is a forced readahead of one: confused. What is read alone is not.
    let ran = bench.clone().run(&[read(4096)]);
    assert_eq!(ran.reasons(), [Reason::FullFolio(AllocationFailed)]);
    let ran = bench.unread_page(0, "").with(|machine| machine.pages[0].buffers = None).run(&[read(4096)]);
    assert_eq!(ran.reasons(), [Reason::EndOfRequest]);
}

// [mpage-end.cut]
#[test]
fn a_bio_that_runs_past_the_devices_end_is_cut_there() {
    // Blocks of 4 KiB on a device that ends in the middle of block 1003.
    let short = |sectors: u64| {
        move |machine: &mut Machine| {
            machine.volume.device_sectors = sectors;
            machine.device = Device::from(Ideal::new(Settings { sectors, ..Settings::default() }));
        }
    };
    let ran = Bench::new(4096, "0-3@1000").with(short(8027)).run(&[readahead(0, 0), read(16384)]);
    assert_eq!(ran.extents(), [(8000, 27)]);
    assert_eq!(ran.results(), [0, 16384]);
    assert_eq!(ran.outcome.device.sectors_read, 27);
    // A bio that ends with the device is whole.
    let ran = Bench::new(4096, "0-3@1000").with(short(8032)).run(&[readahead(0, 0)]);
    assert_eq!(ran.extents(), [(8000, 32)]);
    // So is a single block's.
    let ran = Bench::new(1024, "0@1000 2@1002").with(short(2005)).run(&[readahead(0, 0), read(3072)]);
    assert_eq!(ran.extents(), [(2000, 2), (2004, 1)]);
    assert_eq!(ran.results(), [0, 3072]);
}

// [mpage-end.beyond]
#[test]
fn what_begins_past_the_devices_end_fails_without_being_queued() {
    let short = |machine: &mut Machine| machine.volume.device_sectors = 8016;
    let ran = Bench::new(4096, "0@1000 1@1002 2@1001 3@1003").with(short).run(&[
        readahead(0, 0),
        read(4096),
        read(4096),
        pread(8192, 8192),
    ]);
    assert_eq!((ran.bios(), ran.extents()), ("0 2", vec![(8000, 8), (8008, 8)]));
    assert_eq!(ran.results(), [0, 4096, -5, 4096]);
    assert_eq!(ran.pages(PageChange::Failed), [1, 3, 1, 3, 3]);
    // Block by block, and an indirect block.
    let ran = Bench::new(1024, "0@4000 1@4009 2@4001").with(short).run(&[read(4096), read(4096)]);
    assert_eq!((ran.bios(), ran.results()), ("0 2", &[-5, -5][..]));
    let ran = Bench::new(4096, "ind@1002 12@1000").with(short).run(&[pread(12 * 4096, 4096)]);
    assert_eq!((ran.bios(), ran.results()), ("", &[-5][..]));
    // Writing.
    let ran = Bench::new(4096, "0@1000 1@1002").with(short).dirty_pages(0..2).run(&[writeback()]);
    assert_eq!((ran.bios(), ran.results()), ("W0", &[-5][..]));
}

// [mpage-end.read] [processes.end-order]
#[test]
fn the_pages_of_a_bio_become_up_to_date_in_order_and_only_those() {
    let ran = Bench::new(4096, "0-3@1000").run(&[readahead(4096, 8192), pread(0, 16384)]);
    assert_eq!(ran.pages(PageChange::Added), [1, 2, 0, 3]);
    assert_eq!(ran.pages(PageChange::UpToDate), [1, 2, 0, 3]);
    assert_eq!(ran.bios(), "1-2 0 3");
}

// [mpage-read.allocate]
#[test]
fn the_first_sector_is_that_of_the_first_block() {
    for block_size in [1024_u32, 4096, 16384, 65536] {
        let ran = Bench::new(block_size, "1-2@37").page_size(65536).run(&[readahead(0, 0)]);
        let sectors = u64::from(block_size / 512);
        assert_eq!(ran.extents()[0].0, 37 * sectors);
        let flags = if block_size == 65536 { Flags::READ_AHEAD } else { Flags::NONE };
        assert_eq!(ran.flags()[0], flags);
    }
}
