//! The indirect-block filesystem: its bytes on the device, its block map, its allocator.

pub mod allocate;
pub mod block_set;
pub mod disk_format;
pub mod file_map;
pub mod free_blocks;
pub mod get_block;
pub mod image;
pub mod layout;
pub mod map;
pub mod oracle;
pub mod path;
pub mod volume;

#[cfg(test)]
mod samples;
