use proptest::prelude::*;

use super::*;

fn piece(role: Role, logical: u64, physical: u64, blocks: u32) -> Piece {
    Piece { file: role.belongs_to_a_file().then_some(FileId(0)), role, logical, physical, blocks }
}

fn data(logical: u64, blocks: u32) -> Piece {
    piece(Role::Data, logical, 1000 + logical, blocks)
}

fn read(pieces: &[Piece]) -> (Operation, Vec<Piece>) {
    (Operation::Read, pieces.to_vec())
}

fn path(file: FileId) -> Option<&'static str> {
    Some(if file == FileId(0) { "/f" } else { "/g" })
}

fn holds(expected: &str, got: &Ios) -> bool {
    matches(&expected.parse().unwrap(), &placed(got, &path))
}

#[test]
fn what_is_not_said_matches_anything() {
    let got = vec![read(&[data(0, 12), piece(Role::Ind, 0, 1012, 1)]), read(&[data(12, 4)])];
    for text in ["0-11+ind 12-15", "/f:0-11+ind@1012 12-15@1012", "0-3+4-11+ind 12-15", "0-11@1000+ind 12-15"]
    {
        assert!(holds(text, &got), "{text}");
    }
    for text in [
        "0-11 ind 12-15",
        "0-11+ind+12-15",
        "0-11+ind 12-14",
        "0-11+ind 12-16",
        "0-11+ind",
        "0-11+ind 12-15 ind",
        "0-11@1001+ind 12-15",
        "0-11+ind@1013 12-15",
        "/g:0-11+ind 12-15",
        "0-11+ind W12-15",
        "0-11+dind 12-15",
        "F 0-11+ind 12-15",
        "",
    ] {
        assert!(!holds(text, &got), "{text}");
    }
}

#[test]
fn pieces_may_be_parted_where_their_places_are() {
    let got = vec![read(&[data(0, 3), piece(Role::Data, 3, 5000, 2)])];
    assert!(holds("0-4", &got));
    assert!(holds("0-2@1000+3-4@5000", &got));
    assert!(holds("0-2@1000+3-4", &got));
    assert!(!holds("0-4@1000", &got));
}

#[test]
fn kinds_of_metadata_stand_for_any_number_unless_they_are_placed() {
    let got =
        vec![(Operation::Write, vec![piece(Role::Inodes(0), 0, 50, 2), piece(Role::Bitmap(0), 0, 52, 1)])];
    assert!(holds("Winodes/0+bitmap/0", &got));
    assert!(holds("Winodes/0@50-51+bitmap/0", &got));
    assert!(!holds("Winodes/0@50+bitmap/0", &got));
    assert!(!holds("Winodes/1+bitmap/0", &got));
    assert!(!holds("Winodes/0", &got));
}

#[test]
fn flushes_count() {
    let got = vec![(Operation::Write, vec![data(0, 1)]), (Operation::Flush, Vec::new())];
    assert!(holds("W0 F", &got));
    assert!(!holds("W0", &got) && !holds("F W0", &got) && !holds("W0 F F", &got));
}

/// Orders of single blocks and short runs, in which every block comes once.
fn orders() -> impl Strategy<Value = Ios> {
    let io = (1_u32..4, 0_u8..5, any::<bool>());
    prop::collection::vec(io, 1..12).prop_map(|ios| {
        let mut next = 0;
        let one = |(blocks, kind, write): (u32, u8, bool)| {
            let operation = if write { Operation::Write } else { Operation::Read };
            next += u64::from(blocks) + 1;
            let pieces = match kind {
                0 => vec![piece(Role::DindLeaf(u32::try_from(next).unwrap()), 0, next, 1)],
                1 => vec![
                    data(next, blocks),
                    piece(Role::TindMiddle(u32::try_from(next).unwrap()), 0, next, 1),
                ],
                _ => vec![data(next, blocks)],
            };
            (operation, pieces)
        };
        ios.into_iter().map(one).collect()
    })
}

/// The same I/Os with one block of one of them taken out, and that block.
fn without_block(ios: &Ios, at: usize) -> (Ios, (Operation, Piece)) {
    let mut left = at;
    let mut rest = Ios::new();
    let mut taken = None;
    for (operation, pieces) in ios {
        let mut kept = Vec::new();
        for piece in pieces {
            let blocks = piece.blocks as usize;
            if taken.is_some() || left >= blocks {
                kept.push(*piece);
                left = left.wrapping_sub(if taken.is_some() { 0 } else { blocks });
                continue;
            }
            let offset = u32::try_from(left).unwrap();
            let part = |from: u32, blocks: u32| Piece {
                logical: piece.logical + u64::from(from),
                physical: piece.physical + u64::from(from),
                blocks,
                ..*piece
            };
            taken = Some((*operation, part(offset, 1)));
            let parts = [part(0, offset), part(offset + 1, piece.blocks - offset - 1)];
            kept.extend(parts.into_iter().filter(|part| part.blocks > 0));
        }
        if !kept.is_empty() {
            rest.push((*operation, kept));
        }
    }
    (rest, taken.unwrap())
}

fn blocks(ios: &Ios) -> usize {
    ios.iter().flat_map(|(_, pieces)| pieces).map(|piece| piece.blocks as usize).sum()
}

/// Every order with one block put in somewhere: as an I/O of its own, or at either end of another.
fn with_block(ios: &Ios, (operation, block): (Operation, Piece)) -> Vec<Ios> {
    let mut orders = Vec::new();
    for at in 0..=ios.len() {
        let mut alone = ios.clone();
        alone.insert(at, (operation, vec![block]));
        orders.push(alone);
        if at < ios.len() && ios[at].0 == operation {
            for place in [0, ios[at].1.len()] {
                let mut inside = ios.clone();
                inside[at].1.insert(place, block);
                orders.push(inside);
            }
        }
    }
    orders
}

fn expected(ios: &Ios) -> Order {
    Order::from_trace(ios, |_| None)
}

proptest! {
    #[test]
    fn an_order_is_as_it_is(ios in orders()) {
        prop_assert!(matches(&expected(&ios), &placed(&ios, &path)));
    }

    #[test]
    fn a_block_that_vanished_appeared_or_moved_is_noticed_wherever_it_was(ios in orders()) {
        let expected = expected(&ios);
        for at in 0..blocks(&ios) {
            let (less, block) = without_block(&ios, at);
            prop_assert!(!matches(&expected, &placed(&less, &path)), "without block {}", at);
            for more in with_block(&ios, block) {
                prop_assert!(!matches(&expected, &placed(&more, &path)), "twice: {:?}", more);
            }
            for moved in with_block(&less, block) {
                // It may have been put back where it was.
                let same = Order::from_trace(&moved, |_| None) == expected;
                prop_assert_eq!(matches(&expected, &placed(&moved, &path)), same, "{:?}", moved);
            }
        }
    }
}
