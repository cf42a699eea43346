//! `fs/mpage.c`: reading and writing many pages with few bios, and the block-by-block fallbacks.
//!
//! `docs/model/mpage.md`. The steps keep the kernel's order and its names.

pub mod bio;
pub mod control;
pub mod end_io;
pub mod full_page;
pub mod read;
pub mod write;
