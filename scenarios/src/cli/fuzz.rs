//! `mpagesim fuzz`: random cases, checked.

use std::cell::Cell;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use scenarios::fuzz::{self, Finding};
use scenarios::scenario::Scenario;

use super::{DIFFERENCE, print};

/// Arguments of `fuzz`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Cases that only read.
    Read(Cases),
}

#[derive(Debug, Args)]
struct Cases {
    /// How many cases.
    #[arg(long, default_value_t = 10_000)]
    cases: u64,
    /// The seed that they are drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Runs only the case of this number.
    #[arg(long, value_name = "NUMBER", conflicts_with = "cases")]
    case: Option<u64>,
    /// With `--case`: prints the scenario and runs nothing.
    #[arg(long, requires = "case")]
    show: bool,
    /// Stops after so many cases that fail.
    #[arg(long, default_value_t = 3)]
    most: usize,
}

thread_local! {
    /// The case that this thread is at, for the message if it panics.
    static CURRENT: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Does it.
pub(super) fn execute(arguments: &Arguments) -> Result<ExitCode> {
    let What::Read(cases) = &arguments.what;
    let seed = cases.seed;
    if let (Some(case), true) = (cases.case, cases.show) {
        print(&format!("{}\n", json(&fuzz::draw::scenario(seed, case))))?;
        return Ok(ExitCode::SUCCESS);
    }
    let numbers = cases.case.map_or(0..cases.cases, |case| case..case.saturating_add(1));
    name_the_case_that_panics(seed);
    let report = fuzz::read(seed, numbers, cases.most, |case| CURRENT.set(Some(case)));
    for finding in &report.findings {
        print(&describe(seed, finding))?;
    }
    print(&format!(
        "{} cases of seed {seed}: {} failed; {} I/Os, {} cases with errors, {} out of memory\n",
        report.cases,
        report.findings.len(),
        report.ios,
        report.with_errors,
        report.out_of_memory,
    ))?;
    Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(DIFFERENCE) })
}

/// A broken invariant of the simulator aborts the program: it says which case that was.
fn name_the_case_that_panics(seed: u64) {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        usual(panic);
        if let Some(case) = CURRENT.get() {
            let scenario = json(&fuzz::draw::scenario(seed, case));
            // There is nobody left to tell if standard error is gone.
            drop(writeln!(io::stderr(), "that was case {case} of seed {seed}:\n{scenario}"));
        }
    }));
}

fn describe(seed: u64, finding: &Finding) -> String {
    let Finding { case, failure, scenario, smallest } = finding;
    format!("case {case} of seed {seed}: {failure}\ncut down, {smallest}:\n{}\n", json(scenario))
}

fn json(scenario: &Scenario) -> String {
    // A scenario's keys are texts.
    serde_json::to_string_pretty(scenario).unwrap_or_default()
}
