use proptest::prelude::*;

use super::*;

fn notes(pieces: &[&str], got: &str) -> Vec<String> {
    let pieces: Vec<Order> = pieces.iter().map(|text| text.parse().unwrap()).collect();
    let got: Order = got.parse().unwrap();
    wrong(&pieces, &got.0.into_iter().map(Some).collect::<Vec<_>>()).0
}

fn holds(pieces: &[&str], got: &str) -> bool {
    notes(pieces, got).is_empty()
}

#[test]
fn each_block_comes_before_each_of_the_next_piece() {
    assert!(holds(&["0-11", "ind"], "0-11 ind 12-15"));
    assert!(holds(&["0-11", "ind"], "0-11+ind 12-15"));
    assert!(holds(&["0-11", "ind"], "8-11 0-7 dind ind"));
    assert!(holds(&["0", "3", "8"], "0-11"));
    assert!(holds(&["ind 0-3", "12-15"], "0-3 ind 12-15"));
    assert!(holds(&["W0-11", "Wind"], "W0-11 ind Wind"));
    assert!(!holds(&["0-11", "ind"], "ind 0-11"));
    assert!(!holds(&["0-11", "ind"], "0-10 ind 11"));
    assert!(!holds(&["0-11", "ind"], "0-11 ind 5"));
    assert!(!holds(&["0-11", "ind"], "ind 0-11 ind"));
    assert!(!holds(&["0", "1", "0"], "0 1 0"));
    assert!(!holds(&["3", "0"], "0-11"));
}

#[test]
fn every_block_has_to_come() {
    assert_eq!(notes(&["0-11", "ind"], "0-11"), ["ind never came"]);
    assert_eq!(notes(&["0-11 dind", "ind"], "0-3 6-7 9-11 ind"), ["4-5 8 dind of 0-11 dind never came"]);
    assert_eq!(notes(&["W0", "ind"], "0 ind"), ["W0 never came"]);
    assert_eq!(notes(&["F", "ind"], "ind"), ["F never came"]);
}

#[test]
fn what_came_too_late_is_named() {
    assert_eq!(notes(&["0-11", "ind"], "0-10 ind 11"), ["0-11 is not before ind: 11 came behind ind"]);
    assert_eq!(notes(&["W0", "F", "W1"], "F W0 W1"), ["W0 is not before F: W0 came behind F"]);
}

#[test]
fn places_and_files_count_where_they_are_told() {
    assert!(holds(&["0-1@7", "ind@9"], "0-3@7 ind@9"));
    assert!(!holds(&["0-1@8", "ind@9"], "0-3@7 ind@9"));
    assert!(!holds(&["0-1@7", "ind@8"], "0-3@7 ind@9"));
    assert!(holds(&["inodes/0@51", "2"], "Winodes/0@49 inodes/0@50-52 2"));
    assert!(holds(&["/a:0", "/b:0"], "/a:0 /b:0"));
    assert!(!holds(&["/b:0", "/a:0"], "/a:0 /b:0"));
}

#[test]
fn runs_at_the_end_of_all_numbers_do_not_overflow() {
    let all = "0-18446744073709551614";
    assert_eq!(notes(&[all, "ind"], &format!("{all} {all} ind")), [""; 0]);
}

proptest! {
    #[test]
    fn it_is_the_order_of_single_blocks(
        order in Just((0_u64..10).collect::<Vec<_>>()).prop_shuffle(),
        first in prop::collection::btree_set(0_u64..10, 1..4),
        second in prop::collection::btree_set(0_u64..10, 1..4),
    ) {
        let text = |blocks: &mut dyn Iterator<Item = &u64>| blocks.map(u64::to_string).collect::<Vec<_>>().join(" ");
        let place = |block: &u64| order.iter().position(|other| other == block);
        let pieces = [text(&mut first.iter()), text(&mut second.iter())];
        let expected = first.iter().map(place).max() < second.iter().map(place).min();
        prop_assert_eq!(holds(&[&pieces[0], &pieces[1]], &text(&mut order.iter())), expected);
    }
}
