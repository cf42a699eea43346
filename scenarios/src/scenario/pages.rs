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

/// Pages of a file, or one of its indirect blocks, that are cached when the run begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// The file's path.
    pub file: String,
    /// The index of the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u64>,
    /// Instead of `page`: an indirect block by its role (`ind`, `dleaf/3`), cached and up to date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<String>,
    /// With `page`: how many pages from there on are in this state. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub count: Option<u64>,
    /// With `page`: whether they hold valid data. Default: true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to_date: Option<bool>,
    /// Whether they are to be written. Default: false.
    #[serde(default)]
    pub dirty: bool,
    /// With `page`: the buffers of each page, one a block, each a list of its states. Default: the page has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buffers: Option<Vec<Vec<BufferFlag>>>,
}
