//! What can be wrong with the text of a call.

use std::ops::Range;

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
    /// No advice that this call takes.
    #[error("expected normal, random, sequential (or of fadvise willneed), found \"{0}\"")]
    Advice(String),
    /// No whole number.
    #[error("expected a whole number of sectors, found \"{0}\"")]
    Number(String),
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
            CallProblem::Advice(_) => "expected an advice",
            CallProblem::Number(_) => "expected a number",
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
