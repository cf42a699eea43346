use proptest::prelude::*;

use super::*;
use crate::plot::inspect;
use crate::plot::samples::{any_subject, classic, long, timed};

#[test]
fn the_classic_has_its_percentiles_at_their_marks() {
    let svg = draw(&classic()).to_svg();
    inspect::check(&svg);
    let texts = inspect::texts(&svg);
    for text in
        ["3 requests", "2 requests", "p50 3.90 ms", "p99, max 8.30 ms", "p50 1.15 ms", "p99, max 5.85 ms"]
    {
        assert!(texts.iter().any(|written| written == text), "{text:?} is not among {texts:?}");
    }
    let description = &inspect::parse(&svg)[2].text;
    assert_eq!(
        description,
        "off: 3 requests, p50 3.90 ms, p99 8.30 ms, max 8.30 ms. on: 2 requests, p50 1.15 ms, p99 5.85 ms, max 5.85 ms."
    );
}

#[test]
fn few_requests_have_a_dot_each() {
    let elements = inspect::parse(&draw(&classic()).to_svg());
    let dots =
        |class| inspect::of_class(&elements, class).into_iter().filter(|dot| dot.get("width") == "8").count();
    assert_eq!((dots("data-solid"), dots("indirect")), (4, 1));
}

#[test]
fn marks_stand_on_the_curve_where_arms_share_an_axis() {
    let elements = inspect::parse(&draw(&classic()).to_svg());
    let middle = |class, index: usize| {
        let bounds = inspect::of_class(&elements, class)[index].bounds();
        (bounds.left + bounds.right) / 2
    };
    // The second dot of the first arm is its median, the third its maximum.
    let data: Vec<i64> = (0..4).map(|index| middle("data-solid", index)).collect();
    let marks: Vec<i64> = (0..4).map(|index| middle("curve-mark", index)).collect();
    assert_eq!(marks, [middle("indirect", 0), data[1], data[2], data[3]]);
    assert_eq!(data[0], data[2], "1.15 ms lies at one place in both arms");
}

#[test]
fn many_requests_make_a_curve_that_is_drawn_in_steps() {
    for windows in [1_000, 30_000] {
        let svg = draw(&timed(long(windows))).to_svg();
        inspect::check(&svg);
        assert!(svg.len() < 30_000, "{windows} windows make {} bytes", svg.len());
    }
    let texts = inspect::texts(&draw(&timed(long(3_000))).to_svg());
    assert!(texts[1].ends_with("at most so long, drawn in steps of 15.5 us"), "{texts:?}");
}

#[test]
fn a_few_very_slow_requests_make_the_axis_logarithmic() {
    let mut subject = timed(long(100));
    subject.arms[0].issue[7].end_ns += 3_000_000_000;
    let svg = draw(&subject).to_svg();
    inspect::check(&svg);
    let texts = inspect::texts(&svg);
    for text in ["1 ms", "100 ms", "1 s", "max 3.01 s"] {
        assert!(texts.iter().any(|written| written == text), "{text:?} is not among {texts:?}");
    }
    assert!(texts[1].ends_with("logarithmic"), "{texts:?}");
}

#[test]
fn nothing_at_all_is_a_picture() {
    inspect::check(&draw(&Subject::default()).to_svg());
    let svg = draw(&Subject { arms: vec![Arm::default(); 14], ..Subject::default() }).to_svg();
    inspect::check(&svg);
    assert!(inspect::texts(&svg).iter().any(|text| text == "no request completed"));
}

proptest! {
    #[test]
    fn whatever_is_drawn_is_legible_and_bounded(subject in any_subject()) {
        let svg = draw(&subject).to_svg();
        inspect::check(&svg);
        prop_assert!(svg.len() < 30_000 + subject.arms.len() * 60_000, "{} bytes", svg.len());
        prop_assert_eq!(svg, draw(&subject).to_svg());
    }
}
