//! CPU time, completions, and runs that cannot go on.

use sim_core::io::{Operation, Role};
use sim_core::time::{Duration, Time};
use sim_core::trace::{PageChange, What};
use sim_disk::device::{BlockDevice, Completion, Device, Limits, Refused, Request, Statistics};
use sim_disk::ideal::{Ideal, Settings};
use sim_mpage::call::{Access, Call};
use sim_mpage::machine::{BufferState, CpuCosts, MetadataState, PageState};
use sim_mpage::run::RunError;

use crate::bench::{Bench, F, H, file, pread, read, readahead, writeback};

const COST: Duration = Duration::from_nanoseconds(10);

fn time_with(layout: &str, offset: u64, change: fn(&mut CpuCosts)) -> u64 {
    let bench = Bench::new(4096, layout).with(|machine| change(&mut machine.kernel.cpu));
    bench.run(&[pread(offset, 4096)]).time()
}

// [cpu.default] [cpu.call] [cpu.wake] [cpu.add-page] [cpu.copy-page] [cpu.bio] [cpu.issue]
#[test]
fn each_cost_is_spent_where_its_work_is_done() {
    let one_page = |change| time_with("0@1000", 0, change) - 100_000;
    assert_eq!(one_page(|_| {}), 0);
    assert_eq!(one_page(|cpu| cpu.system_call = COST), 10);
    assert_eq!(one_page(|cpu| cpu.wake = COST), 10);
    assert_eq!(one_page(|cpu| cpu.add_page = COST), 10);
    assert_eq!(one_page(|cpu| cpu.copy_page = COST), 10);
    assert_eq!(one_page(|cpu| cpu.bio = COST), 10);
    // A sector, of eight.
    assert_eq!(one_page(|cpu| cpu.issue_sector = COST), 80);
    assert_eq!(one_page(|cpu| cpu.buffers = COST), 0);
}

// [cpu.buffers] [cpu.wake] [cpu.bio]
#[test]
fn a_page_of_the_devices_cache_costs_its_buffers() {
    let behind = |change| time_with("ind@500 12@1000", 12 * 4096, change) - 200_000;
    assert_eq!(behind(|_| {}), 0);
    assert_eq!(behind(|cpu| cpu.buffers = COST), 10);
    // Two waits, two bios, but one page of the file.
    assert_eq!(behind(|cpu| cpu.wake = COST), 20);
    assert_eq!(behind(|cpu| cpu.bio = COST), 20);
    assert_eq!(behind(|cpu| cpu.add_page = COST), 10);
}

// [processes.interrupts]
#[test]
fn completions_come_in_the_middle_of_a_call() {
    // Copying the first page takes longer than the second request.
    let ran = Bench::new(4096, "0@1000 1@2000")
        .with(|machine| {
            machine.kernel.cpu.copy_page = Duration::from_nanoseconds(1_000_000);
            machine.read_ahead_pages = 0;
        })
        .run(&[readahead(4096, 4096), pread(0, 8192)]);
    assert_eq!(ran.time(), 100_000 + 2_000_000);
    let up_to_date = ran.pages(PageChange::UpToDate);
    assert_eq!(up_to_date, [1, 0]);
}

// [processes.sleep-flushes]
#[test]
fn what_a_sleeper_had_in_its_plug_goes_to_the_device() {
    // The data before the boundary lie apart from the indirect block that the task then waits for:
    // both are in the plug when it goes to sleep, and go in the order in which they came.
    let ran = Bench::new(4096, "0-11@1000 ind@500 12-15@2000").run(&[readahead(0, 0)]);
    assert_eq!((ran.bios(), ran.issued()), ("0-11 ind 12-15", "0-11 ind 12-15"));
    assert_eq!(ran.time(), 200_000);
}

// [processes.wait-writeback] [processes.page-lock-writeback]
#[test]
fn a_writer_waits_for_pages_that_another_has_sent() {
    let ran = Bench::new(4096, "0-3@1000").dirty_pages(0..4).run_tasks(&[&[writeback()], &[writeback()]]);
    assert_eq!(ran.bios(), "W0-3");
    let returned: Vec<_> = ran.all(|what| match what {
        What::Returned { result, .. } => Some(*result),
        _ => None,
    });
    assert_eq!((returned, ran.time()), (vec![0, 0], 100_000));
    // Both returned after the write, none before.
    let done = ran.events.iter().position(|what| matches!(what, What::Completed { .. })).unwrap();
    let first = ran.events.iter().position(|what| matches!(what, What::Returned { .. })).unwrap();
    assert!(first > done);
}

// [processes.wait-page-lock] [processes.page-lock-writeback]
#[test]
fn a_page_stays_locked_while_its_writer_waits_for_an_indirect_block() {
    let layout = "0-11@1000 ind@500 12-15@1100";
    let ran = Bench::new(4096, layout).dirty_pages(12..14).run_tasks(&[&[writeback()], &[writeback()]]);
    // The first task holds page 12, whose mark is off; so the second begins with page 13, and holds
    // that while it waits for the same block. The first wants page 13 then, and finds it clean.
    assert_eq!(ran.bios(), "ind W13 W12");
    assert_eq!(ran.mapped().len(), 2);
    assert_eq!((ran.time(), ran.outcome.results), (200_000, vec![vec![0], vec![0]]));
}

// [processes.wait-tag]
#[test]
fn a_task_without_a_tag_waits_for_one() {
    let ran = Bench::new(4096, "0@1000 1@2000 2@3000")
        .with(|machine| {
            machine.queue.queue_depth = 1;
            machine.queue.nr_requests = 1;
        })
        .run(&[readahead(0, 0), pread(0, 12288)]);
    assert_eq!((ran.bios(), ran.issued(), ran.time()), ("0 1 2", "0 1 2", 300_000));
}

// [processes.queue]
#[test]
fn processes_begin_in_order_and_run_until_they_sleep() {
    let open = Call::Open { handle: H, file: F, access: Access::Read };
    let pages = [5, 3, 9].map(|page| [open, readahead(page * 4096, 4096), pread(page * 4096, 4096)]);
    let ran = Bench::new(4096, "0-9@1000").run_tasks(&[&pages[0], &pages[1], &pages[2]]);
    assert_eq!(ran.bios(), "5 3 9");
    assert_eq!((ran.time(), ran.outcome.results), (100_000, vec![vec![0, 0, 4096]; 3]));
}

// [error.several-readers]
#[test]
fn each_of_several_readers_reads_a_bad_page_for_itself() {
    let open = Call::Open { handle: H, file: F, access: Access::Read };
    let calls = [open, read(4096)];
    let bench = Bench::new(4096, "0-9@1000").bad_block(1000, None);
    let ran = bench.run_tasks(&[&calls, &calls, &calls]);
    assert_eq!(ran.bios(), "0-3 0 0 0");
    assert_eq!(ran.outcome.results, vec![vec![0, -5]; 3]);
    // One after the other.
    assert_eq!(ran.time(), 400_000);
}

// [error.indirect]
#[test]
fn a_write_whose_indirect_block_cannot_be_read_fails() {
    let bench = Bench::new(4096, "0-11@1000 ind@500 12-15@1100").bad_block(500, None);
    let ran = bench.dirty_pages(11..14).run(&[writeback()]);
    // Each page asks for mpage and once more for its buffer; then its data are lost.
    assert_eq!(ran.bios(), "W11 ind ind ind ind");
    assert_eq!(ran.mapped(), [(11, 1, 1), (12, 1, -5), (12, 1, -5), (13, 1, -5), (13, 1, -5)]);
    assert_eq!(ran.results(), [-5]);
}

// [error.write-mpage] [error.write-full-page] [mpage-end.write]
#[test]
fn a_failed_write_is_told_once_and_its_page_is_not_written_again() {
    for (bench, order) in [
        (Bench::new(4096, "0-3@1000").dirty_pages(0..4), "W0-3"),
        (Bench::new(1024, "0-3@1000").page_with_buffers(0, "dcdd"), "W0 W2 W3"),
    ] {
        let ran = bench.bad(1002, Some(Operation::Write), None).run(&[writeback(), writeback(), read(4096)]);
        assert_eq!((ran.bios(), ran.results()), (order, &[-5, 0, 4096][..]));
    }
}

/// A device that never ends anything, or (`busy`) always says that it is about to.
#[derive(Clone, Debug)]
struct Dead {
    busy: bool,
    now: Option<Time>,
}

impl BlockDevice for Dead {
    fn submit(&mut self, now: Time, _: Request) -> Result<(), Refused> {
        self.now = Some(now);
        Ok(())
    }

    fn next_event(&mut self) -> Option<Time> {
        self.now.filter(|_| self.busy)
    }

    fn advance(&mut self, _: Time, _: &mut Vec<Completion>) {}

    fn limits(&self) -> Limits {
        Ideal::new(Settings::default()).limits()
    }

    fn statistics(&self) -> Statistics {
        Statistics::default()
    }

    fn boxed_clone(&self) -> Box<dyn BlockDevice> {
        Box::new(self.clone())
    }
}

fn on_dead(bench: Bench, busy: bool) -> Bench {
    bench.with(|machine| machine.device = Device::Other(Box::new(Dead { busy, now: None })))
}

#[test]
fn a_run_that_hangs_says_who_waits_for_what_and_who_holds_it() {
    let hang = |bench: Bench, call| match on_dead(bench, false).try_run(&[call]).err() {
        Some(error @ RunError::Hang { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    let task = "the run hangs at 0.000000 ms: task `wl0` waits for";
    let held = "held by bio 0, which has not ended";
    let bench = || Bench::new(1024, "0-7@1000");
    let mapped = Bench::new(1024, "0-11@1000 ind@500 12-15@1012");
    assert_eq!(hang(bench(), pread(0, 1)), format!("{task} the lock of page 0 of file 0, {held}"));
    let of_buffer = format!("{task} the buffer of block 500, {held}");
    assert_eq!(hang(mapped, pread(12288, 1)), of_buffer);
    let written = format!("{task} the end of writeback of page 1 of file 0, {held}");
    assert_eq!(hang(bench().dirty_pages(1..2), writeback()), written);
    let by_block = bench().unread_page(0, "cmcc");
    assert_eq!(hang(by_block, pread(1024, 1)), format!("{task} the lock of page 0 of file 0, {held}"));
    // All the device's tags are taken.
    let apart = Bench::new(4096, "0@1000 1@2000 2@3000").with(|machine| {
        machine.queue.queue_depth = 1;
        machine.queue.nr_requests = 1;
    });
    let tag = hang(apart, readahead(0, 0));
    assert_eq!(tag, format!("{task} a tag, held by 1 requests in the device"));
}

#[test]
fn a_device_that_lets_no_time_pass_ends_the_run() {
    let error = on_dead(Bench::new(4096, "0@1000"), true).try_run(&[read(1)]).err().unwrap();
    assert!(matches!(&error, RunError::NoTimePasses { at, .. } if *at == Time::ZERO), "{error}");
}

// [state.pages] [state.buffers]
#[test]
fn states_that_cannot_be_are_named() {
    let told = |bench: Bench| bench.try_run(&[]).err().unwrap().to_string();
    let bench = || Bench::new(1024, "0-1@1000");
    let prefix = "a page state cannot be set up: ";
    let twice = bench().cached_page(0).cached_page(0);
    assert_eq!(told(twice), format!("{prefix}page 0 is there already"));
    let few = bench().page_with_buffers(0, "dd");
    assert_eq!(told(few), format!("{prefix}2 buffers for a page of 4 blocks"));
    let hole = bench().page_with_buffers(0, "dddd");
    assert_eq!(told(hole), format!("{prefix}block 2 is a hole and cannot be mapped"));
    let none = bench().cached(Role::Ind, false);
    assert_eq!(told(none), format!("{prefix}file 0 has no block `ind`"));
    let missing = sim_core::io::FileId(7);
    let no_file = bench().with(|machine| {
        machine.metadata = vec![MetadataState { file: missing, role: Role::Ind, dirty: false }];
    });
    assert_eq!(told(no_file), format!("{prefix}file 7: no such file"));
    let no_page = bench().with(|machine| {
        let buffers = Some(vec![BufferState::default(); 4]);
        machine.pages = vec![PageState { file: missing, index: 0, up_to_date: true, dirty: false, buffers }];
    });
    assert_eq!(told(no_page), format!("{prefix}file 7: no such file"));
}

#[test]
fn sizes_that_clash_are_named() {
    for (page, block) in [(4096, 8192), (6000, 1024), (65536, 1024)] {
        let bench = Bench::of_files(block, vec![file("/f", 12, "0@100", block, None)]).page_size(page);
        let outcome = bench.try_run(&[read(1)]);
        match outcome {
            Ok(ran) => assert_eq!((page, ran.results()), (65536, &[1][..])),
            Err(error) => assert!(error.to_string().contains(&format!("blocks of {block} bytes"))),
        }
    }
}

#[test]
fn a_task_without_calls_ends_at_once_and_a_sleep_takes_its_time() {
    let ran = Bench::new(4096, "0@1000").run_tasks(&[&[], &[Call::Sleep { duration: COST }]]);
    assert_eq!((ran.time(), ran.outcome.results), (10, vec![vec![], vec![0]]));
}
