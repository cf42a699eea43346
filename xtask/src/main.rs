//! Chores of the repository: `cargo xtask tidy` checks what the compiler does not, from the sources
//! and cargo's metadata; `cargo xtask digests` and `fuzz` call the binary. Nothing is simulated here.

mod absence;
mod dependencies;
mod digests;
mod finding;
mod floats;
mod floors;
mod fuzz;
mod hygiene;
mod lex;
mod model;
mod paths;
mod source;
mod tags;
mod tidy;
mod tree;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

const USAGE: &str = "\
usage: cargo xtask tidy               check the rules of this repository
       cargo xtask digests [--write]  compare the library's digests with the golden, or write it
       cargo xtask fuzz [SEED]        check 10000 random scenarios (seed 1)";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Does the chore that the command line names; whether all was well.
fn run() -> Result<bool> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent directory")?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["tidy"] => {
            let findings = tidy::findings(&tree::read(root)?, &dependencies::metadata(root)?)?;
            for finding in &findings {
                println!("{finding}");
            }
            eprintln!("tidy: {} findings", findings.len());
            Ok(findings.is_empty())
        }
        ["digests"] => digests::digests(root, false),
        ["digests", "--write"] => digests::digests(root, true),
        ["fuzz"] => fuzz::fuzz(root, "1"),
        ["fuzz", seed] => fuzz::fuzz(root, seed),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(true)
        }
        _ => bail!("{USAGE}"),
    }
}
