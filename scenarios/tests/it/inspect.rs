//! What `inspect` finds in images and scenarios.

mod debugfs;
mod hostile;

use std::sync::Arc;

use proptest::prelude::*;
use scenarios::inspect::subject::Kind;
use scenarios::inspect::text::text;
use scenarios::inspect::{File, Inspection, of_image, of_scenario};
use scenarios::load::Loaded;
use sim_mpage::ext2::image::{Image, open_image};
use sim_mpage::ext2::volume::Volume;
use snapbox::assert_data_eq;

use crate::images::{VolumeImage, small, small_volume, volume};
use crate::load_text;

fn open(volume: &Volume) -> Image {
    open_image(Arc::new(VolumeImage::new(volume))).unwrap()
}

fn file(image: &Image, path: &str) -> File {
    let found = of_image(image, Some(path)).unwrap();
    let [file] = <[File; 1]>::try_from(found.files).unwrap();
    file
}

fn shown(image: &Image, path: Option<&str>) -> String {
    let (name, because) = ("disk.img".to_owned(), "it has ext2's magic number");
    let filesystems = vec![of_image(image, path).unwrap()];
    text(&Inspection { name, taken_for: Kind::Image, because, filesystems })
}

#[test]
fn an_image_is_told_with_its_root_directory() {
    let text = shown(&open(&small_volume()), None);
    assert_data_eq!(text, snapbox::file!["../goldens/inspect/image.txt"].raw());
}

#[test]
fn a_file_is_told_with_its_map_and_its_part_of_a_scenario() {
    let image = open(&small_volume());
    let told = |path| {
        let text = shown(&image, Some(path));
        text[text.find("\n\n/").unwrap() + 1..].to_owned()
    };
    let text = ["f", "/my file", "/sub/deep"].map(told).concat();
    assert_data_eq!(text, snapbox::file!["../goldens/inspect/files.txt"].raw());
}

/// The scenario that a file was told as.
fn pasted(file: &File) -> Loaded {
    let mut scenario = file.scenario.clone().unwrap_or_else(|| panic!("{:?}", file.no_scenario));
    scenario["workload"] = serde_json::json!({ "calls": [] });
    load_text(&scenario.to_string(), &[]).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)))
}

fn is_the_same_pasted(file: &File) {
    let pasted = of_scenario(&pasted(file), Some(&file.path)).unwrap();
    let again = &pasted[0].files[0];
    assert_eq!((&again.layout, again.size), (&file.layout, file.size));
    assert_eq!((again.sectors, again.data_blocks, again.runs), (file.sectors, file.data_blocks, file.runs));
}

#[test]
fn a_file_pasted_into_a_scenario_has_the_same_map() {
    let image = open(&small_volume());
    for path in ["/f", "/my file", "/sub/deep"] {
        is_the_same_pasted(&file(&image, path));
    }
}

#[test]
fn what_no_scenario_can_say_is_said() {
    // The classic's inode says 9 KiB: blocks 9 to 15 lie beyond its end.
    let volume = small_volume();
    let inode = open(&volume).find("/f").unwrap().1.inode;
    let (group, block, offset) = volume.superblock.inode_place(inode).unwrap();
    let table = u64::from(volume.groups[group as usize].inode_table + block);
    let mut image = VolumeImage::new(&volume);
    let at = table * 1024 + offset as u64 + 4;
    image.patches.extend((at..).zip((9_u32 << 10).to_le_bytes()));
    let told = file(&open_image(Arc::new(image)).unwrap(), "/f");
    assert_eq!(told.layout, "0-11@1000 ind@1012 12-15@1013");
    assert_eq!(told.scenario, None);
    assert_eq!(told.no_scenario.as_deref(), Some("block 15 lies beyond a file of this size"));
}

#[test]
fn arms_that_describe_the_same_are_told_once() {
    let loaded = load_text(
        r#"{
            "filesystem": { "files": { "/f": "0-3@1000", "/d/g": "0@2000" } }, "workload": { "calls": [] },
            "arms": {
                "off": { "filesystem.boundary": false }, "on": {},
                "moved": { "filesystem.files.\"/f\"": "0-3@1500" }
            }
        }"#,
        &[],
    )
    .unwrap();
    let found = of_scenario(&loaded, None).unwrap();
    let arms: Vec<_> = found.iter().map(|one| one.arms.join(" ")).collect();
    assert_eq!(arms, ["off on", "moved"]);
    let layouts: Vec<_> =
        found[1].files.iter().map(|file| (file.path.as_str(), file.layout.as_str())).collect();
    assert_eq!(layouts, [("/f", "0-3@1500"), ("/d/g", "0@2000")]);
    let listed = of_scenario(&loaded, Some("d")).unwrap();
    let entries = &listed[0].directory.as_ref().unwrap().entries;
    assert_eq!((entries[2].name.as_str(), entries[2].size, entries[2].runs), ("g", Some(4096), Some(1)));
    assert!(of_scenario(&loaded, Some("/none")).is_err());
}

#[test]
fn names_cannot_steer_a_terminal() {
    let filesystem = r#"{ "files": { "/a\u001b[2Jb": "0@1000" } }"#;
    let image = open(&volume(filesystem, 65_536));
    let text = shown(&image, None);
    assert!(text.contains("a\\033[2Jb") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn a_wrong_path_is_an_error_that_names_it() {
    let image = open_image(Arc::new(small())).unwrap();
    for (path, message) in
        [("/g", "/g: no such file or directory"), ("/f/g", "/f is not a directory (inode 12)")]
    {
        assert_eq!(of_image(&image, Some(path)).unwrap_err().to_string(), message);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_lies_in_an_image_reads_back_from_the_scenario(
        shift in 0_u32..3,
        kib in 1_u64..3_000,
        fragments in 1_u64..40,
        seed in any::<u32>(),
    ) {
        let (block, fragments) = (1 << shift, fragments.min(kib.div_ceil(1 << shift)));
        let filesystem = format!(
            r#"{{ "block_size": "{block}KiB",
                 "files": {{ "/d/a b": {{ "size": "{kib}KiB", "fragments": {fragments} }} }} }}"#
        );
        let text = format!(
            r#"{{ "device": {{ "preset": "ideal", "sectors": 131072 }}, "filesystem": {filesystem},
                 "workload": {{ "calls": [] }}, "seed": {seed} }}"#
        );
        let loaded = load_text(&text, &[]).unwrap();
        is_the_same_pasted(&file(&open(&loaded.arms[0].machine.volume), "/d/a b"));
    }
}
