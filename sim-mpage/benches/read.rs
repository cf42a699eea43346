//! How fast files are read, and in how much memory.
//!
//! One process reads a described file that lies in one piece (`contiguous`), blocks and pages of
//! 4 KiB, sequentially from its start, by system calls of 128 KiB or 4 KiB; readahead windows of
//! 128 KiB, a page cache of 64 MiB, the device `ideal`, system calls that take no CPU time; nothing
//! is kept of the trace, while digests and figures are made. An element is a page: found, read
//! ahead, mapped, put into a bio and a request, completed, copied, reclaimed. Making the machine is
//! not timed.
//!
//! Cargo builds benches to unwind on a panic, while the program aborts: with a call a page that costs
//! about a fifth, with larger calls nearly nothing.
//!
//! Before that the process's resident memory is told (the peak, from `/proc/self/status`, where
//! there is one) after runs over larger and larger files: it must not grow with what is read. Of the
//! largest one only the first 4 GiB are read.

#![allow(
    missing_docs,
    clippy::disallowed_macros,
    reason = "criterion's macros make public functions; a bench prints"
)]

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group};
use sim_core::io::FileId;
use sim_core::time::Time;
use sim_core::trace::Nothing;
use sim_disk::ideal::{Ideal, Settings};
use sim_mpage::call::{Access, Call, Handle};
use sim_mpage::ext2::layout::{FileLayout, Layout, contiguous, first_file_block, volume};
use sim_mpage::machine::{KernelSettings, Machine, TaskSpec, TimedCall};
use sim_mpage::run::run;

const PAGE: u64 = 4096;
const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;
const HANDLE: Handle = Handle(0);

/// A machine with one file of `size` bytes, of which the first `read` ones are read in pieces of
/// `piece`.
fn machine(size: u64, read: u64, piece: u64) -> Machine {
    // Room for the indirect blocks and the filesystem's own.
    let device_sectors = (size + size / 64 + (64 << 20)) / 512;
    let block_size = 4096;
    let start = first_file_block(block_size, device_sectors);
    let start = start.unwrap_or_else(|error| unreachable!("{error}"));
    let placed = contiguous(start, size / PAGE, block_size);
    let placed = placed.unwrap_or_else(|error| unreachable!("{error}"));
    let (runs, indirect) = (placed.runs, placed.indirect);
    let file = FileLayout { path: "/f".to_owned(), inode: 12, size, runs, indirect };
    let volume = volume(Layout { block_size, device_sectors, files: vec![file] });
    let volume = volume.unwrap_or_else(|error| unreachable!("{error}"));
    let times = u32::try_from(read / piece).unwrap_or(u32::MAX);
    let reads = TimedCall { times, ..TimedCall::once(Call::Read { handle: HANDLE, length: piece }) };
    let setup = vec![TimedCall::once(Call::Open { handle: HANDLE, file: FileId(0), access: Access::Read })];
    let (name, start, calls) = ("reader".to_owned(), Time::ZERO, vec![reads]);
    let device = Ideal::new(Settings { sectors: device_sectors, ..Settings::default() });
    Machine {
        kernel: KernelSettings {
            memory_pages: Some(16384),
            check_contents: false,
            ..KernelSettings::default()
        },
        tasks: vec![TaskSpec { name, pid: 100, start, setup, calls }],
        ..Machine::new(device.into(), volume)
    }
}

fn read_all(machine: Machine, read: u64) {
    match run(machine, &mut Nothing) {
        Ok(outcome) => assert_eq!(outcome.results, [[read.cast_signed()]]),
        Err(error) => unreachable!("{error}"),
    }
}

fn sequential(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read 4 GiB sequentially");
    group.throughput(Throughput::Elements(4 * GIB / PAGE)).sample_size(10);
    for piece in [128 << 10, 4 << 10] {
        let machine = machine(4 * GIB, 4 * GIB, piece);
        let name = format!("{} KiB a call", piece >> 10);
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            let setup = || machine.clone();
            bencher.iter_batched(setup, |machine| read_all(machine, 4 * GIB), BatchSize::PerIteration);
        });
    }
    group.finish();
}

/// The most memory that this process has had resident so far, in KiB.
fn resident_peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

fn resident() {
    for (size, read) in [(4 * GIB, 4 * GIB), (64 * GIB, 64 * GIB), (TIB, 4 * GIB)] {
        read_all(machine(size, read, 4 << 10), read);
        if let Some(peak) = resident_peak_kib() {
            println!("{} GiB of a file of {} GiB read: {peak} KiB resident at most", read / GIB, size / GIB);
        }
    }
}

criterion_group!(benches, sequential);

fn main() {
    resident();
    benches();
    Criterion::default().configure_from_args().final_summary();
}
