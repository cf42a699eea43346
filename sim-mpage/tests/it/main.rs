//! The kernel's paths, driven from the outside: a machine is described, run, and its orders compared.
//!
//! Each test names the rules that it exercises.

mod advice;
mod bench;
mod block_layer;
mod classic;
mod faults;
