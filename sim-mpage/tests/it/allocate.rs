//! Where new blocks lie: goals, branches, groups.

use sim_mpage::call::Call;
use sim_mpage::ext2::file_map::Run;
use sim_mpage::ext2::layout::{FileLayout, Placement, contiguous};
use sim_mpage::machine::AtEnd;

use crate::bench::{Bench, H, Ran, file, writeback};
use crate::writing_calls::{G, fsync, open, sleep, write_blocks};

const BLOCK: u64 = 4096;

/// A file without blocks.
fn empty(inode: u32) -> FileLayout {
    let indirect = [].into();
    FileLayout { path: format!("/e{inode}"), inode, size: 0, runs: Vec::new(), indirect }
}

fn unmounted(bench: Bench, calls: &[Call]) -> Ran {
    bench.with(|machine| machine.at_end = AtEnd::Unmount).run(calls)
}

/// Where a block of a file is put that is laid out like this.
fn place(layout: &str, block: u64) -> u64 {
    let ran = Bench::new(4096, layout).run(&[write_blocks(H, block, 1)]);
    assert_eq!(ran.results(), [4096]);
    let [(allocated, place)] = ran.allocated()[..] else { panic!("{:?}", ran.allocated()) };
    assert_eq!(allocated, block);
    place
}

// [ext2-goal.left]
#[test]
fn a_hole_is_filled_behind_the_nearest_block_on_its_left() {
    assert_eq!(place("0@1000 2@3000 6@5000", 1), 1001);
    assert_eq!(place("0@1000 2@3000 6@5000", 4), 3001);
    // The inode's pointers are one array, which the single indirect pointer stands in: the indirect
    // block goes first.
    assert_eq!(place("0-11@1000", 12), 1013);
    assert_eq!(place("3@2000", 12), 2002);
    // The double indirect pointer's left neighbour is the single indirect one.
    assert_eq!(place("0-11@1000 ind@5000 12@6000", 1036), 5003);
    // In an indirect block only that counts.
    assert_eq!(place("0-11@1000 ind@5000 12@6000 20@7000", 14), 6001);
}

// [ext2-goal.array]
#[test]
fn with_nothing_on_its_left_a_block_goes_behind_its_indirect_block() {
    assert_eq!(place("0-11@1000 ind@5000 20@7000", 14), 5001);
    // A leaf that is missing, too: it goes behind the block that is to point to it.
    assert_eq!(place("dind@5000 dleaf/1@6000 2060@7000", 1036), 5002);
}

// [ext2-goal.colour]
#[test]
fn the_first_block_of_a_file_lies_where_its_group_and_its_process_say() {
    // 262144 blocks, 8 groups of 32768 blocks and 32 inodes; process 101 has colour 5, 102 has 6.
    let colour = 32768 / 16;
    let bench = Bench::of_files(4096, vec![empty(12), empty(40)]);
    let first = [write_blocks(H, 0, 1), open(G, 1), write_blocks(G, 0, 1)];
    let ran = bench.clone().run(&first);
    assert_eq!(ran.allocated(), [(0, 5 * colour), (0, 32768 + 5 * colour)]);
    let other = [open(G, 1), write_blocks(G, 0, 1)];
    let ran = bench.clone().run_tasks(&[&first[..1], &other]);
    assert_eq!(ran.allocated(), [(0, 5 * colour), (0, 32768 + 6 * colour)]);
    // What lies on the right does not count.
    assert_eq!(place("3@20000", 1), 5 * colour);
    // The flusher counts as process 0: behind the group's metadata.
    let hole = || Bench::with_size(4096, "3@20000", 4 * BLOCK).dirty_pages(1..2);
    assert_eq!(hole().run(&[writeback()]).allocated(), [(1, 5 * colour)]);
    assert_eq!(hole().run(&[Call::Sync]).allocated(), [(1, 7)]);
}

// [ext2-goal.sequential] [ext2-get-block.last-allocated]
#[test]
fn the_block_after_the_last_one_allocated_lies_behind_it() {
    // Block 1036 is the first under the double indirect block, whose left neighbour is `ind`.
    let layout = "0-11@1000 ind@5000 12-1034@1013";
    let ran = Bench::new(4096, layout).run(&[write_blocks(H, 1035, 1), write_blocks(H, 1036, 1)]);
    assert_eq!(ran.allocated(), [(1035, 2036), (1036, 2039)]);
    // Two calls that do not follow each other know nothing of the last one.
    let ran = Bench::new(4096, layout).run(&[write_blocks(H, 1035, 1), write_blocks(H, 1037, 1)]);
    assert_eq!(ran.allocated(), [(1035, 2036), (1037, 5003)]);
}

// [ext2-branch.indirect-first] [ext2-branch.repeat]
#[test]
fn a_branch_takes_what_is_free_parent_first() {
    let other = |layout| file("/g", 13, layout, 4096, None);
    let files = |layout| vec![file("/f", 12, "0-11@1000", 4096, None), other(layout)];
    // Free are 1012, 1014, 1016 and what follows.
    let bench = Bench::of_files(4096, files("0@1013 1@1015"));
    let ran = unmounted(bench.clone(), &[write_blocks(H, 12, 1)]);
    assert_eq!(ran.map(0), "0-11@1000 ind@1012 12@1014");
    let ran = unmounted(bench, &[write_blocks(H, 1036, 1)]);
    assert_eq!(ran.map(0), "0-11@1000 dind@1012 dleaf/0@1014 1036@1016");
    // Two blocks in one piece, then the rest.
    let ran = unmounted(Bench::of_files(4096, files("0@1014")), &[write_blocks(H, 1036, 1)]);
    assert_eq!(ran.map(0), "0-11@1000 dind@1012 dleaf/0@1013 1036@1015");
}

/// Blocks `from..end` of the device, taken by one file.
fn filler(inode: u32, block_size: u32, from: u64, end: u64) -> FileLayout {
    let fits = |blocks: &u64| contiguous(from, *blocks, block_size).unwrap().end() == end;
    let blocks = (1..=end - from).rev().find(fits).unwrap();
    let Placement { runs, indirect } = contiguous(from, blocks, block_size).unwrap();
    let size = blocks * u64::from(block_size);
    FileLayout { path: format!("/filler{inode}"), inode, size, runs, indirect }
}

fn one_block(inode: u32, physical: u64, block_size: u32) -> FileLayout {
    let runs = vec![Run { logical: 0, physical, blocks: 1 }];
    let size = u64::from(block_size);
    FileLayout { path: format!("/one{inode}"), inode, size, runs, indirect: [].into() }
}

/// A device of 256 blocks; files of one block at 7, 8 and 9, and the last `free` blocks are free.
pub(crate) fn nearly_full(free: u64) -> Bench {
    let mut files: Vec<_> = (0..3).map(|one| one_block(12 + one, 7 + u64::from(one), 4096)).collect();
    files.push(filler(16, 4096, 10, 256 - free));
    Bench::on_device(4096, files, 2048)
}

// [ext2-branch.failure] [ext2-write-back.i-blocks]
#[test]
fn a_branch_that_cannot_be_completed_gives_its_indirect_block_back() {
    let ran = unmounted(nearly_full(1), &[write_blocks(H, 12, 1), write_blocks(H, 1, 1)]);
    assert_eq!(ran.results(), [-28, 4096]);
    assert_eq!(ran.map(0), "0@7 1@255");
    assert_eq!((ran.inode(0).sectors, ran.free_blocks(0)), (16, [1, 0]));
}

// [ext2-new-blocks.goal-group] [ext2-group.no-window]
#[test]
fn in_a_group_with_few_free_blocks_nobody_gets_a_window() {
    let two = [write_blocks(H, 1, 1), open(G, 1), write_blocks(G, 1, 1)];
    let places = |free| {
        let ran = nearly_full(free).run(&two);
        assert!(ran.bios().starts_with("bitmap/0"), "{}", ran.bios());
        ran.allocated()
    };
    // A window has 8 blocks: the second file keeps out of the first one's.
    assert_eq!(places(20), [(1, 236), (1, 244)]);
    assert_eq!(places(7), [(1, 249), (1, 250)]);
    // Who has a window keeps it, and gets blocks in it, when the group has become full.
    let ran = nearly_full(8).run(&[write_blocks(H, 1, 2), open(G, 1), write_blocks(G, 1, 1)]);
    assert_eq!(ran.allocated(), [(1, 248), (2, 249), (1, 250)]);
}

// [ext2-new-blocks.without-windows]
#[test]
fn when_only_windows_have_free_blocks_they_are_taken_from_there() {
    let third = sim_mpage::call::Handle(2);
    let calls = [
        write_blocks(H, 1, 1),
        open(G, 1),
        write_blocks(G, 1, 1),
        open(third, 2),
        write_blocks(third, 1, 14),
        write_blocks(third, 14, 1),
    ];
    let ran = nearly_full(16).run(&calls);
    assert_eq!(ran.allocated()[..4], [(1, 240), (1, 248), (1, 241), (2, 242)]);
    // Of 14 blocks one becomes the indirect block.
    assert_eq!(ran.results(), [4096, 0, 4096, 0, 13 * 4096, -28]);
}

// [ext2-new-blocks.other-groups] [ext2-new-blocks.goal]
#[test]
fn a_full_group_is_followed_by_the_next_ones_and_by_itself() {
    // Blocks of 1 KiB: groups begin at 1, 8193 and 16385, with ten blocks of metadata each.
    let placed = |free_in_last: u64| {
        let last = filler(17, 1024, 16395, 24577 - free_in_last);
        let files = vec![one_block(12, 8203, 1024), filler(16, 1024, 8204, 16385), last];
        let bench = Bench::on_device(1024, files, 2 * 24577);
        bench.run(&[Call::Pwrite { handle: H, offset: 1024, length: 1024 }]).allocated()
    };
    assert_eq!(placed(5), [(1, 24572)]);
    // Not worth a window: half of one at most. The first group has its root directory behind.
    assert_eq!(placed(4), [(1, 14)]);
    // One group whose free blocks lie before the goal.
    let files = vec![one_block(12, 255, 4096), filler(16, 4096, 20, 255)];
    let ran = Bench::on_device(4096, files, 2048).run(&[write_blocks(H, 1, 1)]);
    assert_eq!(ran.allocated(), [(1, 7)]);
    // Behind the last block of the device nothing follows but the first one.
    let files = vec![one_block(12, 254, 4096)];
    let ran = Bench::on_device(4096, files, 2048).run(&[write_blocks(H, 1, 2)]);
    assert_eq!(ran.allocated(), [(1, 255), (2, 7)]);
}

// [ext2-new-blocks.success] [ext2-write-back.bitmaps]
#[test]
fn bitmap_and_descriptor_follow_an_allocation_but_no_fsync() {
    let calls = [write_blocks(H, 1, 2), fsync()];
    let ran = Bench::new(4096, "0@1000").run(&calls);
    assert_eq!(ran.bios(), "bitmap/0 W1-2 Winodes/0");
    let [before, after] = ran.free_blocks(0);
    assert_eq!((before, ran.in_use(1001)), (after, [false, false]));
    let ran = unmounted(Bench::new(4096, "0@1000"), &calls);
    let [before, after] = ran.free_blocks(0);
    assert_eq!(before, after + 2);
    assert_eq!([1000, 1001, 1002, 1003].map(|block| ran.in_use(block)[1]), [true, true, true, false]);
    assert_eq!(ran.map(0), "0-2@1000");
}

// [ext2-new-blocks.inode-dirty]
#[test]
fn a_file_that_allocates_is_written_before_the_bitmap() {
    // After 35 s nothing is dirty any more. The clock stands still at its last second, so that the
    // call itself does not make the inode dirty.
    let bench = Bench::new(4096, "0@1000").with(|machine| {
        let file = &mut machine.volume.files[0];
        (file.mtime, file.ctime) = (u32::MAX, u32::MAX);
    });
    let ran = bench.run(&[sleep(36_000), write_blocks(H, 1, 1), Call::Sync]);
    let order: Vec<_> = ran.bios().split(' ').collect();
    let place = |what| order.iter().position(|&bio| bio == what).unwrap();
    assert!(place("W1") < place("Wbitmap/0"), "{}", ran.bios());
    assert!(place("W1") < place("Wgroups"), "{}", ran.bios());
}
