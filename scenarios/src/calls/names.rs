//! What the words of calls stand for: files by their paths, handles by the caller's words.

use sim_core::io::FileId;
use sim_mpage::call::Handle;

use super::CallProblem;
use crate::nearest::nearest;

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

    /// Whether naming a file makes it one.
    pub fn grows(&self) -> bool {
        self.grows
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

/// A path without the `/` in front.
pub(super) fn plain(path: &str) -> &str {
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

    pub(super) fn open(&mut self, word: &str) -> Result<Handle, CallProblem> {
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

    pub(super) fn get(&self, word: &str) -> Result<Handle, CallProblem> {
        match self.position(word) {
            Some(index) if self.words[index].1 => Ok(number(index)),
            _ => {
                let open = self.words.iter().filter(|(_, open)| *open).map(|(word, _)| word.as_str());
                let nearest = nearest(word, open).map(str::to_owned);
                Err(CallProblem::NotOpen { handle: word.to_owned(), nearest })
            }
        }
    }

    pub(super) fn close(&mut self, word: &str) -> Result<Handle, CallProblem> {
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
