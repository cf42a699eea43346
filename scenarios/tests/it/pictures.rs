//! The pictures that `run --out` writes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const FILES: [&str; 6] = [
    "classic.blocks.png",
    "classic.blocks.svg",
    "classic.latency.png",
    "classic.latency.svg",
    "classic.order.png",
    "classic.order.svg",
];

/// Runs a scenario of the library into a directory; its files in order of their names, with their
/// contents.
fn written(scenario: &str, directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpagesim"));
    let status = command.args(["run", scenario, "--out"]).arg(directory).output().unwrap().status;
    assert!(status.success(), "{status}");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let file = |path: PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read(path).unwrap())
    };
    paths.into_iter().map(file).collect()
}

#[test]
fn a_run_writes_each_picture_as_svg_and_as_png_and_the_same_ones_again() {
    let directory = std::env::temp_dir().join(format!("mpagesim-pictures-{}", std::process::id()));
    let files = written("classic", &directory);
    assert_eq!(files.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), FILES);
    assert!(files == written("classic", &directory), "the pictures of the same run differ");
    fs::remove_dir_all(&directory).unwrap();

    for (name, contents) in &files {
        let is_png = contents.starts_with(b"\x89PNG\r\n\x1a\n");
        assert_eq!(is_png, name.ends_with(".png"), "{name}");
    }
    let svg = |name: &str| {
        let (_, contents) = files.iter().find(|(file, _)| file == name).unwrap();
        String::from_utf8(contents.clone()).unwrap()
    };
    // What came out, and the values of the comparison's table at their marks.
    let texts = [
        ("classic.order.svg", "<title>boundary handling reads ind behind 0-11 instead of before it</title>"),
        (
            "classic.order.svg",
            ">2 requests instead of 3, 1 backward step less (17 blocks), 9.92 ms (31 %) sooner",
        ),
        ("classic.blocks.svg", "<title>off goes backwards once in 31.7 ms, on never in 21.8 ms</title>"),
        ("classic.blocks.svg", ">0-11+ind: 14.6 ms</text>"),
        (
            "classic.blocks.svg",
            "<title>readahead window 0-15, forced, decided at 0 ns, read in 21.8 ms</title>",
        ),
        ("classic.latency.svg", "<title>off: half within 9.01 ms, all within 24.9 ms; on: half within"),
        ("classic.latency.svg", ">p99, max 14.6 ms</text>"),
    ];
    for (name, text) in texts {
        assert!(svg(name).contains(text), "{text:?} is not in {name}: {}", svg(name));
    }
}

#[test]
fn each_window_of_readahead_is_in_the_picture_until_its_blocks_have_come() {
    let directory = std::env::temp_dir().join(format!("mpagesim-windows-{}", std::process::id()));
    let files = written("sequential", &directory);
    fs::remove_dir_all(&directory).unwrap();
    let (_, svg) = files.iter().find(|(name, _)| name == "sequential.blocks.svg").unwrap();
    let svg = String::from_utf8(svg.clone()).unwrap();
    let windows: Vec<&str> = svg
        .split("<title>readahead window ")
        .skip(1)
        .map(|rest| rest.split_once("</title>").unwrap().0)
        .collect();
    let first = "0-3, start of file, decided at 0 ns, read in 100 us; its mark is at block 1,001 of the disk";
    let usual = [
        first,
        "4-11, sequential, decided at 100 us, read in 100 us; its mark is at block 1,004 of the disk",
        "12-27, sequential, decided at 100 us, read in 200 us; its mark is at block 1,013 of the disk",
    ];
    let large = [
        first,
        "4-19, sequential, decided at 100 us, read in 200 us; its mark is at block 1,004 of the disk",
        "20-83, sequential, decided at 200 us, read in 100 us; its mark is at block 1,021 of the disk",
    ];
    assert_eq!(windows, [usual, usual, large, large].concat());
}
