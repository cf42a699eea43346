//! Which feature bits of a superblock the model knows, and what it makes of the others.
//!
//! Source: `docs/model/ext2.md`, On-disk image; the names are those of `mke2fs`.

use crate::ext2::disk_format::Superblock;

/// What is done with a filesystem that has a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Support {
    /// It is known, or changes nothing for the model.
    Known,
    /// It is ignored, and that is said.
    Ignored,
    /// The filesystem is refused.
    Refused,
}

use Support::{Ignored, Known, Refused};

/// Compatible features; those without a name change nothing either.
const COMPATIBLE: &[(u32, &str, Support)] = &[
    (0x1, "dir_prealloc", Known),
    (0x2, "imagic_inodes", Known),
    (0x4, "has_journal", Ignored),
    (0x8, "ext_attr", Known),
    (0x10, "resize_inode", Known),
    (0x20, "dir_index", Known),
    (SPARSE_SUPER2, "sparse_super2", Known),
];

const INCOMPATIBLE: &[(u32, &str, Support)] = &[
    (0x1, "compression", Refused),
    (0x2, "filetype", Known),
    (0x4, "needs_recovery", Refused),
    (0x8, "journal_dev", Refused),
    (0x10, "meta_bg", Refused),
    (0x40, "extents", Refused),
    (0x80, "64bit", Refused),
    (0x100, "mmp", Refused),
    (0x200, "flex_bg", Refused),
    (0x400, "ea_inode", Refused),
    (0x1000, "dirdata", Refused),
    (0x2000, "metadata_csum_seed", Refused),
    (0x4000, "large_dir", Refused),
    (0x8000, "inline_data", Refused),
    (0x1_0000, "encrypt", Refused),
    (0x2_0000, "casefold", Refused),
];

/// Features that matter to whoever writes, as the simulated kernel does.
const READ_ONLY_COMPATIBLE: &[(u32, &str, Support)] = &[
    (0x1, "sparse_super", Known),
    (0x2, "large_file", Known),
    (0x4, "btree_dir", Known),
    (0x8, "huge_file", Ignored),
    (0x10, "uninit_bg", Refused),
    (0x20, "dir_nlink", Ignored),
    (0x40, "extra_isize", Ignored),
    (0x80, "has_snapshot", Refused),
    (0x100, "quota", Refused),
    (0x200, "bigalloc", Refused),
    (0x400, "metadata_csum", Refused),
    (0x800, "replica", Refused),
    (0x1000, "read-only", Refused),
    (0x2000, "project", Refused),
    (0x4000, "shared_blocks", Refused),
    (0x8000, "verity", Refused),
    (0x1_0000, "orphan_present", Refused),
];

/// The incompatible feature: directory entries carry the type of their file.
pub const FILETYPE: u32 = 0x2;
/// The compatible feature: superblock copies only where the superblock says, here nowhere.
pub const SPARSE_SUPER2: u32 = 0x200;
/// The read-only compatible feature: superblock copies in few groups only.
pub const SPARSE_SUPER: u32 = 0x1;
/// The read-only compatible feature: files of 2 GiB and more.
pub const LARGE_FILE: u32 = 0x2;

/// The names of all features that a superblock has, as `mke2fs -O` takes them; those that have none
/// stand as a number.
pub fn names(superblock: &Superblock) -> Vec<String> {
    let words = [
        ("compatible", superblock.compatible, COMPATIBLE),
        ("incompatible", superblock.incompatible, INCOMPATIBLE),
        ("read-only compatible", superblock.read_only_compatible, READ_ONLY_COMPATIBLE),
    ];
    let mut names = Vec::new();
    for (kind, word, table) in words {
        let set = table.iter().filter(|(bit, ..)| word & bit != 0);
        names.extend(set.clone().map(|&(_, name, _)| name.to_owned()));
        let unnamed = set.fold(word, |left, (bit, ..)| left & !bit);
        if unnamed != 0 {
            names.push(format!("unknown {kind} features {unnamed:#x}"));
        }
    }
    names
}

/// Features that the model cannot take, by name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an ext2 filesystem that can be read: it uses {}", .names.join(", "))]
pub struct UnsupportedFeatures {
    /// Their names, as `mke2fs -O` takes them.
    pub names: Vec<String>,
}

/// Checks the feature words of a superblock; gives the names of the features that are ignored.
///
/// # Errors
/// [`UnsupportedFeatures`] names all those that the model cannot take.
// [ext2-image.supported] [ext2-image.features]
pub fn check(superblock: &Superblock) -> Result<Vec<&'static str>, UnsupportedFeatures> {
    let words = [
        (superblock.compatible, COMPATIBLE, None),
        (superblock.incompatible, INCOMPATIBLE, Some("incompatible")),
        (superblock.read_only_compatible, READ_ONLY_COMPATIBLE, Some("read-only compatible")),
    ];
    let mut ignored = Vec::new();
    let mut names = Vec::new();
    for (word, table, unknown) in words {
        let mut unnamed = word;
        for &(bit, name, support) in table.iter().filter(|(bit, ..)| word & bit != 0) {
            unnamed &= !bit;
            match support {
                Known => {}
                Ignored => ignored.push(name),
                Refused => names.push(name.to_owned()),
            }
        }
        if let Some(kind) = unknown
            && unnamed != 0
        {
            names.push(format!("unknown {kind} features {unnamed:#x}"));
        }
    }
    if names.is_empty() { Ok(ignored) } else { Err(UnsupportedFeatures { names }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ext2::disk_format::SUPERBLOCK_BYTES;

    fn with(compatible: u32, incompatible: u32, read_only_compatible: u32) -> Superblock {
        let none = Superblock::parse(&[0; SUPERBLOCK_BYTES]);
        Superblock { compatible, incompatible, read_only_compatible, ..none }
    }

    // [ext2-image.supported]
    #[test]
    fn ext2_is_taken_and_of_ext3_the_journal_is_said_to_be_ignored() {
        assert_eq!(check(&with(0x38, FILETYPE, SPARSE_SUPER | LARGE_FILE)), Ok(vec![]));
        assert_eq!(check(&with(0x3c, FILETYPE, SPARSE_SUPER)), Ok(vec!["has_journal"]));
        // Compatible features need not be known.
        assert_eq!(check(&with(0xffff_fff0, 0, 0)), Ok(vec![]));
    }

    #[test]
    fn all_features_are_named() {
        let all = names(&with(0x1000_0038, FILETYPE, SPARSE_SUPER | LARGE_FILE));
        let expected = [
            "ext_attr",
            "resize_inode",
            "dir_index",
            "unknown compatible features 0x10000000",
            "filetype",
            "sparse_super",
            "large_file",
        ];
        assert_eq!(all, expected);
    }

    // [ext2-image.features]
    #[test]
    fn features_that_cannot_be_taken_are_all_named() {
        let error = check(&with(4, 0x2c2, 0x400)).unwrap_err();
        assert_eq!(error.names, ["extents", "64bit", "flex_bg", "metadata_csum"]);
        assert!(error.to_string().contains("it uses extents, 64bit, flex_bg, metadata_csum"));
        let error = check(&with(0, 0x8000_0004, 0x4000_0000)).unwrap_err();
        assert_eq!(
            error.names,
            [
                "needs_recovery",
                "unknown incompatible features 0x80000000",
                "unknown read-only compatible features 0x40000000"
            ]
        );
    }
}
