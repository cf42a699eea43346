//! States of pages and buffers that a run begins with, so that every path of mpage can be driven.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A state of a buffer head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BufferFlag {
    /// Mapped to the block that the file's map gives.
    Mapped,
    /// It holds valid data.
    UpToDate,
    /// It is to be written.
    Dirty,
    /// Just allocated.
    New,
}

/// Pages of a file that are cached when the run begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// The file's path.
    pub file: String,
    /// The index of the first page.
    pub page: u64,
    /// How many pages from there on are in this state. Default: 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub count: u64,
    /// Whether they hold valid data. Default: true.
    #[serde(default = "yes")]
    pub up_to_date: bool,
    /// Whether they are marked dirty. Default: false.
    #[serde(default)]
    pub dirty: bool,
    /// The buffers of each page, one a block, each a list of its states. Default: the page has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buffers: Option<Vec<Vec<BufferFlag>>>,
}

const fn one() -> u64 {
    1
}

const fn yes() -> bool {
    true
}
