//! What an argument of `inspect` is taken for: an ext2 image or a scenario.

use std::fs::File;
use std::io::{self, Read};

use serde::Serialize;

use crate::library;

/// An image or a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An ext2 image.
    Image,
    /// A scenario file, or one of the library.
    Scenario,
}

/// How much of a file is looked at: as far as an ext2 superblock goes.
const LOOKED_AT: u64 = 2048;
/// Where ext2's magic number lies, and what it is.
const MAGIC: (usize, [u8; 2]) = (1024 + 56, [0x53, 0xEF]);

/// What `argument` is to be taken for, and why; by its name and its first bytes.
///
/// # Errors
/// Why it cannot be read.
pub fn kind_of(argument: &str) -> io::Result<(Kind, &'static str)> {
    if argument == "-" {
        return Ok((Kind::Scenario, "it comes from standard input"));
    }
    if library::LIBRARY.iter().any(|entry| entry.name == argument) {
        return Ok((Kind::Scenario, "it is a name of the library"));
    }
    let mut start = Vec::new();
    match File::open(argument) {
        Ok(file) => {
            file.take(LOOKED_AT).read_to_end(&mut start)?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok((Kind::Scenario, "it is no file"));
        }
        Err(error) => return Err(error),
    }
    Ok(by_content(argument, &start))
}

fn by_content(name: &str, start: &[u8]) -> (Kind, &'static str) {
    let (at, magic) = MAGIC;
    if start.get(at..at + magic.len()) == Some(&magic) {
        return (Kind::Image, "it has ext2's magic number");
    }
    if name.ends_with(".json") {
        return (Kind::Scenario, "its name ends with .json");
    }
    // The last character may be cut in two.
    let is_text = match std::str::from_utf8(start) {
        Ok(text) => !text.contains('\0'),
        Err(error) => error.error_len().is_none() && !start.contains(&0),
    };
    match is_text && !start.is_empty() {
        true => (Kind::Scenario, "it is text"),
        false => (Kind::Image, "it is not text"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_magic_number_goes_before_the_name_and_the_name_before_the_text() {
        let mut image = vec![0; 2048];
        image[1080..1082].copy_from_slice(&[0x53, 0xEF]);
        let kind = |name, start: &[u8]| by_content(name, start).0;
        assert_eq!(kind("x.json", &image), Kind::Image);
        assert_eq!(kind("x.json", &[0; 2048]), Kind::Scenario);
        assert_eq!(kind("disk.img", &[0; 2048]), Kind::Image);
        assert_eq!(kind("disk.img", b""), Kind::Image);
        assert_eq!(kind("x", b"{ \"title\": \"\xc3"), Kind::Scenario);
        assert_eq!(kind("x", b"\xff{}"), Kind::Image);
    }

    #[test]
    fn the_library_is_known_by_name() {
        assert_eq!(kind_of("classic").unwrap().0, Kind::Scenario);
        assert_eq!(kind_of("-").unwrap().0, Kind::Scenario);
        assert_eq!(kind_of("no/such/file").unwrap(), (Kind::Scenario, "it is no file"));
    }
}
