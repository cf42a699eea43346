//! An ext2 image in a file, for the simulated kernel, which opens no files itself.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use sim_mpage::ext2::image::{Image, ImageError, ReadAt, ReadError, open_image};

/// An image's file, open for reading. Its length is what it was when it was opened.
#[derive(Debug)]
pub struct ImageFile {
    file: Mutex<File>,
    length: u64,
}

impl ImageFile {
    /// Opens an image.
    ///
    /// # Errors
    /// Why it cannot be opened; a directory is refused.
    pub fn open(path: &Path) -> io::Result<ImageFile> {
        let mut file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        // Of a block device the metadata do not tell the length; its end does.
        let length = file.seek(SeekFrom::End(0))?;
        Ok(ImageFile { file: Mutex::new(file), length })
    }
}

/// An image that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ImageFileError {
    /// Its file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// It is no filesystem that can be read, or does not hold what is asked for.
    #[error("{path}")]
    Image {
        /// The file.
        path: String,
        /// Why.
        source: ImageError,
    },
}

/// Opens an image and reads where its groups lie.
///
/// # Errors
/// [`ImageFileError`], if it cannot be read or is no ext2 filesystem.
pub fn open(path: &Path) -> Result<Image, ImageFileError> {
    let shown = || path.display().to_string();
    let file = ImageFile::open(path).map_err(|source| ImageFileError::Read { path: shown(), source })?;
    open_image(Arc::new(file)).map_err(|source| ImageFileError::Image { path: shown(), source })
}

impl ReadAt for ImageFile {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<(), ReadError> {
        // Each read seeks first, so a panic of another reader leaves nothing half done.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| file.read_exact(out))
            .map_err(|error| ReadError(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_where_they_lie_and_no_further() {
        let path = std::env::temp_dir().join(format!("mpagesim-image-{}", std::process::id()));
        std::fs::write(&path, b"0123456789").unwrap();
        let image = ImageFile::open(&path).unwrap();
        assert_eq!(image.len(), 10);
        let mut out = [0; 4];
        assert_eq!(image.read_at(6, &mut out), Ok(()));
        assert_eq!(&out, b"6789");
        assert!(image.read_at(7, &mut out).is_err());
        std::fs::remove_file(&path).unwrap();
        assert!(ImageFile::open(&std::env::temp_dir()).is_err());
    }
}
