//! What a run leaves behind in the kernel that no trace tells: marks of pages, states of buffers.

use sim_core::io::{FileId, Operation, Role};
use sim_core::time::Time;
use sim_core::trace::{Detail, Nothing};
use sim_disk::ideal::{self, Ideal};

use super::prepare::{Workload, kernel_of};
use super::{Outcome, RunError, event_loop};
use crate::buffer_cache::{Owner, adopt_block, find_get_block};
use crate::call::{Access, Call, Handle};
use crate::ext2::file_map::Run;
use crate::ext2::layout::{FileLayout, Layout, volume};
use crate::kernel::Kernel;
use crate::machine::{BadSectors, BufferState, Machine, PageState, TaskSpec, TimedCall};
use crate::page::buffers::{Buffer, BufferRef};
use crate::page::{Mapping, Mark, PageRef};

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
        setup: vec![Call::Open { handle: Handle(0), file: F, access: Access::ReadWrite }],
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

// [mpage-write.clean-buffers]
#[test]
fn the_buffers_of_a_page_that_is_in_its_bio_are_clean() {
    let mut machine = machine(&[(0, 1000, 4)], 4096, WRITEBACK);
    machine.pages = vec![dirty_page(0, true, "dddu")];
    let k = kernel_after(machine);
    assert_eq!(buffers(&k, 0).len(), 4);
    assert!(buffers(&k, 0).iter().all(|buffer| !buffer.dirty && !buffer.locked));
    assert!(!k.pages.has(page(&k, 0), Mark::Dirty) && !k.pages.has(page(&k, 0), Mark::Writeback));
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
    assert_eq!(heads_after(None, true), 4);
    assert_eq!(heads_after(Some(4), true), 4);
    assert_eq!(heads_after(Some(3), true), 0);
    assert_eq!(heads_after(Some(3), false), 4);
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
