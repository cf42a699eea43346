//! From a machine's description to a kernel that is ready to run.

use std::cell::{Cell, RefCell};

use sim_core::io::{FileId, Sector};
use sim_core::queue::EventQueue;
use sim_core::task::{TaskId, Tasks};
use sim_core::time::{Duration, Time};
use sim_core::trace::{Detail, Tracer};
use sim_disk::block::BlockLayer;
use sim_disk::faults::{Fault, Faults};

use super::RunError;
use crate::buffer_cache::{BufferCache, Owner, adopt_block, set_page_dirty};
use crate::ext2::block_set::BlockSet;
use crate::ext2::file_map::FileMap;
use crate::ext2::mount::Mount;
use crate::ext2::oracle::Oracle;
use crate::ext2::path::{block_to_path, pointers_per_block};
use crate::ext2::volume::{Volume, VolumeFile};
use crate::inode::dirty_list::DirtyList;
use crate::inode::errors::ErrorState;
use crate::inode::locks::{InodeLock, SleepLock};
use crate::inode::timer::FlusherState;
use crate::inode::times::Times;
use crate::inode::{AddressSpaces, Inode};
use crate::kernel::{Kernel, Sizes};
use crate::machine::{AtEnd, BadSectors, Machine, MetadataState, PageState, TaskSpec, TimedCall};
use crate::medium::Medium;
use crate::page::buffers::BufferRef;
use crate::page::stamps::PageStamps;
use crate::page::store::PageCache;
use crate::page::tables::PageTables;
use crate::page::wait::PageWaits;
use crate::page::{Mapping, Mark, PageRef};
use crate::submit::{Bios, InDevice, Plugs};

/// What is to be run, and with what in the cache.
pub(super) struct Workload {
    pub(super) setup: Vec<TimedCall>,
    pub(super) setup_pid: u32,
    pub(super) task_setups: Vec<Vec<TimedCall>>,
    pub(super) last_setup: Vec<TimedCall>,
    pub(super) starts_at: Option<Time>,
    pub(super) at_end: AtEnd,
    pub(super) record_after: Duration,
    pub(super) tasks: Vec<TaskSpec>,
    pub(super) read_ahead_pages: u64,
    pub(super) shuffle_ties: Option<u64>,
    volume: Volume,
    pages: Vec<PageState>,
    metadata: Vec<MetadataState>,
}

/// The kernel of a machine, and what it is to run.
pub(super) fn kernel_of(machine: Machine, detail: Detail) -> Result<(Kernel, Workload), RunError> {
    let sizes = sizes(&machine)?;
    let mut failing = machine.failing_bio_allocations;
    failing.sort_unstable();
    let kernel = Kernel {
        queue: machine.queue,
        sizes,
        now: Cell::new(Time::ZERO),
        recording_since: Cell::new(None),
        tasks: Tasks::new(machine.kernel.precedence),
        worker: Cell::new(TaskId(0)),
        timers: RefCell::new(EventQueue::new()),
        trace: RefCell::new(Tracer::new(detail)),
        told: Cell::default(),
        device: RefCell::new(machine.device),
        faults: RefCell::new(faults(&machine.bad_sectors)),
        medium: RefCell::new(Medium::new(machine.volume.base.clone())),
        block: RefCell::new(BlockLayer::new(machine.queue, sizes.page)?),
        in_device: RefCell::new(InDevice::default()),
        bios: RefCell::new(Bios::default()),
        plugs: RefCell::new(Plugs::default()),
        pages: PageCache::default(),
        stamps: PageStamps::new(sizes.blocks_per_page),
        oracle: RefCell::new(Oracle::new(&machine.volume)),
        waits: PageWaits::default(),
        buffer_cache: BufferCache::default(),
        inodes: machine.volume.files.iter().map(inode_of).collect(),
        spaces: AddressSpaces::new(machine.volume.files.len()),
        dirty_inodes: DirtyList::new(machine.volume.files.len()),
        flusher: FlusherState::default(),
        tables: PageTables::default(),
        mount: Mount::new(&machine.volume),
        filesystem_errors: ErrorState::default(),
        epoch: epoch(&machine.volume),
        pids: RefCell::default(),
        writes: Cell::new(0),
        mixtures: RefCell::default(),
        bio_allocations: Cell::new(0),
        failing_bio_allocations: failing,
        failure: RefCell::new(None),
        settings: machine.kernel,
    };
    let workload = Workload {
        setup: machine.setup,
        setup_pid: machine.setup_pid,
        task_setups: machine.tasks.iter().map(|task| task.setup.clone()).collect(),
        last_setup: machine.last_setup.into_iter().map(TimedCall::once).collect(),
        starts_at: machine.starts_at,
        at_end: machine.at_end,
        record_after: machine.record_after,
        tasks: machine.tasks,
        read_ahead_pages: machine.read_ahead_pages,
        shuffle_ties: machine.shuffle_ties,
        volume: machine.volume,
        pages: machine.pages,
        metadata: machine.metadata,
    };
    Ok((kernel, workload))
}

/// A file's inode as it stands on the device.
fn inode_of(file: &VolumeFile) -> Inode {
    Inode {
        number: file.inode,
        size: Cell::new(file.size),
        pointers: RefCell::new(file.pointers),
        sectors: Cell::new(file.sectors),
        times: Cell::new(Times { mtime: file.mtime, ctime: file.ctime }),
        is_known: Cell::new(false),
        tied: RefCell::default(),
        lock: InodeLock::default(),
        allocation: SleepLock::default(),
    }
}

/// The second of the calendar at which the virtual clock starts: after everything that the filesystem
/// tells of, so that every stamp in it is older.
fn epoch(volume: &Volume) -> u32 {
    let of_files = volume.files.iter().map(|file| file.mtime.max(file.ctime));
    of_files.max().unwrap_or(0).max(volume.superblock.written_at).saturating_add(1)
}

fn sizes(machine: &Machine) -> Result<Sizes, RunError> {
    let (page, block) = (machine.kernel.page_size, machine.volume.block_size);
    let fits = page.is_power_of_two() && block.is_power_of_two() && block >= 1024 && block <= page;
    match u16::try_from(page / block.max(1)) {
        Ok(blocks_per_page) if fits => Ok(Sizes {
            page,
            page_bits: page.trailing_zeros(),
            block,
            block_bits: block.trailing_zeros(),
            blocks_per_page,
            device_sectors: machine.volume.device_sectors,
        }),
        _ => Err(RunError::Sizes { page, block }),
    }
}

fn faults(bad: &[BadSectors]) -> Faults {
    let mut faults = Faults::new();
    for &BadSectors { sector, sectors, operation, times } in bad {
        faults.add(Fault { sector: Sector(sector), sectors, operation, times });
    }
    faults
}

/// Puts the pages and blocks into the cache that the run is to begin with.
// [state.pages]
pub(super) fn apply_states(k: &Kernel, workload: &Workload) -> Result<(), RunError> {
    for state in &workload.metadata {
        apply_metadata(k, workload, state)?;
    }
    for state in &workload.pages {
        apply_page(k, workload, state)?;
    }
    Ok(())
}

fn map_of(workload: &Workload, file: FileId) -> Result<FileMap, RunError> {
    let unreadable = |message: String| RunError::PageState(format!("file {file}: {message}"));
    let volume_file = workload.volume.files.get(file.0 as usize);
    let volume_file = volume_file.ok_or_else(|| unreadable("no such file".to_owned()))?;
    let volume = &workload.volume;
    FileMap::read(&*volume.base, &volume.superblock, volume_file, &mut BlockSet::default())
        .map_err(|error| unreadable(error.to_string()))
}

fn apply_metadata(k: &Kernel, workload: &Workload, state: &MetadataState) -> Result<(), RunError> {
    let map = map_of(workload, state.file)?;
    let place = map.indirect.iter().find(|(role, _)| *role == state.role);
    let Some(&(role, physical)) = place else {
        return Err(RunError::PageState(format!("file {} has no block `{}`", state.file, state.role)));
    };
    adopt_block(k, physical, Owner { file: Some(state.file), role }, state.dirty);
    Ok(())
}

fn apply_page(k: &Kernel, workload: &Workload, state: &PageState) -> Result<(), RunError> {
    let mapping = Mapping::of(state.file);
    if k.pages.find(mapping, state.index).is_some() {
        return Err(RunError::PageState(format!("page {} is there already", state.index)));
    }
    if state.dirty && !state.up_to_date && state.buffers.is_none() {
        let what = format!("page {} is dirty, but nothing was read into it", state.index);
        return Err(RunError::PageState(what));
    }
    let page = k.pages.add(mapping, state.index);
    k.pages.clear(page, Mark::Locked);
    if state.up_to_date {
        k.pages.set(page, Mark::UpToDate);
    }
    if state.dirty {
        set_page_dirty(k, page);
    }
    fill(k, page, state)?;
    let Some(buffers) = &state.buffers else { return Ok(()) };
    if buffers.len() != usize::from(k.sizes.blocks_per_page) {
        let (given, wanted) = (buffers.len(), k.sizes.blocks_per_page);
        return Err(RunError::PageState(format!("{given} buffers for a page of {wanted} blocks")));
    }
    // [state.buffers]
    k.pages.create_empty_buffers(page, k.sizes.blocks_per_page, 0);
    let map = map_of(workload, state.file)?;
    for (number, given) in (0..).zip(buffers) {
        let block = state.index * u64::from(k.sizes.blocks_per_page) + u64::from(number);
        let physical = if given.mapped {
            Some(physical_of(&map, block).ok_or_else(|| {
                RunError::PageState(format!("block {block} is a hole and cannot be mapped"))
            })?)
        } else {
            None
        };
        let boundary = physical.is_some() && k.settings.boundary && ends_its_array(k, block);
        k.pages.change_buffer(BufferRef { page, number }, |buffer| {
            buffer.physical = physical;
            buffer.up_to_date = given.up_to_date;
            buffer.dirty = given.dirty;
            buffer.new = given.new;
            buffer.boundary = boundary;
        });
    }
    Ok(())
}

/// What is up to date holds what a reader must get, even if it is dirty.
fn fill(k: &Kernel, page: PageRef, state: &PageState) -> Result<(), RunError> {
    let blocks_per_page = k.sizes.blocks_per_page;
    for number in 0..blocks_per_page {
        let of_buffer = state.buffers.as_ref().and_then(|buffers| buffers.get(usize::from(number)));
        if state.up_to_date || of_buffer.is_some_and(|buffer| buffer.up_to_date) {
            let block = state.index * u64::from(blocks_per_page) + u64::from(number);
            let stamp = k.oracle.borrow_mut().expected(state.file, block)?;
            k.stamps.set(BufferRef { page, number }, stamp);
        }
    }
    Ok(())
}

fn physical_of(map: &FileMap, block: u64) -> Option<u64> {
    let run = map.runs.iter().find(|run| (run.logical..run.logical + run.blocks).contains(&block))?;
    Some(run.physical + (block - run.logical))
}

fn ends_its_array(k: &Kernel, block: u64) -> bool {
    block_to_path(block, pointers_per_block(k.sizes.block)).is_ok_and(|path| path.blocks_to_boundary == 0)
}
