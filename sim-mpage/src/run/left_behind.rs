//! The end of a run: nothing is locked, on its way or held any more, but what mappings and the
//! buffers used last hold.

use std::collections::BTreeMap;

use crate::failure::RunError;
use crate::kernel::Kernel;
use crate::page::buffers::BufferRef;
use crate::page::{Mark, PageRef};

/// Whether everything has been let go of.
pub(super) fn check(k: &Kernel) -> Result<(), RunError> {
    let mut pins = BTreeMap::<PageRef, u16>::new();
    let in_use = [k.tables.pinned(), k.buffer_cache.pinned(), k.mount.pinned()];
    for page in in_use.into_iter().flatten() {
        *pins.entry(page).or_default() += 1;
    }
    let mut of_pages = k.pages.all().into_iter().filter_map(|page| {
        let held = held(k, page, pins.get(&page).copied().unwrap_or(0))?;
        let (mapping, index) = k.pages.place_of(page);
        let whose = mapping.file().map_or("the device".to_owned(), |file| format!("file {file}"));
        Some(format!("page {index} of {whose} {held}"))
    });
    match of_pages.next().or_else(|| on_its_way(k)) {
        Some(what) => Err(RunError::LeftBehind { what }),
        None => Ok(()),
    }
}

/// Why a page that is pinned `pins` times by right is held.
fn held(k: &Kernel, page: PageRef, pins: u16) -> Option<String> {
    for (mark, name) in [(Mark::Locked, "is locked"), (Mark::Writeback, "is under writeback")] {
        if k.pages.has(page, mark) {
            return Some(name.to_owned());
        }
    }
    let buffers = (0..k.pages.buffer_count(page)).map(|number| BufferRef { page, number });
    if let Some(locked) = buffers.into_iter().find(|&buffer| k.pages.buffer(buffer).locked) {
        return Some(format!("has a locked buffer, {}", locked.number));
    }
    match (k.pages.in_flight(page), k.pages.pins(page)) {
        (0, found) if found == pins => None,
        (0, found) => Some(format!("is held {found} times, not {pins}")),
        (buffers, _) => Some(format!("has {buffers} buffers on their way")),
    }
}

fn on_its_way(k: &Kernel) -> Option<String> {
    let left = [
        (k.bios.borrow().is_empty(), "a bio has not ended"),
        (k.in_device.borrow().is_empty(), "a request is in the device"),
        (k.plugs.borrow().is_empty(), "a plug has not been finished"),
        (k.block.borrow().is_idle(), "the block layer holds a request or a tag"),
        (k.waits.is_empty(), "somebody waits for a page"),
        (!k.tasks.is_occupied(), "a task spends CPU time"),
        (locks_are_free(k), "somebody holds an inode"),
    ];
    left.iter().find(|(is_free, _)| !is_free).map(|&(_, what)| what.to_owned())
}

fn locks_are_free(k: &Kernel) -> bool {
    let of_inodes = k.inodes.iter().flat_map(|inode| [inode.lock.holder(), inode.allocation.holder()]);
    let of_writers = k.spaces.all().map(|mapping| k.spaces.of(mapping).being_written.holder());
    of_inodes.chain(of_writers).all(|holder| holder.is_none())
}
