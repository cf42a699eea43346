//! Reading: the boundary flag, at the end of each kind of array and of pages of any size.

use sim_core::io::{Confused, Reason};

use crate::bench::{Bench, pread, readahead};

// [mpage-read.boundary] [mpage-reason.boundary] [mpage-reason.metadata-read]
#[test]
fn only_the_page_that_uses_a_mapping_up_ends_the_bio_at_the_boundary() {
    // Blocks of 1 KiB: three pages to the end of the direct pointers.
    let ran = Bench::new(1024, "0-11@1000 ind@1012 12-19@1013").run(&[readahead(0, 20480)]);
    assert_eq!(ran.mapped(), [(0, 20, 12), (12, 8, 8)]);
    assert_eq!(ran.bios(), "0-11 ind 12-19");
    assert_eq!(ran.reasons(), [Reason::Boundary, Reason::MetadataRead, Reason::EndOfRequest]);
}

// [mpage-read.boundary] [mpage-read.arms]
#[test]
fn a_boundary_in_the_middle_of_a_page_ends_nothing() {
    // The twelve direct blocks end inside a page of 16.
    for boundary in [true, false] {
        let bench = Bench::new(1024, "ind@500 0-31@1000").page_size(16384).boundary(boundary);
        let ran = bench.run(&[readahead(0, 0)]);
        assert_eq!(ran.mapped(), [(0, 32, 12), (12, 20, 20)]);
        assert_eq!(ran.bios(), "ind 0-31");
        assert_eq!(ran.reasons(), [Reason::MetadataRead, Reason::EndOfRequest]);
    }
    let ran = Bench::new(1024, "0-11@1000 ind@1012 12-15@1013").page_size(16384).run(&[readahead(0, 0)]);
    let apart = Confused::NotContiguous;
    assert_eq!(ran.confused(), [apart]);
    let order = "ind 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15";
    assert_eq!(ran.bios(), order);
}

// [mpage-read.boundary]
#[test]
fn a_mapping_that_the_request_cuts_short_has_no_boundary() {
    let ran = Bench::new(4096, "0-11@1000 ind@1012 12-15@1013").run(&[readahead(0, 11 * 4096)]);
    assert_eq!((ran.bios(), ran.reasons()), ("0-10", vec![Reason::EndOfRequest]));
    let ran = Bench::new(4096, "0-11@1000 ind@1012 12-15@1013").run(&[readahead(0, 12 * 4096)]);
    assert_eq!((ran.bios(), ran.reasons()), ("0-11", vec![Reason::Boundary]));
}

/// Arrays of pointers end behind each leaf of the double and the triple indirect block, and behind
/// the single one.
// [mpage-read.boundary]
#[test]
fn the_end_of_every_array_is_a_boundary() {
    // Blocks of 1 KiB: an array has 256 pointers.
    let single_end = 12 + 256;
    let first_leaf_end = single_end + 256;
    let double_end = single_end + 65536;
    let triple_leaf_end = double_end + 256;
    let cases = [
        (single_end, "ind@100 dind@101", "dleaf/0", "ind", "dind dleaf/0"),
        (first_leaf_end, "dind@101 dleaf/0@102", "dleaf/1", "dind dleaf/0", "dleaf/1"),
        (
            double_end,
            "dind@101 dleaf/255@102 tind@103 tmid/0@104",
            "tleaf/0/0",
            "dind dleaf/255",
            "tind tmid/0 tleaf/0/0",
        ),
        (
            triple_leaf_end,
            "tind@103 tmid/0@104 tleaf/0/0@105",
            "tleaf/0/1",
            "tind tmid/0 tleaf/0/0",
            "tleaf/0/1",
        ),
    ];
    for (end, parents, next, to_reach, after) in cases {
        let (before, behind) = (format!("{}-{}", end - 4, end - 1), format!("{end}-{}", end + 3));
        let layout = format!("{parents} {before}@5000 {next}@5004 {behind}@5005");
        let request = [readahead((end - 4) * 1024, 8192)];
        let ran = Bench::new(1024, &layout).run(&request);
        assert_eq!(ran.bios(), format!("{to_reach} {before} {after} {behind}"));
        assert!(ran.reasons().contains(&Reason::Boundary), "{layout}");
        let ran = Bench::new(1024, &layout).boundary(false).run(&request);
        assert_eq!(ran.bios(), format!("{to_reach} {after} {before} {behind}"));
        assert!(!ran.reasons().contains(&Reason::Boundary), "{layout}");
    }
}

// [mpage-read.readahead] [mpage-read.boundary]
#[test]
fn the_classic_shows_with_every_size_of_page_and_block() {
    for page_size in [4096_u32, 16384, 65536] {
        for block_size in [1024_u32, 2048, 4096, 8192, 16384, 32768, 65536] {
            if block_size > page_size {
                continue;
            }
            let per_page = page_size / block_size;
            let end = 12 + 4 * per_page;
            let layout = format!("0-11@1000 ind@1012 12-{}@1013", end - 1);
            let size = u64::from(end) * u64::from(block_size);
            let bench = Bench::new(block_size, &layout).page_size(page_size);
            let ran = bench.clone().run(&[readahead(0, size), pread(0, size)]);
            assert_eq!(ran.results(), [0, i64::try_from(size).unwrap()], "{page_size} {block_size}");
            let without = bench.boundary(false).run(&[readahead(0, size), pread(0, size)]);
            assert_eq!(without.results(), ran.results());
            let whole_before = 12 - 12 % per_page;
            if whole_before == 12 {
                let rest = format!("12-{}", end - 1);
                assert_eq!(ran.bios(), format!("0-11 ind {rest}"), "{page_size} {block_size}");
                assert_eq!(without.bios(), format!("ind 0-11 {rest}"), "{page_size} {block_size}");
                assert_eq!(ran.mapped().len(), 2);
                continue;
            }
            // The page with block 12 needs the indirect block; then it is read block by block.
            let before = if whole_before == 0 { String::new() } else { format!("0-{} ", whole_before - 1) };
            let behind = whole_before + per_page;
            let alone: String = (whole_before..behind).map(|block| format!("{block} ")).collect();
            let order = format!("ind {before}{alone}{behind}-{}", end - 1);
            assert_eq!(ran.bios(), order, "{page_size} {block_size}");
            assert_eq!(without.bios(), order, "{page_size} {block_size}");
            assert_eq!(ran.confused(), [Confused::NotContiguous], "{page_size} {block_size}");
        }
    }
}

// [mpage-read.reuse] [mpage-read.used-up]
#[test]
fn one_mapping_serves_a_page_of_many_blocks_and_the_next_ones() {
    for page_size in [4096_u32, 16384, 65536] {
        let per_page = u64::from(page_size / 1024);
        let (first, blocks) = (per_page.max(16), 3 * per_page);
        let layout = format!("ind@100 {first}-{}@2000", first + blocks - 1);
        let bench = Bench::new(1024, &layout).page_size(page_size);
        let ran = bench.run(&[readahead(first * 1024, blocks * 1024)]);
        let expected = i64::try_from(blocks).unwrap();
        assert_eq!(ran.mapped(), [(first, blocks, expected)], "{page_size}");
        assert_eq!(ran.bios(), format!("ind {first}-{}", first + blocks - 1));
    }
}
