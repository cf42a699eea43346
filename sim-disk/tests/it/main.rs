//! Tests of the devices from outside: the contract, and times that can be told by hand.

#[path = "../../examples/own_device.rs"]
mod own_device;

mod contract;
mod devices;
mod ssd_closed_form;
mod workload;
