//! `mpagesim conform`: compares the simulator with recorded kernel traces.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};

use scenarios::conform::images::Images;
use scenarios::conform::{self, report};

use super::{DIFFERENCE, PlainFormat, print, print_json};

/// What must be equal to the kernel's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Level {
    /// Bios, as they were queued.
    L1,
    /// Requests, as they were issued to the device.
    L2,
}

/// Arguments of `conform`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Traces, or directories that are searched for them.
    #[arg(required = true, value_name = "TRACE|DIR")]
    pub(super) traces: Vec<PathBuf>,
    /// Compares only this level; without it, all that a trace is good for.
    #[arg(long, value_enum)]
    pub(super) level: Option<Level>,
    /// Tells each trace from call to completion, rule by rule, with the kernel beside the simulator.
    #[arg(long, conflicts_with = "format")]
    pub(super) explain: bool,
    /// How results are printed.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: PlainFormat,
}

/// Does it.
pub(super) fn execute(arguments: &Arguments) -> Result<ExitCode> {
    let only = arguments.level.map(|level| match level {
        Level::L1 => conform::level::Level::L1,
        Level::L2 => conform::level::Level::L2,
    });
    let traces = conform::find_traces(&arguments.traces)?;
    if arguments.explain {
        let images = Images::default();
        for trace in &traces {
            print(&format!("{}\n", conform::explain(&conform::read_trace(trace)?, &images)))?;
        }
    }
    let verdicts = conform::conform(&traces, only)?;
    match arguments.format {
        PlainFormat::Text => print(&report::text(&verdicts))?,
        PlainFormat::Json => print_json(&report::data(&verdicts))?,
    }
    Ok(if report::all_equal(&verdicts) { ExitCode::SUCCESS } else { ExitCode::from(DIFFERENCE) })
}
