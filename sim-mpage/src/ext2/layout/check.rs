//! Whether the files of a layout can be as they are described, each for itself, and what a path, an
//! inode and a map may be. Who shares a block with whom is found in `plan`.

use std::collections::BTreeMap;

use sim_core::io::Role;

use crate::ext2::disk_format::FIRST_INODE;
use crate::ext2::file_map::Run;
use crate::ext2::layout::FileLayout;
use crate::ext2::layout::error::LayoutError;
use crate::ext2::path::{BlockPath, block_to_path, map_reach, pointers_per_block, span_of};

/// The longest name of a directory entry, in bytes.
const MAX_NAME_BYTES: usize = 255;

/// The files with their paths in full and their runs in logical order.
pub(super) fn files(mut files: Vec<FileLayout>, block_size: u32) -> Result<Vec<FileLayout>, LayoutError> {
    let mut inodes: BTreeMap<u32, String> = BTreeMap::new();
    for file in &mut files {
        if file.inode < FIRST_INODE {
            return Err(LayoutError::Inode { path: file.path.clone(), inode: file.inode, last: u32::MAX });
        }
        if let Some(other) = inodes.insert(file.inode, file.path.clone()) {
            return Err(LayoutError::InodeTwice(other, file.path.clone(), file.inode));
        }
        file.path = full_path(&file.path)?;
        file.runs.sort_unstable();
        map(file, pointers_per_block(block_size), block_size)?;
    }
    Ok(files)
}

/// The path with its leading `/`.
fn full_path(path: &str) -> Result<String, LayoutError> {
    let names = path.strip_prefix('/').unwrap_or(path);
    let possible = |name: &str| {
        (1..=MAX_NAME_BYTES).contains(&name.len()) && name != "." && name != ".." && !name.contains('\0')
    };
    if names.split('/').all(possible) {
        Ok(format!("/{names}"))
    } else {
        Err(LayoutError::Path(path.to_owned()))
    }
}

fn map(file: &FileLayout, pointers_per_block: u32, block_size: u32) -> Result<(), LayoutError> {
    let limit = map_reach(pointers_per_block);
    if file.size.div_ceil(u64::from(block_size)) > limit {
        return Err(LayoutError::SizeBeyondMap { path: file.path.clone(), size: file.size, limit });
    }
    let mut end = 0;
    for run in &file.runs {
        if run.blocks == 0 {
            return Err(LayoutError::EmptyRun { path: file.path.clone(), logical: run.logical });
        }
        if run.logical < end {
            return Err(LayoutError::LogicalTwice { path: file.path.clone(), logical: run.logical });
        }
        end = run.logical.saturating_add(run.blocks);
        if end > limit {
            return Err(LayoutError::TooBig { path: file.path.clone(), logical: end - 1, limit });
        }
        indirect_blocks_of(file, run, pointers_per_block)?;
    }
    for (&role, &physical) in &file.indirect {
        if !maps_something(role, &file.runs, pointers_per_block) {
            return Err(LayoutError::UselessIndirect { path: file.path.clone(), role, physical });
        }
    }
    Ok(())
}

/// Checks that the places of all indirect blocks that a run needs are given. The work is bounded by
/// those that are.
fn indirect_blocks_of(file: &FileLayout, run: &Run, pointers_per_block: u32) -> Result<(), LayoutError> {
    let too_big = |_| LayoutError::TooBig {
        path: file.path.clone(),
        logical: run.logical,
        limit: map_reach(pointers_per_block),
    };
    let mut logical = run.logical;
    while logical < run.logical + run.blocks {
        let path: BlockPath = block_to_path(logical, pointers_per_block).map_err(too_big)?;
        if let Some(role) = path.indirect_roles().find(|role| !file.indirect.contains_key(role)) {
            return Err(LayoutError::MissingIndirect { path: file.path.clone(), role, logical });
        }
        logical += u64::from(path.blocks_to_boundary) + 1;
    }
    Ok(())
}

fn maps_something(role: Role, runs: &[Run], pointers_per_block: u32) -> bool {
    let Some(span) = span_of(role, pointers_per_block) else { return false };
    let next = runs.partition_point(|run| run.logical + run.blocks <= span.first);
    runs.get(next).is_some_and(|run| run.logical < span.first + span.blocks)
}
