//! Files: runs of data with holes between them, and indirect blocks anywhere.

use std::collections::BTreeSet;

use sim_core::io::Role;
use sim_mpage::ext2::path::{block_to_path, pointers_per_block};

use crate::quantity::Size;
use crate::scenario::filesystem::File;

use super::Draw;

/// The first block that is given out; what lies before it is left to the filesystem's own.
const FIRST_BLOCK: u64 = 3_000;

/// A file, and what those who draw calls and faults want to know of it.
pub(super) struct DrawnFile {
    pub(super) path: String,
    pub(super) file: File,
    /// Its size in bytes.
    pub(super) size: u64,
    pub(super) block_size: u64,
    /// Its size in blocks.
    pub(super) blocks: u64,
    /// Where its runs of data begin, in blocks of the file.
    pub(super) starts: Vec<u64>,
    /// Its indirect blocks, as far as they are known.
    pub(super) indirect: Vec<Role>,
    /// What lies on the device where: first block and number.
    placed: Vec<(u64, u64)>,
}

/// Something that lies in one piece on the device.
#[derive(Clone, Copy)]
enum Piece {
    Data { logical: u64, blocks: u64 },
    Indirect(Role),
}

/// One to three files.
pub(super) fn files(draw: &mut Draw, block_size: u64) -> Vec<DrawnFile> {
    let mut place = FIRST_BLOCK + draw.number(0, 2_000);
    let count = draw.of(&[1, 1, 1, 2, 3]);
    let paths = ["/f", "/g", "/h"].into_iter().take(count);
    paths
        .map(|path| {
            if draw.one_in(6) {
                fragmented(draw, path, block_size)
            } else {
                described(draw, path, block_size, &mut place)
            }
        })
        .collect()
}

/// A sector of some file's data or indirect blocks.
pub(super) fn some_sector(draw: &mut Draw, files: &[DrawnFile]) -> u64 {
    let placed: Vec<_> = files
        .iter()
        .flat_map(|file| file.placed.iter().map(|&(first, blocks)| (file.block_size / 512, first, blocks)))
        .collect();
    if placed.is_empty() {
        return draw.number(8 * FIRST_BLOCK, 64 * FIRST_BLOCK);
    }
    let (sectors, first, blocks) = draw.of(&placed);
    (first + draw.number(0, blocks - 1)) * sectors + draw.number(0, sectors - 1)
}

fn fragmented(draw: &mut Draw, path: &str, block_size: u64) -> DrawnFile {
    let blocks = draw.number(1, 400);
    let size = blocks * block_size - draw.number(0, block_size - 1);
    let fragments = Some(draw.number(1, blocks.min(12)));
    let file = File { size: Some(Size(size)), fragments, layout: None };
    DrawnFile {
        path: path.to_owned(),
        file,
        size,
        block_size,
        blocks,
        starts: vec![0],
        indirect: Vec::new(),
        placed: Vec::new(),
    }
}

fn described(draw: &mut Draw, path: &str, block_size: u64, place: &mut u64) -> DrawnFile {
    let data = data(draw, block_size);
    let starts = data.iter().map(|&(logical, _)| logical).collect();
    let mut pieces = pieces(draw, &data, block_size);
    order(draw, &mut pieces);
    let widest_gap = draw.of(&[0, 0, 1, 3, 40]);
    let mut placed = Vec::new();
    let mut words = Vec::new();
    let mut indirect = Vec::new();
    for piece in pieces {
        *place += if widest_gap > 0 && draw.one_in(2) { draw.number(0, widest_gap) } else { 0 };
        let blocks = match piece {
            Piece::Data { logical, blocks: 1 } => {
                words.push(format!("{logical}@{place}"));
                1
            }
            Piece::Data { logical, blocks } => {
                words.push(format!("{logical}-{}@{place}", logical + blocks - 1));
                blocks
            }
            Piece::Indirect(role) => {
                indirect.push(role);
                words.push(format!("{role}@{place}"));
                1
            }
        };
        placed.push((*place, blocks));
        *place += blocks;
    }
    let end = data.last().map_or(0, |&(logical, blocks)| logical + blocks);
    let (blocks, size) = match draw.number(0, 3) {
        0 => (end, end * block_size - draw.number(0, block_size - 1)),
        // A hole at the end.
        1 => {
            let blocks = end + draw.number(1, 30);
            (blocks, blocks * block_size - draw.number(0, block_size - 1))
        }
        _ => (end, end * block_size),
    };
    let file = File { layout: Some(words.join(" ")), size: Some(Size(size)), fragments: None };
    DrawnFile { path: path.to_owned(), file, size, block_size, blocks, starts, indirect, placed }
}

/// Runs of data: first logical block and number. They begin at the start of the file, at one of the
/// places where an array of pointers ends, or behind a hole.
fn data(draw: &mut Draw, block_size: u64) -> Vec<(u64, u64)> {
    let pointers = block_size / 4;
    let ends_of_arrays = [12, 12 + pointers, 12 + 2 * pointers, 12 + pointers + pointers * pointers];
    let mut runs = Vec::new();
    let mut at = if draw.one_in(5) { draw.number(1, 14) } else { 0 };
    let mut left = draw.of(&[1, 5, 16, 16, 40, 120, 300, 600]);
    while left > 0 {
        let most = draw.of(&[1, 2, 7, 13, 50, 400]);
        let blocks = draw.number(1, most.min(left));
        runs.push((at, blocks));
        left -= blocks;
        at += blocks;
        if draw.one_in(3) {
            at += draw.number(1, 20);
        } else if draw.one_in(12) {
            let ahead = draw.of(&ends_of_arrays);
            at = at.max(ahead.saturating_sub(draw.number(0, 6)));
        }
    }
    runs
}

/// The data cut into pieces, each indirect block before the first piece that it maps.
fn pieces(draw: &mut Draw, data: &[(u64, u64)], block_size: u64) -> Vec<Piece> {
    // Block sizes are those of filesystems.
    let pointers = pointers_per_block(u32::try_from(block_size).unwrap_or(4_096));
    let mut known = BTreeSet::new();
    let mut pieces = Vec::new();
    let cuts = draw.of(&[u64::MAX, u64::MAX, 12, 3]);
    for &(first, count) in data {
        let mut begun = None;
        for block in first..first + count {
            // Beyond every map there is no file.
            let Ok(path) = block_to_path(block, pointers) else { break };
            let fresh: Vec<_> = path.indirect_roles().filter(|role| known.insert(*role)).collect();
            let cut = !fresh.is_empty() || (cuts < u64::MAX && draw.one_in(cuts));
            if let Some(logical) = begun
                && cut
            {
                pieces.push(Piece::Data { logical, blocks: block - logical });
                begun = None;
            }
            pieces.extend(fresh.into_iter().map(Piece::Indirect));
            begun = begun.or(Some(block));
        }
        if let Some(logical) = begun {
            pieces.push(Piece::Data { logical, blocks: first + count - logical });
        }
    }
    pieces
}

/// The order on the device: as the allocator would, with the indirect blocks first or last, backward,
/// or any.
fn order(draw: &mut Draw, pieces: &mut [Piece]) {
    let is_data = |piece: &Piece| matches!(piece, Piece::Data { .. });
    match draw.number(0, 7) {
        0 => pieces.sort_by_key(is_data),
        1 => pieces.sort_by_key(|piece| !is_data(piece)),
        2 => pieces.reverse(),
        3 => draw.0.shuffle(pieces),
        _ => {}
    }
}
