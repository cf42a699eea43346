//! System calls as text, the one grammar of scenario files and recorded traces.
//!
//! A call is its name and its words, separated by spaces: `open f /f r`, `pread f 0 64KiB`,
//! `sleep 5`. Handles are words of the caller's choice. A bare integer is bytes, in `sleep`
//! milliseconds; a unit may follow. The `/` that a path begins with is optional. Left out: paths
//! with spaces in them.

use std::ops::Range;

use sim_core::io::FileId;
use sim_core::time::Duration;
use sim_mpage::call::{Access, Call, Handle};

use crate::nearest::nearest;
use crate::quantity::{QuantityError, parse_size, parse_time};

/// Calls that can be made, with the words that follow their names.
const CALLS: [(&str, &str); 8] = [
    ("open", "HANDLE PATH r|w"),
    ("close", "HANDLE"),
    ("read", "HANDLE LENGTH"),
    ("pread", "HANDLE OFFSET LENGTH"),
    ("readahead", "HANDLE OFFSET LENGTH"),
    ("drop", ""),
    ("writeback", "PATH"),
    ("sleep", "TIME"),
];

/// Calls that the traces know and the simulated kernel does not yet.
const NOT_BUILT: [&str; 15] = [
    "fadvise",
    "mmap",
    "mread",
    "mdirty",
    "msync",
    "write",
    "pwrite",
    "fsync",
    "fdatasync",
    "ftruncate",
    "sync",
    "syncfs",
    "sfr",
    "fail",
    "heal",
];

/// What is wrong with the text of a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallProblem {
    /// No word at all.
    #[error("expected a call, such as \"read f 64KiB\"")]
    Empty,
    /// No such call.
    #[error("unknown call \"{name}\"{}", suggestion(.nearest))]
    Unknown {
        /// Its name.
        name: String,
        /// The call that is most like it.
        nearest: Option<&'static str>,
    },
    /// A call that is known, but that the simulated kernel cannot make yet.
    #[error("the call \"{0}\" is not built yet")]
    NotBuilt(String),
    /// A word is missing or one too many.
    #[error("expected \"{name} {words}\"")]
    Words {
        /// The call.
        name: &'static str,
        /// The words that it takes.
        words: &'static str,
    },
    /// No such file.
    #[error("no file \"{path}\" in this filesystem{}", suggestion(.nearest))]
    UnknownFile {
        /// The path as it was written.
        path: String,
        /// The path that is most like it.
        nearest: Option<String>,
    },
    /// A handle that no file was opened as.
    #[error("no file is open as \"{handle}\"{}", suggestion(.nearest))]
    NotOpen {
        /// The word.
        handle: String,
        /// The open handle that is most like it.
        nearest: Option<String>,
    },
    /// A handle that stands for an open file already.
    #[error("\"{0}\" stands for an open file already")]
    AlreadyOpen(String),
    /// Neither `r` nor `w`.
    #[error("expected r (to read) or w (to read and write), found \"{0}\"")]
    Access(String),
    /// No right quantity.
    #[error(transparent)]
    Quantity(#[from] QuantityError),
    /// A range that ends beyond the largest file offset.
    #[error("{offset} + {length} bytes end beyond the largest file offset, 2^63 - 1")]
    RangeTooLarge {
        /// From where.
        offset: u64,
        /// How much.
        length: u64,
    },
}

impl CallProblem {
    /// What was expected at the place of the problem, in few words.
    pub fn expected(&self) -> &'static str {
        match self {
            CallProblem::Empty | CallProblem::Unknown { .. } => "expected a system call",
            CallProblem::NotBuilt(_) => "cannot be made, so it is refused",
            CallProblem::Words { .. } => "this call",
            CallProblem::UnknownFile { .. } => "expected the path of a file",
            CallProblem::NotOpen { .. } => "expected the handle of an open file",
            CallProblem::AlreadyOpen(_) => "expected another handle",
            CallProblem::Access(_) => "expected r or w",
            CallProblem::Quantity(QuantityError::TimeWithoutUnit(_)) => "expected a time",
            CallProblem::Quantity(_) => "expected a quantity",
            CallProblem::RangeTooLarge { .. } => "expected less",
        }
    }
}

fn suggestion<T: AsRef<str>>(nearest: &Option<T>) -> String {
    nearest.as_ref().map(|nearest| format!("; did you mean \"{}\"?", nearest.as_ref())).unwrap_or_default()
}

/// A problem, and the bytes of the text that it is about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct CallError {
    /// What is wrong.
    pub problem: CallProblem,
    /// Where in the text.
    pub span: Range<usize>,
}

/// The files that calls may name, numbered in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileNames {
    paths: Vec<String>,
    grows: bool,
}

impl FileNames {
    /// These files and no others.
    pub fn fixed<P: AsRef<str>>(paths: impl IntoIterator<Item = P>) -> FileNames {
        let paths = paths.into_iter().map(|path| plain(path.as_ref()).to_owned()).collect();
        FileNames { paths, grows: false }
    }

    /// Whatever calls name becomes a file: for an image that has yet to be looked into.
    pub fn growing() -> FileNames {
        FileNames { paths: Vec::new(), grows: true }
    }

    /// The paths in the order of the files' numbers, without the `/` in front.
    pub fn paths(&self) -> &[String] {
        &self.paths
    }

    /// The number of a file, with or without `/` in front.
    pub fn find(&mut self, path: &str) -> Option<FileId> {
        let path = plain(path);
        let known = self.paths.iter().position(|known| known == path);
        let index = match known {
            Some(index) => index,
            None if self.grows && !path.is_empty() => {
                self.paths.push(path.to_owned());
                self.paths.len() - 1
            }
            None => return None,
        };
        u32::try_from(index).ok().map(FileId)
    }
}

fn plain(path: &str) -> &str {
    path.strip_prefix('/').unwrap_or(path)
}

/// The handles of one task: its words, numbered in the order in which they first appear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handles {
    words: Vec<(String, bool)>,
}

impl Handles {
    /// No handle yet.
    pub fn new() -> Handles {
        Handles::default()
    }

    /// The words in the order of the handles' numbers.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(|(word, _)| word.as_str())
    }

    /// Takes a handle for open whose `open` could not be read, so that the calls after it are not
    /// blamed for that.
    pub fn assume_open(&mut self, word: &str) {
        drop(self.open(word));
    }

    fn position(&self, word: &str) -> Option<usize> {
        self.words.iter().position(|(known, _)| known == word)
    }

    fn open(&mut self, word: &str) -> Result<Handle, CallProblem> {
        let index = match self.position(word) {
            Some(index) if self.words[index].1 => return Err(CallProblem::AlreadyOpen(word.to_owned())),
            Some(index) => {
                self.words[index].1 = true;
                index
            }
            None => {
                self.words.push((word.to_owned(), true));
                self.words.len() - 1
            }
        };
        Ok(number(index))
    }

    fn get(&self, word: &str) -> Result<Handle, CallProblem> {
        match self.position(word) {
            Some(index) if self.words[index].1 => Ok(number(index)),
            _ => {
                let open = self.words.iter().filter(|(_, open)| *open).map(|(word, _)| word.as_str());
                let nearest = nearest(word, open).map(str::to_owned);
                Err(CallProblem::NotOpen { handle: word.to_owned(), nearest })
            }
        }
    }

    fn close(&mut self, word: &str) -> Result<Handle, CallProblem> {
        let handle = self.get(word)?;
        if let Some(index) = self.position(word) {
            self.words[index].1 = false;
        }
        Ok(handle)
    }
}

fn number(index: usize) -> Handle {
    let number = u32::try_from(index);
    assert!(number.is_ok(), "handle {index} of a task: no input holds that many calls");
    Handle(number.unwrap_or(u32::MAX))
}

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

    fn file(&self, files: &mut FileNames) -> Result<FileId, CallError> {
        files.find(self.text).ok_or_else(|| {
            let nearest = nearest(plain(self.text), files.paths.iter().map(String::as_str));
            let nearest = nearest.map(|path| format!("/{path}"));
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
        return CallError { problem: CallProblem::Words { name, words }, span: 0..text.len() };
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
