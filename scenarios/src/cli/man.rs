//! `mpagesim man`: the manual pages, from the same definitions as the help.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use scenarios::output::write_atomically;

use super::{CommandLine, print};

/// Arguments of `man`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Writes all pages into this directory: mpagesim.1, mpagesim-run.1, ...; without it, the first
    /// one is printed.
    #[arg(value_name = "DIR")]
    pub(super) directory: Option<PathBuf>,
}

/// Does it.
pub(super) fn execute(arguments: &Arguments) -> Result<ExitCode> {
    let mut command = CommandLine::command();
    command.build();
    let Some(directory) = &arguments.directory else {
        print(&page(command)?.1)?;
        return Ok(ExitCode::SUCCESS);
    };
    let of_its_own = |command: &&Command| command.get_name() != "help";
    let commands: Vec<Command> = command.get_subcommands().filter(of_its_own).cloned().collect();
    for command in std::iter::once(command).chain(commands) {
        let (name, text) = page(command)?;
        write_atomically(&directory.join(name), text.as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The file name and the text of a command's page.
fn page(command: Command) -> Result<(String, String)> {
    let man = Man::new(command);
    let mut text = Vec::new();
    man.render(&mut text)?;
    Ok((man.get_filename(), String::from_utf8(text)?))
}
