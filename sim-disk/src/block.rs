//! The block layer.

/// In which order a plug's requests go to the device when it is flushed without a scheduler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlugOrder {
    /// Last in, first out: Linux 5.16 to 6.12.
    #[default]
    Lifo,
    /// First in, first out: older and newer kernels.
    Fifo,
}

/// How requests are put in order between plug and device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SchedulerKind {
    /// No scheduler.
    #[default]
    None,
    /// Sorted by sector, with deadlines.
    MqDeadline,
}

/// The settings of a queue; names as in sysfs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The scheduler.
    pub scheduler: SchedulerKind,
    /// The longest request, in KiB.
    pub max_sectors_kb: u32,
    /// The most segments (pages) of a request.
    pub max_segments: u32,
    /// In bytes.
    pub logical_block_size: u32,
    /// In bytes.
    pub physical_block_size: u32,
    /// Scheduler tags, or with no scheduler a bound on the device's.
    pub nr_requests: u32,
    /// Device tags.
    pub queue_depth: u32,
    /// 0: merge; 1: only into the plug and the last merged request; 2: never.
    pub nomerges: u8,
    /// In which order a plug goes to the device.
    pub plug_order: PlugOrder,
    /// Whether the device has a volatile write cache (`write back`).
    pub write_cache: bool,
    /// Whether the driver may sleep, so that only the worker runs the queue.
    pub blocking: bool,
}
