//! An inspection as text.
//!
//! Names come from images, which are not trusted: control characters are shown in octal.

use std::fmt::Write as _;

use serde_json::Value;

use super::subject::Kind;
use super::{Directory, File, Filesystem, Group, Inspection};

/// How many groups are shown one by one; of more the first ones and the last.
const GROUPS_SHOWN: usize = 8;

/// The inspection as lines of text.
pub fn text(inspection: &Inspection) -> String {
    let kind = match inspection.taken_for {
        Kind::Image => "an ext2 image",
        Kind::Scenario => "a scenario",
    };
    let mut lines = Lines(String::new());
    lines.add(format_args!("{}, taken for {kind}: {}", shown(&inspection.name), inspection.because));
    for filesystem in &inspection.filesystems {
        lines.filesystem(filesystem);
    }
    lines.0
}

/// A text in which nothing can steer a terminal.
pub fn shown(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.chars() {
        if letter.is_control() {
            // Writing to a string does not fail.
            let _ = write!(shown, "\\{:03o}", u32::from(letter));
        } else {
            shown.push(letter);
        }
    }
    shown
}

struct Lines(String);

impl Lines {
    fn add(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "{line}");
    }

    fn filesystem(&mut self, one: &Filesystem) {
        self.add(format_args!(""));
        if !one.arms.is_empty() {
            self.add(format_args!("arms         {}", one.arms.join(", ")));
        }
        self.add(format_args!("block size   {} bytes", one.block_size));
        let last = one.blocks - 1;
        self.add(format_args!("blocks       {}-{last}, {} free", one.first_data_block, one.free_blocks));
        self.add(format_args!(
            "inodes       {} of {} bytes, {} free",
            one.inodes, one.inode_size, one.free_inodes
        ));
        self.add(format_args!("device       {} sectors", one.device_sectors));
        self.add(format_args!("features     {}", or_none(&one.features.join(" "))));
        self.add(format_args!("ignored      {}", or_none(&one.ignored_features.join(" "))));
        if !one.clean {
            self.add(format_args!("state        not unmounted cleanly, or with errors"));
        }
        let (first, last) = one.descriptors;
        let (blocks, inodes) = one.per_group;
        self.add(format_args!("metadata     super@{} groups@{}", first - 1, range(first, last)));
        let number = one.groups.len();
        self.add(format_args!("groups       {number}, of up to {blocks} blocks and {inodes} inodes"));
        self.groups(&one.groups);
        for file in &one.files {
            self.file(file);
        }
        if let Some(directory) = &one.directory {
            self.directory(directory);
        }
    }

    fn groups(&mut self, groups: &[Group]) {
        let hidden = groups.len().saturating_sub(GROUPS_SHOWN + 1);
        for (index, one) in groups.iter().enumerate() {
            if hidden > 0 && index == GROUPS_SHOWN {
                self.add(format_args!("  ... {hidden} more, all of them with --format json"));
            }
            if hidden > 0 && (GROUPS_SHOWN..groups.len() - 1).contains(&index) {
                continue;
            }
            let Group { group, block_bitmap, inode_bitmap, free_blocks, free_inodes, directories, .. } = one;
            self.add(format_args!(
                "  {group}: blocks {}, bitmap/{group}@{block_bitmap}, inode bitmap at {inode_bitmap}, \
                 inodes/{group}@{}; free: {free_blocks} blocks, {free_inodes} inodes; \
                 {directories} directories",
                range(one.blocks.0, one.blocks.1),
                range(one.inode_table.0, one.inode_table.1),
            ));
        }
    }

    fn file(&mut self, file: &File) {
        self.add(format_args!(""));
        self.add(format_args!(
            "{}: inode {}, {}; {} in {}, {}; {} on the device",
            shown(&file.path),
            file.inode,
            counted(file.size, "byte"),
            counted(file.data_blocks, "block"),
            counted(file.runs, "run"),
            counted(file.indirect_blocks, "indirect block"),
            counted(file.bytes_on_device(), "byte"),
        ));
        self.add(format_args!("{}", or_none(&file.layout)));
        if let Some(scenario) = &file.scenario {
            self.add(format_args!("as a part of a scenario:"));
            self.add(format_args!("{}", members(scenario)));
        }
        if let Some(reason) = &file.no_scenario {
            self.add(format_args!("no scenario can say this: {}", shown(reason)));
        }
    }

    fn directory(&mut self, directory: &Directory) {
        self.add(format_args!(""));
        let Directory { path, inode, entries } = directory;
        self.add(format_args!("{}: inode {inode}, {} entries", shown(path), entries.len()));
        self.add(format_args!("{:>10} {:>16} {:>7}  {:<13} name", "inode", "size", "runs", "kind"));
        for entry in entries {
            let number = |value: Option<u64>| value.map_or("-".to_owned(), |value| value.to_string());
            self.add(format_args!(
                "{:>10} {:>16} {:>7}  {:<13} {}",
                entry.inode,
                number(entry.size),
                number(entry.runs.map(|runs| runs as u64)),
                entry.kind.unwrap_or("damaged"),
                shown(&entry.name),
            ));
        }
    }
}

fn range(first: u64, last: u64) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

fn counted(number: u64, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

/// The members of an object, as they are put into a file.
fn members(object: &Value) -> String {
    let lines = object.as_object().into_iter().flatten();
    let lines: Vec<String> =
        lines.map(|(key, value)| format!("  {}: {value}", Value::from(key.as_str()))).collect();
    lines.join(",\n")
}
