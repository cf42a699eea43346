//! The end of a run: what files hold, in memory and on the device, against what calls have written.

use sim_core::io::FileId;

use crate::ext2::path::{block_to_path, pointers_per_block};
use crate::failure::RunError;
use crate::filemap::check::compare_block;
use crate::kernel::Kernel;
use crate::medium::{Base as _, MediumError, Stamp};
use crate::page::buffers::BufferRef;
use crate::page::{Mapping, Mark, PageRef};

/// The blocks of a page of the device, with their places.
fn blocks(k: &Kernel, page: PageRef) -> impl Iterator<Item = BufferRef> + use<> {
    (0..k.pages.buffer_count(page)).map(move |number| BufferRef { page, number })
}

/// Whoever reads the device directly has its dirty pages written first.
// [ext2-write-back.files-after]
pub(super) fn write_dirty_buffers(k: &Kernel) -> Result<(), MediumError> {
    let mut medium = k.medium.borrow_mut();
    for (_, page) in k.pages.of_mapping(Mapping::DEVICE) {
        for buffer in blocks(k, page) {
            let state = k.pages.buffer(buffer);
            if let (true, Some(physical)) = (state.dirty, state.physical) {
                let size = k.sizes.block as usize;
                k.pages.with_block(buffer, size, |bytes| medium.write_block(physical, bytes))?;
            }
        }
    }
    Ok(())
}

/// Compares every block that was written with what a reader would get now.
pub(super) fn check(k: &Kernel) -> Result<(), RunError> {
    if !k.settings.check_contents {
        return Ok(());
    }
    for file in (0..k.inodes.len()).map(|number| FileId(u32::try_from(number).unwrap_or(u32::MAX))) {
        let written: Vec<_> = k.oracle.borrow().written(file).collect();
        for (block, expected) in written {
            let found = match in_cache(k, file, block) {
                Some(stamp) => stamp,
                None => on_device(k, file, block)?,
            };
            compare_block(k, file, block, expected, found)?;
        }
    }
    Ok(())
}

fn in_cache(k: &Kernel, file: FileId, block: u64) -> Option<Stamp> {
    let page = k.pages.find(Mapping::of(file), block / u64::from(k.sizes.blocks_per_page))?;
    let number = u16::try_from(block % u64::from(k.sizes.blocks_per_page)).ok()?;
    let buffer = BufferRef { page, number };
    let up_to_date = k.pages.has(page, Mark::UpToDate) || k.pages.buffer(buffer).up_to_date;
    up_to_date.then(|| k.stamps.get(buffer))
}

/// What the device holds for a block, by the pointers in memory.
fn on_device(k: &Kernel, file: FileId, block: u64) -> Result<Stamp, MediumError> {
    let Ok(path) = block_to_path(block, pointers_per_block(k.sizes.block)) else { return Ok(Stamp::ZEROS) };
    let mut pointer = k.inodes[file.0 as usize].pointers.borrow()[path.offsets[0] as usize];
    for &offset in &path.offsets[1..usize::from(path.depth)] {
        if pointer == 0 {
            break;
        }
        pointer = pointer_in(k, u64::from(pointer), offset)?;
    }
    Ok(if pointer == 0 { Stamp::ZEROS } else { k.medium.borrow().stamp(u64::from(pointer)) })
}

fn pointer_in(k: &Kernel, block: u64, index: u32) -> Result<u32, MediumError> {
    let at = 4 * index as usize;
    let page = k.pages.find(Mapping::DEVICE, block / u64::from(k.sizes.blocks_per_page));
    let buffer = page.and_then(|page| {
        let number = u16::try_from(block % u64::from(k.sizes.blocks_per_page)).ok()?;
        let buffer = BufferRef { page, number };
        k.pages.buffer(buffer).up_to_date.then_some(buffer)
    });
    let size = k.sizes.block as usize;
    let read = |bytes: &[u8]| crate::ext2::disk_format::u32_at(bytes, at);
    match buffer {
        Some(buffer) => Ok(k.pages.with_block(buffer, size, read)),
        None => {
            let mut bytes = vec![0; size];
            k.medium.borrow().read_block(block, &mut bytes)?;
            Ok(read(&bytes))
        }
    }
}
