//! `mpagesim man`: the manual pages, from the same definitions as the help.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::builder::StyledStr;
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
    let mut command = CommandLine::command().disable_help_subcommand(true);
    command.build();
    let Some(directory) = &arguments.directory else {
        print(&page(command)?.1)?;
        return Ok(ExitCode::SUCCESS);
    };
    let commands: Vec<Command> = command.get_subcommands().cloned().collect();
    for command in std::iter::once(command).chain(commands) {
        let (name, text) = page(command)?;
        write_atomically(&directory.join(name), text.as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The file name and the text of a command's page: what its help says, in the order of a manual page.
fn page(command: Command) -> Result<(String, String)> {
    let plain = |text: Option<&StyledStr>| text.map(ToString::to_string).unwrap_or_default();
    let examples = plain(command.get_before_help());
    let reference = plain(command.get_after_long_help());
    let has_subcommands = command.get_subcommands().next().is_some();
    let man = Man::new(command.before_help(None).after_long_help(None));
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if has_subcommands {
        man.render_subcommands_section(&mut text)?;
    }
    let mut text = String::from_utf8(text)?;
    for (title, lines) in
        [("EXAMPLES", examples.trim_start_matches("Examples:\n")), ("REFERENCE", &reference)]
    {
        if !lines.is_empty() {
            text += &as_it_stands(title, lines);
        }
    }
    Ok((man.get_filename(), text))
}

/// A section whose lines stay as they are.
fn as_it_stands(title: &str, lines: &str) -> String {
    let escaped = lines.lines().map(|line| {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        if line.starts_with(['.', '\'']) { format!("\\&{line}\n") } else { format!("{line}\n") }
    });
    format!(".SH {title}\n.nf\n{}.fi\n", escaped.collect::<String>())
}
