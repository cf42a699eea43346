//! `mpagesim run`: runs scenarios and compares their arms.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use scenarios::input::ScenarioInput;
use scenarios::load::{self, Loaded, Options};
use serde_json::{Value, json};
use sim_mpage::ext2::block_set::BlockSet;
use sim_mpage::ext2::file_map::FileMap;

use super::{Format, print, print_json};

/// In whose numbering blocks are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum View {
    /// Logical blocks of the file, indirect blocks by their role.
    #[default]
    File,
    /// Positions on the disk, counted from the file's lowest block.
    Disk,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A scenario file, `-` for standard input, or the name of a library scenario.
    #[arg(required_unless_present = "image")]
    pub(super) scenario: Vec<String>,
    /// Runs only this arm; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub(super) arm: Vec<String>,
    /// Reads and resolves everything, prints what would run, and runs nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Sets a value of the scenario before its arms do, such as `queue.read_ahead_kb=256`.
    #[arg(long, value_name = "PATH=VALUE")]
    pub(super) set: Vec<String>,
    /// The master seed, instead of the scenario's.
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// Runs twice and names the first event that differs.
    #[arg(long)]
    pub(super) twice: bool,
    /// In whose numbering blocks are shown.
    #[arg(long, value_enum, default_value_t)]
    pub(super) view: View,
    /// How results are printed.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
    /// Writes the results into this directory as well.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Instead of a scenario: an ext2 image, from which a file is read with boundary off and on.
    #[arg(long, conflicts_with = "scenario", requires = "file")]
    pub(super) image: Option<PathBuf>,
    /// With `--image`: the file's path in it.
    #[arg(long, value_name = "PATH", requires = "image")]
    pub(super) file: Option<String>,
    /// With `--image`: the device.
    #[arg(long, value_name = "PRESET", requires = "image")]
    pub(super) device: Option<String>,
}

/// Does it.
pub(super) fn execute(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.image.is_some() {
        bail!("running an image is not built yet");
    }
    let options = Options { set: arguments.set.clone(), seed: arguments.seed, arms: arguments.arm.clone() };
    let mut loaded = Vec::new();
    for argument in &arguments.scenario {
        loaded.push(load::load(&ScenarioInput::open(argument)?, &options)?);
    }
    if arguments.dry_run {
        show(&loaded, arguments.format)?;
        return Ok(ExitCode::SUCCESS);
    }
    bail!("running a scenario is not built yet; --dry-run shows what would run")
}

/// What would run.
fn show(loaded: &[Loaded], format: Format) -> Result<()> {
    let documents: Vec<Value> = loaded.iter().map(resolved).collect();
    match (format, documents.as_slice()) {
        (Format::Text, _) => print(&loaded.iter().map(summary).collect::<Result<Vec<_>>>()?.join("\n"))?,
        (Format::Json, [only]) => print_json(only)?,
        (Format::Json, all) => print_json(&all)?,
        (Format::Ndjson, all) => {
            let lines: Vec<String> = all.iter().map(|document| format!("{document}\n")).collect();
            print(&lines.concat())?;
        }
    }
    Ok(())
}

fn resolved(loaded: &Loaded) -> Value {
    let arms: Vec<Value> =
        loaded.arms.iter().map(|arm| json!({ "arm": arm.name, "scenario": arm.scenario })).collect();
    json!({ "name": loaded.name, "arms": arms })
}

fn summary(loaded: &Loaded) -> Result<String> {
    let mut text = String::new();
    for arm in &loaded.arms {
        let scenario = &arm.scenario;
        let calls: usize = arm.machine.tasks.iter().map(|task| task.calls.len()).sum();
        text += &format!("{}, arm {}: {}\n", loaded.name, arm.name, scenario.title);
        text += &format!(
            "  device {}, boundary {}, seed {}, {} tasks with {calls} calls\n",
            scenario.device.preset,
            if scenario.filesystem.boundary { "on" } else { "off" },
            scenario.seed,
            arm.machine.tasks.len(),
        );
        let volume = &arm.machine.volume;
        for file in &volume.files {
            let map = FileMap::read(&*volume.base, &volume.superblock, file, &mut BlockSet::default())?;
            text += &format!("  {}, {} bytes: {}\n", file.path, file.size, map.to_layout_string());
        }
    }
    Ok(text)
}
