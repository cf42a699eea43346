//! What no file of the repository holds: leftovers, `unsafe`, numbers of issues, paths of one
//! machine, names of registries; and how long a file may be.

use crate::finding::Finding;
use crate::source::RustFile;
use crate::tree::TextFile;

/// How many lines a source may have beside its tests.
const LONGEST: usize = 500;

/// Finds leftovers and `unsafe` in code and tests.
pub(crate) fn leftovers(sources: &[RustFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        let tokens = source.tokens();
        for pair in tokens.windows(2).filter(|pair| pair[1].is("!")) {
            if ["todo", "dbg", "unimplemented"].iter().any(|name| pair[0].is(name)) {
                let message = format!("{}! was left over", pair[0].text);
                findings.push(Finding::new(&source.path, pair[0].line, message));
            }
        }
        for token in tokens.iter().filter(|token| token.is("unsafe")) {
            findings.push(Finding::new(&source.path, token.line, "unsafe is used nowhere"));
        }
    }
    findings
}

/// Finds comments that name the number of an issue: they say nothing to who reads the code.
pub(crate) fn issue_numbers(sources: &[RustFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        for comment in source.comments().iter().filter(|comment| names_issue(&comment.text)) {
            findings.push(Finding::new(
                &source.path,
                comment.line,
                "a comment names no issue; say why itself",
            ));
        }
    }
    findings
}

fn names_issue(text: &str) -> bool {
    let numbered = text.match_indices('#').any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let digits = text[at + 1..].chars().take_while(char::is_ascii_digit).count();
        let after = text[at + 1 + digits..].chars().next();
        // Six digits are a colour.
        (1..6).contains(&digits)
            && !before.is_some_and(char::is_alphanumeric)
            && !after.is_some_and(char::is_alphanumeric)
    });
    let words: Vec<String> = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
    let named = words.windows(2).any(|pair| {
        matches!(pair[0].as_str(), "issue" | "issues" | "ticket" | "bug")
            && pair[1].starts_with(|c: char| c.is_ascii_digit())
    });
    numbered || named
}

/// Finds sources that are too long to read in one sitting.
pub(crate) fn length(sources: &[RustFile]) -> Vec<Finding> {
    let long = sources.iter().filter(|source| source.lines_of_code() > LONGEST);
    long.map(|source| {
        let message =
            format!("{} lines beside the tests, more than {LONGEST}: split it", source.lines_of_code());
        Finding::new(&source.path, 1, message)
    })
    .collect()
}

/// Finds absolute paths of one machine and names of registries. The lock file may name them.
pub(crate) fn machine_text(files: &[TextFile]) -> Vec<Finding> {
    // Put together here, so that this file passes its own check.
    let homes = ["work", "root", "home"].map(|name| format!("/{name}/"));
    let registries = [("crates", "io"), ("npmjs", "org"), ("pypi", "org"), ("proxy.golang", "org")]
        .map(|(name, end)| format!("{name}.{end}"));
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| !file.path.ends_with("Cargo.lock")) {
        for (line, text) in (1..).zip(file.text.lines()) {
            for home in homes.iter().filter(|home| names_path(text, home)) {
                let message = format!("{home} is a path of one machine");
                findings.push(Finding::new(&file.path, line, message));
            }
            for registry in registries.iter().filter(|registry| text.contains(registry.as_str())) {
                findings.push(Finding::new(&file.path, line, format!("{registry} is a registry")));
            }
        }
    }
    findings
}

/// Whether `home` begins a path in this line; `../home/x` and `a/home/x` are other paths.
fn names_path(text: &str, home: &str) -> bool {
    text.match_indices(home).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-})]>*~".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::brief;
    use crate::source::rust_files;

    fn sources(text: &str) -> Vec<RustFile> {
        rust_files(&[TextFile::new("sim-core/src/a.rs", text)])
    }

    #[test]
    fn leftovers_are_found_in_tests_too() {
        let text =
            "fn f() { todo!() }\nfn g() { unsafe { x } }\n#[cfg(test)]\nmod t { fn h() { dbg!(1); } }\n";
        assert_eq!(
            brief(&leftovers(&sources(text))),
            ["1: todo! was left over", "4: dbg! was left over", "2: unsafe is used nowhere"]
        );
        assert!(leftovers(&sources("// todo! unsafe\nfn todo() { let s = \"dbg!\"; }\n")).is_empty());
    }

    #[test]
    fn numbers_of_issues_are_found() {
        for bad in ["// see #12", "/// (#7)", "// Issue 4 says", "// fixes bug 99"] {
            assert_eq!(issue_numbers(&sources(bad)).len(), 1, "{bad}");
        }
        for good in ["// #[test]", "// issue a request", "// colour #336699", "let s = \"#12\";", "// r#1"] {
            assert!(issue_numbers(&sources(good)).is_empty(), "{good}");
        }
    }

    #[test]
    fn a_long_file_is_found_and_its_tests_do_not_count() {
        let code = "fn f() {}\n".repeat(LONGEST);
        let tests = format!("{code}#[cfg(test)]\nmod t {{\n{code}}}\n");
        assert!(length(&sources(&tests)).is_empty());
        assert_eq!(length(&sources(&format!("fn g() {{}}\n{tests}"))).len(), 1);
    }

    #[test]
    fn paths_of_one_machine_and_registries_are_found() {
        let planted = format!("a\nsee {0}ho{1}me/x and \"{0}ro{1}ot/y\"\nfrom cra{1}tes.io\n", "/", "");
        let findings = machine_text(&[TextFile::new("README.md", &planted)]);
        assert_eq!(findings.iter().map(|finding| finding.line).collect::<Vec<_>>(), [2, 2, 3]);
        let clean = "../home/x a/work/b https://example.org/home/ homework\n";
        assert!(machine_text(&[TextFile::new("a.md", clean)]).is_empty());
        assert!(machine_text(&[TextFile::new("Cargo.lock", &planted)]).is_empty());
    }
}
