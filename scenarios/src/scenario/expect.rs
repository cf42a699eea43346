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

impl Level {
    /// Its name in scenario files.
    pub const fn key(self) -> &'static str {
        match self {
            Level::Bio => "bio",
            Level::Issue => "issue",
        }
    }
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
    /// All I/Os in order and nothing else, in the grammar of blocks: `0-11 ind 12-15`; `+` joins one
    /// request. Places on the device (`0-11@1000`) are compared where they are told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// Pieces, in the grammar of blocks: each block of one comes before each of the next:
    /// `["0-11", "ind"]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Vec<String>>,
    /// A condition over the figures of arms: `on.backward_steps < off.backward_steps`. Figures are
    /// those of `mpagesim run --format json`, `completed` (requests without an error) and
    /// `calls.TASK.failed`; numbers are whole or have a unit (`5ms`, `64KiB`); operators are
    /// `== != < <= > >=`, `+ - * /` (exact), `&& || !`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assert: Option<String>,
}
