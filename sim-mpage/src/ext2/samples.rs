//! Layouts and images for tests.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use sim_core::io::Role;

use crate::ext2::file_map::Run;
use crate::ext2::image::{ReadAt, ReadError};
use crate::ext2::layout::{FileLayout, Layout, volume};
use crate::ext2::path::{block_to_path, map_reach, pointers_per_block};
use crate::ext2::volume::Volume;
use crate::medium::Base;

/// A run, written like a triple of a trace.
pub(crate) fn run(logical: u64, physical: u64, blocks: u64) -> Run {
    Run { logical, physical, blocks }
}

/// A file of a layout.
pub(crate) fn file(path: &str, inode: u32, runs: &[Run], indirect: &[(Role, u64)]) -> FileLayout {
    let size = 1024 * runs.iter().map(|run| run.logical + run.blocks).max().unwrap_or(0);
    let (runs, indirect) = (runs.to_vec(), indirect.iter().copied().collect());
    FileLayout { path: path.into(), inode, size, runs, indirect }
}

/// A device of 8192 blocks of 1 KiB with these files.
pub(crate) fn small(files: &[FileLayout]) -> Layout {
    Layout { block_size: 1024, device_sectors: 16384, files: files.to_vec() }
}

/// The classic file of 16 blocks, 17 with its indirect block.
pub(crate) fn classic() -> FileLayout {
    file("/f", 12, &[run(0, 1000, 12), run(12, 1013, 4)], &[(Role::Ind, 1012)])
}

/// An image that a layout describes, with some bytes changed; counts how often it is read.
pub(crate) struct Patched {
    base: Arc<dyn Base>,
    patches: BTreeMap<u64, u8>,
    length: u64,
    reads: AtomicU64,
}

impl Patched {
    pub(crate) fn new(volume: &Volume) -> Patched {
        let base = Arc::clone(&volume.base);
        let length = base.blocks() * u64::from(base.block_size());
        Patched { base, patches: BTreeMap::new(), length, reads: AtomicU64::new(0) }
    }

    pub(crate) fn patch(mut self, block: u64, offset: usize, bytes: &[u8]) -> Patched {
        let start = block * u64::from(self.base.block_size()) + offset as u64;
        self.patches.extend((start..).zip(bytes.iter().copied()));
        self
    }

    pub(crate) fn cut(mut self, length: u64) -> Patched {
        self.length = length;
        self
    }

    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }
}

impl ReadAt for Patched {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<(), ReadError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        if offset + out.len() as u64 > self.length {
            return Err(ReadError("the image ends here".into()));
        }
        let mut block = vec![0; self.base.block_size() as usize];
        for (at, byte) in (offset..).zip(out) {
            let size = block.len() as u64;
            if at == offset || at % size == 0 {
                self.base.read_block(at / size, &mut block).unwrap();
            }
            let original = block[usize::try_from(at % size).unwrap()];
            *byte = self.patches.get(&at).copied().unwrap_or(original);
        }
        Ok(())
    }
}

/// What a described file is made of: a hole and a run, each with where it comes on the device.
type Pieces = Vec<(u64, u64, u32)>;

fn pieces() -> impl Strategy<Value = (u64, Pieces)> {
    let start = prop_oneof![3 => 0_u64..300, 1 => Just(65536 + 260), 1 => 0_u64..u64::MAX];
    (start, prop::collection::vec((0_u64..400, 1_u64..60, any::<u32>()), 0..8))
}

/// Random layouts on a device of 8192 blocks of 1 to 4 KiB: up to three files with holes, of any
/// depth, whose pieces and indirect blocks lie in random order.
pub(crate) fn layouts() -> impl Strategy<Value = Layout> {
    (10_u32..13, prop::collection::vec(pieces(), 1..4)).prop_map(|(shift, files)| {
        let block_size = 1 << shift;
        let mut layout =
            Layout { block_size, device_sectors: 8192 * u64::from(block_size) / 512, files: Vec::new() };
        let mut next = 60;
        for (inode, (start, pieces)) in (12..).zip(files) {
            layout.files.push(described(inode, block_size, start, &pieces, &mut next));
        }
        layout
    })
}

fn described(inode: u32, block_size: u32, start: u64, pieces: &Pieces, next: &mut u64) -> FileLayout {
    let pointers = pointers_per_block(block_size);
    let mut logical = start % (map_reach(pointers) - 5000);
    let mut runs: Vec<(u32, Run)> = Vec::new();
    let mut roles: BTreeMap<Role, u32> = BTreeMap::new();
    for &(hole, blocks, key) in pieces {
        logical += hole;
        runs.push((key, run(logical, 0, blocks)));
        for block in logical..logical + blocks {
            for role in block_to_path(block, pointers).unwrap().indirect_roles() {
                roles.entry(role).or_insert(key.rotate_left(7));
            }
        }
        logical += blocks;
    }
    runs.sort_unstable();
    let mut roles: Vec<(u32, Role)> = roles.into_iter().map(|(role, key)| (key, role)).collect();
    roles.sort_unstable();
    let mut file = FileLayout {
        path: format!("/d{}/f{inode}", inode % 2),
        inode,
        size: logical * u64::from(block_size),
        runs: Vec::new(),
        indirect: BTreeMap::new(),
    };
    // Indirect blocks and runs alternate on the device.
    let mut roles = roles.into_iter();
    for (key, run) in runs {
        for (_, role) in roles.by_ref().take(2) {
            file.indirect.insert(role, *next);
            *next += u64::from(key % 2);
            *next += 1;
        }
        file.runs.push(Run { physical: *next, ..run });
        *next += run.blocks + u64::from(key % 3);
    }
    for (_, role) in roles {
        file.indirect.insert(role, *next);
        *next += 1;
    }
    file
}

/// The runs of a file in logical order, joined where they continue each other.
pub(crate) fn joined(runs: &[Run]) -> Vec<Run> {
    let mut sorted = runs.to_vec();
    sorted.sort_unstable();
    let mut joined: Vec<Run> = Vec::new();
    for run in sorted {
        match joined.last_mut() {
            Some(last)
                if last.logical + last.blocks == run.logical
                    && last.physical + last.blocks == run.physical =>
            {
                last.blocks += run.blocks;
            }
            _ => joined.push(run),
        }
    }
    joined
}

/// The volume of a layout that is right.
pub(crate) fn made(layout: &Layout) -> Volume {
    volume(layout.clone()).unwrap()
}
