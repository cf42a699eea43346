use super::lines;
use crate::input::ScenarioInput;
use crate::load::{Options, load};
use crate::run::run_scenario;

/// The words for a scenario of the classic file, on the ideal device unless `more` says otherwise.
fn words(calls: &str, arms: &str, more: &str) -> Vec<String> {
    let text = format!(
        r#"{{
            "device": "ideal",
            "filesystem": {{ "files": {{ "/f": "0-11@1000 ind@1012 12-31@1013" }} }},
            "workload": {{ "calls": ["open f /f r", {calls}] }},
            "arms": {{ {arms} }}
            {more}
        }}"#
    );
    of_text(text)
}

fn of_text(text: String) -> Vec<String> {
    let loaded = load(&ScenarioInput::of_text("x", text), &Options::default());
    let loaded = loaded.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    lines(&run_scenario(&loaded, false).unwrap())
}

const BOUNDARY: &str = r#""off": { "filesystem.boundary": false }, "on": { "filesystem.boundary": true }"#;

fn boundary(calls: &str, more: &str) -> String {
    words(calls, BOUNDARY, more).join("\n")
}

fn arms(calls: &str, path: &str, left: &str, right: &str) -> String {
    let arms = format!(r#""a": {{ "{path}": {left} }}, "b": {{ "{path}": {right} }}"#);
    words(calls, &arms, "").join("\n")
}

#[test]
fn one_arm_is_compared_with_nothing() {
    assert!(words(r#""read f 64KiB""#, r#""only": {}"#, "").is_empty());
}

#[test]
fn a_moved_block_is_told_with_its_neighbours() {
    assert_eq!(
        boundary(r#""readahead f 0 64KiB""#, ""),
        "boundary handling reads `ind` behind 0-11 instead of before it: 2 requests instead of 3, \
         1 backward step less (17 blocks), in the same time"
    );
    let arms = r#""on": {}, "off": { "filesystem.boundary": false }"#;
    assert_eq!(
        words(r#""readahead f 0 64KiB""#, arms, "").concat(),
        "leaving out boundary handling reads `ind` before 0-11 instead of behind it: \
         3 requests instead of 2, 1 backward step more (17 blocks), in the same time"
    );
}

#[test]
fn why_boundary_handling_changed_nothing_is_told_from_the_trace() {
    for (calls, more, why) in [
        (
            r#""readahead f 0 48KiB", "readahead f 48KiB 16KiB""#,
            "",
            "a readahead window already ends at block 11",
        ),
        (
            r#""pread f 44KiB 4KiB", "pread f 48KiB 4KiB""#,
            r#", "queue": { "read_ahead_kb": 4 }"#,
            "a readahead window already ends at block 11",
        ),
        (
            r#""readahead f 0 64KiB""#,
            r#", "pages": [{ "file": "/f", "metadata": "ind" }]"#,
            "no indirect block had to be read, they are cached, and a bio ends at block 11 anyway",
        ),
        (
            r#""readahead f 0 16KiB""#,
            "",
            "no mapping reaches the last block of an array of pointers; the last one ends at block 3",
        ),
        (r#""pread f 0 0""#, "", "there was no I/O at all"),
    ] {
        assert_eq!(boundary(calls, more), format!("boundary handling changes nothing: {why}"), "{calls}");
    }
}
