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

#[test]
fn pages_read_one_at_a_time_end_at_every_boundary() {
    let calls = r#""pread f 44KiB 4KiB", "pread f 48KiB 4KiB""#;
    for kb in [0, 4] {
        assert_eq!(
            boundary(calls, &format!(r#", "queue": {{ "read_ahead_kb": {kb} }}"#)),
            "boundary handling changes nothing: pages are read one at a time, \
             so a bio ends at block 11 anyway"
        );
    }
}

#[test]
fn a_hole_or_the_files_end_at_the_boundary_is_told() {
    let with_file = |layout: &str| {
        of_text(format!(
            r#"{{
                "filesystem": {{ "files": {{ "/f": "{layout}" }} }},
                "workload": {{ "calls": ["open f /f r", "read f 128KiB"] }},
                "arms": {{ {BOUNDARY} }}
            }}"#
        ))
        .concat()
    };
    assert_eq!(
        with_file("0-9@1000 ind@1012 12-15@1013"),
        "boundary handling changes nothing: block 11, the last of its array of pointers, is a hole, \
         so no mapping ends there"
    );
    assert_eq!(with_file("0-11@1000"), "boundary handling changes nothing: the file ends at block 11");
}

#[test]
fn a_page_that_spans_the_boundary_never_ends_at_it() {
    assert_eq!(
        boundary(r#""read f 128KiB""#, r#", "kernel": { "page_size": "64KiB" }"#),
        "boundary handling changes nothing: no page ends where a mapping with the boundary flag does"
    );
}

#[test]
fn settings_without_effect_are_told_with_what_the_trace_shows() {
    for (calls, path, left, right, words) in [
        (
            r#""read f 16KiB""#,
            "queue.read_ahead_kb",
            "128",
            "256",
            "read_ahead_kb 256 instead of 128 changes nothing: \
             the largest readahead window has 8 pages in both",
        ),
        (
            r#""readahead f 0 64KiB""#,
            "queue.read_ahead_kb",
            "128",
            "256",
            "read_ahead_kb 256 instead of 128 changes nothing: \
             no window was chosen by the rules of readahead, only what was asked for",
        ),
        (
            r#""pread f 48KiB 4KiB""#,
            "queue.scheduler",
            r#""none""#,
            r#""mq-deadline""#,
            "scheduler mq-deadline instead of none changes nothing: never more than one request waited",
        ),
        (
            r#""read f 64KiB""#,
            "queue.queue_depth",
            "8",
            "4",
            "queue_depth 4 instead of 8 changes nothing: never more than one request was in the device",
        ),
        (
            r#""read f 64KiB""#,
            "queue.max_sectors_kb",
            "256",
            "512",
            "max_sectors_kb 512 instead of 256 changes nothing: the longest request has 80 KiB",
        ),
        (
            r#""read f 16KiB""#,
            "queue.nomerges",
            "0",
            "2",
            "nomerges 2 instead of 0 changes nothing: nothing was there to be merged",
        ),
        (
            "\"read f 64KiB\"",
            "seed",
            "1",
            "2",
            "seed 2 instead of 1 changes nothing: nothing here is drawn from it",
        ),
        (
            r#""read f 64KiB""#,
            "kernel.memory",
            r#""64MiB""#,
            r#""32MiB""#,
            "memory of 32MiB instead of 64MiB changes nothing: the same I/O in the same order and time",
        ),
    ] {
        assert_eq!(arms(calls, path, left, right), words);
    }
}

#[test]
fn the_subject_is_what_the_scenarios_differ_in() {
    let read = r#""read f 64KiB""#;
    for (path, left, right, words) in [
        (
            "device",
            r#""ideal""#,
            r#"{ "preset": "ideal", "latency": "150us" }"#,
            "a device with latency 150us instead of the default sends the same I/O in the same order: \
             100 us (50 %) later, of it 100 us overhead",
        ),
        (
            "workload.calls",
            r#"["open f /f r", "pread f 0 16KiB"]"#,
            r#"["open f /f r", "pread f 0 16KiB", "pread f 64KiB 4KiB"]"#,
            "another workload also reads `ind` and 16 behind 0-7: 3 requests instead of 1, \
             200 us (200 %) later, of it 200 us overhead",
        ),
    ] {
        let found = arms(read, path, left, right);
        assert_eq!(found, words, "{path}");
    }
}

#[test]
fn several_arms_are_each_compared_with_the_first() {
    let arms = r#"
        "off": { "filesystem.boundary": false },
        "on": { "filesystem.boundary": true },
        "small": { "filesystem.boundary": true, "queue.nomerges": 2 }"#;
    assert_eq!(
        words(r#""readahead f 0 64KiB""#, arms, ""),
        [
            "on: boundary handling reads `ind` behind 0-11 instead of before it: 2 requests instead of \
             3, 1 backward step less (17 blocks), in the same time",
            "small: boundary handling with nomerges 2 instead of 0 reads `ind` behind 0-11 instead of \
             before it: 1 backward step less (17 blocks), in the same time",
        ]
    );
}

#[test]
fn many_moved_blocks_are_counted() {
    let text = format!(
        r#"{{
            "filesystem": {{ "files": {{
                "/f": "0-11@1000 ind@1012 12-1035@1013 dind@2037 dleaf/0@2038 1036-2059@2039 dleaf/1@3063 2060-2079@3064"
            }} }},
            "workload": {{ "calls": ["open f /f r", "read f 9MiB"] }},
            "arms": {{ {BOUNDARY} }}
        }}"#
    );
    assert_eq!(
        of_text(text).concat(),
        "boundary handling reads `ind` behind 0-11 instead of before it, and 3 more indirect blocks later \
         too: 23 requests instead of 26, 4 backward steps less (393 blocks), in the same time"
    );
}
