//! Names of files in texts whose words are separated by white space: as in `/proc/mounts`, white
//! space, `:` and `\` are written as `\` and three octal digits.

use std::fmt;

use super::scan::Scan;
use super::{NotBlocks, Wrong};

fn is_escaped(char: char) -> bool {
    char.is_ascii_whitespace() || char == ':' || char == '\\'
}

/// The name as it is written: `/my file` is `/my\040file`.
pub fn escape_name(name: &str) -> String {
    Escaped(name).to_string()
}

/// The name that is written: `/my\040file` is `/my file`.
///
/// # Errors
/// [`NotBlocks`], with the place of a `\` that is not followed by three octal digits up to 177.
pub fn unescape_name(text: &str) -> Result<String, NotBlocks> {
    read_escaped(Scan { text, start: 0 })
}

/// A name that is printed escaped.
pub(super) struct Escaped<'n>(pub(super) &'n str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.chars() {
            if is_escaped(char) {
                write!(f, "\\{:03o}", u32::from(char))?;
            } else {
                write!(f, "{char}")?;
            }
        }
        Ok(())
    }
}

pub(super) fn read_escaped(mut left: Scan<'_>) -> Result<String, NotBlocks> {
    let mut name = String::new();
    loop {
        name.push_str(left.take_while(|char| char != '\\').text);
        if left.text.is_empty() {
            return Ok(name);
        }
        let digits =
            left.text.get(1..4).filter(|digits| digits.bytes().all(|byte| matches!(byte, b'0'..=b'7')));
        let code = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()).filter(u8::is_ascii);
        let code = code.ok_or(Wrong::Escape.at(left.start, 1))?;
        name.push(char::from(code));
        left = Scan { text: &left.text[4..], start: left.start + 4 };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spaces_colons_and_backslashes_are_written_in_octal() {
        assert_eq!(escape_name("/my file:\\"), "/my\\040file\\072\\134");
        assert_eq!(unescape_name("/my\\040file").unwrap(), "/my file");
        let error = unescape_name("/a\\400").unwrap_err();
        assert_eq!((error.start, error.end, error.wrong), (2, 3, Wrong::Escape));
    }

    proptest! {
        #[test]
        fn what_is_escaped_reads_back(name in "[ -~\t\u{e4}\u{2603}]{0,20}") {
            let written = escape_name(&name);
            prop_assert!(!written.contains(char::is_whitespace), "{}", written);
            prop_assert_eq!(unescape_name(&written), Ok(name));
        }
    }
}
