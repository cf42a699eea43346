//! The block layer driven as a kernel would, its events written as blktrace writes them.

mod deadline;
mod deadline_reference;
mod driver;
mod merging;
mod plugging;
mod properties;
mod recorded;
mod splitting;
mod waiting;
