//! Images for tests, made from layouts, with bytes that can be changed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sim_mpage::ext2::image::{ReadAt, ReadError};
use sim_mpage::ext2::volume::Volume;
use sim_mpage::medium::Base;

use crate::load_text;

/// The image of a described filesystem; counts how often it is read.
pub(crate) struct VolumeImage {
    base: Arc<dyn Base>,
    /// Bytes that differ, by their place.
    pub(crate) patches: BTreeMap<u64, u8>,
    /// How many bytes it has.
    pub(crate) length: u64,
    reads: AtomicU64,
}

impl VolumeImage {
    pub(crate) fn new(volume: &Volume) -> VolumeImage {
        let base = Arc::clone(&volume.base);
        let length = base.blocks() * u64::from(base.block_size());
        VolumeImage { base, patches: BTreeMap::new(), length, reads: AtomicU64::new(0) }
    }

    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(self.length).unwrap()];
        self.read_at(0, &mut bytes).unwrap();
        bytes
    }
}

impl ReadAt for VolumeImage {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<(), ReadError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let end = offset.checked_add(out.len() as u64).filter(|end| *end <= self.length);
        let end = end.ok_or(ReadError("the image ends here".to_owned()))?;
        let size = u64::from(self.base.block_size());
        let mut block = vec![0; self.base.block_size() as usize];
        let mut at = offset;
        while at < end {
            let within = at % size;
            let length = usize::try_from((size - within).min(end - at)).unwrap();
            self.base.read_block(at / size, &mut block).map_err(|error| ReadError(error.to_string()))?;
            let (from, to) = (usize::try_from(within).unwrap(), usize::try_from(at - offset).unwrap());
            out[to..to + length].copy_from_slice(&block[from..from + length]);
            at += length as u64;
        }
        for (&at, &byte) in self.patches.range(offset..end) {
            out[usize::try_from(at - offset).unwrap()] = byte;
        }
        Ok(())
    }
}

/// The volume that a `filesystem` describes, on a device of so many sectors.
pub(crate) fn volume(filesystem: &str, sectors: u64) -> Volume {
    let text = format!(
        r#"{{ "device": {{ "preset": "ideal", "sectors": {sectors} }}, "filesystem": {filesystem},
              "workload": {{ "calls": [] }} }}"#
    );
    let loaded = load_text(&text, &[]).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    loaded.arms[0].machine.volume.clone()
}

/// A small filesystem: the classic, a file with a space in its name, one in a directory.
pub(crate) fn small_volume() -> Volume {
    let filesystem = r#"{ "block_size": "1KiB", "files": {
        "/f": "0-11@1000 ind@1012 12-15@1013",
        "/my file": { "layout": "0@2000 2@2001", "size": "5KiB" },
        "/sub/deep": "0@2100 dind@2101 dleaf/0@2102 268-280@2103 tind@2120 tmid/0@2121 tleaf/0/1@2122 66060@2123"
    } }"#;
    volume(filesystem, 16_384)
}

/// Its image.
pub(crate) fn small() -> VolumeImage {
    VolumeImage::new(&small_volume())
}
