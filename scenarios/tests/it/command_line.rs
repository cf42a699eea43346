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
