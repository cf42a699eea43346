//! The image that a run leaves, as `e2fsck` and `debugfs` find it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use scenarios::image_file;
use scenarios::inspect::of_image;
use serde_json::{Value, json};
use sim_mpage::medium::Stamp;

use crate::e2fsprogs::{Temporary, debugfs, field, is_sound, said, told};

/// Runs a scenario and writes the image that it leaves.
fn write_image(directory: &Path, scenario: &Value, arguments: &[&str]) -> Output {
    let path = directory.join("x.scenario.json");
    std::fs::write(&path, scenario.to_string()).unwrap();
    let image = directory.join("out/x.img");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpagesim"));
    command.arg("run").arg(path).args(arguments).arg("--write-image").arg(image).output().unwrap()
}

/// The same, which must succeed, and the image.
fn written(directory: &Path, scenario: &Value, arguments: &[&str]) -> PathBuf {
    let output = write_image(directory, scenario, arguments);
    assert!(output.status.success(), "{scenario}: {}", String::from_utf8_lossy(&output.stderr));
    directory.join("out/x.img")
}

/// Files of three depths on a device of 16 MiB with blocks of `block_size`.
fn filesystem(block_size: &str) -> Value {
    json!({ "block_size": block_size, "files": {
        "/f": "0-11@1000 ind@1012 12-15@1013",
        "/g": { "layout": "0@2000 2@2001", "size": if block_size == "1KiB" { "2100B" } else { "9000B" } },
        "/d/e/h": "0-3@3000",
    } })
}

const DEVICE: &str = r#"{ "preset": "ideal", "sectors": 32768 }"#;

fn scenario(filesystem: Value, calls: &[&str]) -> Value {
    let device: Value = serde_json::from_str(DEVICE).unwrap();
    json!({ "device": device, "filesystem": filesystem, "workload": { "calls": calls } })
}

/// Calls that write in every way: files that grow by every depth of indirect blocks, holes that are
/// filled, files that are cut and grown again, mappings.
const WRITES: [&str; 21] = [
    "open f /f w",
    "open g /g w",
    "open h /d/e/h w",
    "pwrite f 100KiB 300KiB",
    "pwrite g 70MB 5000",
    "fsync g",
    "pwrite g 1000 100",
    "pwrite g 1000kB 100KiB",
    "ftruncate f 50KiB",
    "ftruncate h 10KiB",
    "mmap h 10KiB w",
    "mdirty h 9KiB",
    "mdirty h 5000",
    "msync h 0 10KiB",
    "pwrite f 12KiB 100KiB",
    "sync",
    "ftruncate g 1010kB",
    "pwrite g 80MB 1",
    "fdatasync g",
    "syncfs f",
    "pwrite f 500KiB 1",
];

/// Compares what `inspect` says of files with what `debugfs` does.
fn is_told_alike(image: &Path, paths: &[&str]) {
    let opened = image_file::open(image).unwrap();
    for path in paths {
        let inspected = of_image(&opened, Some(path)).unwrap();
        let file = &inspected.files[0];
        let stat = debugfs(image, &format!("stat {path}"));
        assert_eq!(told(&file.layout), said(&stat), "{path}");
        assert_eq!(file.size, field(&stat, "Size:"), "{path}");
        assert_eq!(file.sectors, field(&stat, "Blockcount:"), "{path}");
    }
}

#[test]
fn one_arm_must_be_chosen() {
    let directory = Temporary::new("write-image-arms");
    let mut both = scenario(filesystem("4KiB"), &["open f /f r"]);
    both["arms"] = json!({ "off": { "filesystem.boundary": false }, "on": {} });
    let output = write_image(&directory.0, &both, &[]);
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("writes what one arm leaves, and there are 2: off of "), "{message}");
    assert!(message.contains("choose one with --arm"), "{message}");
    assert!(!directory.0.join("out").exists());
    written(&directory.0, &both, &["--arm", "on"]);
    assert_eq!(std::fs::read_dir(directory.0.join("out")).unwrap().count(), 1);
}

#[test]
fn data_hold_stamps_and_the_rest_are_holes() {
    let directory = Temporary::new("write-image-stamps");
    let calls = ["open f /f w", "pwrite f 4KiB 4KiB"];
    for format in ["text", "ndjson"] {
        let path = written(&directory.0, &scenario(filesystem("4KiB"), &calls), &["--format", format]);
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len(), 32_768 * 512);
        let block = |number: usize| &bytes[4096 * number..][..4096];
        let holds = |number: usize| u64::from_le_bytes(block(number)[..8].try_into().unwrap());
        assert_eq!(holds(1000), Stamp::of_block(1000).number());
        assert_eq!(block(1000)[..2048], block(1000)[2048..]);
        assert_eq!(holds(1001), Stamp::written(1, 1).number());
        assert!(block(4000).iter().all(|byte| *byte == 0));
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let blocks = std::fs::metadata(&path).unwrap().blocks();
            assert!(blocks < 2_000, "{blocks} units of 512 bytes are in the file");
        }
    }
}

#[test]
fn a_filesystem_that_ext2_would_not_know_is_refused() {
    let directory = Temporary::new("write-image-room");
    // The whole of group 1.
    let runs = "0-11@8193 ind@3000 12-267@8205 dind@3001 dleaf/0@3002 268-500@8461";
    let full = json!({ "block_size": "1KiB", "files": { "/f": runs } });
    let mut scenario = scenario(full, &["open f /f r"]);
    scenario["device"]["sectors"] = json!(2 * (8193 + 501));
    let output = write_image(&directory.0, &scenario, &[]);
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("no room in group 1 (blocks 8193 to 8693)"), "{message}");
    assert!(!directory.0.join("out").exists());
}

#[test]
#[ignore = "needs e2fsprogs"]
fn what_a_run_leaves_is_sound_and_told_alike() {
    let directory = Temporary::new("write-image-sound");
    for block_size in ["1KiB", "2KiB", "4KiB"] {
        for calls in [&WRITES[..3], &WRITES[..]] {
            for boundary in ["filesystem.boundary=true", "filesystem.boundary=false"] {
                let scenario = scenario(filesystem(block_size), calls);
                let image = written(&directory.0, &scenario, &["--set", boundary]);
                is_sound(&image, block_size);
                is_told_alike(&image, &["/f", "/g", "/d/e/h"]);
            }
        }
    }
}

#[test]
#[ignore = "needs e2fsprogs"]
fn what_a_run_leaves_of_an_image_is_sound() {
    let directory = Temporary::new("write-image-of-image");
    let tree = directory.0.join("tree");
    std::fs::create_dir_all(tree.join("d/e")).unwrap();
    for (name, length) in [("f", 16_000), ("g", 0), ("d/e/h", 300_000)] {
        std::fs::write(tree.join(name), vec![0x5A; length]).unwrap();
    }
    for (kind, block_size) in [("ext2", "1024"), ("ext2", "2048"), ("ext2", "4096"), ("ext3", "1024")] {
        let base = directory.0.join("base.img");
        let made = Command::new("mke2fs")
            .args(["-q", "-F", "-t", kind, "-b", block_size, "-d"])
            .args([&tree, &base])
            .arg("16M")
            .status();
        assert!(made.unwrap().success());
        let scenario = scenario(json!({ "image": base }), &WRITES);
        let image = written(&directory.0, &scenario, &[]);
        is_sound(&image, &format!("{kind} {block_size}"));
        is_told_alike(&image, &["/f", "/g", "/d/e/h"]);
        assert_ne!(std::fs::read(&image).unwrap(), std::fs::read(&base).unwrap());
        // What nobody wrote is as it was.
        let cat = |image: &Path| debugfs(image, "cat /d/e/h")[20_000..].to_owned();
        let untouched = json!({ "image": base });
        let untouched = self::scenario(untouched, &["open h /d/e/h r", "read h 4KiB"]);
        assert_eq!(cat(&written(&directory.0, &untouched, &[])), cat(&base));
    }
}

#[test]
#[ignore = "needs e2fsprogs"]
fn nothing_leaks_when_the_device_is_full() {
    let directory = Temporary::new("write-image-full");
    let calls = [
        "open f /f w",
        "open g /g w",
        "pwrite f 0 20MiB",
        "write g 1MiB",
        "pwrite g 70MB 8KiB",
        "fsync f",
        "sync",
    ];
    for block_size in ["1KiB", "2KiB", "4KiB"] {
        let scenario = scenario(filesystem(block_size), &calls);
        let output = write_image(&directory.0, &scenario, &["--format", "json"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        let results = printed["arms"][0]["results"].to_string();
        assert!(results.contains("No space left on device"), "{results}");
        let image = directory.0.join("out/x.img");
        is_sound(&image, block_size);
        is_told_alike(&image, &["/f", "/g", "/d/e/h"]);
    }
}

#[test]
#[ignore = "needs e2fsprogs"]
fn whatever_layout_is_drawn_makes_a_sound_image() {
    let directory = Temporary::new("write-image-drawn");
    for case in 0..30 {
        let mut scenario = scenarios::fuzz::draw::scenario(6, case);
        scenario.faults.clear();
        scenario.kernel.memory = None;
        let image = written(&directory.0, &serde_json::to_value(&scenario).unwrap(), &[]);
        is_sound(&image, &format!("case {case}"));
        for (path, _) in scenario.filesystem.files.iter() {
            is_told_alike(&image, &[path]);
        }
    }
}
