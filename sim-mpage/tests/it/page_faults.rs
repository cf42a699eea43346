//! Reads of a mapping, and what a process says of its way to read.

use sim_core::io::Role;
use sim_core::trace::{PageChange, ReadaheadRule};
use sim_mpage::call::{Access, Advice, Call};
use sim_mpage::errno::Errno;

use crate::bench::{Bench, F, H, pread, readahead};

use ReadaheadRule::{Around, Forced, Random, Sequential, StartOfFile};

/// 64 pages in one piece, their indirect block cached.
fn sixty_four() -> Bench {
    Bench::new(4096, "ind@500 0-63@1000").cached(Role::Ind, false).boundary(false)
}

/// Maps all 64 pages.
fn mmap(advice: Advice) -> Call {
    Call::Mmap { handle: H, length: 64 * 4096, access: Access::Read, advice }
}

fn fadvise(advice: Advice) -> Call {
    Call::Fadvise { handle: H, offset: 0, length: 0, advice }
}

/// What a call returns that a signal ended.
const BUS: i64 = Errno::Bus.code();

/// Reads the first byte of a page of the mapping.
fn mread(page: u64) -> Call {
    Call::Mread { handle: H, offset: page * 4096 }
}

// [fault.read-around] [fault.around] [fault.around-first] [fault.around-again] [fault.present]
// [fault.set]
#[test]
fn a_fault_reads_around_its_page_and_sets_the_entries_near_it() {
    let calls = [mmap(Advice::Normal), mread(40), mread(32), mread(47), mread(40)];
    let ran = sixty_four().run(&calls);
    assert_eq!(ran.windows(), [(Around, 24, 32, 8)]);
    assert_eq!(ran.bios(), "24-55");
    assert_eq!(ran.results(), [0; 5]);
    // The page with the mark is never set by the way: its own fault meets the mark.
    let ran = sixty_four().run(&[&calls[..], &[mread(49), mread(48), mread(48)]].concat());
    assert_eq!(ran.windows()[1..], [(Sequential, 56, 32, 32)]);
    assert_eq!(ran.bios(), "24-55 56-63");
    // At the file's start, what would lie before it is cut off the window's start only.
    let ran = sixty_four().run(&[mmap(Advice::Normal), mread(3)]);
    assert_eq!(ran.windows(), [(Around, 0, 32, 8)]);
}

// [fault.absent-random] [fault.absent-sequential]
#[test]
fn advice_of_the_mapping_decides_what_a_fault_reads() {
    let ran = sixty_four().run(&[mmap(Advice::Random), mread(40), mread(41), mread(40)]);
    assert_eq!((ran.bios(), ran.windows()), ("40 41", vec![]));
    let ran = sixty_four().run(&[mmap(Advice::Sequential), mread(0), mread(40)]);
    assert_eq!(ran.windows(), [(StartOfFile, 0, 32, 16), (Random, 40, 32, 0)]);
    // Without readahead there is none here either.
    let bench = sixty_four().with(|machine| machine.read_ahead_pages = 0);
    let ran = bench.run(&[mmap(Advice::Normal), mread(40)]);
    assert_eq!((ran.bios(), ran.windows()), ("40", vec![]));
}

// [fault.read-around-advice] [readahead.advice]
#[test]
fn advice_of_the_file_changes_the_size_of_what_is_read_around() {
    let window = |advice| sixty_four().run(&[fadvise(advice), mmap(Advice::Normal), mread(40)]).windows();
    assert_eq!(window(Advice::Sequential), [(Around, 8, 64, 16)]);
    assert_eq!(window(Advice::Random), [(Around, 24, 32, 8)]);
    assert_eq!(window(Advice::Normal), [(Around, 24, 32, 8)]);
}

// [readahead.advice] [readahead.random-advice] [readahead.willneed]
#[test]
fn advice_of_the_file_changes_the_readahead_of_reads() {
    let windows = |advice: &[Advice], call| {
        let mut calls: Vec<_> = advice.iter().copied().map(fadvise).collect();
        calls.push(call);
        sixty_four().run(&calls).windows()
    };
    let (first, five) = (pread(0, 40 * 4096), pread(0, 5 * 4096));
    assert_eq!(windows(&[], first)[0], (StartOfFile, 0, 40, 20));
    assert_eq!(windows(&[Advice::Sequential], first)[0], (StartOfFile, 0, 64, 24));
    assert_eq!(windows(&[Advice::Sequential, Advice::Normal], five), windows(&[], five));
    assert_eq!(windows(&[Advice::Random], five), [(Forced, 0, 5, 0)]);
    assert_eq!(windows(&[Advice::Random, Advice::Sequential], five)[0].0, StartOfFile);
    assert_eq!(windows(&[Advice::Random, Advice::Normal], five)[0].0, StartOfFile);
    let soon = |offset, length| Call::Fadvise { handle: H, offset, length, advice: Advice::WillNeed };
    assert_eq!(windows(&[], soon(8192, 12288)), windows(&[], readahead(8192, 12288)));
    assert_eq!(windows(&[], soon(8192, 12288)), [(Forced, 2, 3, 0)]);
    assert_eq!(windows(&[], soon(8192, 0)), [(Forced, 2, 320, 0)]);
}

// [error.fault] [error.heal] [error.advice]
#[test]
fn a_page_that_cannot_be_read_is_read_twice_and_divides_the_window_twice() {
    let fail = Call::Fail { sector: 1003 * 8, sectors: 8 };
    let calls = [fail, mmap(Advice::Normal), mread(3), mread(60)];
    let ran = sixty_four().run(&calls);
    // 32 pages, then 2.
    assert_eq!(ran.windows(), [(Around, 0, 32, 8), (Around, 59, 2, 0)]);
    assert!(ran.bios().starts_with("0-31 3 3 "), "{}", ran.bios());
    assert_eq!(ran.results()[..3], [0, 0, BUS]);
    // Advice sets the window anew, and healed sectors can be read.
    let more = [fadvise(Advice::Normal), Call::Heal, mread(40), mread(3)];
    let ran = sixty_four().run(&[&calls[..3], &more].concat());
    assert_eq!(ran.windows()[1..], [(Around, 24, 32, 8)]);
    assert_eq!(ran.results(), [0, 0, BUS, 0, 0, 0, 0]);
}

// [fault.around]
#[test]
fn what_lies_outside_file_or_mapping_cannot_be_read() {
    let short = Call::Mmap { handle: H, length: 3 * 4096, access: Access::Read, advice: Advice::Normal };
    let ran = sixty_four().run(&[mread(0), short, mread(2), mread(3), mread(64)]);
    assert_eq!(ran.results(), [-9, 0, 0, BUS, BUS]);
    let ran = Bench::new(4096, "0-3@1000").run(&[mmap(Advice::Normal), mread(4), mread(3)]);
    assert_eq!(ran.results(), [0, BUS, 0]);
}

// [buffers-life.drop-mapped] [memory.mapped]
#[test]
fn mapped_pages_are_neither_dropped_nor_freed() {
    let calls = [mmap(Advice::Random), mread(40), pread(41 * 4096, 4096), Call::Drop, mread(40)];
    let ran = sixty_four().run(&calls);
    assert_eq!((ran.bios(), ran.pages(PageChange::Freed)), ("40 41", vec![41]));
    let mut calls = calls[..2].to_vec();
    calls.extend((0..40).map(|page| pread(page * 4096, 4096)));
    let ran = sixty_four().with(|machine| machine.kernel.memory_pages = Some(36)).run(&calls);
    let freed = ran.pages(PageChange::Freed);
    assert!(!freed.is_empty() && !freed.contains(&40), "{freed:?}");
}

// [fault.wait]
#[test]
fn a_fault_waits_for_a_page_that_another_reads() {
    let open = Call::Open { handle: H, file: F, access: Access::Read };
    let first = [readahead(40 * 4096, 4096)];
    let ran = sixty_four().run_tasks(&[&first, &[open, mmap(Advice::Normal), mread(40)]]);
    assert_eq!((ran.bios(), ran.time()), ("40", 100_000));
    assert_eq!(ran.outcome.results, [vec![0], vec![0; 3]]);
}
