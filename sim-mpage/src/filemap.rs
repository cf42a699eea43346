//! Reads, readahead and writeback over the page cache: `mm/filemap.c`, `mm/readahead.c`,
//! `mm/page-writeback.c`.
//!
//! `docs/model/pagecache.md`.

pub mod check;
pub mod fault;
pub mod flusher;
pub mod read;
pub mod readahead;
pub mod sync;
mod throttle;
pub mod truncate;
pub mod window;
pub mod write;
pub mod writeback;
