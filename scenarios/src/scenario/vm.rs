//! When dirty pages are written back, and how many there may be.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use sim_mpage::machine;

/// Settings of writeback, named as in `/proc/sys/vm`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Vm {
    /// How often the flusher looks for old dirty pages, in hundredths of a second; 0: never.
    /// Default: 500.
    pub dirty_writeback_centisecs: u32,
    /// How old they are then, in hundredths of a second. Default: 3000.
    pub dirty_expire_centisecs: u32,
    /// Above so many percent of memory in dirty pages the flusher writes in the background. Memory
    /// is `kernel.memory`; without a bound there, 1500 MiB. Default: 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 100))]
    pub dirty_background_ratio: Option<u32>,
    /// Instead of that ratio: so many bytes; 0: the ratio counts. Default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dirty_background_bytes: Option<u64>,
    /// Above so many percent of memory in dirty pages and pages that are being written, a process
    /// that writes waits. Default: 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 100))]
    pub dirty_ratio: Option<u32>,
    /// Instead of that ratio: so many bytes, two pages or more; 0: the ratio counts. Default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dirty_bytes: Option<u64>,
    /// Whether a process that writes waits at all above that limit; the kernel's does. Default: true.
    pub throttling: bool,
}

impl Default for Vm {
    fn default() -> Self {
        let own = machine::Vm::default();
        Vm {
            dirty_writeback_centisecs: own.dirty_writeback_centisecs,
            dirty_expire_centisecs: own.dirty_expire_centisecs,
            dirty_background_ratio: None,
            dirty_background_bytes: None,
            dirty_ratio: None,
            dirty_bytes: None,
            throttling: own.throttling,
        }
    }
}
