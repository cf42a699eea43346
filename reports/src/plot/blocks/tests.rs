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
fn a_window_is_a_bracket_with_a_band_until_it_is_read_and_a_tick_at_its_mark() {
    let mut subject = classic();
    let window = &mut subject.arms[0].windows[0];
    (window.decided_ns, window.mark_on_disk) = (4_000_000, Some(1_013));
    window.rule = sim_core::trace::ReadaheadRule::Sequential;
    let svg = draw(&subject).to_svg();
    inspect::check(&svg);
    let tooltip = "readahead window 0-15, sequential, decided at 4.00 ms, read in 8.30 ms; \
                   its mark is at block 1,013 of the disk";
    assert!(svg.contains(tooltip), "{svg}");
    let texts = inspect::texts(&svg);
    for text in ["window 0-15, sequential", "readahead window, until it is read", "page with its mark"] {
        assert!(has(&texts, text), "{text:?} is not among {texts:?}");
    }
    let elements = inspect::parse(&svg);
    let bands: Vec<_> = inspect::of_class(&elements, "window").into_iter().map(edges).collect();
    let data: Vec<_> = inspect::of_class(&elements, "data-solid").into_iter().map(edges).collect();
    // The indirect block between 0-11 and 12-15 is none of the window's; the last band is the legend's.
    let [rest, first, ..] = bands[..] else { panic!("{bands:?}") };
    assert_eq!((rest[1], rest[3]), (data[0][1], data[0][3]), "12-15 as they pass");
    // These take longer than their band is high, and their outline is drawn from above to below it.
    let half = 3 * 16;
    assert_eq!((first[1] - half, first[3] + half), (data[1][1], data[1][3]), "0-11 as they pass");
    assert_eq!(first[2], data[1][2], "until the last block has passed");
    let edge = edges(inspect::of_class(&elements, "window-edge")[0]);
    assert_eq!((edge[1], edge[2], edge[3]), (rest[1], first[0], first[3]));
    let mark = edges(inspect::of_class(&elements, "window-mark")[0]);
    assert_eq!((mark[1], mark[2]), (rest[3], edge[0]), "at the first of 12-15");
}

#[test]
fn of_many_windows_the_cells_are_drawn() {
    let mut subject = classic();
    let window = subject.arms[0].windows[0].clone();
    subject.arms[0].windows = vec![window.clone(); 161];
    let svg = draw(&subject).to_svg();
    inspect::check(&svg);
    let elements = inspect::parse(&svg);
    assert!(inspect::of_class(&elements, "window-edge").is_empty());
    // One path of cells in each arm, and the legend.
    assert_eq!(inspect::of_class(&elements, "window").len(), 3);
    let left = |class| edges(inspect::of_class(&elements, class)[0])[0];
    assert!(left("window") < left("data-solid"), "from the decision on");
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
