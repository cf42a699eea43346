//! From a logical block of a file to the pointers that lead to it (the kernel's
//! `ext2_block_to_path`), and what the indirect blocks on that way are called.
//!
//! Source: `docs/model/ext2.md`, Block map.

use std::fmt;

use sim_core::io::Role;

/// How many pointers of an inode lead to data directly (`EXT2_NDIR_BLOCKS`).
pub const DIRECT_POINTERS: u32 = 12;
/// The inode's pointer to the single indirect block (`EXT2_IND_BLOCK`).
pub const IND_POINTER: u32 = 12;
/// The inode's pointer to the double indirect block (`EXT2_DIND_BLOCK`).
pub const DIND_POINTER: u32 = 13;
/// The inode's pointer to the triple indirect block (`EXT2_TIND_BLOCK`).
pub const TIND_POINTER: u32 = 14;
/// How many pointers an inode has (`EXT2_N_BLOCKS`).
pub const INODE_POINTERS: usize = 15;
/// Bytes in a pointer.
pub const POINTER_BYTES: u32 = 4;

/// A block that no pointer of an inode can lead to (EIO).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("block {block} is too big: a file has at most {limit} blocks here")]
pub struct TooBig {
    /// The logical block.
    pub block: u64,
    /// How many blocks the map of a file reaches.
    pub limit: u64,
}

/// How many pointers an indirect block holds.
// [ext2-map.pointers]
pub const fn pointers_per_block(block_size: u32) -> u32 {
    block_size / POINTER_BYTES
}

/// How many blocks the map of a file reaches.
pub fn map_reach(pointers_per_block: u32) -> u64 {
    let pointers = u64::from(pointers_per_block);
    u64::from(DIRECT_POINTERS) + pointers + pointers.pow(2) + pointers.pow(3)
}

/// The way from an inode to a logical block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockPath {
    /// The pointer to follow at each level: first the inode's, then the indirect blocks'. Those from
    /// `depth` on mean nothing and are 0.
    pub offsets: [u32; 4],
    /// How many pointers are followed: 1 to 4.
    pub depth: u8,
    /// How many more blocks follow this one in the same last-level array.
    pub blocks_to_boundary: u32,
}

impl BlockPath {
    /// What the block is that the pointer at `level` leads to; level 0 is the inode's pointer. At the
    /// last level (and beyond it) that is data.
    pub fn role_at(&self, level: usize) -> Role {
        let [_, second, third, _] = self.offsets;
        match (self.depth, level) {
            (2, 0) => Role::Ind,
            (3, 0) => Role::Dind,
            (3, 1) => Role::DindLeaf(second),
            (4, 0) => Role::Tind,
            (4, 1) => Role::TindMiddle(second),
            (4, 2) => Role::TindLeaf(second, third),
            _ => Role::Data,
        }
    }

    /// The roles of the indirect blocks on the way, parent first.
    pub fn indirect_roles(self) -> impl Iterator<Item = Role> {
        (0..usize::from(self.depth) - 1).map(move |level| self.role_at(level))
    }
}

/// The way to logical block `block` of a file, where an indirect block holds `pointers_per_block`
/// pointers (256 to 16 384: blocks of 1 to 64 KiB).
///
/// # Errors
/// [`TooBig`] if the block lies beyond the triple indirect block's reach.
// [ext2-map.direct] [ext2-map.single] [ext2-map.double] [ext2-map.triple]
pub fn block_to_path(block: u64, pointers_per_block: u32) -> Result<BlockPath, TooBig> {
    let pointers = u64::from(pointers_per_block);
    let mut rest = block;
    let spans = [u64::from(DIRECT_POINTERS), pointers, pointers.pow(2), pointers.pow(3)];
    for (depth, span) in (1_u8..).zip(spans) {
        if rest < span {
            return Ok(path_within(depth, rest, pointers_per_block));
        }
        rest -= span;
    }
    // [ext2-map.too-big]
    Err(TooBig { block, limit: map_reach(pointers_per_block) })
}

/// The path to block `index` of those that are mapped at `depth`.
fn path_within(depth: u8, index: u64, pointers_per_block: u32) -> BlockPath {
    let pointers = u64::from(pointers_per_block);
    let digit = |place: u32| {
        let digit = index / pointers.pow(place) % pointers;
        u32::try_from(digit).unwrap_or(u32::MAX)
    };
    let offsets = match depth {
        1 => [u32::try_from(index).unwrap_or(u32::MAX), 0, 0, 0],
        2 => [IND_POINTER, digit(0), 0, 0],
        3 => [DIND_POINTER, digit(1), digit(0), 0],
        _ => [TIND_POINTER, digit(2), digit(1), digit(0)],
    };
    // [ext2-map.blocks-to-boundary]
    let length = if depth == 1 { DIRECT_POINTERS } else { pointers_per_block };
    let last = offsets[usize::from(depth) - 1];
    BlockPath { offsets, depth, blocks_to_boundary: length - 1 - last }
}

/// A block of a file's map; shown in the grammar of layouts: `12`, `ind`, `dleaf/3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MapBlock {
    /// A block of its contents, by its logical number.
    Data(u64),
    /// An indirect block.
    Indirect(Role),
}

impl fmt::Display for MapBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MapBlock::Data(logical) => logical.fmt(f),
            MapBlock::Indirect(role) => role.fmt(f),
        }
    }
}

/// What pointer `index` of an indirect block of the given role leads to, if that is another indirect
/// block.
pub fn child_of(role: Role, index: u32) -> Option<Role> {
    match role {
        Role::Dind => Some(Role::DindLeaf(index)),
        Role::Tind => Some(Role::TindMiddle(index)),
        Role::TindMiddle(middle) => Some(Role::TindLeaf(middle, index)),
        _ => None,
    }
}

/// Which pointer of its parent leads to an indirect block; 0 for those that the inode leads to.
pub fn index_in_parent(role: Role) -> u32 {
    match role {
        Role::DindLeaf(index) | Role::TindMiddle(index) | Role::TindLeaf(_, index) => index,
        _ => 0,
    }
}

/// The logical blocks that an indirect block can map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first one.
    pub first: u64,
    /// How many.
    pub blocks: u64,
    /// Whether its pointers lead to data.
    pub leaf: bool,
}

/// What an indirect block of the given role can map; `None` if no file has such an indirect block.
pub fn span_of(role: Role, pointers_per_block: u32) -> Option<Span> {
    let pointers = u64::from(pointers_per_block);
    let single = u64::from(DIRECT_POINTERS);
    let double = single + pointers;
    let triple = double + pointers.pow(2);
    let place = |index: u32| (index < pointers_per_block).then_some(u64::from(index));
    let (first, blocks, leaf) = match role {
        Role::Ind => (single, pointers, true),
        Role::Dind => (double, pointers.pow(2), false),
        Role::DindLeaf(leaf) => (double + place(leaf)? * pointers, pointers, true),
        Role::Tind => (triple, pointers.pow(3), false),
        Role::TindMiddle(middle) => (triple + place(middle)? * pointers.pow(2), pointers.pow(2), false),
        Role::TindLeaf(middle, leaf) => {
            (triple + place(middle)? * pointers.pow(2) + place(leaf)? * pointers, pointers, true)
        }
        Role::Data | Role::Super | Role::Groups | Role::Bitmap(_) | Role::Inodes(_) | Role::Unknown => {
            return None;
        }
    };
    Some(Span { first, blocks, leaf })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(block: u64, pointers: u32) -> ([u32; 4], u8, u32) {
        let path = block_to_path(block, pointers).unwrap();
        (path.offsets, path.depth, path.blocks_to_boundary)
    }

    // [ext2-map.pointers] [ext2-map.direct] [ext2-map.single] [ext2-map.double] [ext2-map.triple]
    // [ext2-map.blocks-to-boundary]
    #[test]
    fn each_depth_begins_and_ends_where_the_inodes_pointers_do() {
        for block_size in [1024, 2048, 4096, 8192, 16384, 32768, 65536] {
            let p = pointers_per_block(block_size);
            assert_eq!(u64::from(p) * 4, u64::from(block_size));
            let (last, wide) = (p - 1, u64::from(p));
            assert_eq!(path(0, p), ([0, 0, 0, 0], 1, 11));
            assert_eq!(path(11, p), ([11, 0, 0, 0], 1, 0));
            assert_eq!(path(12, p), ([12, 0, 0, 0], 2, last));
            assert_eq!(path(11 + wide, p), ([12, last, 0, 0], 2, 0));
            assert_eq!(path(12 + wide, p), ([13, 0, 0, 0], 3, last));
            assert_eq!(path(12 + 2 * wide, p), ([13, 1, 0, 0], 3, last));
            assert_eq!(path(11 + wide + wide.pow(2), p), ([13, last, last, 0], 3, 0));
            assert_eq!(path(12 + wide + wide.pow(2), p), ([14, 0, 0, 0], 4, last));
            assert_eq!(path(map_reach(p) - 1, p), ([14, last, last, last], 4, 0));
        }
    }

    // [ext2-map.too-big]
    #[test]
    fn a_block_beyond_the_triple_indirect_block_is_too_big() {
        for pointers in [256, 16384] {
            let limit = map_reach(pointers);
            for block in [limit, u64::MAX] {
                assert_eq!(block_to_path(block, pointers), Err(TooBig { block, limit }));
            }
        }
    }

    #[test]
    fn roles_name_the_indirect_blocks_on_the_way() {
        let roles = |block| block_to_path(block, 256).unwrap().indirect_roles().collect::<Vec<_>>();
        assert_eq!(roles(3), []);
        assert_eq!(roles(12), [Role::Ind]);
        assert_eq!(roles(268 + 256 * 5), [Role::Dind, Role::DindLeaf(5)]);
        let block = 268 + 65536 + 65536 * 7 + 256 * 2 + 1;
        assert_eq!(roles(block), [Role::Tind, Role::TindMiddle(7), Role::TindLeaf(7, 2)]);
        assert_eq!(block_to_path(block, 256).unwrap().role_at(3), Role::Data);
    }

    #[test]
    fn roles_that_no_map_has_map_nothing() {
        for role in [Role::Super, Role::Data, Role::DindLeaf(256), Role::TindLeaf(0, 256)] {
            assert_eq!(span_of(role, 256), None, "{role}");
        }
    }

    proptest! {
        #[test]
        fn a_blocks_indirect_blocks_are_those_whose_span_holds_it(
            shift in 8_u32..15,
            seed in any::<u64>(),
        ) {
            let pointers = 1 << shift;
            let block = seed % map_reach(pointers);
            let path = block_to_path(block, pointers).unwrap();
            let mut left = None;
            for role in path.indirect_roles() {
                let span = span_of(role, pointers).unwrap();
                prop_assert!((span.first..span.first + span.blocks).contains(&block), "{}", role);
                left = Some(span);
            }
            if let Some(leaf) = left {
                prop_assert!(leaf.leaf);
                prop_assert_eq!(u64::from(path.blocks_to_boundary), leaf.first + leaf.blocks - 1 - block);
            }
        }
    }
}
