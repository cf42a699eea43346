//! The block layer driven as a kernel would, its events written as blktrace writes them.

mod driver;
mod merging;
mod plugging;
mod properties;
mod splitting;
mod waiting;
