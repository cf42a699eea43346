//! Reads of a mapping: what a fault reads ahead, what it sets, and what it does with a bad block.

use sim_core::trace::{PageChange, ReadaheadRule};
use sim_mpage::call::{Access, Advice, Call};
use sim_mpage::errno::{Errno, SIGBUS};

use crate::bench::{Bench, F, H, pread, readahead};

/// 200 blocks in a row on the device, behind their indirect block.
const ROW: &str = "ind@999 0-199@1000";

const PAGE: u64 = 4096;

fn bench() -> Bench {
    Bench::new(4096, ROW)
}

fn map(advice: Advice) -> Call {
    Call::Mmap { handle: H, length: 200 * PAGE, access: Access::Read, advice }
}

fn touch(page: u64) -> Call {
    Call::Mread { handle: H, offset: page * PAGE + 5 }
}

// [fault.read-around] [fault.wait]
#[test]
fn a_missing_page_is_read_with_what_lies_around_it() {
    let ran = bench().run(&[map(Advice::Normal), touch(50), touch(3)]);
    let around = |start| (ReadaheadRule::Around, start, 32, 8);
    assert_eq!(ran.windows(), [around(34), around(0)]);
    assert_eq!(ran.bios(), "ind 34-65 0-11 12-31");
    assert_eq!(ran.results(), [0, 0, 0]);
}

// [fault.set]
#[test]
fn a_page_whose_entry_is_set_takes_no_fault_and_is_not_dropped() {
    let ran = bench().run(&[map(Advice::Normal), touch(50), Call::Drop, touch(50)]);
    assert_eq!(ran.bios(), "ind 34-65");
}

// [fault.around] [fault.around-again]
#[test]
fn the_second_look_around_sets_the_pages_of_the_same_64_kib() {
    let set = |page| {
        let ran = bench().run(&[map(Advice::Normal), touch(50), Call::Drop, touch(page)]);
        ran.bios() == "ind 34-65"
    };
    // The window is 34 to 65, its mark at 58; the 64 KiB are 48 to 63.
    let entries: Vec<u64> = (34..66).filter(|&page| set(page)).collect();
    let expected: Vec<u64> = (48..58).chain(59..64).collect();
    assert_eq!(entries, expected);
}

// [fault.around] [fault.around-again]
#[test]
fn nothing_is_set_beyond_the_mapping_and_a_marked_page_is_set_alone() {
    let short = Call::Mmap { handle: H, length: 52 * PAGE, access: Access::Read, advice: Advice::Normal };
    let ran = bench().run(&[short, touch(50), Call::Drop, touch(51), touch(52)]);
    assert_eq!((ran.bios(), ran.results()), ("ind 34-65", &[0, 0, 0, 0, SIGBUS][..]));
    let ran = bench().run(&[map(Advice::Normal), touch(50), touch(58), Call::Drop, touch(58)]);
    assert_eq!(ran.bios(), "ind 34-65 66-97");
}

// [fault.around-first]
#[test]
fn what_is_cached_already_is_set_without_a_readahead_step() {
    // Pages 0 to 7, marked at 4.
    let ran = bench().run(&[pread(0, 4 * PAGE), map(Advice::Normal), touch(2), Call::Drop, touch(3)]);
    assert_eq!(ran.windows(), [(ReadaheadRule::StartOfFile, 0, 8, 4)]);
}

// [fault.present]
#[test]
fn a_marked_page_starts_the_next_window() {
    let ran = bench().run(&[map(Advice::Normal), touch(50), touch(58)]);
    assert_eq!(ran.windows()[1..], [(ReadaheadRule::Sequential, 66, 32, 32)]);
    // Random advice on the mapping: no step, the mark stays.
    let ran = bench().run(&[pread(0, 4 * PAGE), map(Advice::Random), touch(4), pread(4 * PAGE, PAGE)]);
    assert_eq!(ran.windows()[1..], [(ReadaheadRule::Sequential, 8, 16, 16)]);
}

// [fault.absent-random]
#[test]
fn a_mapping_with_random_advice_reads_the_page_alone() {
    let ran = bench().run(&[map(Advice::Random), touch(50)]);
    assert_eq!((ran.bios(), ran.windows().len()), ("ind 50", 0));
    let mut off = bench();
    off.machine.read_ahead_pages = 0;
    let ran = off.run(&[map(Advice::Normal), touch(50)]);
    assert_eq!((ran.bios(), ran.windows().len()), ("ind 50", 0));
}

// [fault.absent-sequential]
#[test]
fn a_mapping_with_sequential_advice_is_read_ahead_as_a_file_is() {
    let ran = bench().run(&[map(Advice::Sequential), touch(50), touch(0)]);
    assert_eq!(ran.windows(), [(ReadaheadRule::Random, 50, 32, 0), (ReadaheadRule::StartOfFile, 0, 32, 16)]);
}

// [fault.read-around-advice]
#[test]
fn advice_on_the_file_does_not_reach_the_fault_but_its_window_does() {
    let advise = |advice| Call::Fadvise { handle: H, offset: 0, length: 0, advice };
    let ran = bench().run(&[map(Advice::Normal), advise(Advice::Random), touch(50)]);
    assert_eq!(ran.windows(), [(ReadaheadRule::Around, 34, 32, 8)]);
    let ran = bench().run(&[map(Advice::Normal), advise(Advice::Sequential), touch(50)]);
    assert_eq!(ran.windows(), [(ReadaheadRule::Around, 18, 64, 16)]);
}

// [fault.wait] [error.request]
#[test]
fn a_page_whose_readahead_failed_is_read_alone() {
    let ran = bench().bad_block(1060, Some(1)).run(&[map(Advice::Normal), touch(50)]);
    assert_eq!((ran.bios(), ran.results()), ("ind 34-65 50", &[0, 0][..]));
}

// [error.fault]
#[test]
fn a_page_that_cannot_be_read_is_read_twice_alone_and_then_it_is_sigbus() {
    let ran = bench().bad_block(1050, None).run(&[map(Advice::Normal), touch(50), touch(150)]);
    assert_eq!(ran.results(), [0, SIGBUS, 0]);
    // Two divisions by four: two pages are left.
    assert_eq!(ran.windows(), [(ReadaheadRule::Around, 34, 32, 8), (ReadaheadRule::Around, 149, 2, 0)]);
    assert_eq!(ran.bios(), "ind 34-65 50 50 149-150");
}

// [error.heal] [error.fault]
#[test]
fn sectors_fail_from_one_call_on_and_work_again_from_another() {
    let fail = Call::Fail { sector: 1050 * 8 + 3, sectors: 1 };
    let calls = [map(Advice::Random), fail, touch(50), touch(51), Call::Heal, touch(50)];
    let ran = bench().run(&calls);
    assert_eq!(ran.results(), [0, 0, SIGBUS, 0, 0, 0]);
    assert_eq!(ran.bios(), "ind 50 50 51 50");
}

// [processes.page-lock-fault]
#[test]
fn a_fault_on_a_page_that_is_there_leaves_it_unlocked() {
    // The marked page is not set by looking around: the fault locks it to look at it.
    let ran = bench().run(&[pread(0, 4 * PAGE), map(Advice::Random), touch(4), pread(4 * PAGE, PAGE)]);
    assert_eq!(ran.results(), [4 * 4096, 0, 0, 4096]);
}

#[test]
fn what_is_not_mapped_or_beyond_the_file_is_an_error_and_reads_nothing() {
    let ran = bench().run(&[touch(0), map(Advice::Normal), touch(200)]);
    assert_eq!((ran.results(), ran.bios()), (&[Errno::BadHandle.code(), 0, SIGBUS][..], ""));
    let ran = Bench::new(4096, "0-3@1000").run(&[map(Advice::Normal), touch(4), touch(3)]);
    assert_eq!(ran.results(), [0, SIGBUS, 0]);
}

// [buffers-life.drop-mapped] [memory.mapped]
#[test]
fn mapped_pages_are_neither_dropped_nor_freed() {
    let calls = [map(Advice::Random), touch(40), pread(41 * PAGE, PAGE), Call::Drop, touch(40)];
    let ran = bench().run(&calls);
    assert_eq!((ran.bios(), ran.pages(PageChange::Freed)), ("ind 40 41", vec![41]));
    let mut calls = calls[..2].to_vec();
    calls.extend((0..40).map(|page| pread(page * PAGE, PAGE)));
    let mut small = bench();
    small.machine.kernel.memory_pages = Some(36);
    let freed = small.run(&calls).pages(PageChange::Freed);
    assert!(!freed.is_empty() && !freed.contains(&40), "{freed:?}");
}

// [fault.wait]
#[test]
fn a_fault_waits_for_a_page_that_another_reads() {
    let open = Call::Open { handle: H, file: F, access: Access::Read };
    let first = [readahead(4 * PAGE, PAGE)];
    let ran = bench().run_tasks(&[&first, &[open, map(Advice::Normal), touch(4)]]);
    assert_eq!((ran.bios(), ran.time()), ("4", 100_000));
    assert_eq!(ran.outcome.results, [vec![0], vec![0; 3]]);
}
