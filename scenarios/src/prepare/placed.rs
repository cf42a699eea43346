//! Whether placed blocks make a file that an indirect-block map can hold: every block that needs
//! an indirect block has one, and no block belongs to two files.

use std::collections::BTreeSet;

use sim_core::io::Role;
use sim_core::io::blocks::PlacedRun;

use super::DescribedFile;

/// Direct pointers of an inode.
const DIRECT: u64 = 12;

/// How many blocks the levels of a map hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MapShape {
    block_size: u64,
}

impl MapShape {
    /// The map of a filesystem with blocks of this size (1 to 64 KiB).
    pub(super) fn new(block_size: u32) -> MapShape {
        MapShape { block_size: u64::from(block_size) }
    }

    /// Bytes a block.
    pub(super) fn block_size(self) -> u64 {
        self.block_size
    }

    /// Pointers of an indirect block: 4 bytes each.
    pub(super) fn pointers(self) -> u64 {
        self.block_size / 4
    }

    /// How many blocks a file can have.
    pub(super) fn reach(self) -> u64 {
        let p = self.pointers();
        DIRECT + p + p * p + p * p * p
    }

    /// The indirect block that holds the pointer to a logical block, and the first logical block
    /// behind what that one maps; `None` for direct blocks.
    pub(super) fn leaf(self, logical: u64) -> (Option<Role>, u64) {
        let p = self.pointers();
        let Some(index) = logical.checked_sub(DIRECT) else { return (None, DIRECT) };
        let Some(index) = index.checked_sub(p) else { return (Some(Role::Ind), DIRECT + p) };
        let leaf = index / p;
        let end = DIRECT + p + (leaf + 1) * p;
        // Numbers of leaves are below 2^28: pointers squared, of 64 KiB blocks.
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        match leaf.checked_sub(p) {
            None => (Some(Role::DindLeaf(small(leaf))), end),
            Some(leaf) => (Some(Role::TindLeaf(small(leaf / p), small(leaf % p))), end),
        }
    }

    /// The indirect block that points to an indirect block; `None` if the inode does.
    pub(super) fn parent(role: Role) -> Option<Role> {
        match role {
            Role::DindLeaf(_) => Some(Role::Dind),
            Role::TindLeaf(middle, _) => Some(Role::TindMiddle(middle)),
            Role::TindMiddle(_) => Some(Role::Tind),
            _ => None,
        }
    }

    fn has(self, role: Role) -> bool {
        let inside = |index: u32| u64::from(index) < self.pointers();
        match role {
            Role::DindLeaf(leaf) => inside(leaf),
            Role::TindMiddle(middle) => inside(middle),
            Role::TindLeaf(middle, leaf) => inside(middle) && inside(leaf),
            _ => true,
        }
    }
}

/// Why placed blocks make no file. Each names a physical block of the run that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotAMap {
    #[error("block {logical} needs the indirect block \"{role}\", which has no place")]
    Missing { logical: u64, role: Role, physical: u64 },
    #[error("\"{role}\" needs the indirect block \"{parent}\", which has no place")]
    MissingParent { role: Role, parent: Role, physical: u64 },
    #[error("with this block size there is no indirect block \"{role}\"")]
    NoSuchRole { role: Role, physical: u64 },
    #[error("with this block size a file has no block {logical}; the last is {last}")]
    OutOfReach { logical: u64, last: u64, physical: u64 },
    #[error("block 0 of the device cannot belong to a file: as a pointer, 0 is a hole")]
    Zero,
    #[error("block {physical} does not fit into a pointer of 32 bits")]
    TooFar { physical: u64 },
}

impl NotAMap {
    /// A physical block of the run that is wrong.
    pub(super) fn physical(self) -> u64 {
        match self {
            NotAMap::Missing { physical, .. }
            | NotAMap::MissingParent { physical, .. }
            | NotAMap::NoSuchRole { physical, .. }
            | NotAMap::OutOfReach { physical, .. }
            | NotAMap::TooFar { physical } => physical,
            NotAMap::Zero => 0,
        }
    }
}

/// Whether these runs, of which no two share a block, make a file.
pub(super) fn check_map(runs: &[PlacedRun], shape: MapShape) -> Result<(), NotAMap> {
    let present: BTreeSet<Role> = runs.iter().map(|run| run.role).collect();
    for run in runs {
        let physical = run.physical;
        if physical == 0 {
            return Err(NotAMap::Zero);
        }
        let end = physical.checked_add(run.count);
        if end.is_none_or(|end| end > 1 << 32) {
            return Err(NotAMap::TooFar { physical: physical.max((1 << 32).min(physical + run.count - 1)) });
        }
        if run.role == Role::Data {
            check_data(run, &present, shape)?;
        } else if !shape.has(run.role) {
            return Err(NotAMap::NoSuchRole { role: run.role, physical });
        } else if let Some(parent) = MapShape::parent(run.role).filter(|parent| !present.contains(parent)) {
            return Err(NotAMap::MissingParent { role: run.role, parent, physical });
        }
    }
    Ok(())
}

fn check_data(run: &PlacedRun, present: &BTreeSet<Role>, shape: MapShape) -> Result<(), NotAMap> {
    let end = run.first.saturating_add(run.count);
    if end > shape.reach() {
        let (logical, last) = (end - 1, shape.reach() - 1);
        return Err(NotAMap::OutOfReach { logical, last, physical: run.physical });
    }
    // Leaf by leaf: every step but the last finds a leaf that was told, so it ends soon.
    let mut logical = run.first;
    while logical < end {
        let (leaf, next) = shape.leaf(logical);
        if let Some(role) = leaf.filter(|leaf| !present.contains(leaf)) {
            return Err(NotAMap::Missing { logical, role, physical: run.physical });
        }
        logical = next;
    }
    Ok(())
}

/// A physical block that two files claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shared {
    pub(super) block: u64,
    /// Indices of the files, the earlier one first.
    pub(super) first: usize,
    pub(super) second: usize,
}

/// The first physical block that two of the files claim.
pub(super) fn shared_block(files: &[DescribedFile]) -> Option<Shared> {
    let numbered = files.iter().enumerate();
    let mut runs: Vec<(u64, u64, usize)> = numbered
        .flat_map(|(index, file)| file.placed.iter().map(move |run| (run.physical, run.count, index)))
        .collect();
    runs.sort_unstable();
    let mut reached: Option<(u64, usize)> = None;
    for (start, count, file) in runs {
        let end = start.saturating_add(count);
        match reached {
            Some((until, other)) if start < until && other != file => {
                return Some(Shared { block: start, first: other.min(file), second: other.max(file) });
            }
            Some((until, _)) if until >= end => {}
            _ => reached = Some((end, file)),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use sim_core::io::blocks::Layout;

    use super::*;

    fn check(layout: &str, block_size: u32) -> Result<(), String> {
        let layout: Layout = layout.parse().unwrap();
        check_map(layout.runs(), MapShape::new(block_size)).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn every_level_needs_the_one_above() {
        assert_eq!(check("0-11@1000 ind@1012 12-15@1013", 4_096), Ok(()));
        assert!(check("0-15@1000", 4_096).unwrap_err().contains("block 12 needs the indirect block \"ind\""));
        assert!(check("1036@5000 dind@4999", 4_096).unwrap_err().contains("\"dleaf/0\""));
        assert!(check("1036@5000 dleaf/0@4999", 4_096).unwrap_err().contains("\"dind\""));
        assert_eq!(check("1036@5000 dleaf/0@4999 dind@4998", 4_096), Ok(()));
        // 12 + 256 + 65536 blocks of 1 KiB lie below the triple indirect block.
        assert!(check("65804@9", 1_024).unwrap_err().contains("\"tleaf/0/0\""));
        assert_eq!(check("65804@9 tind@10 tmid/0@11 tleaf/0/0@12", 1_024), Ok(()));
    }

    #[test]
    fn what_a_map_cannot_hold_is_refused() {
        assert!(check("0@0", 4_096).unwrap_err().contains("hole"));
        assert!(check("0-1@4294967295", 4_096).unwrap_err().contains("32 bits"));
        assert!(check("16843020@1", 1_024).unwrap_err().contains("no block 16843020"));
        assert!(check("dleaf/256@1 dind@2", 1_024).unwrap_err().contains("no indirect block"));
    }

    #[test]
    fn a_long_run_over_leaves_that_are_not_told_is_refused_at_once() {
        assert!(check("1036-1000000@1000 dind@5", 4_096).is_err());
    }

    #[test]
    fn a_block_of_two_files_is_found() {
        let file = |layout: &str| {
            let layout: Layout = layout.parse().unwrap();
            DescribedFile { path: String::new(), inode: 12, size: 0, placed: layout.runs().to_vec() }
        };
        assert_eq!(shared_block(&[file("0-9@10 10-11@30"), file("0-9@20")]), None);
        let shared = shared_block(&[file("0-9@20"), file("0@5"), file("0-3@29")]);
        assert_eq!(shared, Some(Shared { block: 29, first: 0, second: 2 }));
    }
}
