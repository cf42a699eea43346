//! From a path to an inode, through the directories of an image.

use crate::ext2::disk_format::features::FILETYPE;
use crate::ext2::disk_format::{EXTENTS_FLAG, FileKind, INODE_BYTES, Inode, ROOT_INODE};
use crate::ext2::image::directory::{BadEntry, Entry, entries};
use crate::ext2::image::{Image, ImageError};
use crate::ext2::volume::VolumeFile;

impl Image {
    /// What a path from the root directory leads to, and its kind; never a symbolic link. A leading
    /// `/` may be missing; of an empty path it is the root directory.
    ///
    /// # Errors
    /// [`ImageError`] says what is wrong with the path or with the image on the way to it.
    // [ext2-image.root]
    pub fn find(&self, path: &str) -> Result<(FileKind, VolumeFile), ImageError> {
        let mut found = self.read_inode(ROOT_INODE, "/")?;
        let mut way = String::new();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let (kind, directory) = &found;
            if *kind != FileKind::Directory {
                return Err(ImageError::NotADirectory(directory.path.clone(), directory.inode));
            }
            way.push('/');
            way.push_str(name);
            let inode = self.find_entry(directory, name)?.ok_or_else(|| ImageError::NotFound(way.clone()))?;
            found = self.read_inode(inode, &way)?;
        }
        Ok(found)
    }

    /// The inode that `name` stands for in a directory.
    fn find_entry(&self, directory: &VolumeFile, name: &str) -> Result<Option<u32>, ImageError> {
        let mut found = None;
        self.for_each_entry(directory, &mut |entry| {
            if entry.name == name.as_bytes() {
                found = Some(entry.inode);
            }
            found.is_none()
        })?;
        Ok(found)
    }

    /// Shows the entries of a directory that name an inode, in order, for as long as `visit` says
    /// `true`.
    // [ext2-image.directory] [ext2-image.hostile]
    pub(super) fn for_each_entry(
        &self,
        directory: &VolumeFile,
        visit: &mut dyn FnMut(Entry<'_>) -> bool,
    ) -> Result<(), ImageError> {
        let (inode, size) = (directory.inode, directory.size);
        let block_size = u64::from(self.superblock.block_size());
        let map = self.map(directory)?;
        let blocks = size / block_size;
        let mut bytes = vec![0; self.superblock.block_size() as usize];
        let typed = self.superblock.incompatible & FILETYPE != 0;
        let mut next = 0;
        for run in &map.runs {
            let end = (run.logical + run.blocks).min(blocks);
            if run.logical > next {
                break;
            }
            for logical in next..end {
                let block = run.physical + (logical - run.logical);
                self.read(block, &mut bytes, || format!("directory inode {inode}"))?;
                for entry in entries(&bytes, typed) {
                    let entry = entry.map_err(|BadEntry { offset, what }| ImageError::Directory {
                        inode,
                        block,
                        offset,
                        what,
                    })?;
                    if entry.inode != 0 && !visit(entry) {
                        return Ok(());
                    }
                }
            }
            next = next.max(end);
        }
        if next < size.div_ceil(block_size) {
            return Err(ImageError::DirectorySize { inode, size, block: next });
        }
        Ok(())
    }

    /// An inode that a path may lead through or to: no symbolic link, and not mapped by extents.
    // [ext2-image.features]
    fn read_inode(&self, inode: u32, path: &str) -> Result<(FileKind, VolumeFile), ImageError> {
        let (read, file) = self.read_any_inode(inode, path)?;
        if read.kind() == FileKind::SymbolicLink {
            return Err(ImageError::SymbolicLink(file.path, inode));
        }
        if read.flags & EXTENTS_FLAG != 0 {
            return Err(ImageError::Extents(file.path, inode));
        }
        Ok((read.kind(), file))
    }

    // [ext2-image.inode]
    pub(super) fn read_any_inode(&self, inode: u32, path: &str) -> Result<(Inode, VolumeFile), ImageError> {
        let no_inode =
            || ImageError::NoInode { path: path.to_owned(), inode, inodes: self.superblock.inodes_count };
        let (group, block, offset) = self.superblock.inode_place(inode).ok_or_else(no_inode)?;
        let descriptor = self.groups.get(group as usize).ok_or_else(no_inode)?;
        let mut bytes = vec![0; self.superblock.block_size() as usize];
        let block = u64::from(descriptor.inode_table) + u64::from(block);
        self.read(block, &mut bytes, || format!("{path}: inode {inode}"))?;
        let bytes = bytes[offset..].first_chunk::<INODE_BYTES>().ok_or_else(no_inode)?;
        let read = Inode::parse(bytes);
        let file = VolumeFile {
            path: path.to_owned(),
            inode,
            pointers: read.pointers,
            size: read.size,
            sectors: u64::from(read.sectors),
            mtime: read.mtime,
            ctime: read.ctime,
        };
        Ok((read, file))
    }

    fn read(&self, block: u64, out: &mut [u8], what: impl Fn() -> String) -> Result<(), ImageError> {
        self.base.read_block(block, out).map_err(|source| ImageError::Unreadable { what: what(), source })
    }
}
