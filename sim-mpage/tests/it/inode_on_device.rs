//! An inode on the device: when it gets there, and what it says then.

use sim_mpage::call::{Access, Advice, Call};
use sim_mpage::ext2::disk_format::Inode;
use sim_mpage::machine::AtEnd;

use crate::allocate::nearly_full;
use crate::bench::{Bench, H, Ran, writeback};
use crate::on_device::bytes_of;
use crate::writing_calls::{G, fsync, ftruncate, open_again, pwrite, sleep, write_blocks};

fn ended(bench: Bench, at_end: AtEnd, calls: &[Call]) -> Ran {
    bench.with(|machine| machine.at_end = at_end).run(calls)
}

fn small() -> Bench {
    Bench::new(4096, "0-3@1000")
}

// [ext2-write-back.inode] [ext2-write-back.i-size]
#[test]
fn an_inode_reaches_the_device_with_fsync_or_after_the_flusher() {
    let size = |at_end, calls: &[Call]| ended(small(), at_end, calls).inode(0).size / 4096;
    let write = write_blocks(H, 4, 2);
    assert_eq!(size(AtEnd::PowerOff, &[write]), 4);
    assert_eq!(size(AtEnd::PowerOff, &[write, writeback()]), 4);
    assert_eq!(size(AtEnd::PowerOff, &[write, fsync()]), 6);
    assert_eq!(size(AtEnd::PowerOff, &[write, Call::Fdatasync { handle: H }]), 6);
    assert_eq!(size(AtEnd::PowerOff, &[write, Call::Sync]), 6);
    // It stands in its buffer only when it was written: whoever reads the device sees the old one.
    assert_eq!(size(AtEnd::DeviceRead, &[write, writeback()]), 4);
    // The flusher puts it there when it is 30 s old; the device's turn of a later period writes it.
    let flushed = |at_end, milliseconds| {
        let bench = small().with(|machine| machine.kernel.vm.bdi_min_ratio = 100);
        ended(bench, at_end, &[write, sleep(milliseconds)]).inode(0).size / 4096
    };
    assert_eq!(flushed(AtEnd::DeviceRead, 29_000), 4);
    assert_eq!(flushed(AtEnd::DeviceRead, 36_000), 6);
    assert_eq!(flushed(AtEnd::PowerOff, 36_000), 4);
    assert_eq!(flushed(AtEnd::PowerOff, 72_000), 6);
}

// [ext2-write-back.inode-fields]
#[test]
fn an_inode_is_written_with_all_that_it_had() {
    let fields =
        |ran: &Ran, at: u64| [bytes_of(&*ran.volume.base, at, 256), bytes_of(&ran.outcome.medium, at, 256)];
    let bench = small();
    let at = bench.inode_at();
    // Owner and group, links, generation, the block of access lists; what follows 128 bytes.
    let bench = bench
        .patched(at + 2, &[0xe8, 3])
        .patched(at + 24, &[0xe9, 3, 2, 0])
        .patched(at + 100, &[1, 2, 3, 4, 5, 0, 0, 0])
        .patched(at + 128, &[0xab; 128]);
    let ran = bench.run(&[sleep(2500), write_blocks(H, 4, 1), fsync()]);
    let [before, after] = fields(&ran, at);
    let changed: Vec<_> = (0..256).filter(|&byte| before[byte] != after[byte]).collect();
    // Size, ctime, mtime, i_blocks, the fifth pointer.
    let may_change = [4..8, 12..20, 28..32, 56..60];
    assert!(changed.iter().all(|byte| may_change.iter().any(|range| range.contains(byte))), "{changed:?}");
    let inode = ran.inode(0);
    assert_eq!((inode.size, inode.pointers[4], inode.sectors), (5 * 4096, 1004, 40));
    assert_eq!((inode.mtime, inode.ctime), (3, 3));
}

// [ext2-write-back.i-blocks]
#[test]
fn sectors_count_data_and_indirect_blocks() {
    let sectors = |calls: &[Call]| ended(small(), AtEnd::Unmount, calls).inode(0).sectors / 8;
    assert_eq!(sectors(&[write_blocks(H, 1, 1)]), 4);
    assert_eq!(sectors(&[write_blocks(H, 12, 1)]), 6);
    assert_eq!(sectors(&[write_blocks(H, 1036, 1)]), 7);
    assert_eq!(sectors(&[write_blocks(H, 1036, 1), ftruncate(13 * 4096)]), 4);
    assert_eq!(sectors(&[ftruncate(4096)]), 1);
}

// [ext2-write-back.i-size]
#[test]
fn the_size_grows_page_by_page_and_by_writes_alone() {
    // Two blocks are free: the first two pages are written, the third is not.
    let ran = ended(nearly_full(2), AtEnd::Unmount, &[write_blocks(H, 1, 3), write_blocks(H, 3, 1)]);
    assert_eq!((ran.results(), ran.inode(0).size), (&[2 * 4096, -28][..], 3 * 4096));
    // A store behind the end, but in the last page.
    let mmap = Call::Mmap { handle: G, length: 8192, access: Access::ReadWrite, advice: Advice::Normal };
    let store = Call::Mdirty { handle: G, offset: 4096 + 2000 };
    let bench = Bench::with_size(4096, "0-1@1000", 4096 + 1000);
    let ran = ended(bench, AtEnd::Unmount, &[open_again(), mmap, store, fsync()]);
    assert_eq!((ran.inode(0).size, ran.bios()), (4096 + 1000, "0-1 W1 Winodes/0"));
    // Within the size nothing changes it.
    assert_eq!(ended(small(), AtEnd::Unmount, &[write_blocks(H, 1, 2)]).inode(0).size, 4 * 4096);
    assert_eq!(ended(small(), AtEnd::Unmount, &[pwrite(4 * 4096, 5)]).inode(0).size, 4 * 4096 + 5);
    assert_eq!(ended(small(), AtEnd::Unmount, &[ftruncate(77)]).inode(0).size, 77);
}

// [ext2-write-back.times] [ext2-get-block.ctime]
#[test]
fn writing_truncating_and_storing_set_both_times_and_allocating_one() {
    // The clock begins at 1; the files are from 0.
    let times = |bench: Bench, call: &[Call]| {
        let calls = [&[sleep(2500)], call, &[sleep(2500), fsync()]].concat();
        let Inode { mtime, ctime, .. } = ended(bench, AtEnd::Unmount, &calls).inode(0);
        (mtime, ctime)
    };
    let mmap = Call::Mmap { handle: G, length: 8192, access: Access::ReadWrite, advice: Advice::Normal };
    let store = Call::Mdirty { handle: G, offset: 0 };
    assert_eq!(times(small(), &[crate::bench::read(4096)]), (0, 0));
    assert_eq!(times(small(), &[write_blocks(H, 0, 1)]), (3, 3));
    assert_eq!(times(small(), &[ftruncate(4096)]), (3, 3));
    assert_eq!(times(small(), &[open_again(), mmap, store]), (3, 3));
    // The second store finds the page dirty.
    assert_eq!(times(small(), &[open_again(), mmap, store, sleep(1000), store]), (3, 3));
    let hole = Bench::with_size(4096, "0@1000", 8192).dirty_pages(1..2);
    assert_eq!(times(hole, &[writeback()]), (0, 3));
}

// [ext2-get-block.ctime]
#[test]
fn allocating_makes_the_inode_dirty_for_fdatasync() {
    let hole = |layout| Bench::with_size(4096, layout, 8192).dirty_pages(1..2);
    let fdatasync = Call::Fdatasync { handle: H };
    assert_eq!(hole("0@1000").run(&[writeback(), fdatasync]).bios(), "bitmap/0 W1 Winodes/0");
    assert_eq!(hole("0-1@1000").run(&[writeback(), fdatasync]).bios(), "W1");
}

// [ext2-write-back.indirect] [ext2-write-back.files-after]
#[test]
fn a_file_that_was_not_synced_shows_its_old_inode_and_its_new_indirect_block() {
    let layout = "0-11@1000 ind@1012 12@1013";
    let ended = |at_end, calls: &[Call]| {
        let ran = ended(Bench::new(4096, layout), at_end, calls);
        let second_pointer = bytes_of(&ran.outcome.medium, 1012 * 4096 + 4, 4);
        (ran.inode(0).size / 4096, u32::from_le_bytes(second_pointer.try_into().unwrap()))
    };
    let write = write_blocks(H, 13, 1);
    assert_eq!(ended(AtEnd::PowerOff, &[write]), (13, 0));
    assert_eq!(ended(AtEnd::PowerOff, &[write, writeback()]), (13, 0));
    assert_eq!(ended(AtEnd::DeviceRead, &[write]), (13, 1014));
    assert_eq!(ended(AtEnd::PowerOff, &[write, Call::Fdatasync { handle: H }]), (14, 1014));
    assert_eq!(ended(AtEnd::PowerOff, &[write, Call::Sync]), (14, 1014));
    // The indirect block behind its data goes out with them.
    let size = 13 * 4096;
    let bench = Bench::with_size(4096, "0-10@1000 ind@1012 12@1013", size);
    let ran = bench.run(&[write_blocks(H, 11, 1), write_blocks(H, 13, 1), writeback()]);
    assert_eq!(ran.bios(), "bitmap/0 ind W11 Wind W13");
}
