//! `mpagesim run`: runs scenarios and compares their arms.

use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use scenarios::from_image;
use scenarios::input::ScenarioInput;
use scenarios::library::SUFFIX;
use scenarios::load::{self, Loaded, Options};
use scenarios::output::write_atomically;
use scenarios::present::explain::MOST_IOS;
use scenarios::present::{self, text};
use scenarios::run::{self, ScenarioRun, Wanted};
use scenarios::write_image::{self, Filesystem};
use serde_json::Value;
use sim_mpage::ext2::block_set::BlockSet;
use sim_mpage::ext2::file_map::FileMap;
use sim_mpage::machine::AtEnd;

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
    /// Puts what happens at one instant into an order that is drawn from this seed.
    #[arg(long, value_name = "SEED")]
    pub(super) shuffle_ties: Option<u64>,
    /// Tells of each I/O why it was sent: because of which call, window and mapping, and what became
    /// of it, with the rules of docs/model by their tags.
    #[arg(long, conflicts_with = "dry_run")]
    pub(super) explain: bool,
    /// In whose numbering blocks are shown.
    #[arg(long, value_enum, default_value_t)]
    pub(super) view: View,
    /// How results are printed.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
    /// Writes the results into this directory as well.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Writes the ext2 image that the arm leaves, unmounted, into this file.
    #[arg(long, value_name = "OUT", conflicts_with = "dry_run")]
    pub(super) write_image: Option<PathBuf>,
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
    let options = Options { set: arguments.set.clone(), seed: arguments.seed, arms: arguments.arm.clone() };
    let mut loaded = Vec::new();
    for input in inputs(arguments)? {
        loaded.push(load::load(&input, &options)?);
    }
    for arm in loaded.iter_mut().flat_map(|loaded| &mut loaded.arms) {
        arm.machine.shuffle_ties = arguments.shuffle_ties;
    }
    if arguments.dry_run {
        show(&loaded, arguments.format)?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.write_image.is_some() {
        unmount_at_end(&mut loaded)?;
    }
    if arguments.format == Format::Ndjson {
        let mut left = Vec::new();
        for loaded in &loaded {
            left.extend(run::stream(loaded, BufWriter::new(io::stdout().lock()))?);
        }
        write_image(arguments, left.first())?;
        return Ok(ExitCode::SUCCESS);
    }
    let wanted = Wanted { twice: arguments.twice, chains: arguments.explain.then_some(MOST_IOS) };
    let mut runs = Vec::new();
    for loaded in &loaded {
        runs.push(run::run_scenario_for(loaded, wanted)?);
    }
    if let Some(directory) = &arguments.out {
        write_pictures(directory, &runs)?;
    }
    let arms = runs.iter().flat_map(|run| &run.arms);
    write_image(arguments, arms.map(|arm| &arm.filesystem).next())?;
    print_runs(arguments, &runs)?;
    Ok(ExitCode::SUCCESS)
}

/// Makes the one arm that is run unmount its filesystem.
fn unmount_at_end(loaded: &mut [Loaded]) -> Result<()> {
    let names: Vec<String> = loaded
        .iter()
        .flat_map(|loaded| loaded.arms.iter().map(|arm| format!("{} of {}", arm.name, loaded.name)))
        .collect();
    match loaded {
        [Loaded { arms, .. }] if arms.len() == 1 => arms[0].machine.at_end = AtEnd::Unmount,
        _ => bail!(
            "--write-image writes what one arm leaves, and there are {}: {}; choose one with --arm",
            names.len(),
            names.join(", ")
        ),
    }
    Ok(())
}

/// Writes the image that is asked for.
fn write_image(arguments: &Arguments, left: Option<&Filesystem>) -> Result<()> {
    if let (Some(path), Some(left)) = (&arguments.write_image, left) {
        write_image::write(path, left)?;
    }
    Ok(())
}

/// The scenarios to be run; an image makes one of its own.
fn inputs(arguments: &Arguments) -> Result<Vec<ScenarioInput>> {
    if let (Some(image), Some(file)) = (&arguments.image, &arguments.file) {
        return Ok(vec![from_image::scenario(image, file, arguments.device.as_deref())?]);
    }
    let inputs = arguments.scenario.iter().map(|argument| Ok(ScenarioInput::open(argument)?));
    inputs.collect()
}

fn print_runs(arguments: &Arguments, runs: &[ScenarioRun]) -> Result<()> {
    let view = match arguments.view {
        View::File => text::View::File,
        View::Disk => text::View::Disk,
    };
    match (arguments.format, runs) {
        (Format::Json, [run]) => print_json(&present::json::data(run))?,
        (Format::Json, runs) => print_json(&runs.iter().map(present::json::data).collect::<Vec<_>>())?,
        (Format::Text | Format::Ndjson, runs) => {
            let texts = runs.iter().map(|run| text::text(run, view)).collect::<Result<Vec<_>, _>>()?;
            print(&texts.join("\n"))?;
        }
    }
    Ok(())
}

/// Writes the pictures of each run, named after its scenario.
fn write_pictures(directory: &Path, runs: &[ScenarioRun]) -> Result<()> {
    for run in runs {
        let name = Path::new(&run.name).file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        let name = name.strip_suffix(SUFFIX).unwrap_or(&name);
        for (kind, picture) in present::picture::pictures(run) {
            let path = |format| directory.join(format!("{name}.{kind}.{format}"));
            write_atomically(&path("svg"), picture.to_svg().as_bytes())?;
            write_atomically(&path("png"), &picture.to_png()?)?;
        }
    }
    Ok(())
}

/// What would run. As JSON it is the scenario with everything filled in, which runs as the same.
fn show(loaded: &[Loaded], format: Format) -> Result<()> {
    let documents = loaded.iter().map(|loaded| serde_json::to_value(&loaded.resolved));
    let documents: Vec<Value> = documents.collect::<Result<_, _>>()?;
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
