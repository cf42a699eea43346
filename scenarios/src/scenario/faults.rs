//! What fails in a scenario.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A direction of transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Reads.
    Read,
    /// Writes.
    Write,
}

/// A fault: either sectors that fail, or an allocation that does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// The first sector (512 bytes) that fails: every request that touches it fails as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector: Option<u64>,
    /// With `sector`: how many sectors. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub sectors: Option<u64>,
    /// With `sector`: what fails there. Default: reads and writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Direction>,
    /// With `sector`: how often a request fails before the sectors work. Default: always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// Instead of `sector`: this allocation of a bio under readahead fails, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub bio_allocation: Option<u64>,
}
