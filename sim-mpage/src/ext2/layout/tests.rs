use proptest::prelude::*;
use sim_core::random::Streams;

use super::*;
use crate::ext2::block_set::BlockSet;
use crate::ext2::disk_format::u32_at;
use crate::ext2::file_map::FileMap;
use crate::ext2::image::open_image;
use crate::ext2::path::{MapBlock, block_to_path};
use crate::ext2::samples::{Patched, classic, file, joined, layouts, made, run, small};

fn map_of(volume: &Volume, index: usize) -> FileMap {
    FileMap::read(&*volume.base, &volume.superblock, &volume.files[index], &mut BlockSet::default()).unwrap()
}

fn wrong(files: &[FileLayout]) -> String {
    volume(small(files)).unwrap_err().to_string()
}

#[test]
fn the_classic_reads_back_as_it_was_described() {
    let volume = made(&small(&[classic()]));
    assert_eq!(volume.files[0].pointers[..2], [1000, 1001]);
    assert_eq!(volume.files[0].pointers[12..], [1012, 0, 0]);
    assert_eq!(volume.files[0].sectors, 34);
    let map = map_of(&volume, 0);
    assert_eq!(map.to_layout_string(), "0-11@1000 ind@1012 12-15@1013");
    assert_eq!(map.lowest_block(), Some(1000));
}

#[test]
fn a_file_of_a_terabyte_is_one_description() {
    let (blocks, device_sectors) = (1 << 28, 1 << 32);
    let start = first_file_block(4096, device_sectors).unwrap();
    let Placement { runs, indirect } = contiguous(start, blocks, 4096).unwrap();
    assert_eq!(runs.len(), 1 + (1 << 18));
    let last = runs[runs.len() - 1];
    let big = FileLayout { path: "big".into(), inode: 11, size: 1 << 40, runs, indirect };
    let volume = made(&Layout { block_size: 4096, device_sectors, files: vec![big] });
    let path = block_to_path(blocks - 1, 1024).unwrap();
    let mut pointer = volume.files[0].pointers[path.offsets[0] as usize];
    let mut block = vec![0; 4096];
    for offset in &path.offsets[1..usize::from(path.depth)] {
        volume.base.read_block(u64::from(pointer), &mut block).unwrap();
        pointer = u32_at(&block, 4 * *offset as usize);
    }
    assert_eq!(u64::from(pointer), last.physical + last.blocks - 1);
}

#[test]
fn a_missing_or_useless_indirect_block_is_named() {
    let mut missing = classic();
    missing.indirect.clear();
    assert_eq!(wrong(&[missing]), "/f: block 12 needs the indirect block ind, whose place is not given");
    let double = [(Role::Dind, 2000), (Role::DindLeaf(1), 2001)];
    let holed = file("g", 13, &[run(268 + 255, 3000, 2)], &double);
    assert_eq!(wrong(&[holed]), "/g: block 523 needs the indirect block dleaf/0, whose place is not given");
    for role in [Role::Dind, Role::DindLeaf(256), Role::Super] {
        let mut useless = classic();
        useless.indirect.insert(role, 2000);
        assert_eq!(wrong(&[useless]), format!("/f: {role}@2000 maps no block of the file"));
    }
}

#[test]
fn both_owners_of_a_block_are_named() {
    let other = |runs: &[Run]| file("/d/g", 13, runs, &[]);
    assert_eq!(wrong(&[classic(), other(&[run(3, 1010, 4)])]), "block 1010 is both /f:10 and /d/g:3");
    assert_eq!(wrong(&[classic(), other(&[run(0, 1012, 1)])]), "block 1012 is both /f:ind and /d/g:0");
    assert_eq!(wrong(&[other(&[run(0, 1, 1)])]), "block 1 is both super and /d/g:0");
    assert_eq!(wrong(&[other(&[run(0, 0, 1)])]), "block 0 is both super and /d/g:0");
    assert_eq!(wrong(&[other(&[run(0, 2, 1)])]), "block 2 is both groups and /d/g:0");
    let beyond = "/d/g:2@8192 lies beyond the device, which has 8192 blocks";
    assert_eq!(wrong(&[other(&[run(0, 8190, 4)])]), beyond);
    assert!(wrong(&[other(&[run(0, u64::MAX, 4)])]).contains("beyond the device"));
}

#[test]
fn maps_paths_and_inodes_that_cannot_be_are_named() {
    let twice = file("/f", 12, &[run(0, 1000, 4), run(3, 2000, 1)], &[]);
    assert_eq!(wrong(&[twice]), "/f: block 3 is there twice");
    assert!(wrong(&[file("/f", 12, &[run(4, 1000, 0)], &[])]).contains("no blocks"));
    assert!(wrong(&[FileLayout { size: u64::MAX, ..classic() }]).contains("beyond the 16843020 blocks"));
    let far = FileLayout { size: 0, ..file("/f", 12, &[run(1 << 40, 1000, 1)], &[]) };
    assert!(wrong(&[far]).contains("is too big"));
    let named = |path: &str, inode| FileLayout { path: path.into(), inode, ..file("", 12, &[], &[]) };
    for path in ["", "/", "a//b", "a/", "./a", "a/..", &"x".repeat(256)] {
        assert!(wrong(&[named(path, 12)]).contains("is not a path"), "{path}");
    }
    assert_eq!(wrong(&[named("/a", 12), named("a", 13)]), "/a is there twice");
    assert_eq!(wrong(&[named("/a", 12), named("a/b", 13)]), "/a is there twice");
    assert_eq!(wrong(&[named("/a/b", 12), named("a", 13)]), "/a is there twice");
    assert_eq!(wrong(&[named("a", 12), named("b", 12)]), "a and b both have inode 12");
    assert!(wrong(&[named("a", 2)]).contains("inode 2 is not between 11"));
    assert!(wrong(&[named("a", u32::MAX)]).contains("is not between 11 and 8184"));
}

#[test]
fn a_device_too_small_for_a_filesystem_is_refused() {
    for (device_sectors, what) in [(24, "inodes/0"), (26, "/")] {
        let error = volume(Layout { device_sectors, ..small(&[]) }).unwrap_err();
        assert_eq!(error, LayoutError::NoRoom { what: what.into() });
    }
    for device_sectors in [0, 2, 4] {
        assert!(matches!(volume(Layout { device_sectors, ..small(&[]) }), Err(LayoutError::Geometry(_))));
    }
    assert!(volume(Layout { block_size: 3000, ..small(&[]) }).is_err());
}

#[test]
fn metadata_give_way_to_files_even_out_of_their_group() {
    let whole_group = file("/f", 12, &[run(0, 8193, 12)], &[]);
    let mut layout = small(&[whole_group]);
    layout.device_sectors = 2 * 8193 + 24;
    let volume = made(&layout);
    assert_eq!(volume.groups.len(), 2);
    assert!(u64::from(volume.groups[1].block_bitmap) < 8193);
    assert_eq!(volume.groups[1].free_blocks, 0);
    let image = open_image(Arc::new(Patched::new(&volume))).unwrap();
    assert_eq!(image.lookup("f").unwrap(), volume.files[0]);
}

#[test]
fn large_directories_have_several_blocks_and_every_file_is_found() {
    for block_size in [1024, 65536] {
        let named = |inode| file(&format!("/deep/er/{}{inode}", "n".repeat(200)), inode, &[], &[]);
        let files: Vec<FileLayout> = (20..700).map(named).collect();
        let volume = made(&Layout { block_size, device_sectors: 1 << 17, files });
        let image = open_image(Arc::new(Patched::new(&volume))).unwrap();
        for at in [0, 300, 679] {
            assert_eq!(image.lookup(&volume.files[at].path).unwrap(), volume.files[at]);
        }
    }
}

#[test]
fn a_placed_file_has_its_indirect_blocks_where_they_would_be_allocated() {
    let placement = contiguous(1000, 12 + 256 + 256 + 1, 1024).unwrap();
    let end = placement.end();
    let files = [FileLayout {
        path: "f".into(),
        inode: 12,
        size: 1,
        runs: placement.runs,
        indirect: placement.indirect,
    }];
    let text = map_of(&made(&small(&files)), 0).to_layout_string();
    assert_eq!(
        text,
        "0-11@1000 ind@1012 12-267@1013 dind@1269 dleaf/0@1270 268-523@1271 dleaf/1@1527 524@1528"
    );
    assert_eq!(end, 1529);
    assert!(contiguous(u64::MAX, 1, 1024).is_err());
    assert!(contiguous(0, u64::MAX, 1024).is_err());
    assert_eq!(first_file_block(1024, 16384), Ok(3));
    assert_eq!(first_file_block(4096, 65536), Ok(2));
}

proptest! {
    #[test]
    fn walking_the_computed_indirect_blocks_yields_exactly_the_description(layout in layouts()) {
        let volume = made(&layout);
        for (index, file) in layout.files.iter().enumerate() {
            let map = map_of(&volume, index);
            prop_assert_eq!(map.runs, joined(&file.runs));
            let indirect: BTreeMap<Role, u64> = map.indirect.into_iter().collect();
            prop_assert_eq!(&indirect, &file.indirect);
        }
    }

    #[test]
    fn bitmaps_and_counts_agree_with_what_is_in_use(layout in layouts()) {
        let volume = made(&layout);
        let mut free = 0;
        let mut bitmap = vec![0; layout.block_size as usize];
        for (group, descriptor) in volume.groups.iter().enumerate() {
            volume.base.read_block(u64::from(descriptor.block_bitmap), &mut bitmap).unwrap();
            let zeros: u32 = bitmap.iter().map(|byte| byte.count_zeros()).sum();
            prop_assert_eq!(zeros, u32::from(descriptor.free_blocks), "group {}", group);
            free += zeros;
        }
        prop_assert_eq!(free, volume.superblock.free_blocks_count);
    }

    #[test]
    fn fragments_are_as_many_as_asked_for_and_never_touch(
        blocks in 1_u64..2000,
        share in 1_u64..100,
        seed in any::<u64>(),
    ) {
        let fragments = (blocks * share / 100).max(1);
        let mut stream = Streams::new(seed).stream("layout").unwrap();
        let placement = fragmented(100, blocks, 1024, fragments, &mut stream).unwrap();
        let mut stream = Streams::new(seed).stream("layout").unwrap();
        prop_assert_eq!(&placement, &fragmented(100, blocks, 1024, fragments, &mut stream).unwrap());
        let mut used = BlockSet::default();
        for run in &placement.runs {
            used.insert(run.physical, run.blocks).unwrap();
        }
        for &place in placement.indirect.values() {
            used.insert(place, 1).unwrap();
        }
        prop_assert_eq!(used.used_within(0..u64::MAX).count() as u64, fragments);
        prop_assert_eq!(used.used_within(0..101).count(), 0);
        prop_assert_eq!(placement.runs.iter().map(|run| run.blocks).sum::<u64>(), blocks);
        let end = placement.end();
        let file = FileLayout {
            path: "f".into(),
            inode: 12,
            size: 0,
            runs: placement.runs,
            indirect: placement.indirect,
        };
        let sectors = 2 * (end + 20);
        let layout = Layout { device_sectors: sectors, ..small(&[file]) };
        prop_assert_eq!(volume(layout).err(), None);
    }
}

#[test]
fn a_file_cannot_have_more_fragments_than_blocks() {
    let mut stream = Streams::new(1).stream("layout").unwrap();
    for (blocks, fragments) in [(3, 4), (3, 0)] {
        let error = fragmented(100, blocks, 1024, fragments, &mut stream).unwrap_err();
        assert_eq!(error, CannotPlace::Fragments { blocks, fragments });
    }
    assert_eq!(fragmented(100, 0, 1024, 0, &mut stream), Ok(Placement::default()));
}

#[test]
fn an_owner_is_shown_as_a_layout_names_it() {
    assert_eq!(Owner::File("/log".into(), MapBlock::Indirect(Role::DindLeaf(3))).to_string(), "/log:dleaf/3");
}
