//! Beginnings of recorded traces of Linux 6.1.192 (names as in the collection), transcribed: what the
//! task did, and the events that the kernel recorded. The place of completions is left out.

use super::driver::{Driver, deadline};
use crate::block::Settings;

const ALL: &str = "QXGMFPUID";

/// `cat_1024_ms32`: requests of 32 KiB, no scheduler.
#[test]
fn a_sequential_read_is_split_and_sent_in_reverse() {
    let mut driver = Driver::new(Settings { max_sectors_kb: 32, ..Settings::default() });
    driver.plug();
    driver.read(2400, 24);
    driver.read(2424, 2);
    driver.sleep();
    driver.give_way();
    assert_eq!(
        driver.take_letters(ALL),
        "Q 2400+24, G 2400+24, P, Q 2424+2, M 2424+2, U 1, I 2400+26, D 2400+26"
    );
    driver.complete_all();
    driver.read(2426, 232);
    driver.end();
    assert_eq!(
        driver.take_letters(ALL),
        "Q 2426+232, X 2426/2490, G 2426+64, P, X 2490/2554, G 2490+64, X 2554/2618, G 2554+64, G 2618+40, \
         D 2618+40, D 2554+64, D 2490+64, D 2426+64"
    );
}

/// `sra_none_q2_2048`: two tags, no scheduler.
#[test]
fn a_scattered_readahead_waits_for_tags() {
    let mut driver = Driver::new(Settings { queue_depth: 2, nr_requests: 2, ..Settings::default() });
    driver.plug();
    for sector in [8352, 8784, 8288, 8640, 8592, 8656] {
        driver.read(sector, 8);
        // The second request completes right after the first, which woke the task.
        if !driver.device.is_empty() {
            driver.complete_oldest(None);
        }
    }
    assert_eq!(
        driver.take_letters(ALL),
        "Q 8352+8, G 8352+8, P, Q 8784+8, G 8784+8, \
         Q 8288+8, U 2, I 8352+8, I 8784+8, D 8352+8, D 8784+8, G 8288+8, P, Q 8640+8, G 8640+8, \
         Q 8592+8, U 2, I 8288+8, I 8640+8, D 8288+8, D 8640+8, G 8592+8, P, Q 8656+8, G 8656+8"
    );
}

/// `swnom1_dl_2048`: mq-deadline, `nomerges` 1; two requests of one lot, then one without a plug.
#[test]
fn an_fsync_inserts_its_data_and_then_the_inode() {
    let mut driver = Driver::new(Settings { nomerges: 1, ..deadline() });
    driver.plug();
    driver.write(20_480, 48);
    driver.write(20_532, 272);
    driver.end();
    driver.complete_all();
    driver.write(20, 4);
    driver.give_way();
    assert_eq!(
        driver.take_letters(ALL),
        "Q 20480+48, G 20480+48, P, Q 20532+272, G 20532+272, U 2, I 20480+48, I 20532+272, \
         D 20480+48, D 20532+272, Q 20+4, G 20+4, I 20+4, D 20+4"
    );
}
