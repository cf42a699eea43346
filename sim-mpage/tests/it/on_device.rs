//! What the device holds when a run has ended.

use std::sync::Arc;

use sim_mpage::ext2::block_set::BlockSet;
use sim_mpage::ext2::disk_format::{GroupDescriptor, INODE_BYTES, Inode, SUPERBLOCK_OFFSET};
use sim_mpage::ext2::file_map::FileMap;
use sim_mpage::ext2::volume::VolumeFile;
use sim_mpage::medium::{Base, MediumError, Written};

use crate::bench::{Bench, Ran};

/// A device with some bytes changed.
#[derive(Debug)]
struct Patched {
    base: Arc<dyn Base>,
    /// Byte of the device, and what it is.
    bytes: Vec<(u64, u8)>,
}

impl Base for Patched {
    fn block_size(&self) -> u32 {
        self.base.block_size()
    }

    fn blocks(&self) -> u64 {
        self.base.blocks()
    }

    fn read_block(&self, physical: u64, out: &mut [u8]) -> Result<(), MediumError> {
        self.base.read_block(physical, out)?;
        let size = u64::from(self.block_size());
        for &(at, byte) in self.bytes.iter().filter(|(at, _)| at / size == physical) {
            out[usize::try_from(at % size).unwrap()] = byte;
        }
        Ok(())
    }
}

impl Bench {
    /// Changes bytes of the device before the run.
    pub(crate) fn patched(self, at: u64, bytes: &[u8]) -> Bench {
        let bytes = (at..).zip(bytes.iter().copied()).collect();
        self.with(|machine| {
            let base = Arc::clone(&machine.volume.base);
            machine.volume.base = Arc::new(Patched { base, bytes });
        })
    }

    /// The first byte of the bench's inode on the device.
    pub(crate) fn inode_at(&self) -> u64 {
        let volume = &self.machine.volume;
        let (group, block, offset) = volume.superblock.inode_place(volume.files[0].inode).unwrap();
        let table = u64::from(volume.groups[group as usize].inode_table);
        (table + u64::from(block)) * u64::from(volume.block_size) + offset as u64
    }
}

/// Bytes of a device.
pub(crate) fn bytes_of(base: &dyn Base, at: u64, length: usize) -> Vec<u8> {
    let size = base.block_size() as usize;
    let mut block = vec![0; size];
    base.read_block(at / size as u64, &mut block).unwrap();
    let from = usize::try_from(at % size as u64).unwrap();
    block[from..from + length].to_vec()
}

impl Ran {
    /// Bytes of the device: before the run, after it.
    pub(crate) fn before_and_after(&self, at: u64, length: usize) -> [Vec<u8>; 2] {
        [bytes_of(&*self.volume.base, at, length), bytes_of(&self.outcome.medium, at, length)]
    }

    /// The superblock's bytes, from `at` on: before the run, after it.
    pub(crate) fn superblock(&self, at: u64, length: usize) -> [Vec<u8>; 2] {
        self.before_and_after(SUPERBLOCK_OFFSET + at, length)
    }

    /// How many blocks of a group are free by its descriptor: before the run, after it.
    pub(crate) fn free_blocks(&self, group: u32) -> [u16; 2] {
        let at = self.volume.superblock.descriptors_block() * u64::from(self.volume.block_size);
        let descriptors = self.before_and_after(at + 32 * u64::from(group), 32);
        descriptors.map(|bytes| GroupDescriptor::parse(bytes[..].try_into().unwrap()).free_blocks)
    }

    /// Whether a block is in use by its group's bitmap: before the run, after it.
    pub(crate) fn in_use(&self, block: u64) -> [bool; 2] {
        let superblock = &self.volume.superblock;
        let group = superblock.group_of(block);
        let bit = block - superblock.group_start(group);
        let bitmap = u64::from(self.volume.groups[group as usize].block_bitmap);
        let at = bitmap * u64::from(self.volume.block_size) + bit / 8;
        self.before_and_after(at, 1).map(|byte| byte[0] >> (bit % 8) & 1 == 1)
    }

    /// A file's inode on the device, after the run.
    pub(crate) fn inode(&self, file: usize) -> Inode {
        let (group, block, offset) =
            self.volume.superblock.inode_place(self.volume.files[file].inode).unwrap();
        let table = u64::from(self.volume.groups[group as usize].inode_table);
        let at = (table + u64::from(block)) * u64::from(self.volume.block_size) + offset as u64;
        Inode::parse(bytes_of(&self.outcome.medium, at, INODE_BYTES)[..].try_into().unwrap())
    }

    /// A file's map as the device holds it after the run; it is sound.
    pub(crate) fn map(&self, file: usize) -> String {
        let Inode { size, sectors, pointers, mtime, ctime, .. } = self.inode(file);
        let sectors = u64::from(sectors);
        let found = VolumeFile { size, sectors, pointers, mtime, ctime, ..self.volume.files[file].clone() };
        let medium = &self.outcome.medium;
        let map = FileMap::read(medium, &self.volume.superblock, &found, &mut BlockSet::default());
        map.unwrap().to_layout_string()
    }

    /// The blocks whose metadata the run has written.
    pub(crate) fn metadata_written(&self) -> Vec<u64> {
        let written = self.outcome.medium.written();
        written.filter(|(_, what)| matches!(what, Written::Bytes(_))).map(|(block, _)| block).collect()
    }
}
