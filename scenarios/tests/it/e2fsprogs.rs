//! What the programs of e2fsprogs say of an image. Tests that need them are ignored unless asked for:
//! `cargo test -p scenarios --test it -- --ignored`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sim_core::io::Role;
use sim_core::io::blocks::Layout;

/// A directory that goes away with its contents.
pub(crate) struct Temporary(pub(crate) PathBuf);

impl Temporary {
    pub(crate) fn new(name: &str) -> Temporary {
        let path = std::env::temp_dir().join(format!("mpagesim-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Temporary(path)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Checks an image; `e2fsck` must find nothing.
pub(crate) fn is_sound(image: &Path, what: &str) {
    let output = Command::new("e2fsck").args(["-f", "-n"]).arg(image).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{what}: {text}");
}

pub(crate) fn debugfs(image: &Path, request: &str) -> String {
    let output = Command::new("debugfs").args(["-R", request]).arg(image).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// What debugfs says of a file: data by logical block, and the places of indirect blocks.
pub(crate) fn said(stat: &str) -> (BTreeMap<u64, u64>, Vec<u64>) {
    let (mut data, mut indirect) = (BTreeMap::new(), Vec::new());
    let list = stat.split_once("BLOCKS:\n").map_or("", |(_, list)| list);
    let list = list.split("TOTAL:").next().unwrap_or("");
    for piece in list.split(',').map(str::trim).filter(|piece| !piece.is_empty()) {
        let (what, place) = piece.strip_prefix('(').unwrap().split_once("):").unwrap();
        let range = |text: &str| {
            let (first, last) = text.split_once('-').unwrap_or((text, text));
            first.parse::<u64>().unwrap()..=last.parse::<u64>().unwrap()
        };
        match what {
            "IND" | "DIND" | "TIND" => indirect.extend(range(place)),
            _ => data.extend(range(what).zip(range(place))),
        }
    }
    indirect.sort_unstable();
    (data, indirect)
}

/// The same of a layout.
pub(crate) fn told(layout: &str) -> (BTreeMap<u64, u64>, Vec<u64>) {
    let (mut data, mut indirect) = (BTreeMap::new(), Vec::new());
    for run in layout.parse::<Layout>().unwrap().runs() {
        match run.role {
            Role::Data => data.extend((run.first..run.first + run.count).zip(run.physical..)),
            _ => indirect.push(run.physical),
        }
    }
    indirect.sort_unstable();
    (data, indirect)
}

pub(crate) fn field(text: &str, name: &str) -> u64 {
    let rest = text.split_once(name).unwrap_or_else(|| panic!("no {name} in {text}")).1;
    rest.trim_start().split(|letter: char| !letter.is_ascii_digit()).next().unwrap().parse().unwrap()
}
