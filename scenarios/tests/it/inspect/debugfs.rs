//! Images made by `mke2fs`, and what `debugfs` says of the same files.

use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use scenarios::image_file;

use super::*;
use crate::e2fsprogs::{Temporary, debugfs, field, said, told};

/// A file with data at these offsets, holes between them.
fn write_file(path: &Path, pieces: &[(u64, usize)]) {
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).open(path).unwrap();
    for &(offset, length) in pieces {
        file.seek(SeekFrom::Start(offset)).unwrap();
        file.write_all(&vec![0x5A; length]).unwrap();
    }
}

const FILES: [&str; 6] = ["/small", "/sub/single", "/double", "/triple", "/sparse file", "/empty"];

fn make(directory: &Path, kind: &str, block_size: u32) -> PathBuf {
    let tree = directory.join("tree");
    std::fs::create_dir_all(tree.join("sub")).unwrap();
    let block = u64::from(block_size);
    let pointers = block / 4;
    write_file(&tree.join("small"), &[(0, 100)]);
    write_file(&tree.join("sub/single"), &[(0, 16 * block_size as usize)]);
    write_file(&tree.join("double"), &[(0, (20 + block_size as usize / 4) * block_size as usize)]);
    let triple = (12 + pointers + pointers * pointers) * block;
    write_file(
        &tree.join("triple"),
        &[(0, 5), (triple - block, 2 * block_size as usize), (triple + 3 * pointers * block, 7)],
    );
    write_file(
        &tree.join("sparse file"),
        &[(3 * block, 10), (11 * block, 2 * block_size as usize), (40 * block, 1)],
    );
    write_file(&tree.join("empty"), &[]);
    let image = directory.join("disk.img");
    let made = Command::new("mke2fs")
        .args(["-q", "-t", kind, "-b", &block_size.to_string(), "-d"])
        .args([&tree, &image])
        .arg("32M")
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    image
}

fn compare(kind: &str, block_size: u32) {
    let directory = Temporary::new(&format!("inspect-{kind}-{block_size}"));
    let path = make(&directory.0, kind, block_size);
    let image = image_file::open(&path).unwrap();
    let whole = of_image(&image, None).unwrap();
    assert_eq!(whole.ignored_features.contains(&"has_journal"), kind == "ext3");
    let stats = debugfs(&path, "stats");
    for (name, value) in [
        ("Inode count:", u64::from(whole.inodes)),
        ("Block count:", u64::from(whole.blocks)),
        ("Free blocks:", u64::from(whole.free_blocks)),
        ("Free inodes:", u64::from(whole.free_inodes)),
        ("Block size:", u64::from(block_size)),
        ("block bitmap at", u64::from(whole.groups[0].block_bitmap)),
        ("inode bitmap at", u64::from(whole.groups[0].inode_bitmap)),
        ("inode table at", whole.groups[0].inode_table.0),
    ] {
        assert_eq!(field(&stats, name), value, "{kind} {block_size}: {name}");
    }
    for path_in_image in FILES {
        let found = file(&image, path_in_image);
        let stat = debugfs(&path, &format!("stat \"{path_in_image}\""));
        assert_eq!(told(&found.layout), said(&stat), "{kind} {block_size}: {path_in_image}");
        assert_eq!(found.size, field(&stat, "Size:"), "{path_in_image}");
        assert_eq!(u64::from(found.inode), field(&stat, "Inode:"), "{path_in_image}");
        assert_eq!(found.sectors, field(&stat, "Blockcount:"), "{path_in_image}");
        is_the_same_pasted(&found);
    }
    let entries = whole.directory.unwrap().entries;
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    for name in [".", "..", "lost+found", "small", "sub", "sparse file"] {
        assert!(names.contains(&name), "{names:?}");
    }
}

#[test]
#[ignore = "needs e2fsprogs"]
fn maps_are_those_that_debugfs_tells() {
    for (kind, block_size) in [("ext2", 1024), ("ext2", 2048), ("ext2", 4096), ("ext3", 1024)] {
        compare(kind, block_size);
    }
}
