//! What happened to the order of I/O, as the predicate of a sentence.

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
    let names = |file| right.name_of(file);
    let (before, after) = (left.record.bios(), right.record.bios());
    match align(before, after, &names) {
        Alignment::TooDifferent { left, right } => {
            return Order::Other(format!("sends other I/O altogether, {right} pieces instead of {left}"));
        }
        Alignment::Aligned(moved) if !moved.is_empty() => {
            return Order::Other(phrase(&moved, ["reads", "writes"]));
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
    match align(before, after, &names) {
        Alignment::Aligned(moved) if moved.is_empty() => Order::Same,
        Alignment::Aligned(moved) => {
            let words = phrase(&moved, ["issues", "issues"]);
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

/// Moved pieces, then what is on one side only.
fn phrase(moved: &[Moved], verbs: [&str; 2]) -> String {
    let verb = |blocks: &str| if blocks.starts_with('W') { verbs[1] } else { verbs[0] };
    let elsewhere: Vec<&Moved> =
        moved.iter().filter(|moved| moved.left.is_some() && moved.right.is_some()).collect();
    let mut said = Vec::new();
    if let Some((first, rest)) = elsewhere.split_first() {
        let mut words = format!("{} {} {}", verb(&first.blocks), listed(&[first]), first.places(&quoted));
        if !rest.is_empty() {
            let later = |moved: &Moved| position(moved.left.as_ref()) < position(moved.right.as_ref());
            let same_way = rest.iter().all(|other| later(other) == later(first));
            let way = match (same_way, later(first)) {
                (true, true) => "later too",
                (true, false) => "earlier too",
                (false, _) => "elsewhere",
            };
            words += &format!(", and {} {way}", counted(&pieces(rest), " more"));
        }
        said.push(words);
    }
    let only = |side: fn(&Moved) -> bool| moved.iter().filter(|it| side(it)).collect::<Vec<_>>();
    let added = only(|moved| moved.left.is_none());
    if let Some(first) = added.first() {
        let behind = first.right.as_ref().and_then(|place| place.before.as_deref());
        let behind = behind.map(|name| format!(" behind {}", quoted(name))).unwrap_or_default();
        said.push(format!("also {} {}{behind}", verb(&first.blocks), listed(&added)));
    }
    let missing = only(|moved| moved.right.is_none());
    if let Some(first) = missing.first() {
        let infinitive = verb(&first.blocks).trim_end_matches('s');
        said.push(format!("does not {infinitive} {}", listed(&missing)));
    }
    said.join(", ")
}

fn position(place: Option<&Place>) -> Option<usize> {
    place.map(|place| place.position)
}

/// The pieces one by one.
fn pieces<'m>(moved: &[&'m Moved]) -> Vec<&'m str> {
    moved.iter().flat_map(|moved| moved.blocks.split(' ')).collect()
}

/// What a piece is, without its operation and its file.
fn kind(piece: &str) -> &str {
    piece.rsplit(':').next().unwrap_or(piece).trim_start_matches('W')
}

fn is_data(piece: &str) -> bool {
    kind(piece).starts_with(|char: char| char.is_ascii_digit())
}

/// Pieces without their operation; metadata in backticks.
fn quoted(pieces: &str) -> String {
    let quote = |piece: &str| {
        let plain = piece.trim_start_matches('W');
        if is_data(piece) { plain.to_owned() } else { format!("`{plain}`") }
    };
    pieces.split(' ').map(quote).collect::<Vec<_>>().join(" ")
}

/// The first piece by its name, a second one too, more of them counted.
fn listed(moved: &[&Moved]) -> String {
    match pieces(moved).as_slice() {
        [] => String::new(),
        [one] => quoted(one),
        [one, other] => format!("{} and {}", quoted(one), quoted(other)),
        [first, rest @ ..] => format!("{} and {}", quoted(first), counted(rest, "")),
    }
}

/// Pieces counted (one is named), by what they are if that is the same for all.
fn counted(pieces: &[&str], more: &str) -> String {
    if let [one] = pieces {
        return quoted(one);
    }
    let are = |is: fn(&str) -> bool| pieces.iter().all(|piece| is(piece));
    let kind = if are(is_leaf) {
        "leaves"
    } else if are(is_indirect) {
        "indirect blocks"
    } else if are(is_data) {
        "pieces of the file"
    } else {
        "pieces"
    };
    format!("{}{more} {kind}", pieces.len())
}

fn is_leaf(piece: &str) -> bool {
    kind(piece).starts_with("dleaf") || kind(piece).starts_with("tleaf")
}

fn is_indirect(piece: &str) -> bool {
    is_leaf(piece) || kind(piece).starts_with("tmid") || matches!(kind(piece), "ind" | "dind" | "tind")
}
