//! Recorded kernel traces, chosen to cover the rules: the simulator sends what the kernel sent.

use std::path::PathBuf;

use scenarios::conform::level::Level;
use scenarios::conform::recorded::Recorded;
use scenarios::conform::{compare, conform, find_traces, report};

fn directory() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/traces"))
}

fn recorded(name: &str) -> Recorded {
    let text = std::fs::read_to_string(directory().join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_trace_is_equal_at_every_level_that_counts() {
    let verdicts = conform(&find_traces(&[directory()]).unwrap(), None).unwrap();
    assert!(report::all_equal(&verdicts), "{}", report::text(&verdicts));
    let l1 = report::count(&verdicts, Level::L1);
    assert!(l1.of >= 20 && l1.equal == l1.of, "{l1:?}");
}

#[test]
fn a_bio_that_moved_is_shown_with_its_blocks() {
    // The kernel of the other arm: what it sent is not what boundary handling sends.
    let mut other = recorded("readahead_4096_16_b0");
    other.boundary = true;
    let verdict = compare(&other, Some(Level::L1));
    let (_, difference) = &verdict.levels[0];
    let difference = difference.as_ref().unwrap();
    assert_eq!(difference.at, 0);
    assert_eq!(difference.expected, "Q R 8096+8           ind");
    assert_eq!(difference.got, "Q RA 8000+96         0-11");
    let text = report::text(std::slice::from_ref(&verdict));
    assert!(text.contains("readahead_4096_16_b0: l1 differs behind 0 equal lines"), "{text}");
    assert!(text.ends_with("conform: 0 of 1 traces equal at L1 (bio), 0 of 0 at L2 (issue)\n"), "{text}");
    assert!(!report::all_equal(&[verdict]));
}

#[test]
fn a_trace_that_ends_early_differs_where_it_ends() {
    let mut short = recorded("readahead_4096_16_b1");
    short.events.truncate(6);
    let verdict = compare(&short, Some(Level::L1));
    let difference = verdict.levels[0].1.as_ref().unwrap();
    assert_eq!((difference.at, difference.expected.as_str()), (2, "nothing more"));
}

#[test]
fn calls_that_are_not_built_count_as_a_difference_at_each_level() {
    let mut trace = recorded("readahead_4096_16_b1");
    trace.ops[0] = "fsync 0".to_owned();
    let verdict = compare(&trace, None);
    assert!(verdict.levels.len() >= 4);
    for (level, difference) in verdict.levels {
        let difference = difference.unwrap_or_else(|| panic!("{level:?} is equal"));
        assert_eq!(difference.got, "the call \"fsync\" is not built yet");
    }
}

#[test]
fn the_report_as_data_has_the_promised_shape() {
    let verdict = compare(&recorded("readahead_4096_16_b1"), None);
    let data = serde_json::to_value(report::data(&[verdict])).unwrap();
    for level in ["l1", "l2", "get_block", "results", "events"] {
        assert_eq!(data["levels"][level], serde_json::json!({ "equal": 1, "of": 1 }), "{level}");
    }
    assert_eq!(data["levels"]["files_after"], serde_json::json!({ "equal": 0, "of": 0 }));
    assert_eq!((data["traces"].as_u64(), data["failures"].as_array().map(Vec::len)), (Some(1), Some(0)));
}
