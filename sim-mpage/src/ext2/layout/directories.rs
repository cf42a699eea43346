//! The directories of a described filesystem: the root and those on the files' paths.

use std::collections::{BTreeMap, BTreeSet};

use crate::ext2::disk_format::{DIRECTORY_MODE, FIRST_INODE, Inode, ROOT_INODE};
use crate::ext2::layout::FileLayout;
use crate::ext2::layout::error::LayoutError;

/// The file types of directory entries.
const REGULAR_TYPE: u8 = 1;
const DIRECTORY_TYPE: u8 = 2;

/// A directory.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    pub(super) path: String,
    /// Its inode's number.
    pub(super) number: u32,
    parent: u32,
    /// Names with inode and type.
    entries: BTreeMap<String, (u32, u8)>,
}

/// The directories that the files need; the root is always there, and the first.
pub(super) fn plan(files: &[FileLayout]) -> Result<Vec<Directory>, LayoutError> {
    let taken: BTreeSet<u32> = files.iter().map(|file| file.inode).collect();
    let mut free = (FIRST_INODE..=u32::MAX).filter(|inode| !taken.contains(inode));
    let root =
        Directory { path: "/".into(), number: ROOT_INODE, parent: ROOT_INODE, entries: BTreeMap::new() };
    let mut directories = vec![root];
    let mut by_path = BTreeMap::from([(String::new(), 0)]);
    for file in files {
        let (parents, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let mut way = String::new();
        let mut parent: usize = 0;
        for name in parents.split('/').filter(|name| !name.is_empty()) {
            way = format!("{way}/{name}");
            parent = match by_path.get(&way) {
                Some(&known) => known,
                None => {
                    let number = free.next().ok_or_else(|| LayoutError::NoRoom { what: way.clone() })?;
                    directories[parent].enter(&way, name, number, DIRECTORY_TYPE)?;
                    let parent = directories[parent].number;
                    directories.push(Directory {
                        path: way.clone(),
                        number,
                        parent,
                        entries: BTreeMap::new(),
                    });
                    by_path.insert(way.clone(), directories.len() - 1);
                    directories.len() - 1
                }
            };
        }
        directories[parent].enter(&file.path, name, file.inode, REGULAR_TYPE)?;
    }
    Ok(directories)
}

impl Directory {
    fn enter(&mut self, path: &str, name: &str, inode: u32, kind: u8) -> Result<(), LayoutError> {
        match self.entries.insert(name.to_owned(), (inode, kind)) {
            None => Ok(()),
            Some(_) => Err(LayoutError::PathTwice(path.to_owned())),
        }
    }

    /// Its inode, but for size and pointers.
    pub(super) fn inode(&self) -> Inode {
        let directories = self.entries.values().filter(|(_, kind)| *kind == DIRECTORY_TYPE).count();
        let links = u16::try_from(directories + 2).unwrap_or(u16::MAX);
        Inode { mode: DIRECTORY_MODE | 0o755, links, ..Inode::default() }
    }

    /// Its contents: whole blocks.
    pub(super) fn to_bytes(&self, block_size: u32) -> Vec<u8> {
        let block_size = block_size as usize;
        let own = [(".", (self.number, DIRECTORY_TYPE)), ("..", (self.parent, DIRECTORY_TYPE))];
        let others = self.entries.iter().map(|(name, &entry)| (name.as_str(), entry));
        let mut bytes: Vec<u8> = Vec::new();
        let mut last = 0;
        for (name, (inode, kind)) in own.into_iter().chain(others) {
            let length = (8 + name.len()).next_multiple_of(4);
            let left = bytes.len().next_multiple_of(block_size) - bytes.len();
            if length > left && left > 0 {
                end_block(&mut bytes, last, left);
            }
            last = bytes.len();
            bytes.extend(inode.to_le_bytes());
            bytes.extend(record_length(length));
            // Names have at most 255 bytes: the paths were checked.
            bytes.extend([u8::try_from(name.len()).unwrap_or(u8::MAX), kind]);
            bytes.extend(name.as_bytes());
            bytes.resize(last + length, 0);
        }
        let left = bytes.len().next_multiple_of(block_size) - bytes.len();
        end_block(&mut bytes, last, left);
        bytes
    }
}

/// Fills the block up: the last entry takes what is left.
fn end_block(bytes: &mut Vec<u8>, last: usize, left: usize) {
    bytes.resize(bytes.len() + left, 0);
    let length = record_length(bytes.len() - last);
    bytes[last + 4..last + 6].copy_from_slice(&length);
}

/// A record's length as it is stored: 64 KiB do not fit the field and stand as 0xFFFF.
fn record_length(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes()
}
