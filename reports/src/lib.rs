//! What a reader sees of a run: text tables and pictures.
//!
//! This crate knows the vocabulary of I/O and nothing of how a run came about: whoever ran the
//! simulation hands over plain data and gets text back. It opens no files.

pub mod format;
pub mod plot;
pub mod table;
