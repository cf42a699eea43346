//! Reading a real ext2 image: its superblock and groups, paths from the root directory, and the
//! files' maps.
//!
//! Source: `docs/model/ext2.md`, On-disk image. An image is not trusted: whatever its bytes say, the
//! answer is a typed error that names inode and block, after a bounded amount of work. Left out:
//! symbolic links, and all features of ext3 and ext4 (of ext3, the journal is ignored).

mod directory;
mod lookup;

use std::fmt;
use std::sync::Arc;

use sim_core::io::SECTOR_BYTES;

use crate::ext2::block_set::BlockSet;
use crate::ext2::disk_format::features::{self, UnsupportedFeatures};
use crate::ext2::disk_format::{
    BadSuperblock, FileKind, GROUP_DESCRIPTOR_BYTES, GroupDescriptor, SUPERBLOCK_BYTES, SUPERBLOCK_OFFSET,
    Superblock,
};
use crate::ext2::file_map::{FileMap, MapError};
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

/// An image, or something in it, that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// The image is too short to hold a superblock.
    #[error("an image of {0} bytes holds no superblock")]
    NoSuperblock(u64),
    /// Its bytes cannot be read.
    #[error("the superblock cannot be read: {0}")]
    Read(#[from] ReadError),
    /// The superblock cannot be right.
    #[error(transparent)]
    Superblock(#[from] BadSuperblock),
    /// It has features that the model cannot take.
    #[error(transparent)]
    Features(#[from] UnsupportedFeatures),
    /// The image ends before the filesystem does.
    #[error("the filesystem has {blocks} blocks of {block_size} bytes, but the image only {bytes} bytes")]
    Truncated {
        /// How many blocks the superblock says.
        blocks: u32,
        /// Bytes in a block.
        block_size: u32,
        /// Bytes in the image.
        bytes: u64,
    },
    /// A group descriptor leads out of the filesystem.
    #[error("group {group}: its {what} lies at block {block}, outside the filesystem")]
    Group {
        /// The group.
        group: u32,
        /// What is misplaced.
        what: &'static str,
        /// Where it is said to lie.
        block: u64,
    },
    /// A block of metadata cannot be read.
    #[error("{what}")]
    Unreadable {
        /// What it belongs to.
        what: String,
        /// Why.
        source: MediumError,
    },
    /// There is no such inode.
    #[error("{path}: inode {inode} does not exist; there are {inodes}")]
    NoInode {
        /// The path on the way to which it was met.
        path: String,
        /// The inode.
        inode: u32,
        /// How many inodes the filesystem has.
        inodes: u32,
    },
    /// A directory entry cannot be right.
    #[error("directory inode {inode}, block {block}, byte {offset}: {what}")]
    Directory {
        /// The directory's inode.
        inode: u32,
        /// The block on the device.
        block: u64,
        /// Where in the block.
        offset: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// A directory's size is not a number of whole blocks, or a block of it is a hole.
    #[error(
        "directory inode {inode}: its {size} bytes are not whole blocks, all mapped; logical block {block} is not"
    )]
    DirectorySize {
        /// The directory's inode.
        inode: u32,
        /// Its size in bytes.
        size: u64,
        /// The first logical block that is not there.
        block: u64,
    },
    /// A name on the path is not there.
    #[error("{0}: no such file or directory")]
    NotFound(String),
    /// Something on the path before its end is no directory.
    #[error("{0} is not a directory (inode {1})")]
    NotADirectory(String, u32),
    /// The path leads through or to a symbolic link.
    #[error("{0} is a symbolic link (inode {1}): name the file that it leads to")]
    SymbolicLink(String, u32),
    /// The path leads to something that is no regular file.
    #[error("{0} is not a regular file (inode {1})")]
    NotAFile(String, u32),
    /// A file that is mapped by extents.
    #[error("{0} (inode {1}) is mapped by extents, which is a feature of ext4, not of ext2")]
    Extents(String, u32),
    /// Two paths lead to the same file.
    #[error("{0} and {1} are the same file (inode {2})")]
    SameFile(String, String, u32),
    /// A file's map cannot be right.
    #[error("{path}")]
    Map {
        /// The file's path.
        path: String,
        /// What is wrong.
        source: MapError,
    },
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
    let groups = read_groups(&*base, &superblock)?.into();
    Ok(Image { base, superblock, groups, device_sectors: bytes / SECTOR_BYTES, ignored_features })
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

fn check_group(superblock: &Superblock, group: u32, descriptor: &GroupDescriptor) -> Result<(), ImageError> {
    for (what, block, blocks) in [
        ("block bitmap", descriptor.block_bitmap, 1),
        ("inode bitmap", descriptor.inode_bitmap, 1),
        ("inode table", descriptor.inode_table, superblock.inode_table_blocks()),
    ] {
        let block = u64::from(block);
        let first = superblock.descriptors_block() + superblock.descriptor_blocks();
        if block < first || block + u64::from(blocks) > u64::from(superblock.blocks_count) {
            return Err(ImageError::Group { group, what, block });
        }
    }
    Ok(())
}

impl Image {
    /// Its superblock.
    pub fn superblock(&self) -> &Superblock {
        &self.superblock
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
        self.map_into(&file, &mut BlockSet::default())?;
        Ok(file)
    }

    /// Reads the whole map of a file.
    ///
    /// # Errors
    /// [`ImageError::Map`] if it cannot be right.
    pub fn map(&self, file: &VolumeFile) -> Result<FileMap, ImageError> {
        self.map_into(file, &mut BlockSet::default())
    }

    /// The volume with these files, in the order of `paths`; their maps are sound, and no two of them
    /// share a block.
    ///
    /// # Errors
    /// [`ImageError`] says what is wrong with one of the paths or the image.
    pub fn volume(&self, paths: &[&str]) -> Result<Volume, ImageError> {
        let mut files: Vec<VolumeFile> = Vec::new();
        let mut taken = BlockSet::default();
        for path in paths {
            let file = self.find_file(path)?;
            if let Some(same) = files.iter().find(|other| other.inode == file.inode) {
                return Err(ImageError::SameFile(same.path.clone(), file.path, file.inode));
            }
            self.map_into(&file, &mut taken)?;
            files.push(file);
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
