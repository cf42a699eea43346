//! The whole map of a file: its runs of data and its indirect blocks, read by following every
//! pointer.
//!
//! The walk is bounded whatever the bytes say: a block that a file owns twice ends it, so it reads
//! no block twice and a loop among indirect blocks is found at once; memory grows with the runs.
//! Blocks past the file's size are walked too.

use std::fmt::Write as _;

use sim_core::io::Role;

use crate::ext2::block_set::BlockSet;
use crate::ext2::disk_format::{Superblock, u32_at};
use crate::ext2::path::{
    DIND_POINTER, DIRECT_POINTERS, IND_POINTER, MapBlock, TIND_POINTER, child_of, map_reach,
    pointers_per_block, span_of,
};
use crate::ext2::volume::VolumeFile;
use crate::medium::{Base, MediumError};

/// Logical blocks that are next to each other both in their file and on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    /// The first one in the file.
    pub logical: u64,
    /// The first one on the device.
    pub physical: u64,
    /// How many.
    pub blocks: u64,
}

/// A map that cannot be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// A pointer leads out of the filesystem.
    #[error(
        "inode {inode}: its block {block} lies at {physical}, outside the filesystem's blocks {first} to {last}"
    )]
    Outside {
        /// The inode.
        inode: u32,
        /// What the pointer leads to.
        block: MapBlock,
        /// Where it leads.
        physical: u64,
        /// The filesystem's first block.
        first: u64,
        /// Its last.
        last: u64,
    },
    /// A block of the device is owned twice: there is a loop, or two pointers lead to it.
    #[error("inode {inode}: its block {block} lies at {physical}, which is in use already")]
    UsedTwice {
        /// The inode.
        inode: u32,
        /// The block that came second.
        block: MapBlock,
        /// The place that both share.
        physical: u64,
    },
    /// The size is more than any map reaches.
    #[error("inode {inode}: its size of {size} bytes is beyond the {limit} blocks that a map reaches")]
    SizeBeyondMap {
        /// The inode.
        inode: u32,
        /// Its size in bytes.
        size: u64,
        /// How many blocks a map reaches.
        limit: u64,
    },
    /// An indirect block cannot be read.
    #[error("inode {inode}: its block {block}")]
    Unreadable {
        /// The inode.
        inode: u32,
        /// The indirect block.
        block: MapBlock,
        /// Why.
        source: MediumError,
    },
}

/// The map of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileMap {
    /// Its data, by logical block; gaps are holes. Neighbouring runs are joined where they continue
    /// each other.
    pub runs: Vec<Run>,
    /// Its indirect blocks and where they lie, parent before child.
    pub indirect: Vec<(Role, u64)>,
    pointers_per_block: u32,
}

/// A piece of a map, as the walk comes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapped {
    /// A run of data.
    Run(Run),
    /// An indirect block and where it lies.
    Indirect(Role, u64),
}

impl FileMap {
    /// Reads the map of a file. All its blocks are added to `taken`, none of which may be in it yet.
    ///
    /// # Errors
    /// [`MapError`] names the inode and the block.
    pub fn read(
        base: &dyn Base,
        superblock: &Superblock,
        file: &VolumeFile,
        taken: &mut BlockSet,
    ) -> Result<FileMap, MapError> {
        let mut map = FileMap {
            runs: Vec::new(),
            indirect: Vec::new(),
            pointers_per_block: pointers_per_block(superblock.block_size()),
        };
        walk(base, superblock, file, taken, &mut |piece| match piece {
            Mapped::Run(run) => map.runs.push(run),
            Mapped::Indirect(role, physical) => map.indirect.push((role, physical)),
        })?;
        Ok(map)
    }

    /// The lowest block of the device that the file's data and indirect blocks take; `None` if it has
    /// none. The view of positions on the disk counts from here.
    pub fn lowest_block(&self) -> Option<u64> {
        let data = self.runs.iter().map(|run| run.physical);
        data.chain(self.indirect.iter().map(|&(_, physical)| physical)).min()
    }

    /// The map in the grammar of layouts: `0-11@1000 ind@1012 12-15@1013`. An indirect block stands
    /// before the first data block that it could map.
    pub fn to_layout_string(&self) -> String {
        let mut pieces: Vec<(u64, u64, MapBlock, u64, u64)> = Vec::new();
        for (order, &(role, physical)) in (0..).zip(&self.indirect) {
            let first = span_of(role, self.pointers_per_block).map_or(0, |span| span.first);
            pieces.push((first, order, MapBlock::Indirect(role), physical, 1));
        }
        for run in &self.runs {
            pieces.push((run.logical, u64::MAX, MapBlock::Data(run.logical), run.physical, run.blocks));
        }
        pieces.sort_unstable();
        let mut text = String::new();
        for (first, _, block, physical, blocks) in pieces {
            let gap = if text.is_empty() { "" } else { " " };
            let last = if blocks > 1 { format!("-{}", first + blocks - 1) } else { String::new() };
            // Writing to a string does not fail.
            let _ = write!(text, "{gap}{block}{last}@{physical}");
        }
        text
    }
}

/// Follows every pointer of a file and hands out the pieces of its map: runs by logical block, an
/// indirect block before everything that it maps (a run that began before it may come after it).
/// All blocks are added to `taken`, none of which may be in it yet.
///
/// # Errors
/// [`MapError`] names the inode and the block; the pieces handed out before stand.
pub fn walk(
    base: &dyn Base,
    superblock: &Superblock,
    file: &VolumeFile,
    taken: &mut BlockSet,
    visit: &mut dyn FnMut(Mapped),
) -> Result<(), MapError> {
    let inode = file.inode;
    let limit = map_reach(pointers_per_block(superblock.block_size()));
    // [ext2-image.hostile]
    if file.size.div_ceil(u64::from(superblock.block_size())) > limit {
        return Err(MapError::SizeBeyondMap { inode, size: file.size, limit });
    }
    let mut walker = Walker { base, superblock, inode, taken, visit, run: None };
    for (logical, &pointer) in (0..u64::from(DIRECT_POINTERS)).zip(&file.pointers) {
        walker.data(logical, pointer)?;
    }
    for (slot, role) in [(IND_POINTER, Role::Ind), (DIND_POINTER, Role::Dind), (TIND_POINTER, Role::Tind)] {
        walker.indirect(role, file.pointers[slot as usize])?;
    }
    walker.end_run()
}

struct Walker<'a> {
    base: &'a dyn Base,
    superblock: &'a Superblock,
    inode: u32,
    taken: &'a mut BlockSet,
    visit: &'a mut dyn FnMut(Mapped),
    /// The run that the next data block may continue.
    run: Option<Run>,
}

impl Walker<'_> {
    // [ext2-map.hole]
    fn data(&mut self, logical: u64, pointer: u32) -> Result<(), MapError> {
        if pointer == 0 {
            return Ok(());
        }
        let physical = u64::from(pointer);
        self.check(MapBlock::Data(logical), physical)?;
        match &mut self.run {
            Some(run) if run.logical + run.blocks == logical && run.physical + run.blocks == physical => {
                run.blocks += 1;
            }
            _ => {
                self.end_run()?;
                self.run = Some(Run { logical, physical, blocks: 1 });
            }
        }
        Ok(())
    }

    fn end_run(&mut self) -> Result<(), MapError> {
        let Some(run) = self.run.take() else { return Ok(()) };
        self.taken.insert(run.physical, run.blocks).map_err(|physical| {
            let block = MapBlock::Data(run.logical + (physical - run.physical));
            MapError::UsedTwice { inode: self.inode, block, physical }
        })?;
        (self.visit)(Mapped::Run(run));
        Ok(())
    }

    fn indirect(&mut self, role: Role, pointer: u32) -> Result<(), MapError> {
        if pointer == 0 {
            return Ok(());
        }
        let (inode, block, physical) = (self.inode, MapBlock::Indirect(role), u64::from(pointer));
        self.check(block, physical)?;
        self.taken.insert(physical, 1).map_err(|physical| MapError::UsedTwice { inode, block, physical })?;
        (self.visit)(Mapped::Indirect(role, physical));
        let mut bytes = vec![0; self.superblock.block_size() as usize];
        self.base.read_block(physical, &mut bytes).map_err(|source| MapError::Unreadable {
            inode,
            block,
            source,
        })?;
        let pointers = pointers_per_block(self.superblock.block_size());
        let first = span_of(role, pointers).map_or(0, |span| span.first);
        for index in 0..pointers {
            let pointer = u32_at(&bytes, 4 * index as usize);
            match child_of(role, index) {
                Some(child) => self.indirect(child, pointer)?,
                None => self.data(first + u64::from(index), pointer)?,
            }
        }
        Ok(())
    }

    // [ext2-image.hostile]
    fn check(&self, block: MapBlock, physical: u64) -> Result<(), MapError> {
        let first = u64::from(self.superblock.first_data_block);
        let last = u64::from(self.superblock.blocks_count) - 1;
        if (first..=last).contains(&physical) {
            return Ok(());
        }
        Err(MapError::Outside { inode: self.inode, block, physical, first, last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ext2::layout::FileLayout;
    use crate::ext2::samples::{file, made, run, small};
    use crate::ext2::volume::Volume;

    fn map_of(file: &FileLayout) -> FileMap {
        let Volume { base, superblock, files, .. } = made(&small(std::slice::from_ref(file)));
        FileMap::read(&*base, &superblock, &files[0], &mut BlockSet::default()).unwrap()
    }

    #[test]
    fn runs_that_continue_each_other_across_leaves_are_one() {
        let indirect = [(Role::Ind, 500), (Role::Dind, 600), (Role::DindLeaf(0), 601)];
        let map = map_of(&file("f", 12, &[run(0, 1000, 12), run(12, 1012, 300)], &indirect));
        assert_eq!(map.runs, [run(0, 1000, 312)]);
        assert_eq!(map.to_layout_string(), "0-311@1000 ind@500 dind@600 dleaf/0@601");
        assert_eq!(map.lowest_block(), Some(500));
    }

    // [ext2-map.hole]
    #[test]
    fn pointers_of_zero_are_holes_at_every_level() {
        let tree = [(Role::Tind, 700), (Role::TindMiddle(3), 701), (Role::TindLeaf(3, 5), 702)];
        let first = 12 + 256 + 65536 + 3 * 65536 + 5 * 256;
        let map = map_of(&file("f", 12, &[run(3, 1000, 1), run(first + 7, 2000, 2)], &tree));
        assert_eq!(map.runs, [run(3, 1000, 1), run(first + 7, 2000, 2)]);
        let text = format!("3@1000 tind@700 tmid/3@701 tleaf/3/5@702 {}-{}@2000", first + 7, first + 8);
        assert_eq!(map.to_layout_string(), text);
        let empty = map_of(&file("f", 12, &[], &[]));
        assert_eq!((empty.to_layout_string().as_str(), empty.lowest_block()), ("", None));
    }

    #[test]
    fn an_indirect_block_that_cannot_be_read_is_named() {
        let Volume { base, superblock, mut files, .. } = made(&small(&[]));
        files.push(VolumeFile { path: "/f".into(), inode: 12, ..VolumeFile::default() });
        files[0].pointers[13] = 9000;
        // A superblock that promises more blocks than the base has.
        let superblock = Superblock { blocks_count: 10000, ..superblock };
        let error = FileMap::read(&*base, &superblock, &files[0], &mut BlockSet::default()).unwrap_err();
        let source = MediumError::Outside { block: 9000, blocks: 8192 };
        let block = MapBlock::Indirect(Role::Dind);
        assert_eq!(error, MapError::Unreadable { inode: 12, block, source });
    }
}
