//! Giving blocks back: what is freed, in which order it is read, and what is dirty afterwards.

use sim_core::io::Role;
use sim_core::trace::BufferChange;
use sim_mpage::call::Call;
use sim_mpage::machine::AtEnd;

use crate::bench::{Bench, Ran, file};
use crate::writing_calls::{fsync, ftruncate};

const KIB: u64 = 1024;

/// A file of blocks of 1 KiB that is cut to so many blocks, then written back and unmounted.
fn cut(layout: &str, blocks: u64) -> Ran {
    let bench = Bench::new(1024, layout).with(|machine| machine.at_end = AtEnd::Unmount);
    bench.run(&[ftruncate(blocks * KIB), fsync()])
}

/// The order of bios of the truncation and its fsync.
fn order(ran: &Ran) -> &str {
    assert_eq!(ran.results(), [0, 0]);
    ran.bios()
}

/// How many blocks were given back, by all that keep count.
fn freed(ran: &Ran) -> u64 {
    let [before, after] = ran.free_blocks(0).map(u64::from);
    let sectors = ran.volume.files[0].sectors - u64::from(ran.inode(0).sectors);
    assert_eq!(sectors, 2 * (after - before));
    after - before
}

const CLASSIC: &str = "0-11@1000 ind@1012 12-15@1013";

// [ext2-truncate.direct] [ext2-truncate.whole-trees] [ext2-free.tree]
#[test]
fn direct_blocks_go_before_the_trees_behind_them() {
    let ran = cut(CLASSIC, 5);
    assert_eq!(ran.map(0), "0-4@1000");
    assert_eq!(freed(&ran), 7 + 1 + 4);
    assert!((1000..1017).all(|block| ran.in_use(block) == [true, block < 1005]));
    assert_eq!(order(&ran), "bitmap/0 ind Winodes/0");
    // Of all three trees the first goes first.
    let layout = "0-11@1000 ind@2000 12@2001 dind@3000 dleaf/0@3001 268@3002 \
                  tind@4000 tmid/0@4001 tleaf/0/0@4002 65804@4003";
    let ran = cut(layout, 12);
    assert_eq!((ran.map(0).as_str(), freed(&ran)), ("0-11@1000", 2 + 3 + 4));
    assert_eq!(order(&ran), "ind bitmap/0 dind dleaf/0 tind tmid/0 tleaf/0/0 Winodes/0");
    // The tree that the end lies in is cut; those behind it go, those before it stay.
    let ran = cut(layout, 269);
    assert_eq!(ran.map(0), "0-11@1000 ind@2000 12@2001 dind@3000 dleaf/0@3001 268@3002");
    assert!(order(&ran).starts_with("dind dleaf/0 tind tmid/0 tleaf/0/0 bitmap/0"), "{}", ran.bios());
}

// [ext2-truncate.cut]
#[test]
fn a_pointer_is_cut_off_as_high_up_as_nothing_stands_before_it() {
    // In the middle of the leaf: it stays, and is dirty.
    let ran = cut(CLASSIC, 14);
    assert_eq!((ran.map(0).as_str(), freed(&ran)), ("0-11@1000 ind@1012 12-13@1013", 2));
    assert_eq!(order(&ran), "ind bitmap/0 Wind Winodes/0");
    // At its beginning: it goes.
    let ran = cut(CLASSIC, 12);
    assert_eq!((ran.map(0).as_str(), freed(&ran)), ("0-11@1000", 5));
    // So it does if only holes stand before the end.
    let ran = cut("0-11@1000 ind@1012 20-23@1013", 15);
    assert_eq!((ran.map(0).as_str(), freed(&ran)), ("0-11@1000", 5));
    // Two levels up, and from the second leaf.
    let ran = cut("0-11@1000 dind@100 dleaf/0@101 300@1100", 290);
    assert_eq!((ran.map(0).as_str(), freed(&ran)), ("0-11@1000", 3));
    let ran = cut("0-11@1000 dind@100 dleaf/0@101 300@1100 dleaf/1@102 530@1101", 528);
    assert_eq!(ran.map(0), "0-11@1000 dind@100 dleaf/0@101 300@1100");
    assert_eq!(freed(&ran), 2);
    // The leaf that the end would lie in is missing.
    let ran = cut("0-11@1000 dind@100 dleaf/0@101 300@1100 dleaf/2@102 790@1101", 528);
    assert_eq!(ran.map(0), "0-11@1000 dind@100 dleaf/0@101 300@1100");
}

// [ext2-truncate.levels] [buffers-write.tie]
#[test]
fn the_rest_of_each_level_goes_from_the_leaf_up() {
    let layout = "dind@100 dleaf/0@101 268-271@1000 dleaf/1@102 524-527@1004 dleaf/2@103 780-783@1008";
    let ran = cut(layout, 526);
    assert_eq!(ran.map(0), "dind@100 dleaf/0@101 268-271@1000 dleaf/1@102 524-525@1004");
    assert_eq!(freed(&ran), 2 + 4 + 1);
    assert_eq!(order(&ran), "dind dleaf/1 bitmap/0 dleaf/2 Wdleaf/1 Wdind Winodes/0");
}

// [ext2-free.tree]
#[test]
fn an_indirect_block_that_is_freed_is_forgotten() {
    let cut = |blocks: u64| {
        let bench = Bench::new(1024, CLASSIC).cached(Role::Ind, true);
        bench.run(&[ftruncate(blocks * KIB), fsync(), Call::Sync])
    };
    assert_eq!(cut(14).bios().matches("Wind").count(), 1);
    let ran = cut(12);
    assert!(!ran.bios().contains("Wind"), "{}", ran.bios());
}

// [ext2-free.tree] [ext2-free.run]
#[test]
fn blocks_in_a_row_are_freed_at_once() {
    let looks = |layout: &str| {
        let ran = Bench::new(1024, layout).run(&[ftruncate(0)]);
        let bitmap = u64::from(ran.volume.groups[0].block_bitmap);
        let looks = [BufferChange::UpToDate, BufferChange::Hit].map(|change| ran.buffers(change));
        looks.concat().into_iter().filter(|&block| block == bitmap).count()
    };
    assert_eq!(looks("0-7@1000"), 1);
    assert_eq!(looks("0-3@1000 8-11@1004"), 1);
    assert_eq!(looks("0-3@1000 4-7@2000"), 2);
    assert_eq!(looks("0@1003 1@1002 2@1001"), 3);
    // The direct ones, those of the leaf, the leaf.
    assert_eq!(looks("0-11@1000 ind@1200 12-15@1012"), 3);
}

// [ext2-free.run]
#[test]
fn a_run_across_groups_is_freed_in_each() {
    // Groups of 8192 blocks begin at 1 and 8193.
    let bench = Bench::of_files(1024, vec![file("/f", 12, "0-5@8190", 1024, None)]);
    let ran = bench.with(|machine| machine.at_end = AtEnd::Unmount).run(&[ftruncate(0), fsync()]);
    assert_eq!(ran.bios(), "bitmap/0 bitmap/1 Winodes/0");
    for group in [0, 1] {
        let [before, after] = ran.free_blocks(group);
        assert_eq!(after, before + 3, "group {group}");
    }
    assert!((8190..8196).all(|block| ran.in_use(block) == [true, false]));
    assert_eq!(ran.inode(0).sectors, 0);
}

/// A file with holes in all its trees, cut anywhere: what is before the end stays, and nothing else.
// [ext2-truncate.direct] [ext2-truncate.cut] [ext2-truncate.levels] [ext2-truncate.whole-trees]
#[test]
fn whatever_is_cut_the_map_is_the_old_one_up_to_there() {
    let layout = "2@1000 9@1001 ind@2000 15@2001 200@2002 dind@3000 dleaf/0@3001 268@3002 400@3003 \
                  dleaf/3@3010 1040-1043@3011 tind@4000 tmid/0@4001 tleaf/0/1@4002 66100@4003 \
                  tmid/2@4010 tleaf/2/0@4011 196880@4012 tleaf/2/5@4020 198200@4021";
    let data = [2, 9, 15, 200, 268, 400, 1040, 1041, 1042, 1043, 66100, 196880, 198200];
    let sizes = data.iter().flat_map(|&block| [block, block + 1]).chain([0, 12, 13, 524, 65804, 198000]);
    for blocks in sizes {
        let ran = cut(layout, blocks);
        let kept = data.iter().filter(|&&block| block < blocks).count() as u64;
        let map = ran.map(0);
        let left: Vec<_> = map.split(' ').filter(|piece| piece.starts_with(char::is_numeric)).collect();
        let expected: Vec<_> = layout
            .split_whitespace()
            .filter(|piece| piece.starts_with(char::is_numeric))
            .filter(|piece| !piece.starts_with("1040"))
            .filter(|piece| piece.split('@').next().unwrap().parse::<u64>().unwrap() < blocks)
            .collect();
        let rest: Vec<_> = left.iter().filter(|piece| !piece.starts_with("1040")).copied().collect();
        assert_eq!(rest, expected, "cut to {blocks}: {map}");
        // All that the map does not name was given back: no indirect block is left over.
        let indirect = map.split(' ').filter(|piece| piece.starts_with(char::is_alphabetic)).count() as u64;
        let all = 13 + 10;
        assert_eq!(freed(&ran), all - kept - indirect, "cut to {blocks}: {map}");
        let needed = indirect_blocks_of(&data, blocks);
        assert_eq!(indirect, needed, "cut to {blocks}: {map}");
    }
}

/// How many indirect blocks the data before `blocks` need.
fn indirect_blocks_of(data: &[u64], blocks: u64) -> u64 {
    let mut needed = std::collections::BTreeSet::new();
    for &block in data.iter().filter(|&&block| block < blocks) {
        match block {
            0..12 => {}
            12..268 => drop(needed.insert((1, 0, 0))),
            268..65804 => needed.extend([(2, 0, 0), (2, 1, (block - 268) / 256)]),
            _ => {
                let leaf = (block - 65804) / 256;
                needed.extend([(3, 0, 0), (3, 1, leaf / 256), (3, 2, leaf)]);
            }
        }
    }
    needed.len() as u64
}
