//! The machine that a trace was recorded on.

use sim_core::io::Role;
use sim_core::task::Precedence;
use sim_core::time::{Duration, Time};
use sim_disk::block::{Iosched, SchedulerKind, Settings};
use sim_disk::device::Device;
use sim_disk::ideal::{self, Ideal};
use sim_mpage::call::Call;
use sim_mpage::ext2::file_map::Run;
use sim_mpage::ext2::layout::{FileLayout, Layout, volume};
use sim_mpage::ext2::volume::Volume;
use sim_mpage::machine::{KernelSettings, Machine, TaskSpec, TimedCall};

use super::recorded::{Process, Recorded, RecordedDevice, RecordedFile, RecordedIosched};
use crate::calls::{FileNames, Handles, parse_call};
use crate::prepare::preset_costs;
use crate::scenario::kernel::CpuPreset;

/// The machine of a trace; a text that says what is not built if the trace needs more.
pub(super) fn of(recorded: &Recorded) -> Result<Machine, String> {
    refuse_what_is_not_built(recorded)?;
    let processes = recorded.processes();
    let tasks = processes.iter().map(|(name, process)| task(recorded, name, process));
    let first_op = processes.first().and_then(|(_, process)| process.ops_at_us.first());
    let several = recorded.tasks.is_some();
    Ok(Machine {
        queue: queue(&recorded.device)?,
        read_ahead_pages: u64::from(recorded.device.read_ahead_kb) * 1024
            / u64::from(recorded.page_size.max(1)),
        kernel: KernelSettings {
            page_size: recorded.page_size,
            cpu: preset_costs(CpuPreset::Recorded),
            precedence: match recorded.policy.as_deref() {
                Some("fifo") => Precedence::ProcessesFirst,
                _ => Precedence::WorkerFirst,
            },
            boundary: recorded.boundary,
            ..KernelSettings::default()
        },
        setup: if several {
            setup(calls(recorded, &recorded.setup, &mut Handles::new())?)
        } else {
            Vec::new()
        },
        last_setup: if recorded.drop_after_setup { vec![Call::Drop] } else { Vec::new() },
        starts_at: first_op.and_then(|&at| Time::ZERO.checked_add(Duration::from_microseconds(at)?)),
        tasks: tasks.collect::<Result<_, _>>()?,
        ..Machine::new(device(&recorded.device)?, described(recorded)?)
    })
}

fn task(recorded: &Recorded, name: &str, process: &Process<'_>) -> Result<TaskSpec, String> {
    let mut handles = Handles::new();
    let setup = calls(recorded, process.setup, &mut handles)?;
    let calls = calls(recorded, process.ops, &mut handles)?;
    // Of several processes only the start counts: when their calls began is an outcome.
    let at_us = if recorded.tasks.is_some() { &[] } else { process.ops_at_us };
    let calls = timed(&calls, at_us)?;
    Ok(TaskSpec {
        name: name.to_owned(),
        pid: process.pid,
        start: Time::ZERO,
        setup: self::setup(setup),
        calls,
    })
}

fn setup(calls: Vec<Call>) -> Vec<TimedCall> {
    calls.into_iter().map(TimedCall::once).collect()
}

fn calls(recorded: &Recorded, texts: &[String], handles: &mut Handles) -> Result<Vec<Call>, String> {
    let mut files = FileNames::fixed(recorded.files.iter().map(|file| &file.path));
    let parsed = texts.iter().map(|text| parse_call(text, &mut files, handles));
    parsed.collect::<Result<_, _>>().map_err(|error| error.to_string())
}

fn refuse_what_is_not_built(recorded: &Recorded) -> Result<(), String> {
    let refused = [
        (recorded.image.is_some(), "a run that starts from an image"),
        (recorded.vm.is_some(), "settings under /proc/sys/vm"),
        (recorded.device.pages_adjacent, "pages adjacent in memory"),
    ];
    match refused.into_iter().find(|(needed, _)| *needed) {
        Some((_, what)) => Err(format!("not built yet: {what}")),
        None => Ok(()),
    }
}

/// Calls with the instants that they began at, counted from the first of them.
fn timed(calls: &[Call], at_us: &[u64]) -> Result<Vec<TimedCall>, String> {
    let first = at_us.first().copied().unwrap_or(0);
    let timed = calls.iter().enumerate().map(|(number, &call)| {
        let after = at_us.get(number).copied().unwrap_or(first).saturating_sub(first);
        let after = Duration::from_microseconds(after)?;
        Some(TimedCall { not_before: Time::ZERO.checked_add(after)?, ..TimedCall::once(call) })
    });
    timed.collect::<Option<_>>().ok_or_else(|| "a call at an impossible time".to_owned())
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

fn described(recorded: &Recorded) -> Result<Volume, String> {
    let files = recorded.files.iter().map(file_layout).collect::<Result<_, _>>()?;
    let layout = Layout { block_size: recorded.block_size, device_sectors: recorded.device.sectors, files };
    volume(layout).map_err(|error| error.to_string())
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
