//! What lies where on the device of a trace.

use std::collections::BTreeMap;

use sim_core::io::Role;
use sim_core::io::blocks::Layout;
use sim_mpage::ext2::volume::Volume;

use super::files::FileOnDevice;
use super::recorded::{Recorded, RecordedEvent};

/// What a block is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Owned {
    /// Data of the file with this path, from a logical block on.
    Data(String, u64),
    /// An indirect block of the file with this path.
    Indirect(String, Role),
    /// The filesystem's own.
    System(Role),
}

/// What lies where on the device of a trace: logical blocks and roles by physical block.
pub(super) struct Names {
    block_sectors: u64,
    several_files: bool,
    /// First physical block → how many, and what they are. No two runs share a block.
    runs: BTreeMap<u64, (u64, Owned)>,
    /// Where each file's blocks lay before, in the grammar of layouts.
    layouts: Vec<Layout>,
}

impl Names {
    /// Of all files of a trace, as they are told: first as they were at the end, where that is known,
    /// then as they were before, and as the mapper found them in between.
    pub(super) fn of(recorded: &Recorded) -> Names {
        let mut names = Names {
            block_sectors: u64::from(recorded.block_size / 512).max(1),
            several_files: recorded.files.len() > 1,
            runs: BTreeMap::new(),
            layouts: Vec::new(),
        };
        let read = |file| FileOnDevice::recorded(file, recorded.block_size).ok();
        for file in recorded.files_after.iter().flatten().filter_map(read) {
            names.add_file(&file);
        }
        for file in recorded.files.iter().filter_map(read) {
            names.add_file(&file);
            names.layouts.push(file.layout);
        }
        for event in &recorded.events {
            let &RecordedEvent::GetBlock { inode: Some(inode), block, count, phys, .. } = event else {
                continue;
            };
            let file = recorded.files.iter().find(|file| file.inode == inode);
            if let (Some(file), Ok(count)) = (file, u64::try_from(count)) {
                names.add(phys, count, &Owned::Data(file.path.clone(), block));
            }
        }
        names
    }

    /// The same, with what the simulator left on the device where the trace says nothing of a block,
    /// and with the filesystem's own blocks.
    pub(super) fn with_simulated(mut self, volume: &Volume, files: &[Result<FileOnDevice, String>]) -> Names {
        for file in files.iter().flatten() {
            self.add_file(file);
        }
        let superblock = &volume.superblock;
        self.add(superblock.superblock_block(), 1, &Owned::System(Role::Super));
        let (first, blocks) = (superblock.descriptors_block(), superblock.descriptor_blocks());
        self.add(first, blocks, &Owned::System(Role::Groups));
        for (number, group) in (0..).zip(volume.groups.iter()) {
            self.add(group.block_bitmap.into(), 1, &Owned::System(Role::Bitmap(number)));
            let inodes = superblock.inode_table_blocks().into();
            self.add(group.inode_table.into(), inodes, &Owned::System(Role::Inodes(number)));
        }
        self
    }

    fn add_file(&mut self, file: &FileOnDevice) {
        for run in file.layout.runs() {
            let path = file.path.clone();
            let owned = match run.role {
                Role::Data => Owned::Data(path, run.first),
                role => Owned::Indirect(path, role),
            };
            self.add(run.physical, run.count, &owned);
        }
    }

    /// Adds what is not known yet of these blocks.
    fn add(&mut self, physical: u64, blocks: u64, owned: &Owned) {
        let end = physical.saturating_add(blocks);
        let mut next = physical;
        while next < end {
            let known = self.runs.range(..=next).next_back();
            if let Some((start, (blocks, _))) = known.filter(|(start, (blocks, _))| next < *start + blocks) {
                next = start + blocks;
                continue;
            }
            let until = self.runs.range(next..end).next().map_or(end, |(start, _)| *start);
            self.runs.insert(next, (until - next, owned.from(next - physical)));
            next = until;
        }
    }

    /// Where each file's blocks lay before, in the grammar of layouts.
    pub(super) fn layouts(&self) -> &[Layout] {
        &self.layouts
    }

    /// The blocks of an I/O, in the grammar of orders.
    pub(super) fn of_sectors(&self, (sector, sectors): (u64, u64)) -> String {
        let mut block = sector / self.block_sectors;
        let end = sector.saturating_add(sectors).div_ceil(self.block_sectors);
        let mut pieces = Vec::new();
        while block < end {
            let known = self.runs.range(..=block).next_back();
            let known = known.filter(|(start, (blocks, _))| block < *start + blocks);
            let Some((start, (blocks, owned))) = known else {
                pieces.push(format!("@{block}"));
                block = self.runs.range(block..end).next().map_or(end, |(start, _)| *start);
                continue;
            };
            let last = end.min(start + blocks);
            let of_file = |path: &str, name: &str| match self.several_files {
                true => format!("/{path}:{name}"),
                false => name.to_owned(),
            };
            pieces.push(match owned {
                Owned::Data(path, logical) => of_file(path, &range(logical + (block - start), last - block)),
                Owned::Indirect(path, role) => of_file(path, &role.to_string()),
                Owned::System(role) => role.to_string(),
            });
            block = last;
        }
        pieces.join("+")
    }
}

impl Owned {
    /// What lies so many blocks further on.
    fn from(&self, blocks: u64) -> Owned {
        match self {
            Owned::Data(path, first) => Owned::Data(path.clone(), first + blocks),
            other => other.clone(),
        }
    }
}

fn range(first: u64, count: u64) -> String {
    if count == 1 { first.to_string() } else { format!("{first}-{}", first + count - 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names { block_sectors: 2, several_files: true, runs: BTreeMap::new(), layouts: Vec::new() }
    }

    #[test]
    fn what_was_told_first_of_a_block_stands_and_the_rest_is_added_around_it() {
        let mut names = names();
        names.add(103, 2, &Owned::Data("f".to_owned(), 50));
        names.add(107, 1, &Owned::Indirect("g".to_owned(), Role::Ind));
        names.add(100, 10, &Owned::Data("g".to_owned(), 0));
        assert_eq!(names.of_sectors((200, 20)), "/g:0-2+/f:50-51+/g:5-6+/g:ind+/g:8-9");
        names.add(0, u64::MAX, &Owned::System(Role::Super));
        assert_eq!(names.of_sectors((200, 2)), "/g:0");
        assert_eq!(names.of_sectors((2, 2)), "super");
    }

    #[test]
    fn a_block_that_nobody_told_of_stands_with_its_place() {
        let mut names = names();
        names.add(100, 1, &Owned::Data("f".to_owned(), 3));
        names.add(103, 1, &Owned::System(Role::Bitmap(0)));
        assert_eq!(names.of_sectors((200, 10)), "/f:3+@101+bitmap/0+@104");
        assert_eq!(names.of_sectors((0, 1)), "@0");
    }
}
