//! Images with changed bytes, and images that are cut off: whatever they say, the answer is an error
//! after a bounded number of reads.

use std::fmt::Debug;

use super::*;

/// Where one change goes.
#[derive(Clone, Copy, Debug)]
enum Aim {
    /// A field of the superblock, by its offset.
    Superblock(usize),
    /// A field of a group descriptor: the group, and the offset.
    Descriptor(prop::sample::Index, usize),
    /// A field of an inode: the inode, and the offset.
    Inode(prop::sample::Index, usize),
    /// A pointer of an indirect block: the block, and which pointer.
    Indirect(prop::sample::Index, usize),
    /// The header of an entry of the root directory, near this offset.
    Directory(usize),
}

fn aims() -> impl Strategy<Value = Aim> {
    let any_index = any::<prop::sample::Index>;
    let superblock = [0, 4, 20, 24, 32, 40, 56, 76, 84, 88, 92, 96, 100].to_vec();
    let inode = [0, 4, 28, 32, 40, 44, 84, 88, 92, 96, 108].to_vec();
    prop_oneof![
        1 => prop::sample::select(superblock).prop_map(Aim::Superblock),
        1 => (any_index(), prop::sample::select([0, 4, 8, 12].to_vec())).prop_map(|(group, at)| Aim::Descriptor(group, at)),
        3 => (any_index(), prop::sample::select(inode)).prop_map(|(inode, at)| Aim::Inode(inode, at)),
        3 => (any_index(), 0_usize..16).prop_map(|(block, at)| Aim::Indirect(block, 4 * at)),
        3 => (0_usize..64).prop_map(Aim::Directory),
    ]
}

/// Values that are more likely to do harm than any.
fn values(volume: &Volume, layout: &Layout) -> Vec<u32> {
    let blocks = metadata(volume, layout).into_iter().map(|block| u32::try_from(block).unwrap());
    let count = volume.blocks_count;
    let fixed = [0, 1, 2, 11, 12, 13, count - 1, count, u32::MAX, 1 << 31, 0x8000, 0x8_0000, 0x41ED, 0xA1FF];
    blocks.chain(fixed).collect()
}

/// All blocks whose bytes decide what is found.
fn metadata(volume: &Volume, layout: &Layout) -> Vec<u64> {
    let superblock = &volume.superblock;
    let tables = volume.groups.iter().flat_map(|group| {
        let table = u64::from(group.inode_table);
        table..table + u64::from(superblock.inode_table_blocks())
    });
    let fixed = [superblock.superblock_block(), superblock.descriptors_block()];
    let indirect = layout.files.iter().flat_map(|file| file.indirect.values().copied());
    let directories = [root_block_of(volume)];
    fixed.into_iter().chain(tables).chain(indirect).chain(directories).collect()
}

fn root_block_of(volume: &Volume) -> u64 {
    let (_, root) = Image::of_volume(volume).unwrap().find("/").unwrap();
    u64::from(root.pointers[0])
}

/// The block and the offset in it that an aim means.
fn target(aim: Aim, volume: &Volume, layout: &Layout) -> (u64, usize) {
    let superblock = &volume.superblock;
    match aim {
        Aim::Superblock(at) if superblock.block_size() == 1024 => (1, at),
        Aim::Superblock(at) => (0, 1024 + at),
        Aim::Descriptor(group, at) => {
            (superblock.descriptors_block(), 32 * group.index(volume.groups.len()) + at)
        }
        Aim::Inode(index, at) => {
            let inodes: Vec<u32> =
                [ROOT_INODE, 11].into_iter().chain(layout.files.iter().map(|file| file.inode)).collect();
            let (block, offset) = place_of(volume, *index.get(&inodes));
            (block, offset + at)
        }
        Aim::Indirect(index, at) => {
            let indirect: Vec<u64> =
                layout.files.iter().flat_map(|file| file.indirect.values().copied()).collect();
            (if indirect.is_empty() { root_block_of(volume) } else { *index.get(&indirect) }, at)
        }
        Aim::Directory(at) => (root_block_of(volume), at),
    }
}

/// Goes through everything that a user can ask of an image, and counts reads.
fn ask_everything(patched: Patched, layout: &Layout) -> Result<(), TestCaseError> {
    let length = patched.len();
    let patched = Arc::new(patched);
    let Ok(image) = open_image(Arc::clone(&patched) as Arc<dyn ReadAt>) else {
        prop_assert!(patched.reads() <= 1 + length / 1024);
        return Ok(());
    };
    let superblock = image.superblock();
    prop_assert!(length / u64::from(superblock.block_size()) >= u64::from(superblock.blocks_count));
    let bound = u64::from(superblock.blocks_count) + u64::from(superblock.inodes_count);
    let paths = layout.files.iter().flat_map(|file| {
        let directory = file.path.rsplit_once('/').map_or("", |(directory, _)| directory);
        [directory, file.path.as_str()]
    });
    for path in paths.clone() {
        let before = patched.reads();
        if let Ok((kind, found)) = image.find(path) {
            if kind == FileKind::Directory {
                drop(image.list(&found));
            }
            // A directory on the way was mapped; what it leads to need not be.
            prop_assert_eq!(
                image.lookup(path).is_ok(),
                kind == FileKind::Regular && image.map(&found).is_ok()
            );
        }
        // At most two directories on the way, for each of three looks; and the listing.
        prop_assert!(
            patched.reads() - before <= 8 * bound,
            "{} reads of {bound} blocks and inodes",
            patched.reads()
        );
    }
    let before = patched.reads();
    let paths: Vec<&str> = paths.collect();
    drop(image.volume(&paths));
    prop_assert!(patched.reads() - before <= 2 * (paths.len() as u64 + 1) * bound);
    Ok(())
}

proptest! {
    // [ext2-image.hostile]
    #[test]
    fn changed_bytes_never_cause_more_than_an_error(
        layout in layouts(),
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), 0_usize..4096, prop::collection::vec(any::<u8>(), 1..8)),
            1..6,
        ),
    ) {
        let volume = made(&layout);
        let blocks = metadata(&volume, &layout);
        let size = layout.block_size as usize;
        let mut patched = Patched::new(&volume);
        for (block, offset, bytes) in &changes {
            // Half of the changes go to where most fields lie.
            let offset = if offset % 2 == 0 { offset / 2 % 128 } else { offset % size };
            patched = patched.patch(*block.get(&blocks), offset.min(size - bytes.len()), bytes);
        }
        ask_everything(patched, &layout)?;
    }

    // [ext2-image.hostile]
    #[test]
    fn changed_fields_never_cause_more_than_an_error(
        layout in layouts(),
        changes in prop::collection::vec((aims(), any::<prop::sample::Index>(), any::<u32>(), 0_u8..4), 1..6),
    ) {
        let volume = made(&layout);
        let values = values(&volume, &layout);
        let mut patched = Patched::new(&volume);
        for (aim, value, random, choice) in changes {
            let (block, offset) = target(aim, &volume, &layout);
            let value = if choice == 0 { random } else { *value.get(&values) };
            patched = patched.patch(block, offset, &value.to_le_bytes());
        }
        ask_everything(patched, &layout)?;
    }

    // [ext2-image.hostile]
    #[test]
    fn an_image_cut_anywhere_never_causes_more_than_an_error(
        layout in layouts(),
        length in any::<prop::sample::Index>(),
        blocks in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let volume = made(&layout);
        let whole = usize::try_from(volume.base.blocks()).unwrap() * layout.block_size as usize;
        let length = length.index(whole + 1);
        let mut patched = Patched::new(&volume).cut(length as u64);
        // A superblock that does not know better is one thing, one that promises less another.
        if let Some(blocks) = blocks {
            let promised = u32::try_from(blocks.index(length / layout.block_size as usize + 1)).unwrap();
            let (block, offset) = target(Aim::Superblock(4), &volume, &layout);
            patched = patched.patch(block, offset, &promised.to_le_bytes());
        }
        ask_everything(patched, &layout)?;
    }
}
