//! What happened to the order of I/O, as the predicate of a sentence.

use sim_core::io::blocks::{OrderedIo, OrderedPiece};
use sim_core::io::{Operation, Piece};
use sim_core::trace::Ios;

use crate::compare::{Alignment, Moved, Place, align};
use crate::run::ArmRun;

/// What the right arm does with the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The same I/Os go the same way.
    Same,
    /// Something else, in words.
    Other(String),
}

/// Compares orders: first those of bios, and if nothing is different there, those of requests.
pub(super) fn order(left: &ArmRun, right: &ArmRun) -> Order {
    let (before, after) = (left.record.bios(), right.record.bios());
    match align(before, after, &|file| right.name_of(file)) {
        Alignment::TooDifferent { left, right } => {
            return Order::Other(format!("sends other I/O altogether, {right} pieces instead of {left}"));
        }
        Alignment::Aligned(moved) if !moved.is_empty() => {
            return Order::Other(phrase(&moved, before, after, ["reads", "writes"]));
        }
        Alignment::Aligned(_) if before.len() != after.len() => {
            let (before, after) = (before.len(), after.len());
            return Order::Other(format!(
                "sends the same blocks in the same order, in {after} I/O{} instead of {before}",
                plural(after as u64)
            ));
        }
        Alignment::Aligned(_) => {}
    }
    let (before, after) = (left.record.requests(), right.record.requests());
    match align(before, after, &|file| right.name_of(file)) {
        Alignment::Aligned(moved) if moved.is_empty() => Order::Same,
        Alignment::Aligned(moved) => {
            let words = phrase(&moved, before, after, ["issues", "issues"]);
            Order::Other(format!("queues the same I/O, but {words}"))
        }
        Alignment::TooDifferent { .. } => {
            Order::Other("queues the same I/O, but issues it in another order altogether".to_owned())
        }
    }
}

pub(super) fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Pieces that stay together on both sides.
type Group<'m> = Vec<&'m Moved>;

fn phrase(moved: &[Moved], left: &Ios, right: &Ios, verbs: [&str; 2]) -> String {
    let moved = &singly(moved);
    let (left, right) = (names(left), names(right));
    let verb = |blocks: &str| if blocks.starts_with('W') { verbs[1] } else { verbs[0] };
    let groups = groups(moved);
    let mut said = Vec::new();
    if let Some((first, rest)) = groups.split_first() {
        let mut words = format!("{} {}", verb(&first[0].blocks), elsewhere(first, &left, &right));
        let others: Vec<&Moved> = rest.iter().flatten().copied().collect();
        if !others.is_empty() {
            let later = |moved: &Moved| place_of(&moved.left) < place_of(&moved.right);
            let same_way = others.iter().all(|other| later(other) == later(first[0]));
            let way = match (same_way, later(first[0])) {
                (true, true) => "later too",
                (true, false) => "earlier too",
                (false, _) => "elsewhere",
            };
            words += &format!(", and {} {way}", counted(&others, " more"));
        }
        said.push(words);
    }
    let only = |side: fn(&Moved) -> bool| moved.iter().filter(move |it| side(it)).collect::<Vec<_>>();
    let added = only(|moved| moved.left.is_none());
    if let Some(first) = added.first() {
        let verb = verb(&first.blocks);
        let behind = position(&right, &first.blocks).and_then(|place| right.get(place.checked_sub(1)?));
        let behind = behind.map(|name| format!(" behind {}", quoted(name))).unwrap_or_default();
        said.push(format!("also {verb} {}{behind}", listed(&added)));
    }
    let missing = only(|moved| moved.right.is_none());
    if let Some(first) = missing.first() {
        let infinitive = verb(&first.blocks).trim_end_matches('s');
        said.push(format!("does not {infinitive} {}", listed(&missing)));
    }
    said.join(", ")
}

/// Each piece for itself: those that stayed together come as one.
fn singly(moved: &[Moved]) -> Vec<Moved> {
    let pieces = moved.iter().flat_map(|moved| {
        let pieces = moved.blocks.split_whitespace();
        pieces.map(|piece| Moved { blocks: piece.to_owned(), ..moved.clone() })
    });
    pieces.collect()
}

/// How many pieces that did not move stand before it.
fn place_of(side: &Option<Place>) -> Option<usize> {
    side.as_ref().map(|place| place.position)
}

/// Moved pieces in groups: those that stay together on both sides.
fn groups(moved: &[Moved]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for one in moved {
        let (Some(left), Some(right)) = (place_of(&one.left), place_of(&one.right)) else { continue };
        let last = groups.last_mut().and_then(|group| Some((group.last().copied()?, group)));
        match last {
            Some((last, group))
                if (place_of(&last.left), place_of(&last.right)) == (Some(left), Some(right)) =>
            {
                group.push(one);
            }
            _ => groups.push(vec![one]),
        }
    }
    groups
}

/// Where a group is now, and where it was.
fn elsewhere(group: &Group<'_>, left: &[String], right: &[String]) -> String {
    let what = listed(group);
    let (Some(first), Some(last)) = (group.first(), group.last()) else { return what };
    let later = place_of(&first.left) < place_of(&first.right);
    let outer = |order: &[String], behind: bool| {
        let name = if behind { &first.blocks } else { &last.blocks };
        let place = position(order, name)?;
        let place = if behind { place.checked_sub(1)? } else { place + 1 };
        order.get(place).cloned()
    };
    // Who goes later passes by what stood behind it; who goes earlier, by what stood before it.
    let (now, before) = (outer(right, later), outer(left, !later));
    let (here, there) = if later { ("behind", "before") } else { ("before", "behind") };
    match (now, before) {
        (Some(now), Some(before)) if now == before => {
            format!("{what} {here} {} instead of {there} it", quoted(&now))
        }
        (Some(now), Some(before)) => {
            format!("{what} {here} {} instead of {there} {}", quoted(&now), quoted(&before))
        }
        _ if later => format!("{what} later"),
        _ => format!("{what} earlier"),
    }
}

/// The pieces of an order by their names.
fn names(ios: &Ios) -> Vec<String> {
    ios.iter().flat_map(|(operation, pieces)| pieces.iter().map(|piece| name(*operation, piece))).collect()
}

fn name(operation: Operation, piece: &Piece) -> String {
    let piece = OrderedPiece {
        file: None,
        role: piece.role,
        first: piece.logical,
        count: u64::from(piece.blocks),
        physical: None,
    };
    OrderedIo::new(operation, [piece]).map_or_else(String::new, |io| io.to_string())
}

fn position(names: &[String], name: &str) -> Option<usize> {
    names.iter().position(|other| other == name)
}

/// Blocks without their operation; metadata in backticks.
fn quoted(blocks: &str) -> String {
    let plain = blocks.trim_start_matches('W');
    if plain.starts_with(|char: char| char.is_ascii_digit()) {
        plain.to_owned()
    } else {
        format!("`{plain}`")
    }
}

/// The first piece by its name, a second one too, more of them counted.
fn listed(moved: &[&Moved]) -> String {
    match moved {
        [] => String::new(),
        [one] => quoted(&one.blocks),
        [one, other] => format!("{} and {}", quoted(&one.blocks), quoted(&other.blocks)),
        [first, rest @ ..] => format!("{} and {}", quoted(&first.blocks), counted(rest, "")),
    }
}

/// Pieces counted (one is named), by what they are if that is the same for all.
fn counted(moved: &[&Moved], more: &str) -> String {
    if let [one] = moved {
        return quoted(&one.blocks);
    }
    let are = |kind: fn(&str) -> bool| moved.iter().all(|moved| kind(moved.blocks.trim_start_matches('W')));
    let kind = if are(is_leaf) {
        "leaves"
    } else if are(is_indirect) {
        "indirect blocks"
    } else if are(|blocks| blocks.starts_with(|char: char| char.is_ascii_digit())) {
        "pieces of the file"
    } else {
        "pieces"
    };
    format!("{}{more} {kind}", moved.len())
}

fn is_leaf(blocks: &str) -> bool {
    blocks.starts_with("dleaf") || blocks.starts_with("tleaf")
}

fn is_indirect(blocks: &str) -> bool {
    is_leaf(blocks) || blocks.starts_with("tmid") || matches!(blocks, "ind" | "dind" | "tind")
}
