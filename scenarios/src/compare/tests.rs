use proptest::prelude::*;
use sim_core::io::{FileId, Operation, Piece, Role};

use super::*;

fn io(role: Role, logical: u64, blocks: u32) -> (Operation, Vec<Piece>) {
    let piece = Piece { file: Some(FileId(0)), role, logical, physical: 1000 + logical, blocks };
    (Operation::Read, vec![piece])
}

fn data(logical: u64, blocks: u32) -> (Operation, Vec<Piece>) {
    io(Role::Data, logical, blocks)
}

fn ind() -> (Operation, Vec<Piece>) {
    io(Role::Ind, 0, 1)
}

fn moved(left: &Ios, right: &Ios) -> Vec<Moved> {
    match align(left, right, &|_| None) {
        Alignment::Aligned(moved) => moved,
        other => panic!("{other:?}"),
    }
}

/// What moved, with its places in words.
fn told(left: &Ios, right: &Ios) -> Vec<String> {
    moved(left, right)
        .iter()
        .map(|moved| format!("{}: {}", moved.blocks, moved.places(&str::to_owned)))
        .collect()
}

fn place(position: usize, before: Option<&str>, after: Option<&str>) -> Option<Place> {
    let name = |name: Option<&str>| name.map(str::to_owned);
    Some(Place { position, ios: position..position + 1, before: name(before), after: name(after) })
}

#[test]
fn what_moved_is_the_smaller_part_and_its_neighbours_are_named() {
    let off = vec![ind(), data(0, 12), data(12, 4)];
    let on = vec![data(0, 12), ind(), data(12, 4)];
    let expected = Moved {
        blocks: "ind".to_owned(),
        left: place(0, None, Some("0-11")),
        right: place(1, Some("0-11"), Some("12-15")),
        passed: Some("0-11".to_owned()),
    };
    assert_eq!(moved(&off, &on), [expected]);
    assert_eq!(told(&off, &on), ["ind: behind 0-11 instead of before it"]);
    assert_eq!(told(&on, &off), ["ind: before 0-11 instead of behind it"]);
}

#[test]
fn other_cuts_of_the_same_blocks_are_no_difference() {
    let whole = vec![data(0, 16)];
    let parts = vec![data(0, 5), data(5, 11)];
    assert_eq!(told(&whole, &parts), [""; 0]);
}

#[test]
fn what_it_went_past_is_told_as_one_range_however_it_was_cut() {
    let whole = vec![ind(), data(0, 12)];
    let parts = vec![data(0, 5), data(5, 7), ind()];
    assert_eq!(told(&whole, &parts), ["ind: behind 0-11 instead of before it"]);
}

#[test]
fn blocks_on_one_side_only_are_told_with_their_place() {
    let with = vec![data(0, 4), data(8, 2), ind()];
    let without = vec![data(0, 4), ind()];
    assert_eq!(told(&with, &without), ["8-9: between 0-3 and ind"]);
    let only_right = moved(&without, &with);
    assert_eq!(
        (only_right[0].left.is_none(), only_right[0].places(&str::to_owned)),
        (true, "between 0-3 and ind".into())
    );
    assert_eq!(told(&vec![ind()], &vec![]), ["ind: alone"]);
}

#[test]
fn neighbours_that_move_together_are_one_piece() {
    let dind = io(Role::Dind, 0, 1);
    let left = vec![dind.clone(), ind(), data(0, 4), data(6, 40)];
    let right = vec![data(0, 4), data(6, 40), dind, ind()];
    assert_eq!(told(&left, &right), ["dind ind: behind 0-3 6-45 instead of before them"]);
}

#[test]
fn what_cannot_be_told_in_a_few_words_is_told_by_its_neighbours() {
    let many: Ios = (0..5).map(|block| data(2 * block, 1)).collect();
    let front = [vec![ind()], many.clone()].concat();
    let back = [many, vec![ind()]].concat();
    assert_eq!(told(&front, &back), ["ind: last, behind 8 instead of first, before 0"]);
}

#[test]
fn a_flush_has_a_place_and_writes_are_no_reads() {
    let flush = (Operation::Flush, Vec::new());
    let write = (Operation::Write, data(0, 4).1);
    let left = vec![write.clone(), flush.clone(), data(8, 4)];
    assert_eq!(told(&left, &vec![write, data(8, 4), flush]), ["F: behind 8-11 instead of before it"]);
    let moved = moved(&left, &vec![data(0, 4), data(8, 4)]);
    let blocks: Vec<&str> = moved.iter().map(|moved| moved.blocks.as_str()).collect();
    assert_eq!(blocks, ["W0-3 F", "0-3"]);
}

#[test]
fn files_are_named_where_there_are_several() {
    let mut other = data(0, 4);
    other.1[0].file = Some(FileId(1));
    let left = vec![data(0, 8), other.clone()];
    let names = |file: FileId| Some(if file == FileId(0) { "/a" } else { "/b" });
    let Alignment::Aligned(moved) = align(&left, &vec![other, data(0, 8)], &names) else { panic!() };
    assert_eq!((moved[0].blocks.as_str(), moved[0].passed.as_deref()), ("/b:0-3", Some("/a:0-7")));
}

#[test]
fn long_orders_that_have_nothing_in_common_are_aligned_at_once() {
    let left: Ios = (0..50_000).map(|block| data(2 * block, 1)).collect();
    let right: Ios = (0..50_000).map(|block| data(2 * block + 1_000_000, 1)).collect();
    assert_eq!(moved(&left, &right).len(), 2);
}

#[test]
fn sides_that_are_too_long_and_alike_in_too_many_ways_are_not_aligned() {
    let left = vec![data(0, 1); 2000];
    let mut right = left.clone();
    right.insert(1000, ind());
    right.insert(0, ind());
    right.push(ind());
    assert_eq!(align(&left, &right, &|_| None), Alignment::TooDifferent { left: 2000, right: 2003 });
}

fn any_io() -> impl Strategy<Value = (Operation, Vec<Piece>)> {
    prop_oneof![
        4 => (0_u64..30, 1_u32..8).prop_map(|(logical, blocks)| data(logical, blocks)),
        1 => Just(ind()),
        1 => Just((Operation::Flush, Vec::new())),
        1 => (0_u64..9).prop_map(|logical| (Operation::Write, data(logical, 2).1)),
    ]
}

proptest! {
    #[test]
    fn an_order_aligned_with_itself_leaves_nothing(ios in prop::collection::vec(any_io(), 0..30)) {
        prop_assert_eq!(moved(&ios, &ios), []);
    }

    #[test]
    fn what_one_side_has_alone_or_elsewhere_is_told(
        ios in prop::collection::vec(any_io(), 1..20), at in any::<prop::sample::Index>()
    ) {
        let mut less = ios.clone();
        less.remove(at.index(ios.len()));
        prop_assert!(moved(&ios, &less).iter().any(|moved| moved.right.is_none()));
        prop_assert!(moved(&less, &ios).iter().any(|moved| moved.left.is_none()));
    }

    #[test]
    fn what_moved_passed_something(left in prop::collection::vec(any_io(), 0..12), right in prop::collection::vec(any_io(), 0..12)) {
        for moved in moved(&left, &right) {
            if moved.left.is_some() && moved.right.is_some() {
                prop_assert!(moved.passed.is_some() || moved.places(&str::to_owned).contains(" instead of "));
                prop_assert_ne!(&moved.left, &moved.right);
            }
        }
    }
}
