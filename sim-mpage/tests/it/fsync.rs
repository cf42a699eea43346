//! `fsync`, `fdatasync`, `msync`, `sync_file_range`, and what makes an inode dirty.

use sim_core::io::{FileId, Operation, Role};
use sim_core::trace::{PageChange, What};
use sim_mpage::call::Call;

use crate::bench::{Bench, Ran, file, pread, writeback};
use crate::writing::{
    FDATASYNC, FSYNC, MAP, PAGE, ftruncate, msync, open, pwrite, sleep, store, sync_range, two_files,
    write_pages,
};

fn row() -> Bench {
    Bench::new(4096, "0-11@1000")
}

// [writeback.fsync-data] [writeback.fsync-buffers] [writeback.fsync-inode] [writeback.fsync-clean]
#[test]
fn fsync_writes_data_then_what_leads_to_it_then_the_inode() {
    let ran = row().run(&[write_pages(12, 1), FSYNC, FSYNC]);
    assert_eq!(ran.sent_at(), ["0: R bitmap/0", "100: WS 12", "200: WS ind", "300: WS inodes/0"]);
    // The second one finds nothing to do.
    assert_eq!((ran.returned_at(), ran.results()), (vec![100, 400, 400], &[4096, 0, 0][..]));
}

// [dirty.times] [writeback.fsync-clean] [dirty.flags]
#[test]
fn a_rewrite_changes_the_times_once_a_second_and_fdatasync_leaves_them() {
    let rewrite = write_pages(0, 1);
    let ran = row().run(&[rewrite, FDATASYNC, FSYNC, rewrite, FSYNC]);
    assert_eq!(ran.sent(), ["WS 0", "WS inodes/0", "WS 0"]);
    for (us, inodes) in [(999_000, 0), (1_001_000, 1)] {
        let ran = row().run(&[rewrite, FSYNC, sleep(us), rewrite, FSYNC]);
        assert_eq!(ran.sent()[2..].iter().filter(|bio| *bio == "WS inodes/0").count(), inodes, "{us}");
    }
    // The clock is that of the last tick: 1 s has gone since the start, but no tick since then.
    let ran = row().run(&[rewrite, FSYNC, sleep(1_000_000 - 200 + 100), rewrite, FSYNC]);
    assert_eq!(ran.sent(), ["WS 0", "WS inodes/0", "WS 0"]);
    // A write fault changes them, too.
    let ran = row().cached_page(0).run(&[MAP, store(0), FSYNC, store(0), FSYNC]);
    assert_eq!(ran.sent(), ["WS 0", "WS inodes/0", "WS 0"]);
}

// [dirty.all] [dirty.flags]
#[test]
fn an_allocation_a_new_size_and_a_truncation_are_more_than_times() {
    let inode_written = |bench: Bench, call| {
        // What the first fsync writes are the times of this second.
        let ran = bench.run(&[write_pages(0, 1), FSYNC, call, FDATASYNC]);
        ran.sent().into_iter().filter(|bio| bio == "WS inodes/0").count() == 2
    };
    let holes = || Bench::with_size(4096, "0@1000 2-4@1002", 5 * PAGE - 100);
    assert!(!inode_written(holes(), write_pages(2, 1)));
    assert!(inode_written(holes(), write_pages(1, 1)));
    assert!(inode_written(holes(), write_pages(4, 1)), "a new size");
    assert!(inode_written(holes(), ftruncate(PAGE)));
    assert!(inode_written(holes(), ftruncate(5 * PAGE - 100)), "the same size");
}

// [dirty.pages] [flusher.round]
#[test]
fn a_file_whose_pages_were_written_stays_dirty_until_its_inode_is() {
    let (f, g) = (open(0), open(1));
    // Both inodes are clean, then the pages of the first one are dirty, then those of the second.
    let clean = [write_pages(0, 1), FSYNC, g, write_pages(0, 1), FSYNC];
    let dirty = [f, write_pages(0, 1), sleep(10_000), g, write_pages(0, 1), sleep(10_000)];
    let written = [writeback(), f, write_pages(2, 1), Call::Sync];
    let ran = two_files(4).run(&[&clean[..], &dirty[..], &written[..]].concat());
    let data: Vec<_> = ran.sent().into_iter().filter(|bio| bio.starts_with("W ")).collect();
    assert_eq!(data, ["W 2", "W f1:0"]);
}

// [writeback.fsync-inode] [writeback.fsync-data]
#[test]
fn writing_an_inode_writes_the_first_page_with_it() {
    let bench = Bench::new(4096, "0-1@1000");
    let ran = bench.run(&[MAP, write_pages(0, 3), msync(2, 1), pread(0, 1), FSYNC]);
    // `msync` is for page 2 only; page 0 goes with the inode, page 1 stays dirty.
    assert_eq!(ran.sent(), ["R bitmap/0", "WS 2", "WS 0", "WS inodes/0", "WS 1"]);
    assert_eq!(ran.returned_at()[2..], [400, 400, 500]);
}

// [writeback.sync-file-range] [writeback.dirty]
#[test]
fn sync_file_range_writes_the_data_of_its_range_and_waits_as_told() {
    let run = |calls: &[Call]| {
        let ran = row().run(&[&[write_pages(0, 6)], calls].concat());
        (ran.sent_at(), ran.returned_at()[1..].to_vec())
    };
    let sent = |bios: &[&str]| bios.iter().map(|&bio| bio.to_owned()).collect::<Vec<_>>();
    assert_eq!(run(&[sync_range(1, 2, 2)]), (sent(&["0: W 1-2"]), vec![0]));
    assert_eq!(run(&[sync_range(1, 2, 7)]), (sent(&["0: WS 1-2"]), vec![100]));
    assert_eq!(run(&[sync_range(1, 2, 6)]), (sent(&["0: W 1-2"]), vec![100]));
    assert_eq!(run(&[sync_range(1, 2, 1)]), (sent(&[]), vec![0]));
    assert_eq!(run(&[sync_range(4, 0, 2), sync_range(0, 4, 4)]), (sent(&["0: W 4-5"]), vec![0, 0]));
    for flags in [1, 4] {
        let calls = [sync_range(4, 0, 2), sync_range(0, 5, flags)];
        assert_eq!(run(&calls), (sent(&["0: W 4-5"]), vec![0, 100]));
    }
    // Neither the inode nor indirect blocks.
    let ran = row().run(&[write_pages(12, 1), sync_range(0, 0, 7)]);
    assert_eq!(ran.sent(), ["R bitmap/0", "WS 12"]);
}

// [writeback.error-stop] [writeback.error]
#[test]
fn an_error_stops_what_is_not_for_integrity() {
    let bench = || {
        let bench = Bench::new(4096, "0-11@1000 ind@500 12-15@1100").dirty_pages(11..14);
        bench.bad(500, Some(Operation::Read), None)
    };
    let tried = |flags| {
        let ran = bench().run(&[sync_range(0, 0, flags)]);
        assert_eq!(ran.results(), [-5]);
        let mut tried: Vec<_> = ran.all(|what| match what {
            What::Mapped { block, .. } => Some(*block),
            _ => None,
        });
        tried.dedup();
        tried
    };
    assert_eq!(tried(2), [11, 12]);
    assert_eq!(tried(7), [11, 12, 13]);
}

// [writeback.index] [writeback.cyclic]
#[test]
fn after_an_fsync_the_next_cyclic_pass_begins_at_the_last_page_it_wrote() {
    let all = write_pages(0, 8);
    let ran = row().run(&[all, FSYNC, all, Call::Sync]);
    assert_eq!(ran.sent()[..4], ["WS 0-7", "WS inodes/0", "W 7", "W 0-6"]);
    // A pass that reached the end begins at the start again, and a range does not count.
    let ran = row().run(&[all, FSYNC, all, Call::Sync, all, sync_range(2, 2, 7), Call::Sync]);
    let writes: Vec<_> = ran.sent().into_iter().filter(|bio| bio.starts_with("W ")).collect();
    assert_eq!(writes, ["W 7", "W 0-6", "W 0-1", "W 4-7"]);
}

/// File, first and last page of each row of pages in the order in which they were sent.
fn turns(ran: &Ran) -> Vec<(u32, u64, u64)> {
    let mut turns: Vec<(u32, u64, u64)> = Vec::new();
    for what in &ran.events {
        let What::Page { file: Some(file), index, change: PageChange::Writeback } = what else { continue };
        match turns.last_mut() {
            Some(turn) if turn.0 == file.0 && turn.2 + 1 == *index => turn.2 = *index,
            _ => turns.push((file.0, *index, *index)),
        }
    }
    turns
}

// [writeback.nr-to-write] [writeback.cyclic] [writeback.index] [flusher.turn] [flusher.requeue]
// [flusher.used-up-first] [flusher.another-round]
#[test]
fn a_long_file_is_written_in_turns_that_go_on_where_the_last_one_stopped() {
    let layout = "ind@500 dind@501 dleaf/0@502 0-1199@1000";
    let bench = || {
        let long = file("/f", 12, layout, 4096, None);
        let short = file("/g", 13, "0@3000", 4096, None);
        let bench = Bench::of_files(4096, vec![long, short]).cached(Role::Ind, false).dirty_pages(0..1200);
        bench.with(|machine| {
            let mut page = machine.pages[0].clone();
            page.file = FileId(1);
            machine.pages.push(page);
            machine.kernel.vm.throttling = false;
        })
    };
    let order = |bench: Bench| turns(&bench.run(&[Call::Sync]));
    let of_16_mib = bench().with(|machine| machine.kernel.vm.dirty_bytes = Some(16 << 20));
    assert_eq!(order(of_16_mib), [(0, 0, 1023), (1, 0, 0), (0, 1024, 1199)]);
    // An eighth of the limit of 64 MiB is 2048 pages: 3072 a turn.
    let of_64_mib = bench().with(|machine| machine.kernel.vm.dirty_bytes = Some(64 << 20));
    assert_eq!(order(of_64_mib), [(0, 0, 1199), (1, 0, 0)]);
}

// [writeback.fsync-clean]
#[test]
fn a_file_that_nobody_changed_is_not_written() {
    let ran = row().cached_page(0).run(&[FSYNC, FDATASYNC, MAP, msync(0, 1), pwrite(0, 0)]);
    assert_eq!((ran.sent(), ran.results()), (vec![], &[0, 0, 0, 0, 0][..]));
}
