//! The block layer's settings: what the scenario says, and otherwise what the device offers.

use sim_disk::block::{Iosched, PlugOrder, SchedulerKind, Settings};
use sim_disk::device::{BlockDevice, Device};

use super::Problem;
use crate::quantity::Size;
use crate::scenario::queue::{Queue, Scheduler};

/// The kernel's own bound on a request (`BLK_DEF_MAX_SECTORS`), in KiB.
const DEFAULT_MAX_SECTORS_KB: u32 = 1_280;
/// The most tags that mq-deadline's default is made from.
const MOST_TAGS_DOUBLED: u32 = 128;

/// The settings; `None` if there is a problem with them.
pub(super) fn settings(
    queue: &Queue,
    plug_order: PlugOrder,
    device: &Device,
    problems: &mut Vec<Problem>,
) -> Option<Settings> {
    let limits = device.limits();
    let most_kb = limits.max_sectors / 2;
    if queue.max_sectors_kb.is_some_and(|asked| asked > most_kb) {
        let problem = Problem::new(["queue".into(), "max_sectors_kb".into()], "more than the device takes");
        problems.push(problem.expecting(format!("expected at most {most_kb}")));
        return None;
    }
    // A size of 4 GiB or more is no block size, and is refused as such.
    let bytes = |size: Size| u32::try_from(size.0).unwrap_or(u32::MAX);
    let queue_depth = queue.queue_depth.unwrap_or(limits.queue_depth);
    let (scheduler, default_requests) = match queue.scheduler {
        Scheduler::None => (SchedulerKind::None, queue_depth),
        Scheduler::MqDeadline => (SchedulerKind::MqDeadline, 2 * queue_depth.min(MOST_TAGS_DOUBLED)),
    };
    let settings = Settings {
        scheduler,
        max_sectors_kb: queue.max_sectors_kb.unwrap_or(most_kb.min(DEFAULT_MAX_SECTORS_KB)),
        max_segments: queue.max_segments,
        logical_block_size: queue.logical_block_size.map_or(limits.logical_block_size, bytes),
        physical_block_size: queue.physical_block_size.map_or(limits.physical_block_size, bytes),
        nr_requests: queue.nr_requests.unwrap_or(default_requests),
        queue_depth,
        nomerges: queue.nomerges,
        plug_order,
        write_cache: false,
        blocking: queue.blocking,
        iosched: Iosched {
            read_expire: queue.iosched.read_expire,
            write_expire: queue.iosched.write_expire,
            fifo_batch: queue.iosched.fifo_batch,
            writes_starved: queue.iosched.writes_starved,
            front_merges: queue.iosched.front_merges != 0,
            async_depth: queue.iosched.async_depth,
        },
    };
    match settings.check() {
        Ok(()) => Some(settings),
        Err(error) => {
            problems.push(Problem::new(["queue".into()], error.to_string()).expecting("in this queue"));
            None
        }
    }
}
