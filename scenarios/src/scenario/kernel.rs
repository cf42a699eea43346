//! The kernel of a scenario.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::or_preset_name;
use crate::quantity::{Size, TimeSpan};

/// Which Linux is simulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Version {
    /// Linux 6.1, which the recorded traces come from.
    #[default]
    #[serde(rename = "6.1")]
    V6_1,
}

/// In which order a full or ended plug goes to the device without a scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PlugOrder {
    /// Last in, first out: Linux 5.16 to 6.12.
    Lifo,
    /// First in, first out: older and newer kernels.
    Fifo,
}

/// How the processes of the workload are scheduled on the one CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// The ordinary scheduler: the block layer's worker goes before processes.
    #[default]
    Other,
    /// Real time, first in first out: kernel threads run only when no process can.
    Fifo,
}

/// A set of CPU times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CpuPreset {
    /// Nothing takes CPU time.
    #[default]
    None,
    /// Assumptions for a present-day CPU: a system call 0.3 us, waking 2 us, adding a page 0.1 us,
    /// copying one 0.25 us, buffers 0.2 us, a bio 0.8 us, issuing nothing.
    Modern,
    /// The emulated machine of the recorded traces: a system call 15 us, waking 25 us, adding a
    /// page 11 us, copying one 9 us, buffers 15 us, a bio 12 us, issuing 1.35 us a sector.
    Recorded,
}

/// What CPU time things take on the virtual clock: a set, and what differs from it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(transform = or_preset_name)]
pub struct Cpu {
    /// The set to start from. Default: `none`.
    pub preset: CpuPreset,
    /// A system call. Default: as in the set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_call: Option<TimeSpan>,
    /// A task that slept gets the CPU again. Default: as in the set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wake: Option<TimeSpan>,
    /// Readahead adds a page. Default: as in the set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add_page: Option<TimeSpan>,
    /// A page is copied by a read or write. Default: as in the set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_page: Option<TimeSpan>,
    /// A page of the device's cache gets its buffers. Default: as in the set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buffers: Option<TimeSpan>,
    /// A bio, before it is queued. Default: as in the set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bio: Option<TimeSpan>,
    /// A sector of a request that is issued. Default: as in the set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issue_sector: Option<TimeSpan>,
}

/// The kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Kernel {
    /// Which Linux. Default: `6.1`.
    pub version: Version,
    /// CPU times: the name of a set, or an object. Default: `none`.
    pub cpu: Cpu,
    /// How much memory the pages of files and device may take. Default: without bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Size>,
    /// The size of a page: `4KiB`, `16KiB` or `64KiB`. Default: `4KiB`.
    pub page_size: Size,
    /// The order of a plug. Default: that of the version (6.1: `lifo`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plug_order: Option<PlugOrder>,
    /// How processes are scheduled. Default: `other`.
    pub policy: Policy,
    /// Above this many buffer heads, writing a page frees its buffers. Default: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_buffer_heads: Option<u64>,
    /// Whether each page lies right behind the one before it in memory, so that the pages of a bio
    /// are few segments; otherwise each is one of its own. Default: false.
    pub pages_adjacent: bool,
}

impl Default for Kernel {
    fn default() -> Self {
        Kernel {
            version: Version::V6_1,
            cpu: Cpu::default(),
            memory: None,
            page_size: Size(4_096),
            plug_order: None,
            policy: Policy::Other,
            max_buffer_heads: None,
            pages_adjacent: false,
        }
    }
}
