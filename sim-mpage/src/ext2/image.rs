//! Reading a real ext2 image: its superblock and groups, paths from the root directory, and the
//! files' maps.
//!
//! Source: `docs/model/ext2.md`, On-disk image. An image is not trusted: whatever its bytes say, the
//! answer is a typed error that names inode and block, after a bounded amount of work. Left out:
//! symbolic links, and all features of ext3 and ext4 (of ext3, the journal is ignored).

mod directory;
mod error;
mod list;
mod lookup;

use std::fmt;
use std::sync::Arc;

use sim_core::io::SECTOR_BYTES;

pub use error::ImageError;
pub use list::{Listed, Listing};

use crate::ext2::block_set::BlockSet;
use crate::ext2::disk_format::features;
use crate::ext2::disk_format::{
    BadSuperblock, FileKind, GROUP_DESCRIPTOR_BYTES, GroupDescriptor, SUPERBLOCK_BYTES, SUPERBLOCK_OFFSET,
    Superblock,
};
use crate::ext2::file_map::FileMap;
use crate::ext2::volume::{Volume, VolumeFile};
use crate::medium::{Base, MediumError, check_access};

/// An image's bytes cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReadError(pub String);

/// The bytes of an image. Reading the same bytes twice must give the same.
pub trait ReadAt: Send + Sync {
    /// How many bytes there are.
    fn len(&self) -> u64;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `out` with the bytes from `offset` on.
    ///
    /// # Errors
    /// [`ReadError`] if they are not all there, or reading fails.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<(), ReadError>;
}

/// An image as the base of a run.
struct ImageBase {
    source: Arc<dyn ReadAt>,
    block_size: u32,
}

impl fmt::Debug for ImageBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageBase").field("block_size", &self.block_size).finish_non_exhaustive()
    }
}

impl Base for ImageBase {
    fn block_size(&self) -> u32 {
        self.block_size
    }

    fn blocks(&self) -> u64 {
        self.source.len() / u64::from(self.block_size)
    }

    fn read_block(&self, physical: u64, out: &mut [u8]) -> Result<(), MediumError> {
        check_access(self, physical, out.len())?;
        self.source
            .read_at(physical * u64::from(self.block_size), out)
            .map_err(|ReadError(message)| MediumError::Unreadable { block: physical, message })
    }
}

/// An ext2 image whose superblock and groups are sound.
#[derive(Clone, Debug)]
pub struct Image {
    base: Arc<dyn Base>,
    superblock: Superblock,
    groups: Arc<[GroupDescriptor]>,
    /// The blocks of the filesystem's own metadata, which no file may have.
    system: Arc<BlockSet>,
    device_sectors: u64,
    ignored_features: Vec<&'static str>,
}

/// Opens an image: reads superblock and group descriptors and checks them.
///
/// # Errors
/// [`ImageError`] says what makes it no ext2 filesystem that can be read.
// [ext2-image.supported]
pub fn open_image(source: Arc<dyn ReadAt>) -> Result<Image, ImageError> {
    let bytes = source.len();
    if bytes < SUPERBLOCK_OFFSET + SUPERBLOCK_BYTES as u64 {
        return Err(ImageError::NoSuperblock(bytes));
    }
    let mut superblock = [0; SUPERBLOCK_BYTES];
    source.read_at(SUPERBLOCK_OFFSET, &mut superblock)?;
    let superblock = Superblock::parse(&superblock);
    if superblock.magic != crate::ext2::disk_format::MAGIC {
        return Err(BadSuperblock::Magic(superblock.magic).into());
    }
    let ignored_features = features::check(&superblock)?;
    superblock.check()?;
    let (blocks, block_size) = (superblock.blocks_count, superblock.block_size());
    if bytes / u64::from(block_size) < u64::from(blocks) {
        return Err(ImageError::Truncated { blocks, block_size, bytes });
    }
    let base = Arc::new(ImageBase { source, block_size });
    let groups: Arc<[GroupDescriptor]> = read_groups(&*base, &superblock)?.into();
    let system = Arc::new(system_blocks(&superblock, &groups)?);
    Ok(Image { base, superblock, groups, system, device_sectors: bytes / SECTOR_BYTES, ignored_features })
}

// [ext2-image.groups] [ext2-image.hostile]
fn read_groups(base: &dyn Base, superblock: &Superblock) -> Result<Vec<GroupDescriptor>, ImageError> {
    let block_size = superblock.block_size();
    let mut groups = Vec::new();
    let mut bytes = vec![0; block_size as usize];
    let first = superblock.descriptors_block();
    for block in first..first + superblock.descriptor_blocks() {
        base.read_block(block, &mut bytes)
            .map_err(|source| ImageError::Unreadable { what: "the group descriptors".into(), source })?;
        let (descriptors, _) = bytes.as_chunks::<{ GROUP_DESCRIPTOR_BYTES as usize }>();
        groups.extend(descriptors.iter().map(GroupDescriptor::parse));
    }
    groups.truncate(superblock.groups_count() as usize);
    for (group, descriptor) in (0..).zip(&groups) {
        check_group(superblock, group, descriptor)?;
    }
    Ok(groups)
}

/// What a group descriptor leads to: what it is, where it lies, and how many blocks it takes.
fn metadata_of(superblock: &Superblock, descriptor: &GroupDescriptor) -> [(&'static str, u64, u64); 3] {
    [
        ("block bitmap", descriptor.block_bitmap.into(), 1),
        ("inode bitmap", descriptor.inode_bitmap.into(), 1),
        ("inode table", descriptor.inode_table.into(), superblock.inode_table_blocks().into()),
    ]
}

fn check_group(superblock: &Superblock, group: u32, descriptor: &GroupDescriptor) -> Result<(), ImageError> {
    let first = superblock.descriptors_block() + superblock.descriptor_blocks();
    for (what, block, blocks) in metadata_of(superblock, descriptor) {
        if block < first || block + blocks > u64::from(superblock.blocks_count) {
            return Err(ImageError::Group { group, what, block });
        }
    }
    Ok(())
}

/// The blocks of superblock, descriptors, bitmaps and inode tables. Copies of the superblock are not
/// among them: nothing reads those.
// [ext2-image.hostile]
fn system_blocks(superblock: &Superblock, groups: &[GroupDescriptor]) -> Result<BlockSet, ImageError> {
    let mut system = BlockSet::default();
    let fixed = superblock.descriptors_block() + superblock.descriptor_blocks();
    let inserted = system.insert(0, fixed);
    assert!(inserted.is_ok(), "{fixed} blocks do not go into an empty set: {inserted:?}");
    for (group, descriptor) in (0..).zip(groups) {
        for (what, block, blocks) in metadata_of(superblock, descriptor) {
            let overlap = |block| ImageError::GroupOverlaps { group, what, block };
            system.insert(block, blocks).map_err(overlap)?;
        }
    }
    Ok(system)
}

impl Image {
    /// Its superblock.
    pub fn superblock(&self) -> &Superblock {
        &self.superblock
    }

    /// The filesystem of a volume, so that a described one is looked into like an image.
    ///
    /// # Errors
    /// [`ImageError`], if groups overlap or a feature cannot be taken; no volume that was made from a
    /// layout or an image has such.
    pub fn of_volume(volume: &Volume) -> Result<Image, ImageError> {
        Ok(Image {
            base: Arc::clone(&volume.base),
            superblock: volume.superblock,
            groups: Arc::clone(&volume.groups),
            system: Arc::new(system_blocks(&volume.superblock, &volume.groups)?),
            device_sectors: volume.device_sectors,
            ignored_features: features::check(&volume.superblock)?,
        })
    }

    /// Where the metadata of each group lie, and what is free there.
    pub fn groups(&self) -> &[GroupDescriptor] {
        &self.groups
    }

    /// How many sectors of 512 bytes the image has; the filesystem may have fewer.
    pub fn device_sectors(&self) -> u64 {
        self.device_sectors
    }

    /// The features it has that are ignored, by name: worth telling the user.
    pub fn ignored_features(&self) -> &[&'static str] {
        &self.ignored_features
    }

    /// Finds a regular file by its path from the root directory (a leading `/` may be missing), and
    /// checks its whole map.
    ///
    /// # Errors
    /// [`ImageError`] says what is wrong with the path or with the image on the way to it.
    pub fn lookup(&self, path: &str) -> Result<VolumeFile, ImageError> {
        let file = self.find_file(path)?;
        self.map(&file)?;
        Ok(file)
    }

    /// Reads the whole map of a file.
    ///
    /// # Errors
    /// [`ImageError::Map`] if it cannot be right.
    pub fn map(&self, file: &VolumeFile) -> Result<FileMap, ImageError> {
        self.map_into(file, &mut BlockSet::clone(&self.system))
    }

    /// The volume with these files, in the order of `paths`; their maps are sound, and no two of them
    /// share a block.
    ///
    /// # Errors
    /// Says what is wrong with each of the paths that cannot be used, by its place in `paths`.
    pub fn volume(&self, paths: &[&str]) -> Result<Volume, Vec<(usize, ImageError)>> {
        let (mut files, mut wrong) = (Vec::new(), Vec::new());
        let mut taken = BlockSet::clone(&self.system);
        for (index, path) in paths.iter().enumerate() {
            match self.one_of_several(path, &files, &mut taken) {
                Ok(file) => files.push(file),
                Err(error) => wrong.push((index, error)),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Volume {
            base: Arc::clone(&self.base),
            block_size: self.superblock.block_size(),
            blocks_count: self.superblock.blocks_count,
            first_data_block: self.superblock.first_data_block,
            groups: Arc::clone(&self.groups),
            superblock: self.superblock,
            device_sectors: self.device_sectors,
            files,
        })
    }

    fn one_of_several(
        &self,
        path: &str,
        others: &[VolumeFile],
        taken: &mut BlockSet,
    ) -> Result<VolumeFile, ImageError> {
        let file = self.find_file(path)?;
        if let Some(same) = others.iter().find(|other| other.inode == file.inode) {
            return Err(ImageError::SameFile(same.path.clone(), file.path, file.inode));
        }
        self.map_into(&file, taken)?;
        Ok(file)
    }

    fn find_file(&self, path: &str) -> Result<VolumeFile, ImageError> {
        let (kind, file) = self.find(path)?;
        match kind {
            FileKind::Regular => Ok(file),
            _ => Err(ImageError::NotAFile(file.path, file.inode)),
        }
    }

    fn map_into(&self, file: &VolumeFile, taken: &mut BlockSet) -> Result<FileMap, ImageError> {
        FileMap::read(&*self.base, &self.superblock, file, taken)
            .map_err(|source| ImageError::Map { path: file.path.clone(), source })
    }
}

#[cfg(test)]
mod tests;
