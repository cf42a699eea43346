//! System calls as text, the one grammar of scenario files and recorded traces.
//!
//! A call is its name and its words, separated by spaces: `open f /f r`, `pread f 0 64KiB`,
//! `sleep 5`. Handles are words of the caller's choice. A bare integer is bytes, in `sleep`
//! milliseconds; a unit may follow. The `/` that a path begins with is optional. In a path a space is
//! written `\040`, as in `/proc/mounts`: a backslash and three octal digits stand for a character.

mod names;
mod problem;
mod results;
mod word;

use std::ops::Range;

use sim_mpage::call::{Advice, Call, Handle};

pub use names::{FileNames, Handles};
pub use problem::{CallError, CallProblem};
pub use results::{error_text, result_text, result_value};

use self::word::{Word, range, words};
use crate::nearest::nearest;

/// All calls, with the words that follow their names; a word in brackets may be missing.
const CALLS: [(&str, &str); 23] = [
    ("open", "HANDLE PATH r|w"),
    ("close", "HANDLE"),
    ("read", "HANDLE LENGTH"),
    ("pread", "HANDLE OFFSET LENGTH"),
    ("write", "HANDLE LENGTH"),
    ("pwrite", "HANDLE OFFSET LENGTH"),
    ("readahead", "HANDLE OFFSET LENGTH"),
    ("fadvise", "HANDLE OFFSET LENGTH normal|random|sequential|willneed"),
    ("mmap", "HANDLE LENGTH r|w [normal|random|sequential]"),
    ("mread", "HANDLE OFFSET"),
    ("mdirty", "HANDLE OFFSET"),
    ("msync", "HANDLE OFFSET LENGTH"),
    ("fsync", "HANDLE"),
    ("fdatasync", "HANDLE"),
    ("sfr", "HANDLE OFFSET LENGTH FLAGS"),
    ("ftruncate", "HANDLE LENGTH"),
    ("sync", ""),
    ("syncfs", "HANDLE"),
    ("fail", "SECTOR COUNT"),
    ("heal", ""),
    ("drop", ""),
    ("writeback", "PATH"),
    ("sleep", "TIME"),
];

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
        ("sync", []) => Ok(Call::Sync),
        ("fail", [sector, sectors]) => {
            Ok(Call::Fail { sector: sector.number()?, sectors: sectors.number()? })
        }
        ("heal", []) => Ok(Call::Heal),
        ("drop", []) => Ok(Call::Drop),
        ("writeback", [path]) => Ok(Call::Writeback { file: path.file(files)? }),
        ("sleep", [time]) => Ok(Call::Sleep { duration: time.time()? }),
        (_, arguments) => match on_handle(name.text, arguments, handles) {
            Some(call) => call,
            None => Err(unreadable(name, text)),
        },
    }
}

/// A call on something that is open; `None` if its name and number of words fit no such call.
fn on_handle(name: &str, arguments: &[Word<'_>], handles: &Handles) -> Option<Result<Call, CallError>> {
    let (_, words) = CALLS.iter().find(|(known, _)| *known == name)?;
    let (needed, most) =
        (words.split(' ').filter(|word| !word.starts_with('[')).count(), words.split(' ').count());
    let (handle, arguments) = arguments.split_first()?;
    if !words.starts_with("HANDLE") || !(needed..=most).contains(&(arguments.len() + 1)) {
        return None;
    }
    let call = handle.handle(handles).and_then(|handle| of_handle(name, handle, arguments));
    call.transpose()
}

/// A call on an open handle, with the words behind that.
fn of_handle(name: &str, handle: Handle, arguments: &[Word<'_>]) -> Result<Option<Call>, CallError> {
    Ok(Some(match (name, arguments) {
        ("read", [length]) => Call::Read { handle, length: length.bytes()? },
        ("write", [length]) => Call::Write { handle, length: length.bytes()? },
        ("ftruncate", [length]) => Call::Ftruncate { handle, length: length.bytes()? },
        ("mread", [offset]) => Call::Mread { handle, offset: offset.bytes()? },
        ("mdirty", [offset]) => Call::Mdirty { handle, offset: offset.bytes()? },
        ("mmap", [length, access, advice @ ..]) => {
            let advice = advice.first().map_or(Ok(Advice::Normal), |advice| advice.advice(false))?;
            Call::Mmap { handle, length: length.bytes()?, access: access.access()?, advice }
        }
        ("fsync", []) => Call::Fsync { handle },
        ("fdatasync", []) => Call::Fdatasync { handle },
        ("syncfs", []) => Call::Syncfs { handle },
        (_, [offset, length, rest @ ..]) => {
            let (offset, length) = range(offset, length)?;
            match (name, rest) {
                ("pread", []) => Call::Pread { handle, offset, length },
                ("pwrite", []) => Call::Pwrite { handle, offset, length },
                ("msync", []) => Call::Msync { handle, offset, length },
                ("readahead", []) => Call::Readahead { handle, offset, length },
                ("fadvise", [advice]) => {
                    Call::Fadvise { handle, offset, length, advice: advice.advice(true)? }
                }
                ("sfr", [flags]) => {
                    Call::SyncFileRange { handle, offset, length, flags: flags.sync_file_range()? }
                }
                _ => return Ok(None),
            }
        }
        _ => return Ok(None),
    }))
}

/// Why a call whose name and number of words fit nothing cannot be read.
fn unreadable(name: &Word<'_>, text: &str) -> CallError {
    if let Some(&(name, words)) = CALLS.iter().find(|(known, _)| *known == name.text) {
        let too_many = text.split_whitespace().count() > 1 + words.split_whitespace().count();
        return CallError { problem: CallProblem::Words { name, words, too_many }, span: 0..text.len() };
    }
    let known = CALLS.iter().map(|(name, _)| *name);
    name.wrong(CallProblem::Unknown { name: name.text.to_owned(), nearest: nearest(name.text, known) })
}

#[cfg(test)]
mod tests;
