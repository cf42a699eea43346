//! What lies where on the device of a trace.

use std::collections::BTreeMap;

use super::recorded::Recorded;

/// What lies where on the device of a trace: logical blocks and roles by physical block.
pub(super) struct Names {
    block_sectors: u64,
    several_files: bool,
    /// First physical block → (how many, the file's path, its role or first logical block).
    runs: BTreeMap<u64, (u64, String, Result<u64, String>)>,
}

impl Names {
    /// Of all files of a trace.
    pub(super) fn of(recorded: &Recorded) -> Names {
        let mut runs = BTreeMap::new();
        for file in &recorded.files {
            for &[logical, physical, blocks] in &file.runs {
                runs.insert(physical, (blocks, file.path.clone(), Ok(logical)));
            }
            for (role, &physical) in &file.indirect {
                runs.insert(physical, (1, file.path.clone(), Err(role.clone())));
            }
        }
        Names {
            block_sectors: u64::from(recorded.block_size / 512).max(1),
            several_files: recorded.files.len() > 1,
            runs,
        }
    }

    /// Where each file's blocks lie, in the grammar of layouts, in order of their places.
    pub(super) fn layouts(&self, recorded: &Recorded) -> Vec<String> {
        let of = |path: &str| {
            let runs = self.runs.iter().filter(|(_, (_, owner, _))| owner == path);
            let pieces = runs.map(|(physical, (blocks, _, what))| match what {
                Err(role) => format!("{role}@{physical}"),
                Ok(logical) => format!("{}@{physical}", range(*logical, *blocks)),
            });
            pieces.collect::<Vec<_>>().join(" ")
        };
        recorded.files.iter().map(|file| of(&file.path)).collect()
    }

    /// The blocks of an I/O, in the grammar of orders.
    pub(super) fn of_sectors(&self, (sector, sectors): (u64, u64)) -> String {
        let mut block = sector / self.block_sectors;
        let end = sector.saturating_add(sectors).div_ceil(self.block_sectors);
        let mut pieces = Vec::new();
        while block < end {
            let known = self.runs.range(..=block).next_back();
            let known = known.filter(|(start, (blocks, ..))| block < *start + blocks);
            let Some((start, (blocks, path, what))) = known else {
                pieces.push(format!("@{block}"));
                break;
            };
            let last = end.min(start + blocks);
            let name = match what {
                Err(role) => role.clone(),
                Ok(logical) => range(logical + (block - start), last - block),
            };
            let file = if self.several_files { format!("/{path}:") } else { String::new() };
            pieces.push(file + &name);
            block = last;
        }
        pieces.join("+")
    }
}

fn range(first: u64, count: u64) -> String {
    if count == 1 { first.to_string() } else { format!("{first}-{}", first + count - 1) }
}
