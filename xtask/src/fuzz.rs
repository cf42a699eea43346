//! `cargo xtask fuzz`: random scenarios, run and checked by the release binary.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::digests::BINARY;

const CASES: &str = "10000";

/// Runs the cases of a seed; whether all held.
pub(crate) fn fuzz(root: &Path, seed: &str) -> Result<bool> {
    let status = Command::new(root.join(BINARY))
        .args(["fuzz", "read", "--cases", CASES, "--seed", seed])
        .status()
        .with_context(|| format!("cannot start {BINARY}: cargo build --release first"))?;
    Ok(status.success())
}
