//! Settings of the kernel.

use sim_core::task::Precedence;
use sim_core::time::Duration;
use sim_disk::block;
use sim_mpage::machine::{CpuCosts, KernelSettings};

use super::{Problem, vm};
use crate::load::tree::Step;
use crate::scenario::Scenario;
use crate::scenario::kernel::{Cpu, CpuPreset, Kernel, PlugOrder, Policy, Version};

const SMALLEST_BLOCK: u64 = 1_024;
const DEFAULT_BLOCK: u64 = 4_096;
const PAGE_SIZES: [u64; 3] = [4_096, 16_384, 65_536];

fn path(keys: [&str; 2]) -> impl Iterator<Item = Step> {
    keys.into_iter().map(Step::from)
}

/// Bytes a page; 4 KiB if what was said is no page size.
fn page_size(kernel: &Kernel) -> Option<u32> {
    let size = kernel.page_size.0;
    if PAGE_SIZES.contains(&size) { u32::try_from(size).ok() } else { None }
}

/// Bytes a block of a described filesystem; `None` if what was said is no block size.
pub(super) fn block_size(scenario: &Scenario, problems: &mut Vec<Problem>) -> Option<u32> {
    let page_size = page_size(&scenario.kernel).map_or(u64::MAX, u64::from);
    let size = scenario.filesystem.block_size.map_or(DEFAULT_BLOCK, |size| size.0);
    let fits = (SMALLEST_BLOCK..=page_size).contains(&size) && size.is_power_of_two();
    let block_size = u32::try_from(size).ok().filter(|_| fits);
    if block_size.is_none() {
        let problem = Problem::new(path(["filesystem", "block_size"]), "not a block size");
        problems.push(problem.expecting("expected 1KiB, 2KiB, 4KiB, ... up to the page size"));
    }
    block_size
}

/// The kernel's settings.
pub(super) fn settings(scenario: &Scenario, problems: &mut Vec<Problem>) -> KernelSettings {
    let kernel = &scenario.kernel;
    let page_size = page_size(kernel).unwrap_or_else(|| {
        let problem = Problem::new(path(["kernel", "page_size"]), "not a page size");
        problems.push(problem.expecting("expected 4KiB, 16KiB or 64KiB"));
        4_096
    });
    let memory_pages = kernel.memory.map(|memory| memory.0 / u64::from(page_size));
    if memory_pages == Some(0) {
        let problem = Problem::new(path(["kernel", "memory"]), "not even one page of memory");
        problems.push(problem.expecting("expected at least one page"));
    }
    KernelSettings {
        page_size,
        memory_pages,
        cpu: costs(&kernel.cpu),
        precedence: match kernel.policy {
            Policy::Other => Precedence::WorkerFirst,
            Policy::Fifo => Precedence::ProcessesFirst,
        },
        boundary: scenario.filesystem.boundary,
        get_block_fills: scenario.filesystem.get_block_fills,
        max_buffer_heads: kernel.max_buffer_heads,
        check_contents: true,
        vm: vm::settings(scenario, page_size, problems),
        pages_adjacent: kernel.pages_adjacent,
    }
}

/// The order of a plug: what is said, or what the version does.
pub(super) fn plug_order(kernel: &Kernel) -> block::PlugOrder {
    match (kernel.plug_order, kernel.version) {
        (Some(PlugOrder::Fifo), _) => block::PlugOrder::Fifo,
        (Some(PlugOrder::Lifo), _) | (None, Version::V6_1) => block::PlugOrder::Lifo,
    }
}

fn costs(cpu: &Cpu) -> CpuCosts {
    let preset = preset_costs(cpu.preset);
    let or = |given: Option<crate::quantity::TimeSpan>, preset| given.map_or(preset, |span| span.0);
    CpuCosts {
        system_call: or(cpu.system_call, preset.system_call),
        wake: or(cpu.wake, preset.wake),
        add_page: or(cpu.add_page, preset.add_page),
        copy_page: or(cpu.copy_page, preset.copy_page),
        buffers: or(cpu.buffers, preset.buffers),
        bio: or(cpu.bio, preset.bio),
        issue_sector: or(cpu.issue_sector, preset.issue_sector),
    }
}

/// The sets of costs: `modern` is an assumption of the design, `recorded` was fitted to the traces.
pub fn preset_costs(preset: CpuPreset) -> CpuCosts {
    let ns = Duration::from_nanoseconds;
    match preset {
        CpuPreset::None => CpuCosts::default(),
        CpuPreset::Modern => CpuCosts {
            system_call: ns(300),
            wake: ns(2_000),
            add_page: ns(100),
            copy_page: ns(250),
            buffers: ns(200),
            bio: ns(800),
            issue_sector: Duration::ZERO,
        },
        CpuPreset::Recorded => CpuCosts {
            system_call: ns(15_000),
            wake: ns(25_000),
            add_page: ns(11_000),
            copy_page: ns(9_000),
            buffers: ns(15_000),
            bio: ns(12_000),
            issue_sector: ns(1_350),
        },
    }
}
