//! What a wrong scenario is answered with.

use snapbox::{assert_data_eq, str};

use crate::mistakes;

#[test]
fn an_unknown_key_gets_the_nearest_one() {
    let text = "{\n  \"titel\": \"x\",\n  \"workload\": { \"calls\": [] }\n}";
    assert_data_eq!(
        mistakes(text, &[]),
        str![[r#"
error: unknown key "titel"
 --> x.scenario.json:2:3
  |
2 |   "titel": "x",
  |   ^^^^^^^ not a key of this object
  |
  = help: did you mean "title"?
"#]]
    );
}

#[test]
fn all_mistakes_of_form_are_told_at_once() {
    let text = r#"{
  "device": "cheetah9lp",
  "queue": { "read_ahead_kb": "128", "scheduler": "deadline", "nomerges": 3, "max_segments": 1.5 },
  "kernel": { "memory": 4096, "cpu": { "bio": 5 }, "page_size": "4K" },
  "pages": [{ "page": 1 }],
  "vm": {}
}"#;
    assert_data_eq!(
        mistakes(text, &[]),
        str![[r#"
error: "cheetah9lp" is not a value of this key
 --> x.scenario.json:2:13
  |
2 |   "device": "cheetah9lp",
  |             ^^^^^^^^^^^^ expected one of "ideal", "cheetah9LP", "nvme-tlc-64l"
  |
  = help: did you mean "cheetah9LP"?

error: a string does not belong here
 --> x.scenario.json:3:31
  |
3 |   "queue": { "read_ahead_kb": "128", "scheduler": "deadline", "nomerges": 3, "max_segments": 1.5 },
  |                               ^^^^^ expected a whole number

error: "deadline" is not a value of this key
 --> x.scenario.json:3:51
  |
3 |   "queue": { "read_ahead_kb": "128", "scheduler": "deadline", "nomerges": 3, "max_segments": 1.5 },
  |                                                   ^^^^^^^^^^ expected one of "none", "mq-deadline"
  |
  = help: did you mean "mq-deadline"?

error: 3 is too large
 --> x.scenario.json:3:75
  |
3 |   "queue": { "read_ahead_kb": "128", "scheduler": "deadline", "nomerges": 3, "max_segments": 1.5 },
  |                                                                           ^ expected a whole number from 0 to 2

error: 1.5 is not a whole number
 --> x.scenario.json:3:94
  |
3 |   "queue": { "read_ahead_kb": "128", "scheduler": "deadline", "nomerges": 3, "max_segments": 1.5 },
  |                                                                                              ^^^ expected a whole number from 1 on

error: a size needs a unit: "4096B", "4096KiB" or "4096kB"?
 --> x.scenario.json:4:25
  |
4 |   "kernel": { "memory": 4096, "cpu": { "bio": 5 }, "page_size": "4K" },
  |                         ^^^^ expected a size with its unit, such as "64KiB"

error: a time needs a unit: "5ns", "5us", "5ms" or "5s"?
 --> x.scenario.json:4:47
  |
4 |   "kernel": { "memory": 4096, "cpu": { "bio": 5 }, "page_size": "4K" },
  |                                               ^ expected a time with its unit, such as "5ms"

error: "4K" is ambiguous: 4KiB or 4kB?
 --> x.scenario.json:4:65
  |
4 |   "kernel": { "memory": 4096, "cpu": { "bio": 5 }, "page_size": "4K" },
  |                                                                 ^^^^ expected a size with its unit, such as "64KiB"

error: the key "file" is missing
 --> x.scenario.json:5:13
  |
5 |   "pages": [{ "page": 1 }],
  |             ^ expected a key "file" in this object

error: "vm" is not built yet: settings of writeback and dirty throttling
 --> x.scenario.json:6:3
  |
6 |   "vm": {}
  |   ^^^^ cannot be acted upon, so it is refused
"#]]
    );
}

#[test]
fn a_mistake_in_a_layout_is_shown_where_it_is() {
    let text = r#"{
  "filesystem": {
    "files": {
      "/a": "0-11@1000 12-15",
      "/b": "0-11@2000 ind@2012 12-x@2013",
      "/c": { "size": "1MiB" },
      "/d": "0-3@3000",
    }
  },
  "workload": { "calls": ["open a /e r", "read a 128K", "raed a 1"] }
}"#;
    assert_data_eq!(
        mistakes(text, &[]),
        str![[r#"
error: not a layout
 --> x.scenario.json:4:29
  |
4 |       "/a": "0-11@1000 12-15",
  |                             ^ expected `@` and the first physical block

error: not a layout
 --> x.scenario.json:5:36
  |
5 |       "/b": "0-11@2000 ind@2012 12-x@2013",
  |                                    ^ expected a number

error: this does not say where the file lies
 --> x.scenario.json:6:13
  |
6 |       "/c": { "size": "1MiB" },
  |             ^^^^^^^^^^^^^^^^^^ expected "layout", or "size" and "fragments"

error: no file "/e" in this filesystem; did you mean "/a"?
  --> x.scenario.json:10:35
   |
10 |   "workload": { "calls": ["open a /e r", "read a 128K", "raed a 1"] }
   |                                   ^^ expected the path of a file

error: "128K" is ambiguous: 128KiB or 128kB?
  --> x.scenario.json:10:50
   |
10 |   "workload": { "calls": ["open a /e r", "read a 128K", "raed a 1"] }
   |                                                  ^^^^ expected a quantity

error: unknown call "raed"; did you mean "read"?
  --> x.scenario.json:10:58
   |
10 |   "workload": { "calls": ["open a /e r", "read a 128K", "raed a 1"] }
   |                                                          ^^^^ expected a system call
"#]]
    );
}

#[test]
fn files_that_cannot_be_are_told_with_their_words() {
    let text = r#"{
  "filesystem": {
    "files": {
      "/a": "0-11@1000 12-15@1013",
      "/b": { "layout": "0-3@2000", "size": "8KiB" },
    }
  },
  "workload": { "calls": [] }
}"#;
    assert_data_eq!(
        mistakes(text, &[]),
        str![[r#"
error: /a: block 12 needs the indirect block ind, whose place is not given
 --> x.scenario.json:4:24
  |
4 |       "/a": "0-11@1000 12-15@1013",
  |                        ^^^^^^^^^^ in this layout

error: block 3 lies beyond a file of this size
 --> x.scenario.json:5:45
  |
5 |       "/b": { "layout": "0-3@2000", "size": "8KiB" },
  |                                             ^^^^^^ expected more
"#]]
    );
}

#[test]
fn a_block_with_two_owners_is_told() {
    let text = r#"{
  "filesystem": { "files": { "/a": "0-11@1000", "/b": "0-1@500 2-3@1011" } },
  "workload": { "calls": [] }
}"#;
    assert_data_eq!(
        mistakes(text, &[]),
        str![[r#"
error: block 1011 is both /a:11 and /b:2
 --> x.scenario.json:2:64
  |
2 |   "filesystem": { "files": { "/a": "0-11@1000", "/b": "0-1@500 2-3@1011" } },
  |                                                                ^^^^^^^^ in this layout
"#]]
    );
}

#[test]
fn a_mistake_in_an_arm_is_shown_in_the_arm() {
    let text = r#"{
  "filesystem": { "files": { "/f": "0@1000" } },
  "workload": { "calls": [] },
  "arms": {
    "a": { "filesystem.bondary": true, "extends": "x" },
    "b": { "kernel.memory": 5 },
  },
  "expect": [{ "arm": "c", "order": "0-" }, {}]
}"#;
    assert_data_eq!(
        mistakes(text, &[]),
        str![[r#"
error: no key "bondary" at this place of a scenario
 --> x.scenario.json:5:24
  |
5 |     "a": { "filesystem.bondary": true, "extends": "x" },
  |                        ^^^^^^^ expected a path to a value of the scenario
  |
  = help: did you mean "boundary"?

error: an arm cannot change "extends"
 --> x.scenario.json:5:40
  |
5 |     "a": { "filesystem.bondary": true, "extends": "x" },
  |                                        ^^^^^^^^^ it belongs to the whole file
"#]]
    );
    let without_a = text.replace("\"filesystem.bondary\": true, \"extends\": \"x\"", "");
    assert_data_eq!(
        mistakes(&without_a, &[]),
        str![[r#"
error: a size needs a unit: "5B", "5KiB" or "5kB"?
 --> x.scenario.json:6:29
  |
6 |     "b": { "kernel.memory": 5 },
  |                             ^ expected a size with its unit, such as "64KiB"

error: no arm "c"
 --> x.scenario.json:8:23
  |
8 |   "expect": [{ "arm": "c", "order": "0-" }, {}]
  |                       ^^^ here
  |
  = help: did you mean "a"?

error: not an order of blocks
 --> x.scenario.json:8:40
  |
8 |   "expect": [{ "arm": "c", "order": "0-" }, {}]
  |                                        ^ expected a number

error: this expects not one thing
 --> x.scenario.json:8:45
  |
8 |   "expect": [{ "arm": "c", "order": "0-" }, {}]
  |                                             ^^ expected one of "order", "before" and "assert"
"#]]
    );
    assert_data_eq!(
        mistakes(&without_a.replace("5", "\"5MiB\""), &[]),
        str![[r#"
error: no arm "c"
 --> x.scenario.json:8:23
  |
8 |   "expect": [{ "arm": "c", "order": "0-" }, {}]
  |                       ^^^ here
  |
  = help: did you mean "a"?

error: not an order of blocks
 --> x.scenario.json:8:40
  |
8 |   "expect": [{ "arm": "c", "order": "0-" }, {}]
  |                                        ^ expected a number

error: this expects not one thing
 --> x.scenario.json:8:45
  |
8 |   "expect": [{ "arm": "c", "order": "0-" }, {}]
  |                                             ^^ expected one of "order", "before" and "assert"
"#]]
    );
}

#[test]
fn a_mistake_of_the_command_line_is_shown_there() {
    let text = r#"{
  "filesystem": { "files": { "/f": "0@1000" } },
  "workload": { "calls": [] },
  "arms": { "a": { "device": "ideal" } }
}"#;
    assert_data_eq!(
        mistakes(text, &["queue.nomergers=1", "seed"]),
        str![[r#"
error: no key "nomergers" at this place of a scenario
 --> --set:1:7
  |
1 | queue.nomergers=1
  |       ^^^^^^^^^ expected a path to a value of the scenario
  |
  = help: did you mean "nomerges"?

error: a value is missing
 --> --set:1:1
  |
1 | seed
  | ^^^^ expected PATH=VALUE
"#]]
    );
    assert_data_eq!(
        mistakes(text, &["device.latency=5"]),
        str![[r#"
error: a time needs a unit: "5ns", "5us", "5ms" or "5s"?
 --> --set:1:16
  |
1 | device.latency=5
  |                ^ expected a time with its unit, such as "5ms"
"#]]
    );
    assert_data_eq!(
        mistakes(text, &["device.latency=5ms"]),
        str![[r#"
error: the arm "a" sets this itself
 --> --set:1:1
  |
1 | device.latency=5ms
  | ^^^^^^^^^^^^^^ without effect in that arm
  |
 ::: x.scenario.json:4:20
  |
4 |   "arms": { "a": { "device": "ideal" } }
  |                    -------- set here
  |
  = help: run another arm, or set the arm's own value: arms.NAME."PATH"=VALUE
"#]]
    );
}

#[test]
fn what_is_no_json_is_told_by_line_and_column() {
    assert_data_eq!(
        mistakes("{\n  \"title\": 'x'\n}", &[]),
        str![[r#"
error: not JSON: single-quoted strings are not allowed
 --> x.scenario.json:2:12
  |
2 |   "title": 'x'
  |            ^ here
"#]]
    );
    assert_data_eq!(
        mistakes("{\n  \"title\": \"x\",\n  \"title\": \"y\"\n}", &[]),
        str![[r#"
error: the key "title" comes twice
 --> x.scenario.json:3:3
  |
2 |   "title": "x",
  |   ------- first here
3 |   "title": "y"
  |   ^^^^^^^ again here
"#]]
    );
}
