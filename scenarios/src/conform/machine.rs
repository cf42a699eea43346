//! The machine that a trace was recorded on.

use sim_core::io::Role;
use sim_core::task::Precedence;
use sim_core::time::{Duration, Time};
use sim_disk::block::{Iosched, SchedulerKind, Settings};
use sim_disk::device::Device;
use sim_disk::ideal::{self, Ideal};
use sim_mpage::call::Call;
use sim_mpage::ext2::file_map::Run;
use sim_mpage::ext2::layout::{self, FileLayout, Layout};
use sim_mpage::ext2::volume::Volume;
use sim_mpage::machine::{AtEnd, KernelSettings, Machine, TaskSpec, TimedCall, Vm};

use super::images::Images;
use super::recorded::{Process, Recorded, RecordedDevice, RecordedFile, RecordedIosched};
use crate::calls::{FileNames, Handles, parse_call};
use crate::prepare::preset_costs;
use crate::scenario::kernel::CpuPreset;

/// How long recording goes on after the last call.
const RECORDED_AFTER: Duration = Duration::from_nanoseconds(20_000_000);

/// The machine of a trace; a text that says why there is none.
pub(super) fn of(recorded: &Recorded, images: &Images) -> Result<Machine, String> {
    let processes = recorded.processes();
    let tasks = processes.iter().map(|(name, process)| task(recorded, name, process));
    let setup = match recorded.tasks {
        Some(_) => {
            timed(&calls(recorded, &recorded.setup, &mut Handles::new())?, &recorded.setup_at_us, Time::ZERO)?
        }
        // It is the task's own.
        None => Vec::new(),
    };
    Ok(Machine {
        queue: queue(&recorded.device)?,
        read_ahead_pages: u64::from(recorded.device.read_ahead_kb) * 1024
            / u64::from(recorded.page_size.max(1)),
        kernel: kernel(recorded)?,
        setup,
        setup_pid: recorded.pid,
        last_setup: if recorded.drop_after_setup { vec![Call::Drop] } else { Vec::new() },
        starts_at: starts_at(recorded)?,
        record_after: RECORDED_AFTER,
        at_end: if recorded.files_after.is_some() { AtEnd::DeviceRead } else { AtEnd::PowerOff },
        tasks: tasks.collect::<Result<_, _>>()?,
        ..Machine::new(device(&recorded.device)?, volume(recorded, images)?)
    })
}

fn kernel(recorded: &Recorded) -> Result<KernelSettings, String> {
    Ok(KernelSettings {
        page_size: recorded.page_size,
        cpu: preset_costs(CpuPreset::Recorded),
        precedence: match recorded.policy.as_deref() {
            Some("fifo") => Precedence::ProcessesFirst,
            _ => Precedence::WorkerFirst,
        },
        boundary: recorded.boundary,
        vm: vm(recorded)?,
        pages_adjacent: recorded.device.pages_adjacent,
        ..KernelSettings::default()
    })
}

/// Settings of writeback. The recordings do not hold writers back.
fn vm(recorded: &Recorded) -> Result<Vm, String> {
    let mut vm = Vm { throttling: false, bdi_min_ratio: recorded.device.bdi_min_ratio, ..Vm::default() };
    for (name, &value) in &recorded.vm {
        let number = u32::try_from(value).map_err(|_| format!("an impossible {name}: {value}"));
        match name.as_str() {
            "dirty_writeback_centisecs" => vm.dirty_writeback_centisecs = number?,
            "dirty_expire_centisecs" => vm.dirty_expire_centisecs = number?,
            "dirty_background_ratio" => vm.dirty_background_ratio = number?,
            "dirty_ratio" => vm.dirty_ratio = number?,
            "dirty_background_bytes" => vm.dirty_background_bytes = Some(value),
            "dirty_bytes" => vm.dirty_bytes = Some(value),
            _ => return Err(format!("unknown setting /proc/sys/vm/{name}")),
        }
    }
    Ok(vm)
}

/// When the first of the recorded calls began.
fn starts_at(recorded: &Recorded) -> Result<Option<Time>, String> {
    let processes = recorded.processes();
    let firsts = processes.iter().filter_map(|(_, process)| process.ops_at_us.first());
    firsts.min().map(|&at| instant(at)).transpose()
}

fn task(recorded: &Recorded, name: &str, process: &Process<'_>) -> Result<TaskSpec, String> {
    let mut handles = Handles::new();
    let setup = calls(recorded, process.setup, &mut handles)?;
    let calls = calls(recorded, process.ops, &mut handles)?;
    // Of several processes only the start counts: when their calls began is an outcome.
    let at_us = if recorded.tasks.is_some() { &[] } else { process.ops_at_us };
    let first = at_us.first().map_or(Ok(Time::ZERO), |&at| instant(at))?;
    Ok(TaskSpec {
        name: name.to_owned(),
        pid: process.pid,
        start: Time::ZERO,
        setup: timed(&setup, process.setup_at_us, Time::ZERO)?,
        calls: timed(&calls, at_us, first)?,
    })
}

fn calls(recorded: &Recorded, texts: &[String], handles: &mut Handles) -> Result<Vec<Call>, String> {
    let mut files = FileNames::fixed(recorded.files.iter().map(|file| &file.path));
    let parsed = texts.iter().map(|text| parse_call(text, &mut files, handles));
    parsed.collect::<Result<_, _>>().map_err(|error| error.to_string())
}

/// An instant on the clock of a trace, which begins with a whole second.
fn instant(at_us: u64) -> Result<Time, String> {
    let after = Duration::from_microseconds(at_us).and_then(|after| Time::ZERO.checked_add(after));
    after.ok_or_else(|| format!("a call at an impossible time: {at_us} us"))
}

/// Calls with the instants that they began at, counted from `origin`; those that are told no time
/// begin when they can.
fn timed(calls: &[Call], at_us: &[u64], origin: Time) -> Result<Vec<TimedCall>, String> {
    let timed = calls.iter().enumerate().map(|(number, &call)| {
        let at = at_us.get(number).map_or(Ok(origin), |&at| instant(at))?;
        let after = at.since(origin).unwrap_or(Duration::ZERO);
        Ok(TimedCall { not_before: Time::from_nanoseconds(after.nanoseconds()), ..TimedCall::once(call) })
    });
    timed.collect()
}

fn device(device: &RecordedDevice) -> Result<Device, String> {
    let latency = Duration::from_microseconds(device.latency_us).ok_or("an impossible latency")?;
    Ok(Device::Ideal(Box::new(Ideal::new(ideal::Settings {
        sectors: device.sectors,
        latency,
        per_sector: Duration::ZERO,
        queue_depth: device.queue_depth,
    }))))
}

fn queue(device: &RecordedDevice) -> Result<Settings, String> {
    let scheduler = match device.scheduler.as_str() {
        "none" => SchedulerKind::None,
        "mq-deadline" => SchedulerKind::MqDeadline,
        other => return Err(format!("unknown scheduler {other:?}")),
    };
    Ok(Settings {
        scheduler,
        max_sectors_kb: device.max_sectors_kb,
        max_segments: device.max_segments,
        logical_block_size: device.logical_block_size,
        physical_block_size: device.physical_block_size,
        nr_requests: device.nr_requests,
        queue_depth: device.queue_depth,
        nomerges: device.nomerges,
        blocking: true,
        iosched: device.iosched.as_ref().map_or_else(Iosched::default, iosched),
        ..Settings::default()
    })
}

fn iosched(recorded: &RecordedIosched) -> Iosched {
    Iosched {
        read_expire: recorded.read_expire,
        write_expire: recorded.write_expire,
        fifo_batch: recorded.fifo_batch,
        writes_starved: recorded.writes_starved,
        front_merges: recorded.front_merges != 0,
        async_depth: Some(recorded.async_depth),
    }
}

/// The filesystem: that of the image, or a described one.
fn volume(recorded: &Recorded, images: &Images) -> Result<Volume, String> {
    let Some(name) = &recorded.image else { return described(recorded) };
    let image = images.find(&recorded.directory, name)?;
    let (block_size, sectors) = (image.superblock().block_size(), image.device_sectors());
    if block_size != recorded.block_size || sectors > recorded.device.sectors {
        return Err(format!(
            "image {name} has {sectors} sectors and blocks of {block_size} bytes, the trace {} and {}",
            recorded.device.sectors, recorded.block_size
        ));
    }
    let paths: Vec<&str> = recorded.files.iter().map(|file| file.path.as_str()).collect();
    image.volume(&paths).map_err(|wrong| {
        let wrong: Vec<String> = wrong.iter().map(|(_, error)| error.in_full()).collect();
        format!("image {name}: {}", wrong.join("; "))
    })
}

fn described(recorded: &Recorded) -> Result<Volume, String> {
    let files = recorded.files.iter().map(file_layout).collect::<Result<_, _>>()?;
    let layout = Layout { block_size: recorded.block_size, device_sectors: recorded.device.sectors, files };
    layout::volume(layout).map_err(|error| error.to_string())
}

fn file_layout(file: &RecordedFile) -> Result<FileLayout, String> {
    let indirect = file.indirect.iter().map(|(role, &physical)| {
        let role: Role = role.parse().map_err(|_| format!("unknown role {role:?}"))?;
        Ok((role, physical))
    });
    Ok(FileLayout {
        path: file.path.clone(),
        inode: file.inode,
        size: file.size,
        runs: file
            .runs
            .iter()
            .map(|&[logical, physical, blocks]| Run { logical, physical, blocks })
            .collect(),
        indirect: indirect.collect::<Result<_, String>>()?,
    })
}
