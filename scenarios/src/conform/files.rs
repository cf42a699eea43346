//! The maps of a trace's files as they are on the device at the end, of the kernel and of the
//! simulator, in the grammar of layouts.

use std::sync::Arc;

use sim_core::io::Role;
use sim_core::io::blocks::{Layout, PlacedRun};
use sim_mpage::ext2::image::{Image, ImageError};
use sim_mpage::ext2::path::{pointers_per_block, span_of};
use sim_mpage::ext2::volume::Volume;
use sim_mpage::medium::Medium;

use super::recorded::RecordedFile;

/// A file on the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileOnDevice {
    /// Its path, as the trace names it.
    pub(super) path: String,
    pub(super) inode: u32,
    /// Bytes.
    pub(super) size: u64,
    /// Where its blocks lie: an indirect block stands before the first block that it could map.
    pub(super) layout: Layout,
}

impl FileOnDevice {
    /// A file as the trace tells it.
    pub(super) fn recorded(file: &RecordedFile, block_size: u32) -> Result<FileOnDevice, String> {
        let runs = file.runs.iter().map(|&[first, physical, count]| data(first, physical, count));
        let indirect = file.indirect.iter().map(|(role, &physical)| match role.parse::<Role>() {
            Ok(role) => Ok(indirect(role, physical)),
            Err(_) => Err(format!("unknown role {role:?}")),
        });
        let pieces: Result<Vec<PlacedRun>, String> = runs.map(Ok).chain(indirect).collect();
        let layout = in_order(pieces?, block_size);
        Ok(FileOnDevice { path: file.path.clone(), inode: file.inode, size: file.size, layout })
    }

    /// What is told of it: its inode, then a line for each piece of its map.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        let FileOnDevice { path, inode, size, layout } = self;
        let pieces = layout.runs().iter().map(move |piece| format!("{path}: {piece}"));
        std::iter::once(format!("{path}: inode {inode}, {size} bytes")).chain(pieces)
    }
}

/// The files of a trace on the device at the end of a run; an error text for one that cannot be read.
pub(super) fn on_device(
    volume: &Volume,
    medium: &Medium,
    files: &[RecordedFile],
) -> Vec<Result<FileOnDevice, String>> {
    let volume = Volume { base: Arc::new(medium.clone()), ..volume.clone() };
    let read = |image: &Image, path: &str| -> Result<FileOnDevice, ImageError> {
        let (_, file) = image.find(path)?;
        let map = image.map(&file)?;
        let runs = map.runs.iter().map(|run| data(run.logical, run.physical, run.blocks));
        let pieces = runs.chain(map.indirect.iter().map(|&(role, physical)| indirect(role, physical)));
        let layout = in_order(pieces.collect(), volume.block_size);
        Ok(FileOnDevice { path: path.to_owned(), inode: file.inode, size: file.size, layout })
    };
    match Image::of_volume(&volume) {
        Ok(image) => {
            let read =
                |path: &str| read(&image, path).map_err(|error| format!("{path}: {}", error.in_full()));
            files.iter().map(|file| read(&file.path)).collect()
        }
        Err(error) => vec![Err(error.in_full())],
    }
}

fn data(first: u64, physical: u64, count: u64) -> PlacedRun {
    PlacedRun { role: Role::Data, first, count, physical }
}

fn indirect(role: Role, physical: u64) -> PlacedRun {
    PlacedRun { role, first: 0, count: 1, physical }
}

/// Runs of data are joined wherever they continue each other, then each indirect block is put before
/// the first block that it could map.
fn in_order(pieces: Vec<PlacedRun>, block_size: u32) -> Layout {
    let pointers = pointers_per_block(block_size);
    let first_mapped = |role| span_of(role, pointers).map_or(0, |span| span.first);
    let (mut data, indirect): (Vec<_>, Vec<_>) =
        pieces.into_iter().partition(|piece| piece.role == Role::Data);
    data.sort_unstable_by_key(|piece| piece.first);
    let mut pieces = Layout::new(data).runs().to_vec();
    pieces.extend(indirect);
    pieces.sort_by_key(|piece| match piece.role {
        Role::Data => (piece.first, true, piece.role),
        role => (first_mapped(role), false, role),
    });
    Layout::new(pieces)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn runs_are_joined_and_stand_behind_the_blocks_that_map_them() {
        let indirect = [("dleaf/0", 601), ("ind", 500), ("dind", 600)];
        let file = RecordedFile {
            path: "f".to_owned(),
            inode: 12,
            size: 5,
            runs: vec![[0, 1000, 12], [12, 1012, 256], [268, 2000, 2]],
            indirect: indirect.map(|(role, place)| (role.to_owned(), place)).into(),
        };
        let read = FileOnDevice::recorded(&file, 1024).unwrap();
        let lines: Vec<String> = read.lines().collect();
        assert_eq!(
            lines,
            [
                "f: inode 12, 5 bytes",
                "f: 0-267@1000",
                "f: ind@500",
                "f: dind@600",
                "f: dleaf/0@601",
                "f: 268-269@2000"
            ]
        );
        let unknown = RecordedFile { indirect: BTreeMap::from([("leaf".to_owned(), 1)]), ..file };
        assert_eq!(FileOnDevice::recorded(&unknown, 1024).unwrap_err(), "unknown role \"leaf\"");
    }
}
