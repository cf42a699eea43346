use proptest::prelude::*;

use super::*;
use crate::plot::inspect::{self, Element};
use crate::plot::io::{BlockKind, Io, Piece};
use sim_core::io::Parts;

fn piece(label: &str, kind: BlockKind, first: u64, blocks: u64) -> Piece {
    Piece { label: label.into(), kind, first_block_on_disk: first, blocks }
}

fn read(pieces: &[&Piece], start_ns: u64, end_ns: u64) -> Io {
    let pieces = pieces.iter().map(|piece| (*piece).clone()).collect();
    Io { operation: Operation::Read, pieces, start_ns, end_ns, parts: Parts::default() }
}

/// The classic: without boundary handling the indirect block goes first, and scheduler `none`
/// takes the plug from its end.
fn classic() -> Subject {
    let first = piece("0-11", BlockKind::Data, 1_000, 12);
    let indirect = piece("ind", BlockKind::Indirect, 1_012, 1);
    let rest = piece("12-15", BlockKind::Data, 1_013, 4);
    Subject {
        title: "Boundary handling saves the way back".into(),
        subtitle: "the classic, 16 blocks of 4 KiB; Cheetah 9LP, scheduler none".into(),
        arms: vec![
            Arm {
                name: "off".into(),
                note: "12.9 ms".into(),
                bio: vec![read(&[&indirect], 0, 0), read(&[&first], 0, 0), read(&[&rest], 0, 0)],
                issue: vec![
                    read(&[&indirect], 0, 3_900_000),
                    read(&[&rest], 4_000_000, 5_150_000),
                    read(&[&first], 4_000_000, 12_300_000),
                ],
            },
            Arm {
                name: "on".into(),
                note: "6.7 ms".into(),
                bio: vec![read(&[&first], 0, 0), read(&[&indirect], 0, 0), read(&[&rest], 0, 0)],
                issue: vec![read(&[&first, &indirect], 0, 5_850_000), read(&[&rest], 5_900_000, 7_050_000)],
            },
        ],
    }
}

/// `windows` reads of 32 blocks, with an indirect block before every 31st.
fn long(windows: u64) -> Subject {
    let mut ios = Vec::new();
    for window in 0..windows {
        if window % 31 == 0 {
            let leaf = piece(&format!("dleaf/{}", window / 31), BlockKind::Indirect, 5_000 + window * 33, 1);
            ios.push(read(&[&leaf], 0, 1));
        }
        let label = format!("{}-{}", window * 32, window * 32 + 31);
        ios.push(read(&[&piece(&label, BlockKind::Data, window * 32, 32)], 0, 1));
    }
    let arm = Arm { name: "all".into(), bio: ios.clone(), issue: ios, note: String::new() };
    Subject { title: "Long".into(), subtitle: "a long file".into(), arms: vec![arm] }
}

fn texts(svg: &str) -> Vec<String> {
    let texts = inspect::parse(svg).into_iter().filter(|element| element.name == "text");
    texts.map(|element| element.text).collect()
}

fn of_class<'a>(elements: &'a [Element], class: &str) -> Vec<&'a Element> {
    let has = |element: &&Element| element.attributes.get("class").is_some_and(|own| own == class);
    elements.iter().filter(has).collect()
}

/// Every series that is drawn has a sample in the legend, 16 by 12 px.
fn check_legend(svg: &str) {
    let elements = inspect::parse(svg);
    let rects = || elements.iter().filter(|element| element.name == "rect" && element.class() != "ground");
    for rect in rects() {
        let is_sample = |other: &Element| other.class() == rect.class() && other.attributes["height"] == "12";
        assert!(rects().any(is_sample), "{} is not in the legend", rect.class());
    }
}

#[test]
fn the_classic_shows_both_orders_and_the_way_back() {
    let svg = draw(&classic()).to_svg();
    inspect::check(&svg);
    check_legend(&svg);
    let texts = texts(&svg);
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
    assert_eq!(of_class(&elements, "backward").len(), 2);
}

#[test]
fn of_many_narrow_requests_every_second_or_fifth_is_numbered() {
    let numbers = |windows| -> Vec<usize> {
        texts(&draw(&long(windows)).to_svg()).iter().filter_map(|text| text.parse().ok()).collect()
    };
    assert_eq!(numbers(39)[..4], [2, 4, 6, 8]);
    assert_eq!(numbers(70)[..4], [5, 10, 15, 20]);
}

#[test]
fn each_bio_is_linked_to_its_request() {
    let elements = inspect::parse(&draw(&classic()).to_svg());
    assert_eq!(of_class(&elements, "link-data").len(), 4);
    assert_eq!(of_class(&elements, "link-indirect").len(), 2);
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
    let subtitle =
        |windows| texts(&draw(&long(windows)).to_svg()).into_iter().find(|text| text.contains("above bios"));
    assert!(subtitle(20).unwrap().ends_with("widths not to scale"));
    assert!(subtitle(70).unwrap().ends_with("widths not to scale"));
    let thinned = "each column is 50 I/Os in order, coloured by share of blocks";
    assert!(subtitle(3_000).unwrap().ends_with(thinned));
    for windows in [20, 70, 300, 3_000, 30_000] {
        let svg = draw(&long(windows)).to_svg();
        inspect::check(&svg);
        check_legend(&svg);
        assert!(svg.len() < 70_000, "{windows} windows make {} bytes", svg.len());
    }
}

#[test]
fn one_indirect_block_among_thousands_is_seen() {
    let elements = inspect::parse(&draw(&long(3_000)).to_svg());
    // 97 leaves in two rows of 62 columns, and the legend.
    assert!(of_class(&elements, "indirect").len() > 120);
}

#[test]
fn writes_and_flushes_are_told() {
    let bitmap = piece("bitmap/0", BlockKind::Metadata, 3, 1);
    let write = Io { operation: Operation::Write, ..read(&[&bitmap], 0, 2_000_000) };
    let flush = Io { operation: Operation::Flush, ..read(&[], 2_000_000, 2_900_000) };
    let ios = vec![write, flush];
    let arm = Arm { name: "fsync".into(), bio: ios.clone(), issue: ios, note: String::new() };
    let svg = draw(&Subject { arms: vec![arm], ..Subject::default() }).to_svg();
    inspect::check(&svg);
    check_legend(&svg);
    let texts = texts(&svg);
    for text in ["W bitmap/0", "F", "W", "write", "flush", "other metadata block", "request 2: 900 us"] {
        assert!(texts.iter().any(|written| written == text), "{text:?} is not among {texts:?}");
    }
}

#[test]
fn arms_beyond_the_twelfth_are_counted() {
    let arms = vec![classic().arms.swap_remove(0); 14];
    let svg = draw(&Subject { arms, ..classic() }).to_svg();
    inspect::check(&svg);
    assert!(texts(&svg).iter().any(|text| text.ends_with("2 more arms are not drawn")));
}

#[test]
fn a_strip_without_anything_is_a_picture() {
    inspect::check(&draw(&Subject::default()).to_svg());
    inspect::check(&draw(&Subject { arms: vec![Arm::default()], ..Subject::default() }).to_svg());
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9/+ -]{0,12}",
        "[<>&\"']{0,8}",
        any::<String>(),
        "(long words ){0,40}",
        "W{0,300}",
        "[\u{0}-\u{1f}\u{202e}\u{ffff}]{0,4}",
    ]
}

fn any_io() -> impl Strategy<Value = Io> {
    let operation = prop_oneof![
        4 => Just(Operation::Read),
        2 => Just(Operation::Write),
        1 => Just(Operation::Flush),
        1 => Just(Operation::Discard),
    ];
    let kind = prop_oneof![Just(BlockKind::Data), Just(BlockKind::Indirect), Just(BlockKind::Metadata)];
    let number = prop_oneof![0_u64..40, any::<u64>()];
    let piece = (any_text(), kind, number.clone(), number.clone()).prop_map(
        |(label, kind, first_block_on_disk, blocks)| Piece { label, kind, first_block_on_disk, blocks },
    );
    (operation, prop::collection::vec(piece, 0..4), number.clone(), number).prop_map(
        |(operation, pieces, start_ns, end_ns)| Io {
            operation,
            pieces,
            start_ns,
            end_ns,
            parts: Parts::default(),
        },
    )
}

fn any_row() -> impl Strategy<Value = Vec<Io>> {
    prop_oneof![
        4 => prop::collection::vec(any_io(), 0..6),
        2 => prop::collection::vec(any_io(), 0..60),
        // Many alike: the number matters, not what each is.
        1 => (prop::collection::vec(any_io(), 1..4), 0_usize..400)
            .prop_map(|(ios, times)| ios.into_iter().cycle().take(times).collect()),
    ]
}

fn any_strip() -> impl Strategy<Value = Subject> {
    let arm = (any_text(), any_row(), any_row(), any_text()).prop_map(|(name, bio, issue, note)| Arm {
        name,
        bio,
        issue,
        note,
    });
    (any_text(), any_text(), prop::collection::vec(arm, 0..4)).prop_map(|(title, subtitle, arms)| Subject {
        title,
        subtitle,
        arms,
    })
}

proptest! {
    #[test]
    fn whatever_is_drawn_is_legible_and_bounded(strip in any_strip()) {
        let svg = draw(&strip).to_svg();
        inspect::check(&svg);
        check_legend(&svg);
        prop_assert!(svg.len() < 30_000 + strip.arms.len() * 400_000, "{} bytes", svg.len());
        prop_assert_eq!(svg, draw(&strip).to_svg());
    }
}
