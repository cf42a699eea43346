//! Bad sectors, advice and mappings, from a scenario file to what its calls return.

use scenarios::present::json::data;
use scenarios::run::run_scenario;
use serde_json::{Value, json};

use crate::load_text;

/// What the calls of each task return in a scenario with a file of 200 blocks; its block 50 lies at
/// sector 8408.
fn results(rest: &str) -> Value {
    let files = r#""filesystem": { "files": { "/f": "0-11@1000 ind@1012 12-199@1013" } }"#;
    let loaded = load_text(&format!("{{ {files}, {rest} }}"), &[]);
    let loaded = loaded.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    let run = run_scenario(&loaded, true).unwrap();
    data(&run)["arms"][0]["results"].clone()
}

#[test]
fn a_sector_that_fails_twice_works_afterwards() {
    let found = results(
        r#""faults": [{ "sector": 8003, "times": 2 }],
        "workload": { "calls": ["open f /f r", "pread f 0 4KiB", "pread f 0 4KiB"] }"#,
    );
    // The first window fails, then the page by itself.
    assert_eq!(found, json!([[0, "Input/output error", 4096]]));
}

#[test]
fn a_sector_that_always_fails_works_once_it_is_healed() {
    let found = results(
        r#""faults": [{ "sector": 8408, "sectors": 8, "operation": "read" }],
        "workload": { "calls": ["open f /f r", "mmap f 800KiB r random", "mread f 200KiB",
            "mread f 204KiB", "heal", "mread f 200KiB"] }"#,
    );
    assert_eq!(found, json!([[0, 0, "SIGBUS", 0, 0, 0]]));
}

#[test]
fn a_process_meets_what_another_has_done_to_the_device() {
    let found = results(
        r#""workload": { "tasks": {
            "breaks": { "calls": ["fail 8408 8", "sleep 20ms", "heal"] },
            "maps": { "start": "1ms", "calls": ["open m /f r", "mmap m 800KiB r", "mread m 200KiB",
                "sleep 40ms", "mread m 200KiB"] },
            "reads": { "start": "2ms", "calls": ["open f /f r", "fadvise f 0 0 random",
                "pread f 200KiB 4KiB", "sleep 40ms", "fadvise f 0 0 normal", "pread f 200KiB 8KiB"] }
        } }"#,
    );
    assert_eq!(found, json!([[0, 0, 0], [0, 0, "SIGBUS", 0, 0], [0, 0, "Input/output error", 0, 0, 8192]]));
}

#[test]
fn a_stream_of_events_tells_errors_in_words_too() {
    let text = r#"{ "filesystem": { "files": { "/f": "0-3@1000" } }, "faults": [{ "sector": 8000 }],
        "workload": { "calls": ["open f /f r", "read f 4KiB"] } }"#;
    let loaded = load_text(text, &[]).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    let mut lines = Vec::new();
    scenarios::run::stream(&loaded, &mut lines).unwrap();
    let events = String::from_utf8(lines).unwrap();
    let events = events.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let returned: Vec<Value> = events.filter(|event| event["what"] == "returned").collect();
    assert_eq!(returned[1]["result"], "Input/output error");
}
