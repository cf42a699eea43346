//! Figures that are made from the trace as it passes, and percentiles.
//!
//! The names are those that scenarios, tables and JSON use. Times are whole nanoseconds, all
//! counts are integers, and nothing here grows with the number of I/Os.

mod figures;
mod percentiles;
mod summary;

pub use figures::Figures;
pub use percentiles::Percentiles;
pub use summary::{Latency, Summary};
