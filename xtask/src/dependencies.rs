//! A crate may use what stands below it; nothing points up.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::finding::Finding;
use crate::tree::TextFile;

/// The crates from the ground up, and which of the others each may use, in tests too.
const MAY_USE: [(&str, &[&str]); 6] = [
    ("sim-core", &[]),
    ("sim-disk", &["sim-core"]),
    ("reports", &["sim-core"]),
    ("sim-mpage", &["sim-core", "sim-disk"]),
    ("scenarios", &["sim-core", "sim-disk", "sim-mpage", "reports"]),
    ("xtask", &[]),
];

/// What cargo says about the workspace.
pub(crate) fn metadata(root: &Path) -> Result<Value> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(root)
        .output()
        .context("cannot run cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim());
    serde_json::from_slice(&output.stdout).context("cargo metadata gave no JSON")
}

/// Checks what the workspace's crates use of each other, and that each takes the workspace's lints.
pub(crate) fn check(metadata: &Value, files: &[TextFile]) -> Result<Vec<Finding>> {
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let names: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let mut findings = Vec::new();
    for (package, name) in packages.iter().zip(&names) {
        let path = format!("{name}/Cargo.toml");
        let text = files.iter().find(|file| file.path == path).map_or("", |file| file.text.as_str());
        if !inherits_lints(text) {
            let message = "this crate does not take the workspace's lints; add [lints] workspace = true";
            findings.push(Finding::new(&path, 1, message));
        }
        let Some((_, allowed)) = MAY_USE.iter().find(|(krate, _)| krate == name) else {
            let message =
                format!("{name} has no place in the house; give it one in xtask/src/dependencies.rs");
            findings.push(Finding::new(&path, 1, message));
            continue;
        };
        for used in package["dependencies"].as_array().into_iter().flatten() {
            let used = used["name"].as_str().unwrap_or_default();
            if names.contains(&used) && !allowed.contains(&used) {
                let line = text.lines().position(|line| line.starts_with(used)).map_or(1, |line| line + 1);
                findings.push(Finding::new(&path, line, format!("{name} must not use {used}")));
            }
        }
    }
    Ok(findings)
}

fn inherits_lints(manifest: &str) -> bool {
    let mut section = "";
    manifest.lines().map(str::trim).any(|line| {
        if line.starts_with('[') {
            section = line;
        }
        let plain: String = line.split_whitespace().collect();
        plain == "lints.workspace=true" || (section == "[lints]" && plain == "workspace=true")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::brief;
    use serde_json::json;

    fn found(name: &str, uses: &[&str], manifest: &str) -> Vec<String> {
        let uses: Vec<Value> = uses.iter().map(|name| json!({ "name": name })).collect();
        let mut packages = vec![json!({ "name": name, "dependencies": uses })];
        let mut files = vec![TextFile::new(&format!("{name}/Cargo.toml"), manifest)];
        for (other, _) in MAY_USE.iter().filter(|(other, _)| *other != name) {
            packages.push(json!({ "name": other, "dependencies": [] }));
            files.push(TextFile::new(&format!("{other}/Cargo.toml"), LINTS));
        }
        brief(&check(&json!({ "packages": packages }), &files).unwrap())
    }

    const LINTS: &str = "[lints]\nworkspace = true\n";

    #[test]
    fn what_stands_below_may_be_used() {
        assert!(found("sim-mpage", &["sim-core", "sim-disk", "thiserror"], LINTS).is_empty());
    }

    #[test]
    fn an_arrow_that_points_up_is_found() {
        let manifest = format!("{LINTS}[dev-dependencies]\nsim-mpage.workspace = true\n");
        assert_eq!(
            found("sim-disk", &["sim-core", "sim-mpage"], &manifest),
            ["4: sim-disk must not use sim-mpage"]
        );
        assert_eq!(found("xtask", &["sim-core"], LINTS), ["1: xtask must not use sim-core"]);
    }

    #[test]
    fn a_crate_without_a_place_or_without_lints_is_found() {
        assert_eq!(found("extra", &[], LINTS).len(), 1);
        assert_eq!(found("reports", &[], "[dependencies]\nworkspace = true\n").len(), 1);
        assert!(found("reports", &[], "lints.workspace = true\n").is_empty());
    }
}
