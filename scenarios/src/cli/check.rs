//! `mpagesim check`: runs scenarios and compares with what they say must come out.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use rayon::prelude::*;
use scenarios::expect::junit::junit;
use scenarios::expect::report::{self, Checked};
use scenarios::input::{self, ScenarioInput};
use scenarios::load::{self, Input, Options};
use scenarios::output::write_atomically;
use scenarios::{expect, run};

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
    /// Writes the results as JUnit XML, too.
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
}

/// Does it. A scenario that is wrong keeps none of the others from being checked.
pub(super) fn execute(arguments: &Arguments) -> Result<ExitCode> {
    let inputs = input::scenarios(&arguments.paths)?;
    let results: Vec<Result<Checked>> = inputs.par_iter().map(check).collect();
    let (mut checked, mut broken, mut failed) = (Vec::new(), Vec::new(), None);
    for (input, result) in inputs.iter().zip(results) {
        match result {
            Ok(one) => checked.push(one),
            Err(error) => {
                failed = failed.max(Some(tell(&error)));
                broken.push((input.name().to_owned(), format!("{error:#}")));
            }
        }
    }
    if failed.is_none() && checked.iter().all(|one| one.verdicts.is_empty()) {
        bail!("nothing is checked: no scenario here expects anything");
    }
    if let Some(path) = &arguments.junit {
        write_atomically(path, junit(&checked, &broken)?.as_bytes())?;
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
    let run = run::run_scenario(&loaded, false).with_context(|| loaded.name.clone())?;
    Ok(Checked { name: loaded.name.clone(), verdicts: expect::check(&loaded.expected, &run) })
}
