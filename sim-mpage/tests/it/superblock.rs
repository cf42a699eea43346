//! The superblock on the device: mounting, counting, errors, unmounting.

use sim_core::io::{Flags, Operation, Reason, Role};
use sim_core::trace::{PageChange, What};
use sim_mpage::call::Call;
use sim_mpage::machine::AtEnd;

use crate::bench::{Bench, H, Ran, file};
use crate::writing_calls::{fsync, ftruncate, sleep, write_blocks};

const LAYOUT: &str = "0-3@1000";

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// A field of the superblock: before the run, after it.
fn field(ran: &Ran, at: u64, length: usize) -> [u64; 2] {
    ran.superblock(at, length).map(|bytes| number(&bytes))
}

fn state(ran: &Ran) -> u64 {
    field(ran, 58, 2)[1]
}

fn ended(bench: Bench, at_end: AtEnd, calls: &[Call]) -> Ran {
    bench.with(|machine| machine.at_end = at_end).run(calls)
}

// [ext2-write-back.mount-count] [ext2-write-back.state]
#[test]
fn mounting_counts_and_takes_the_clean_mark_off() {
    let ran = Bench::new(4096, LAYOUT).run(&[]);
    assert_eq!((field(&ran, 52, 2), field(&ran, 54, 2)), ([0, 1], [0, 20]));
    assert_eq!(field(&ran, 58, 2), [1, 0]);
    // Block 1 of a device with blocks of 1 KiB; a limit that is there stays.
    let bench = Bench::new(1024, LAYOUT).patched(1024 + 52, &[0xff, 0, 7, 0]);
    let ran = bench.run(&[]);
    assert_eq!((field(&ran, 52, 2), field(&ran, 54, 2)), ([255, 256], [7, 7]));
}

// [ext2-write-back.state] [ext2-write-back.unmount]
#[test]
fn unmounting_puts_the_state_back_that_mounting_found() {
    for found in [0, 1, 3] {
        let bench = Bench::new(4096, LAYOUT).patched(1024 + 58, &[found, 0]);
        let bench = bench.with(|machine| machine.volume.superblock.state = u16::from(found));
        let ran = ended(bench.clone(), AtEnd::Unmount, &[write_blocks(H, 0, 1)]);
        assert_eq!(state(&ran), u64::from(found));
        // Synced is not unmounted.
        let ran = ended(bench, AtEnd::PowerOff, &[write_blocks(H, 0, 1), Call::Sync]);
        assert_eq!(state(&ran), u64::from(found & !1));
    }
}

// [ext2-write-back.unmount]
#[test]
fn unmounting_writes_what_was_never_synced() {
    let ran = ended(Bench::new(4096, LAYOUT), AtEnd::Unmount, &[write_blocks(H, 4, 10)]);
    assert_eq!(ran.map(0), "0-11@1000 ind@1012 12-13@1013");
    assert_eq!(ran.inode(0).size, 14 * 4096);
    assert!(ran.in_use(1014)[1]);
    // None of that is in the trace.
    assert_eq!(ran.bios(), "bitmap/0");
}

// [ext2-write-back.counts]
#[test]
fn free_blocks_are_counted_when_the_superblock_is_written() {
    let counts = |calls: &[Call], at_end| {
        let files = vec![file("/f", 12, LAYOUT, 4096, None), file("/g", 40, "0@40000", 4096, None)];
        let ran = ended(Bench::of_files(4096, files), at_end, calls);
        let inodes = field(&ran, 16, 4);
        assert_eq!(inodes[0], inodes[1]);
        let [before, after] = field(&ran, 12, 4).map(u64::cast_signed);
        (before - after, field(&ran, 48, 4)[1])
    };
    let write = write_blocks(H, 4, 2);
    let then = |last: Call| [write, sleep(2500), last];
    // The clock begins at 1.
    assert_eq!(counts(&[write, sleep(2500)], AtEnd::PowerOff), (0, 1));
    assert_eq!(counts(&then(fsync()), AtEnd::PowerOff), (0, 1));
    assert_eq!(counts(&then(Call::Sync), AtEnd::PowerOff), (2, 3));
    assert_eq!(counts(&then(Call::Syncfs { handle: H }), AtEnd::PowerOff), (2, 3));
    assert_eq!(counts(&then(fsync()), AtEnd::Unmount), (2, 3));
    assert_eq!(counts(&then(ftruncate(0)), AtEnd::Unmount), (-4, 3));
}

// [ext2-write-back.counts]
#[test]
fn the_superblock_is_written_with_the_sync_flag_and_waited_for() {
    for call in [Call::Sync, Call::Syncfs { handle: H }] {
        let ran = Bench::new(4096, LAYOUT).run(&[call]);
        assert_eq!(ran.bios().matches("Wsuper").count(), ran.bios().split(' ').count(), "{}", ran.bios());
        assert!(ran.bios().ends_with("Wsuper"), "{}", ran.bios());
        assert_eq!((*ran.flags().last().unwrap(), ran.reasons()[0]), (Flags::SYNC, Reason::MetadataWrite));
        assert_eq!(ran.sectors().last(), Some(&8));
        assert!(ran.time() >= 100_000);
    }
}

// [ext2-write-back.large-file]
#[test]
fn the_first_file_beyond_two_gigabytes_sets_its_feature() {
    const LARGE_FILE: u64 = 2;
    let bench = |features| {
        let bench = Bench::new(4096, LAYOUT).patched(1024 + 100, &[features]);
        bench.with(|machine| machine.volume.superblock.read_only_compatible = u32::from(features))
    };
    // The size is 2^31, or one less.
    let large = [ftruncate(1 << 31), fsync(), ftruncate(1 << 32), fsync()];
    let ran = bench(1).run(&large);
    assert_eq!(field(&ran, 100, 4), [1, 1 | LARGE_FILE]);
    assert_eq!(ran.bios(), "Wsuper Winodes/0 Winodes/0");
    assert_eq!(ran.flags()[0], Flags::SYNC);
    assert_eq!(ran.inode(0).size, 1 << 32);
    let ran = bench(3).run(&large);
    assert_eq!(ran.bios(), "Winodes/0 Winodes/0");
    let ran = bench(1).run(&[ftruncate((1 << 31) - 4096), fsync()]);
    assert_eq!((ran.bios(), field(&ran, 100, 4)[1]), ("Winodes/0", 1));
}

// [ext2-write-back.error]
#[test]
fn a_filesystem_in_error_says_so_at_once_and_to_the_end() {
    let bench = || Bench::new(4096, LAYOUT).bad(1000, Some(Operation::Write), Some(1));
    let calls = [write_blocks(H, 0, 1), fsync()];
    let ran = ended(bench(), AtEnd::PowerOff, &calls);
    assert_eq!(ran.results(), [4096, -5]);
    assert_eq!(ran.bios(), "W0 Wsuper");
    assert_eq!(ran.flags()[1], Flags::SYNC);
    // The data, then the superblock: the call waits for both.
    assert_eq!((ran.time(), state(&ran)), (200_000, 2));
    let ran = ended(bench(), AtEnd::Unmount, &calls);
    assert_eq!(state(&ran), 3);
}

// [ext2-write-back.never]
#[test]
fn nothing_else_of_the_metadata_is_ever_written() {
    let files = vec![file("/f", 12, LAYOUT, 4096, None), file("/g", 40, "0@40000", 4096, None)];
    let calls = [write_blocks(H, 4, 10), Call::Sync, ftruncate(5 * 4096)];
    let ran = ended(Bench::of_files(4096, files), AtEnd::Unmount, &calls);
    // Superblock, descriptors, block bitmap, inode table; the indirect block that was freed again.
    let group = ran.volume.groups[0];
    let table = u64::from(group.inode_table);
    assert_eq!(ran.metadata_written(), [0, 1, u64::from(group.block_bitmap), table, 1012]);
    for (from, length) in [(0, 12), (20, 28), (56, 2), (60, 964)] {
        let [before, after] = ran.superblock(from, length);
        assert_eq!(before, after, "superblock from {from}");
    }
    // Of the descriptors the count of free blocks alone changes.
    let [before, after] = ran.before_and_after(4096, 4096);
    let changed: Vec<_> = (0..4096).filter(|&at| before[at] != after[at]).collect();
    assert!(changed.iter().all(|at| (12..14).contains(at)), "{changed:?}");
}

// [ext2-write-back.after-mount] [buffers-life.clean-page] [buffers-life.mark-dirty-inode]
#[test]
fn after_mounting_the_devices_inode_is_the_oldest_and_nothing_is_to_be_written() {
    // The flusher finds the page of the superblock marked dirty, and nothing to write in it.
    let ran = Bench::new(4096, LAYOUT).run(&[sleep(40_000)]);
    assert_eq!(ran.bios(), "");
    let device_pages = |ran: &Ran, wanted| {
        ran.all(|what| match what {
            What::Page { file: None, index, change } if *change == wanted => Some(*index),
            _ => None,
        })
    };
    assert_eq!(device_pages(&ran, PageChange::Writeback), [0]);
    // The device's turn comes before that of any file.
    let ran = Bench::new(4096, LAYOUT).run(&[write_blocks(H, 4, 1), Call::Sync]);
    assert!(ran.bios().starts_with("bitmap/0 Wgroups Wbitmap/0 W4 "), "{}", ran.bios());
}

// [ext2-write-back.after-mount]
#[test]
fn superblock_descriptors_and_inodes_of_open_files_are_cached() {
    let roles = |ran: &Ran| {
        ran.all(|what| match what {
            What::Queued { operation: Operation::Read, pieces, .. } => Some(pieces[0].role),
            _ => None,
        })
    };
    // Of all that allocation and fsync need, only the bitmap is read.
    let ran = Bench::new(4096, LAYOUT).run(&[write_blocks(H, 4, 1), fsync(), Call::Sync]);
    assert_eq!(roles(&ran), [Role::Bitmap(0)]);
}
