//! What can be wrong with the text of a call.

use std::ops::Range;

use sim_core::io::blocks::Wrong;

use super::CALLS;
use crate::quantity::QuantityError;

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
    /// A word is missing or one too many.
    #[error("expected \"{}\"", [*name, *words].join(" ").trim_end())]
    Words {
        /// The call.
        name: &'static str,
        /// The words that it takes.
        words: &'static str,
        /// Whether there are too many of them.
        too_many: bool,
    },
    /// A backslash in a path that begins no escape.
    #[error("a `\\` in a path that stands for no character")]
    Path(Wrong),
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
    /// No advice that this call takes.
    #[error("unknown advice \"{found}\"")]
    Advice {
        /// What was found.
        found: String,
        /// What the call takes.
        known: &'static str,
    },
    /// No whole number.
    #[error("expected a whole number of sectors, found \"{0}\"")]
    Number(String),
    /// No flags of `sync_file_range`.
    #[error("expected the sum of what is to be done, found \"{0}\"")]
    SyncFileRange(String),
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
    pub fn expected(&self) -> String {
        match self {
            CallProblem::Empty | CallProblem::Unknown { .. } => "expected a system call".to_owned(),
            CallProblem::Words { words, .. } => {
                let words = if words.is_empty() { "nothing" } else { words };
                format!("expected {words} after the call's name")
            }
            CallProblem::Path(wrong) => wrong.to_string(),
            CallProblem::UnknownFile { .. } => "expected the path of a file".to_owned(),
            CallProblem::NotOpen { .. } => "expected the handle of an open file".to_owned(),
            CallProblem::AlreadyOpen(_) => "expected another handle".to_owned(),
            CallProblem::Access(_) => "expected r or w".to_owned(),
            CallProblem::Advice { known, .. } => format!("expected {known}"),
            CallProblem::Number(_) => "expected a number".to_owned(),
            CallProblem::SyncFileRange(_) => "expected a number from 1 to 7".to_owned(),
            CallProblem::Quantity(QuantityError::TimeWithoutUnit(_)) => "expected a time".to_owned(),
            CallProblem::Quantity(_) => "expected a quantity".to_owned(),
            CallProblem::RangeTooLarge { .. } => "expected less".to_owned(),
        }
    }

    /// How it may be mended, where that is not said already.
    pub fn help(&self) -> Option<String> {
        match self {
            CallProblem::Words { words, too_many: true, .. } if words.contains("PATH") => {
                Some(SPACES.to_owned())
            }
            CallProblem::Path(_) => Some(SPACES.to_owned()),
            CallProblem::Words { words, too_many: true, .. }
                if words.contains("TIME") || words.contains("LENGTH") =>
            {
                Some("a unit stands directly behind its number: 5ms, 64KiB".to_owned())
            }
            CallProblem::Empty | CallProblem::Unknown { nearest: None, .. } => {
                let names = CALLS.iter().map(|(name, _)| *name).collect::<Vec<_>>();
                Some(format!("calls are {}", names.join(", ")))
            }
            CallProblem::UnknownFile { nearest: None, .. } => {
                Some("the filesystem's \"files\" say which there are".to_owned())
            }
            CallProblem::NotOpen { handle, nearest: None } => {
                Some(format!("open it first: \"open {handle} PATH r\""))
            }
            CallProblem::AlreadyOpen(handle) => {
                Some(format!("close it first: \"close {handle}\", or choose another word"))
            }
            CallProblem::SyncFileRange(_) => {
                Some("1: wait before, 2: write, 4: wait after; 7 is all three".to_owned())
            }
            _ => None,
        }
    }
}

const SPACES: &str =
    "a space in a path is written \\040, a backslash \\134; in JSON the backslash is doubled";

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
