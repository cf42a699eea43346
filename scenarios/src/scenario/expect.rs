//! What a scenario says must come out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the order of I/Os is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Bios, as they are queued.
    #[default]
    Bio,
    /// Requests, as they are issued to the device.
    Issue,
}

/// One expectation: exactly one of `order`, `before` and `assert`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Expectation {
    /// The arm that it is about. Default: every arm; `assert` names arms itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arm: Option<String>,
    /// Where the order is looked at. Default: `bio`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Level>,
    /// All I/Os in order, in the grammar of blocks: `0-11 ind 12-15`; `+` joins one request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// Blocks of which each comes before the next: `["0-11", "ind"]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Vec<String>>,
    /// A comparison of figures: `on.backward_steps < off.backward_steps`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assert: Option<String>,
}
