//! What pictures are drawn from: the I/Os of each arm, as plain data.

use sim_core::io::{Operation, Parts};
use sim_core::trace::ReadaheadRule;

use super::canvas::Canvas;
use super::length::{Area, Px};
use super::palette::Style;
use super::text::Font;

/// What a run of blocks holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlockKind {
    /// Contents of a file.
    Data,
    /// An indirect block of any level.
    Indirect,
    /// Any other metadata.
    Metadata,
}

/// Blocks of one I/O that are of one kind and lie side by side on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Their name in the grammar for blocks: `0-11`, `ind`.
    pub label: String,
    /// What they hold.
    pub kind: BlockKind,
    /// Where they begin on the disk, in filesystem blocks.
    pub first_block_on_disk: u64,
    /// How many there are; none counts as one.
    pub blocks: u64,
}

/// A bio or a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Io {
    /// What was to be done.
    pub operation: Operation,
    /// The blocks in order; a flush has none.
    pub pieces: Vec<Piece>,
    /// When it was queued or issued, in nanoseconds of virtual time.
    pub start_ns: u64,
    /// When it completed; not after its start if that is not known.
    pub end_ns: u64,
    /// Where the time from issue to completion went; of a bio nothing is known.
    pub parts: Parts,
}

/// Blocks that lie side by side on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Where they begin on the disk, in filesystem blocks.
    pub first_block_on_disk: u64,
    /// How many there are; none counts as one.
    pub blocks: u64,
}

/// A window of readahead: what was to be read before anybody asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its blocks in the grammar for blocks: `0-15`.
    pub label: String,
    /// The rule that chose it.
    pub rule: ReadaheadRule,
    /// When it was decided, in nanoseconds of virtual time.
    pub decided_ns: u64,
    /// When the last of its blocks had come; not after its decision if none was read.
    pub read_ns: u64,
    /// Where the blocks lie that were read for it.
    pub runs: Vec<Run>,
    /// Where the page begins that carries its mark, if that was read.
    pub mark_on_disk: Option<u64>,
}

/// One arm's I/Os.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arm {
    /// The arm's name.
    pub name: String,
    /// The bios, in the order in which they were queued.
    pub bio: Vec<Io>,
    /// The requests, in the order in which they were issued.
    pub issue: Vec<Io>,
    /// The windows of readahead, in the order in which they were decided.
    pub windows: Vec<Window>,
    /// What is to be said about the arm, below its name: `12.9 ms`.
    pub note: String,
    /// When the arm ended, in nanoseconds of virtual time.
    pub end_ns: u64,
}

impl Arm {
    /// When the arm ended, or its last request, if that is later.
    pub(crate) fn end(&self) -> u64 {
        let ends = self.issue.iter().map(|io| io.end_ns.max(io.start_ns));
        ends.max().unwrap_or(0).max(self.end_ns)
    }
}

/// What the pictures of a run show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// What the picture shows; for a comparison, what came out.
    pub title: String,
    /// What is drawn, and on which device.
    pub subtitle: String,
    /// The arms, from top to bottom; the first twelve are drawn.
    pub arms: Vec<Arm>,
}

/// More arms than this are not drawn, and the picture says so.
const MOST_ARMS: usize = 12;

impl Subject {
    /// The arms that are drawn.
    pub(crate) fn drawn(&self) -> &[Arm] {
        &self.arms[..self.arms.len().min(MOST_ARMS)]
    }

    /// `reading`, and that not all arms are drawn if it is so.
    pub(crate) fn with_arms_left_out(&self, reading: String) -> String {
        match self.arms.len().saturating_sub(MOST_ARMS) {
            0 => reading,
            left_out => format!("{reading}; {left_out} more arms are not drawn"),
        }
    }
}

/// What a run is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Data,
    Indirect,
    Metadata,
    /// An I/O without blocks.
    Command,
}

impl Kind {
    pub(crate) const ALL: [Kind; 4] = [Kind::Data, Kind::Indirect, Kind::Metadata, Kind::Command];

    pub(crate) fn style(self) -> Style {
        match self {
            Kind::Data => Style::Data,
            Kind::Indirect => Style::Indirect,
            Kind::Metadata => Style::Metadata,
            Kind::Command => Style::Command,
        }
    }

    /// The style of columns without a label.
    pub(crate) fn solid_style(self) -> Style {
        match self {
            Kind::Data => Style::DataSolid,
            Kind::Indirect | Kind::Metadata | Kind::Command => self.style(),
        }
    }

    /// The style of text on it.
    pub(crate) fn text_style(self) -> Style {
        match self {
            Kind::Data => Style::OnData,
            Kind::Indirect => Style::OnIndirect,
            Kind::Metadata => Style::OnMetadata,
            Kind::Command => Style::OnCommand,
        }
    }

    /// The style of the line from a bio to its request.
    pub(crate) fn link_style(self) -> Style {
        match self {
            Kind::Data => Style::LinkData,
            Kind::Indirect => Style::LinkIndirect,
            Kind::Metadata => Style::LinkMetadata,
            Kind::Command => Style::Line,
        }
    }

    pub(crate) fn font(self) -> Font {
        match self {
            Kind::Indirect => Font::StrongLabel,
            Kind::Data | Kind::Metadata | Kind::Command => Font::Label,
        }
    }

    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Kind::Data => "data block",
            Kind::Indirect => "indirect block",
            Kind::Metadata => "other metadata block",
            Kind::Command => "command without blocks",
        }
    }

    /// Draws a sample for the legend, `solid` for columns.
    pub(crate) fn sample(self, solid: bool) -> fn(&mut Canvas, Area) {
        const ROUND: Px = Px::new(2);
        match self {
            Kind::Data if solid => |canvas, area| canvas.rect(Style::DataSolid, area, ROUND),
            Kind::Data => |canvas, area| canvas.rect(Style::Data, area, ROUND),
            Kind::Indirect => |canvas, area| canvas.rect(Style::Indirect, area, ROUND),
            Kind::Metadata => |canvas, area| canvas.rect(Style::Metadata, area, ROUND),
            Kind::Command => |canvas, area| canvas.rect(Style::Command, area, ROUND),
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

/// The kinds of an I/O's runs.
pub(crate) fn kinds(io: &Io) -> impl Iterator<Item = Kind> {
    let none = io.pieces.is_empty().then_some(Kind::Command);
    io.pieces.iter().map(|piece| piece.kind.into()).chain(none)
}

/// Steps backwards on the disk: which request begins before the end of the one before it, and by
/// how many blocks. What has no blocks does not move the disk.
pub(crate) fn steps_back(ios: &[Io]) -> impl Iterator<Item = (usize, u64)> + '_ {
    let mut end = 0;
    ios.iter().enumerate().filter_map(move |(io, Io { pieces, .. })| {
        let (first, last) = (pieces.first()?, pieces.last()?);
        let start = first.first_block_on_disk;
        let before = std::mem::replace(&mut end, last.first_block_on_disk.saturating_add(last.blocks.max(1)));
        before.checked_sub(start).filter(|back| *back > 0).map(|back| (io, back))
    })
}
