//! The schema of scenario files: what can be written, what it means, and what holds if it is left
//! out. The JSON schema is made from these types; their doc comments are its descriptions.
//!
//! A [`Scenario`] is read after overrides, so that it is one run. Whether its texts (layouts,
//! calls) make sense is found out by [`crate::prepare`].

pub mod device;
pub mod expect;
pub mod faults;
pub mod filesystem;
pub mod kernel;
pub mod named;
pub mod pages;
pub mod queue;
pub mod schema;
pub mod vm;
pub mod workload;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use device::DeviceChoice;
use expect::Expectation;
use faults::Fault;
use filesystem::Filesystem;
use kernel::Kernel;
use named::Named;
use pages::Pages;
use queue::Queue;
use vm::Vm;
use workload::Workload;

/// Overrides of an arm: path in the scenario, and the value that stands there instead.
pub type Overrides = Named<serde_json::Value>;

/// A scenario: a device, a filesystem with its files, a workload, and what is compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    /// The schema that editors check the file against; without effect.
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// One base file, relative to this one (or the name of a library scenario): what is not said
    /// here is taken from there. Objects are joined key by key, everything else is replaced; so are
    /// `workload`, and a device, set of CPU times or file that names its own preset or layout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extends: Option<String>,
    /// One line on what the scenario shows. Default: empty.
    pub title: String,
    /// The device: a preset's name, or an object with its parameters. Default: `ideal`.
    pub device: DeviceChoice,
    /// The host's queue of the device; names as in `/sys/block/DEVICE/queue`.
    pub queue: Queue,
    /// The kernel: which version, its memory and what CPU time things take.
    pub kernel: Kernel,
    /// When dirty pages are written back, and how many there may be; names as in `/proc/sys/vm`.
    pub vm: Vm,
    /// The filesystem on the device, and its files.
    pub filesystem: Filesystem,
    /// Calls before recording starts, in order; their I/O is not shown. With `workload.calls`,
    /// what they open stays open for the workload. Default: none.
    pub setup: Vec<String>,
    /// States of pages and buffers to begin with, set after `setup`. Default: none.
    pub pages: Vec<Pages>,
    /// What fails: sectors of the device, or allocations of bios. Default: nothing.
    pub faults: Vec<Fault>,
    /// What the processes do.
    pub workload: Workload,
    /// Variants of this scenario that are compared, in this order: for each the overrides by path,
    /// as with `--set`. Default: one arm named `default`, without overrides.
    #[serde(skip_serializing_if = "Named::is_empty")]
    pub arms: Named<Overrides>,
    /// What must come out. Default: nothing is checked.
    pub expect: Vec<Expectation>,
    /// The master seed of all random streams. Default: 0.
    pub seed: u64,
}
