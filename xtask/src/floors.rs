//! In sim-mpage no floor uses one above it.

use crate::finding::Finding;
use crate::paths::named_paths;
use crate::source::RustFile;

/// The modules of sim-mpage and the floor of each; 0 is the ground.
const FLOORS: [(&str, u8); 19] = [
    ("kernel", 0),
    ("medium", 0),
    ("call", 0),
    ("errno", 0),
    ("failure", 0),
    ("machine", 0),
    ("page", 1),
    ("record", 1),
    ("inode", 2),
    ("memory", 2),
    ("page_lock", 2),
    ("submit", 2),
    ("buffer_cache", 2),
    ("content", 2),
    ("ext2", 3),
    ("mpage", 4),
    ("filemap", 5),
    ("syscalls", 6),
    ("run", 6),
];

/// Modules of the ground that only hold fields, whose types may belong to any floor.
const ONLY_FIELDS: [&str; 2] = ["kernel", "machine"];

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|&(_, floor)| floor)
}

/// Finds modules that stand on no floor, and paths that lead to a floor above.
pub(crate) fn check(sources: &[RustFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.krate == "sim-mpage") {
        let Some((module, name)) = source.module.as_ref().and_then(|module| Some((module, module.first()?)))
        else {
            continue;
        };
        let code = source.code();
        let Some(own) = floor(name) else {
            if !code.is_empty() {
                let message = format!("{name} stands on no floor; give it one in xtask/src/floors.rs");
                findings.push(Finding::new(&source.path, 1, message));
            }
            continue;
        };
        if ONLY_FIELDS.contains(&name.as_str()) {
            continue;
        }
        for path in named_paths(&code) {
            if let Some(used) = top_module(module, &path.words)
                && floor(&used).is_some_and(|above| above > own)
            {
                let message = format!("{name} (floor {own}) uses {used}, which stands above it");
                findings.push(Finding::new(&source.path, path.line, message));
            }
        }
    }
    findings
}

/// The module of the crate's root that a path leads to, seen from `module`.
fn top_module(module: &[String], words: &[String]) -> Option<String> {
    let (first, mut rest) = words.split_first()?;
    let mut base = match first.as_str() {
        "crate" => &module[..0],
        "self" => module,
        "super" => &module[..module.len() - 1],
        _ => return None,
    };
    while let Some((word, after)) = rest.split_first()
        && word == "super"
    {
        base = &base[..base.len().saturating_sub(1)];
        rest = after;
    }
    base.iter().chain(rest).next().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::brief;
    use crate::source::rust_files;
    use crate::tree::TextFile;

    fn found(path: &str, text: &str) -> Vec<String> {
        brief(&check(&rust_files(&[TextFile::new(path, text)])))
    }

    #[test]
    fn a_floor_above_is_found() {
        let text = "use crate::{kernel::Kernel, mpage::read};\nfn f() { crate::run::go(); }\nuse super::super::filemap;\n";
        assert_eq!(
            found("sim-mpage/src/ext2/map.rs", text),
            [
                "1: ext2 (floor 3) uses mpage, which stands above it",
                "2: ext2 (floor 3) uses run, which stands above it",
                "3: ext2 (floor 3) uses filemap, which stands above it",
            ]
        );
    }

    #[test]
    fn the_same_floor_and_those_below_are_free() {
        let text = "use crate::page::Page;\nuse super::allocate;\nuse crate::kernel::Kernel;\n// crate::run\n\
                    #[cfg(test)]\nmod tests { use crate::run; }\n";
        assert!(found("sim-mpage/src/ext2/map.rs", text).is_empty());
        assert!(found("sim-mpage/src/kernel.rs", "use crate::filemap::X;").is_empty());
        assert!(found("sim-mpage/src/lib.rs", "pub use crate::run::run;").is_empty());
        assert!(found("sim-disk/src/hdd.rs", "use crate::run::X;").is_empty());
    }

    #[test]
    fn a_module_without_a_floor_is_found() {
        let findings = found("sim-mpage/src/attic.rs", "fn f() {}");
        assert_eq!(findings, ["1: attic stands on no floor; give it one in xtask/src/floors.rs"]);
    }
}
