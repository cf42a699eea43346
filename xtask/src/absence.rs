//! What must not be there: nothing below `scenarios` touches the machine it runs on, and in
//! sim-mpage tasks sleep in one place only.

use crate::finding::Finding;
use crate::paths::named_paths;
use crate::source::RustFile;

/// The crates that `scenarios` stands on.
const BELOW: [&str; 4] = ["sim-core", "sim-disk", "sim-mpage", "reports"];

/// Paths of the standard library that reach out of the program.
const MACHINE: [&[&str]; 10] = [
    &["std", "fs"],
    &["std", "env"],
    &["std", "net"],
    &["std", "process"],
    &["std", "thread"],
    &["std", "time", "Instant"],
    &["std", "time", "SystemTime"],
    &["std", "io", "stdin"],
    &["std", "io", "stdout"],
    &["std", "io", "stderr"],
];

const PRINTING: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];

/// The one file of sim-mpage that may put a task to sleep: its `sleep_on` flushes the plug first.
const SLEEPS: &str = "sim-mpage/src/submit.rs";

/// Nothing below `scenarios` opens files, reads clocks or the environment, prints, or spawns
/// threads. Tests, benches and examples may.
pub(crate) fn machine(sources: &[RustFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| BELOW.contains(&source.krate.as_str())) {
        let code = source.code();
        for path in named_paths(&code) {
            if MACHINE.iter().any(|machine| path.reaches(machine)) {
                let message = format!("{} reaches out of the simulation", path.words.join("::"));
                findings.push(Finding::new(&source.path, path.line, message));
            }
        }
        for pair in code.windows(2).filter(|pair| pair[1].is("!")) {
            if PRINTING.contains(&pair[0].text.as_str()) {
                let message = format!("{}! prints; a library gives back values", pair[0].text);
                findings.push(Finding::new(&source.path, pair[0].line, message));
            }
        }
    }
    findings
}

/// In sim-mpage a task sleeps only through `sleep_on`.
pub(crate) fn sleeping(sources: &[RustFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let elsewhere = |source: &&RustFile| source.krate == "sim-mpage" && source.path != SLEEPS;
    for source in sources.iter().filter(elsewhere) {
        for call in source.code().windows(3) {
            if call[0].is(".") && call[1].is("sleep") && call[2].is("(") {
                let message = format!("a task sleeps only through sleep_on in {SLEEPS}");
                findings.push(Finding::new(&source.path, call[1].line, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::brief;
    use crate::source::rust_files;
    use crate::tree::TextFile;

    fn sources(path: &str, text: &str) -> Vec<RustFile> {
        rust_files(&[TextFile::new(path, text)])
    }

    const REACHES: &str = "use std::time::{Duration, Instant};\nuse std::{io, thread};\n\
                           fn f() { io::stdout(); }\nfn g() { ::std::fs::read(p); println!(); }\n";

    #[test]
    fn reaching_out_is_found() {
        assert_eq!(
            brief(&machine(&sources("sim-disk/src/hdd.rs", REACHES))),
            [
                "1: std::time::Instant reaches out of the simulation",
                "2: std::thread reaches out of the simulation",
                "3: std::io::stdout reaches out of the simulation",
                "4: std::fs::read reaches out of the simulation",
                "4: println! prints; a library gives back values",
            ]
        );
    }

    #[test]
    fn comments_strings_tests_and_the_crates_above_may() {
        let quiet = "//! std::fs println!\nconst S: &str = \"std::fs\"; fn print(io: std::io::Error) { env!(\"X\"); }\n\
                     #[cfg(test)]\nmod tests { use std::fs; }\n";
        assert!(machine(&sources("sim-core/src/a.rs", quiet)).is_empty());
        for path in
            ["scenarios/src/a.rs", "sim-core/benches/a.rs", "sim-core/tests/a.rs", "sim-disk/examples/a.rs"]
        {
            assert!(machine(&sources(path, REACHES)).is_empty(), "{path}");
        }
    }

    #[test]
    fn a_sleep_outside_sleep_on_is_found() {
        let text = "async fn f() {\n k.tasks.sleep(w).await }";
        let findings = sleeping(&sources("sim-mpage/src/page/lock.rs", text));
        assert_eq!(brief(&findings), ["2: a task sleeps only through sleep_on in sim-mpage/src/submit.rs"]);
        assert!(sleeping(&sources(SLEEPS, text)).is_empty());
        assert!(sleeping(&sources("sim-mpage/src/run.rs", "fn f() { x.sleepers(); }")).is_empty());
    }
}
