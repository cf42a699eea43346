//! Where the filesystem's own metadata go: superblock and descriptors at their fixed places, the
//! groups' bitmaps and inode tables around the described files. And who owns what.

use sim_core::io::{Role, SECTOR_BYTES};

use crate::ext2::block_set::BlockSet;
use crate::ext2::disk_format::{
    BadSuperblock, FIRST_INODE, GroupDescriptor, MAGIC, ROOT_INODE, Superblock, check_block_size, features,
};
use crate::ext2::layout::FileLayout;
use crate::ext2::layout::directories::Directory;
use crate::ext2::layout::error::{LayoutError, Owner};
use crate::ext2::path::MapBlock;

/// Bytes in an inode: what `mke2fs` takes today.
const INODE_SIZE: u16 = 256;
/// The fewest inodes of a group.
const MIN_INODES_PER_GROUP: u32 = 32;
/// The most blocks of a group: their number is kept in 16 bits (`EXT2_MAX_BLOCKS_PER_GROUP`).
const MAX_BLOCKS_PER_GROUP: u32 = 65528;

/// A filesystem's own metadata, placed.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) superblock: Superblock,
    pub(super) groups: Vec<GroupDescriptor>,
    /// All blocks in use.
    pub(super) used: BlockSet,
    /// How many blocks the device has, which may be more than a filesystem can.
    pub(super) device_blocks: u64,
}

impl Plan {
    /// Places the metadata around the files. The directories' inodes are counted, their blocks are
    /// not placed yet.
    pub(super) fn new(
        block_size: u32,
        device_sectors: u64,
        files: &[FileLayout],
        directories: &[Directory],
    ) -> Result<Plan, LayoutError> {
        let files_inodes = files.iter().map(|file| (file.inode, file.path.as_str()));
        let inodes: Vec<(u32, &str)> =
            files_inodes.chain(directories.iter().map(|one| (one.number, one.path.as_str()))).collect();
        let mut superblock = superblock(block_size, device_sectors)?;
        make_inodes(&mut superblock, &inodes)?;
        let used = used_by(&superblock, files)?;
        let device_blocks = device_blocks(block_size, device_sectors);
        let mut plan = Plan { superblock, groups: Vec::new(), used, device_blocks };
        plan.place_groups()?;
        plan.count_inodes(&inodes, directories);
        Ok(plan)
    }

    /// Each group's bitmaps and inode table in one piece. The search outside the groups goes over the
    /// device once for all of them.
    fn place_groups(&mut self) -> Result<(), LayoutError> {
        let blocks = 2 + u64::from(self.superblock.inode_table_blocks());
        let end = u64::from(self.superblock.blocks_count);
        let mut elsewhere = u64::from(self.superblock.first_data_block);
        for group in 0..self.superblock.groups_count() {
            let start = self.superblock.group_start(group);
            let own = start..start + u64::from(self.superblock.blocks_in_group(group));
            let place = match self.used.first_gap(own, blocks) {
                Some(place) => place,
                None => {
                    let gap = self.used.first_gap(elsewhere..end, blocks);
                    elsewhere = gap.ok_or_else(|| LayoutError::NoRoom { what: format!("inodes/{group}") })?;
                    elsewhere
                }
            };
            self.occupy(place, blocks);
            let number = |block: u64| u32::try_from(block).unwrap_or(u32::MAX);
            self.groups.push(GroupDescriptor {
                block_bitmap: number(place),
                inode_bitmap: number(place + 1),
                inode_table: number(place + 2),
                ..GroupDescriptor::default()
            });
        }
        Ok(())
    }

    /// Takes the first gap of this many blocks.
    pub(super) fn take(&mut self, blocks: u64, what: &str) -> Result<u64, LayoutError> {
        let whole = u64::from(self.superblock.first_data_block)..u64::from(self.superblock.blocks_count);
        let place = self.used.first_gap(whole, blocks);
        let place = place.ok_or_else(|| LayoutError::NoRoom { what: what.to_owned() })?;
        self.occupy(place, blocks);
        Ok(place)
    }

    fn occupy(&mut self, first: u64, blocks: u64) {
        let result = self.used.insert(first, blocks);
        assert!(result.is_ok(), "blocks {first}+{blocks} were found free, but {result:?} is not");
    }

    fn count_inodes(&mut self, inodes: &[(u32, &str)], directories: &[Directory]) {
        let per_group = self.superblock.inodes_per_group;
        let free = u16::try_from(per_group).unwrap_or(u16::MAX);
        for descriptor in &mut self.groups {
            descriptor.free_inodes = free;
        }
        let group_of = |inode: u32| ((inode - 1) / per_group) as usize;
        let made = inodes.iter().map(|&(inode, _)| inode);
        // The root's inode is one of the reserved ones.
        let used = (1..FIRST_INODE).chain(made.filter(|&inode| inode >= FIRST_INODE));
        for inode in used {
            self.groups[group_of(inode)].free_inodes -= 1;
            self.superblock.free_inodes_count -= 1;
        }
        for directory in directories {
            self.groups[group_of(directory.number)].used_directories += 1;
        }
    }

    /// Counts the free blocks, now that everything is placed.
    pub(super) fn finish(mut self) -> Plan {
        for (group, descriptor) in (0..).zip(&mut self.groups) {
            let start = self.superblock.group_start(group);
            let blocks = u64::from(self.superblock.blocks_in_group(group));
            let free = blocks - self.used.count_within(start..start + blocks);
            descriptor.free_blocks = u16::try_from(free).unwrap_or(u16::MAX);
            self.superblock.free_blocks_count += u32::from(descriptor.free_blocks);
        }
        self
    }
}

fn device_blocks(block_size: u32, device_sectors: u64) -> u64 {
    device_sectors / (u64::from(block_size) / SECTOR_BYTES)
}

/// The superblock of an empty filesystem that fills the device as far as it can.
pub(super) fn superblock(block_size: u32, device_sectors: u64) -> Result<Superblock, BadSuperblock> {
    check_block_size(block_size)?;
    let log_block_size = block_size.trailing_zeros() - 10;
    let superblock = Superblock {
        inodes_count: 0,
        blocks_count: u32::try_from(device_blocks(block_size, device_sectors)).unwrap_or(u32::MAX),
        reserved_blocks_count: 0,
        free_blocks_count: 0,
        free_inodes_count: 0,
        first_data_block: u32::from(log_block_size == 0),
        log_block_size,
        blocks_per_group: MAX_BLOCKS_PER_GROUP.min(8 * block_size),
        inodes_per_group: MIN_INODES_PER_GROUP,
        written_at: 0,
        magic: MAGIC,
        state: 1,
        revision: 1,
        first_inode: FIRST_INODE,
        inode_size: INODE_SIZE,
        compatible: features::SPARSE_SUPER2,
        incompatible: features::FILETYPE,
        read_only_compatible: features::SPARSE_SUPER | features::LARGE_FILE,
    };
    superblock.check()?;
    Ok(superblock)
}

/// Makes the inode tables large enough for these inodes.
fn make_inodes(superblock: &mut Superblock, inodes: &[(u32, &str)]) -> Result<(), LayoutError> {
    let groups = superblock.groups_count();
    // Whole blocks of the inode table and whole bytes of the inode bitmap.
    let step = superblock.inodes_per_block().max(8);
    // Free inodes are counted in 16 bits.
    let most = (8 * superblock.block_size()).min(1 << 16) - step;
    let last = inodes.iter().map(|&(inode, _)| inode).max().unwrap_or(ROOT_INODE);
    let wanted = last.div_ceil(groups).max(MIN_INODES_PER_GROUP);
    superblock.inodes_per_group = wanted.min(most).next_multiple_of(step);
    let inodes_count = u64::from(groups) * u64::from(superblock.inodes_per_group);
    superblock.inodes_count = u32::try_from(inodes_count).unwrap_or(u32::MAX);
    superblock.free_inodes_count = superblock.inodes_count;
    let last = superblock.inodes_count;
    match inodes.iter().find(|&&(inode, _)| inode > last) {
        Some(&(inode, path)) => Err(LayoutError::Inode { path: path.to_owned(), inode, last }),
        None => Ok(()),
    }
}

/// Who claims blocks.
#[derive(Clone, Copy)]
enum Claimant<'a> {
    File(&'a FileLayout, MapBlock),
    System(Role),
}

/// Consecutive blocks of the device, and who claims the first of them.
struct Claim<'a> {
    physical: u64,
    blocks: u64,
    claimant: Claimant<'a>,
}

impl Claim<'_> {
    fn end(&self) -> u64 {
        self.physical.saturating_add(self.blocks)
    }

    fn owner_of(&self, physical: u64) -> Owner {
        match self.claimant {
            Claimant::File(file, MapBlock::Data(logical)) => {
                Owner::File(file.path.clone(), MapBlock::Data(logical + (physical - self.physical)))
            }
            Claimant::File(file, block) => Owner::File(file.path.clone(), block),
            Claimant::System(role) => Owner::System(role),
        }
    }
}

/// The claims of the files, the superblock and the descriptors, by place.
fn claims<'a>(superblock: &Superblock, files: &'a [FileLayout]) -> Vec<Claim<'a>> {
    let descriptors = superblock.descriptors_block();
    let mut claims = vec![
        // A block before the superblock's is the boot block, which no file may have either.
        Claim { physical: 0, blocks: descriptors, claimant: Claimant::System(Role::Super) },
        Claim {
            physical: descriptors,
            blocks: superblock.descriptor_blocks(),
            claimant: Claimant::System(Role::Groups),
        },
    ];
    for file in files {
        claims.extend(file.runs.iter().map(|run| Claim {
            physical: run.physical,
            blocks: run.blocks,
            claimant: Claimant::File(file, MapBlock::Data(run.logical)),
        }));
        claims.extend(file.indirect.iter().map(|(&role, &physical)| Claim {
            physical,
            blocks: 1,
            claimant: Claimant::File(file, MapBlock::Indirect(role)),
        }));
    }
    claims.sort_by_key(|claim| claim.physical);
    claims
}

/// The blocks of the files, superblock and descriptors, none of which may be claimed twice.
fn used_by(superblock: &Superblock, files: &[FileLayout]) -> Result<BlockSet, LayoutError> {
    let descriptors = superblock.descriptors_block();
    // Of each claim only the place: a large file has very many of them.
    let mut places = vec![(0, descriptors), (descriptors, superblock.descriptor_blocks())];
    for file in files {
        places.extend(file.runs.iter().map(|run| (run.physical, run.blocks)));
        places.extend(file.indirect.values().map(|&physical| (physical, 1)));
    }
    places.sort_unstable();
    let mut used = BlockSet::default();
    for (physical, blocks) in places {
        let end = physical.saturating_add(blocks);
        if end > u64::from(superblock.blocks_count) || used.insert(physical, blocks).is_err() {
            let bad = first_bad_claim(superblock, files);
            assert!(bad.is_some(), "blocks {physical}+{blocks} can be claimed by nobody");
            bad.map_or(Ok(()), Err)?;
        }
    }
    Ok(used)
}

/// What is wrong with the first claim that is beyond the device or on a block that another one has.
fn first_bad_claim(superblock: &Superblock, files: &[FileLayout]) -> Option<LayoutError> {
    let blocks = u64::from(superblock.blocks_count);
    let claims = claims(superblock, files);
    let mut before: Option<&Claim<'_>> = None;
    for claim in &claims {
        if claim.end() > blocks {
            let physical = claim.physical.max(blocks);
            return Some(LayoutError::BeyondDevice { owner: claim.owner_of(physical), physical, blocks });
        }
        if let Some(before) = before.filter(|before| before.end() > claim.physical) {
            let block = claim.physical;
            let (first, second) = (before.owner_of(block), claim.owner_of(block));
            return Some(LayoutError::OwnedTwice { block, first, second });
        }
        before = Some(claim);
    }
    None
}
