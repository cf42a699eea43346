use proptest::prelude::*;

use super::*;
use crate::plot::inspect::{self, Element};
use crate::plot::samples::{any_io, any_subject, classic, long, piece, read, timed};

fn has(texts: &[String], text: &str) -> bool {
    texts.iter().any(|written| written == text)
}

#[test]
fn the_classic_shows_waits_blocks_and_the_way_back() {
    let svg = draw(&classic()).to_svg();
    inspect::check(&svg);
    let texts = inspect::texts(&svg);
    for text in [
        "Boundary handling saves the way back",
        "backwards once",
        "never backwards",
        "12.9 ms",
        "7.05 ms",
        "ind: 3.90 ms",
        "0-11: 8.30 ms",
        "0-11+ind: 5.85 ms",
        "back 17 blocks",
        "1,000",
        "time since recording started, ms",
        "waits in a queue",
        "waits for the disk to turn",
        "the arm moves",
        "data block",
        "indirect block",
        "step backwards on the disk",
    ] {
        assert!(has(&texts, text), "{text:?} is not among {texts:?}");
    }
}

#[test]
fn rotation_is_hatched_and_waiting_is_grey() {
    let elements = inspect::parse(&draw(&classic()).to_svg());
    // Five requests wait for the disk, one in a queue; and the legend.
    let count = |class| inspect::of_class(&elements, class).len();
    assert_eq!((count("rotation"), count("hatch"), count("queue"), count("seek")), (6, 6, 2, 2));
}

#[test]
fn only_steps_backwards_have_arrows() {
    let elements = inspect::parse(&draw(&classic()).to_svg());
    assert_eq!(inspect::of_class(&elements, "backward").len(), 2);
}

/// The bounds of an element in sixteenths: left, top, right, bottom.
fn edges(element: &Element) -> [i64; 4] {
    let bounds = element.bounds();
    [bounds.left, bounds.top, bounds.right, bounds.bottom]
}

#[test]
fn arms_share_both_axes() {
    let mut subject = classic();
    subject.arms[1] = subject.arms[0].clone();
    let elements = inspect::parse(&draw(&subject).to_svg());
    let indirect: Vec<_> = inspect::of_class(&elements, "indirect").into_iter().map(edges).collect();
    let [first, second, ..] = indirect[..] else { panic!("{indirect:?}") };
    assert_eq!((first[0], first[2]), (second[0], second[2]));
    let data: Vec<_> = inspect::of_class(&elements, "data-solid").into_iter().map(edges).collect();
    assert_eq!(data[0][1] - first[1], data[2][1] - second[1]);
}

#[test]
fn a_band_lies_where_its_blocks_pass() {
    let elements = inspect::parse(&draw(&classic()).to_svg());
    let data: Vec<_> = inspect::of_class(&elements, "data-solid").into_iter().map(edges).collect();
    let indirect = edges(inspect::of_class(&elements, "indirect")[0]);
    // Without boundary handling: 12-15 right above the indirect block, then 0-11 from far below.
    let [rest, first] = [data[0], data[1]];
    assert!(rest[3] <= indirect[1] + 6 * 16 && first[3] > indirect[3] && first[0] > rest[2]);
}

#[test]
fn long_runs_are_thinned_and_the_picture_says_how() {
    for windows in [155, 3_000, 30_000] {
        let svg = draw(&timed(long(windows))).to_svg();
        inspect::check(&svg);
        assert!(svg.len() < 100_000, "{windows} windows make {} bytes", svg.len());
    }
    let reading = inspect::texts(&draw(&timed(long(3_000))).to_svg())[1].clone();
    assert!(
        reading.ends_with("each cell is 50 ms and 5,000 blocks, filled where a request completed"),
        "{reading}"
    );
    let reading = inspect::texts(&draw(&timed(long(150))).to_svg())[1].clone();
    assert!(reading.ends_with("then the blocks pass"), "{reading}");
}

#[test]
fn writes_and_flushes_are_told() {
    let bitmap = piece("bitmap/0", crate::plot::io::BlockKind::Metadata, 3, 1);
    let write = crate::plot::io::Io { operation: Operation::Write, ..read(&[&bitmap], 0, 2_000_000) };
    let flush = crate::plot::io::Io { operation: Operation::Flush, ..read(&[], 2_000_000, 2_900_000) };
    let arm = Arm { name: "fsync".into(), issue: vec![write, flush], ..Arm::default() };
    let svg = draw(&Subject { arms: vec![arm], ..Subject::default() }).to_svg();
    inspect::check(&svg);
    let texts = inspect::texts(&svg);
    for text in ["Wbitmap/0: 2.00 ms", "F: 900 us", "write", "flush", "command without blocks"] {
        assert!(has(&texts, text), "{text:?} is not among {texts:?}");
    }
}

#[test]
fn nothing_at_all_is_a_picture() {
    inspect::check(&draw(&Subject::default()).to_svg());
    inspect::check(&draw(&Subject { arms: vec![Arm::default(); 14], ..Subject::default() }).to_svg());
}

proptest! {
    #[test]
    fn phases_follow_one_another_from_issue_to_completion(io in any_io()) {
        let spans = phase::spans(&io);
        prop_assert_eq!(spans[0].1, io.start_ns);
        prop_assert_eq!(spans[5].2, io.end_ns.max(io.start_ns));
        for pair in spans.windows(2) {
            prop_assert_eq!(pair[0].2, pair[1].1);
        }
    }

    #[test]
    fn whatever_is_drawn_is_legible_and_bounded(subject in any_subject()) {
        let svg = draw(&subject).to_svg();
        inspect::check(&svg);
        prop_assert!(svg.len() < 30_000 + subject.arms.len() * 400_000, "{} bytes", svg.len());
        prop_assert_eq!(svg, draw(&subject).to_svg());
    }
}
