//! What a run leaves behind in the kernel that no trace tells: marks of pages, states of buffers.

use std::collections::BTreeSet;

use sim_core::io::{FileId, Operation, Role};
use sim_core::task::Precedence;
use sim_core::time::Time;
use sim_core::trace::{Detail, Nothing, Orders};
use sim_disk::ideal::{self, Ideal};

use super::prepare::{Workload, kernel_of};
use super::{Outcome, RunError, event_loop, left_behind};
use crate::buffer_cache::{Owner, adopt_block, find_get_block};
use crate::call::{Access, Advice, Call, Handle};
use crate::ext2::file_map::Run;
use crate::ext2::layout::{FileLayout, Layout, volume};
use crate::kernel::Kernel;
use crate::machine::{BadSectors, BufferState, KernelSettings, Machine, PageState, TaskSpec, TimedCall};
use crate::medium::Stamp;
use crate::memory::drop_caches;
use crate::page::buffers::{Buffer, BufferRef};
use crate::page::{Mapping, Mark, PageRef};
use crate::submit::start_plug;

const F: FileId = FileId(0);
const WRITEBACK: Call = Call::Writeback { file: F };

/// One file of blocks of 1 KiB on a small device, and a task with one call.
fn machine(runs: &[(u64, u64, u64)], size: u64, call: Call) -> Machine {
    let runs = runs.iter().map(|&(logical, physical, blocks)| Run { logical, physical, blocks }).collect();
    let file = FileLayout { path: "/f".to_owned(), inode: 12, size, runs, indirect: [].into() };
    let device_sectors = 16384;
    let volume = volume(Layout { block_size: 1024, device_sectors, files: vec![file] }).unwrap();
    let settings = ideal::Settings { sectors: device_sectors, ..ideal::Settings::default() };
    let mut machine = Machine::new(Ideal::new(settings).into(), volume);
    machine.tasks = vec![TaskSpec {
        name: "wl".to_owned(),
        pid: 101,
        start: Time::ZERO,
        setup: vec![TimedCall::once(Call::Open { handle: Handle(0), file: F, access: Access::ReadWrite })],
        calls: vec![TimedCall::once(call)],
    }];
    machine
}

/// A dirty page with buffers: `d` mapped, dirty, up to date, `x` the same without a place, and new,
/// `u` unmapped.
fn dirty_page(index: u64, up_to_date: bool, letters: &str) -> PageState {
    let buffer = |letter| BufferState {
        mapped: letter == 'd',
        up_to_date: letter != 'u',
        dirty: letter != 'u',
        new: letter == 'x',
    };
    let buffers = Some(letters.chars().map(buffer).collect());
    PageState { file: F, index, up_to_date, dirty: true, buffers }
}

fn run_in(k: &Kernel, workload: Workload) -> Result<Outcome, RunError> {
    event_loop::run(k, workload, &mut Nothing)
}

fn kernel_after(machine: Machine) -> Kernel {
    let (k, workload) = kernel_of(machine, Detail::Ios).unwrap();
    run_in(&k, workload).unwrap();
    k
}

fn page(k: &Kernel, index: u64) -> PageRef {
    k.pages.find(Mapping::of(F), index).unwrap()
}

fn buffers(k: &Kernel, index: u64) -> Vec<Buffer> {
    let page = page(k, index);
    (0..k.pages.buffer_count(page)).map(|number| k.pages.buffer(BufferRef { page, number })).collect()
}

// [mpage-read.mapped-to-disk]
#[test]
fn a_page_without_a_hole_is_mapped_to_disk() {
    // Page 0 is whole, page 1 ends with a hole, page 2 is one.
    let call = Call::Readahead { handle: Handle(0), offset: 0, length: 0 };
    let k = kernel_after(machine(&[(0, 1000, 6)], 12 * 1024, call));
    let mapped = [0, 1, 2].map(|index| k.pages.has(page(&k, index), Mark::MappedToDisk));
    assert_eq!(mapped, [true, false, false]);
    assert!((0..3).all(|index| k.pages.has(page(&k, index), Mark::UpToDate)));
}

// [mpage-write.clean-buffers] [mpage-write.clean-page-buffers]
#[test]
fn the_buffers_of_a_page_that_is_in_its_bio_are_clean() {
    for (blocks, letters) in [(3, "dddu"), (4, "dddd")] {
        let mut machine = machine(&[(0, 1000, blocks)], 4096, WRITEBACK);
        machine.pages = vec![dirty_page(0, true, letters)];
        let k = kernel_after(machine);
        assert_eq!(buffers(&k, 0).len(), 4);
        assert!(buffers(&k, 0).iter().all(|buffer| !buffer.dirty && !buffer.locked));
        assert!(!k.pages.has(page(&k, 0), Mark::Dirty) && !k.pages.has(page(&k, 0), Mark::Writeback));
    }
}

// [buffers-life.mounted]
#[test]
fn superblock_and_descriptors_are_kept_though_other_blocks_were_used_since() {
    let write = Call::Pwrite { handle: Handle(0), offset: 4096, length: 1024 };
    let mut machine = machine(&[(0, 1000, 4)], 4096, write);
    machine.tasks[0].calls.push(TimedCall::once(Call::Sync));
    let inode_table = u64::from(machine.volume.groups[0].inode_table);
    let k = kernel_after(machine);
    // Sixteen other blocks push them out of the list of those used last.
    let owner = Owner { file: None, role: Role::Unknown };
    (0..16).for_each(|block| adopt_block(&k, 4000 + 4 * block, owner, false));
    drop_caches(&k);
    let is_cached = |block: u64| k.pages.find(Mapping::DEVICE, block / 4).is_some();
    assert!(is_cached(1) && is_cached(2), "superblock and descriptors");
    assert!(!is_cached(inode_table + 2) && !is_cached(1000));
    assert!(k.mount.pinned().iter().all(|&page| !k.pages.has(page, Mark::Dirty)));
}

// [mpage-write.buffer-heads-over-limit]
#[test]
fn with_too_many_buffer_heads_a_written_page_loses_its_own() {
    let heads_after = |limit, up_to_date| {
        let mut machine = machine(&[(0, 1000, 4)], 4096, WRITEBACK);
        machine.kernel.max_buffer_heads = limit;
        machine.pages = vec![dirty_page(0, up_to_date, "dddd")];
        kernel_after(machine).pages.buffer_heads()
    };
    // The pages of superblock and inode table have eight.
    assert_eq!(heads_after(None, true), 12);
    assert_eq!(heads_after(Some(12), true), 12);
    assert_eq!(heads_after(Some(11), true), 8);
    assert_eq!(heads_after(Some(11), false), 12);
}

// [mpage-write.new] [buffers-write.map] [buffers-write.alias]
#[test]
fn a_new_block_drops_what_the_devices_cache_held_of_it() {
    let by_mpage = PageState { buffers: None, ..dirty_page(1, true, "") };
    for (state, place) in [(by_mpage, 1004), (dirty_page(1, true, "xuuu"), 1004)] {
        let mut machine = machine(&[(0, 1000, 4)], 8192, WRITEBACK);
        machine.pages = vec![state];
        let (k, workload) = kernel_of(machine, Detail::Ios).unwrap();
        let owner = Owner { file: None, role: Role::Unknown };
        adopt_block(&k, place, owner, true);
        adopt_block(&k, place + 100, owner, true);
        run_in(&k, workload).unwrap();
        let dirty = |block| k.pages.buffer(find_get_block(&k, block).unwrap()).dirty;
        assert_eq!((dirty(place), dirty(place + 100)), (false, true));
        assert!(buffers(&k, 1).iter().all(|buffer| !buffer.new));
    }
}

// [error.write-full-page]
#[test]
fn a_block_whose_write_failed_is_not_up_to_date_any_more() {
    let mut machine = machine(&[(0, 1000, 2), (2, 2000, 2)], 4096, WRITEBACK);
    machine.pages = vec![dirty_page(0, true, "dddd")];
    machine.queue.nomerges = 2;
    machine.bad_sectors =
        vec![BadSectors { sector: 4000, sectors: 2, operation: Some(Operation::Write), times: None }];
    let k = kernel_after(machine);
    let states: Vec<_> =
        buffers(&k, 0).iter().map(|buffer| (buffer.dirty, buffer.up_to_date, buffer.write_error)).collect();
    let good = (false, true, false);
    assert_eq!(states, [good, good, (false, false, true), good]);
    assert!(k.pages.has(page(&k, 0), Mark::Error) && k.pages.has(page(&k, 0), Mark::UpToDate));
}

// [error.write-mpage]
#[test]
fn the_buffers_of_a_failed_mpage_write_stay_as_they_are() {
    let mut machine = machine(&[(0, 1000, 4)], 4096, WRITEBACK);
    machine.pages = vec![dirty_page(0, true, "dddd")];
    machine.bad_sectors = vec![BadSectors { sector: 2000, sectors: 2, operation: None, times: None }];
    let k = kernel_after(machine);
    assert!(buffers(&k, 0).iter().all(|buffer| buffer.up_to_date && !buffer.dirty && !buffer.write_error));
    assert!(k.pages.has(page(&k, 0), Mark::Error) && k.pages.has(page(&k, 0), Mark::UpToDate));
}

// [buffers-write.allocation-error]
#[test]
fn after_an_allocation_error_all_buffers_are_clean() {
    // The pages before it take every free block.
    let blocks = 8192;
    let mut machine = machine(&[(0, 1000, 2)], (blocks + 4) * 1024, WRITEBACK);
    let plain = |index| PageState { buffers: None, ..dirty_page(index, true, "") };
    machine.pages = (1..blocks / 4).map(plain).collect();
    machine.pages.push(dirty_page(blocks / 4, true, "xxux"));
    let k = kernel_after(machine);
    assert!(buffers(&k, blocks / 4).iter().all(|buffer| !buffer.dirty && !buffer.locked));
    assert!(k.pages.has(page(&k, blocks / 4), Mark::Error));
    assert!(!k.pages.has(page(&k, blocks / 4), Mark::Writeback));
}

// [buffers-write.past-end]
#[test]
fn buffers_past_the_end_are_cleaned_and_up_to_date() {
    let mut machine = machine(&[(0, 1000, 1)], 1024, WRITEBACK);
    // A clean mapped buffer would do as well to go block by block; an unmapped dirty one does.
    machine.pages = vec![dirty_page(0, true, "dxux")];
    let k = kernel_after(machine);
    assert!(buffers(&k, 0).iter().all(|buffer| buffer.up_to_date && !buffer.dirty));
    assert_eq!(buffers(&k, 0)[1].physical, None);
}

// [writeback.under-writeback]
#[test]
fn a_dirty_page_under_writeback_is_waited_for_before_its_mark_is_cleared() {
    let (k, workload) = kernel_of(machine(&[(0, 1000, 4)], 4096, WRITEBACK), Detail::Ios).unwrap();
    let page = k.pages.add(Mapping::of(F), 0);
    k.pages.clear(page, Mark::Locked);
    [Mark::UpToDate, Mark::Dirty, Mark::Writeback].into_iter().for_each(|mark| k.pages.set(page, mark));
    // Nobody ends that writeback, so the task waits for ever.
    let error = run_in(&k, workload).unwrap_err();
    assert!(
        error.to_string().contains("the end of writeback of page 0 of file 0, held by no bio"),
        "{error}"
    );
    assert!(k.pages.has(page, Mark::Dirty) && k.pages.has(page, Mark::Locked));
    assert!(k.bios.borrow().is_empty());
}

// [buffers-life.attach]
#[test]
fn new_buffers_take_over_the_marks_of_their_page() {
    let (k, _) = kernel_of(machine(&[(0, 1000, 4)], 4096, WRITEBACK), Detail::Ios).unwrap();
    for (index, marks) in [(0, &[][..]), (1, &[Mark::Dirty]), (2, &[Mark::UpToDate, Mark::Dirty])] {
        let page = k.pages.add(Mapping::of(F), index);
        marks.iter().for_each(|&mark| k.pages.set(page, mark));
        k.pages.create_empty_buffers(page, 4, 0);
        let expected = Buffer {
            dirty: marks.contains(&Mark::Dirty),
            up_to_date: marks.contains(&Mark::UpToDate),
            ..Buffer::default()
        };
        assert_eq!(buffers(&k, index), [expected; 4]);
    }
}

#[test]
fn a_dirty_page_that_nothing_was_read_into_is_refused() {
    let mut machine = machine(&[(0, 1000, 4)], 4096, WRITEBACK);
    machine.pages = vec![PageState { buffers: None, ..dirty_page(0, false, "") }];
    assert!(matches!(super::run(machine, &mut Nothing), Err(RunError::PageState(_))));
}

fn bytes(length: u64) -> Call {
    Call::Pread { handle: Handle(0), offset: 0, length }
}

/// Page 0 ends in a hole, page 1 does not lie in one piece, page 2 begins with one.
const IN_PIECES: &[(u64, u64, u64)] = &[(0, 1000, 2), (4, 1010, 2), (6, 2000, 2), (9, 3000, 1)];

// [mpage-read.zero-rest] [buffers-read.full-folio-hole]
#[test]
fn a_reader_gets_what_the_file_holds_on_every_path() {
    for fills in [false, true] {
        let mut machine = machine(IN_PIECES, 12 * 1024, bytes(12 * 1024));
        machine.kernel.get_block_fills = fills;
        let k = kernel_after(machine);
        let held: Vec<_> = (0..3)
            .flat_map(|index| (0..4).map(move |number| (index, number)))
            .map(|(index, number)| k.stamps.get(BufferRef { page: page(&k, index), number }))
            .collect();
        let block = Stamp::of_block;
        let zeros = Stamp::ZEROS;
        let expected =
            [block(1000), block(1001), zeros, zeros, block(1010), block(1011), block(2000), block(2001)];
        assert_eq!(held[..8], expected);
        assert_eq!(held[8..], [zeros, block(3000), zeros, zeros]);
    }
}

/// A block that was never read is written, and read again.
#[test]
fn a_reader_who_gets_something_else_ends_the_run() {
    let mut machine = machine(&[(0, 1000, 4)], 4096, WRITEBACK);
    let buffer = BufferState { mapped: true, dirty: true, ..BufferState::default() };
    machine.pages = vec![PageState { buffers: Some(vec![buffer; 4]), ..dirty_page(0, false, "") }];
    machine.tasks[0].calls.extend([Call::Drop, bytes(1)].map(TimedCall::once));
    let unchecked = Machine {
        kernel: KernelSettings { check_contents: false, ..machine.kernel.clone() },
        ..machine.clone()
    };
    assert!(super::run(unchecked, &mut Nothing).is_ok());
    match super::run(machine, &mut Nothing) {
        Err(RunError::WrongContent { file, block, expected, found }) => {
            assert_eq!((file, block), (F, 0));
            assert_eq!((expected, found), (Stamp::of_block(1000).to_string(), Stamp::NOTHING.to_string()));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_held_when_all_tasks_have_ended_is_told() {
    type Hold = fn(&Kernel);
    let holds: [(Hold, &str); 4] = [
        (|k| k.pages.pin(page(k, 0)), "page 0 of file 0 is held 1 times, not 0"),
        (|k| k.pages.set(page(k, 1), Mark::Locked), "page 1 of file 0 is locked"),
        (
            |k| {
                let buffer = BufferRef { page: page(k, 1), number: 2 };
                k.pages.change_buffer(buffer, |buffer| buffer.locked = true);
            },
            "page 1 of file 0 has a locked buffer, 2",
        ),
        (start_plug, "a plug has not been finished"),
    ];
    for (hold, expected) in holds {
        let k = kernel_after(machine(IN_PIECES, 12 * 1024, bytes(12 * 1024)));
        assert!(left_behind::check(&k).is_ok());
        hold(&k);
        match left_behind::check(&k) {
            Err(RunError::LeftBehind { what }) => assert_eq!(what, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_second_mapping_in_the_place_of_the_first_lets_its_pages_go() {
    let mmap =
        Call::Mmap { handle: Handle(0), length: 12 * 1024, access: Access::Read, advice: Advice::Normal };
    let mut machine = machine(IN_PIECES, 12 * 1024, mmap);
    let mread = Call::Mread { handle: Handle(0), offset: 5000 };
    machine.tasks[0].calls.extend([mread, mmap].map(TimedCall::once));
    let k = kernel_after(machine);
    let file = Mapping::of(F);
    assert!(k.pages.of_mapping(file).into_iter().all(|(_, page)| k.pages.pins(page) == 0));
}

/// Two processes that begin at one instant: whoever comes first is drawn, what is read is not.
#[test]
fn shuffled_ties_change_who_goes_first_and_nothing_else() {
    let first_to_queue = |shuffle_ties| {
        let mut machine = machine(&[(0, 1000, 12)], 12 * 1024, bytes(4096));
        let second = TaskSpec {
            calls: vec![TimedCall::once(Call::Pread { handle: Handle(0), offset: 8192, length: 4096 })],
            ..machine.tasks[0].clone()
        };
        machine.tasks.push(second);
        machine.read_ahead_pages = 0;
        machine.shuffle_ties = shuffle_ties;
        let mut orders = Orders::new(2);
        let outcome = super::run(machine, &mut orders).unwrap();
        assert_eq!(outcome.results, [[4096], [4096]]);
        let mut read: Vec<_> = orders.queued.iter().map(|(_, pieces)| pieces[0].logical).collect();
        let first = read[0];
        read.sort_unstable();
        assert_eq!(read, [0, 8]);
        first
    };
    assert_eq!(first_to_queue(None), 0);
    let drawn: BTreeSet<_> = (0..20).map(|seed| first_to_queue(Some(seed))).collect();
    assert_eq!(drawn, [0, 8].into());
    assert_eq!(first_to_queue(Some(3)), first_to_queue(Some(3)));
}

/// Under the real-time policy a process calls the worker before that has run at all.
#[test]
fn the_worker_finds_what_it_was_called_for_before_it_ran() {
    let mut machine = machine(&[(0, 1000, 4)], 4096, bytes(4096));
    machine.kernel.precedence = Precedence::ProcessesFirst;
    let setup = std::mem::take(&mut machine.tasks[0].setup);
    machine.tasks[0].calls.splice(0..0, setup);
    assert_eq!(super::run(machine, &mut Nothing).unwrap().results, [[0, 4096]]);
}
