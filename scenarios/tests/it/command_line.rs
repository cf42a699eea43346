//! The command line: exit codes, and what goes where.

use std::process::{Command, Output};

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
    assert_eq!(value[1]["name"], "write");
    assert_eq!(
        value[0]["arms"][0]["scenario"]["filesystem"]["files"]["/f"]["layout"],
        "0-11@1000 ind@1012 12-15@1013"
    );
}

#[test]
fn a_resolved_scenario_reads_as_the_same_scenario() {
    let resolved = mpagesim(&["run", "classic", "--dry-run", "--format", "json", "--arm", "on"]);
    let value: serde_json::Value = serde_json::from_slice(&resolved.stdout).unwrap();
    let mut scenario = value["arms"][0]["scenario"].clone();
    // What is expected names an arm that a single scenario does not have.
    scenario["expect"] = serde_json::json!([]);
    let again = crate::load_text(&scenario.to_string(), &[]);
    assert!(again.is_ok(), "{}", again.err().unwrap().render(false));
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
