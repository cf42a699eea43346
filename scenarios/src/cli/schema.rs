//! `mpagesim schema`: prints the JSON schema of scenario files.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use scenarios::scenario::schema::scenario_schema;

use super::print_json;

/// Arguments of `schema`: none.
#[derive(Debug, Args)]
pub(super) struct Arguments {}

/// Does it.
pub(super) fn execute(_: &Arguments) -> Result<ExitCode> {
    print_json(&scenario_schema())?;
    Ok(ExitCode::SUCCESS)
}
