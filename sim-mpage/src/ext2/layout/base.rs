//! The bytes of a described filesystem's metadata, computed when they are read.

use std::collections::BTreeMap;
use std::fmt;

use sim_core::io::{Role, SECTOR_BYTES};

use crate::ext2::disk_format::{
    FIRST_INODE, GROUP_DESCRIPTOR_BYTES, INODE_BYTES, Inode, SUPERBLOCK_BYTES, SUPERBLOCK_OFFSET, put_u32,
};
use crate::ext2::file_map::Run;
use crate::ext2::layout::plan::Plan;
use crate::ext2::path::{
    DIND_POINTER, DIRECT_POINTERS, IND_POINTER, TIND_POINTER, child_of, pointers_per_block, span_of,
};
use crate::medium::{Base, MediumError, check_access};

/// A file (or directory) with its map.
#[derive(Clone, Debug)]
pub(super) struct MappedFile {
    number: u32,
    pub(super) inode: Inode,
    /// In logical order.
    runs: Vec<Run>,
    indirect: BTreeMap<Role, u64>,
}

impl MappedFile {
    /// `inode` gets its pointers and `i_blocks` from the map.
    pub(super) fn new(
        block_size: u32,
        number: u32,
        inode: Inode,
        runs: Vec<Run>,
        indirect: BTreeMap<Role, u64>,
    ) -> MappedFile {
        let blocks = runs.iter().map(|run| run.blocks).sum::<u64>() + indirect.len() as u64;
        let sectors = blocks * (u64::from(block_size) / SECTOR_BYTES);
        let mut file = MappedFile { number, inode, runs, indirect };
        let mut pointers = file.inode.pointers;
        file.data_pointers(0, DIRECT_POINTERS, |slot, pointer| pointers[slot] = pointer);
        for (slot, role) in [(IND_POINTER, Role::Ind), (DIND_POINTER, Role::Dind), (TIND_POINTER, Role::Tind)]
        {
            pointers[slot as usize] = file.indirect_pointer(role);
        }
        file.inode.pointers = pointers;
        file.inode.sectors = u32::try_from(sectors).unwrap_or(u32::MAX);
        file
    }

    /// Where the logical blocks from `first` on lie: their place in an array of `count` pointers,
    /// and the pointer; holes are left out.
    fn data_pointers(&self, first: u64, count: u32, mut put: impl FnMut(usize, u32)) {
        let end = first + u64::from(count);
        let from = self.runs.partition_point(|run| run.logical + run.blocks <= first);
        for run in self.runs[from..].iter().take_while(|run| run.logical < end) {
            for logical in run.logical.max(first)..end.min(run.logical + run.blocks) {
                // Both fit: the array has at most 16 384 pointers, and runs lie within the device.
                let place = usize::try_from(logical - first).unwrap_or(usize::MAX);
                put(place, pointer_to(run.physical + (logical - run.logical)));
            }
        }
    }

    /// Where an indirect block lies; 0 if there is none.
    fn indirect_pointer(&self, role: Role) -> u32 {
        self.indirect.get(&role).copied().map_or(0, pointer_to)
    }

    fn write_indirect(&self, role: Role, out: &mut [u8], pointers: u32) {
        match span_of(role, pointers) {
            Some(span) if span.leaf => {
                self.data_pointers(span.first, pointers, |place, pointer| put_u32(out, 4 * place, pointer));
            }
            _ => {
                for index in 0..pointers {
                    let pointer = child_of(role, index).map_or(0, |child| self.indirect_pointer(child));
                    put_u32(out, 4 * index as usize, pointer);
                }
            }
        }
    }
}

/// A place as a pointer. The plan has put everything within the filesystem, whose blocks are counted
/// in 32 bits.
fn pointer_to(physical: u64) -> u32 {
    u32::try_from(physical).unwrap_or(u32::MAX)
}

/// The metadata of a described filesystem.
pub(super) struct LayoutBase {
    plan: Plan,
    /// The first block of each group's metadata (block bitmap, inode bitmap, inode table), in order,
    /// with the group.
    group_places: Vec<(u32, u32)>,
    files: Vec<MappedFile>,
    /// Places of indirect blocks, in order, with the file's index and the role.
    indirect: Vec<(u32, u32, Role)>,
    directory_data: BTreeMap<u64, Box<[u8]>>,
    /// File index by inode number.
    inodes: BTreeMap<u32, usize>,
}

impl LayoutBase {
    pub(super) fn new(
        plan: Plan,
        files: Vec<MappedFile>,
        directory_data: BTreeMap<u64, Box<[u8]>>,
    ) -> LayoutBase {
        let mut indirect = Vec::with_capacity(files.iter().map(|file| file.indirect.len()).sum());
        for (index, file) in (0..).zip(&files) {
            indirect.extend(file.indirect.iter().map(|(&role, &place)| (pointer_to(place), index, role)));
        }
        indirect.sort_unstable();
        let inodes = files.iter().enumerate().map(|(index, file)| (file.number, index)).collect();
        let bitmaps = plan.groups.iter().map(|descriptor| descriptor.block_bitmap);
        let mut group_places: Vec<_> = bitmaps.zip(0..).collect();
        group_places.sort_unstable();
        LayoutBase { plan, group_places, files, indirect, directory_data, inodes }
    }

    fn write_superblock(&self, out: &mut [u8]) {
        let from = usize::try_from(SUPERBLOCK_OFFSET % u64::from(self.block_size())).unwrap_or(0);
        if let Some(bytes) = out[from..].first_chunk_mut::<SUPERBLOCK_BYTES>() {
            self.plan.superblock.write_to(bytes);
        }
    }

    fn write_descriptors(&self, index: u64, out: &mut [u8]) {
        let per_block = self.block_size() / GROUP_DESCRIPTOR_BYTES;
        let first = usize::try_from(index * u64::from(per_block)).unwrap_or(usize::MAX);
        let (chunks, _) = out.as_chunks_mut::<{ GROUP_DESCRIPTOR_BYTES as usize }>();
        for (descriptor, bytes) in self.plan.groups.iter().skip(first).zip(chunks) {
            descriptor.write_to(bytes);
        }
    }

    /// The group whose metadata a block belongs to, and how far it is from the group's block bitmap.
    fn group_of(&self, physical: u64) -> Option<(u32, u64)> {
        let after = self.group_places.partition_point(|&(place, _)| u64::from(place) <= physical);
        let &(place, group) = self.group_places.get(after.checked_sub(1)?)?;
        let index = physical - u64::from(place);
        (index < 2 + u64::from(self.plan.superblock.inode_table_blocks())).then_some((group, index))
    }

    /// A block of a group's metadata, `index` blocks after its block bitmap.
    fn write_group(&self, group: u32, index: u64, out: &mut [u8]) {
        match index {
            0 => self.write_block_bitmap(group, out),
            1 => self.write_inode_bitmap(group, out),
            _ => self.write_inodes(group, index - 2, out),
        }
    }

    fn write_block_bitmap(&self, group: u32, out: &mut [u8]) {
        let superblock = &self.plan.superblock;
        let start = superblock.group_start(group);
        let end = start + u64::from(superblock.blocks_in_group(group));
        for range in self.plan.used.used_within(start..end) {
            set_bits(out, range.start - start, range.end - start);
        }
        // What is beyond the group's end cannot be used.
        set_bits(out, end - start, 8 * out.len() as u64);
    }

    fn write_inode_bitmap(&self, group: u32, out: &mut [u8]) {
        let per_group = u64::from(self.plan.superblock.inodes_per_group);
        let first = u64::from(group) * per_group + 1;
        if group == 0 {
            set_bits(out, 0, u64::from(FIRST_INODE) - 1);
        }
        let own = self.inodes.keys().map(|&inode| u64::from(inode));
        for inode in own.filter(|inode| (first..first + per_group).contains(inode)) {
            set_bits(out, inode - first, inode - first + 1);
        }
        set_bits(out, per_group, 8 * out.len() as u64);
    }

    fn write_inodes(&self, group: u32, index: u64, out: &mut [u8]) {
        let superblock = &self.plan.superblock;
        let before = index * u64::from(superblock.inodes_per_block());
        let first = u64::from(group) * u64::from(superblock.inodes_per_group) + before + 1;
        for (number, bytes) in (first..).zip(out.chunks_exact_mut(usize::from(superblock.inode_size))) {
            let file = u32::try_from(number).ok().and_then(|number| self.inodes.get(&number));
            if let (Some(&file), Some(bytes)) = (file, bytes.first_chunk_mut::<INODE_BYTES>()) {
                self.files[file].inode.write_to(bytes);
            }
        }
    }
}

/// Sets the bits from `from` to before `to`; the lowest bit of a byte is the first.
fn set_bits(bitmap: &mut [u8], from: u64, to: u64) {
    for bit in from..to {
        if let Some(byte) = usize::try_from(bit / 8).ok().and_then(|at| bitmap.get_mut(at)) {
            *byte |= 1 << (bit % 8);
        }
    }
}

impl fmt::Debug for LayoutBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LayoutBase").field("superblock", &self.plan.superblock).finish_non_exhaustive()
    }
}

impl Base for LayoutBase {
    fn block_size(&self) -> u32 {
        self.plan.superblock.block_size()
    }

    fn blocks(&self) -> u64 {
        self.plan.device_blocks
    }

    fn read_block(&self, physical: u64, out: &mut [u8]) -> Result<(), MediumError> {
        check_access(self, physical, out.len())?;
        out.fill(0);
        let superblock = &self.plan.superblock;
        let descriptors = superblock.descriptors_block();
        if physical == superblock.superblock_block() {
            self.write_superblock(out);
        } else if (descriptors..descriptors + superblock.descriptor_blocks()).contains(&physical) {
            self.write_descriptors(physical - descriptors, out);
        } else if let Ok(at) = self.indirect.binary_search_by_key(&physical, |&(place, ..)| u64::from(place))
        {
            let (_, file, role) = self.indirect[at];
            self.files[file as usize].write_indirect(role, out, pointers_per_block(self.block_size()));
        } else if let Some(bytes) = self.directory_data.get(&physical) {
            out.copy_from_slice(bytes);
        } else if let Some((group, index)) = self.group_of(physical) {
            self.write_group(group, index, out);
        }
        Ok(())
    }
}
