//! A filesystem described by where its files' blocks lie. Its metadata are computed when they are
//! read: indirect blocks from the runs, and around them a superblock, group descriptors, bitmaps,
//! inode tables and directories as ext2 would have them. So a file of a terabyte takes no more
//! memory than its description.
//!
//! What the description says stands; everything else is placed around it: each group's bitmaps and
//! inode table in the first gap of the group or, where its blocks leave none, in the first gap of the
//! device. A real ext2 keeps them in their group always, and keeps copies of the superblock, which
//! are left out here.

mod base;
mod check;
mod directories;
mod error;
mod place;
mod plan;

use std::collections::BTreeMap;
use std::sync::Arc;

use sim_core::io::Role;

pub use error::{LayoutError, Owner};
pub use place::{CannotPlace, Placement, contiguous, first_file_block, fragmented};

use crate::ext2::disk_format::{Inode, REGULAR_MODE, check_block_size};
use crate::ext2::file_map::Run;
use crate::ext2::layout::base::{LayoutBase, MappedFile};
use crate::ext2::layout::directories::Directory;
use crate::ext2::layout::plan::Plan;
use crate::ext2::volume::{Volume, VolumeFile};

/// A filesystem, described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Bytes in a block: a power of two from 1 KiB to 64 KiB.
    pub block_size: u32,
    /// The device's capacity in sectors of 512 bytes.
    pub device_sectors: u64,
    /// The files. Their order is that of [`Volume::files`].
    pub files: Vec<FileLayout>,
}

/// A file, described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLayout {
    /// Its path from the root directory; a leading `/` may be missing. Directories on the way are
    /// made.
    pub path: String,
    /// Its inode: 11 or more.
    pub inode: u32,
    /// Its size in bytes.
    pub size: u64,
    /// Its data, in any order; what no run covers is a hole.
    pub runs: Vec<Run>,
    /// Where its indirect blocks lie: all that its runs need, and no others.
    pub indirect: BTreeMap<Role, u64>,
}

/// Makes the volume that a layout describes.
///
/// # Errors
/// [`LayoutError`] names the file and the block that is wrong.
pub fn volume(layout: Layout) -> Result<Volume, LayoutError> {
    let Layout { block_size, device_sectors, files } = layout;
    check_block_size(block_size)?;
    let described = check::files(files, block_size)?;
    let directories = directories::plan(&described)?;
    let mut plan = Plan::new(block_size, device_sectors, &described, &directories)?;
    let mut files = Vec::new();
    let mut mapped = Vec::new();
    for file in described {
        let FileLayout { path, inode: number, size, runs, indirect } = file;
        let inode = Inode { mode: REGULAR_MODE | 0o644, size, links: 1, ..Inode::default() };
        let file = MappedFile::new(block_size, number, inode, runs, indirect);
        let Inode { pointers, sectors, mtime, ctime, .. } = file.inode;
        let sectors = u64::from(sectors);
        files.push(VolumeFile { path, inode: number, pointers, size, sectors, mtime, ctime });
        mapped.push(file);
    }
    let mut directory_data = BTreeMap::new();
    for directory in &directories {
        mapped.push(place_directory(block_size, directory, &mut plan, &mut directory_data)?);
    }
    let plan = plan.finish();
    let superblock = plan.superblock;
    Ok(Volume {
        block_size,
        blocks_count: superblock.blocks_count,
        first_data_block: superblock.first_data_block,
        groups: plan.groups.as_slice().into(),
        base: Arc::new(LayoutBase::new(plan, mapped, directory_data)),
        superblock,
        device_sectors,
        files,
    })
}

/// Finds a place for a directory's blocks and puts its contents there.
fn place_directory(
    block_size: u32,
    directory: &Directory,
    plan: &mut Plan,
    data: &mut BTreeMap<u64, Box<[u8]>>,
) -> Result<MappedFile, LayoutError> {
    let bytes = directory.to_bytes(block_size);
    let contents: Vec<&[u8]> = bytes.chunks(block_size as usize).collect();
    let too_long = |_| LayoutError::NoRoom { what: directory.path.clone() };
    let blocks = contiguous(0, contents.len() as u64, block_size).map_err(too_long)?.end();
    let start = plan.take(blocks, &directory.path)?;
    let Placement { runs, indirect } =
        contiguous(start, contents.len() as u64, block_size).map_err(too_long)?;
    let places = runs.iter().flat_map(|run| run.physical..run.physical + run.blocks);
    data.extend(places.zip(contents).map(|(place, content)| (place, content.into())));
    let inode = Inode { size: bytes.len() as u64, ..directory.inode() };
    Ok(MappedFile::new(block_size, directory.number, inode, runs, indirect))
}

#[cfg(test)]
mod tests;
