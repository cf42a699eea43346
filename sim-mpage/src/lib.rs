//! The kernel: page cache, ext2, mpage, readahead, writeback, system calls.

pub mod call;
pub mod ext2;
pub mod machine;
pub mod medium;
