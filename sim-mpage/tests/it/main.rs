//! The kernel's paths, driven from the outside: a machine is described, run, and its orders compared.
//!
//! Each test names the rules that it exercises.

mod bench;
mod classic;
