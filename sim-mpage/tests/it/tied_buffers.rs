//! Indirect blocks that are tied to their file: what fsync writes, in which order, and who is told.

use sim_core::io::{Flags, Operation, Reason, Role};
use sim_core::time::Duration;
use sim_mpage::call::{Access, Advice, Call, Handle};

use crate::bench::{Bench, F, H, Ran, writeback};
use crate::writing_calls::{G, fsync, open, open_again, pwrite, write_blocks};

const KIB: u64 = 1024;

/// Pages of four blocks under three leaves, the next page a hole; all metadata of the map is cached.
fn leaves() -> Bench {
    let layout = "dind@100 dleaf/0@101 268-271@1000 dleaf/1@102 524-527@1004 dleaf/2@110 780-783@1008";
    let bench = Bench::with_size(1024, layout, 788 * KIB).cached(Role::Dind, false);
    (0..3).fold(bench, |bench, leaf| bench.cached(Role::DindLeaf(leaf), false))
}

/// Fills the hole behind a leaf's page, or a part of it.
fn fill(leaf: u64, block: u64, blocks: u64) -> Call {
    pwrite((268 + 256 * leaf + 4 + block) * KIB, blocks * KIB)
}

/// The bios of metadata.
fn metadata(ran: &Ran) -> Vec<&str> {
    ran.bios().split(' ').filter(|bio| bio.starts_with("Wd") || bio.starts_with("Wind")).collect()
}

// [ext2-get-block.tie] [buffers-write.tie] [buffers-write.sync-mapping] [mpage-reason.metadata-write]
#[test]
fn fsync_writes_indirect_blocks_in_the_order_in_which_they_were_first_dirtied() {
    let ran = leaves().run(&[fill(2, 0, 4), fill(0, 0, 1), fill(2, 0, 4), fill(0, 1, 3), fsync(), fsync()]);
    assert_eq!(metadata(&ran), ["Wdleaf/2", "Wdleaf/0"]);
    let all = ran.flags().into_iter().zip(ran.reasons());
    let written: Vec<_> = all.filter(|(_, reason)| *reason == Reason::MetadataWrite).collect();
    // The inode's block is the third.
    assert_eq!(written, [(Flags::SYNC, Reason::MetadataWrite); 3]);
    // New ones parent before child, and the one that points to them last.
    let ran = Bench::new(1024, "dind@100 dleaf/0@101 268@1000").run(&[pwrite(524 * KIB, KIB), fsync()]);
    assert_eq!(metadata(&ran), ["Wdleaf/1", "Wdind"]);
    let ran = Bench::new(1024, "0@1000").run(&[pwrite(268 * KIB, KIB), fsync()]);
    assert_eq!(metadata(&ran), ["Wdind", "Wdleaf/0"]);
}

// [buffers-write.sync-mapping] [block-plug.sections]
#[test]
fn the_tied_buffers_go_out_in_one_plug() {
    let ran = leaves().run(&[fill(1, 0, 4), fill(0, 0, 4), fsync()]);
    assert_eq!(metadata(&ran), ["Wdleaf/1", "Wdleaf/0"]);
    assert!(ran.issued().contains("Wdleaf/0+dleaf/1 "), "{}", ran.issued());
    // Where they do not join, the plug turns them round.
    let ran = leaves().run(&[fill(0, 0, 4), fill(2, 0, 4), fsync()]);
    assert_eq!(metadata(&ran), ["Wdleaf/0", "Wdleaf/2"]);
    assert!(ran.issued().contains("Wdleaf/2 Wdleaf/0 "), "{}", ran.issued());
}

// [buffers-write.sync-mapping]
#[test]
fn nothing_is_written_for_a_file_without_tied_buffers() {
    let ran = Bench::new(4096, "0-3@1000").run(&[write_blocks(H, 0, 1), fsync(), fsync()]);
    assert_eq!(ran.bios(), "W0 Winodes/0");
    // Another file's stay where they are.
    let g = crate::bench::file("/g", 13, "0@2000", 4096, None);
    let f = crate::bench::file("/f", 12, "0-11@1000", 4096, None);
    let calls = [write_blocks(H, 12, 1), open(G, 1), write_blocks(G, 0, 1), Call::Fsync { handle: G }];
    let ran = Bench::of_files(4096, vec![f, g]).run(&calls);
    assert_eq!(metadata(&ran), [""; 0]);
}

// [buffers-write.sync-dirty]
#[test]
fn the_inodes_block_is_written_by_itself_and_waited_for() {
    let ran =
        Bench::new(4096, "0-3@1000").run(&[write_blocks(H, 0, 1), fsync(), Call::Fdatasync { handle: H }]);
    assert_eq!(ran.flags(), [Flags::SYNC; 2]);
    // First the data, then the inode.
    assert_eq!(ran.time(), 200_000);
    // It is issued at once: no plug holds it.
    assert_eq!(ran.issued(), "W0 Winodes/0");
}

/// Two writers; the second begins at 250 us, when the first one's metadata are on their way.
// [buffers-write.sync-mapping-wait]
#[test]
fn what_is_dirtied_again_while_it_is_written_is_tied_again_in_front() {
    let mapped = Handle(2);
    let first = [fill(0, 0, 4), fill(1, 0, 2), fsync(), fsync()];
    let mmap =
        Call::Mmap { handle: mapped, length: 788 * KIB, access: Access::ReadWrite, advice: Advice::Normal };
    let store = |block: u64| Call::Mdirty { handle: mapped, offset: block * KIB };
    let ran = |with_second: bool| {
        let second = [
            open(mapped, F.0),
            mmap,
            Call::Sleep { duration: Duration::from_nanoseconds(250_000) },
            store(784),
            store(530),
            writeback(),
        ];
        if with_second { leaves().run_tasks(&[&first, &second]) } else { leaves().run(&first) }
    };
    assert_eq!(metadata(&ran(false)), ["Wdleaf/0", "Wdleaf/1"]);
    // Leaf 2 was tied first, but leaf 1, which the first fsync still waited for, goes in front.
    let ran = ran(true);
    assert_eq!(metadata(&ran), ["Wdleaf/0", "Wdleaf/1", "Wdleaf/1", "Wdleaf/2"], "{}", ran.bios());
}

// [buffers-write.boundary-block-tied]
#[test]
fn an_indirect_block_that_went_out_behind_its_data_is_written_again_only_if_it_changed() {
    let layout = "0-11@1000 ind@1012 12@1013";
    let bench = |pages: u64| {
        let bench = Bench::with_size(4096, layout, 14 * 4096).cached(Role::Ind, true);
        bench.dirty_pages(11..pages)
    };
    assert_eq!(bench(13).run(&[fsync()]).bios(), "W11 Wind W12");
    // Block 13 is a hole: filling it makes the indirect block dirty again.
    let ran = bench(14).run(&[fsync(), fsync()]);
    assert_eq!(ran.bios(), "W11 Wind bitmap/0 W12-13 Wind Winodes/0");
    assert_eq!(ran.flags()[1], Flags::NONE);
    assert_eq!(ran.flags()[4], Flags::SYNC);
}

// [buffers-life.write-error-told]
#[test]
fn a_metadata_block_that_was_not_written_is_told_of_to_its_file_and_to_the_filesystem() {
    let bench = |operation| {
        let bench = Bench::new(4096, "0-11@1000 ind@1012 12-15@1013").cached(Role::Ind, true);
        let bench = bench.dirty_pages(11..12).bad(1012, operation, Some(1));
        bench.with(|machine| machine.queue.nomerges = 2)
    };
    let syncfs = |handle| Call::Syncfs { handle };
    let calls = [
        open_again(),
        fsync(),
        fsync(),
        Call::Fsync { handle: G },
        Call::Fsync { handle: G },
        syncfs(H),
        syncfs(H),
        syncfs(G),
        syncfs(G),
    ];
    // Each opener is told once, of the file and of the filesystem.
    let ran = bench(Some(Operation::Write)).run(&calls);
    assert_eq!(ran.results(), [0, -5, 0, -5, 0, -5, 0, -5, 0]);
    assert!(ran.bios().starts_with("W11 Wind "), "{}", ran.bios());
    let ran = bench(Some(Operation::Read)).run(&calls);
    assert_eq!(ran.results(), [0; 9]);
}
