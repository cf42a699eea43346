use proptest::prelude::*;

use super::*;

/// Arms `a` and `on-disk`, figures `x` and `y.z`.
struct Few;

impl Vocabulary for Few {
    fn figure(&self, arm: &str, figure: &[String]) -> Result<(), WrongName> {
        let wrong = |part, message: String| Err(WrongName { part, message, help: "there is a".to_owned() });
        match (arm, figure.join(".").as_str()) {
            ("a" | "on-disk" | "4 k", "x" | "y.z") => Ok(()),
            ("a" | "on-disk" | "4 k", figure) => wrong(1, format!("no figure \"{figure}\"")),
            (arm, _) => wrong(0, format!("no arm \"{arm}\"")),
        }
    }
}

/// `x` is 7 in every arm, `y.z` 2.
fn values(figure: &Figure) -> Option<Rational> {
    Some(Rational::whole(if figure.path == ["x"] { 7 } else { 2 }))
}

fn holds(text: &str) -> bool {
    let condition = parse(text, &Few).unwrap_or_else(|mistake| panic!("{text}: {mistake:?}"));
    condition.holds(&values, &mut Vec::new()).unwrap()
}

fn mistake(text: &str) -> (Range<usize>, String) {
    let mistake = parse(text, &Few).unwrap_err();
    (mistake.span, mistake.message)
}

#[test]
fn operators_bind_as_everywhere() {
    for text in [
        "a.x == 7 && a.y.z == 2",
        "1 + 2 * 3 == a.x",
        "(1 + 2) * 3 == 9 && 8 - 4 - 2 == 2 && 8 / 4 / 2 == 1",
        "a.x / a.y.z == 7/2 && a.x / a.y.z > 3 && a.x / a.y.z < 4",
        "a.x < 1 && a.x < 1 || a.x > 1",
        "a.x > 1 || a.x < 1 && a.x < 1",
        "!(a.x < 1) && !!(a.x > 1)",
        "-a.x < 1 && - -1 == 1 && 3 - -1 == 4",
        "a.x != 8 && a.x <= 7 && a.x >= 7 && a.x<8",
        "5ms == 5000000 && 61.5KiB == 62976",
        "on-disk.x - a.x == 0 && on-disk.x -1 == 6",
        "\"4 k\".x == 7 && a.\"x\"==7",
    ] {
        assert!(holds(text), "{text}");
        assert!(!holds(&format!("!({text})")), "{text}");
    }
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (text, span, message) in [
        ("", 0..0, "something is missing here"),
        ("a.x <", 5..5, "something is missing here"),
        ("a.x", 0..3, "a number is no condition"),
        ("1 < 2 < 3", 6..7, "a comparison is not compared again"),
        ("(1 < 2) < 3", 0..7, "a condition is no number"),
        ("!a.x < 3", 1..4, "a number is no condition"),
        ("a.x = 3", 4..5, "\"=\" means nothing here"),
        ("a.x == 3 & 1 == 1", 9..10, "\"&\" means nothing here"),
        ("a.x == 3 4", 9..10, "an operator is missing before this"),
        ("(a.x == 3", 0..1, "a parenthesis that is not closed"),
        ("a.x == 3)", 8..9, "a parenthesis that was not opened"),
        ("a.x == * 3", 7..8, "something is missing before this"),
        ("a.x == 5K", 7..9, "\"5K\" is ambiguous: 5KiB or 5kB?"),
        ("a.x == 99999999999999999999", 7..27, "a number of more than 64 bits"),
        ("b.x == 3", 0..1, "no arm \"b\""),
        ("a.w.v == 3", 2..5, "no figure \"w.v\""),
        ("a.x-a.x == 0", 2..7, "no figure \"x-a.x\""),
        ("a. == 3", 2..2, "a part of the name is missing"),
        ("a.\"x == 3", 2..9, "a quoted name that does not end"),
        ("é.x == 3", 0..2, "no arm \"é\""),
        ("a.x == 3 § 4", 9..11, "\"§\" means nothing here"),
    ] {
        assert_eq!(mistake(text), (span, message.to_owned()), "{text}");
    }
}

#[test]
fn a_dash_in_a_wrong_name_is_explained() {
    let help = parse("a.x-a.x == 0", &Few).unwrap_err().help.unwrap();
    assert!(help.ends_with("a subtraction has spaces around its sign"), "{help}");
}

#[test]
fn what_is_too_long_or_too_deep_is_refused() {
    assert_eq!(mistake(&"(".repeat(100_000)).1, "this expression is too long");
    assert_eq!(mistake(&"(".repeat(900)).1, "this is nested too deeply");
    assert!(holds(&format!("1{} == 400", " + 1".repeat(399))));
    assert!(holds(&format!("{}1 == 1{}", "(".repeat(40), ")".repeat(40))));
}

#[test]
fn every_comparison_is_told_with_its_values() {
    let condition = parse("a.x < 1 && (a.x / 2 > 3 || 1 == 1)", &Few).unwrap();
    let mut compared = Vec::new();
    assert_eq!(condition.holds(&values, &mut compared), Ok(false));
    let told: Vec<_> = compared.iter().map(|one| (one.values.0.to_string(), one.holds)).collect();
    assert_eq!(told, [("7".into(), false), ("7/2".into(), true), ("1".into(), true)]);
    let mut figures = Vec::new();
    compared[1].sides.0.figures(&mut |figure, span| figures.push((figure.path.clone(), span.clone())));
    assert_eq!(figures, [(vec!["x".to_owned()], 12..15)]);
}

#[test]
fn what_has_no_result_is_no_condition() {
    let divided = parse("1 / (a.x - 7) > 0", &Few).unwrap();
    assert_eq!(divided.holds(&values, &mut Vec::new()), Err(NoResult::DivisionByZero));
    let not_run = parse("a.x == 1", &Few).unwrap();
    assert_eq!(not_run.holds(&|_| None, &mut Vec::new()), Err(NoResult::NotRun));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[-a.x07 <=!&|+*/()\"msKé]{0,40}") {
        match parse(&text, &Few) {
            Ok(condition) => drop(condition.holds(&values, &mut Vec::new())),
            Err(mistake) => prop_assert!(text.get(mistake.span).is_some()),
        }
    }

    #[test]
    fn comparisons_are_those_of_numbers(left in 0_u64..20, right in 0_u64..20) {
        prop_assert_eq!(holds(&format!("{left} < {right}")), left < right);
        prop_assert_eq!(holds(&format!("{left} <= {right}")), left <= right);
        prop_assert_eq!(holds(&format!("{left} > {right}")), left > right);
        prop_assert_eq!(holds(&format!("{left} >= {right}")), left >= right);
        prop_assert_eq!(holds(&format!("{left} == {right}")), left == right);
        prop_assert_eq!(holds(&format!("{left} != {right}")), left != right);
    }
}
