//! The classic: an indirect block between blocks 11 and 12.

use crate::bench::{Bench, read, readahead};

const CLASSIC: &str = "0-11@1000 ind@1012 12-15@1013";

// [mpage-read.arms] [mpage-read.readahead]
#[test]
fn without_boundary_handling_the_indirect_block_is_read_before_the_data_in_front_of_it() {
    let ran = Bench::new(4096, CLASSIC).boundary(false).run(&[readahead(0, 65536), read(65536)]);
    assert_eq!(ran.bios(), "ind 0-11 12-15");
    assert_eq!(ran.issued(), "ind 12-15 0-11");
    assert_eq!(ran.results(), [0, 65536]);
}

// [mpage-read.arms] [mpage-read.boundary]
#[test]
fn with_it_the_data_go_first_and_the_indirect_block_merges_behind_them() {
    let ran = Bench::new(4096, CLASSIC).run(&[readahead(0, 65536), read(65536)]);
    assert_eq!(ran.bios(), "0-11 ind 12-15");
    assert_eq!(ran.issued(), "0-11+ind 12-15");
    assert_eq!(ran.results(), [0, 65536]);
}
