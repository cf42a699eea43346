//! The host's queue of the device.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantity::Size;

/// The scheduler between plug and device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Scheduler {
    /// None: requests go to the device as they come.
    #[default]
    #[serde(rename = "none")]
    None,
    /// Sorted by sector, with deadlines.
    #[serde(rename = "mq-deadline")]
    MqDeadline,
}

/// The tunables of mq-deadline, named as in `/sys/block/DEVICE/queue/iosched`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Iosched {
    /// After how many milliseconds a read is overdue. Default: 500.
    pub read_expire: u32,
    /// After how many milliseconds a write is overdue. Default: 5000.
    pub write_expire: u32,
    /// How many requests go out in order of sectors before directions and deadlines are looked at
    /// again. Default: 16.
    pub fifo_batch: u32,
    /// How often reads may be chosen while writes wait. Default: 2.
    pub writes_starved: u32,
    /// Whether requests are searched for a front merge: 0 or 1. Default: 1.
    #[schemars(range(max = 1))]
    pub front_merges: u8,
    /// How many of the scheduler's tags writes may hold, roughly. Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub async_depth: Option<u32>,
}

impl Default for Iosched {
    fn default() -> Self {
        let own = sim_disk::block::Iosched::default();
        Iosched {
            read_expire: own.read_expire,
            write_expire: own.write_expire,
            fifo_batch: own.fifo_batch,
            writes_starved: own.writes_starved,
            front_merges: u8::from(own.front_merges),
            async_depth: own.async_depth,
        }
    }
}

/// The settings of the queue, named as in `/sys/block/DEVICE/queue`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Queue {
    /// The scheduler. Default: `none`.
    pub scheduler: Scheduler,
    /// The readahead window of a newly opened file, in KiB; 0 turns readahead off. Default: 128.
    #[schemars(range(max = 4_194_304))]
    pub read_ahead_kb: u32,
    /// The longest request, in KiB: longer bios are split. Default: 1280, or what the device takes
    /// if that is less.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 4, max = 2_097_151))]
    pub max_sectors_kb: Option<u32>,
    /// The most segments (pages) of a request. Default: 128.
    #[schemars(range(min = 1))]
    pub max_segments: u32,
    /// The tags: with a scheduler its own, without one a bound on the device's. Default: without a
    /// scheduler `queue_depth`, with one twice that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub nr_requests: Option<u32>,
    /// The device tags: how many requests the host has in the device at once. Default: the
    /// device's own depth.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub queue_depth: Option<u32>,
    /// 0: merge; 1: only into the plug and the last merged request; 2: never. Default: 0.
    #[schemars(range(max = 2))]
    pub nomerges: u8,
    /// The smallest length that the device can be asked for. Default: the device's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logical_block_size: Option<Size>,
    /// The smallest length that the device writes without reading first; long requests are split
    /// at its multiples. Default: the device's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_block_size: Option<Size>,
    /// Percent of the background limit of `vm` that dirty pages of this device may take in any case;
    /// of `/sys/block/DEVICE/bdi`. Default: 0.
    #[schemars(range(max = 100))]
    pub min_ratio: u32,
    /// Whether the driver may sleep, so that only the kernel's worker runs the queue, as in the
    /// recorded traces. Default: true.
    pub blocking: bool,
    /// The scheduler's own settings; only with `mq-deadline`.
    pub iosched: Iosched,
}

impl Default for Queue {
    fn default() -> Self {
        Queue {
            scheduler: Scheduler::None,
            read_ahead_kb: 128,
            max_sectors_kb: None,
            max_segments: 128,
            nr_requests: None,
            queue_depth: None,
            nomerges: 0,
            logical_block_size: None,
            physical_block_size: None,
            min_ratio: 0,
            blocking: true,
            iosched: Iosched::default(),
        }
    }
}
