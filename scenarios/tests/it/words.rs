//! What the program says in words: goldens of the library's comparisons and of the classic explained.

use std::path::Path;

use scenarios::input::ScenarioInput;
use scenarios::library::{LIBRARY, find};
use scenarios::load::{Options, load};
use scenarios::present::{explain, text, words};
use scenarios::run::{Wanted, run_scenario, run_scenario_for};

fn assert_golden(text: String, name: &str) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens").join(name);
    snapbox::assert_data_eq!(text, snapbox::Data::read_from(&golden, None).raw());
}

#[test]
fn every_scenario_of_the_library_ends_with_a_line_that_says_what_happened() {
    let mut said = String::new();
    for entry in LIBRARY {
        let loaded = load(&ScenarioInput::of_library(entry), &Options::default()).unwrap();
        let run = run_scenario(&loaded, false).unwrap();
        let lines = words::lines(&run).join("\n");
        assert!(text::text(&run, text::View::File).unwrap().ends_with(&format!("\n{lines}\n")));
        said += &format!("{}: {lines}\n", entry.name);
    }
    assert_golden(said, "words.txt");
}

#[test]
fn the_classic_is_explained() {
    let loaded = load(&ScenarioInput::of_library(find("classic").unwrap()), &Options::default()).unwrap();
    let run = run_scenario_for(&loaded, Wanted { twice: false, chains: Some(explain::MOST_IOS) }).unwrap();
    assert_golden(text::text(&run, text::View::File).unwrap(), "classic.explain.txt");
}

#[test]
fn explanations_are_bounded_and_say_so() {
    let loaded = load(&ScenarioInput::of_library(find("fragmented").unwrap()), &Options::default()).unwrap();
    let run = run_scenario_for(&loaded, Wanted { twice: false, chains: Some(3) }).unwrap();
    let arm = &run.arms[0];
    let text = explain::text(arm);
    assert!(text.contains("I/O 3 ") && !text.contains("I/O 4 "), "{text}");
    assert!(text.ends_with("and 15 more I/Os\n"), "{text}");
    assert_eq!(explain::data(arm)["left_out"], 15);
}

#[test]
fn explanations_as_data_have_the_same_chains() {
    let loaded = load(&ScenarioInput::of_library(find("classic").unwrap()), &Options::default()).unwrap();
    let run = run_scenario_for(&loaded, Wanted { twice: false, chains: Some(10) }).unwrap();
    let ios = &explain::data(&run.arms[1])["ios"];
    assert_eq!(ios[0]["rules"], serde_json::json!(["mpage-read.boundary"]));
    assert_eq!(ios[0]["mapping"]["boundary"], true);
    assert_eq!(ios[0]["call"]["text"], "readahead f 0 64KiB");
    assert_eq!(ios[1]["looking_for"], 12);
    assert_eq!(ios[1]["parts"][0]["how"], "merged_back");
    assert_eq!(ios[1]["parts"][0]["request"], ios[0]["parts"][0]["request"]);
    let held = &explain::data(&run.arms[0])["ios"][1];
    assert_eq!(held["built_during"], serde_json::json!([0]));
    let without = run_scenario(&loaded, false).unwrap();
    assert_eq!(explain::data(&without.arms[0]), serde_json::Value::Null);
}

#[test]
fn every_io_of_the_library_is_followed_from_its_call_to_its_end() {
    for entry in LIBRARY {
        let loaded = load(&ScenarioInput::of_library(entry), &Options::default()).unwrap();
        let run = run_scenario_for(&loaded, Wanted { twice: false, chains: Some(usize::MAX) }).unwrap();
        for arm in &run.arms {
            let explained = explain::data(arm);
            let ios = explained["ios"].as_array().unwrap();
            assert_eq!(ios.len(), arm.record.bios().len(), "{}", entry.name);
            for io in ios {
                let told = format!("{}, arm {}: {io}", entry.name, arm.name);
                assert!(
                    io["call"]["text"].is_string() && !io["rules"].as_array().unwrap().is_empty(),
                    "{told}"
                );
                let parts = io["parts"].as_array().unwrap();
                assert!(!parts.is_empty(), "{told}");
                for part in parts {
                    assert!(part["request"]["issued"].is_object(), "{told}");
                    assert!(part["request"]["completed"].is_object(), "{told}");
                }
            }
        }
    }
}

#[test]
fn a_split_bio_and_a_second_file_are_told_apart() {
    let text = r#"{
        "device": "ideal",
        "queue": { "max_sectors_kb": 16 },
        "filesystem": { "files": { "/a": "0-7@1000", "/b": "0-3@2000" } },
        "workload": { "tasks": {
            "one": { "calls": ["open f /a r", "readahead f 0 32KiB"] },
            "two": { "calls": ["open f /b r", "read f 16KiB"] },
        } },
    }"#;
    let loaded = load(&ScenarioInput::of_text("x", text.to_owned()), &Options::default()).unwrap();
    let run = run_scenario_for(&loaded, Wanted { twice: false, chains: Some(10) }).unwrap();
    let text = explain::text(&run.arms[0]);
    for told in [
        "call: readahead f 0 32KiB, by one at",
        "reads /a:0-7 at 1000",
        "for sectors 8000-8031",
        "call: read f 16KiB, by two at",
    ] {
        assert!(text.contains(told), "{told} in\n{text}");
    }
}
