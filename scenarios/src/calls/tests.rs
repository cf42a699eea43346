use proptest::prelude::*;

use sim_core::io::FileId;
use sim_core::time::Duration;
use sim_mpage::call::{Access, SyncFileRange};

use super::*;

fn read(calls: &[&str]) -> Result<Vec<Call>, CallError> {
    let (mut files, mut handles) = (FileNames::fixed(["/f", "data/g"]), Handles::new());
    calls.iter().map(|call| parse_call(call, &mut files, &mut handles)).collect()
}

fn problem(calls: &[&str]) -> (String, Range<usize>) {
    let error = read(calls).unwrap_err();
    (error.to_string(), error.span)
}

#[test]
fn calls_that_open_and_read_can_be_read() {
    let calls = read(&[
        "open a f r",
        "open 7 /data/g w",
        "read a 64KiB",
        "pread 7 4096 1",
        "readahead a 0 65536",
        "drop",
        "writeback /f",
        "sleep 5",
        "sleep 5us",
        "close a",
        "open a /f r",
    ])
    .unwrap();
    let (a, seven) = (Handle(0), Handle(1));
    assert_eq!(
        calls,
        [
            Call::Open { handle: a, file: FileId(0), access: Access::Read },
            Call::Open { handle: seven, file: FileId(1), access: Access::ReadWrite },
            Call::Read { handle: a, length: 65_536 },
            Call::Pread { handle: seven, offset: 4_096, length: 1 },
            Call::Readahead { handle: a, offset: 0, length: 65_536 },
            Call::Drop,
            Call::Writeback { file: FileId(0) },
            Call::Sleep { duration: Duration::from_nanoseconds(5_000_000) },
            Call::Sleep { duration: Duration::from_nanoseconds(5_000) },
            Call::Close { handle: a },
            Call::Open { handle: a, file: FileId(0), access: Access::Read },
        ]
    );
}

#[test]
fn calls_that_write_can_be_read() {
    let handle = Handle(0);
    let flags = |text: &str| match read(&["open f /f w", text]).unwrap()[1] {
        Call::SyncFileRange { flags, .. } => flags,
        other => panic!("{other:?}"),
    };
    for (text, call) in [
        ("write f 4KiB", Call::Write { handle, length: 4_096 }),
        ("pwrite f 7 1", Call::Pwrite { handle, offset: 7, length: 1 }),
        ("mdirty f 8192", Call::Mdirty { handle, offset: 8_192 }),
        ("msync f 0 64KiB", Call::Msync { handle, offset: 0, length: 65_536 }),
        ("fsync f", Call::Fsync { handle }),
        ("fdatasync f", Call::Fdatasync { handle }),
        ("sync", Call::Sync),
        ("syncfs f", Call::Syncfs { handle }),
        ("ftruncate f 5", Call::Ftruncate { handle, length: 5 }),
        (
            "sfr f 0 4096 2",
            Call::SyncFileRange { handle, offset: 0, length: 4_096, flags: flags("sfr f 0 0 2") },
        ),
    ] {
        assert_eq!(read(&["open f /f w", text]).unwrap()[1], call, "{text}");
    }
    for sum in 1..=7 {
        let [wait_before, write, wait_after] = [1, 2, 4].map(|flag| sum & flag != 0);
        let told = flags(&format!("sfr f 0 0 {sum}"));
        assert_eq!(told, SyncFileRange { wait_before, write, wait_after }, "{sum}");
    }
}

#[test]
fn every_call_of_the_table_is_one_that_can_be_read_and_no_word_may_be_missing() {
    for (name, words) in CALLS {
        let example = |word: &str| match word.trim_matches(['[', ']']) {
            "HANDLE" if name == "open" => "g".to_owned(),
            "HANDLE" => "f".to_owned(),
            "PATH" => "/f".to_owned(),
            "OFFSET" | "LENGTH" | "SECTOR" | "COUNT" | "TIME" | "FLAGS" => "1".to_owned(),
            choice => choice.split('|').next().unwrap().to_owned(),
        };
        let words: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
        let examples: Vec<String> = words.iter().map(|word| example(word)).collect();
        let text = |count: usize| format!("{name} {}", examples[..count].join(" "));
        let call = |text: &str| read(&["open f /f w", text]);
        assert!(call(&text(words.len())).is_ok(), "{name}");
        let optional = words.iter().filter(|word| word.starts_with('[')).count();
        assert!(call(&text(words.len() - optional)).is_ok(), "{name}");
        let least = words.len() - optional;
        for wrong in [text(least.saturating_sub(1)), format!("{} 1", text(words.len()))] {
            let too_many = wrong.ends_with(" 1") && wrong.split(' ').count() > words.len() + 1;
            let expected = CallProblem::Words { name, words: words_of(name), too_many };
            if least > 0 || wrong.ends_with(" 1") {
                assert_eq!(call(&wrong).unwrap_err().problem, expected, "{wrong}");
            }
        }
    }
}

fn words_of(name: &str) -> &'static str {
    CALLS.iter().find(|(known, _)| *known == name).unwrap().1
}

#[test]
fn problems_are_told_with_their_place() {
    let cases: [(&[&str], &str, Range<usize>); 14] = [
        (&["raed f 1"], "unknown call \"raed\"; did you mean \"read\"?", 0..4),
        (&["open f /g r"], "no file \"/g\" in this filesystem; did you mean \"/f\"?", 7..9),
        (&["open f /f x"], "expected r (to read) or w (to read and write), found \"x\"", 10..11),
        (&["open f /f r", "read g 1"], "no file is open as \"g\"; did you mean \"f\"?", 5..6),
        (&["open f /f r", "read f 128K"], "\"128K\" is ambiguous: 128KiB or 128kB?", 7..11),
        (&["open f /f r", "read f"], "expected \"read HANDLE LENGTH\"", 0..6),
        (&["open f /f r", "open f /f r"], "\"f\" stands for an open file already", 5..6),
        (&["open f /f r", "close f", "read f 1"], "no file is open as \"f\"", 5..6),
        (&["open f /f w", "sfr f 0 0 8"], "expected the sum of what is to be done, found \"8\"", 10..11),
        (&["open f /f w", "sfr f 0 0 0"], "expected the sum of what is to be done, found \"0\"", 10..11),
        (&["open f /f w", "fsync g"], "no file is open as \"g\"; did you mean \"f\"?", 6..7),
        (&["open f /f w", "fsnyc g"], "unknown call \"fsnyc\"; did you mean \"fsync\"?", 0..5),
        (&["sync f"], "expected \"sync\"", 0..6),
        (&[" "], "expected a call, such as \"read f 64KiB\"", 0..1),
    ];
    for (calls, message, span) in cases {
        assert_eq!(problem(calls), (message.to_owned(), span), "{calls:?}");
    }
}

#[test]
fn a_path_may_have_spaces() {
    let (mut files, mut handles) = (FileNames::fixed(["/my file", "/a\\b"]), Handles::new());
    for (call, file) in [("open a /my\\040file r", 0), ("open b a\\134b r", 1)] {
        let call = parse_call(call, &mut files, &mut handles).unwrap();
        assert!(matches!(call, Call::Open { file: FileId(found), .. } if found == file), "{call:?}");
    }
    let mut problem = |call: &str| {
        let error = parse_call(call, &mut files, &mut handles).unwrap_err();
        (error.to_string(), error.span, error.problem.help())
    };
    let (message, span, _) = problem("open c /my\\x20file r");
    assert_eq!((message.as_str(), span), ("a `\\` in a path that stands for no character", 10..11));
    let (message, _, help) = problem("open c /my file r");
    assert_eq!(message, "expected \"open HANDLE PATH r|w\"");
    assert!(help.unwrap().contains("\\040"));
    let (message, ..) = problem("open c /myfile r");
    assert!(message.ends_with("did you mean \"/my\\040file\"?"), "{message}");
}

#[test]
fn the_path_of_a_call_is_found_in_its_text() {
    let path = |text: &'static str| place_of_path(text).map(|span| &text[span]);
    assert_eq!(path("open  f /a\\040b r"), Some("/a\\040b"));
    assert_eq!(path("writeback /f"), Some("/f"));
    assert_eq!(path("read f 5"), None);
    assert_eq!(path("open f"), None);
}

#[test]
fn a_range_cannot_end_beyond_the_largest_offset() {
    assert!(read(&["open f /f r", "pread f 9223372036854775806 1"]).is_ok());
    let (message, span) = problem(&["open f /f r", "pread f 9223372036854775806 2"]);
    assert!(message.contains("beyond the largest file offset"), "{message}");
    assert_eq!(span, 28..29);
}

#[test]
fn a_growing_list_numbers_files_as_they_are_named() {
    let (mut files, mut handles) = (FileNames::growing(), Handles::new());
    parse_call("open a /x/y r", &mut files, &mut handles).unwrap();
    parse_call("open b z r", &mut files, &mut handles).unwrap();
    parse_call("open c x/y r", &mut files, &mut handles).unwrap();
    assert_eq!(files.paths(), ["x/y", "z"]);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(open|read|pwrite|sfr|sleep|drop|sync|x)?( [a-z0-9/]{0,22}){0,5}") {
        let _ = read(&["open f /f r", &text]);
    }
}
