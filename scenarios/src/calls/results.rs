//! What calls return, in words: error texts as the recorded traces have them.

use sim_mpage::errno::{Errno, SIGBUS};

/// The text of an error or signal that a call returned; `None` for a count.
pub fn error_text(result: i64) -> Option<&'static str> {
    let known = [
        (SIGBUS, "SIGBUS"),
        (Errno::Io.code(), "Input/output error"),
        (Errno::BadHandle.code(), "Bad file descriptor"),
        (Errno::NoMemory.code(), "Cannot allocate memory"),
        (Errno::NoSpace.code(), "No space left on device"),
    ];
    known.into_iter().find(|(code, _)| *code == result).map(|(_, text)| text)
}

/// What a call returned, in words.
pub fn result_text(result: i64) -> String {
    error_text(result).map_or_else(|| result.to_string(), str::to_owned)
}

/// What a call returned, as data: a number, or the text of an error.
pub fn result_value(result: i64) -> serde_json::Value {
    error_text(result).map_or_else(|| result.into(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_numbers_and_errors_are_texts() {
        assert_eq!((result_text(65_536), result_text(0)), ("65536".into(), "0".into()));
        assert_eq!((result_text(-5), result_text(SIGBUS)), ("Input/output error".into(), "SIGBUS".into()));
        assert_eq!((result_value(7), result_value(SIGBUS)), (7.into(), "SIGBUS".into()));
    }
}
