//! Tests of the devices from outside: the contract, and times that can be told by hand.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

#[path = "../../examples/own_device.rs"]
mod own_device;

mod contract;
mod devices;
mod ssd_closed_form;
mod workload;
