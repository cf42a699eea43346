//! Errors of writes: what is told to whom, what is lost, and what marks the filesystem in error.

use sim_core::io::{FileId, Operation};
use sim_core::time::Duration;
use sim_core::trace::BufferChange;
use sim_mpage::call::{Access, Call, Handle};

use sim_mpage::medium::Base;

use crate::bench::{Bench, Ran, file, pread, writeback};
use crate::writing::{FDATASYNC, FSYNC, MAP, PAGE, SYNCFS, ftruncate, msync, pwrite, two_files, write_pages};

const WRITE: Option<Operation> = Some(Operation::Write);
const READ: Option<Operation> = Some(Operation::Read);
/// The superblock's block, if blocks are of 4 KiB.
const SUPER: u64 = 0;

const OTHER: Handle = Handle(1);
const OPEN_OTHER: Call = Call::Open { handle: OTHER, file: FileId(0), access: Access::ReadWrite };
const FSYNC_OTHER: Call = Call::Fsync { handle: OTHER };

fn row() -> Bench {
    Bench::new(4096, "0-11@1000")
}

/// Bit 1 of `s_state`: errors were found.
const MARKED: u8 = 2;

/// That bit as it stands on the device, in blocks of 1 or 4 KiB.
fn state_on_device(ran: &Ran) -> u8 {
    let medium = &ran.outcome.medium;
    let mut block = vec![0; medium.block_size() as usize];
    medium.read_block(1024 / u64::from(medium.block_size()), &mut block).unwrap();
    block[1024 % block.len() + 58] & MARKED
}

/// The first group's bitmap, or the block of its table that the files' inodes lie in.
fn bad_metadata(bench: Bench, what: &str, operation: Option<Operation>, times: Option<u64>) -> Bench {
    let group = bench.machine.volume.groups[0];
    let place = if what == "bitmap" { group.block_bitmap } else { group.inode_table };
    bench.bad(u64::from(place), operation, times)
}

// [error.metadata-write] [error.metadata-lost] [error.fsync] [error.marked]
#[test]
fn an_indirect_block_that_is_not_written_is_lost_and_only_who_waited_is_told() {
    let calls = [OPEN_OTHER, write_pages(12, 1), FSYNC, FSYNC_OTHER, FSYNC, Call::Drop, pread(12 * PAGE, 1)];
    let ran = row().bad(1012, WRITE, Some(1)).run(&calls);
    assert_eq!(ran.results(), [0, 4096, -5, 0, 0, 0, 1]);
    // The inode is written all the same, and then the superblock. What the device holds of the block
    // are zeros: a hole.
    assert_eq!(ran.sent(), ["R bitmap/0", "WS 12", "WS ind", "WS inodes/0", "WS super", "R ind"]);
    assert_eq!(ran.buffers(BufferChange::Failed), [1012]);
    assert_eq!(state_on_device(&ran), MARKED);
    // Without an error the superblock is not touched.
    let ran = row().run(&calls[..3]);
    assert_eq!((ran.results()[2], state_on_device(&ran)), (0, 0));
}

// [error.metadata-write] [error.metadata-lost]
#[test]
fn an_inode_whose_block_is_not_written_counts_as_clean_and_the_block_is_read_for_the_next_one() {
    let calls = [write_pages(0, 1), FSYNC, FSYNC, ftruncate(12 * PAGE), FSYNC];
    let ran = bad_metadata(row(), "inodes", WRITE, Some(1)).run(&calls);
    assert_eq!(ran.sent(), ["WS 0", "WS inodes/0", "WS super", "R inodes/0", "WS inodes/0"]);
    assert_eq!(ran.results(), [4096, -5, 0, 0, 0]);
}

// [error.superblock] [error.syncfs]
#[test]
fn a_superblock_that_is_not_written_is_not_lost() {
    let ran = row().bad(SUPER, WRITE, Some(1)).run(&[Call::Sync, Call::Sync, SYNCFS, SYNCFS]);
    assert_eq!(ran.sent(), ["WS super", "WS super", "W super", "WS super", "W super", "WS super"]);
    // `sync` tells and clears nothing: syncfs does, once.
    assert_eq!(ran.results(), [0, 0, -5, 0]);
}

// [error.filesystem] [error.syncfs] [error.fsync]
#[test]
fn syncfs_tells_each_handle_of_errors_of_all_files() {
    let open_g = Call::Open { handle: OTHER, file: FileId(1), access: Access::ReadWrite };
    let write_g = Call::Pwrite { handle: OTHER, offset: 0, length: 4096 };
    let syncfs_other = Call::Syncfs { handle: OTHER };
    let calls = [open_g, write_g, SYNCFS, SYNCFS, syncfs_other, syncfs_other, FSYNC, FSYNC_OTHER];
    let ran = two_files(4).bad(2000, WRITE, Some(1)).run(&calls);
    // fsync of the file itself tells its own openers besides.
    assert_eq!(ran.results(), [0, 4096, -5, 0, -5, 0, 0, -5]);
}

// [error.fsync] [error.marked]
#[test]
fn fsync_ends_with_an_error_of_the_data() {
    let ran = row().bad(1000, WRITE, Some(1)).run(&[write_pages(0, 1), FSYNC, FSYNC, pread(0, 1)]);
    // Nothing is written again, and the inode only by the second one.
    assert_eq!(ran.sent_at(), ["0: WS 0", "100: WS super", "200: WS inodes/0"]);
    assert_eq!((ran.results(), state_on_device(&ran)), (&[4096, -5, 0, 1][..], MARKED));
    for sync in [FDATASYNC, msync(0, 1)] {
        let ran = row().bad(1000, WRITE, Some(1)).run(&[MAP, write_pages(0, 1), sync, sync]);
        assert_eq!((ran.results(), state_on_device(&ran)), (&[0, 4096, -5, 0][..], MARKED));
    }
}

// [error.fsync]
#[test]
fn fsync_does_not_even_wait_for_data_if_some_cannot_be_mapped() {
    // 10 us a sector: the 12 pages take 1060 us, the indirect block 180 us, and is tried twice.
    let bench = Bench::new(4096, "0-11@1000 ind@500 12-15@1100").dirty_pages(0..13).with(|machine| {
        let per_sector = Duration::from_nanoseconds(10_000);
        let settings = sim_disk::ideal::Settings { per_sector, ..Default::default() };
        machine.device = sim_disk::ideal::Ideal::new(settings).into();
    });
    let ran = bench.bad(500, READ, None).run(&[FSYNC]);
    assert_eq!(ran.sent_at(), ["0: WS 0-11", "0: R ind", "180: R ind", "360: WS super"]);
    assert_eq!((ran.results(), ran.returned_at()), (&[-5][..], vec![540]));
}

// [error.marked]
#[test]
fn a_full_device_does_not_mark_the_filesystem() {
    let full = file("/f", 12, "0-12@200 ind@220", 4096, Some(400 * 4096));
    let ran = Bench::on_device(4096, vec![full], 2048).dirty_pages(0..300).run(&[FSYNC, FSYNC]);
    assert_eq!((ran.results(), state_on_device(&ran)), (&[-28, 0][..], 0));
    assert!(!ran.sent().contains(&"WS super".to_owned()));
}

// [error.bitmap] [dirty.all]
#[test]
fn a_bitmap_that_cannot_be_read_marks_the_filesystem_each_time() {
    let bench = bad_metadata(Bench::with_size(4096, "0@1000", 2 * PAGE), "bitmap", READ, None);
    let ran = bench.run(&[write_pages(0, 1), FSYNC, pwrite(PAGE, 10), pwrite(PAGE, 10), FDATASYNC]);
    let each = ["R bitmap/0", "WS super"];
    // The inode is dirty since it was tried.
    let sent = [&["WS 0", "WS inodes/0"][..], &each, &each, &["WS inodes/0"]].concat();
    assert_eq!(
        (ran.sent(), ran.results()),
        (sent.iter().map(|&bio| bio.to_owned()).collect(), &[4096, 0, -5, -5, 0][..])
    );
    assert_eq!(state_on_device(&ran), MARKED);
}

// [error.inode-table]
#[test]
fn an_inode_table_that_cannot_be_read_marks_the_filesystem() {
    // What was not written has to be read.
    let bench = bad_metadata(bad_metadata(row(), "inodes", WRITE, Some(1)), "inodes", READ, None);
    let ran = bench.run(&[write_pages(0, 1), FSYNC, ftruncate(12 * PAGE), FSYNC]);
    // Once for the block, and once more for the result.
    assert_eq!(ran.sent(), ["WS 0", "WS inodes/0", "WS super", "R inodes/0", "WS super", "WS super"]);
    assert_eq!(ran.results(), [4096, -5, 0, -5]);
}

// [error.free]
#[test]
fn what_an_unreadable_indirect_block_leads_to_is_not_freed() {
    let whole = file("/f", 12, "0-11@200 ind@220 12-15@221", 4096, None);
    let ran = Bench::on_device(4096, vec![whole], 2048)
        .bad(220, READ, None)
        .run(&[ftruncate(0), write_pages(0, 400)]);
    assert_eq!(
        (ran.sent()[..3].to_vec(), ran.results()[0]),
        (["R bitmap/0", "R ind", "WS super"].map(str::to_owned).to_vec(), 0)
    );
    // All that is free is allocated then: the direct blocks are among it, the others are not.
    let mut made: Vec<_> = ran.found_or_made().into_iter().map(|(_, physical, _)| physical).collect();
    made.sort_unstable();
    assert!((200..212).all(|block| made.binary_search(&block).is_ok()));
    assert!((221..225).all(|block| made.binary_search(&block).is_err()));
    assert!(ran.results()[1] > 12 * 4096 && ran.results()[1] < 256 * 4096);
}

// [error.truncate]
#[test]
fn a_truncation_whose_last_block_cannot_be_read_changes_nothing() {
    let calls = [ftruncate(1500), FSYNC, pread(0, 8192), writeback()];
    let ran = Bench::new(1024, "0-7@1000").bad(1001, READ, Some(1)).run(&calls);
    assert_eq!(ran.results(), [-5, 0, 8192, 0]);
    assert!(ran.sent().iter().all(|bio| bio.starts_with('R')));
    assert_eq!(state_on_device(&ran), 0);
}

// [error.several-fsyncs] [error.marked]
#[test]
fn each_fsync_that_fails_writes_the_superblock() {
    let tasks: [&[Call]; 2] = [&[write_pages(0, 1), FSYNC, FSYNC], &[FSYNC, FSYNC]];
    let ran = row().bad(1000, WRITE, Some(1)).run_tasks(&tasks);
    assert_eq!(ran.outcome.results, [vec![4096, -5, 0], vec![-5, 0]]);
    assert_eq!(ran.sent(), ["WS 0", "WS super", "WS inodes/0", "WS super"]);
}
