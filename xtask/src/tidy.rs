//! All checks, one after the other.

use anyhow::Result;
use serde_json::Value;

use crate::finding::Finding;
use crate::source::{RustFile, rust_files};
use crate::tree::TextFile;
use crate::{absence, dependencies, floats, floors, hygiene, model, tags};

type SourceCheck = fn(&[RustFile]) -> Vec<Finding>;

/// The checks that look at Rust sources only.
const OF_SOURCES: [SourceCheck; 7] = [
    absence::machine,
    absence::sleeping,
    floats::check,
    floors::check,
    hygiene::leftovers,
    hygiene::issue_numbers,
    hygiene::length,
];

/// What is wrong with a repository of these files and this metadata of cargo's, in order of place.
pub(crate) fn findings(files: &[TextFile], metadata: &Value) -> Result<Vec<Finding>> {
    let sources = rust_files(files);
    let mut findings = tags::check(&model::read(files), &sources);
    findings.extend(dependencies::check(metadata, files)?);
    findings.extend(OF_SOURCES.iter().flat_map(|check| check(&sources)));
    findings.extend(hygiene::machine_text(files));
    findings.sort();
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn findings_of_all_checks_come_in_order_of_place() {
        let files = [
            TextFile::new("docs/model/p.md", "- no tag\n"),
            TextFile::new("sim-core/src/lib.rs", "use std::fs;\npub fn f() -> f64 { todo!() } // #1\n"),
            TextFile::new("sim-mpage/src/page.rs", "use crate::run;\nfn f() { t.sleep(w); }\n"),
        ];
        let metadata = json!({ "packages": [{ "name": "other", "dependencies": [] }] });
        let places: Vec<String> = findings(&files, &metadata)
            .unwrap()
            .iter()
            .map(|finding| format!("{}:{}", finding.path, finding.line))
            .collect();
        assert_eq!(
            places,
            [
                "docs/model/p.md:1",
                "other/Cargo.toml:1",
                "other/Cargo.toml:1",
                "sim-core/src/lib.rs:1",
                "sim-core/src/lib.rs:2",
                "sim-core/src/lib.rs:2",
                "sim-core/src/lib.rs:2",
                "sim-mpage/src/page.rs:1",
                "sim-mpage/src/page.rs:2",
            ]
        );
    }

    #[test]
    fn metadata_without_packages_is_an_error() {
        assert!(findings(&[], &json!({})).is_err());
    }
}
