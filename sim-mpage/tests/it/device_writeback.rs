//! The device's own writeback: metadata that nobody writes by themselves.

use sim_core::io::{Flags, Reason, Role};
use sim_core::trace::{PageChange, What};
use sim_mpage::call::{Call, Handle};

use crate::bench::{Bench, H, Ran, file, pread, readahead, writeback};
use crate::writing_calls::{G, fsync, open, sleep, write_blocks};

/// The device's pages that were written back, in order.
fn device_pages(ran: &Ran) -> Vec<u64> {
    ran.all(|what| match what {
        What::Page { file: None, index, change: PageChange::Writeback } => Some(*index),
        _ => None,
    })
}

// [buffers-write.device] [mpage-reason.metadata-write] [block-plug.sections]
#[test]
fn dirty_metadata_go_in_ascending_order_one_bio_a_block_in_one_plug() {
    let layout = "0-11@1000 ind@1012 12@1013 dind@3000 dleaf/0@2000 1036@4000";
    let calls = [write_blocks(H, 1037, 1), write_blocks(H, 13, 1), Call::Sync];
    let ran = Bench::new(4096, layout).run(&calls);
    let order: Vec<_> = ran.bios().split(' ').filter(|bio| !bio.starts_with(char::is_numeric)).collect();
    // What was read; the device's turn, which comes first; data; what the inode's turn has dirtied.
    let device = ["Wgroups", "Wbitmap/0", "Wind", "Wdleaf/0"];
    let start = order.iter().position(|&bio| bio == "Wgroups").unwrap();
    assert_eq!(order[start..start + 4], device, "{}", ran.bios());
    // Neighbours join in the plug, and it is turned round in the end.
    assert!(ran.issued().contains("Wdleaf/0 Wind Wgroups+bitmap/0"), "{}", ran.issued());
    let kinds: Vec<_> = ran.reasons().into_iter().zip(ran.flags()).collect();
    let of_device = kinds.iter().filter(|&&kind| kind == (Reason::MetadataWrite, Flags::NONE)).count();
    // The inode's block comes in the device's next turn; the superblock is written for integrity.
    let synced = kinds.iter().filter(|&&kind| kind == (Reason::MetadataWrite, Flags::SYNC)).count();
    assert_eq!((of_device, synced), (5, 1), "{}", ran.bios());
}

// [buffers-life.mark-dirty-inode] [mpage-write.background-flag]
#[test]
fn the_flusher_writes_files_and_device_when_they_are_old() {
    let bench = || Bench::new(4096, "0@1000").with(|machine| machine.kernel.vm.bdi_min_ratio = 100);
    let ran = bench().run(&[write_blocks(H, 1, 2), sleep(29_000)]);
    assert_eq!(ran.bios(), "bitmap/0");
    let ran = bench().run(&[write_blocks(H, 1, 2), sleep(80_000)]);
    assert_eq!(ran.bios(), "bitmap/0 Wgroups Wbitmap/0 W1-2 Winodes/0");
    assert_eq!(ran.flags()[3], Flags::BACKGROUND);
    // Nobody waits for any of it.
    assert!(!ran.flags().contains(&Flags::SYNC));
}

// [mpage-write.background-flag]
#[test]
fn only_what_the_flusher_writes_by_itself_is_background() {
    let flags = |call| {
        let ran = Bench::new(4096, "0@1000").run(&[write_blocks(H, 0, 1), call]);
        assert!(ran.bios().starts_with("W0"), "{}", ran.bios());
        ran.flags()[0]
    };
    assert_eq!(flags(fsync()), Flags::SYNC);
    assert_eq!(flags(Call::Sync), Flags::NONE);
    assert_eq!(flags(Call::Syncfs { handle: H }), Flags::NONE);
    assert_eq!(flags(sleep(40_000)), Flags::BACKGROUND);
}

/// Blocks of 1 KiB, four inodes each: those of the two files share a page of the device.
// [buffers-write.redirty]
#[test]
fn a_page_with_a_block_that_is_being_written_is_left_dirty_and_its_others_are_written() {
    let files = vec![file("/f", 12, "0-3@1000", 1024, None), file("/g", 13, "0-3@2000", 1024, None)];
    let bench = Bench::of_files(1024, files);
    let table = u64::from(bench.machine.volume.groups[0].inode_table);
    // Inodes 12 and 13.
    let page = (table + 11 / 4) / 4;
    assert_eq!(page, (table + 12 / 4) / 4);
    let first = [Call::Pwrite { handle: H, offset: 0, length: 4096 }, fsync()];
    // The data take 100 us; then the inode's block is on its way.
    let wait = sim_core::time::Duration::from_nanoseconds(150_000);
    let second = [
        open(G, 1),
        Call::Sleep { duration: wait },
        Call::Pwrite { handle: G, offset: 0, length: 4096 },
        Call::Syncfs { handle: G },
    ];
    let ran = bench.run_tasks(&[&first, &second]);
    assert_eq!(device_pages(&ran).iter().filter(|&&index| index == page).count(), 2, "{}", ran.bios());
    // The second inode did not wait for the first.
    let inodes = ran.bios().matches("Winodes/0").count();
    assert_eq!(inodes, 2, "{}", ran.bios());
    // With nobody in the way the page is written once.
    let alone = [open(G, 1), second[2], second[3]];
    let files = vec![file("/f", 12, "0-3@1000", 1024, None), file("/g", 13, "0-3@2000", 1024, None)];
    let ran = Bench::of_files(1024, files).run(&alone);
    assert_eq!(device_pages(&ran).iter().filter(|&&index| index == page).count(), 1, "{}", ran.bios());
}

// [mpage-write.adjacent]
#[test]
fn pages_adjacent_in_memory_share_segments_so_that_bios_grow_longer() {
    let bench = |adjacent| {
        let bench = Bench::new(4096, "ind@500 12-1035@1000").cached(Role::Ind, false);
        let bench = bench.with(|machine| machine.kernel.pages_adjacent = adjacent);
        bench.dirty_pages(12..1024).run(&[writeback()])
    };
    assert_eq!(bench(true).bios(), "W12-1023");
    assert_eq!(bench(true).reasons(), [Reason::EndOfRequest]);
    assert_eq!(bench(false).bios(), "W12-267 W268-523 W524-779 W780-1023");
}

// [mpage-write.adjacent]
#[test]
fn a_segment_of_adjacent_pages_has_64_kib_at_most() {
    let bench = Bench::new(4096, "ind@500 12-1035@1000").cached(Role::Ind, false).with(|machine| {
        machine.kernel.pages_adjacent = true;
        machine.queue.max_segments = 2;
        // No plug is flushed before all are there, and then the last one goes first.
        machine.queue.nomerges = 2;
    });
    let ran = bench.dirty_pages(12..112).run(&[writeback()]);
    assert_eq!((ran.bios(), ran.issued()), ("W12-111", "W108-111 W76-107 W44-75 W12-43"));
}

// [mpage-end.write-error-seen]
#[test]
fn each_opener_is_told_once_of_data_that_were_not_written() {
    let other = Call::Fsync { handle: G };
    let bench = || Bench::new(4096, "0-3@1000").bad_block(1001, Some(1));
    let write = write_blocks(H, 0, 4);
    let late = Handle(2);
    let calls =
        [open(G, 0), write, fsync(), fsync(), other, other, open(late, 0), Call::Fsync { handle: late }];
    assert_eq!(bench().run(&calls).results()[2..], [-5, 0, -5, 0, 0, 0]);
    // An error that nobody has seen is told to who opens the file later, too.
    let calls = [write, Call::Sync, open(late, 0), Call::Fsync { handle: late }, fsync()];
    assert_eq!(bench().run(&calls).results()[3..], [-5, -5]);
}

// [block-plug.sections]
#[test]
fn a_batch_of_readahead_and_a_writeback_are_plugged_and_a_single_page_is_not() {
    let bench = || Bench::new(4096, "0-1@1000 2-3@3000 4-5@2000");
    assert_eq!(bench().run(&[readahead(0, 6 * 4096)]).issued(), "4-5 2-3 0-1");
    assert_eq!(bench().dirty_pages(0..6).run(&[writeback()]).issued(), "W4-5 W2-3 W0-1");
    let single = bench().with(|machine| machine.read_ahead_pages = 0);
    let ran = single.run(&[pread(0, 4096), pread(2 * 4096, 4096)]);
    assert_eq!(ran.issued(), "0 2");
}
