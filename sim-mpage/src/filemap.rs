//! Reads, readahead and writeback over the page cache: `mm/filemap.c`, `mm/readahead.c`,
//! `mm/page-writeback.c`.
//!
//! `docs/model/pagecache.md`.

pub mod check;
pub mod fault;
pub mod read;
pub mod readahead;
pub mod window;
pub mod writeback;
