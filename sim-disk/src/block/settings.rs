//! The settings of a queue, as sysfs names them, and what is wrong with them if anything is.
//!
//! Source of names and defaults: Linux 6.1, `/sys/block/*/queue` and `queue/iosched` of mq-deadline.
//! Left out: `prio_aging_expire`, which has no effect with one priority class.

use sim_core::io::{Flags, SECTOR_BYTES};

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
    /// The longest request, in KiB; at least a page.
    pub max_sectors_kb: u32,
    /// The most segments (pages) of a request, at least 1.
    pub max_segments: u32,
    /// In bytes: a power of two from 512 to the size of a page.
    pub logical_block_size: u32,
    /// In bytes: a power of two, at least `logical_block_size`.
    pub physical_block_size: u32,
    /// Scheduler tags, or with no scheduler a bound on the device's; at least 1. The kernel's
    /// default with a scheduler is twice the device's tags (128 of them at most).
    pub nr_requests: u32,
    /// Device tags, at least 1.
    pub queue_depth: u32,
    /// 0: merge; 1: only into the plug and the last merged request; 2: never.
    pub nomerges: u8,
    /// In which order a plug goes to the device.
    pub plug_order: PlugOrder,
    /// Whether the device has a volatile write cache (`write back`). Not built: refused.
    pub write_cache: bool,
    /// Whether the driver may sleep, so that only the worker runs the queue.
    pub blocking: bool,
    /// The tunables of mq-deadline.
    pub iosched: Iosched,
}

/// The tunables of mq-deadline; names as in sysfs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Iosched {
    /// After how many milliseconds a read is overdue.
    pub read_expire: u32,
    /// After how many milliseconds a write is overdue.
    pub write_expire: u32,
    /// How many requests go out in order of sectors before directions and deadlines are looked at.
    pub fifo_batch: u32,
    /// How often reads may be chosen while writes wait.
    pub writes_starved: u32,
    /// Whether the sorted list is searched for front merges.
    pub front_merges: bool,
    /// How many scheduler tags out of `nr_requests` writes may hold, roughly (`tags`); at least 1.
    /// `None` is what the kernel sets when the scheduler is attached: `2 * min(queue_depth, 128)`.
    pub async_depth: Option<u32>,
}

impl Default for Settings {
    /// The queue of the recorded traces.
    fn default() -> Self {
        Settings {
            scheduler: SchedulerKind::None,
            max_sectors_kb: 1280,
            max_segments: 128,
            logical_block_size: 512,
            physical_block_size: 512,
            nr_requests: 64,
            queue_depth: 64,
            nomerges: 0,
            plug_order: PlugOrder::Lifo,
            write_cache: false,
            blocking: true,
            iosched: Iosched::default(),
        }
    }
}

impl Default for Iosched {
    // [deadline.tunables]
    fn default() -> Self {
        Iosched {
            read_expire: 500,
            write_expire: 5_000,
            fifo_batch: 16,
            writes_starved: 2,
            front_merges: true,
            async_depth: None,
        }
    }
}

/// Settings that no queue can have, or that are not modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A block or page size is not a power of two of at least 512 bytes.
    #[error("{name} is {bytes} bytes, not a power of two of at least 512")]
    NotABlockSize {
        /// Which size.
        name: &'static str,
        /// Its value.
        bytes: u32,
    },
    /// One size must not be smaller than the other.
    #[error("{name} ({bytes} bytes) is smaller than {other} ({other_bytes} bytes)")]
    Smaller {
        /// The size that is too small.
        name: &'static str,
        /// Its value in bytes.
        bytes: u64,
        /// What it must hold.
        other: &'static str,
        /// That one's value in bytes.
        other_bytes: u64,
    },
    /// A value is outside its range.
    #[error("{name} is {value}, not from {least} to {most}")]
    OutOfRange {
        /// Which setting.
        name: &'static str,
        /// Its value.
        value: u32,
        /// The least allowed.
        least: u32,
        /// The most allowed.
        most: u32,
    },
    /// A volatile write cache needs the flush machinery.
    #[error("write_cache is not modelled yet")]
    WriteCache,
}

fn block_size(name: &'static str, bytes: u32) -> Result<(), SettingsError> {
    if bytes.is_power_of_two() && u64::from(bytes) >= SECTOR_BYTES {
        Ok(())
    } else {
        Err(SettingsError::NotABlockSize { name, bytes })
    }
}

fn holds(
    (name, bytes): (&'static str, u64),
    (other, other_bytes): (&'static str, u64),
) -> Result<(), SettingsError> {
    if bytes < other_bytes {
        return Err(SettingsError::Smaller { name, bytes, other, other_bytes });
    }
    Ok(())
}

fn range(name: &'static str, value: u32, least: u32, most: u32) -> Result<(), SettingsError> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(SettingsError::OutOfRange { name, value, least, most })
    }
}

/// A bound on counts that is far beyond any device, so that sums of them cannot overflow.
const MOST: u32 = 1 << 24;

impl Settings {
    /// Whether a queue can have these settings. What depends on the size of a page is checked by
    /// [`super::BlockLayer::new`].
    ///
    /// # Errors
    /// [`SettingsError`] names the first setting that is wrong.
    pub fn check(&self) -> Result<(), SettingsError> {
        block_size("logical_block_size", self.logical_block_size)?;
        block_size("physical_block_size", self.physical_block_size)?;
        let logical = ("logical_block_size", u64::from(self.logical_block_size));
        holds(("physical_block_size", u64::from(self.physical_block_size)), logical)?;
        range("max_sectors_kb", self.max_sectors_kb, 1, MOST)?;
        holds(("max_sectors_kb", self.max_bytes()), logical)?;
        range("max_segments", self.max_segments, 1, MOST)?;
        range("nr_requests", self.nr_requests, 1, MOST)?;
        range("queue_depth", self.queue_depth, 1, MOST)?;
        range("nomerges", u32::from(self.nomerges), 0, 2)?;
        if let Some(async_depth) = self.iosched.async_depth {
            range("async_depth", async_depth, 1, u32::MAX)?;
        }
        if self.write_cache { Err(SettingsError::WriteCache) } else { Ok(()) }
    }

    /// Whether a queue with these settings can serve pages of `page_size` bytes.
    pub(super) fn check_page(&self, page_size: u32) -> Result<(), SettingsError> {
        self.check()?;
        block_size("page_size", page_size)?;
        let page = ("page_size", u64::from(page_size));
        holds(page, ("logical_block_size", u64::from(self.logical_block_size)))?;
        holds(("max_sectors_kb", self.max_bytes()), page)
    }

    fn max_bytes(&self) -> u64 {
        u64::from(self.max_sectors_kb) * 1024
    }

    /// The marks that are left of a bio's when it is submitted: without a volatile write cache
    /// those for the cache are dropped, and an empty flush bio is not submitted at all: it ends at
    /// once, without any event.
    // [block-flush.off]
    pub fn submitted_flags(&self, flags: Flags) -> Flags {
        if self.write_cache { flags } else { flags.without(Flags::PREFLUSH | Flags::FUA) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_of_the_traces_is_sound() {
        assert_eq!(Settings::default().check_page(4096), Ok(()));
        assert_eq!(Settings::default().check_page(65_536), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            settings.check_page(4096).map_err(|error| error.to_string())
        };
        let says = |text: &str| Err(text.to_owned());
        assert_eq!(
            error(|s| s.logical_block_size = 1000),
            says("logical_block_size is 1000 bytes, not a power of two of at least 512"),
        );
        assert_eq!(
            error(|s| s.logical_block_size = 4096),
            says("physical_block_size (512 bytes) is smaller than logical_block_size (4096 bytes)"),
        );
        assert_eq!(
            error(|s| s.max_sectors_kb = 2),
            says("max_sectors_kb (2048 bytes) is smaller than page_size (4096 bytes)"),
        );
        assert_eq!(error(|s| s.nomerges = 3), says("nomerges is 3, not from 0 to 2"));
        assert_eq!(error(|s| s.queue_depth = 0), says("queue_depth is 0, not from 1 to 16777216"));
        assert_eq!(error(|s| s.write_cache = true), says("write_cache is not modelled yet"));
        assert!(error(|s| s.iosched.async_depth = Some(0)).is_err());
        assert!(error(|s| s.max_sectors_kb = u32::MAX).is_err());
    }

    /// [block-flush.off]
    #[test]
    fn without_a_write_cache_its_marks_are_dropped() {
        let flags = Flags::PREFLUSH | Flags::FUA | Flags::SYNC;
        assert_eq!(Settings::default().submitted_flags(flags), Flags::SYNC);
    }
}
