//! System calls as text, the one grammar of scenario files and recorded traces.
//!
//! A call is its name and its words, separated by spaces: `open f /f r`, `pread f 0 64KiB`,
//! `sleep 5`. Handles are words of the caller's choice. A bare integer is bytes, in `sleep`
//! milliseconds; a unit may follow. The `/` that a path begins with is optional. In a path a space is
//! written `\040`, as in `/proc/mounts`: a backslash and three octal digits stand for a character.

mod names;
mod problem;
mod results;

use std::ops::Range;

use sim_core::io::FileId;
use sim_core::io::blocks::{NotBlocks, escape_name, unescape_name};
use sim_core::time::Duration;
use sim_mpage::call::{Access, Advice, Call};

pub use names::{FileNames, Handles};
pub use problem::{CallError, CallProblem};
pub use results::{error_text, result_text, result_value};

use self::names::plain;
use crate::nearest::nearest;
use crate::quantity::{parse_size, parse_time};

/// Calls that can be made, with the words that follow their names.
const CALLS: [(&str, &str); 13] = [
    ("open", "HANDLE PATH r|w"),
    ("close", "HANDLE"),
    ("read", "HANDLE LENGTH"),
    ("pread", "HANDLE OFFSET LENGTH"),
    ("readahead", "HANDLE OFFSET LENGTH"),
    ("fadvise", "HANDLE OFFSET LENGTH normal|random|sequential|willneed"),
    ("mmap", "HANDLE LENGTH r|w [normal|random|sequential]"),
    ("mread", "HANDLE OFFSET"),
    ("fail", "SECTOR COUNT"),
    ("heal", ""),
    ("drop", ""),
    ("writeback", "PATH"),
    ("sleep", "TIME"),
];

/// Calls that the traces know and the simulated kernel does not yet.
const NOT_BUILT: [&str; 10] =
    ["mdirty", "msync", "write", "pwrite", "fsync", "fdatasync", "ftruncate", "sync", "syncfs", "sfr"];

struct Word<'a> {
    text: &'a str,
    span: Range<usize>,
}

impl Word<'_> {
    fn wrong(&self, problem: impl Into<CallProblem>) -> CallError {
        CallError { problem: problem.into(), span: self.span.clone() }
    }

    /// The word, with `unit` behind it if it is a bare integer.
    fn with_unit(&self, unit: &str) -> String {
        let is_bare = self.text.bytes().all(|byte| byte.is_ascii_digit());
        format!("{}{}", self.text, if is_bare { unit } else { "" })
    }

    fn bytes(&self) -> Result<u64, CallError> {
        parse_size(&self.with_unit("B")).map_err(|error| self.wrong(error))
    }

    fn time(&self) -> Result<Duration, CallError> {
        parse_time(&self.with_unit("ms")).map_err(|error| self.wrong(error))
    }

    fn access(&self) -> Result<Access, CallError> {
        match self.text {
            "r" => Ok(Access::Read),
            "w" => Ok(Access::ReadWrite),
            other => Err(self.wrong(CallProblem::Access(other.to_owned()))),
        }
    }

    fn advice(&self, of_a_file: bool) -> Result<Advice, CallError> {
        match self.text {
            "normal" => Ok(Advice::Normal),
            "random" => Ok(Advice::Random),
            "sequential" => Ok(Advice::Sequential),
            "willneed" if of_a_file => Ok(Advice::WillNeed),
            other => Err(self.wrong(CallProblem::Advice {
                found: other.to_owned(),
                known: if of_a_file {
                    "normal, random, sequential or willneed"
                } else {
                    "normal, random or sequential"
                },
            })),
        }
    }

    fn number(&self) -> Result<u64, CallError> {
        self.text.parse().map_err(|_| self.wrong(CallProblem::Number(self.text.to_owned())))
    }

    fn file(&self, files: &mut FileNames) -> Result<FileId, CallError> {
        let path = unescape_name(self.text).map_err(|NotBlocks { start, end, wrong }| CallError {
            problem: CallProblem::Path(wrong),
            span: self.span.start + start..self.span.start + end,
        })?;
        files.find(&path).ok_or_else(|| {
            let nearest = nearest(plain(&path), files.paths().iter().map(String::as_str));
            let nearest = nearest.map(|path| format!("/{}", escape_name(path)));
            self.wrong(CallProblem::UnknownFile { path: self.text.to_owned(), nearest })
        })
    }
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    for piece in text.split(' ') {
        if !piece.is_empty() {
            words.push(Word { text: piece, span: at..at + piece.len() });
        }
        at += piece.len() + 1;
    }
    words
}

/// Where in the text of a call the path of a file stands, if it names one.
pub fn place_of_path(text: &str) -> Option<Range<usize>> {
    let words = words(text);
    let (_, arguments) =
        CALLS.iter().find(|(name, _)| words.first().is_some_and(|word| word.text == *name))?;
    let index = arguments.split(' ').position(|argument| argument == "PATH")?;
    words.get(index + 1).map(|word| word.span.clone())
}

/// Reads one call. Words that open files are added to `handles`.
///
/// # Errors
/// [`CallError`], with the place in the text; `handles` has not changed then.
pub fn parse_call(text: &str, files: &mut FileNames, handles: &mut Handles) -> Result<Call, CallError> {
    let words = words(text);
    let Some((name, arguments)) = words.split_first() else {
        return Err(CallError { problem: CallProblem::Empty, span: 0..text.len() });
    };
    match (name.text, arguments) {
        ("open", [handle, path, access]) => {
            let access = access.access()?;
            let file = path.file(files)?;
            let handle = handles.open(handle.text).map_err(|problem| handle.wrong(problem))?;
            Ok(Call::Open { handle, file, access })
        }
        ("close", [handle]) => {
            let handle = handles.close(handle.text).map_err(|problem| handle.wrong(problem))?;
            Ok(Call::Close { handle })
        }
        ("read", [handle, length]) => {
            let handle = handles.get(handle.text).map_err(|problem| handle.wrong(problem))?;
            Ok(Call::Read { handle, length: length.bytes()? })
        }
        ("pread", [handle, offset, length]) => {
            let handle = handles.get(handle.text).map_err(|problem| handle.wrong(problem))?;
            let (offset, length) = range(offset, length)?;
            Ok(Call::Pread { handle, offset, length })
        }
        ("readahead", [handle, offset, length]) => {
            let handle = handles.get(handle.text).map_err(|problem| handle.wrong(problem))?;
            let (offset, length) = range(offset, length)?;
            Ok(Call::Readahead { handle, offset, length })
        }
        ("fadvise", [handle, offset, length, advice]) => {
            let handle = handles.get(handle.text).map_err(|problem| handle.wrong(problem))?;
            let (offset, length) = range(offset, length)?;
            Ok(Call::Fadvise { handle, offset, length, advice: advice.advice(true)? })
        }
        ("mmap", [handle, length, access, advice @ ..]) if advice.len() <= 1 => {
            let handle = handles.get(handle.text).map_err(|problem| handle.wrong(problem))?;
            let advice = advice.first().map_or(Ok(Advice::Normal), |advice| advice.advice(false))?;
            Ok(Call::Mmap { handle, length: length.bytes()?, access: access.access()?, advice })
        }
        ("mread", [handle, offset]) => {
            let handle = handles.get(handle.text).map_err(|problem| handle.wrong(problem))?;
            Ok(Call::Mread { handle, offset: offset.bytes()? })
        }
        ("fail", [sector, sectors]) => {
            Ok(Call::Fail { sector: sector.number()?, sectors: sectors.number()? })
        }
        ("heal", []) => Ok(Call::Heal),
        ("drop", []) => Ok(Call::Drop),
        ("writeback", [path]) => Ok(Call::Writeback { file: path.file(files)? }),
        ("sleep", [time]) => Ok(Call::Sleep { duration: time.time()? }),
        _ => Err(unreadable(name, text)),
    }
}

fn range(offset: &Word<'_>, length: &Word<'_>) -> Result<(u64, u64), CallError> {
    let (from, bytes) = (offset.bytes()?, length.bytes()?);
    match from.checked_add(bytes) {
        Some(end) if i64::try_from(end).is_ok() => Ok((from, bytes)),
        _ => Err(length.wrong(CallProblem::RangeTooLarge { offset: from, length: bytes })),
    }
}

/// Why a call whose name and number of words fit nothing cannot be read.
fn unreadable(name: &Word<'_>, text: &str) -> CallError {
    if let Some(&(name, words)) = CALLS.iter().find(|(known, _)| *known == name.text) {
        let too_many = text.split_whitespace().count() > 1 + words.split_whitespace().count();
        return CallError { problem: CallProblem::Words { name, words, too_many }, span: 0..text.len() };
    }
    if NOT_BUILT.contains(&name.text) {
        return name.wrong(CallProblem::NotBuilt(name.text.to_owned()));
    }
    let known = CALLS.iter().map(|(name, _)| *name);
    name.wrong(CallProblem::Unknown { name: name.text.to_owned(), nearest: nearest(name.text, known) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use sim_mpage::call::Handle;

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
    fn every_call_that_is_built_can_be_read() {
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
    fn a_call_of_the_traces_that_is_not_built_says_so() {
        for name in NOT_BUILT {
            let error = read(&["open f /f w", &format!("{name} f 0 1")]).unwrap_err();
            assert_eq!(error.problem, CallProblem::NotBuilt(name.to_owned()));
            assert_eq!(error.span, 0..name.len());
        }
    }

    #[test]
    fn problems_are_told_with_their_place() {
        let cases: [(&[&str], &str, Range<usize>); 9] = [
            (&["raed f 1"], "unknown call \"raed\"; did you mean \"read\"?", 0..4),
            (&["open f /g r"], "no file \"/g\" in this filesystem; did you mean \"/f\"?", 7..9),
            (&["open f /f x"], "expected r (to read) or w (to read and write), found \"x\"", 10..11),
            (&["open f /f r", "read g 1"], "no file is open as \"g\"; did you mean \"f\"?", 5..6),
            (&["open f /f r", "read f 128K"], "\"128K\" is ambiguous: 128KiB or 128kB?", 7..11),
            (&["open f /f r", "read f"], "expected \"read HANDLE LENGTH\"", 0..6),
            (&["open f /f r", "open f /f r"], "\"f\" stands for an open file already", 5..6),
            (&["open f /f r", "close f", "read f 1"], "no file is open as \"f\"", 5..6),
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
        fn no_text_makes_it_panic(text in "(open|read|pread|sleep|drop|x)?( [a-z0-9/]{0,22}){0,4}") {
            let _ = read(&["open f /f r", &text]);
        }
    }
}
