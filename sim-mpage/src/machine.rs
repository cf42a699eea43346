//! A machine that is ready to run: device, filesystem, kernel settings, workload. Plain data, made
//! by whoever reads scenarios or traces.

use sim_core::io::{FileId, Operation, Role};
use sim_core::task::Precedence;
use sim_core::time::{Duration, Time};
use sim_disk::block;
use sim_disk::device::Device;

use crate::call::Call;
use crate::ext2::volume::Volume;

/// Everything that a run depends on.
#[derive(Clone)]
pub struct Machine {
    /// The device, idle.
    pub device: Device,
    /// The block layer's settings.
    pub queue: block::Settings,
    /// The readahead window of a newly opened file, in pages (`read_ahead_kb`).
    pub read_ahead_pages: u64,
    /// The filesystem on the device.
    pub volume: Volume,
    /// Settings of the kernel.
    pub kernel: KernelSettings,
    /// Pages and buffers to begin with.
    pub pages: Vec<PageState>,
    /// Metadata blocks that are cached to begin with.
    pub metadata: Vec<MetadataState>,
    /// Allocations of bios that fail under readahead: the nth, counted from 1.
    pub failing_bio_allocations: Vec<u64>,
    /// Sectors that fail.
    pub bad_sectors: Vec<BadSectors>,
    /// Calls before recording starts, by a process of its own that keeps its files open; their times
    /// count from the start of the virtual clock.
    pub setup: Vec<TimedCall>,
    /// The process id of that process.
    pub setup_pid: u32,
    /// Calls of that process after the set-ups of all tasks, just before these are let go.
    pub last_setup: Vec<Call>,
    /// When the recording begins, on the virtual clock; at once after the set-up if that takes longer,
    /// or if this is `None`. Inodes are stamped with whole seconds of this clock.
    pub starts_at: Option<Time>,
    /// How long the recording goes on after the last call has returned: time for what the kernel does by
    /// itself. Zero: until nothing is in flight any more.
    pub record_after: Duration,
    /// What becomes of what is still in memory when everything has ended.
    pub at_end: AtEnd,
    /// The tasks of the workload.
    pub tasks: Vec<TaskSpec>,
    /// The master seed.
    pub seed: u64,
    /// From this seed, puts what happens at one instant into a random order: completions, timers,
    /// tasks that become ready. `None`: the order that is promised.
    pub shuffle_ties: Option<u64>,
}

impl Machine {
    /// A machine with this device and this filesystem, nothing to do, and the defaults of Linux 6.1
    /// everywhere else: a readahead window of 128 KiB, pages of 4 KiB, memory without bound, CPU
    /// time for free.
    pub fn new(device: Device, volume: Volume) -> Machine {
        Machine {
            device,
            queue: block::Settings::default(),
            read_ahead_pages: 32,
            volume,
            kernel: KernelSettings::default(),
            pages: Vec::new(),
            metadata: Vec::new(),
            failing_bio_allocations: Vec::new(),
            bad_sectors: Vec::new(),
            setup: Vec::new(),
            setup_pid: 0,
            last_setup: Vec::new(),
            starts_at: None,
            record_after: Duration::ZERO,
            at_end: AtEnd::default(),
            tasks: Vec::new(),
            seed: 0,
            shuffle_ties: None,
        }
    }
}

impl Default for KernelSettings {
    fn default() -> Self {
        KernelSettings {
            page_size: 4096,
            memory_pages: None,
            cpu: CpuCosts::default(),
            precedence: Precedence::default(),
            boundary: true,
            get_block_fills: false,
            max_buffer_heads: None,
            check_contents: true,
            vm: Vm::default(),
            pages_adjacent: false,
        }
    }
}

/// What becomes of what is still in memory when everything has ended. None of it is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtEnd {
    /// It is lost: the device is left as it is.
    #[default]
    PowerOff,
    /// The device's own dirty pages are written, as by whoever reads the device directly.
    DeviceRead,
    /// Everything is written and the filesystem is marked as clean.
    Unmount,
}

/// A task of the workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskSpec {
    /// Its name.
    pub name: String,
    /// Its process id, which the allocator's colour depends on.
    pub pid: u32,
    /// When it starts, counted from the start of the recording.
    pub start: Time,
    /// Its calls before recording starts; what they open stays open. Their times count from the start
    /// of the virtual clock.
    pub setup: Vec<TimedCall>,
    /// Its calls, one after the other.
    pub calls: Vec<TimedCall>,
}

/// A call, the earliest instant at which it may begin, and how often it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedCall {
    /// The call.
    pub call: Call,
    /// Not before this instant, counted from the start of the recording.
    pub not_before: Time,
    /// How often it is made, each time right after the one before: a file is read in pieces with
    /// one such call. To the kernel and the trace it is as if it stood there so many times.
    pub times: u32,
}

impl TimedCall {
    /// A call that is made once, as soon as the one before has returned.
    pub const fn once(call: Call) -> TimedCall {
        TimedCall { call, not_before: Time::ZERO, times: 1 }
    }
}

/// Settings of the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelSettings {
    /// Bytes a page: 4, 16 or 64 KiB.
    pub page_size: u32,
    /// How many pages the cache of files and device may hold; `None`: any number.
    pub memory_pages: Option<u64>,
    /// What CPU time things take.
    pub cpu: CpuCosts,
    /// Which tasks go first.
    pub precedence: Precedence,
    /// Whether `get_block` reports the boundary flag.
    pub boundary: bool,
    /// Whether the filesystem hands out a block's data while mapping it for reading.
    pub get_block_fills: bool,
    /// Above this many buffer heads, writing a page frees its buffers (`buffer_heads_over_limit`).
    pub max_buffer_heads: Option<u64>,
    /// Whether every block that a reader gets is compared with what it must hold; a difference ends
    /// the run.
    pub check_contents: bool,
    /// When dirty pages are written back, and how many there may be.
    pub vm: Vm,
    /// Whether each page lies right behind the one before it in memory, so that a bio's pages are one
    /// segment up to its largest size. Otherwise no two pages are adjacent.
    pub pages_adjacent: bool,
}

/// Settings of writeback; names, units and defaults as under `/proc/sys/vm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vm {
    /// How often the flusher looks for old dirty pages, in hundredths of a second; 0: never.
    pub dirty_writeback_centisecs: u32,
    /// How old they must be, in hundredths of a second.
    pub dirty_expire_centisecs: u32,
    /// Above so many percent of memory in dirty pages the flusher writes in the background.
    pub dirty_background_ratio: u32,
    /// The same in bytes; takes the place of the ratio.
    pub dirty_background_bytes: Option<u64>,
    /// Above so many percent of memory in dirty pages, those under writeback included, a writer waits.
    pub dirty_ratio: u32,
    /// The same in bytes; takes the place of the ratio.
    pub dirty_bytes: Option<u64>,
    /// Percent of the background limit that is the device's share in any case (`min_ratio` of the
    /// device, not under `/proc/sys/vm`).
    pub bdi_min_ratio: u32,
    /// Bytes of memory that the ratios are of, where the cache is not bounded.
    pub memory_bytes: u64,
    /// Whether writers wait at all.
    pub throttling: bool,
}

impl Default for Vm {
    fn default() -> Self {
        Vm {
            dirty_writeback_centisecs: 500,
            dirty_expire_centisecs: 3000,
            dirty_background_ratio: 10,
            dirty_background_bytes: None,
            dirty_ratio: 20,
            dirty_bytes: None,
            bdi_min_ratio: 0,
            memory_bytes: 1500 << 20,
            throttling: true,
        }
    }
}

/// CPU time that is spent on the virtual clock.
// [cpu.default]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuCosts {
    /// A system call.
    pub system_call: Duration,
    /// A task that slept gets the CPU again.
    pub wake: Duration,
    /// Readahead adds a page, before it is there.
    pub add_page: Duration,
    /// A page is copied by `read` or `write`.
    pub copy_page: Duration,
    /// A page of the device's cache gets its buffers.
    pub buffers: Duration,
    /// A bio, before it is queued.
    pub bio: Duration,
    /// A sector of a request that is issued, after it was issued.
    pub issue_sector: Duration,
}

/// A state that a page is in when the run begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageState {
    /// The file.
    pub file: FileId,
    /// The page's index in it.
    pub index: u64,
    /// Whether it holds valid data.
    pub up_to_date: bool,
    /// Whether it is marked dirty.
    pub dirty: bool,
    /// Its buffers, one a block, if it has any.
    pub buffers: Option<Vec<BufferState>>,
}

/// A state that a buffer of a file's page is in when the run begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BufferState {
    /// Mapped to the block that the file's map gives (an error if that is a hole).
    pub mapped: bool,
    /// It holds valid data.
    pub up_to_date: bool,
    /// It is to be written.
    pub dirty: bool,
    /// Just allocated.
    pub new: bool,
}

/// A metadata block of a file that is cached, up to date, when the run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetadataState {
    /// The file.
    pub file: FileId,
    /// Which of its indirect blocks.
    pub role: Role,
    /// Whether it is to be written.
    pub dirty: bool,
}

/// Sectors that fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadSectors {
    /// The first one.
    pub sector: u64,
    /// How many.
    pub sectors: u64,
    /// Which operation fails on them; none: both.
    pub operation: Option<Operation>,
    /// How often a request fails on them before they work; `None`: always.
    pub times: Option<u64>,
}
