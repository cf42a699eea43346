//! `mpagesim scenarios`: lists the library.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use scenarios::input::ScenarioInput;
use scenarios::library::LIBRARY;
use scenarios::load::{self, Options};
use serde_json::json;

use super::{PlainFormat, print, print_json};

/// Arguments of `scenarios`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// How the list is printed.
    #[arg(long, value_enum, default_value_t)]
    format: PlainFormat,
}

/// Does it.
pub(super) fn execute(arguments: &Arguments) -> Result<ExitCode> {
    let mut list = Vec::new();
    for entry in LIBRARY {
        let loaded = load::load(&ScenarioInput::of_library(entry), &Options::default())?;
        let title = loaded.arms.first().map(|arm| arm.scenario.title.clone()).unwrap_or_default();
        let arms: Vec<String> = loaded.arms.into_iter().map(|arm| arm.name).collect();
        list.push((entry.name, title, arms));
    }
    match arguments.format {
        PlainFormat::Text => {
            let width = list.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
            let lines: Vec<String> =
                list.iter().map(|(name, title, _)| format!("{name:width$}  {title}\n")).collect();
            print(&lines.concat())?;
        }
        PlainFormat::Json => {
            let entries =
                list.iter().map(|(name, title, arms)| json!({ "name": name, "title": title, "arms": arms }));
            print_json(&entries.collect::<Vec<_>>())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
