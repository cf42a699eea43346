//! Writes through the page cache: what is read for them, mapped, zeroed, and made dirty.

use sim_core::io::{FileId, Flags, Operation, Reason};
use sim_core::time::Duration;
use sim_core::trace::{PageChange, What};
use sim_mpage::call::{Access, Call, Handle};

use crate::bench::{Bench, file, pread, writeback};
use crate::writing::{FDATASYNC, FSYNC, MAP, PAGE, msync, pwrite, sleep, store, write_pages};

// [buffered-write.page] [buffered-write.attach] [buffered-write.mapped] [buffered-write.copy]
#[test]
fn a_block_that_is_partly_overwritten_is_read_and_the_rest_of_its_page_is_not() {
    let bench = Bench::new(1024, "0-7@1000");
    let ran = bench.run(&[pwrite(5000, 100), pread(4096, 1024), writeback()]);
    assert_eq!(ran.sent_at(), ["0: R 4", "100: WS 4"]);
    assert_eq!((ran.reasons()[0], ran.flags()[0]), (Reason::ReadForWrite, Flags::NONE));
    // The page was added, and is only partly up to date; what was written is read from it.
    assert_eq!((ran.pages(PageChange::Added), ran.pages(PageChange::UpToDate)), (vec![1], vec![]));
    assert_eq!(ran.mapped(), [(4, 1, 1)]);
    assert_eq!(ran.results(), [100, 1024, 0]);
    // The block is up to date then: more of it is written without reading it again.
    let ran = Bench::new(1024, "0-7@1000").run(&[pwrite(5000, 100), pwrite(5010, 3)]);
    assert_eq!(ran.sent(), ["R 4"]);
}

// [pagecache-read.partly]
#[test]
fn a_page_that_is_partly_up_to_date_is_read_from_as_far_as_that_goes() {
    let read = |offset, length| {
        let ran = Bench::new(1024, "0-7@1000").run(&[pwrite(1024, 2048), pread(offset, length)]);
        assert_eq!(ran.results(), [2048, length.cast_signed()]);
        ran.sent()
    };
    // Blocks 1 and 2 are there.
    assert_eq!(read(1024, 2048), Vec::<String>::new());
    assert_eq!(read(1500, 1000), Vec::<String>::new());
    assert_eq!(read(1000, 100), ["R 0", "R 3"]);
    assert_eq!(read(3000, 100), ["R 0", "R 3"]);
}

// [buffered-write.copy] [buffered-write.mapped]
#[test]
fn whole_blocks_are_not_read_and_a_page_of_them_is_up_to_date() {
    let bench = || Bench::new(1024, "0-7@1000");
    let ran = bench().run(&[pwrite(0, 2048), pwrite(2048, 2048), pread(0, 4096), writeback()]);
    assert_eq!(ran.sent(), ["WS 0-3"]);
    assert_eq!(ran.pages(PageChange::UpToDate), [0]);
    let ran = bench().run(&[pwrite(0, 2048), writeback(), pread(0, 4096)]);
    assert_eq!(ran.sent(), ["WS 0-1", "R 2", "R 3"]);
}

// [buffered-write.two-reads]
#[test]
fn both_ends_are_read_at_once_and_the_later_one_is_waited_for_first() {
    let bench = || Bench::new(1024, "0-7@1000");
    let ran = bench().run(&[pwrite(4096 + 100, 3000)]);
    assert_eq!((ran.sent_at(), ran.time()), (vec!["0: R 4".to_owned(), "0: R 7".to_owned()], 100_000));
    // One after the other, and waking takes longer than a request: who waits for the first one first
    // finds the second one read already.
    let slow = bench().with(|machine| {
        let settings = sim_disk::ideal::Settings { queue_depth: 1, ..Default::default() };
        machine.device = sim_disk::ideal::Ideal::new(settings).into();
        machine.kernel.cpu.wake = Duration::from_nanoseconds(150_000);
    });
    assert_eq!(slow.run(&[pwrite(4096 + 100, 3000)]).time(), 350_000);
}

// [buffered-write.untouched]
#[test]
fn buffers_that_a_write_does_not_touch_become_up_to_date_with_their_page_and_no_more() {
    let bench = || Bench::new(1024, "0-3@1000").page_with_buffers(0, "mmmm");
    // A store makes all buffers dirty; only those that are up to date go with one bio.
    let ran = bench().run(&[pwrite(0, 1024), MAP, store(0), writeback()]);
    assert_eq!(ran.sent(), ["WS 0-3"]);
    let ran = bench().run(&[MAP, store(0), writeback()]);
    assert_eq!(ran.sent(), ["WS 0", "WS 1", "WS 2", "WS 3"]);
    // They are neither mapped nor dirty.
    let ran = Bench::new(1024, "0-3@1000").cached_page(0).run(&[pwrite(0, 1024), writeback()]);
    assert_eq!((ran.mapped(), ran.sent()), (vec![(0, 1, 1)], vec!["WS 0".to_owned()]));
}

// [buffered-write.unmapped]
#[test]
fn a_hole_gets_a_block_which_is_zeroed_and_not_read() {
    let bench = || Bench::new(1024, "0@1000 4-7@1010");
    // What readers get is checked: zeros around the 50 bytes.
    let ran = bench().run(&[pwrite(1024 + 100, 50), pread(1024, 1024), writeback()]);
    assert_eq!(ran.sent(), ["R bitmap/0", "WS 1"]);
    assert_eq!((ran.found_or_made(), ran.results()), (vec![(1, 1001, true)], &[50, 1024, 0][..]));
    // In a page that is up to date the block is, too, and dirty.
    let ran = bench().cached_page(0).run(&[pwrite(1024 + 100, 50), pread(0, 4096), writeback()]);
    assert_eq!(
        (ran.sent(), ran.results()),
        (vec!["R bitmap/0".to_owned(), "WS 1".to_owned()], &[50, 4096, 0][..])
    );
    // A block that was there is found, and not new.
    let ran = bench().run(&[pwrite(4096, 1024)]);
    assert_eq!(ran.found_or_made(), [(4, 1010, false)]);
}

// [buffered-write.grow] [dirty.all]
#[test]
fn a_write_beyond_the_end_moves_it_and_the_inode_is_dirty() {
    let bench = || Bench::with_size(1024, "0-7@1000", 5000);
    let ran = bench().run(&[pwrite(4900, 50), FDATASYNC]);
    assert_eq!(ran.sent(), ["R 4", "WS 4"]);
    let ran = bench().run(&[pwrite(5000, 100), FDATASYNC, pread(4096, 1024)]);
    assert_eq!(
        (ran.sent(), ran.results()),
        (["R 4", "WS 4", "WS inodes/0"].map(str::to_owned).to_vec(), &[100, 0, 1004][..],)
    );
}

/// Whether a store to page 1 of a file of 5000 bytes is seen again, after a write behind a gap.
fn store_is_seen_again(block_size: u32, layout: &str, size: u64, new_start: u64) -> bool {
    let rewritten = [MAP, store(1), pwrite(new_start, 10), msync(new_start / PAGE, 1)];
    // The inode is clean now, page 1 still dirty. A fault in another second changes the times.
    let calls = [&rewritten[..], &[sleep(1_500_000), store(1), FSYNC]].concat();
    let ran = Bench::with_size(block_size, layout, size).run(&calls);
    assert_eq!(ran.results()[6], 0);
    ran.sent().last().unwrap() == "WS inodes/0"
}

// [buffered-write.gap]
#[test]
fn behind_a_gap_the_page_of_the_old_end_is_protected_again() {
    assert!(store_is_seen_again(1024, "0-7@1000", 5000, 8192));
    // Not if the old end, rounded up to a block, is the page's; nor if a block is a page; nor without
    // a gap.
    assert!(!store_is_seen_again(1024, "0-7@1000", 8000, 8192));
    assert!(!store_is_seen_again(4096, "0-1@1000", 5000, 8192));
}

// [buffered-write.error] [error.partly-overwritten]
#[test]
fn a_write_ends_where_a_block_cannot_be_read() {
    let bench = || Bench::new(1024, "0-7@1000").bad(1004, Some(Operation::Read), None);
    let ran = bench().run(&[pwrite(0, 4096 + 10), pwrite(4096, 10), pread(4096, 10)]);
    // The block is read again each time it is wanted.
    assert_eq!(ran.results(), [4096, -5, -5]);
    assert_eq!(ran.sent(), ["R 4", "R 4", "R 4", "R 5", "R 6", "R 7"]);
    // The other read, which was sent as well, is waited for.
    let ran = bench().run(&[pwrite(4096 + 10, 4000), writeback()]);
    assert_eq!(
        (ran.sent_at(), ran.results()),
        (["0: R 4", "0: R 7"].map(str::to_owned).to_vec(), &[-5, 0][..],)
    );
    assert_eq!(ran.returned_at(), [100, 100]);
}

// [buffered-write.error] [buffered-write.unmapped]
#[test]
fn blocks_that_a_failed_write_has_got_within_the_file_are_zeros() {
    // One page of 16 blocks; the indirect block, from block 12 on, cannot be read.
    let bench = Bench::new(1024, "0-7@1000 ind@500 12-15@1100").page_size(16384);
    let ran = bench.bad(500, Some(Operation::Read), None).run(&[pwrite(0, 16384), writeback()]);
    assert_eq!(ran.results(), [-5, 0]);
    assert_eq!(ran.sent(), ["R bitmap/0", "R ind", "WS 8", "WS 9", "WS 10", "WS 11"]);
}

// [buffered-write.error] [buffered-write.grow]
#[test]
fn blocks_that_a_failed_write_has_got_beyond_the_end_are_given_back() {
    const G: Handle = Handle(1);
    let open = Call::Open { handle: G, file: FileId(1), access: Access::ReadWrite };
    // 512 blocks of 1 KiB.
    let files = vec![file("/f", 12, "0-3@300", 1024, None), file("/g", 13, "0@200", 1024, None)];
    let more_of_g = Call::Pwrite { handle: G, offset: 1024, length: 1024 };
    let calls = [open, pwrite(4096, 1 << 20), more_of_g, pread(0, 1 << 20)];
    let ran = Bench::on_device(1024, files, 1024).run(&calls);
    let of_f = |what: &What| matches!(what, What::Mapped { file: FileId(0), count: 1, new: true, .. });
    let got = ran.events.iter().filter(|what| of_f(what)).count();
    // The last page got some of its blocks, not all.
    assert_ne!(got % 4, 0);
    let written = (got as u64 / 4 * 4096).cast_signed();
    assert_eq!(ran.results(), [0, written, 1024, 4096 + written]);
    // Even if nothing was written, and then the error is told.
    let ran = Bench::on_device(1024, vec![file("/f", 12, "0-3@300", 1024, None)], 1024).run(&[
        pwrite(4096, 1 << 20),
        write_pages(1000, 1),
        write_pages(1000, 1),
    ]);
    assert_eq!(ran.results()[1..], [-28, -28]);
}
