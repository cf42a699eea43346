//! Devices, queues and kernels.

use crate::quantity::{Size, TimeSpan};
use crate::scenario::device::DeviceChoice;
use crate::scenario::kernel::{Cpu, CpuPreset, Kernel, PlugOrder, Policy};
use crate::scenario::queue::{Iosched, Queue, Scheduler};

use super::Draw;

/// 1 GiB: room for all files, and few enough groups.
const SECTORS: u64 = 2 << 20;

pub(super) fn device(draw: &mut Draw) -> DeviceChoice {
    let preset = draw.of(&["ideal", "ideal", "ideal", "cheetah9LP", "nvme-tlc-64l"]);
    let ideal = DeviceChoice {
        sectors: Some(SECTORS),
        latency: draw.maybe(2, &[0, 1, 700, 20_000, 5_000_000]).map(TimeSpan::from_nanoseconds),
        per_sector: draw.maybe(2, &[0, 1, 100, 10_000]).map(TimeSpan::from_nanoseconds),
        queue_depth: draw.maybe(2, &[1, 2, 3, 8]),
        ..DeviceChoice::default()
    };
    if preset == "ideal" {
        ideal
    } else {
        DeviceChoice { preset: preset.to_owned(), ..DeviceChoice::default() }
    }
}

pub(super) fn kernel(draw: &mut Draw) -> Kernel {
    let page_size = draw.of(&[4_096, 4_096, 4_096, 4_096, 4_096, 16_384, 65_536]);
    let cpu = draw.of(&[CpuPreset::None, CpuPreset::None, CpuPreset::Modern, CpuPreset::Recorded]);
    let pages = if draw.one_in(4) { Some(draw.number(4, 80)) } else { None };
    Kernel {
        cpu: Cpu { preset: cpu, ..Cpu::default() },
        memory: pages.map(|pages| Size(pages * page_size)),
        page_size: Size(page_size),
        plug_order: draw.maybe(2, &[PlugOrder::Lifo, PlugOrder::Fifo]),
        policy: draw.of(&[Policy::Other, Policy::Other, Policy::Fifo]),
        ..Kernel::default()
    }
}

pub(super) fn queue(draw: &mut Draw, page_size: u64) -> Queue {
    let scheduler = draw.of(&[Scheduler::None, Scheduler::MqDeadline]);
    // No request is shorter than a page, and the flash drive takes 1 MiB at most.
    let page_kb = u32::try_from(page_size >> 10).unwrap_or(64);
    let lengths = [page_kb, page_kb + 4, 3 * page_kb, 128.max(page_kb), 512, 1_024];
    Queue {
        scheduler,
        read_ahead_kb: draw.of(&[0, 4, 8, 32, 128, 128, 128, 256, 1_024]),
        max_sectors_kb: draw.maybe(2, &lengths),
        max_segments: draw.of(&[128, 128, 128, 1, 2, 3, 16]),
        nr_requests: draw.maybe(2, &[1, 2, 3, 4, 8, 32]),
        queue_depth: draw.maybe(3, &[1, 2, 3, 7]),
        nomerges: draw.of(&[0, 0, 0, 1, 2]),
        blocking: draw.one_in(2),
        iosched: if scheduler == Scheduler::MqDeadline { iosched(draw) } else { Iosched::default() },
        ..Queue::default()
    }
}

fn iosched(draw: &mut Draw) -> Iosched {
    let own = Iosched::default();
    Iosched {
        read_expire: draw.of(&[own.read_expire, 0, 1, 10]),
        fifo_batch: draw.of(&[own.fifo_batch, 1, 2]),
        front_merges: draw.of(&[1, 1, 0]),
        async_depth: draw.maybe(4, &[1, 2, 8]),
        ..own
    }
}
