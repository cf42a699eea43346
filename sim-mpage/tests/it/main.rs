//! The kernel's paths, driven from the outside: a machine is described, run, and its orders compared.
//!
//! Each test names the rules that it exercises.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod advice;
mod allocate;
mod bench;
mod block_layer;
mod buffered_write;
mod classic;
mod device_writeback;
mod faults;
mod flusher;
mod fsync;
mod inode_on_device;
mod memory;
mod metadata;
mod on_device;
mod page_cache;
mod processes;
mod read_bios;
mod read_boundary;
mod read_confused;
mod read_errors;
mod read_mapping;
mod repeated;
mod stores;
mod superblock;
mod sync;
mod throttle;
mod tied_buffers;
mod truncate;
mod truncate_blocks;
mod windows;
mod write_boundary;
mod write_buffers;
mod write_errors;
mod write_plain;
mod write_processes;
mod writing;
mod writing_calls;
