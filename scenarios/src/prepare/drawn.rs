//! Fragmented files: pieces whose places are drawn from the seed.
//!
//! The blocks of the file are taken in the order in which an allocator meets them: each indirect
//! block before the first block that it maps. This chain is cut at random places into as many
//! pieces as asked for, and the pieces are laid out in random order with random gaps between them,
//! so that no two are neighbours.

use std::collections::BTreeSet;

use sim_core::io::Role;
use sim_core::io::blocks::PlacedRun;
use sim_core::random::{NameTaken, Stream, Streams};

use super::placed::MapShape;

/// The longest file that is drawn, in blocks: 1 TiB of 4 KiB blocks.
const MOST_BLOCKS: u64 = 1 << 28;
/// The most pieces.
const MOST_PIECES: u64 = 1_000_000;
/// The largest gap between two pieces, in blocks.
const LARGEST_GAP: u64 = 1_024;

/// Why a file cannot be drawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DrawError {
    #[error("a file of {blocks} blocks, indirect ones included, cannot lie in {fragments} pieces")]
    TooManyPieces { blocks: u64, fragments: u64 },
    #[error("files that are drawn have at most {MOST_BLOCKS} blocks and {MOST_PIECES} pieces")]
    TooLarge,
    #[error("the pieces reach beyond the last block that 32 bits can point to")]
    TooFar,
    #[error(transparent)]
    Stream(#[from] NameTaken),
}

/// Where a file came to lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Drawn {
    pub(super) placed: Vec<PlacedRun>,
    /// The first block behind all pieces.
    pub(super) end: u64,
}

/// A stretch of the chain: data blocks or one indirect block.
struct Link {
    role: Role,
    first: u64,
    count: u64,
}

/// Draws the places of a file of `size` bytes, from block `start` on.
pub(super) fn draw(
    path: &str,
    size: u64,
    fragments: u64,
    shape: MapShape,
    start: u64,
    seed: u64,
) -> Result<Drawn, DrawError> {
    let data_blocks = size.div_ceil(shape.block_size());
    if data_blocks > MOST_BLOCKS.min(shape.reach()) || fragments > MOST_PIECES {
        return Err(DrawError::TooLarge);
    }
    let chain = chain(data_blocks, shape);
    let blocks = chain.iter().map(|link| link.count).sum();
    if fragments > blocks {
        return Err(DrawError::TooManyPieces { blocks, fragments });
    }
    let mut stream = Streams::new(seed).stream(&format!("layout {path}"))?;
    let cuts = cuts(blocks, fragments, &mut stream);
    let (starts, end) = places(&cuts, start, &mut stream);
    if end > 1 << 32 {
        return Err(DrawError::TooFar);
    }
    Ok(Drawn { placed: cut(&chain, &cuts, &starts), end })
}

fn chain(data_blocks: u64, shape: MapShape) -> Vec<Link> {
    let mut chain = Vec::new();
    let mut told = BTreeSet::new();
    let mut logical = 0;
    while logical < data_blocks {
        let (leaf, next) = shape.leaf(logical);
        let middle = leaf.and_then(MapShape::parent);
        let top = middle.and_then(MapShape::parent);
        for role in [top, middle, leaf].into_iter().flatten() {
            if told.insert(role) {
                chain.push(Link { role, first: 0, count: 1 });
            }
        }
        let end = next.min(data_blocks);
        chain.push(Link { role: Role::Data, first: logical, count: end - logical });
        logical = end;
    }
    chain
}

/// The ends of the pieces along the chain, ascending, the last one being the chain's (Floyd's way
/// of drawing distinct numbers).
fn cuts(blocks: u64, fragments: u64, stream: &mut Stream) -> Vec<u64> {
    let mut cuts = BTreeSet::new();
    for highest in (blocks - fragments + 1)..blocks {
        let drawn = 1 + stream.below(highest);
        if !cuts.insert(drawn) {
            cuts.insert(highest);
        }
    }
    cuts.insert(blocks);
    cuts.into_iter().collect()
}

/// The first physical block of each piece, and the end of all.
fn places(cuts: &[u64], start: u64, stream: &mut Stream) -> (Vec<u64>, u64) {
    let mut order: Vec<usize> = (0..cuts.len()).collect();
    stream.shuffle(&mut order);
    let mut starts = vec![0; cuts.len()];
    let mut free = start;
    for (nth, piece) in order.into_iter().enumerate() {
        if nth > 0 {
            free += 1 + stream.below(LARGEST_GAP);
        }
        let before = if piece == 0 { 0 } else { cuts[piece - 1] };
        starts[piece] = free;
        free += cuts[piece] - before;
    }
    (starts, free)
}

/// The links, cut at the ends of the pieces and put in place.
fn cut(chain: &[Link], cuts: &[u64], starts: &[u64]) -> Vec<PlacedRun> {
    let mut placed = Vec::new();
    let (mut piece, mut at, mut piece_start) = (0, 0, 0);
    for link in chain {
        let mut done = 0;
        while done < link.count {
            if at == cuts[piece] {
                piece_start = at;
                piece += 1;
            }
            let count = (link.count - done).min(cuts[piece] - at);
            let first = if link.role == Role::Data { link.first + done } else { 0 };
            placed.push(PlacedRun {
                role: link.role,
                first,
                count,
                physical: starts[piece] + at - piece_start,
            });
            done += count;
            at += count;
        }
    }
    placed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::placed::check_map;
    use super::*;

    fn pieces(placed: &[PlacedRun]) -> usize {
        let breaks = placed.windows(2).filter(|pair| pair[0].physical + pair[0].count != pair[1].physical);
        1 + breaks.count()
    }

    proptest! {
        #[test]
        fn a_drawn_file_is_whole_and_lies_in_as_many_pieces_as_asked_for(
            blocks in 1_u64..3_000, part in 1_u64..=100, seed: u64
        ) {
            let shape = MapShape::new(1_024);
            let fragments = (blocks * part / 100).max(1);
            let drawn = draw("f", blocks * 1_024, fragments, shape, 100, seed).unwrap();
            prop_assert_eq!(check_map(&drawn.placed, shape), Ok(()));
            prop_assert_eq!(pieces(&drawn.placed) as u64, fragments);
            let data = drawn.placed.iter().filter(|run| run.role == Role::Data);
            prop_assert_eq!(data.map(|run| run.count).sum::<u64>(), blocks);
            let mut by_place: Vec<_> = drawn.placed.iter().map(|run| (run.physical, run.count)).collect();
            by_place.sort_unstable();
            prop_assert!(by_place.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0));
            prop_assert!(by_place.iter().all(|(start, count)| *start >= 100 && start + count <= drawn.end));
        }
    }

    #[test]
    fn the_seed_decides_and_nothing_else() {
        let shape = MapShape::new(4_096);
        let draw = |path, seed| draw(path, 1 << 20, 8, shape, 1_000, seed).unwrap();
        assert_eq!(draw("f", 1), draw("f", 1));
        assert_ne!(draw("f", 1), draw("f", 2));
        assert_ne!(draw("f", 1), draw("g", 1));
    }

    #[test]
    fn more_pieces_than_blocks_are_refused() {
        let shape = MapShape::new(4_096);
        assert!(draw("f", 13 * 4_096, 14, shape, 1_000, 1).is_ok());
        let error = draw("f", 13 * 4_096, 15, shape, 1_000, 1).unwrap_err();
        assert_eq!(error, DrawError::TooManyPieces { blocks: 14, fragments: 15 });
    }
}
