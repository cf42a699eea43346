//! What scenarios say must come out: that it does, and what is said where it does not.

use scenarios::expect::report::{self, Checked};
use scenarios::expect::{What, check};
use scenarios::input::ScenarioInput;
use scenarios::library::LIBRARY;
use scenarios::load::{Loaded, Options, load};
use scenarios::run::run_scenario;
use snapbox::{assert_data_eq, str};

use crate::{load_text, mistakes};

fn checked(loaded: &Loaded) -> Checked {
    let run = run_scenario(loaded, false).unwrap();
    Checked { name: loaded.name.clone(), verdicts: check(&loaded.expected, &run) }
}

/// A scenario of the classic file with these expectations.
fn classic(expect: &str) -> String {
    format!(
        r#"{{
  "filesystem": {{ "files": {{ "/f": "0-11@1000 ind@1012 12-15@1013" }} }},
  "workload": {{ "calls": ["open f /f r", "readahead f 0 64KiB", "read f 64KiB"] }},
  "arms": {{ "off": {{ "filesystem.boundary": false }}, "on": {{ "filesystem.boundary": true }} }},
  "expect": [
{expect}
  ]
}}"#
    )
}

fn differences(expect: &str) -> String {
    let loaded = load_text(&classic(expect), &[]);
    let loaded = loaded.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    report::text(&[checked(&loaded)])
}

#[test]
fn the_whole_library_comes_out_as_it_says() {
    for entry in LIBRARY {
        let loaded = load(&ScenarioInput::of_library(entry), &Options::default()).unwrap();
        let checked = checked(&loaded);
        assert!(checked.all_as_expected(), "{}", report::text(&[checked]));
    }
}

#[test]
fn orders_are_the_kernels_and_the_same_on_every_device() {
    for entry in LIBRARY.iter().filter(|entry| entry.name != "classic-drives") {
        for device in ["ideal", "cheetah9LP", "nvme-tlc-64l"] {
            let options = Options { set: vec![format!("device={device}")], ..Options::default() };
            let mut loaded = load(&ScenarioInput::of_library(entry), &options).unwrap();
            loaded.expected.retain(|one| !matches!(one.what, What::Assert { .. }));
            let checked = checked(&loaded);
            assert!(checked.all_as_expected(), "{device}: {}", report::text(&[checked]));
        }
    }
}

#[test]
fn what_moved_is_told_with_its_places_and_reasons() {
    let expect = r#"    { "arm": "on", "order": "ind 0-11 12-15" },
    { "arm": "on", "order": "0-11 12-15" },
    { "arm": "on", "order": "0-11 dind ind 12-15" },
    { "arm": "on", "at": "issue", "order": "0-11 ind 12-15" },
    { "arm": "on", "at": "issue", "order": "0-11+ind 12-15@1015" },
    { "before": ["0-11", "ind"] },
    { "arm": "on", "before": ["0-16", "ind"] }"#;
    assert_data_eq!(
        differences(expect),
        str![[r#"
x.scenario.json  1 of 8

x.scenario.json:6: arm on, order at bio
  expected  ind  0-11       12-15
  got            0-11  ind  12-15
  ind: behind 0-11 instead of before it
  sent because: 0-11 (boundary), ind (metadata_read), 12-15 (end_of_request)

x.scenario.json:7: arm on, order at bio
  expected  0-11       12-15
  got       0-11  ind  12-15
  ind: not expected, came between 0-11 and 12-15
  sent because: 0-11 (boundary), ind (metadata_read), 12-15 (end_of_request)

x.scenario.json:8: arm on, order at bio
  expected  0-11  dind  ind  12-15
  got       0-11        ind  12-15
  dind: missing, expected between 0-11 and ind

x.scenario.json:9: arm on, order at issue
  expected  0-11 ind  12-15
  got       0-11+ind  12-15
  the same blocks as 0-11+ind instead of 0-11 ind
  sent because: 0-11+ind (boundary, metadata_read)

x.scenario.json:10: arm on, order at issue
  expected  0-11+ind 12-15@1015
  got       0-11@1000+ind@1012 12-15@1013
  the same blocks as 12-15@1013 instead of 12-15@1015
  sent because: 12-15 (end_of_request)

x.scenario.json:11: arm off, before at bio
  expected  0-11, ind
  got       ind 0-11 12-15
  0-11 is not before ind: 11 came behind ind
  sent because: ind (metadata_read), 0-11 (not_contiguous)

x.scenario.json:12: arm on, before at bio
  expected  0-16, ind
  got       0-11 ind 12-15
  16 of 0-16 never came
  0-16 is not before ind: 15 came behind ind
  sent because: ind (metadata_read), 12-15 (end_of_request)

check: 1 of 8 as expected, in 1 scenario

"#]]
    );
}

#[test]
fn a_condition_that_does_not_hold_is_told_with_its_values() {
    let expect = r#"    { "assert": "on.backward_steps >= off.backward_steps" },
    { "assert": "(on.ios + off.ios) / 4 == 2 || on.simulated_time_ns < 100us && on.completed == on.requests" },
    { "assert": "on.ios / on.calls.main.failed > 0" },
    { "assert": "on.calls.main.failed == 0" }"#;
    assert_data_eq!(
        differences(expect),
        str![[r#"
x.scenario.json  1 of 4

x.scenario.json:6: assert
  expected  on.backward_steps >= off.backward_steps
  got       on.backward_steps is 0, off.backward_steps is 1

x.scenario.json:7: assert
  expected  (on.ios + off.ios) / 4 == 2 || on.simulated_time_ns < 100us && on.completed == on.requests
  got       on.ios is 3, off.ios is 3, on.simulated_time_ns is 200000 (200 us), on.completed is 2, on.requests is 2
  does not hold: (on.ios + off.ios) / 4 is 3/2
  does not hold: on.simulated_time_ns is 200000 (200 us)
  holds: on.completed is 2, on.requests is 2

x.scenario.json:8: assert
  expected  on.ios / on.calls.main.failed > 0
  got       on.ios is 3, on.calls.main.failed is 0
  cannot be computed: a division by zero

check: 1 of 4 as expected, in 1 scenario

"#]]
    );
}

#[test]
fn mistakes_in_expectations_are_told_before_anything_runs() {
    let expect = r#"    { "arm": "on", "order": "ind /g:0-11" },
    { "arm": "onn", "order": "0-" },
    { "before": ["0-11"] },
    { "before": ["0-11", " "] },
    { "assert": "on.backward_step < off.backward_steps" },
    { "assert": "on.calls.mian.failed == 0", "at": "bio" },
    { "assert": "onn.ios = 0" },
    {}"#;
    assert_data_eq!(
        mistakes(&classic(expect), &[]),
        str![[r#"
error: no file "/g" in this filesystem
 --> x.scenario.json:6:34
  |
6 |     { "arm": "on", "order": "ind /g:0-11" },
  |                                  ^^^^^^^ expected the name of a file
  |
  = help: did you mean "/f"?

error: no arm "onn"
 --> x.scenario.json:7:14
  |
7 |     { "arm": "onn", "order": "0-" },
  |              ^^^^^ expected the name of an arm
  |
  = help: did you mean "on"?

error: not an order of blocks
 --> x.scenario.json:7:33
  |
7 |     { "arm": "onn", "order": "0-" },
  |                                 ^ expected a number

error: nothing to come before
 --> x.scenario.json:8:17
  |
8 |     { "before": ["0-11"] },
  |                 ^^^^^^^^ expected at least two pieces

error: no block
 --> x.scenario.json:9:26
  |
9 |     { "before": ["0-11", " "] },
  |                          ^^^ expected blocks, such as "0-11"

error: no figure "backward_step"
  --> x.scenario.json:10:21
   |
10 |     { "assert": "on.backward_step < off.backward_steps" },
   |                     ^^^^^^^^^^^^^ expected ARM.FIGURE
   |
   = help: did you mean "backward_steps"?

error: no task "mian"
  --> x.scenario.json:11:27
   |
11 |     { "assert": "on.calls.mian.failed == 0", "at": "bio" },
   |                           ^^^^^^^^^^^ expected ARM.FIGURE
   |
   = help: did you mean "main"?

error: an assertion names its arms itself
  --> x.scenario.json:11:52
   |
11 |     { "assert": "on.calls.mian.failed == 0", "at": "bio" },
   |                                                    ^^^^^ without effect here

error: "=" means nothing here
  --> x.scenario.json:12:26
   |
12 |     { "assert": "onn.ios = 0" },
   |                          ^ expected a figure, a number or an operator
   |
   = help: two equals signs compare: ==

error: not exactly one expectation
  --> x.scenario.json:13:5
   |
13 |     {}
   |     ^^ expected exactly one of "order", "before" and "assert"
"#]]
    );
}

#[test]
fn where_there_are_several_files_each_block_says_which_it_belongs_to() {
    let text = r#"{
  "filesystem": { "files": { "/a": "0@1000", "/b": "0@1001" } },
  "workload": { "calls": ["open f /a r", "read f 4KiB"] },
  "expect": [{ "order": "0" }]
}"#;
    assert_data_eq!(
        mistakes(text, &[]),
        str![[r#"
error: which file? There are several
 --> x.scenario.json:4:26
  |
4 |   "expect": [{ "order": "0" }]
  |                          ^ expected a file's name before the blocks, such as /a:0-3
"#]]
    );
    let loaded = load_text(&text.replace("\"order\": \"0\"", "\"order\": \"/a:0\""), &[]).unwrap();
    assert!(checked(&loaded).all_as_expected());
    let loaded = load_text(&text.replace("\"order\": \"0\"", "\"order\": \"/b:0\""), &[]).unwrap();
    assert!(!checked(&loaded).all_as_expected());
}

#[test]
fn an_arm_cannot_have_expectations_of_its_own() {
    let text =
        classic("").replace("\"off\": { \"filesystem.boundary\": false }", "\"off\": { \"expect\": [] }");
    assert!(mistakes(&text, &[]).starts_with("error: an arm cannot change \"expect\""));
}

#[test]
fn the_report_as_data_has_the_promised_shape() {
    let loaded = load_text(&classic(r#"{ "arm": "on", "order": "ind 0-11 12-15" }"#), &[]).unwrap();
    let data = report::data(&[checked(&loaded)]);
    assert_eq!((data["as_expected"].as_u64(), data["of"].as_u64()), (Some(0), Some(1)));
    let one = &data["scenarios"][0]["expectations"][0];
    assert_eq!((one["kind"].as_str(), one["arm"].as_str()), (Some("order at bio"), Some("on")));
    assert_eq!(one["expected"], "ind 0-11 12-15");
    assert_eq!(one["difference"]["got"], "0-11 ind 12-15");
    assert_eq!(one["difference"]["notes"][0], "ind: behind 0-11 instead of before it");
    let sent = serde_json::json!({ "io": "0-11", "reasons": ["boundary"] });
    assert_eq!(one["difference"]["sent"][0], sent);
}
