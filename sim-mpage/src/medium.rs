//! What is on the device: metadata as bytes, in an overlay over a base; file data as one stamp a
//! block.
//!
//! The base is the state before the run, an ext2 image or a described layout that computes its
//! metadata when they are read ([`crate::ext2::image`], [`crate::ext2::layout`]). It never changes,
//! so the arms of a scenario share it. Blocks that the run has written stand in the overlay.
//!
//! A stamp stands for what a data block holds. That of a block which the run has not written follows
//! from the block's place, so that a misdirected read shows. A block holds bytes or a stamp, whichever
//! was written last.

pub mod stamp;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

pub use stamp::Stamp;

/// A block that cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MediumError {
    /// There is no such block.
    #[error("block {block} lies outside the device, which has {blocks} blocks")]
    Outside {
        /// The block.
        block: u64,
        /// How many blocks the device has.
        blocks: u64,
    },
    /// The buffer is not one block long.
    #[error("a buffer of {length} bytes for a block of {block_size}")]
    Length {
        /// The buffer's length in bytes.
        length: usize,
        /// The block size in bytes.
        block_size: u32,
    },
    /// Whatever holds the image cannot read it.
    #[error("block {block} cannot be read: {message}")]
    Unreadable {
        /// The block.
        block: u64,
        /// What the image's holder says.
        message: String,
    },
}

/// The metadata of a device before the run. Reading the same block gives the same bytes, always.
pub trait Base: Send + Sync + Debug {
    /// The block size in bytes.
    fn block_size(&self) -> u32;

    /// How many blocks of that size the device has.
    fn blocks(&self) -> u64;

    /// Reads one block; what is not known to be metadata may read as zeros.
    ///
    /// # Errors
    /// [`MediumError`] if there is no such block, `out` is not one block long, or it cannot be read.
    fn read_block(&self, physical: u64, out: &mut [u8]) -> Result<(), MediumError>;
}

/// Whether `block` is a block of `base` and a buffer of `length` bytes can take it.
///
/// # Errors
/// [`MediumError::Outside`] and [`MediumError::Length`].
pub fn check_access(base: &dyn Base, block: u64, length: usize) -> Result<(), MediumError> {
    let (blocks, block_size) = (base.blocks(), base.block_size());
    if block >= blocks {
        return Err(MediumError::Outside { block, blocks });
    }
    if u32::try_from(length) != Ok(block_size) {
        return Err(MediumError::Length { length, block_size });
    }
    Ok(())
}

/// The contents of a device during a run.
#[derive(Clone, Debug)]
pub struct Medium {
    base: Arc<dyn Base>,
    overlay: BTreeMap<u64, Box<[u8]>>,
    /// Data that differ from what stood there before the run.
    stamps: BTreeMap<u64, Stamp>,
}

impl Medium {
    /// A device on which nothing has been written since `base`.
    pub fn new(base: Arc<dyn Base>) -> Medium {
        Medium { base, overlay: BTreeMap::new(), stamps: BTreeMap::new() }
    }

    /// Writes a metadata block.
    ///
    /// # Errors
    /// [`MediumError`] if there is no such block or `bytes` is not one block long; nothing has
    /// changed then.
    pub fn write_block(&mut self, physical: u64, bytes: &[u8]) -> Result<(), MediumError> {
        check_access(&*self.base, physical, bytes.len())?;
        self.overlay.insert(physical, bytes.into());
        self.stamps.remove(&physical);
        Ok(())
    }

    /// What a data block holds.
    #[inline]
    pub fn stamp(&self, physical: u64) -> Stamp {
        if self.stamps.is_empty() {
            return Stamp::of_block(physical);
        }
        self.stamps.get(&physical).copied().unwrap_or(Stamp::of_block(physical))
    }

    /// Writes a data block.
    pub fn write_stamp(&mut self, physical: u64, stamp: Stamp) {
        self.overlay.remove(&physical);
        if stamp == Stamp::of_block(physical) {
            self.stamps.remove(&physical);
        } else {
            self.stamps.insert(physical, stamp);
        }
    }

    /// The blocks that hold other bytes or another stamp than before the run, in ascending order.
    pub fn written(&self) -> impl Iterator<Item = (u64, Written<'_>)> {
        let mut written: BTreeMap<u64, Written<'_>> =
            self.overlay.iter().map(|(&block, bytes)| (block, Written::Bytes(bytes))).collect();
        written.extend(self.stamps.iter().map(|(&block, &stamp)| (block, Written::Stamp(stamp))));
        written.into_iter()
    }
}

/// What was written into a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written<'m> {
    /// Metadata.
    Bytes(&'m [u8]),
    /// File data.
    Stamp(Stamp),
}

/// The device as it stands: a filesystem on it can be looked into.
impl Base for Medium {
    fn block_size(&self) -> u32 {
        self.base.block_size()
    }

    fn blocks(&self) -> u64 {
        self.base.blocks()
    }

    fn read_block(&self, physical: u64, out: &mut [u8]) -> Result<(), MediumError> {
        check_access(&*self.base, physical, out.len())?;
        match self.overlay.get(&physical) {
            Some(bytes) => out.copy_from_slice(bytes),
            None => self.base.read_block(physical, out)?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Numbered;

    impl Base for Numbered {
        fn block_size(&self) -> u32 {
            1024
        }

        fn blocks(&self) -> u64 {
            8
        }

        fn read_block(&self, physical: u64, out: &mut [u8]) -> Result<(), MediumError> {
            out.fill(u8::try_from(physical).unwrap());
            Ok(())
        }
    }

    #[test]
    fn a_written_block_hides_the_bases_in_its_own_copy_only() {
        let before = Medium::new(Arc::new(Numbered));
        let mut after = before.clone();
        after.write_block(3, &[9; 1024]).unwrap();
        let mut block = [0; 1024];
        for (medium, physical, expected) in [(&before, 3, 3), (&after, 3, 9), (&after, 4, 4)] {
            medium.read_block(physical, &mut block).unwrap();
            assert_eq!(block, [expected; 1024]);
        }
    }

    #[test]
    fn data_hold_what_was_written_last() {
        let mut medium = Medium::new(Arc::new(Numbered));
        assert_eq!(medium.stamp(3), Stamp::of_block(3));
        medium.write_stamp(3, Stamp::of_block(4));
        medium.write_stamp(4, Stamp::ZEROS);
        assert_eq!((medium.stamp(3), medium.stamp(4)), (Stamp::of_block(4), Stamp::ZEROS));
        medium.write_stamp(3, Stamp::of_block(3));
        assert_eq!((medium.stamp(3), medium.stamp(5)), (Stamp::of_block(3), Stamp::of_block(5)));
    }

    #[test]
    fn blocks_outside_and_buffers_of_another_length_are_refused() {
        let mut medium = Medium::new(Arc::new(Numbered));
        let outside = MediumError::Outside { block: 8, blocks: 8 };
        assert_eq!(medium.read_block(8, &mut [0; 1024]), Err(outside.clone()));
        assert_eq!(medium.write_block(8, &[0; 1024]), Err(outside));
        let length = MediumError::Length { length: 512, block_size: 1024 };
        assert_eq!(medium.read_block(0, &mut [0; 512]), Err(length));
    }
}
