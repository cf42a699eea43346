//! What to say of a run that hangs: who waits, for what, and who holds it.

use sim_core::task::{Sleeper, TaskId};

use crate::failure::Stuck;
use crate::kernel::{Kernel, WaitsFor};
use crate::page::PageRef;
use crate::submit::{EndIo, InFlight};

/// All tasks that wait, kernel threads without work aside.
pub(super) fn stuck_tasks(k: &Kernel) -> Vec<Stuck> {
    let sleepers = k.tasks.sleepers().into_iter();
    sleepers.filter(|sleeper| sleeper.waits_for != WaitsFor::Work).map(|sleeper| stuck(k, sleeper)).collect()
}

fn stuck(k: &Kernel, sleeper: Sleeper<WaitsFor>) -> Stuck {
    let (waits_for, held_by) = match sleeper.waits_for {
        WaitsFor::Page(page) => (format!("the lock of {}", page_name(k, page)), holder_of_page(k, page)),
        WaitsFor::Writeback(page) => {
            (format!("the end of writeback of {}", page_name(k, page)), holder_of_page(k, page))
        }
        WaitsFor::Buffer(buffer) => {
            let block = k.pages.buffer(buffer).physical.unwrap_or_default();
            let holder = bio_that(k, |bio| matches!(bio.end_io, EndIo::Buffer(held, _) if held == buffer));
            (format!("the buffer of block {block}"), holder)
        }
        WaitsFor::Inode(file) => (
            format!("the lock of the inode of file {file}"),
            task_that(k, k.inodes[file.0 as usize].lock.holder()),
        ),
        WaitsFor::Allocation(file) => (
            format!("the right to allocate in file {file}"),
            task_that(k, k.inodes[file.0 as usize].allocation.holder()),
        ),
        WaitsFor::InodeWritten(mapping) => {
            let whose = mapping.file().map_or("the device".to_owned(), |file| format!("file {file}"));
            let holder = k.spaces.of(mapping).being_written.holder();
            (format!("the inode of {whose} to be written"), task_that(k, holder))
        }
        WaitsFor::Run => ("a run of the flusher to end".to_owned(), "the flusher".to_owned()),
        WaitsFor::Tag => {
            ("a tag".to_owned(), format!("{} requests in the device", k.in_device.borrow().len()))
        }
        WaitsFor::Time => ("the clock".to_owned(), "no timer".to_owned()),
        WaitsFor::Memory => ("a page to come out of writeback".to_owned(), "nobody".to_owned()),
        WaitsFor::Work => ("work".to_owned(), "nobody".to_owned()),
    };
    Stuck { task: sleeper.name, waits_for, held_by }
}

fn task_that(k: &Kernel, holder: Option<TaskId>) -> String {
    holder.map_or_else(|| "nobody".to_owned(), |task| format!("task `{}`", k.tasks.name(task)))
}

fn page_name(k: &Kernel, page: PageRef) -> String {
    let (mapping, index) = k.pages.place_of(page);
    match mapping.file() {
        Some(file) => format!("page {index} of file {file}"),
        None => format!("page {index} of the device"),
    }
}

fn holder_of_page(k: &Kernel, page: PageRef) -> String {
    bio_that(k, |bio| match bio.end_io {
        EndIo::MpageRead | EndIo::MpageWrite => bio.pages.contains(&page),
        EndIo::Buffer(buffer, _) => buffer.page == page,
    })
}

fn bio_that(k: &Kernel, holds: impl Fn(&InFlight) -> bool) -> String {
    let bios = k.bios.borrow();
    let holder = bios.iter().find(|(_, bio)| holds(bio));
    holder.map_or_else(|| "no bio".to_owned(), |(id, _)| format!("bio {id}, which has not ended"))
}
