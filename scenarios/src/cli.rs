//! The command line: results on standard output, diagnostics on standard error.
//!
//! Exit codes: 0 as it should be, 1 a difference, 2 wrong use or wrong input, 3 the machine failed
//! (disk full, unreadable). A subcommand is a file with its arguments and a function `execute`.

mod check;
mod completions;
mod conform;
mod fuzz;
mod help;
mod inspect;
mod man;
mod run;
mod scenarios;
mod schema;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use ::scenarios::load::diagnostic::Diagnostics;
use clap::{Parser, Subcommand, ValueEnum};

/// Something came out otherwise than it should.
const DIFFERENCE: u8 = 1;
/// The command line or an input is wrong.
const WRONG_INPUT: u8 = 2;
/// Reading or writing failed.
const MACHINE_FAILED: u8 = 3;

/// The program's name.
const NAME: &str = "mpagesim";

/// Which I/O a Linux kernel sends for a file, in which order, why, and what that costs.
///
/// A file on an indirect-block filesystem (ext2) is read and written by Linux's multi-page algorithms
/// (fs/mpage.c), through page cache, readahead, block layer and scheduler, down to a model of a disk
/// or an SSD, under one virtual clock. Variants of a scenario, its arms, are compared.
#[derive(Debug, Parser)]
#[command(
    name = NAME,
    version,
    arg_required_else_help = true,
    help_template = help::TEMPLATE,
    before_help = help::EXAMPLES,
    after_long_help = help::REFERENCE,
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs scenarios, or reads a file of an ext2 image, and compares the arms.
    #[command(help_template = help::TEMPLATE, before_help = help::RUN_EXAMPLES, after_long_help = help::REFERENCE)]
    Run(run::Arguments),
    /// Runs scenarios and compares with what they say must come out.
    #[command(help_template = help::TEMPLATE, before_help = help::CHECK_EXAMPLES, after_long_help = help::EXPECTATIONS)]
    Check(check::Arguments),
    /// Compares the simulator with recorded kernel traces.
    Conform(conform::Arguments),
    /// Prints what an ext2 image holds or a scenario describes, and where the blocks of a file lie.
    #[command(help_template = help::TEMPLATE, before_help = inspect::EXAMPLES, after_long_help = help::REFERENCE)]
    Inspect(inspect::Arguments),
    /// Runs random scenarios and checks what must hold of all.
    #[command(hide = true)]
    Fuzz(fuzz::Arguments),
    /// Lists the scenarios of the library.
    Scenarios(scenarios::Arguments),
    /// Prints the JSON schema of scenario files.
    Schema(schema::Arguments),
    /// Prints a script with which a shell completes mpagesim's commands and options.
    Completions(completions::Arguments),
    /// Prints the manual page, or writes all of them.
    Man(man::Arguments),
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// One JSON document a line: the events of the trace.
    Ndjson,
}

/// How results are printed where there is no stream of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum PlainFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

/// Reads the command line and does what it says.
pub(crate) fn main() -> ExitCode {
    // Elsewhere than on a terminal nobody reads an introduction: no arguments are wrong use.
    if std::env::args_os().len() < 2 && io::stdout().is_terminal() {
        let code = print(help::INTRODUCTION).map_or_else(|error| tell(&error.into()), |()| 0);
        return ExitCode::from(code);
    }
    let command_line = match CommandLine::try_parse() {
        Ok(command_line) => command_line,
        Err(error) => {
            // Help and version are results; whoever closed the pipe needs no answer.
            drop(error.print());
            return if error.use_stderr() { ExitCode::from(WRONG_INPUT) } else { ExitCode::SUCCESS };
        }
    };
    let result = match &command_line.command {
        Command::Run(arguments) => run::execute(arguments),
        Command::Check(arguments) => check::execute(arguments),
        Command::Conform(arguments) => conform::execute(arguments),
        Command::Inspect(arguments) => inspect::execute(arguments),
        Command::Fuzz(arguments) => fuzz::execute(arguments),
        Command::Scenarios(arguments) => scenarios::execute(arguments),
        Command::Schema(arguments) => schema::execute(arguments),
        Command::Completions(arguments) => completions::execute(arguments),
        Command::Man(arguments) => man::execute(arguments),
    };
    result.unwrap_or_else(|error| ExitCode::from(tell(&error)))
}

/// Prints an error and says which exit code it is.
fn tell(error: &anyhow::Error) -> u8 {
    let io_error = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
    let kind = io_error.map(io::Error::kind);
    let mut stderr = io::stderr().lock();
    // There is nobody left to tell if standard error is gone.
    drop(match error.downcast_ref::<Diagnostics>() {
        Some(diagnostics) => writeln!(stderr, "{}", diagnostics.render(colours())),
        None if kind == Some(io::ErrorKind::BrokenPipe) => Ok(()),
        None => writeln!(stderr, "error: {error:#}"),
    });
    match kind {
        None | Some(io::ErrorKind::NotFound) => WRONG_INPUT,
        Some(_) => MACHINE_FAILED,
    }
}

/// Whether diagnostics may be coloured.
fn colours() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !refused
}

/// Prints a result.
fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Prints a result as indented JSON.
fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    print(&format!("{text}\n"))?;
    Ok(())
}
