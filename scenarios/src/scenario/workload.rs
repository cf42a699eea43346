//! The workload of a scenario.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::named::Named;
use crate::quantity::TimeSpan;

/// A process of the workload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Task {
    /// Its process id, which the allocator's colour depends on. Default: 100 and its place in the
    /// list, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// When it starts, counted from the start of the recording. Default: `0ns`.
    pub start: TimeSpan,
    /// Its system calls, one after the other; handles are its own.
    pub calls: Vec<String>,
}

/// What the processes do: `calls` of one process, or several `tasks`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Workload {
    /// The system calls of one process, one after the other: `open f /f w` (`r`: only to read),
    /// `read f 64KiB`, `pread f 0 4KiB`, `write f 64KiB`, `pwrite f 0 4KiB`, `readahead f 0 64KiB`,
    /// `fadvise f 0 0 random`, `mmap f 64KiB w`, `mread f 4KiB` and `mdirty f 4KiB` (touch a byte of
    /// the mapping), `msync f 0 64KiB`, `fsync f`, `fdatasync f`, `sync`, `syncfs f`,
    /// `sfr f 0 64KiB 7` (`sync_file_range`; 1: wait before, 2: write, 4: wait after),
    /// `ftruncate f 0`, `close f`, `drop`, `writeback /f`, `sleep 5ms`; and `fail 8000 8` (makes
    /// sectors bad), `heal` (makes all good). A bare number is bytes, in `sleep` milliseconds, in
    /// `fail` sectors. In a path a space is written `\040`, as in `/proc/mounts`; JSON doubles the
    /// backslash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<Vec<String>>,
    /// Instead of `calls`: processes by name, in the order in which they start at one instant.
    #[serde(skip_serializing_if = "Named::is_empty")]
    pub tasks: Named<Task>,
}
