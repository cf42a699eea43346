//! The indirect-block filesystem: its bytes on the device, its block map, its allocator.

mod alloc_branch;
pub mod bitmap;
pub mod block_set;
mod branch;
pub mod disk_format;
pub mod file_map;
pub mod get_block;
pub mod image;
pub mod inode_table;
pub mod layout;
pub mod map;
pub mod mount;
pub mod new_blocks;
pub mod oracle;
pub mod path;
pub mod reserve;
pub mod truncate;
pub mod volume;

#[cfg(test)]
mod samples;
