//! What a reader of a file must get, block by block: told by the filesystem as it stood before the
//! run and by the calls that have written since, without the kernel's maps and caches.
//!
//! The last array of pointers of each file is remembered: walks in order read no block twice.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use sim_core::io::{FileId, Role};

use super::disk_format::u32_at;
use super::path::{block_to_path, pointers_per_block, span_of};
use super::volume::Volume;
use crate::medium::stamp::Mixtures;
use crate::medium::{Base, MediumError, Stamp};

#[derive(Clone, Debug)]
struct File {
    inode: [u32; 15],
    /// The logical block of the first pointer of the array that was used last.
    first: u64,
    array: Vec<u32>,
    /// Blocks from here on have been cut off: what was there before the run is gone.
    cut_at: u64,
    /// What has been written since.
    written: BTreeMap<u64, Stamp>,
}

/// The oracle of all files.
#[derive(Clone, Debug)]
pub struct Oracle {
    base: Arc<dyn Base>,
    files: Vec<File>,
}

impl Oracle {
    /// The oracle of a volume's files.
    pub fn new(volume: &Volume) -> Oracle {
        let file = |pointers| File {
            inode: pointers,
            first: 0,
            array: Vec::new(),
            cut_at: u64::MAX,
            written: BTreeMap::new(),
        };
        let files = volume.files.iter().map(|one| file(one.pointers)).collect();
        Oracle { base: volume.base.clone(), files }
    }

    /// What a block of a file holds.
    ///
    /// # Errors
    /// [`MediumError`] if an indirect block cannot be read.
    #[inline]
    pub fn expected(&mut self, file: FileId, block: u64) -> Result<Stamp, MediumError> {
        let Some(known) = self.files.get_mut(file.0 as usize) else { return Ok(Stamp::ZEROS) };
        if !known.written.is_empty()
            && let Some(&stamp) = known.written.get(&block)
        {
            return Ok(stamp);
        }
        if block >= known.cut_at {
            return Ok(Stamp::ZEROS);
        }
        let place = usize::try_from(block.wrapping_sub(known.first)).unwrap_or(usize::MAX);
        let pointer = match known.array.get(place) {
            Some(&pointer) => pointer,
            None => known.look_up(&*self.base, block)?,
        };
        Ok(if pointer == 0 { Stamp::ZEROS } else { Stamp::of_block(u64::from(pointer)) })
    }
}

impl Oracle {
    /// A call has written bytes of a file.
    ///
    /// # Errors
    /// [`MediumError`] if an indirect block cannot be read.
    pub fn write(
        &mut self,
        mixtures: &mut Mixtures,
        file: FileId,
        bytes: Range<u64>,
        write: u32,
    ) -> Result<(), MediumError> {
        let size = u64::from(self.base.block_size());
        for block in bytes.start / size..bytes.end.div_ceil(size) {
            let start = block * size;
            let range = bytes.start.max(start) - start..bytes.end.min(start + size) - start;
            self.overwrite(mixtures, file, block, range, Stamp::written(write, block))?;
        }
        Ok(())
    }

    fn overwrite(
        &mut self,
        mixtures: &mut Mixtures,
        file: FileId,
        block: u64,
        range: Range<u64>,
        with: Stamp,
    ) -> Result<(), MediumError> {
        let before = self.expected(file, block)?;
        let narrow = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX);
        let (start, end, size) = (narrow(range.start), narrow(range.end), self.base.block_size());
        if before == Stamp::LOST && end - start < size {
            return Ok(());
        }
        let after = mixtures.overwritten(before, size, start..end, with);
        if let Some(known) = self.files.get_mut(file.0 as usize) {
            known.written.insert(block, after);
        }
        Ok(())
    }

    /// A file has another size: what lies behind it is gone.
    ///
    /// # Errors
    /// [`MediumError`] if an indirect block cannot be read.
    pub fn truncate(&mut self, mixtures: &mut Mixtures, file: FileId, size: u64) -> Result<(), MediumError> {
        let a_block = u64::from(self.base.block_size());
        let within = size % a_block;
        if within > 0 {
            self.overwrite(mixtures, file, size / a_block, within..a_block, Stamp::ZEROS)?;
        }
        let end = size.div_ceil(a_block);
        if let Some(known) = self.files.get_mut(file.0 as usize) {
            known.cut_at = known.cut_at.min(end);
            known.written.split_off(&end);
        }
        Ok(())
    }

    /// A block has been lost by a write that failed: it may be found old or new.
    pub fn lose(&mut self, file: FileId, block: u64) {
        if let Some(known) = self.files.get_mut(file.0 as usize) {
            known.written.insert(block, Stamp::LOST);
        }
    }

    /// An indirect block has been lost: of what has been written since, the blocks that it leads to may
    /// be found old or new.
    pub fn lose_below(&mut self, file: FileId, role: Role) {
        let pointers = pointers_per_block(self.base.block_size());
        let (Some(known), Some(span)) = (self.files.get_mut(file.0 as usize), span_of(role, pointers)) else {
            return;
        };
        let end = span.first.saturating_add(span.blocks);
        known.written.range_mut(span.first..end).for_each(|(_, stamp)| *stamp = Stamp::LOST);
    }

    /// The blocks that have been lost and not been written since.
    pub fn lost(&self) -> Vec<(FileId, u64)> {
        let files = (0..).map(FileId).zip(&self.files);
        let of_file = |(file, known): (FileId, &File)| {
            let lost = known.written.iter().filter(|(_, stamp)| **stamp == Stamp::LOST);
            lost.map(|(&block, _)| (file, block)).collect::<Vec<_>>()
        };
        files.flat_map(of_file).collect()
    }

    /// All blocks of a file that were written, with what they must hold.
    pub fn written(&self, file: FileId) -> impl Iterator<Item = (u64, Stamp)> {
        let known = self.files.get(file.0 as usize);
        known.into_iter().flat_map(|known| known.written.iter().map(|(&block, &stamp)| (block, stamp)))
    }
}

impl File {
    #[cold]
    fn look_up(&mut self, base: &dyn Base, block: u64) -> Result<u32, MediumError> {
        let Ok(path) = block_to_path(block, pointers_per_block(base.block_size())) else { return Ok(0) };
        let depth = usize::from(path.depth);
        let mut array = self.inode.to_vec();
        let mut bytes = vec![0; base.block_size() as usize];
        for &offset in &path.offsets[..depth - 1] {
            match array.get(offset as usize) {
                None | Some(0) => return Ok(0),
                Some(&pointer) => base.read_block(u64::from(pointer), &mut bytes)?,
            }
            array = (0..bytes.len()).step_by(4).map(|at| u32_at(&bytes, at)).collect();
        }
        let place = path.offsets[depth - 1] as usize;
        array.truncate(place + 1 + path.blocks_to_boundary as usize);
        self.first = block - place as u64;
        self.array = array;
        Ok(self.array.get(place).copied().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use sim_core::io::Role;

    use super::*;
    use crate::ext2::block_set::BlockSet;
    use crate::ext2::file_map::FileMap;
    use crate::ext2::samples::{file, made, run, small};

    #[test]
    fn every_block_is_where_the_walk_over_the_whole_file_finds_it() {
        let tree = [(Role::Ind, 600), (Role::Dind, 601), (Role::DindLeaf(0), 602), (Role::DindLeaf(2), 603)];
        let data = [run(0, 1000, 5), run(7, 1010, 8), run(100, 2000, 200), run(12 + 256 + 512, 3000, 9)];
        let volume = made(&small(&[file("f", 12, &data, &tree)]));
        let map =
            FileMap::read(&*volume.base, &volume.superblock, &volume.files[0], &mut BlockSet::default())
                .unwrap();
        let mut oracle = Oracle::new(&volume);
        let blocks = 12 + 256 + 256 * 4;
        // Back and forth, so that the array that is remembered changes.
        for block in (0..blocks).flat_map(|block| [block, blocks - block]) {
            let run = map.runs.iter().find(|run| (run.logical..run.logical + run.blocks).contains(&block));
            let stamp = run.map_or(Stamp::ZEROS, |run| Stamp::of_block(run.physical + block - run.logical));
            assert_eq!(oracle.expected(FileId(0), block), Ok(stamp), "block {block}");
        }
    }
}
