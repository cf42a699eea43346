//! Damaged images through all that a user can ask: `inspect` of any path, and the preparation of
//! `run --image`. Whatever the bytes say, the answer is a result or an error after a bounded number
//! of reads.

use scenarios::from_image::document;
use scenarios::load::{Input, Options, load};
use sim_mpage::ext2::disk_format::ROOT_INODE;
use sim_mpage::ext2::image::ReadAt;

use super::*;

/// A scenario about one image.
struct OfImage {
    text: String,
    image: Arc<VolumeImage>,
}

impl Input for OfImage {
    fn name(&self) -> &str {
        "disk.img"
    }

    fn text(&self) -> &str {
        &self.text
    }

    fn base(&self, _: &str) -> Result<(String, String), String> {
        Err("no base".to_owned())
    }

    fn image(&self, _: &str) -> Result<Arc<dyn ReadAt>, String> {
        Ok(Arc::clone(&self.image) as Arc<dyn ReadAt>)
    }
}

const PATHS: [Option<&str>; 6] =
    [None, Some("/f"), Some("/my file"), Some("/sub"), Some("/sub/deep"), Some("/sub/..")];

/// Asks everything; gives what errors said.
fn ask_everything(image: VolumeImage) -> Result<Vec<String>, TestCaseError> {
    let image = Arc::new(image);
    let mut said = Vec::new();
    // Blocks and inodes: 8192 and 32 or, where the superblock lies, no more blocks than there are
    // and as many inodes as fit the groups' bitmaps.
    let bound = 8 * (image.length / 1024 + 8 * 1024 * 32);
    for path in PATHS {
        let before = image.reads();
        let opened = match open_image(Arc::clone(&image) as Arc<dyn ReadAt>) {
            Ok(opened) => opened,
            Err(error) => {
                prop_assert!(image.reads() - before <= 2 + image.length / 1024);
                said.push(error.in_full());
                break;
            }
        };
        match of_image(&opened, path) {
            Ok(found) => {
                said.extend(found.damage().map(str::to_owned));
                // What is told can be shown.
                let filesystems = vec![found];
                let name = "disk.img".to_owned();
                let shown = text(&Inspection { name, taken_for: Kind::Image, because: "", filesystems });
                prop_assert!(!shown.is_empty());
            }
            Err(error) => said.push(error.in_full()),
        }
        if let Some(file) = path.and_then(|path| opened.lookup(path).ok()) {
            let scenario = document("disk.img", &file, Some("ideal")).to_string();
            let input = OfImage { text: scenario, image: Arc::clone(&image) };
            let loaded = load(&input, &Options::default());
            prop_assert!(loaded.is_ok(), "{}", loaded.err().unwrap().render(false));
        }
        prop_assert!(image.reads() - before <= bound, "{} reads", image.reads() - before);
    }
    Ok(said)
}

/// The places that decide what is found: superblock, descriptor, inodes, the root's entries, indirect
/// blocks.
fn places(volume: &Volume) -> Vec<u64> {
    let image = open(volume);
    let superblock = (0..27).map(|field| 1024 + 4 * field);
    let descriptor = (0..4).map(|field| 2048 + 4 * field);
    let inodes = [ROOT_INODE, 11, 12, 13, 14].into_iter().flat_map(|inode| {
        let (group, block, offset) = volume.superblock.inode_place(inode).unwrap();
        let start = u64::from(volume.groups[group as usize].inode_table + block) * 1024 + offset as u64;
        (0..28).map(move |field| start + 4 * field)
    });
    let entries = ["/", "/sub"].into_iter().flat_map(|path| {
        let block = u64::from(image.find(path).unwrap().1.pointers[0]);
        (0..16).map(move |field| block * 1024 + 4 * field)
    });
    let indirect = [1012, 2101, 2102, 2120, 2121, 2122].into_iter();
    let pointers = indirect.flat_map(|block: u64| (0..6).map(move |field| block * 1024 + 4 * field));
    superblock.chain(descriptor).chain(inodes).chain(entries).chain(pointers).collect()
}

/// Nothing, small numbers, blocks that are in use, ends, modes of other kinds of files.
const HARMFUL: [u32; 10] = [0, 1, 12, 1012, 2121, 8192, u32::MAX, 0x8_0000, 0x41ED, 0xA1FF];

#[test]
fn an_untouched_image_says_nothing() {
    assert_eq!(ask_everything(small()).unwrap(), Vec::<String>::new());
}

#[test]
fn every_field_with_every_harmful_value_is_survived_and_most_are_told() {
    let volume = small_volume();
    let mut told = 0;
    let places = places(&volume);
    for place in &places {
        for value in HARMFUL {
            let mut image = VolumeImage::new(&volume);
            image.patches.extend((*place..).zip(value.to_le_bytes()));
            told += usize::from(!ask_everything(image).unwrap().is_empty());
        }
    }
    // Most of these fields are pointers or counts of which hardly another value is right.
    let all = places.len() * HARMFUL.len();
    assert!(told * 3 > all, "{told} of {all}");
}

#[test]
fn an_image_is_survived_wherever_it_is_cut() {
    let volume = small_volume();
    let whole = VolumeImage::new(&volume).length;
    let lengths = (0..4096).step_by(61).chain((4096..whole).step_by(10_007)).chain(whole - 3..whole);
    for length in lengths {
        let mut image = VolumeImage::new(&volume);
        image.length = length;
        let said = ask_everything(image).unwrap();
        assert_eq!(said.len(), 1, "{length}: {said:?}");
        // A superblock that says no more than there is: what lies beyond is told by inode and block.
        let blocks = u32::try_from(length / 1024).unwrap();
        let mut image = VolumeImage::new(&volume);
        image.length = length;
        image.patches.extend((1028..).zip(blocks.to_le_bytes()));
        ask_everything(image).unwrap();
    }
}

#[test]
fn a_pointer_beyond_a_cut_image_is_told_with_inode_and_block() {
    let mut image = small();
    image.length = 1005 * 1024;
    image.patches.extend((1028_u64..).zip(1005_u32.to_le_bytes()));
    let said = ask_everything(image).unwrap();
    let expected = "/f: inode 12: its block 5 lies at 1005, outside the filesystem's blocks 1 to 1004";
    assert!(said.iter().any(|one| one == expected), "{said:?}");
}

proptest! {
    #[test]
    fn any_bytes_are_survived(
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<u32>(), any::<prop::sample::Index>(), any::<bool>()),
            1..5,
        ),
    ) {
        let volume = small_volume();
        let places = places(&volume);
        let mut image = VolumeImage::new(&volume);
        for (place, random, harmful, is_random) in changes {
            let value = if is_random { random } else { *harmful.get(&HARMFUL) };
            image.patches.extend((*place.get(&places)..).zip(value.to_le_bytes()));
        }
        ask_everything(image)?;
    }
}
