//! Time stamps of inodes: ext2's have whole seconds, of the clock at the last tick.

use sim_core::io::FileId;
use sim_disk::block::tick::{ticks, time_of_tick};

use super::dirty_list::{DirtyFlags, mark_inode_dirty};
use crate::kernel::Kernel;
use crate::page::Mapping;

/// Nanoseconds.
const SECOND: u64 = 1_000_000_000;

/// The time stamps of an inode, in seconds of the calendar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// When its contents were changed.
    pub mtime: u32,
    /// When contents or the inode itself were changed.
    pub ctime: u32,
}

/// The second that a time stamp of now has.
// [dirty.times]
pub fn current_time(k: &Kernel) -> u32 {
    let seconds = time_of_tick(ticks(k.now.get())).nanoseconds() / SECOND;
    // 136 years of virtual time.
    u32::try_from(seconds).map_or(u32::MAX, |seconds| k.epoch.saturating_add(seconds))
}

/// A file is about to be written to (`file_update_time`).
// [dirty.times] [ext2-write-back.times]
pub fn file_update_time(k: &Kernel, file: FileId) {
    let now = current_time(k);
    let now = Times { mtime: now, ctime: now };
    let times = &k.inodes[file.0 as usize].times;
    if times.replace(now) != now {
        mark_inode_dirty(k, Mapping::of(file), DirtyFlags::SYNC);
    }
}
