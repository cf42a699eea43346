//! The command line: exit codes, and what goes where.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use scenarios::input::ScenarioInput;
use scenarios::library::LIBRARY;
use scenarios::load::{Options, load};
use scenarios::run::run_scenario;

use crate::images;

fn mpagesim(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mpagesim")).args(arguments).output().unwrap()
}

#[test]
fn results_go_to_standard_output_and_diagnostics_to_standard_error() {
    let list = mpagesim(&["scenarios"]);
    assert_eq!(list.status.code(), Some(0));
    assert!(String::from_utf8(list.stdout).unwrap().starts_with("classic "));
    assert!(list.stderr.is_empty());

    let wrong = mpagesim(&["run", "classic", "--set", "queue.nomergers=1"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(wrong.stdout.is_empty());
    assert!(String::from_utf8(wrong.stderr).unwrap().contains("did you mean \"nomerges\"?"));
}

#[test]
fn wrong_use_and_wrong_input_exit_with_2_and_a_broken_machine_with_3() {
    let cases: [(&[&str], i32); 7] = [
        (&[], 2),
        (&["run"], 2),
        (&["run", "clasic"], 2),
        (&["run", "no/such/file.scenario.json"], 2),
        (&["run", "classic", "--arm", "neither"], 2),
        (&["run", env!("CARGO_MANIFEST_DIR")], 3),
        (&["--help"], 0),
    ];
    for (arguments, code) in cases {
        assert_eq!(mpagesim(arguments).status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn a_dry_run_shows_what_would_run() {
    let one = mpagesim(&["run", "classic", "--dry-run"]);
    let text = String::from_utf8(one.stdout).unwrap();
    assert!(text.contains("0-11@1000 ind@1012 12-15@1013"), "{text}");

    let several = mpagesim(&["run", "classic", "write", "--dry-run", "--format", "json", "--arm", "on"]);
    let value: serde_json::Value = serde_json::from_slice(&several.stdout).unwrap();
    assert!(value[1]["title"].as_str().unwrap().contains("Writing"), "{}", value[1]["title"]);
    assert_eq!(value[0]["filesystem"]["files"]["/f"]["layout"], "0-11@1000 ind@1012 12-15@1013");
    assert_eq!(value[0]["arms"], serde_json::json!({ "on": { "filesystem.boundary": true } }));
}

/// Arms with their digests.
fn digests(loaded: &scenarios::load::Loaded) -> Vec<(String, u64)> {
    let run = run_scenario(loaded, false).unwrap();
    run.arms.iter().map(|arm| (arm.name.clone(), arm.digest)).collect()
}

#[test]
fn a_resolved_scenario_runs_as_the_same_scenario() {
    let set = Options { set: vec!["queue.max_segments=64".to_owned()], seed: Some(7), ..Options::default() };
    for entry in LIBRARY {
        let arms = load(&ScenarioInput::of_library(entry), &Options::default()).unwrap().arms;
        let last = arms.last().map(|arm| arm.name.clone()).into_iter().collect();
        let chosen = Options { arms: last, ..Options::default() };
        for options in [&Options::default(), &set, &chosen] {
            let loaded = load(&ScenarioInput::of_library(entry), options).unwrap();
            let text = serde_json::to_string_pretty(&loaded.resolved).unwrap();
            let again = crate::load_text(&text, &[]);
            let again = again.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
            assert_eq!(digests(&again), digests(&loaded), "{}", entry.name);
            assert_eq!(again.resolved, loaded.resolved, "{}", entry.name);
        }
    }
}

/// Runs the program on a file that is given to it as standard input.
fn with_input(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpagesim"));
    let command = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn what_a_dry_run_prints_can_be_run() {
    let resolved = mpagesim(&["run", "classic", "--dry-run", "--format", "json"]);
    let again = with_input(&["run", "-", "--format", "json"], &resolved.stdout);
    assert_eq!(again.status.code(), Some(0), "{}", String::from_utf8_lossy(&again.stderr));
    let first: serde_json::Value =
        serde_json::from_slice(&mpagesim(&["run", "classic", "--format", "json"]).stdout).unwrap();
    let second: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(first["arms"], second["arms"]);
}

/// A file in the directory for temporary files, which goes away again.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str, bytes: &[u8]) -> Temporary {
        let path = std::env::temp_dir().join(format!("mpagesim-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        Temporary(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

fn out_of(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn inspect_says_what_it_took_its_argument_for() {
    let image = Temporary::new("disk.img", &images::small().bytes());
    let (text, _) = out_of(&mpagesim(&["inspect", image.path(), "/my file"]));
    assert!(text.contains("taken for an ext2 image: it has ext2's magic number"), "{text}");
    assert!(text.contains("0@2000 2@2001"), "{text}");
    let (text, _) = out_of(&mpagesim(&["inspect", "classic"]));
    assert!(text.starts_with("classic, taken for a scenario: it is a name of the library"), "{text}");
    assert!(text.contains("arms         off, on"), "{text}");
    let (json, _) = out_of(&mpagesim(&["inspect", "classic", "/f", "--format", "json"]));
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["taken_for"], "scenario");
    assert_eq!(value["filesystems"][0]["files"][0]["layout"], "0-11@1000 ind@1012 12-15@1013");
}

#[test]
fn what_inspect_cannot_read_is_wrong_input() {
    let whole = images::small().bytes();
    let cut = Temporary::new("cut.img", &whole[..1_000_000]);
    let tiny = Temporary::new("tiny.img", &[0; 100]);
    let mut damaged = images::small();
    // The first pointer of the classic's indirect block.
    damaged.patches.extend((1012 * 1024..).zip(u32::MAX.to_le_bytes()));
    let damaged = Temporary::new("damaged.img", &damaged.bytes());
    let cases: [(&[&str], &str); 8] = [
        (
            &["inspect", cut.path()],
            "the filesystem has 8192 blocks of 1024 bytes, but the image only 1000000 bytes",
        ),
        (&["inspect", tiny.path()], "an image of 100 bytes holds no superblock"),
        (&["inspect", damaged.path(), "/f"], "/f: inode 12: its block 12 lies at 4294967295, outside"),
        (&["inspect", damaged.path()], "/f: inode 12: its block 12 lies at 4294967295, outside"),
        (&["inspect", damaged.path(), "/g"], "/g: no such file or directory"),
        (&["inspect", damaged.path(), "--arm", "on"], "was taken for an ext2 image"),
        (&["inspect", "clasic"], "did you mean \"classic\"?"),
        (
            &["run", "--image", damaged.path(), "--file", "/f"],
            "/f: inode 12: its block 12 lies at 4294967295",
        ),
    ];
    for (arguments, message) in cases {
        let output = mpagesim(arguments);
        let (_, stderr) = out_of(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(message), "{arguments:?}: {stderr}");
    }
    // What is not damaged is listed all the same.
    let (text, _) = out_of(&mpagesim(&["inspect", damaged.path()]));
    assert!(text.contains("my file") && text.contains("damaged"), "{text}");
    assert_eq!(mpagesim(&["inspect", env!("CARGO_MANIFEST_DIR")]).status.code(), Some(3));
}

#[test]
fn a_file_of_an_image_is_run_by_its_path_with_spaces() {
    let image = Temporary::new("spaces.img", &images::small().bytes());
    let output = mpagesim(&["run", "--image", image.path(), "--file", "/my file", "--device", "ideal"]);
    let (text, stderr) = out_of(&output);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(text.contains("off") && text.contains("on"), "{text}");
}

/// The orders that the introduction shows are those of the classic.
#[test]
fn the_introduction_fits_a_screen_and_tells_the_truth() {
    let source = include_str!("../../src/cli/help.rs");
    let introduction = source.split("r#\"").nth(1).and_then(|rest| rest.split("\"#").next()).unwrap();
    assert!(introduction.lines().count() <= 24);
    assert!(introduction.lines().all(|line| line.chars().count() <= 80));
    let run = String::from_utf8(mpagesim(&["run", "classic"]).stdout).unwrap();
    let orders: Vec<&str> =
        introduction.lines().filter_map(|line| line.split_once("issue  ")).map(|it| it.1).collect();
    assert_eq!(orders.len(), 2);
    for order in orders {
        assert!(run.contains(&format!("issue  {order}\n")), "{order}");
    }
}

#[test]
fn help_is_short_or_long_and_begins_with_examples() {
    let help = |arguments: &[&str]| String::from_utf8(mpagesim(arguments).stdout).unwrap();
    let (short, long) = (help(&["-h"]), help(&["--help"]));
    assert!(short.find("Examples:").unwrap() < short.find("Usage:").unwrap());
    assert!(long.contains("Exit codes:") && long.contains("How orders are written:"));
    assert!(!short.contains("Exit codes:"));
    let run = help(&["help", "run"]);
    assert!(run.find("Examples:").unwrap() < run.find("Usage:").unwrap());
    assert!(run.contains("Exit codes:"));
    // Through a pipe nothing is coloured.
    assert!(!long.contains('\u{1b}'));
}

#[test]
fn completions_and_manual_pages_come_from_the_same_definitions() {
    for shell in ["bash", "zsh", "fish"] {
        let script = mpagesim(&["completions", shell]);
        assert_eq!(script.status.code(), Some(0));
        assert!(String::from_utf8(script.stdout).unwrap().contains("explain"), "{shell}");
    }
    let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("man");
    assert_eq!(mpagesim(&["man", directory.to_str().unwrap()]).status.code(), Some(0));
    let page = std::fs::read_to_string(directory.join("mpagesim-run.1")).unwrap();
    for section in [".SH EXAMPLES\n.nf\n", ".SH REFERENCE\n.nf\n", "\\-\\-explain"] {
        assert!(page.contains(section), "{section}");
    }
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn an_explanation_comes_with_each_format() {
    let text = String::from_utf8(mpagesim(&["run", "classic", "--explain"]).stdout).unwrap();
    assert!(text.contains("[mpage-read.boundary]"), "{text}");
    let json = mpagesim(&["run", "classic", "--explain", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(value["arms"][1]["explain"]["ios"].as_array().unwrap().len(), 3);
    let plain = mpagesim(&["run", "classic", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_slice(&plain.stdout).unwrap();
    assert!(value["arms"][1].get("explain").is_none());
}

/// A directory with scenario files that is gone when the test ends.
struct Directory(std::path::PathBuf);

impl Directory {
    fn new(name: &str, files: &[(&str, &str)]) -> Directory {
        let directory = std::env::temp_dir().join(format!("mpagesim-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        for (file, text) in files {
            std::fs::write(directory.join(file), text).unwrap();
        }
        Directory(directory)
    }

    fn path(&self, file: &str) -> String {
        self.0.join(file).to_str().unwrap().to_owned()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[test]
fn check_takes_names_files_and_directories_and_exits_with_what_it_found() {
    let good = r#"{ "extends": "classic" }"#;
    let other = r#"{ "extends": "classic", "expect": [{ "order": "0-15" }] }"#;
    let nothing = r#"{ "extends": "classic", "expect": [] }"#;
    let mistake = r#"{ "extends": "classic", "expect": [{ "assert": "on.ois == 3" }] }"#;
    let directory = Directory::new(
        "check",
        &[("a.scenario.json", good), ("b.scenario.json", other), ("c.json", mistake), ("d.json", nothing)],
    );
    let (all, a, mistake, nothing) = (
        directory.path(""),
        directory.path("a.scenario.json"),
        directory.path("c.json"),
        directory.path("d.json"),
    );
    let empty = Directory::new("check-empty", &[]);
    for (paths, code) in [
        (&[][..], 0),
        (&["classic", "write"], 0),
        (&[&a], 0),
        (&[&nothing, "classic"], 0),
        (&[&all], 1),
        (&["classic", &all], 1),
        (&[&nothing], 2),
        (&[&empty.path("")], 2),
        (&[&mistake], 2),
        (&[&all, &mistake], 2),
        (&["clasic"], 2),
    ] {
        let output = mpagesim(&[&["check"], paths].concat());
        assert_eq!(output.status.code(), Some(code), "{paths:?}");
    }
}

#[test]
fn check_tells_differences_beside_mistakes() {
    let directory = Directory::new(
        "check-both",
        &[
            ("a.scenario.json", r#"{ "extends": "classic", "expect": [{ "arm": "on", "order": "0-15" }] }"#),
            ("b.scenario.json", r#"{ "extends": "classic", "expect": [{ "assert": "on.ois == 3" }] }"#),
        ],
    );
    let junit = directory.path("results.xml");
    let output = mpagesim(&["check", &directory.path(""), "classic", "--format", "json", "--junit", &junit]);
    assert_eq!(output.status.code(), Some(2));
    let junit = std::fs::read_to_string(junit).unwrap();
    for count in [r#"tests="7""#, r#"failures="1""#, r#"errors="1""#] {
        assert!(junit.contains(count), "{count} in {junit}");
    }
    assert!(String::from_utf8(output.stderr).unwrap().contains("did you mean \"ios\"?"));
    let data: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((data["as_expected"].as_u64(), data["of"].as_u64()), (Some(5), Some(6)));
    assert_eq!(data["scenarios"][1]["scenario"], "classic");
}
