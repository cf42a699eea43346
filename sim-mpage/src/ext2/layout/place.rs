//! Places for files that only a size is known of: in one piece, or in fragments drawn from the seed.
//! Indirect blocks lie where ext2 puts them when it has room, before the first block that they map,
//! the parent before its child.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::io::Role;
use sim_core::random::Stream;

use crate::ext2::disk_format::{BadSuperblock, check_block_size};
use crate::ext2::file_map::Run;
use crate::ext2::layout::plan;
use crate::ext2::path::{BlockPath, TooBig, block_to_path, pointers_per_block};

/// A file that finds no place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotPlace {
    /// The block size is none.
    #[error(transparent)]
    BlockSize(#[from] BadSuperblock),
    /// It has more blocks than a map reaches.
    #[error(transparent)]
    TooBig(#[from] TooBig),
    /// Its places cannot be counted.
    #[error("{blocks} blocks from block {start} on are more than can be counted")]
    Overflow {
        /// Where it was to begin.
        start: u64,
        /// How many data blocks it was to have.
        blocks: u64,
    },
    /// It cannot be cut into this number of pieces.
    #[error("{blocks} blocks cannot lie in {fragments} fragments")]
    Fragments {
        /// How many data blocks it was to have.
        blocks: u64,
        /// In how many pieces.
        fragments: u64,
    },
}

/// Where a file's blocks lie.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// Its data, in logical order.
    pub runs: Vec<Run>,
    /// Its indirect blocks.
    pub indirect: BTreeMap<Role, u64>,
}

impl Placement {
    /// The first block after all of them; 0 if there are none.
    pub fn end(&self) -> u64 {
        let data = self.runs.iter().map(|run| run.physical.saturating_add(run.blocks));
        data.chain(self.indirect.values().map(|place| place.saturating_add(1))).max().unwrap_or(0)
    }
}

/// The first block that files may have on a device of this size: the one after the group
/// descriptors.
///
/// # Errors
/// [`BadSuperblock`] if block size or device allow no filesystem.
pub fn first_file_block(block_size: u32, device_sectors: u64) -> Result<u64, BadSuperblock> {
    let superblock = plan::superblock(block_size, device_sectors)?;
    Ok(superblock.descriptors_block() + superblock.descriptor_blocks())
}

/// A file of `blocks` data blocks in one piece from block `start` on, its indirect blocks among the
/// data as they would be allocated: `0-11@1000 ind@1012 12-15@1013`.
///
/// # Errors
/// [`CannotPlace`]. Whether the place is free and within the device is not known here.
pub fn contiguous(start: u64, blocks: u64, block_size: u32) -> Result<Placement, CannotPlace> {
    let mut placement = Placement::default();
    let mut writer = Writer::new(start, blocks, block_size)?;
    writer.place(&mut placement, 0, blocks, start)?;
    placement.runs.shrink_to_fit();
    Ok(placement)
}

/// A file of `blocks` data blocks in `fragments` pieces of random lengths, in random order on the
/// device from block `start` on, each after a gap of 1 block to twice the mean piece.
///
/// # Errors
/// [`CannotPlace`]. Whether the places are free and within the device is not known here.
pub fn fragmented(
    start: u64,
    blocks: u64,
    block_size: u32,
    fragments: u64,
    stream: &mut Stream,
) -> Result<Placement, CannotPlace> {
    let mut writer = Writer::new(start, blocks, block_size)?;
    let pieces = cut(blocks, fragments, stream)?;
    let mut order: Vec<usize> = (0..pieces.len()).collect();
    stream.shuffle(&mut order);
    let widest_gap = 2 * (blocks / fragments.max(1)).max(1);
    // Where a piece lies depends on the ones before it on the device, but which indirect blocks it
    // holds on those before it in the file: so first in the file's order from 0, then moved.
    let mut placed = Vec::new();
    for &(first, length) in &pieces {
        let mut piece = Placement::default();
        let end = writer.place(&mut piece, first, length, 0)?;
        placed.push((piece, end));
    }
    let mut offsets = vec![0; pieces.len()];
    let mut next = start;
    let overflow = || CannotPlace::Overflow { start, blocks };
    for &piece in &order {
        next = next.checked_add(1 + stream.below(widest_gap)).ok_or_else(overflow)?;
        offsets[piece] = next;
        next = next.checked_add(placed[piece].1).ok_or_else(overflow)?;
    }
    let mut placement = Placement::default();
    for ((piece, _), offset) in placed.into_iter().zip(offsets) {
        placement
            .runs
            .extend(piece.runs.into_iter().map(|run| Run { physical: run.physical + offset, ..run }));
        placement.indirect.extend(piece.indirect.into_iter().map(|(role, place)| (role, place + offset)));
    }
    Ok(placement)
}

/// The first block and the length of each piece.
fn cut(blocks: u64, fragments: u64, stream: &mut Stream) -> Result<Vec<(u64, u64)>, CannotPlace> {
    if fragments > blocks || (fragments == 0 && blocks > 0) {
        return Err(CannotPlace::Fragments { blocks, fragments });
    }
    if blocks == 0 {
        return Ok(Vec::new());
    }
    // Floyd's way to draw distinct numbers (Bentley and Floyd, "A Sample of Brilliance", 1987): the
    // cuts are before blocks 1 to `blocks - 1`.
    let mut cuts = BTreeSet::from([0]);
    for last in blocks - (fragments - 1)..blocks {
        let drawn = 1 + stream.below(last);
        if !cuts.insert(drawn) {
            cuts.insert(last);
        }
    }
    let ends = cuts.iter().skip(1).copied().chain([blocks]);
    Ok(cuts.iter().zip(ends).map(|(&first, end)| (first, end - first)).collect())
}

/// Places logical blocks in ascending order and knows which indirect blocks are there already.
struct Writer {
    pointers_per_block: u32,
    /// The path to the block that was placed last: none but its indirect blocks are met again.
    last: Option<BlockPath>,
}

impl Writer {
    fn new(start: u64, blocks: u64, block_size: u32) -> Result<Writer, CannotPlace> {
        check_block_size(block_size)?;
        let pointers_per_block = pointers_per_block(block_size);
        if let Some(last) = blocks.checked_sub(1) {
            block_to_path(last, pointers_per_block)?;
        }
        // Far fewer indirect blocks than one for each data block and three more.
        let most = 2 * blocks + 3;
        start.checked_add(most).ok_or(CannotPlace::Overflow { start, blocks })?;
        Ok(Writer { pointers_per_block, last: None })
    }

    /// Places `length` blocks from logical block `first` on, from `next` on; gives the place after
    /// them.
    fn place(
        &mut self,
        placement: &mut Placement,
        first: u64,
        length: u64,
        mut next: u64,
    ) -> Result<u64, CannotPlace> {
        let mut logical = first;
        while logical < first + length {
            let path: BlockPath = block_to_path(logical, self.pointers_per_block)?;
            let last = self.last.replace(path);
            for role in path.indirect_roles() {
                if last.is_none_or(|last| last.indirect_roles().all(|made| made != role)) {
                    placement.indirect.insert(role, next);
                    next += 1;
                }
            }
            let blocks = (u64::from(path.blocks_to_boundary) + 1).min(first + length - logical);
            placement.runs.push(Run { logical, physical: next, blocks });
            logical += blocks;
            next += blocks;
        }
        Ok(next)
    }
}
