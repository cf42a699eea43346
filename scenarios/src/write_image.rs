//! The image of a filesystem as a run left it: metadata as they are on the device, data as stamps.
//!
//! A block of data that the run wrote holds its stamp, eight bytes in little-endian order, again and
//! again; zeros are zeros. What the run did not write is as in the image that it started from. A
//! described filesystem has no data: there each block of a file holds the stamp of its place.

use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use sim_core::io::SECTOR_BYTES;
use sim_mpage::ext2::block_set::BlockSet;
use sim_mpage::ext2::file_map::FileMap;
use sim_mpage::ext2::image::{Image, ImageError};
use sim_mpage::ext2::volume::Volume;
use sim_mpage::medium::{Base, Medium, MediumError, Stamp, Written};

use crate::output::{WriteError, write_atomically_with};

/// A filesystem before and after a run.
#[derive(Clone, Debug)]
pub struct Filesystem {
    /// It before.
    pub volume: Volume,
    /// The device after.
    pub medium: Medium,
    /// Whether it was described, so that its base has no data.
    pub described: bool,
}

/// An image that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteImageError {
    /// The files leave no room for the metadata of a group.
    #[error(
        "the files leave no room in group {group} (blocks {first} to {last}) for its bitmaps and inode table, \
         so the filesystem is none that ext2 knows: leave {needed} blocks there in one piece"
    )]
    NoRoom {
        /// The group.
        group: u32,
        /// Its first block.
        first: u64,
        /// Its last block.
        last: u64,
        /// How many blocks its metadata take.
        needed: u64,
    },
    /// A block cannot be read.
    #[error(transparent)]
    Read(#[from] MediumError),
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Writes the image of a filesystem to `path`. Blocks of zeros are holes in the file.
///
/// # Errors
/// [`WriteImageError`]; nothing is left behind then.
pub fn write(path: &Path, filesystem: &Filesystem) -> Result<(), WriteImageError> {
    if filesystem.described {
        check_groups(&filesystem.volume)?;
    }
    let mut unreadable = None;
    let written = write_atomically_with(path, |file| {
        file.set_len(filesystem.volume.device_sectors.saturating_mul(SECTOR_BYTES))?;
        let mut blocks = Blocks::new(file, filesystem.volume.block_size);
        match filesystem.write_to(&mut blocks) {
            Ok(()) => blocks.finish(),
            Err(Problem::Write(error)) => Err(error),
            Err(Problem::Read(error)) => {
                unreadable = Some(error);
                Err(io::ErrorKind::InvalidData.into())
            }
        }
    });
    match (unreadable, written) {
        (Some(error), _) => Err(error.into()),
        (None, written) => Ok(written?),
    }
}

/// ext2 looks for the metadata of a group in the group.
fn check_groups(volume: &Volume) -> Result<(), WriteImageError> {
    let superblock = &volume.superblock;
    let needed = 2 + u64::from(superblock.inode_table_blocks());
    for (group, descriptor) in (0..).zip(volume.groups.iter()) {
        let first = superblock.group_start(group);
        let end = first + u64::from(superblock.blocks_in_group(group));
        let start = u64::from(descriptor.block_bitmap);
        if !(first..end).contains(&start) || start + needed > end {
            return Err(WriteImageError::NoRoom { group, first, last: end - 1, needed });
        }
    }
    Ok(())
}

enum Problem {
    Read(MediumError),
    Write(io::Error),
}

impl From<MediumError> for Problem {
    fn from(error: MediumError) -> Problem {
        Problem::Read(error)
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Problem {
        Problem::Write(error)
    }
}

impl Filesystem {
    fn write_to(&self, blocks: &mut Blocks<impl Write + Seek>) -> Result<(), Problem> {
        let base = &*self.volume.base;
        if self.described {
            for range in in_use(&self.volume)? {
                copy(base, range, blocks)?;
            }
            for range in self.data_blocks() {
                for block in range {
                    blocks.put_stamp(block, Stamp::of_block(block))?;
                }
            }
        } else {
            copy(base, 0..base.blocks(), blocks)?;
        }
        for (block, written) in self.medium.written() {
            match written {
                Written::Bytes(bytes) => blocks.put(block, bytes)?,
                Written::Stamp(stamp) => blocks.put_stamp(block, stamp)?,
            }
        }
        Ok(())
    }

    /// The blocks that hold data of the files, before or after. A file whose map is damaged has none.
    fn data_blocks(&self) -> Vec<Range<u64>> {
        let after = Volume { base: Arc::new(self.medium.clone()), ..self.volume.clone() };
        let mut ranges = Vec::new();
        let mut add = |map: FileMap| {
            ranges.extend(map.runs.iter().map(|run| run.physical..run.physical + run.blocks));
        };
        let image = Image::of_volume(&after);
        for file in &self.volume.files {
            let before =
                FileMap::read(&*self.volume.base, &self.volume.superblock, file, &mut BlockSet::default());
            before.ok().into_iter().for_each(&mut add);
            let map =
                |image: &Image| -> Result<FileMap, ImageError> { image.map(&image.lookup(&file.path)?) };
            image.as_ref().ok().and_then(|image| map(image).ok()).into_iter().for_each(&mut add);
        }
        ranges
    }
}

/// The blocks that are in use before the run, as the bitmaps say.
fn in_use(volume: &Volume) -> Result<Vec<Range<u64>>, MediumError> {
    let mut ranges: Vec<Range<u64>> = Vec::new();
    let mut bitmap = vec![0; volume.block_size as usize];
    for (group, descriptor) in (0..).zip(volume.groups.iter()) {
        volume.base.read_block(descriptor.block_bitmap.into(), &mut bitmap)?;
        let first = volume.superblock.group_start(group);
        let blocks = u64::from(volume.superblock.blocks_in_group(group));
        for (byte, at) in bitmap.iter().zip((0..blocks).step_by(8)).filter(|(byte, _)| **byte != 0) {
            let bits = (at..blocks.min(at + 8)).filter(|bit| byte >> (bit - at) & 1 == 1);
            for block in bits.map(|bit| first + bit) {
                match ranges.last_mut() {
                    Some(last) if last.end == block => last.end += 1,
                    _ => ranges.push(block..block + 1),
                }
            }
        }
    }
    Ok(ranges)
}

/// Puts what the base has where it is not zeros.
fn copy(base: &dyn Base, range: Range<u64>, blocks: &mut Blocks<impl Write + Seek>) -> Result<(), Problem> {
    let mut bytes = vec![0; base.block_size() as usize];
    for block in range {
        base.read_block(block, &mut bytes)?;
        if bytes.iter().any(|byte| *byte != 0) {
            blocks.put(block, &bytes)?;
        }
    }
    Ok(())
}

/// Where blocks are put.
struct Blocks<W: Write + Seek> {
    to: io::BufWriter<W>,
    block_size: u32,
    /// The block that would be written next without seeking.
    next: u64,
}

impl<W: Write + Seek> Blocks<W> {
    fn new(to: W, block_size: u32) -> Blocks<W> {
        Blocks { to: io::BufWriter::with_capacity(1 << 20, to), block_size, next: 0 }
    }

    fn put(&mut self, block: u64, bytes: &[u8]) -> io::Result<()> {
        if block != self.next {
            self.to.seek(SeekFrom::Start(block * u64::from(self.block_size)))?;
        }
        self.to.write_all(bytes)?;
        self.next = block + 1;
        Ok(())
    }

    fn put_stamp(&mut self, block: u64, stamp: Stamp) -> io::Result<()> {
        let number = if stamp == Stamp::ZEROS { 0 } else { stamp.number() };
        let bytes = number.to_le_bytes().repeat(self.block_size as usize / size_of::<u64>());
        self.put(block, &bytes)
    }

    fn finish(mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn blocks_lie_where_they_are_put_whatever_the_order() {
        let mut bytes = Cursor::new(vec![9; 5 * 1024]);
        let mut blocks = Blocks::new(&mut bytes, 1024);
        blocks.put(3, &[3; 1024]).unwrap();
        blocks.put(4, &[4; 1024]).unwrap();
        blocks.put_stamp(0, Stamp::of_block(7)).unwrap();
        blocks.put_stamp(1, Stamp::ZEROS).unwrap();
        blocks.finish().unwrap();
        let bytes = bytes.into_inner();
        let firsts: Vec<u8> = bytes.chunks(1024).map(|block| block[8]).collect();
        assert_eq!(firsts, [7, 0, 9, 3, 4]);
        assert_eq!(bytes[1016..1024], Stamp::of_block(7).number().to_le_bytes());
    }
}
