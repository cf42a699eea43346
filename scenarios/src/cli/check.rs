//! `mpagesim check`: runs scenarios and compares with what they say must come out.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use rayon::prelude::*;
use scenarios::expect::report::{self, Checked};
use scenarios::expect::{self};
use scenarios::input::{self, ScenarioInput};
use scenarios::load::{self, Options};
use scenarios::run;

use super::{DIFFERENCE, PlainFormat, print, print_json, tell};

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Scenario files, directories of them, names of the library, or `-` for standard input. Default:
    /// the whole library.
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<String>,
    /// How results are printed.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: PlainFormat,
}

/// Does it. A scenario that is wrong keeps none of the others from being checked.
pub(super) fn execute(arguments: &Arguments) -> Result<ExitCode> {
    let inputs = input::scenarios(&arguments.paths)?;
    let results: Vec<Result<Checked>> = inputs.par_iter().map(check).collect();
    let (mut checked, mut failed) = (Vec::new(), None);
    for result in results {
        match result {
            Ok(one) => checked.push(one),
            Err(error) => failed = failed.max(Some(tell(&error))),
        }
    }
    if failed.is_none() && checked.iter().all(|one| one.verdicts.is_empty()) {
        bail!("nothing is checked: no scenario here expects anything");
    }
    match arguments.format {
        PlainFormat::Text => print(&report::text(&checked))?,
        PlainFormat::Json => print_json(&report::data(&checked))?,
    }
    let differs = !checked.iter().all(Checked::all_as_expected);
    Ok(ExitCode::from(failed.unwrap_or(if differs { DIFFERENCE } else { 0 })))
}

fn check(input: &ScenarioInput) -> Result<Checked> {
    let loaded = load::load(input, &Options::default())?;
    let run = run::run_scenario(&loaded, false)?;
    Ok(Checked { name: loaded.name.clone(), verdicts: expect::check(&loaded.expected, &run) })
}
