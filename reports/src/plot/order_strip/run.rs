//! I/Os taken apart into the runs that are drawn, and the words for them.

use sim_core::io::Operation;

use super::{ArmStrip, BlockKind, StripIo, StripPiece};
use crate::format::{grouped, short_time};
use crate::plot::svg::{Anchor, Area, Px, Svg};
use crate::plot::text::Font;

/// What a run is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Data,
    Indirect,
    Metadata,
    /// An I/O without blocks.
    Command,
}

impl Kind {
    pub(super) const ALL: [Kind; 4] = [Kind::Data, Kind::Indirect, Kind::Metadata, Kind::Command];

    pub(super) fn class(self) -> &'static str {
        match self {
            Kind::Data => "data",
            Kind::Indirect => "indirect",
            Kind::Metadata => "metadata",
            Kind::Command => "command",
        }
    }

    /// The class of columns without a label.
    pub(super) fn solid_class(self) -> &'static str {
        match self {
            Kind::Data => "data-solid",
            Kind::Indirect | Kind::Metadata | Kind::Command => self.class(),
        }
    }

    /// The class of text on it.
    pub(super) fn text_class(self) -> &'static str {
        match self {
            Kind::Data => "on-data",
            Kind::Indirect => "on-indirect",
            Kind::Metadata => "on-metadata",
            Kind::Command => "on-command",
        }
    }

    /// The class of the line from a bio to its request.
    pub(super) fn link_class(self) -> &'static str {
        match self {
            Kind::Data => "link-data",
            Kind::Indirect => "link-indirect",
            Kind::Metadata => "link-metadata",
            Kind::Command => "line",
        }
    }

    pub(super) fn font(self) -> Font {
        match self {
            Kind::Indirect => Font::StrongLabel,
            Kind::Data | Kind::Metadata | Kind::Command => Font::Label,
        }
    }

    pub(super) fn meaning(self) -> &'static str {
        match self {
            Kind::Data => "data block",
            Kind::Indirect => "indirect block",
            Kind::Metadata => "other metadata block",
            Kind::Command => "command without blocks",
        }
    }

    /// Draws a sample for the legend, `solid` for columns.
    pub(super) fn sample(self, solid: bool) -> fn(&mut Svg, Area) {
        const ROUND: Px = Px::new(2);
        match self {
            Kind::Data if solid => |svg, area| svg.rect("data-solid", area, ROUND),
            Kind::Data => |svg, area| svg.rect("data", area, ROUND),
            Kind::Indirect => |svg, area| svg.rect("indirect", area, ROUND),
            Kind::Metadata => |svg, area| svg.rect("metadata", area, ROUND),
            Kind::Command => |svg, area| svg.rect("command", area, ROUND),
        }
    }
}

impl From<BlockKind> for Kind {
    fn from(kind: BlockKind) -> Kind {
        match kind {
            BlockKind::Data => Kind::Data,
            BlockKind::Indirect => Kind::Indirect,
            BlockKind::Metadata => Kind::Metadata,
        }
    }
}

/// Blocks of one kind side by side, as they are drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// The letter of its operation, if it begins an I/O.
    pub(super) letter: &'static str,
    pub(super) label: String,
    pub(super) kind: Kind,
    /// The first block on the disk, and how many.
    pub(super) first: u64,
    pub(super) blocks: u64,
    /// Which I/O of its row it belongs to.
    pub(super) io: usize,
    /// Whether it is the first or the last of that I/O.
    pub(super) begins: bool,
    pub(super) ends: bool,
}

impl Run {
    /// What is written on it. A blank sets the letter off: `W ind` would read as a word otherwise.
    pub(super) fn text(&self) -> String {
        let blank = if self.letter.is_empty() || self.label.is_empty() { "" } else { " " };
        format!("{}{blank}{}", self.letter, self.label)
    }

    /// The block behind the last.
    pub(super) fn end(&self) -> u64 {
        self.first.saturating_add(self.blocks)
    }
}

/// The sample of an operation's letter for the legend; reads have none.
pub(super) fn sample_of(operation: Operation) -> Option<fn(&mut Svg, Area)> {
    fn letter(svg: &mut Svg, area: Area, letter: &str) {
        let at = (area.middle(), area.bottom - Px::new(2));
        svg.text("text", Font::StrongLabel, Anchor::Middle, at, letter);
    }
    match operation {
        Operation::Read => None,
        Operation::Write => Some(|svg, area| letter(svg, area, prefix(Operation::Write))),
        Operation::Flush => Some(|svg, area| letter(svg, area, prefix(Operation::Flush))),
        Operation::Discard => Some(|svg, area| letter(svg, area, prefix(Operation::Discard))),
    }
}

/// The letter of an operation in the grammar for blocks; reads have none.
fn prefix(operation: Operation) -> &'static str {
    match operation {
        Operation::Read => "",
        Operation::Write => "W",
        Operation::Flush => "F",
        Operation::Discard => "D",
    }
}

pub(super) fn verb(operation: Operation) -> &'static str {
    match operation {
        Operation::Read => "read",
        Operation::Write => "write",
        Operation::Flush => "flush",
        Operation::Discard => "discard",
    }
}

/// The runs of a row, in order.
pub(super) fn runs(ios: &[StripIo]) -> Vec<Run> {
    let mut runs = Vec::new();
    for (io, StripIo { operation, pieces, .. }) in ios.iter().enumerate() {
        let letter = prefix(*operation);
        if pieces.is_empty() {
            let label = if letter.is_empty() { "-".into() } else { String::new() };
            let (kind, begins, ends) = (Kind::Command, true, true);
            runs.push(Run { letter, label, kind, first: 0, blocks: 1, io, begins, ends });
        }
        for (place, piece) in pieces.iter().enumerate() {
            let (begins, ends) = (place == 0, place + 1 == pieces.len());
            runs.push(Run {
                letter: if begins { letter } else { "" },
                label: short(&piece.label),
                kind: piece.kind.into(),
                first: piece.first_block_on_disk,
                blocks: piece.blocks.max(1),
                io,
                begins,
                ends,
            });
        }
    }
    runs
}

/// The kinds of an I/O's runs.
pub(super) fn kinds(io: &StripIo) -> impl Iterator<Item = Kind> {
    let none = io.pieces.is_empty().then_some(Kind::Command);
    io.pieces.iter().map(|piece| piece.kind.into()).chain(none)
}

/// Steps backwards on the disk: which request begins before the end of the one before it, and by
/// how many blocks. What has no blocks does not move the disk.
pub(super) fn steps_back(ios: &[StripIo]) -> impl Iterator<Item = (usize, u64)> + '_ {
    let mut end = 0;
    ios.iter().enumerate().filter_map(move |(io, StripIo { pieces, .. })| {
        let (first, last) = (pieces.first()?, pieces.last()?);
        let start = first.first_block_on_disk;
        let before = std::mem::replace(&mut end, last.first_block_on_disk.saturating_add(last.blocks.max(1)));
        before.checked_sub(start).filter(|back| *back > 0).map(|back| (io, back))
    })
}

/// The most letters that a name in a tooltip or a description has.
const LONG: usize = 60;
/// The most pieces that an I/O is described with, and the most I/Os of a row.
const MANY: usize = 16;

fn short(label: &str) -> String {
    let mut letters = label.chars();
    let mut kept: String = letters.by_ref().take(LONG).collect();
    if letters.next().is_some() {
        kept.push('\u{2026}');
    }
    kept
}

/// An I/O in the grammar for blocks: `0-11+ind`, `W0-11`, `F`.
pub(super) fn grammar(io: &StripIo) -> String {
    let mut labels: Vec<_> = io.pieces.iter().take(MANY).map(|piece| short(&piece.label)).collect();
    if io.pieces.len() > MANY {
        labels.push("\u{2026}".into());
    }
    let pieces = labels.join("+");
    format!("{}{pieces}", prefix(io.operation))
}

/// How long an I/O took, where that is known.
pub(super) fn duration(io: &StripIo) -> Option<String> {
    io.end_ns.checked_sub(io.start_ns).filter(|time| *time > 0).map(short_time)
}

/// How many, with the noun in its number.
pub(super) fn counted(count: u64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(count.into()))
}

/// All about one I/O, for whoever points at it.
pub(super) fn tooltip(what: &str, number: usize, io: &StripIo) -> String {
    let mut text = format!("{what} {}: {}", number + 1, verb(io.operation));
    if let Some(StripPiece { first_block_on_disk, .. }) = io.pieces.first() {
        let blocks = io.pieces.iter().fold(0_u64, |sum, piece| sum.saturating_add(piece.blocks.max(1)));
        let (blocks, first) = (counted(blocks, "block"), grouped((*first_block_on_disk).into()));
        text += &format!(" {}, {blocks} from block {first} of the disk", grammar(io));
    }
    if let Some(time) = duration(io) {
        text += &format!(", in {time}");
    }
    text
}

/// The strip in words.
pub(super) fn description(arms: &[ArmStrip]) -> String {
    let row = |ios: &[StripIo]| {
        let mut words: Vec<_> = ios.iter().take(MANY).map(grammar).collect();
        if ios.len() > MANY {
            words.push(format!("and {} more", grouped((ios.len() - MANY) as u128)));
        }
        words.join(" ")
    };
    let arm = |arm: &ArmStrip| {
        format!("{}: queued {}; issued {}.", short(&arm.name), row(&arm.bio), row(&arm.issue))
    };
    arms.iter().map(arm).collect::<Vec<_>>().join(" ")
}
