//! The filesystem of a scenario and its files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::named::Named;
use super::schema::or_layout;
use crate::quantity::Size;

/// A file: where its blocks lie, or how many pieces it is to be in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(transform = or_layout)]
pub struct File {
    /// Where its blocks lie, `logical@physical` in filesystem blocks, indirect blocks by their
    /// role: `0-11@1000 ind@1012 12-15@1013`. Gaps are holes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<String>,
    /// The file's size. Default: it ends with its last block in `layout`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// Instead of `layout`, with `size`: the file lies in this many pieces, whose places are drawn
    /// from the seed. Each indirect block lies before the first block that it maps.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub fragments: Option<u64>,
}

/// Where blocks are put that no layout places.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Allocator {
    /// The first block of the device, in filesystem blocks, where fragments are put. Default: the
    /// first one behind everything that the layouts place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_free: Option<u64>,
}

/// The filesystem: described here, or an ext2 image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Filesystem {
    /// An image with an ext2 filesystem, relative to the scenario's file; the image says what the
    /// block size is and where its files lie. Default: the filesystem is described by `files`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The size of a block: `1KiB`, `2KiB`, ... up to the page size. Default: `4KiB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_size: Option<Size>,
    /// Whether `get_block` reports the boundary flag when a mapping reaches the last pointer of its
    /// array. Default: true.
    pub boundary: bool,
    /// Whether the filesystem hands out a block's data while mapping it for reading, as if
    /// `get_block` set the buffer up to date. Default: false.
    pub get_block_fills: bool,
    /// Where blocks are put that no layout places.
    pub allocator: Allocator,
    /// Path to layout or object, in the order in which files are numbered. Default: none.
    pub files: Named<File>,
}

impl Default for Filesystem {
    fn default() -> Self {
        Filesystem {
            image: None,
            block_size: None,
            boundary: true,
            get_block_fills: false,
            allocator: Allocator::default(),
            files: Named::default(),
        }
    }
}
