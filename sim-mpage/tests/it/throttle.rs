//! Writers that are faster than the device.

use crate::bench::{Bench, Ran};
use crate::writing::write_pages;

/// At most eight pages may be dirty, one of which, the superblock's, is since mounting.
fn run(throttling: bool, pages: u64) -> Ran {
    let bench = Bench::new(4096, "0-11@1000").with(|machine| {
        machine.kernel.vm.dirty_background_bytes = Some(4 * 4096);
        machine.kernel.vm.dirty_bytes = Some(8 * 4096);
        machine.kernel.vm.throttling = throttling;
    });
    bench.run(&[write_pages(0, pages)])
}

// [flusher.throttle]
#[test]
fn a_writer_sleeps_above_the_limit_until_enough_has_been_written() {
    let ran = run(true, 7);
    assert_eq!((ran.sent(), ran.time()), (vec![], 0));
    // The eighth page is one too many: the flusher writes what is dirty, and then the write goes on.
    let ran = run(true, 12);
    assert_eq!(
        (ran.sent_at(), ran.results()),
        (["0: W 0-7", "0: W inodes/0"].map(str::to_owned).to_vec(), &[12 * 4096][..])
    );
    assert_eq!(ran.returned_at(), [100]);
    let ran = run(false, 12);
    assert_eq!((ran.sent(), ran.returned_at()), (vec![], vec![0]));
}
