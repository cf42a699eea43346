//! Every rule of `docs/model` stands in a page, in the code that does it and in the test that
//! drives it, under one tag.

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::model::{Model, Reference, Rule, tags_in};
use crate::source::RustFile;

/// Compares the tags of the pages with those of code and tests.
pub(crate) fn check(model: &Model, sources: &[RustFile]) -> Vec<Finding> {
    let (mut findings, mut defined) = (model.findings.clone(), BTreeMap::<&str, &Rule>::new());
    for rule in &model.rules {
        if let Some(first) = defined.get(rule.tag.as_str()) {
            let message = format!("[{}] is defined already at {}:{}", rule.tag, first.path, first.line);
            findings.push(Finding::new(&rule.path, rule.line, message));
        } else {
            defined.insert(&rule.tag, rule);
        }
    }
    let (tests, code) = tags_of(sources);
    for reference in model.references.iter().chain(&tests).chain(&code) {
        if !defined.contains_key(reference.tag.as_str()) {
            let message = format!("[{}] is the tag of no rule in docs/model", reference.tag);
            findings.push(Finding::new(&reference.path, reference.line, message));
        }
    }
    for rule in defined.values() {
        findings.extend(compare(rule, &code, &tests));
    }
    findings
}

fn compare(rule: &Rule, code: &[Reference], tests: &[Reference]) -> Vec<Finding> {
    let tag = &rule.tag;
    let mut in_code = code.iter().filter(|reference| reference.tag == *tag);
    if !rule.built {
        let message = format!("[{tag}] is marked (not built) in {}:{}", rule.path, rule.line);
        return in_code.map(|place| Finding::new(&place.path, place.line, message.clone())).collect();
    }
    let in_code = in_code.next().is_some();
    let in_test = tests.iter().any(|reference| reference.tag == *tag);
    let missing = match (in_code, in_test) {
        (true, true) => return Vec::new(),
        (true, false) => "in no test",
        (false, true) => "in no code",
        (false, false) => "in no code and no test",
    };
    vec![Finding::new(&rule.path, rule.line, format!("[{tag}] stands {missing}"))]
}

/// The tags in comments of tests, and of code. xtask simulates nothing; benches and examples neither
/// do what a rule says nor check it.
fn tags_of(sources: &[RustFile]) -> (Vec<Reference>, Vec<Reference>) {
    let (mut tests, mut code) = (Vec::new(), Vec::new());
    for source in sources.iter().filter(|source| source.krate != "xtask") {
        for comment in source.comments() {
            let places = match (source.is_test(comment.line), &source.module) {
                (true, _) => &mut tests,
                (false, Some(_)) => &mut code,
                (false, None) => continue,
            };
            let tags = tags_in(&comment.text).into_iter();
            places.extend(tags.map(|tag| Reference { tag, path: source.path.clone(), line: comment.line }));
        }
    }
    (tests, code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::brief;
    use crate::model;
    use crate::source::rust_files;
    use crate::tree::TextFile;

    fn found(page: &str, code: &str) -> Vec<String> {
        let files = [TextFile::new("docs/model/p.md", page), TextFile::new("sim-core/src/x.rs", code)];
        brief(&check(&model::read(&files), &rust_files(&files)))
    }

    const BOTH: &str = "// [p.a]\nfn f() {}\n#[cfg(test)]\nmod tests {\n/// Drives [p.a].\nfn t() {}\n}\n";

    #[test]
    fn a_rule_that_stands_in_all_three_places_is_in_order() {
        assert!(found("- [p.a] x, see [p.a]\n- [p.b] (not built) y\n", BOTH).is_empty());
    }

    #[test]
    fn a_rule_that_is_missing_somewhere_is_found() {
        assert_eq!(found("- [p.a] x\n", ""), ["1: [p.a] stands in no code and no test"]);
        assert_eq!(found("- [p.a] x\n", "// [p.a]\nfn f() {}"), ["1: [p.a] stands in no test"]);
        let test = "#[cfg(test)]\nmod tests {\n// [p.a]\n}\nconst S: &str = \"[p.a]\";";
        assert_eq!(found("- [p.a] x\n", test), ["1: [p.a] stands in no code"]);
        let files = [
            TextFile::new("docs/model/p.md", "- [p.a] x\n"),
            TextFile::new("sim-core/benches/b.rs", "// [p.a]"),
        ];
        let bench = check(&model::read(&files), &rust_files(&files));
        assert_eq!(brief(&bench), ["1: [p.a] stands in no code and no test"]);
    }

    #[test]
    fn a_rule_that_is_not_built_must_not_stand_in_code() {
        let findings = found("- [p.a] (not built) x\n", BOTH);
        assert_eq!(findings, ["1: [p.a] is marked (not built) in docs/model/p.md:1"]);
    }

    #[test]
    fn duplicates_and_unknown_tags_are_found() {
        let findings =
            found("- [p.a] x\n- [p.a] y\n- [p.b] (not built) see [q.c]\n", &BOTH.replace("p.a]\n", "p.z]\n"));
        assert_eq!(
            findings,
            [
                "2: [p.a] is defined already at docs/model/p.md:1",
                "3: [q.c] is the tag of no rule in docs/model",
                "1: [p.z] is the tag of no rule in docs/model",
                "1: [p.a] stands in no code",
            ]
        );
    }
}
