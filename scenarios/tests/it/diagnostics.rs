//! What a wrong scenario is answered with.
//!
//! Each kind of mistake is a file `NAME.json` under `tests/goldens/diagnostics`, its answer
//! `NAME.txt`; `SNAPSHOTS=overwrite cargo test -p scenarios` writes the answers. A first line
//! `// --set ... --arm ...` is the command line.

use std::path::{Path, PathBuf};

use scenarios::load::diagnostic::Diagnostics;
use scenarios::load::{Options, load};
use snapbox::Data;

use crate::{Text, load_text};

const SMALLEST: &str = r#"{ "workload": { "calls": [] } }"#;

fn goldens() -> Vec<PathBuf> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goldens/diagnostics");
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    files.sort();
    files
}

fn command_line(text: &str) -> Options {
    let mut options = Options::default();
    let mut words = text.lines().next().and_then(|line| line.strip_prefix("// ")).unwrap_or("").split(' ');
    while let Some(option) = words.next() {
        match option {
            "--set" => options.set.extend(words.next().map(str::to_owned)),
            "--arm" => options.arms.extend(words.next().map(str::to_owned)),
            _ => break,
        }
    }
    options
}

fn mistakes(path: &Path) -> Diagnostics {
    let text = std::fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    match load(&Text { name, text: &text, bases: &[] }, &command_line(&text)) {
        Ok(_) => panic!("{name} has no mistake"),
        Err(mistakes) => mistakes,
    }
}

#[test]
fn every_kind_of_mistake_gets_its_answer() {
    for path in goldens() {
        let answer = mistakes(&path).render(false) + "\n";
        snapbox::assert_data_eq!(answer, Data::read_from(&path.with_extension("txt"), None).raw());
    }
}

#[test]
fn every_answer_says_what_to_write_instead() {
    for path in goldens() {
        let mistakes = mistakes(&path);
        for one in &mistakes.list {
            let says =
                one.help.is_some() || one.expected.starts_with("expected ") || one.message.contains('?');
            assert!(says, "{}: {}: {}", path.display(), one.message, one.expected);
        }
    }
}

#[test]
fn mistakes_of_different_kinds_are_each_told_with_their_line() {
    let path = goldens().into_iter().find(|path| path.ends_with("three-mistakes.json")).unwrap();
    let mistakes = mistakes(&path);
    let lines = mistakes.list.iter().map(|one| mistakes.sources.line_and_column(one.place).0);
    assert_eq!(lines.collect::<Vec<_>>(), [3, 4, 6]);
}

#[test]
fn no_text_makes_it_panic() {
    // Every golden, and the smallest scenario, with a byte gone, and cut off.
    let texts = goldens().into_iter().map(|path| std::fs::read_to_string(path).unwrap());
    for text in texts.chain([SMALLEST.to_owned()]) {
        for (at, letter) in text.char_indices().step_by(29) {
            drop(load_text(&text[..at], &[]));
            drop(load_text(&format!("{}{}", &text[..at], &text[at + letter.len_utf8()..]), &[]));
        }
    }
}
