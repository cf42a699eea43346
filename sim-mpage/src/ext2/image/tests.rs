use std::collections::BTreeMap;

use proptest::prelude::*;
use sim_core::io::Role;

use super::*;
use crate::ext2::disk_format::{INODE_BYTES, Inode, ROOT_INODE};
use crate::ext2::file_map::MapError;
use crate::ext2::layout::{FileLayout, Layout};
use crate::ext2::path::MapBlock;
use crate::ext2::samples::{Patched, classic, file, joined, layouts, made, run, small};

mod hostile;

/// The classic, a file of depth 3 and one in a directory.
fn several() -> Volume {
    let double = [(Role::Dind, 2000), (Role::DindLeaf(0), 2001)];
    let deep = file("/deep", 13, &[run(268, 2002, 5)], &double);
    made(&small(&[classic(), deep, file("/d/small", 14, &[run(0, 3000, 2)], &[])]))
}

fn open(patched: Patched) -> Result<Image, ImageError> {
    open_image(Arc::new(patched))
}

/// Where an inode's bytes lie: the block, and the offset in it.
fn place_of(volume: &Volume, inode: u32) -> (u64, usize) {
    let (group, block, offset) = volume.superblock.inode_place(inode).unwrap();
    (u64::from(volume.groups[group as usize].inode_table + block), offset)
}

fn with_inode(volume: &Volume, number: u32, change: impl Fn(&mut Inode)) -> Image {
    let (block, offset) = place_of(volume, number);
    let mut bytes = vec![0; 1024];
    volume.base.read_block(block, &mut bytes).unwrap();
    let inode = bytes[offset..].first_chunk_mut::<INODE_BYTES>().unwrap();
    let mut changed = Inode::parse(inode);
    change(&mut changed);
    changed.write_to(inode);
    open(Patched::new(volume).patch(block, offset, inode)).unwrap()
}

fn root_block(volume: &Volume) -> u64 {
    let (block, offset) = place_of(volume, ROOT_INODE);
    let mut bytes = vec![0; 1024];
    volume.base.read_block(block, &mut bytes).unwrap();
    u64::from(Inode::parse(bytes[offset..].first_chunk().unwrap()).pointers[0])
}

fn map_error(result: Result<VolumeFile, ImageError>) -> MapError {
    match result {
        Err(ImageError::Map { source, .. }) => source,
        other => panic!("{other:?}"),
    }
}

// [ext2-image.root] [ext2-image.directory] [ext2-image.inode] [ext2-image.groups]
#[test]
fn files_are_found_by_their_paths() {
    let volume = several();
    let image = open(Patched::new(&volume)).unwrap();
    assert_eq!(image.superblock(), &volume.superblock);
    for (path, index) in [("/f", 0), ("deep", 1), ("d/small", 2), ("//d/./small", 2), ("/d/../f", 0)] {
        let found = image.lookup(path).unwrap();
        assert_eq!(found.inode, volume.files[index].inode, "{path}");
        assert_eq!(found.pointers, volume.files[index].pointers);
    }
    let map = image.map(&image.lookup("deep").unwrap()).unwrap();
    assert_eq!(map.to_layout_string(), "dind@2000 dleaf/0@2001 268-272@2002");
    let read = image.volume(&["/d/small", "/f"]).unwrap();
    assert_eq!(read.files, [volume.files[2].clone(), volume.files[0].clone()]);
    assert_eq!(read.device_sectors, volume.device_sectors);
    assert_eq!(read.groups, volume.groups);
}

// [ext2-image.inode]
#[test]
fn a_file_has_the_times_of_its_inode() {
    let image = with_inode(&several(), 12, |inode| (inode.mtime, inode.ctime) = (7, 8));
    let found = image.lookup("f").unwrap();
    assert_eq!((found.mtime, found.ctime), (7, 8));
    let found = image.lookup("deep").unwrap();
    assert_eq!((found.mtime, found.ctime), (0, 0));
}

// [ext2-image.root] [ext2-image.directory]
#[test]
fn a_directory_is_listed_with_what_its_entries_are() {
    let volume = several();
    let rows = |image: &Image, path: &str| -> Vec<(String, u32, Result<Listed, ImageError>)> {
        let (_, directory) = image.find(path).unwrap();
        let list = image.list(&directory).unwrap();
        list.into_iter().map(|one| (one.name, one.inode, one.listed)).collect()
    };
    let listed = |kind, size, runs| Ok(Listed { kind, size, runs });
    let directory = || listed(FileKind::Directory, 1024, Some(1));
    let expected = [
        (".".to_owned(), 2, directory()),
        ("..".to_owned(), 2, directory()),
        ("d".to_owned(), 11, directory()),
        ("deep".to_owned(), 13, listed(FileKind::Regular, 273 * 1024, Some(1))),
        ("f".to_owned(), 12, listed(FileKind::Regular, 16384, Some(2))),
    ];
    for image in [open(Patched::new(&volume)).unwrap(), Image::of_volume(&volume).unwrap()] {
        assert_eq!(rows(&image, "/"), expected);
        assert_eq!(rows(&image, "d")[2].0, "small");
    }
    // One damaged file does not hide the others; a symbolic link has no map.
    let image = with_inode(&volume, 13, |inode| inode.pointers[13] = u32::MAX);
    let rows_of_damaged = rows(&image, "/");
    assert_eq!(rows_of_damaged[4].2, expected[4].2);
    let message = |row: &Result<Listed, ImageError>| match row {
        Err(ImageError::Map { path, source }) => format!("{path}: {source}"),
        other => panic!("{other:?}"),
    };
    assert!(message(&rows_of_damaged[3].2).starts_with("/deep: inode 13: its block"));
    let image = with_inode(&volume, 12, |inode| inode.mode = 0o120_777);
    assert_eq!(rows(&image, "/")[4].2, listed(FileKind::SymbolicLink, 16384, None));
}

#[test]
fn paths_that_lead_nowhere_say_why() {
    let volume = several();
    let image = open(Patched::new(&volume)).unwrap();
    let error = |path| image.lookup(path).unwrap_err().to_string();
    assert_eq!(error("/d/none"), "/d/none: no such file or directory");
    assert_eq!(error("/f/g"), "/f is not a directory (inode 12)");
    assert_eq!(error("/d"), "/d is not a regular file (inode 11)");
    assert_eq!(error(""), "/ is not a regular file (inode 2)");
    let wrong = image.volume(&["/f", "//f", "/d/none"]).unwrap_err();
    let [(1, ImageError::SameFile(.., 12)), (2, ImageError::NotFound(_))] = wrong.as_slice() else {
        panic!("{wrong:?}")
    };
    let link = with_inode(&volume, 12, |inode| inode.mode = 0o120_777);
    assert!(link.lookup("f").unwrap_err().to_string().contains("/f is a symbolic link (inode 12)"));
}

// [ext2-image.features]
#[test]
fn a_file_mapped_by_extents_is_refused_by_that_name() {
    let image = with_inode(&several(), 12, |inode| inode.flags = 0x8_0000);
    let error = image.lookup("f").unwrap_err().to_string();
    assert_eq!(error, "/f (inode 12) is mapped by extents, which is a feature of ext4, not of ext2");
    assert!(image.lookup("deep").is_ok());
    // 64bit
    let patched = Patched::new(&several()).patch(1, 96, &[0x82]);
    assert!(open(patched).unwrap_err().to_string().contains("it uses 64bit"));
}

// [ext2-image.supported]
#[test]
fn a_journal_is_ignored_and_that_is_said() {
    let volume = several();
    assert!(open(Patched::new(&volume)).unwrap().ignored_features().is_empty());
    let image = open(Patched::new(&volume).patch(1, 92, &[4])).unwrap();
    assert_eq!(image.ignored_features(), ["has_journal"]);
    assert!(image.lookup("f").is_ok());
}

// [ext2-image.hostile]
#[test]
fn pointers_outside_the_device_are_named() {
    let volume = several();
    let image = with_inode(&volume, 12, |inode| inode.pointers[3] = 8192);
    let outside = |inode, block, physical| MapError::Outside { inode, block, physical, first: 1, last: 8191 };
    assert_eq!(map_error(image.lookup("f")), outside(12, MapBlock::Data(3), 8192));
    let image = with_inode(&volume, 12, |inode| inode.pointers[12] = u32::MAX);
    let expected = outside(12, MapBlock::Indirect(Role::Ind), u64::from(u32::MAX));
    assert_eq!(map_error(image.lookup("f")), expected);
    let image = open(Patched::new(&volume).patch(2001, 8, &[0, 0, 1, 0])).unwrap();
    assert_eq!(map_error(image.lookup("deep")), outside(13, MapBlock::Data(270), 65536));
}

// [ext2-image.hostile]
#[test]
fn loops_among_indirect_blocks_end() {
    let volume = several();
    let used_twice = |inode, block, physical| MapError::UsedTwice { inode, block, physical };
    // A leaf that is its own parent, a pointer to the block that holds it, two to one block.
    let image = open(Patched::new(&volume).patch(2000, 4, &2000_u32.to_le_bytes())).unwrap();
    let leaf = MapBlock::Indirect(Role::DindLeaf(1));
    assert_eq!(map_error(image.lookup("deep")), used_twice(13, leaf, 2000));
    let image = open(Patched::new(&volume).patch(1012, 40, &1012_u32.to_le_bytes())).unwrap();
    assert_eq!(map_error(image.lookup("f")), used_twice(12, MapBlock::Data(22), 1012));
    let image = with_inode(&volume, 12, |inode| inode.pointers = [1000; 15]);
    assert_eq!(map_error(image.lookup("f")), used_twice(12, MapBlock::Data(1), 1000));
    // Two files with one block.
    let image = with_inode(&volume, 14, |inode| inode.pointers[1] = 1005);
    let errors = image.volume(&["f", "d/small"]).unwrap_err();
    let [(1, ImageError::Map { path, source })] = errors.as_slice() else { panic!("{errors:?}") };
    assert_eq!((path.as_str(), source), ("/d/small", &used_twice(14, MapBlock::Data(1), 1005)));
}

// [ext2-image.hostile]
#[test]
fn blocks_of_the_filesystem_itself_are_no_files() {
    let volume = several();
    let table = volume.groups[0].inode_table;
    let image = with_inode(&volume, 12, |inode| inode.pointers[0] = table);
    let used = MapError::UsedTwice { inode: 12, block: MapBlock::Data(0), physical: u64::from(table) };
    assert_eq!(map_error(image.lookup("f")), used);
    // Byte 4 of a descriptor: the inode bitmap, here put where the block bitmap is.
    let bitmap = volume.groups[0].block_bitmap;
    let error = open(Patched::new(&volume).patch(2, 4, &bitmap.to_le_bytes())).unwrap_err();
    let expected = ImageError::GroupOverlaps { group: 0, what: "inode bitmap", block: u64::from(bitmap) };
    assert_eq!(error, expected);
}

// [ext2-image.hostile]
#[test]
fn sizes_beyond_the_maps_reach_are_refused() {
    let image = with_inode(&several(), 12, |inode| inode.size = 1 << 40);
    let expected = MapError::SizeBeyondMap { inode: 12, size: 1 << 40, limit: 16_843_020 };
    assert_eq!(map_error(image.lookup("f")), expected);
}

// [ext2-image.hostile]
#[test]
fn an_image_that_ends_too_early_is_refused() {
    let volume = several();
    let open = |length| open(Patched::new(&volume).cut(length)).unwrap_err();
    assert_eq!(open(0), ImageError::NoSuperblock(0));
    assert_eq!(open(2047), ImageError::NoSuperblock(2047));
    let bytes = 8192 * 1024 - 1;
    assert_eq!(open(bytes), ImageError::Truncated { blocks: 8192, block_size: 1024, bytes });
}

// [ext2-image.hostile] [ext2-image.directory]
#[test]
fn directories_that_cannot_be_right_name_inode_and_block() {
    let volume = several();
    let block = root_block(&volume);
    let image = open(Patched::new(&volume).patch(block, 4, &[0, 0])).unwrap();
    let what = "the record is shorter than any entry";
    let expected = ImageError::Directory { inode: 2, block, offset: 0, what };
    assert_eq!(image.lookup("f").unwrap_err(), expected);
    // A name that leads to an inode there is none of: entries are ".", "..", "d", "deep", "f".
    let image = open(Patched::new(&volume).patch(block, 24, &[0, 0, 0, 1])).unwrap();
    let error = image.lookup("d").unwrap_err().to_string();
    assert_eq!(error, "/d: inode 16777216 does not exist; there are 32");
    for (change, missing) in [
        ((|inode| inode.pointers[0] = 0) as fn(&mut Inode), 0),
        (|inode| inode.size = 2048, 1),
        (|inode| inode.size = 1025, 1),
        (|inode| inode.size = 1, 0),
    ] {
        let error = with_inode(&volume, 2, change).lookup("none").unwrap_err();
        assert!(matches!(error, ImageError::DirectorySize { inode: 2, block, .. } if block == missing));
    }
}

// [ext2-image.groups] [ext2-image.hostile]
#[test]
fn groups_outside_the_filesystem_are_named() {
    for (offset, what) in [(0, "block bitmap"), (4, "inode bitmap"), (8, "inode table")] {
        for block in [0, 2, 8192, u32::MAX] {
            let patched = Patched::new(&several()).patch(2, offset, &block.to_le_bytes());
            let error = open(patched).unwrap_err();
            assert_eq!(error, ImageError::Group { group: 0, what, block: u64::from(block) });
        }
    }
}

proptest! {
    #[test]
    fn an_image_reads_back_as_the_layout_it_was_made_from(layout in layouts()) {
        let volume = made(&layout);
        let image = open(Patched::new(&volume)).unwrap();
        let paths: Vec<&str> = layout.files.iter().map(|file| file.path.as_str()).collect();
        let read = image.volume(&paths).unwrap();
        prop_assert_eq!(&read.files, &volume.files);
        for (described, found) in layout.files.iter().zip(&read.files) {
            let FileLayout { runs, indirect, .. } = described;
            let map = image.map(found).unwrap();
            prop_assert_eq!(map.runs, joined(runs));
            prop_assert_eq!(&map.indirect.into_iter().collect::<BTreeMap<_, _>>(), indirect);
        }
    }
}
