//! `mpagesim inspect`: what an ext2 image holds, or what a scenario describes.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use scenarios::image_file;
use scenarios::input::ScenarioInput;
use scenarios::inspect::subject::{Kind, kind_of};
use scenarios::inspect::text::{shown, text};
use scenarios::inspect::{Inspection, of_image, of_scenario};
use scenarios::load::{self, Options};

use super::{PlainFormat, WRONG_INPUT, print, print_json};

/// The examples of `inspect`.
pub(super) const EXAMPLES: &str = "\
Examples:
  mpagesim inspect disk.img                         an ext2 image and its root directory
  mpagesim inspect disk.img /music                  a directory
  mpagesim inspect disk.img /music/a.bin            a file's map, to be put into a scenario
  mpagesim inspect classic                          what a scenario describes
An argument is taken for an image if it has ext2's magic number or is not text,
otherwise for a scenario; the first line of what is printed says which.
";

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// An ext2 image; or a scenario file, `-` for standard input, or the name of a library scenario.
    #[arg(value_name = "IMAGE|SCENARIO")]
    pub(super) subject: String,
    /// A file, whose map is printed, or a directory, which is listed. Without it: the root directory
    /// of an image, all files of a scenario.
    #[arg(value_name = "PATH")]
    pub(super) path: Option<String>,
    /// Of a scenario: only this arm; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub(super) arm: Vec<String>,
    /// Of a scenario: sets a value before its arms do, such as `filesystem.block_size=1KiB`.
    #[arg(long, value_name = "PATH=VALUE")]
    pub(super) set: Vec<String>,
    /// Of a scenario: the master seed, which fragments are drawn from.
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// How results are printed.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: PlainFormat,
}

/// Does it.
pub(super) fn execute(arguments: &Arguments) -> Result<ExitCode> {
    let Arguments { subject: name, path, .. } = arguments;
    let path = path.as_deref();
    let (taken_for, because) = kind_of(name).with_context(|| format!("cannot read {name}"))?;
    let options = Options { set: arguments.set.clone(), seed: arguments.seed, arms: arguments.arm.clone() };
    let filesystems = match taken_for {
        Kind::Image if options != Options::default() => {
            bail!("{name} was taken for an ext2 image, because {because}: it has no arms, values or seed");
        }
        Kind::Image => {
            let taken = || format!("taken for an ext2 image, because {because}");
            let image = image_file::open(Path::new(name)).with_context(taken)?;
            vec![of_image(&image, path).with_context(|| name.clone())?]
        }
        Kind::Scenario => {
            let loaded = load::load(&ScenarioInput::open(name)?, &options)?;
            of_scenario(&loaded, path).with_context(|| name.clone())?
        }
    };
    let inspection = Inspection { name: name.clone(), taken_for, because, filesystems };
    match arguments.format {
        PlainFormat::Text => print(&text(&inspection))?,
        PlainFormat::Json => print_json(&inspection)?,
    }
    tell_damage(&inspection)
}

/// Whatever is damaged is told on standard error, too: the listing only has room to say that it is.
fn tell_damage(inspection: &Inspection) -> Result<ExitCode> {
    let mut stderr = io::stderr().lock();
    let mut code = ExitCode::SUCCESS;
    for error in inspection.filesystems.iter().flat_map(|one| one.damage()) {
        writeln!(stderr, "error: {}", shown(error))?;
        code = ExitCode::from(WRONG_INPUT);
    }
    Ok(code)
}
