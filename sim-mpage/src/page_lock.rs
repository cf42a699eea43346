//! Waiting for pages: their lock, its being taken off, the end of their write.

use crate::kernel::{Kernel, WaitsFor};
use crate::page::wait::{Event, Stand};
use crate::page::{Mark, PageRef};
use crate::submit::{flusher_gives_way, sleep_on};

/// Puts the running task into the queue of `event` and sleeps until it is woken.
// [processes.wait]
pub async fn wait_for(k: &Kernel, event: Event, stand: Stand) {
    k.tasks.prepare_to_sleep();
    k.waits.push(event, k.tasks.current(), stand);
    let waits_for = match event {
        Event::Unlocked(page) => WaitsFor::Page(page),
        Event::Written(page) => WaitsFor::Writeback(page),
        Event::AnyWritten => WaitsFor::Memory,
        Event::BufferUnlocked(buffer) => WaitsFor::Buffer(buffer),
    };
    sleep_on(k, waits_for).await;
}

/// Takes the page's lock, sleeping as long as somebody else has it.
// [processes.wait-page-lock]
pub async fn lock_page(k: &Kernel, page: PageRef) {
    flusher_gives_way(k).await;
    while k.pages.has(page, Mark::Locked) {
        wait_for(k, Event::Unlocked(page), Stand::Exclusive).await;
    }
    k.pages.set(page, Mark::Locked);
}

/// Takes the page's lock off and wakes who waits for that.
pub fn unlock_page(k: &Kernel, page: PageRef) {
    let was_locked = k.pages.clear(page, Mark::Locked);
    assert!(was_locked, "page {:?} was unlocked twice", k.pages.place_of(page));
    k.waits.wake(&k.tasks, Event::Unlocked(page));
}

/// Sleeps until the page has been unlocked once, whatever its state is by then.
// [processes.wait-unlocked]
pub async fn wait_on_page_locked(k: &Kernel, page: PageRef) {
    if k.pages.has(page, Mark::Locked) {
        wait_for(k, Event::Unlocked(page), Stand::End).await;
    }
}

/// Sleeps until the page is not being written.
// [processes.wait-writeback]
pub async fn wait_on_page_writeback(k: &Kernel, page: PageRef) {
    while k.pages.has(page, Mark::Writeback) {
        wait_for(k, Event::Written(page), Stand::End).await;
    }
}

/// The page's write has ended.
pub fn end_page_writeback(k: &Kernel, page: PageRef) {
    k.pages.clear(page, Mark::Writeback);
    k.waits.wake(&k.tasks, Event::Written(page));
    k.waits.wake(&k.tasks, Event::AnyWritten);
}
