//! What an ext2 image or a described layout is: its filesystem, its directories, and where the blocks
//! of its files lie, in the grammar of layouts, so that they can be put into a scenario.
//!
//! A described filesystem is looked into through its bytes, like an image. An image is not trusted:
//! what is wrong with it is an error that names inode and block; in a directory it stands beside the
//! entry that it is about.

pub mod subject;
pub mod text;

use serde::Serialize;
use serde_json::{Value, json};
use sim_core::io::SECTOR_BYTES;
use sim_mpage::ext2::disk_format::{FileKind, GroupDescriptor, Superblock, features};
use sim_mpage::ext2::file_map::FileMap;
use sim_mpage::ext2::image::{Image, ImageError, Listing};
use sim_mpage::ext2::volume::VolumeFile;

use crate::input::ScenarioInput;
use crate::load::{self, Loaded, Options};
use crate::quantity::Size;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// The argument.
    pub name: String,
    /// What it was taken for.
    pub taken_for: subject::Kind,
    /// Why.
    pub because: &'static str,
    /// The filesystem; of a scenario one for each way in which its arms describe it.
    pub filesystems: Vec<Filesystem>,
}

/// A filesystem, and what was asked for in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Filesystem {
    /// The arms of the scenario that have it; none of an image.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arms: Vec<String>,
    /// Bytes in a block.
    pub block_size: u32,
    /// How many blocks it has, those before the first data block included.
    pub blocks: u32,
    /// The block that group 0 begins with.
    pub first_data_block: u32,
    /// How many of them are free.
    pub free_blocks: u32,
    /// How many inodes there are.
    pub inodes: u32,
    /// How many of them are free.
    pub free_inodes: u32,
    /// Bytes in an inode.
    pub inode_size: u16,
    /// The device's sectors of 512 bytes.
    pub device_sectors: u64,
    /// Whether it was unmounted cleanly, and no errors were found.
    pub clean: bool,
    /// Its features, as `mke2fs -O` takes them.
    pub features: Vec<String>,
    /// Those of them that are ignored, such as a journal.
    pub ignored_features: Vec<&'static str>,
    /// Where the group descriptors lie: the first block and the last.
    pub descriptors: (u64, u64),
    /// Blocks and inodes of a group; the last one may have fewer blocks.
    pub per_group: (u32, u32),
    /// The groups.
    pub groups: Vec<Group>,
    /// The files that were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<File>,
    /// The directory that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<Directory>,
}

/// A group of blocks, and where its metadata lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Its number.
    pub group: u32,
    /// Its first block and its last.
    pub blocks: (u64, u64),
    /// Where its block bitmap lies.
    pub block_bitmap: u32,
    /// Where its inode bitmap lies.
    pub inode_bitmap: u32,
    /// The first block of its inode table and the last.
    pub inode_table: (u64, u64),
    /// How many of its blocks are free.
    pub free_blocks: u16,
    /// How many of its inodes are free.
    pub free_inodes: u16,
    /// How many of its inodes are directories.
    pub directories: u16,
}

/// A file and where its blocks lie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct File {
    /// Its path.
    pub path: String,
    /// Its inode.
    pub inode: u32,
    /// Its size in bytes.
    pub size: u64,
    /// How many sectors its data and indirect blocks take (`i_blocks`).
    pub sectors: u64,
    /// How many blocks of data it has; the others are holes.
    pub data_blocks: u64,
    /// How many indirect blocks it has.
    pub indirect_blocks: u64,
    /// In how many runs its data lie.
    pub runs: u64,
    /// Where its blocks lie, in the grammar of layouts.
    pub layout: String,
    /// The part of a scenario that describes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<Value>,
    /// Why there is none, if no scenario can describe it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_scenario: Option<String>,
}

/// A directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Directory {
    /// Its path.
    pub path: String,
    /// Its inode.
    pub inode: u32,
    /// What it holds, in its own order.
    pub entries: Vec<Entry>,
}

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// The inode that it names.
    pub inode: u32,
    /// What that is: `file`, `directory`, `symbolic link` or `other`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// Its size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// In how many runs its data lie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs: Option<usize>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What an image holds: its filesystem, and the file or directory at `path` (none: the root).
///
/// # Errors
/// [`ImageError`], if the path or what it leads to is wrong.
pub fn of_image(image: &Image, path: Option<&str>) -> Result<Filesystem, ImageError> {
    let device = json!({ "preset": "ideal", "sectors": image.device_sectors() });
    look(image, path.unwrap_or("/"), Some(&device))
}

/// What a scenario's arms describe: the file or directory at `path`, or all files that it names. Arms
/// that describe the same are told once.
///
/// # Errors
/// [`ImageError`], if the path or what it leads to is wrong.
pub fn of_scenario(loaded: &Loaded, path: Option<&str>) -> Result<Vec<Filesystem>, ImageError> {
    let mut found: Vec<Filesystem> = Vec::new();
    for arm in &loaded.arms {
        let volume = &arm.machine.volume;
        let image = Image::of_volume(volume)?;
        let one = match path {
            Some(path) => look(&image, path, None)?,
            None => {
                let files = volume.files.iter().map(|file| describe(&image, file, None));
                Filesystem { files: files.collect::<Result<_, _>>()?, ..filesystem(&image) }
            }
        };
        let same = |known: &&mut Filesystem| Filesystem { arms: Vec::new(), ..(**known).clone() } == one;
        match found.iter_mut().find(same) {
            Some(known) => known.arms.push(arm.name.clone()),
            None => found.push(Filesystem { arms: vec![arm.name.clone()], ..one }),
        }
    }
    Ok(found)
}

fn look(image: &Image, path: &str, device: Option<&Value>) -> Result<Filesystem, ImageError> {
    let (kind, file) = image.find(path)?;
    let own = filesystem(image);
    match kind {
        FileKind::Regular => Ok(Filesystem { files: vec![describe(image, &file, device)?], ..own }),
        FileKind::Directory => {
            let entries = image.list(&file)?.into_iter().map(entry).collect();
            let path = if file.path.is_empty() { "/".to_owned() } else { file.path };
            Ok(Filesystem { directory: Some(Directory { path, inode: file.inode, entries }), ..own })
        }
        FileKind::SymbolicLink | FileKind::Other => Err(ImageError::NotAFile(file.path, file.inode)),
    }
}

fn filesystem(image: &Image) -> Filesystem {
    let superblock = image.superblock();
    let first = superblock.descriptors_block();
    let groups = (0..).zip(image.groups()).map(|(number, group)| group_of(superblock, number, group));
    Filesystem {
        arms: Vec::new(),
        block_size: superblock.block_size(),
        blocks: superblock.blocks_count,
        first_data_block: superblock.first_data_block,
        free_blocks: superblock.free_blocks_count,
        inodes: superblock.inodes_count,
        free_inodes: superblock.free_inodes_count,
        inode_size: superblock.inode_size,
        device_sectors: image.device_sectors(),
        clean: superblock.state & 3 == 1,
        features: features::names(superblock),
        ignored_features: image.ignored_features().to_vec(),
        descriptors: (first, first + superblock.descriptor_blocks() - 1),
        per_group: (superblock.blocks_per_group, superblock.inodes_per_group),
        groups: groups.collect(),
        files: Vec::new(),
        directory: None,
    }
}

fn group_of(superblock: &Superblock, number: u32, group: &GroupDescriptor) -> Group {
    let (first, blocks) = (superblock.group_start(number), superblock.blocks_in_group(number));
    let table = u64::from(group.inode_table);
    Group {
        group: number,
        blocks: (first, first + u64::from(blocks) - 1),
        block_bitmap: group.block_bitmap,
        inode_bitmap: group.inode_bitmap,
        inode_table: (table, table + u64::from(superblock.inode_table_blocks()) - 1),
        free_blocks: group.free_blocks,
        free_inodes: group.free_inodes,
        directories: group.used_directories,
    }
}

fn entry(listing: Listing) -> Entry {
    let Listing { name, inode, listed } = listing;
    let none = Entry { name, inode, kind: None, size: None, runs: None, error: None };
    match listed {
        Ok(listed) => {
            let kind = match listed.kind {
                FileKind::Regular => "file",
                FileKind::Directory => "directory",
                FileKind::SymbolicLink => "symbolic link",
                FileKind::Other => "other",
            };
            Entry { kind: Some(kind), size: Some(listed.size), runs: listed.runs, ..none }
        }
        Err(error) => Entry { error: Some(error.in_full()), ..none },
    }
}

/// A file. With a device, a scenario is made of it; otherwise it came from one.
fn describe(image: &Image, file: &VolumeFile, device: Option<&Value>) -> Result<File, ImageError> {
    let map = image.map(file)?;
    let block_size = image.superblock().block_size();
    let layout = map.to_layout_string();
    let mut scenario = json!({
        "filesystem": {
            "block_size": Size(block_size.into()).to_string(),
            "files": { file.path.as_str(): file_entry(file, &map, &layout, block_size) },
        },
    });
    let no_scenario = device.and_then(|device| {
        scenario["device"] = device.clone();
        refused(&scenario)
    });
    Ok(File {
        path: file.path.clone(),
        inode: file.inode,
        size: file.size,
        sectors: file.sectors,
        data_blocks: map.runs.iter().map(|run| run.blocks).sum(),
        indirect_blocks: map.indirect.len() as u64,
        runs: map.runs.len() as u64,
        layout,
        scenario: no_scenario.is_none().then_some(scenario),
        no_scenario,
    })
}

/// What stands under `files`: the layout, with the size unless the file ends with its last block.
fn file_entry(file: &VolumeFile, map: &FileMap, layout: &str, block_size: u32) -> Value {
    let blocks = map.runs.last().map_or(0, |run| run.logical + run.blocks);
    if file.size == blocks * u64::from(block_size) {
        return json!(layout);
    }
    json!({ "layout": layout, "size": Size(file.size).to_string() })
}

/// Why a scenario with this filesystem would be refused: an image may hold what no scenario can say,
/// such as blocks beyond the end of a file.
fn refused(scenario: &Value) -> Option<String> {
    let mut whole = scenario.clone();
    whole["workload"] = json!({ "calls": [] });
    let input = ScenarioInput::of_text("", whole.to_string());
    let mistakes = load::load(&input, &Options::default()).err()?;
    let messages: Vec<&str> = mistakes.list.iter().map(|mistake| mistake.message.as_str()).collect();
    Some(messages.join("; "))
}

impl Filesystem {
    /// What is wrong with entries of the directory.
    pub fn damage(&self) -> impl Iterator<Item = &str> {
        let entries = self.directory.iter().flat_map(|directory| &directory.entries);
        entries.filter_map(|entry| entry.error.as_deref())
    }
}

impl File {
    /// Bytes of the device that its data and indirect blocks take, as `i_blocks` says.
    pub fn bytes_on_device(&self) -> u64 {
        self.sectors.saturating_mul(SECTOR_BYTES)
    }
}
