//! The words for I/Os that pictures have in common.

use sim_core::io::Operation;
use sim_core::trace::ReadaheadRule;

use super::io::{Arm, Io, Piece, Window};
use crate::format::{grouped, short_time};

/// The letter of an operation in the grammar for blocks; reads have none.
pub(crate) fn prefix(operation: Operation) -> &'static str {
    match operation {
        Operation::Read => "",
        Operation::Write => "W",
        Operation::Flush => "F",
        Operation::Discard => "D",
    }
}

pub(crate) fn verb(operation: Operation) -> &'static str {
    match operation {
        Operation::Read => "read",
        Operation::Write => "write",
        Operation::Flush => "flush",
        Operation::Discard => "discard",
    }
}

/// The most letters that a name in a tooltip or a description has.
const LONG: usize = 60;
/// The most pieces that an I/O is described with, and the most I/Os of a row.
const MANY: usize = 16;

pub(crate) fn short(label: &str) -> String {
    let mut letters = label.chars();
    let mut kept: String = letters.by_ref().take(LONG).collect();
    if letters.next().is_some() {
        kept.push('\u{2026}');
    }
    kept
}

/// An I/O in the grammar for blocks: `0-11+ind`, `W0-11`, `F`.
pub(crate) fn grammar(io: &Io) -> String {
    let mut labels: Vec<_> = io.pieces.iter().take(MANY).map(|piece| short(&piece.label)).collect();
    if io.pieces.len() > MANY {
        labels.push("\u{2026}".into());
    }
    let pieces = labels.join("+");
    format!("{}{pieces}", prefix(io.operation))
}

/// How long an I/O took, where that is known.
pub(crate) fn duration(io: &Io) -> Option<String> {
    io.end_ns.checked_sub(io.start_ns).filter(|time| *time > 0).map(short_time)
}

/// How many, with the noun in its number.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(count.into()))
}

/// All about one I/O, for whoever points at it.
pub(crate) fn tooltip(what: &str, number: usize, io: &Io) -> String {
    let mut text = format!("{what} {}: {}", number + 1, verb(io.operation));
    if let Some(Piece { first_block_on_disk, .. }) = io.pieces.first() {
        let blocks = io.pieces.iter().fold(0_u64, |sum, piece| sum.saturating_add(piece.blocks.max(1)));
        let (blocks, first) = (counted(blocks, "block"), grouped((*first_block_on_disk).into()));
        text += &format!(" {}, {blocks} from block {first} of the disk", grammar(io));
    }
    if let Some(time) = duration(io) {
        text += &format!(", in {time}");
    }
    text
}

/// A rule of readahead in a word or two.
pub(crate) fn rule(rule: ReadaheadRule) -> &'static str {
    match rule {
        ReadaheadRule::StartOfFile => "start of file",
        ReadaheadRule::Sequential => "sequential",
        ReadaheadRule::Marked => "marked",
        ReadaheadRule::Oversize => "oversize",
        ReadaheadRule::SequentialMiss => "sequential miss",
        ReadaheadRule::Context => "context",
        ReadaheadRule::Random => "random",
        ReadaheadRule::Around => "around",
        ReadaheadRule::Forced => "forced",
    }
}

/// All about one window, for whoever points at it.
pub(crate) fn window_tooltip(window: &Window) -> String {
    let Window { decided_ns, read_ns, .. } = *window;
    let (blocks, rule) = (short(&window.label), rule(window.rule));
    let mut text = format!("readahead window {blocks}, {rule}, decided at {}", short_time(decided_ns));
    if let Some(time) = read_ns.checked_sub(decided_ns).filter(|time| *time > 0) {
        text += &format!(", read in {}", short_time(time));
    }
    if let Some(block) = window.mark_on_disk {
        text += &format!("; its mark is at block {} of the disk", grouped(block.into()));
    }
    text
}

/// The strip in words.
pub(crate) fn description(arms: &[Arm]) -> String {
    let row = |ios: &[Io]| {
        let mut words: Vec<_> = ios.iter().take(MANY).map(grammar).collect();
        if ios.len() > MANY {
            words.push(format!("and {} more", grouped((ios.len() - MANY) as u128)));
        }
        words.join(" ")
    };
    let arm =
        |arm: &Arm| format!("{}: queued {}; issued {}.", short(&arm.name), row(&arm.bio), row(&arm.issue));
    arms.iter().map(arm).collect::<Vec<_>>().join(" ")
}
