//! Stores through a shared mapping, and writes to pages that are on their way to the device.

use sim_core::trace::What;
use sim_mpage::call::Call;
use sim_mpage::errno::SIGBUS;

use crate::bench::{Bench, H, Ran, writeback};
use crate::writing::{FSYNC, MAP, PAGE, pwrite, store, sync_range, write_pages};

fn created(ran: &Ran) -> Vec<(u64, bool)> {
    ran.all(|what| match what {
        What::Mapped { block, create, .. } => Some((*block, *create)),
        _ => None,
    })
}

// [store.bring-in] [store.dirty]
#[test]
fn a_store_reads_its_page_with_readahead_and_makes_it_dirty() {
    let ran = Bench::new(4096, "0-7@1000").run(&[MAP, store(3), store(3), FSYNC]);
    assert_eq!(ran.sent(), ["RA 0-7", "WS 3", "WS inodes/0"]);
    assert_eq!(ran.windows().len(), 1);
    assert_eq!(ran.results(), [0, 0, 0, 0]);
    // An entry that is set, but for reading, takes no readahead.
    let read = Call::Mread { handle: H, offset: 3 * PAGE };
    let ran = Bench::new(4096, "0-7@1000").run(&[MAP, read, store(3), store(4), writeback()]);
    assert_eq!((ran.windows().len(), ran.sent()), (1, vec!["RA 0-7".to_owned(), "WS 3-4".to_owned()]));
    // Outside of file or mapping it is a bus error.
    let ran = Bench::new(4096, "0-7@1000").run(&[MAP, store(8), store(20)]);
    assert_eq!(ran.results(), [0, SIGBUS, SIGBUS]);
}

// [store.bring-in]
#[test]
fn a_page_with_buffers_is_brought_in_buffer_by_buffer() {
    let ran = Bench::new(1024, "0-3@1000").unread_page(0, "cmcm").run(&[MAP, store(0)]);
    assert_eq!((ran.sent(), ran.results()), (vec!["R 1".to_owned(), "R 3".to_owned()], &[0, 0][..]));
}

// [store.dirty]
#[test]
fn a_store_over_a_hole_allocates_nothing_and_its_writeback_does() {
    let bench = Bench::with_size(4096, "0@1000 2@1002", 3 * PAGE);
    let ran = bench.run(&[MAP, store(1), writeback()]);
    assert_eq!(ran.sent(), ["RA 0", "RA 2", "R bitmap/0", "WS 1"]);
    let created: Vec<_> = created(&ran).into_iter().filter(|&(_, create)| create).collect();
    assert_eq!(created, [(1, true)]);
    assert_eq!(ran.found_or_made().last(), Some(&(1, 1001, true)));
}

// [store.dirty] [store.protect]
#[test]
fn a_store_makes_all_buffers_of_its_page_dirty_and_after_writeback_the_next_one_does_again() {
    let bench = || Bench::new(1024, "0-3@1000").cached_page(0);
    let ran = bench().run(&[pwrite(0, 4096), writeback(), MAP, store(0), writeback(), store(0), writeback()]);
    assert_eq!(ran.sent(), ["WS 0-3", "WS 0-3", "WS 0-3"]);
    // Unmapped ones, too, and those past the end, which are not written.
    let short = Bench::with_size(1024, "0-1@1000", 2048).cached_page(0);
    let ran = short.run(&[pwrite(0, 1024), writeback(), MAP, store(0), writeback()]);
    assert_eq!(ran.sent(), ["WS 0", "WS 0", "WS 1"]);
    assert_eq!(ran.mapped(), [(0, 1, 1), (1, 1, 1)]);
}

// [store.under-writeback] [writeback.under-writeback] [writeback.under-writeback-skip]
#[test]
fn a_page_on_its_way_is_stored_and_written_to_at_once_and_then_written_again() {
    for change in [store(0), write_pages(0, 1)] {
        let send = sync_range(0, 1, 2);
        let bench = Bench::new(4096, "0-3@1000").cached_page(0);
        let ran = bench.run(&[MAP, write_pages(0, 1), send, change, send, FSYNC]);
        // The second time it is skipped; for integrity it is waited for first.
        assert_eq!(ran.sent_at(), ["0: W 0", "100: WS 0", "200: WS inodes/0"]);
        assert_eq!(ran.returned_at(), [0, 0, 0, 0, 0, 300]);
    }
}
