//! The kernel: page cache, ext2, mpage, readahead, writeback, system calls.
//!
//! The rooms stand on floors, and none uses one above it: the ground (`kernel`, fields only, `medium`,
//! `machine`, `call`, `errno`, `failure`), `page` and `record`, then `submit`, `page_lock`, `memory`,
//! `buffer_cache`, `content` and `inode`, then `ext2`, `mpage`, `filemap`, and on top `syscalls` and `run`.

pub mod buffer_cache;
pub mod call;
pub mod content;
pub mod errno;
pub mod ext2;
pub mod failure;
pub mod filemap;
pub mod inode;
pub mod kernel;
pub mod machine;
pub mod medium;
pub mod memory;
pub mod mpage;
pub mod page;
pub mod page_lock;
pub mod record;
pub mod run;
pub mod submit;
pub mod syscalls;
