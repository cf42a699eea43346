//! The words of a call, and what each may stand for.

use std::ops::Range;

use sim_core::io::FileId;
use sim_core::io::blocks::{NotBlocks, escape_name, unescape_name};
use sim_core::time::Duration;
use sim_mpage::call::{Access, Advice, Handle, SyncFileRange};

use super::names::plain;
use super::{CallError, CallProblem, FileNames, Handles};
use crate::nearest::nearest;
use crate::quantity::{parse_size, parse_time};

/// A word of a call, and where it stands.
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) span: Range<usize>,
}

impl Word<'_> {
    pub(super) fn wrong(&self, problem: impl Into<CallProblem>) -> CallError {
        CallError { problem: problem.into(), span: self.span.clone() }
    }

    /// The word, with `unit` behind it if it is a bare integer.
    pub(super) fn with_unit(&self, unit: &str) -> String {
        let is_bare = self.text.bytes().all(|byte| byte.is_ascii_digit());
        format!("{}{}", self.text, if is_bare { unit } else { "" })
    }

    pub(super) fn bytes(&self) -> Result<u64, CallError> {
        parse_size(&self.with_unit("B")).map_err(|error| self.wrong(error))
    }

    pub(super) fn time(&self) -> Result<Duration, CallError> {
        parse_time(&self.with_unit("ms")).map_err(|error| self.wrong(error))
    }

    pub(super) fn access(&self) -> Result<Access, CallError> {
        match self.text {
            "r" => Ok(Access::Read),
            "w" => Ok(Access::ReadWrite),
            other => Err(self.wrong(CallProblem::Access(other.to_owned()))),
        }
    }

    pub(super) fn advice(&self, of_a_file: bool) -> Result<Advice, CallError> {
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

    pub(super) fn number(&self) -> Result<u64, CallError> {
        self.text.parse().map_err(|_| self.wrong(CallProblem::Number(self.text.to_owned())))
    }

    pub(super) fn file(&self, files: &mut FileNames) -> Result<FileId, CallError> {
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

    pub(super) fn handle(&self, handles: &Handles) -> Result<Handle, CallError> {
        handles.get(self.text).map_err(|problem| self.wrong(problem))
    }

    /// What `sync_file_range` is to do: the sum of its flags.
    pub(super) fn sync_file_range(&self) -> Result<SyncFileRange, CallError> {
        match self.text.parse::<u8>() {
            Ok(flags @ 1..=7) => Ok(SyncFileRange {
                wait_before: flags & 1 != 0,
                write: flags & 2 != 0,
                wait_after: flags & 4 != 0,
            }),
            _ => Err(self.wrong(CallProblem::SyncFileRange(self.text.to_owned()))),
        }
    }
}

/// The words of a text, separated by spaces.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
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

/// An offset and a length that end within the largest file.
pub(super) fn range(offset: &Word<'_>, length: &Word<'_>) -> Result<(u64, u64), CallError> {
    let (from, bytes) = (offset.bytes()?, length.bytes()?);
    match from.checked_add(bytes) {
        Some(end) if i64::try_from(end).is_ok() => Ok((from, bytes)),
        _ => Err(length.wrong(CallProblem::RangeTooLarge { offset: from, length: bytes })),
    }
}
