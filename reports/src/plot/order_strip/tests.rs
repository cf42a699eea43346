use proptest::prelude::*;
use sim_core::io::Operation;

use super::*;
use crate::plot::inspect;
use crate::plot::io::{BlockKind, Io};
use crate::plot::samples::{any_subject, classic, long, piece, read};

#[test]
fn the_classic_shows_both_orders_and_the_way_back() {
    let svg = draw(&classic()).to_svg();
    inspect::check(&svg);
    let texts = inspect::texts(&svg);
    let runs: Vec<_> =
        texts.iter().map(String::as_str).filter(|text| ["0-11", "ind", "12-15"].contains(text)).collect();
    let rows: Vec<_> = runs.chunks(3).map(|row| row.join(" ")).collect();
    let expected = ["0-11 ind 12-15", "ind 0-11 12-15", "ind 12-15 0-11", "0-11 ind 12-15", "0-11 ind 12-15"];
    assert_eq!(rows, expected);
    for text in [
        "Boundary handling saves the way back",
        "block 1,000",
        "1,012",
        "back 17 blocks on the disk",
        "1: 3.90 ms",
        "request 3: 8.30 ms",
        "request 1, 0-11+ind together: 5.85 ms",
        "data block",
        "indirect block",
        "one request",
        "step backwards on the disk, in blocks",
    ] {
        assert!(texts.iter().any(|written| written == text), "{text:?} is not among {texts:?}");
    }
}

#[test]
fn only_steps_backwards_have_arrows() {
    let elements = inspect::parse(&draw(&classic()).to_svg());
    // One in the arm without boundary handling, one in the legend.
    assert_eq!(inspect::of_class(&elements, "backward").len(), 2);
}

#[test]
fn of_many_narrow_requests_every_second_or_fifth_is_numbered() {
    let numbers = |windows| -> Vec<usize> {
        inspect::texts(&draw(&long(windows)).to_svg()).iter().filter_map(|text| text.parse().ok()).collect()
    };
    assert_eq!(numbers(39)[..4], [2, 4, 6, 8]);
    assert_eq!(numbers(70)[..4], [5, 10, 15, 20]);
}

#[test]
fn each_bio_is_linked_to_its_request() {
    let elements = inspect::parse(&draw(&classic()).to_svg());
    assert_eq!(inspect::of_class(&elements, "link-data").len(), 4);
    assert_eq!(inspect::of_class(&elements, "link-indirect").len(), 2);
}

#[test]
fn the_description_is_the_strip_in_words() {
    let svg = draw(&classic()).to_svg();
    let description = &inspect::parse(&svg)[2].text;
    assert_eq!(
        description,
        "off: queued ind 0-11 12-15; issued ind 12-15 0-11. on: queued 0-11 ind 12-15; issued 0-11+ind 12-15."
    );
}

#[test]
fn long_runs_are_thinned_and_the_picture_says_how() {
    let subtitle = |windows| {
        inspect::texts(&draw(&long(windows)).to_svg()).into_iter().find(|text| text.contains("above bios"))
    };
    assert!(subtitle(20).unwrap().ends_with("widths not to scale"));
    assert!(subtitle(70).unwrap().ends_with("widths not to scale"));
    let thinned = "each column is 50 I/Os in order, coloured by share of blocks";
    assert!(subtitle(3_000).unwrap().ends_with(thinned));
    for windows in [20, 70, 300, 3_000, 30_000] {
        let svg = draw(&long(windows)).to_svg();
        inspect::check(&svg);
        assert!(svg.len() < 70_000, "{windows} windows make {} bytes", svg.len());
    }
}

#[test]
fn one_indirect_block_among_thousands_is_seen() {
    let elements = inspect::parse(&draw(&long(3_000)).to_svg());
    // 97 leaves in two rows of 62 columns, and the legend.
    assert!(inspect::of_class(&elements, "indirect").len() > 120);
}

#[test]
fn writes_and_flushes_are_told() {
    let bitmap = piece("bitmap/0", BlockKind::Metadata, 3, 1);
    let write = Io { operation: Operation::Write, ..read(&[&bitmap], 0, 2_000_000) };
    let flush = Io { operation: Operation::Flush, ..read(&[], 2_000_000, 2_900_000) };
    let ios = vec![write, flush];
    let arm = Arm { name: "fsync".into(), bio: ios.clone(), issue: ios, ..Arm::default() };
    let svg = draw(&Subject { arms: vec![arm], ..Subject::default() }).to_svg();
    inspect::check(&svg);
    let texts = inspect::texts(&svg);
    for text in ["W bitmap/0", "F", "W", "write", "flush", "other metadata block", "request 2: 900 us"] {
        assert!(texts.iter().any(|written| written == text), "{text:?} is not among {texts:?}");
    }
}

#[test]
fn arms_beyond_the_twelfth_are_counted() {
    let arms = vec![classic().arms.swap_remove(0); 14];
    let svg = draw(&Subject { arms, ..classic() }).to_svg();
    inspect::check(&svg);
    assert!(inspect::texts(&svg).iter().any(|text| text.ends_with("2 more arms are not drawn")));
}

#[test]
fn a_strip_without_anything_is_a_picture() {
    inspect::check(&draw(&Subject::default()).to_svg());
    inspect::check(&draw(&Subject { arms: vec![Arm::default()], ..Subject::default() }).to_svg());
}

proptest! {
    #[test]
    fn whatever_is_drawn_is_legible_and_bounded(strip in any_subject()) {
        let svg = draw(&strip).to_svg();
        inspect::check(&svg);
            prop_assert!(svg.len() < 30_000 + strip.arms.len() * 400_000, "{} bytes", svg.len());
        prop_assert_eq!(svg, draw(&strip).to_svg());
    }
}
