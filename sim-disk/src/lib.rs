//! The device and the road to it: the block layer, the rotational disk, the SSD.
//!
//! Nothing here knows of files or pages. Devices and the block layer are pure state machines:
//! whoever drives the clock tells them the time, and results come back as values.

pub mod block;
pub mod device;
pub mod faults;
pub mod hdd;
pub mod ideal;
pub mod meter;
pub mod presets;
pub mod ssd;
