//! The rotational disk: one arm over platters that never stop.
//!
//! The model and its numbered rules are those of `docs/model/devices-hdd.md`, which follows
//! DiskSim 4.0 (Bucy, Schindler, Schlosser, Ganger; CMU) where it does not say otherwise.
//!
//! From a block number to a completion: [`geometry`] says where a block lies, [`mechanics`] how
//! long the arm takes to its track, [`spindle`] when its sector comes by, `bus` when its data are
//! with the host; `service` puts these together for one request, `scheduler` chooses the request,
//! and [`drive`] is the device. Each request is worked out in closed form when it gets the arm.
//!
//! Left out so far: the on-board cache with read-ahead and write-behind, zero-latency access,
//! remapped sectors, and every order but that of arrival.

mod bus;
pub mod drive;
pub mod geometry;
mod ledger;
pub mod mechanics;
pub mod parameters;
mod scheduler;
mod service;
pub mod spindle;
#[cfg(test)]
mod tests;
mod zone;

pub use parameters::{Parameters, ParametersError};
