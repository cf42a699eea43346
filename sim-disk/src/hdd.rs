//! The rotational disk.

pub mod drive;
