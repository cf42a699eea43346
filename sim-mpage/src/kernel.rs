//! The kernel's state: one struct, fields only. Every task borrows it; each field belongs to the
//! room that its type comes from.

use std::cell::{Cell, RefCell};

use sim_core::io::FileId;
use sim_core::queue::EventQueue;
use sim_core::task::{TaskId, Tasks};
use sim_core::time::Time;
use sim_core::trace::{Tracer, What};
use sim_disk::block::{BlockLayer, Settings};
use sim_disk::device::Device;
use sim_disk::faults::Faults;

use crate::buffer_cache::BufferCache;
use crate::ext2::mount::Mount;
use crate::ext2::oracle::Oracle;
use crate::failure::RunError;
use crate::inode::dirty_list::DirtyList;
use crate::inode::errors::ErrorState;
use crate::inode::timer::FlusherState;
use crate::inode::{AddressSpaces, Inode};
use crate::machine::KernelSettings;
use crate::medium::Medium;
use crate::medium::stamp::Mixtures;
use crate::page::Mapping;
use crate::page::stamps::PageStamps;
use crate::page::store::PageCache;
use crate::page::tables::PageTables;
use crate::page::wait::PageWaits;
use crate::submit::{Bios, InDevice, Plugs};

/// The simulated machine's kernel, and the device below it.
pub struct Kernel {
    /// Settings that do not change during a run.
    pub settings: KernelSettings,
    /// The queue's settings.
    pub queue: Settings,
    /// Sizes of blocks and pages, and the device's end.
    pub sizes: Sizes,
    /// The instant that the virtual clock shows.
    pub now: Cell<Time>,
    /// When the recorded part began; `None` before that.
    pub recording_since: Cell<Option<Time>>,
    /// Who can run and who sleeps.
    pub tasks: Tasks<WaitsFor>,
    /// The block layer's kernel worker.
    pub worker: Cell<TaskId>,
    /// What tasks have asked the clock for.
    pub timers: RefCell<EventQueue<Timer>>,
    /// What happened.
    pub trace: RefCell<Tracer>,
    /// Room for what the block layer tells, empty between its calls.
    pub told: Cell<Vec<What>>,
    /// The device.
    pub device: RefCell<Device>,
    /// Its bad sectors.
    pub faults: RefCell<Faults>,
    /// What is on the device.
    pub medium: RefCell<Medium>,
    /// The road to the device.
    pub block: RefCell<BlockLayer>,
    /// Requests in the device.
    pub in_device: RefCell<InDevice>,
    /// Bios that have not ended.
    pub bios: RefCell<Bios>,
    /// Each task's plug.
    pub plugs: RefCell<Plugs>,
    /// Pages of files and device.
    pub pages: PageCache,
    /// What the pages of files hold.
    pub stamps: PageStamps,
    /// What readers of files must get.
    pub oracle: RefCell<Oracle>,
    /// Who waits for pages and buffers.
    pub waits: PageWaits,
    /// Metadata in the device's own pages.
    pub buffer_cache: BufferCache,
    /// The files' inodes, by number of the file.
    pub inodes: Vec<Inode>,
    /// What files and device have in common, by mapping.
    pub spaces: AddressSpaces,
    /// Which inodes are dirty.
    pub dirty_inodes: DirtyList,
    /// What the flusher is to do.
    pub flusher: FlusherState,
    /// Which pages processes reach through mappings.
    pub tables: PageTables,
    /// The mounted filesystem.
    pub mount: Mount,
    /// Errors of all its files and of its metadata.
    pub filesystem_errors: ErrorState,
    /// The second of the calendar at which the virtual clock starts.
    pub epoch: u32,
    /// The process ids of the tasks, by task; 0 for kernel threads.
    pub pids: RefCell<Vec<u32>>,
    /// Calls and stores that have written so far.
    pub writes: Cell<u32>,
    /// Contents of blocks that were written in part.
    pub mixtures: RefCell<Mixtures>,
    /// Allocations of bios under readahead so far.
    pub bio_allocations: Cell<u64>,
    /// Those that fail, counted from 1, in ascending order.
    pub failing_bio_allocations: Vec<u64>,
    /// What ended the run before its time.
    pub failure: RefCell<Option<RunError>>,
}

/// Sizes that everything is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Bytes a page.
    pub page: u32,
    /// The power of two that is a page.
    pub page_bits: u32,
    /// Bytes a block.
    pub block: u32,
    /// The power of two that is a block (`blkbits`).
    pub block_bits: u32,
    /// Blocks a page.
    pub blocks_per_page: u16,
    /// Sectors on the device.
    pub device_sectors: u64,
}

impl Sizes {
    /// Sectors a block.
    pub const fn block_sectors(&self) -> u32 {
        self.block / 512
    }

    /// How many blocks hold so many bytes.
    #[inline]
    pub const fn blocks_of(&self, bytes: u64) -> u64 {
        // A block's size is a power of two.
        (bytes >> self.block_bits) + (bytes & (self.block as u64 - 1) != 0) as u64
    }

    /// Sectors a page.
    pub const fn page_sectors(&self) -> u32 {
        self.page / 512
    }
}

/// What the clock does when a timer runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// A task has spent its CPU time.
    Resume(TaskId),
    /// A task has slept long enough.
    Wake(TaskId),
    /// The flusher looks for old dirty pages; its timers are numbered.
    Flusher(u32),
}

/// What a task sleeps for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    /// A page's lock to be taken off, or to be had.
    Page(crate::page::PageRef),
    /// A page's write to end.
    Writeback(crate::page::PageRef),
    /// A buffer's lock to be taken off, or to be had.
    Buffer(crate::page::buffers::BufferRef),
    /// An inode's lock.
    Inode(FileId),
    /// The right to allocate in a file.
    Allocation(FileId),
    /// The right to write an inode.
    InodeWritten(Mapping),
    /// A run of the flusher to end.
    Run,
    /// A tag for a request.
    Tag,
    /// The clock.
    Time,
    /// A page to come out of writeback, for memory.
    Memory,
    /// Something to do (a kernel thread).
    Work,
}
