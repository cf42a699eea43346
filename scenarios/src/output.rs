//! Files that are written: whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
pub struct WriteError {
    /// The file that was to be.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// Writes a file under a temporary name in the same directory and then renames it, so that nobody
/// ever sees half of it; a file of that name is replaced. The directory is made if it is missing.
///
/// # Errors
/// [`WriteError`]; nothing is left behind then.
pub fn write_atomically(path: &Path, contents: &[u8]) -> Result<(), WriteError> {
    write_atomically_with(path, |file| file.write_all(contents))
}

/// The same with contents that are written piece by piece.
///
/// # Errors
/// [`WriteError`], also if `write` fails; nothing is left behind then.
pub fn write_atomically_with(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<(), WriteError> {
    let wrong = |source| WriteError { path: path.to_owned(), source };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(directory) = directory {
        fs::create_dir_all(directory).map_err(wrong)?;
    }
    let name = path.file_name().ok_or_else(|| wrong(io::ErrorKind::InvalidFilename.into()))?;
    let mut temporary = std::ffi::OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(temporary);
    let mut file = OpenOptions::new().write(true).create_new(true).open(&temporary).map_err(wrong)?;
    let written = write(&mut file).and_then(|()| file.sync_all());
    drop(file);
    written.and_then(|()| fs::rename(&temporary, path)).map_err(|source| {
        // The first error is the one to tell; that of tidying up would only hide it.
        drop(fs::remove_file(&temporary));
        wrong(source)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let directory = std::env::temp_dir().join(format!("mpagesim-output-{}", std::process::id()));
        let path = directory.join("below/result.json");
        write_atomically(&path, b"old").unwrap();
        write_atomically(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);

        let taken = directory.join("taken");
        fs::create_dir_all(taken.join("full")).unwrap();
        assert!(write_atomically(&taken, b"x").is_err());
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 2);
        fs::remove_dir_all(&directory).unwrap();
    }
}
