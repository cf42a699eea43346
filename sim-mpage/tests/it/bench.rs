//! A test bench: a small machine, described in a line or two, and what came of running it.

use sim_core::io::blocks::{Layout as Placed, Order};
use sim_core::io::{Confused, FileId, Flags, Operation, Reason, Role};
use sim_core::time::Time;
use sim_core::trace::{BufferChange, Event, Memory, Orders, PageChange, ReadaheadRule, Sink, What};
use sim_disk::device::Device;
use sim_disk::ideal::{self, Ideal};
use sim_mpage::call::{Access, Call, Handle};
use sim_mpage::ext2::file_map::Run;
use sim_mpage::ext2::layout::{FileLayout, Layout, volume};
use sim_mpage::ext2::volume::Volume;
use sim_mpage::machine::{BadSectors, BufferState, Machine, MetadataState, PageState, TaskSpec, TimedCall};
use sim_mpage::run::{Outcome, RunError, run};

/// The bench's file.
pub(crate) const F: FileId = FileId(0);
/// The handle that it is open under.
pub(crate) const H: Handle = Handle(0);

/// A machine with one file on an ideal device.
#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) machine: Machine,
}

/// What came of a run.
pub(crate) struct Ran {
    pub(crate) outcome: Outcome,
    pub(crate) events: Vec<What>,
    pub(crate) volume: Volume,
    pub(crate) trace: Vec<Event>,
    queued: String,
    issued: String,
}

/// A file as the grammar of blocks lays it out; it ends with its last block unless `size` is given.
pub(crate) fn file(path: &str, inode: u32, layout: &str, block_size: u32, size: Option<u64>) -> FileLayout {
    let placed: Placed = layout.parse().unwrap();
    let data = placed.runs().iter().filter(|run| run.role == Role::Data);
    let end = data.clone().map(|run| run.first + run.count).max().unwrap_or(0);
    FileLayout {
        path: path.to_owned(),
        inode,
        size: size.unwrap_or(end * u64::from(block_size)),
        runs: data.map(|run| Run { logical: run.first, physical: run.physical, blocks: run.count }).collect(),
        indirect: placed
            .runs()
            .iter()
            .filter(|run| run.role != Role::Data)
            .map(|run| (run.role, run.physical))
            .collect(),
    }
}

impl Bench {
    /// A machine with pages of 4 KiB and blocks of `block_size`.
    pub(crate) fn new(block_size: u32, layout: &str) -> Bench {
        Bench::of_files(block_size, vec![file("/f", 12, layout, block_size, None)])
    }

    pub(crate) fn with_size(block_size: u32, layout: &str, size: u64) -> Bench {
        Bench::of_files(block_size, vec![file("/f", 12, layout, block_size, Some(size))])
    }

    pub(crate) fn of_files(block_size: u32, files: Vec<FileLayout>) -> Bench {
        Bench::on_device(block_size, files, 1 << 21)
    }

    pub(crate) fn on_device(block_size: u32, files: Vec<FileLayout>, device_sectors: u64) -> Bench {
        let volume = volume(Layout { block_size, device_sectors, files }).unwrap();
        let settings = ideal::Settings { sectors: device_sectors, ..ideal::Settings::default() };
        let machine = Machine::new(Device::Ideal(Box::new(Ideal::new(settings))), volume);
        Bench { machine }
    }

    pub(crate) fn page_size(mut self, page_size: u32) -> Bench {
        self.machine.kernel.page_size = page_size;
        self
    }

    pub(crate) fn boundary(mut self, boundary: bool) -> Bench {
        self.machine.kernel.boundary = boundary;
        self
    }

    /// Pages of the file to begin with: up to date, dirty, without buffers.
    pub(crate) fn dirty_pages(mut self, indices: std::ops::Range<u64>) -> Bench {
        self.machine.pages.extend(indices.map(|index| PageState {
            file: F,
            index,
            up_to_date: true,
            dirty: true,
            buffers: None,
        }));
        self
    }

    /// A page with buffers that is up to date and dirty. One letter for each buffer: `d` mapped,
    /// dirty, up to date; `c` mapped, up to date; `s` mapped, dirty, not up to date; `m` mapped, not
    /// up to date; `u` unmapped; `z` unmapped, up to date; `x` unmapped, up to date, dirty.
    pub(crate) fn page_with_buffers(self, index: u64, letters: &str) -> Bench {
        self.page(index, true, letters)
    }

    /// The same of a page that is neither up to date nor dirty.
    pub(crate) fn unread_page(self, index: u64, letters: &str) -> Bench {
        self.page(index, false, letters)
    }

    fn page(mut self, index: u64, ready: bool, letters: &str) -> Bench {
        let buffer = |letter| BufferState {
            mapped: "dcsm".contains(letter),
            up_to_date: "dczx".contains(letter),
            dirty: "dsx".contains(letter),
            new: false,
        };
        let buffers = Some(letters.chars().map(buffer).collect());
        self.machine.pages.push(PageState { file: F, index, up_to_date: ready, dirty: ready, buffers });
        self
    }

    /// A page that is up to date and clean, without buffers.
    pub(crate) fn cached_page(mut self, index: u64) -> Bench {
        let page = PageState { file: F, index, up_to_date: true, dirty: false, buffers: None };
        self.machine.pages.push(page);
        self
    }

    /// An indirect block of the file that is cached.
    pub(crate) fn cached(mut self, role: Role, dirty: bool) -> Bench {
        self.machine.metadata.push(MetadataState { file: F, role, dirty });
        self
    }

    pub(crate) fn bad_block(self, block: u64, times: Option<u64>) -> Bench {
        self.bad(block, None, times)
    }

    /// A block that cannot be read, or written, or (none) both.
    pub(crate) fn bad(mut self, block: u64, operation: Option<Operation>, times: Option<u64>) -> Bench {
        let block_sectors = u64::from(self.machine.volume.block_size) / 512;
        let sector = block * block_sectors;
        self.machine.bad_sectors.push(BadSectors { sector, sectors: block_sectors, operation, times });
        self
    }

    /// Lets `change` change anything of the machine.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Machine)) -> Bench {
        change(&mut self.machine);
        self
    }

    /// Runs these calls in one task.
    pub(crate) fn run(self, calls: &[Call]) -> Ran {
        self.try_run(calls).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn try_run(self, calls: &[Call]) -> Result<Ran, RunError> {
        self.try_run_tasks(&[calls])
    }

    /// Runs several tasks, each with its calls.
    pub(crate) fn run_tasks(self, tasks: &[&[Call]]) -> Ran {
        self.try_run_tasks(tasks).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn try_run_tasks(mut self, tasks: &[&[Call]]) -> Result<Ran, RunError> {
        self.machine.tasks = (0..)
            .zip(tasks)
            .map(|(number, calls)| TaskSpec {
                name: format!("wl{number}"),
                pid: 101 + number,
                start: Time::ZERO,
                setup: vec![TimedCall::once(Call::Open { handle: H, file: F, access: Access::ReadWrite })],
                calls: calls.iter().copied().map(TimedCall::once).collect(),
            })
            .collect();
        let block_sectors = self.machine.volume.block_size / 512;
        let volume = self.machine.volume.clone();
        let mut memory = Memory { details: true, ..Memory::default() };
        let outcome = run(self.machine, &mut memory)?;
        let mut orders = Orders::new(block_sectors);
        memory.events.iter().for_each(|event| orders.record(event));
        Ok(Ran {
            outcome,
            volume,
            queued: Order::from_trace(&orders.queued, |_| None).to_string(),
            issued: Order::from_trace(&orders.issued, |_| None).to_string(),
            events: memory.events.iter().map(|event| event.what.clone()).collect(),
            trace: memory.events,
        })
    }
}

impl Ran {
    /// The order of bios.
    pub(crate) fn bios(&self) -> &str {
        &self.queued
    }

    /// The order of requests at the device.
    pub(crate) fn issued(&self) -> &str {
        &self.issued
    }

    /// What the events say that `look` looks for.
    pub(crate) fn all<T>(&self, look: impl FnMut(&What) -> Option<T>) -> Vec<T> {
        self.events.iter().filter_map(look).collect()
    }

    /// Why each bio was sent.
    pub(crate) fn reasons(&self) -> Vec<Reason> {
        self.all(|what| match what {
            What::Queued { reason, .. } => Some(*reason),
            _ => None,
        })
    }

    /// How many pieces each bio has.
    pub(crate) fn pieces(&self) -> Vec<usize> {
        self.all(|what| match what {
            What::Queued { pieces, .. } => Some(pieces.len()),
            _ => None,
        })
    }

    /// The file's block that the mapping began with which caused each bio; none if another event did.
    pub(crate) fn caused_by_mapping_of(&self) -> Vec<Option<u64>> {
        let bios = self.trace.iter().filter(|event| matches!(event.what, What::Queued { .. }));
        let cause = |event: &Event| self.trace.iter().find(|cause| cause.id == event.because);
        bios.map(|bio| match cause(bio)?.what {
            What::Mapped { block, .. } => Some(block),
            _ => None,
        })
        .collect()
    }

    /// First sector and length of each bio in sectors.
    pub(crate) fn extents(&self) -> Vec<(u64, u32)> {
        self.all(|what| match what {
            What::Queued { sector, sectors, .. } => Some((sector.0, *sectors)),
            _ => None,
        })
    }

    /// Sectors of each bio.
    pub(crate) fn sectors(&self) -> Vec<u32> {
        self.extents().into_iter().map(|(_, sectors)| sectors).collect()
    }

    /// The flags of each bio.
    pub(crate) fn flags(&self) -> Vec<Flags> {
        self.all(|what| match what {
            What::Queued { flags, .. } => Some(*flags),
            _ => None,
        })
    }

    /// Block, blocks asked for and blocks mapped of each `get_block`.
    pub(crate) fn mapped(&self) -> Vec<(u64, u64, i64)> {
        self.all(|what| match what {
            What::Mapped { block, asked, count, .. } => Some((*block, *asked, *count)),
            _ => None,
        })
    }

    /// Rule, start, size and distance of the mark from the end, window by window.
    pub(crate) fn windows(&self) -> Vec<(ReadaheadRule, u64, u64, u64)> {
        self.all(|what| match what {
            What::Readahead { rule, start, size, async_size, .. } => {
                Some((*rule, *start, *size, *async_size))
            }
            _ => None,
        })
    }

    /// The file's pages that this happened to, in order.
    pub(crate) fn pages(&self, wanted: PageChange) -> Vec<u64> {
        self.all(|what| match what {
            What::Page { file: Some(_), index, change } if *change == wanted => Some(*index),
            _ => None,
        })
    }

    /// The metadata blocks that this happened to, in order.
    pub(crate) fn buffers(&self, wanted: BufferChange) -> Vec<u64> {
        self.all(|what| match what {
            What::Buffer { physical, change } if *change == wanted => Some(*physical),
            _ => None,
        })
    }

    /// From the start until all was done, in ns.
    pub(crate) fn time(&self) -> u64 {
        self.outcome.simulated_time.nanoseconds()
    }

    /// What the calls returned.
    pub(crate) fn results(&self) -> &[i64] {
        &self.outcome.results[0]
    }

    /// The rules that made pages confused, in order, each told by the first block read or written.
    pub(crate) fn confused(&self) -> Vec<Confused> {
        let mut rules: Vec<_> = self
            .reasons()
            .into_iter()
            .filter_map(|reason| match reason {
                Reason::FullFolio(rule) | Reason::FullPage(rule) => Some(rule),
                _ => None,
            })
            .collect();
        rules.dedup();
        rules
    }
}

/// Reads from the file's start.
pub(crate) fn read(length: u64) -> Call {
    Call::Read { handle: H, length }
}

/// Starts reading a range.
pub(crate) fn readahead(offset: u64, length: u64) -> Call {
    Call::Readahead { handle: H, offset, length }
}

/// Reads one page at a time is what a read of one page without readahead does.
pub(crate) fn pread(offset: u64, length: u64) -> Call {
    Call::Pread { handle: H, offset, length }
}

/// Writes the file's dirty pages.
pub(crate) fn writeback() -> Call {
    Call::Writeback { file: F }
}
