//! The command line, `mpagesim`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
