//! The device of a scenario.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::schema::or_preset_name;
use crate::device::PRESETS;
use crate::quantity::TimeSpan;

/// A device: a preset and what differs from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(transform = or_preset_name)]
pub struct DeviceChoice {
    /// The preset to start from. Default: `ideal`.
    #[schemars(schema_with = "preset_names")]
    pub preset: String,
    /// `ideal` only: the capacity in sectors of 512 bytes. Default: 2147483648 (1 TiB).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sectors: Option<u64>,
    /// `ideal` only: the time of every request. Default: `100us`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<TimeSpan>,
    /// `ideal` only: time per sector on top of the latency. Default: `0ns`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_sector: Option<TimeSpan>,
    /// `ideal` only: how many requests it serves at once, from 1. Default: 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub queue_depth: Option<u32>,
}

impl Default for DeviceChoice {
    fn default() -> Self {
        DeviceChoice {
            preset: "ideal".to_owned(),
            sectors: None,
            latency: None,
            per_sector: None,
            queue_depth: None,
        }
    }
}

fn preset_names(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": PRESETS })
}
