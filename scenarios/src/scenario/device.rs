//! The device of a scenario.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::schema::or_preset_name;
use crate::device::{IDEAL, names};
use crate::quantity::TimeSpan;

/// A device: a preset and what differs from it. Beside the keys below it may have any parameter of
/// the preset's model, by its name in the preset's data: `"rotation_rpm": 15000`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
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
    /// How many requests it works on at once (flash drives: commands a queue pair). Default: that
    /// of the preset; `ideal`: 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_048_576))]
    pub queue_depth: Option<u32>,
    /// Parameters of the preset's model.
    #[serde(flatten)]
    pub parameters: BTreeMap<String, Value>,
}

impl Default for DeviceChoice {
    fn default() -> Self {
        DeviceChoice {
            preset: IDEAL.to_owned(),
            sectors: None,
            latency: None,
            per_sector: None,
            queue_depth: None,
            parameters: BTreeMap::new(),
        }
    }
}

fn preset_names(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": names() })
}
