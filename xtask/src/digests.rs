//! `cargo xtask digests`: the release binary over the whole library, each scenario twice, and the
//! digests beside the golden that the tests compare with, too. So debug and release builds are known
//! to come to the same bits.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

pub(crate) const BINARY: &str = "target/release/mpagesim";
const GOLDEN: &str = "scenarios/goldens/digests.txt";

/// Compares with the golden, or writes it; whether all was well.
pub(crate) fn digests(root: &Path, write: bool) -> Result<bool> {
    let digests = of_library(&root.join(BINARY))?;
    let golden = root.join(GOLDEN);
    if write {
        std::fs::write(&golden, &digests).with_context(|| format!("cannot write {GOLDEN}"))?;
        return Ok(true);
    }
    let expected = std::fs::read_to_string(&golden).with_context(|| format!("cannot read {GOLDEN}"))?;
    let differing = differences(&expected, &digests);
    for line in &differing {
        println!("{line}");
    }
    Ok(differing.is_empty())
}

/// One line an arm: scenario, arm, digest.
fn of_library(binary: &Path) -> Result<String> {
    let names: Vec<String> = json(binary, &["scenarios"])?
        .as_array()
        .context("`scenarios` prints no list")?
        .iter()
        .filter_map(|entry| Some(entry["name"].as_str()?.to_owned()))
        .collect();
    ensure!(!names.is_empty(), "the library is empty");
    let mut lines = String::new();
    for name in &names {
        let run = json(binary, &["run", name, "--twice"])?;
        for arm in run["arms"].as_array().context("`run` prints no arms")? {
            let text =
                |key: &str| arm[key].as_str().with_context(|| format!("an arm of {name} has no {key}"));
            lines += &format!("{name} {} {}\n", text("name")?, text("digest")?);
        }
    }
    Ok(lines)
}

fn json(binary: &Path, arguments: &[&str]) -> Result<Value> {
    let output = Command::new(binary)
        .args(arguments)
        .args(["--format", "json"])
        .output()
        .with_context(|| format!("cannot start {BINARY}: cargo build --release first"))?;
    ensure!(
        output.status.success(),
        "{BINARY} {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).with_context(|| format!("{} prints no JSON", arguments.join(" ")))
}

/// Lines that are on one side only.
fn differences(expected: &str, got: &str) -> Vec<String> {
    let only = |sign: &'static str, side: &str, other: &str| {
        let other: Vec<String> = other.lines().map(str::to_owned).collect();
        let lines = side.lines().filter(|line| !other.iter().any(|known| known == line));
        lines.map(|line| format!("{sign} {line}")).collect::<Vec<_>>()
    };
    [only("-", expected, got), only("+", got, expected)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_on_one_side_only_are_differences() {
        assert!(differences("a x 1\nb x 2\n", "a x 1\nb x 2\n").is_empty());
        assert_eq!(differences("a x 1\nb x 2\n", "a x 1\nb x 3\nc x 4\n"), ["- b x 2", "+ b x 3", "+ c x 4"]);
    }
}
