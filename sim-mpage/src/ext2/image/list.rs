//! What a directory of an image holds, with a look at every inode and its map.
//!
//! However the image is damaged, each inode is read once, and no block of a map twice: of files that
//! share a block all but the first are damaged.

use std::collections::BTreeMap;

use crate::ext2::block_set::BlockSet;
use crate::ext2::disk_format::{EXTENTS_FLAG, FileKind};
use crate::ext2::image::{Image, ImageError};
use crate::ext2::volume::VolumeFile;

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Its name; bytes that are no UTF-8 are replaced.
    pub name: String,
    /// The inode that it names.
    pub inode: u32,
    /// What that inode is, or why it cannot be used.
    pub listed: Result<Listed, ImageError>,
}

/// What a directory entry leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its kind.
    pub kind: FileKind,
    /// Its size in bytes.
    pub size: u64,
    /// In how many runs its data lie; none for what has no map: symbolic links, devices, pipes.
    pub runs: Option<usize>,
}

impl Image {
    /// The entries of a directory, in its own order, `.` and `..` among them.
    ///
    /// # Errors
    /// [`ImageError`], if the directory itself is damaged; what is wrong with an entry stands there.
    pub fn list(&self, directory: &VolumeFile) -> Result<Vec<Listing>, ImageError> {
        let mut taken = BlockSet::clone(&self.system);
        let mut known = BTreeMap::new();
        let mut listings = Vec::new();
        let parent = directory.path.trim_end_matches('/');
        self.for_each_entry(directory, &mut |entry| {
            let (name, inode) = (String::from_utf8_lossy(entry.name).into_owned(), entry.inode);
            let look = || self.look_at(inode, &format!("{parent}/{name}"), &mut taken);
            let listed: &Result<Listed, ImageError> = known.entry(inode).or_insert_with(look);
            listings.push(Listing { listed: listed.clone(), name, inode });
            true
        })?;
        Ok(listings)
    }

    fn look_at(&self, inode: u32, path: &str, taken: &mut BlockSet) -> Result<Listed, ImageError> {
        let (read, file) = self.read_any_inode(inode, path)?;
        let (kind, size) = (read.kind(), read.size);
        let runs = match kind {
            FileKind::Regular | FileKind::Directory if read.flags & EXTENTS_FLAG != 0 => {
                return Err(ImageError::Extents(file.path, inode));
            }
            FileKind::Regular | FileKind::Directory => Some(self.map_into(&file, taken)?.runs.len()),
            FileKind::SymbolicLink | FileKind::Other => None,
        };
        Ok(Listed { kind, size, runs })
    }
}
