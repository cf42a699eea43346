//! The images that traces start from: each is opened once, decompressed if it is, and shared by the
//! traces.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use flate2::read::MultiGzDecoder;
use sim_mpage::ext2::image::{Image, ReadAt, ReadError, open_image};

use crate::image_file;

/// Where images are looked for, from the directory of the trace.
const PLACES: [&str; 2] = ["../images", "."];

/// What is behind an image's name.
const SUFFIXES: [&str; 2] = ["img.gz", "img"];

/// An image, or why there is none; found by whoever needs it first.
type Found = Arc<OnceLock<Result<Image, String>>>;

/// The images that are open.
#[derive(Debug, Default)]
pub struct Images(Mutex<BTreeMap<PathBuf, Found>>);

impl Images {
    /// The image that a trace in `directory` names.
    pub(super) fn find(&self, directory: &Path, name: &str) -> Result<Image, String> {
        let places = PLACES.iter().flat_map(|place| {
            SUFFIXES.iter().map(move |suffix| directory.join(place).join(format!("{name}.{suffix}")))
        });
        let path = places.filter_map(|path| path.canonicalize().ok()).next();
        let path = path.ok_or_else(|| {
            format!("there is no image {name}.img.gz or {name}.img, neither in ../images of the trace nor beside it")
        })?;
        // Whoever panics under this lock leaves the map as it was.
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = Arc::clone(open.entry(path.clone()).or_default());
        drop(open);
        found.get_or_init(|| open_any(&path)).clone()
    }
}

/// Opens an image, whether it is compressed or not.
fn open_any(path: &Path) -> Result<Image, String> {
    if path.extension().is_none_or(|extension| extension != "gz") {
        return image_file::open(path).map_err(|error| in_full(&error));
    }
    let wrong = |reason: String| format!("{}: {reason}", path.display());
    let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
    let bytes = Sparse::read(MultiGzDecoder::new(file)).map_err(|error| wrong(error.to_string()))?;
    open_image(Arc::new(bytes)).map_err(|error| wrong(error.in_full()))
}

fn in_full(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", in_full(source)),
        None => error.to_string(),
    }
}

/// Bytes in memory, most of them zeros: in pieces, of which those that are zeros take no room.
struct Sparse {
    pieces: Vec<Option<Box<[u8]>>>,
    length: u64,
}

impl Sparse {
    const PIECE: usize = 4096;

    fn read(mut source: impl Read) -> io::Result<Sparse> {
        let mut bytes = Sparse { pieces: Vec::new(), length: 0 };
        let mut piece = Vec::with_capacity(Sparse::PIECE);
        loop {
            piece.clear();
            let read = source.by_ref().take(Sparse::PIECE as u64).read_to_end(&mut piece)?;
            if read == 0 {
                return Ok(bytes);
            }
            bytes.length += read as u64;
            let zeros = piece.iter().all(|byte| *byte == 0);
            bytes.pieces.push((!zeros).then(|| piece.as_slice().into()));
        }
    }
}

impl ReadAt for Sparse {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<(), ReadError> {
        let end = offset.checked_add(out.len() as u64);
        if end.is_none_or(|end| end > self.length) {
            return Err(ReadError(format!("the image ends at byte {}", self.length)));
        }
        let mut at = offset;
        let mut left = out;
        while !left.is_empty() {
            // What is in memory can be counted.
            let index = usize::try_from(at / Sparse::PIECE as u64).unwrap_or(usize::MAX);
            let within = usize::try_from(at % Sparse::PIECE as u64).unwrap_or(0);
            let (now, later) = left.split_at_mut(left.len().min(Sparse::PIECE - within));
            match self.pieces.get(index).and_then(Option::as_deref) {
                Some(piece) => now.copy_from_slice(&piece[within..within + now.len()]),
                None => now.fill(0),
            }
            at += now.len() as u64;
            left = later;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_across_pieces_and_zeros_take_no_room() {
        let mut bytes = vec![0; 3 * Sparse::PIECE + 5];
        bytes[Sparse::PIECE + 1] = 7;
        bytes[3 * Sparse::PIECE + 4] = 9;
        let sparse = Sparse::read(bytes.as_slice()).unwrap();
        assert_eq!(sparse.len(), bytes.len() as u64);
        assert_eq!(sparse.pieces.iter().flatten().count(), 2);
        for (offset, length) in
            [(0, bytes.len()), (1, 2 * Sparse::PIECE), (Sparse::PIECE, 2), (bytes.len(), 0)]
        {
            let mut out = vec![1; length];
            assert_eq!(sparse.read_at(offset as u64, &mut out), Ok(()));
            assert_eq!(out, bytes[offset..offset + length]);
        }
        assert!(sparse.read_at(bytes.len() as u64 - 1, &mut [0; 2]).is_err());
        assert!(sparse.read_at(u64::MAX, &mut [0; 2]).is_err());
    }

    #[test]
    fn an_image_that_is_nowhere_is_named() {
        let error = Images::default().find(Path::new("/no/such/directory"), "w_1024").unwrap_err();
        assert!(error.starts_with("there is no image w_1024.img.gz or w_1024.img"), "{error}");
    }

    #[test]
    fn what_is_no_image_says_why_and_keeps_saying_so() {
        let directory = std::env::temp_dir().join(format!("mpagesim-images-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join("x.img.gz"), [7; 64]).unwrap();
        std::fs::write(directory.join("y.img"), [0; 4096]).unwrap();
        let images = Images::default();
        for _ in 0..2 {
            assert!(images.find(&directory, "x").unwrap_err().contains("x.img.gz: invalid gzip header"));
            let error = images.find(&directory, "y").unwrap_err();
            assert!(error.contains("y.img: no ext2 filesystem"), "{error}");
        }
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
