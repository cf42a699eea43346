//! The order strip: what was read or written, in which order, once as the kernel queued it and
//! once as the device got it, the arms of a comparison one below the other.
//!
//! It shows *why* an order costs time: the first row lays the blocks out as they lie on the disk,
//! lines lead from each bio to the request that took it along, and an arrow marks every step
//! backwards. Three scales, the first that fits: a cell a block; runs as wide as their labels;
//! columns of several I/Os each for long runs, so that no number of I/Os makes the picture grow.
//! Left out: time as an axis (times are written at the requests).

mod bins;
mod disk;
mod lanes;
mod run;
mod scale;

use sim_core::io::Operation;

use super::frame::{self, Entry, MARGIN};
use super::labels::{Align, Line};
use super::svg::{Anchor, Area, Px, Svg};
use super::text::Font;
use run::Kind;
use scale::Scale;

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
pub struct StripPiece {
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
pub struct StripIo {
    /// What was to be done.
    pub operation: Operation,
    /// The blocks in order; a flush has none.
    pub pieces: Vec<StripPiece>,
    /// When it was queued or issued, in nanoseconds of virtual time.
    pub start_ns: u64,
    /// When it completed; not after its start if that is not known.
    pub end_ns: u64,
}

/// One arm's I/Os.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArmStrip {
    /// The arm's name.
    pub name: String,
    /// The bios, in the order in which they were queued.
    pub bio: Vec<StripIo>,
    /// The requests, in the order in which they were issued.
    pub issue: Vec<StripIo>,
    /// What is to be said about the arm, below its name: `12.9 ms`.
    pub note: String,
}

/// An order strip.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderStrip {
    /// What the picture shows; for a comparison, what came out.
    pub title: String,
    /// What is drawn, and on which device.
    pub subtitle: String,
    /// The arms, from top to bottom; the first twelve are drawn.
    pub arms: Vec<ArmStrip>,
}

/// More arms than this are not drawn, and the picture says so.
const MOST_ARMS: usize = 12;
/// The words for the two rows.
const ROWS: [&str; 2] = ["queued", "issued"];
/// Room for them.
const ROW_NAMES: Px = Px::new(62);
const NAME_LINES: usize = 2;
const NOTE_LINES: usize = 4;

impl OrderStrip {
    /// The picture as an SVG document, 860 px wide. Texts that are too long are elided; the same
    /// strip gives the same document everywhere.
    pub fn to_svg(&self) -> String {
        let arms = &self.arms[..self.arms.len().min(MOST_ARMS)];
        let mut svg = Svg::new(frame::WIDTH);
        let left = MARGIN + names_width(arms) + ROW_NAMES;
        let right = svg.width() - MARGIN;
        let scale = Scale::choose(arms, right - left);

        let mut y = frame::header(&mut svg, &self.title, &self.subtitle, &self.reading(scale));
        let plane = Plane { left, right };
        if let Some(disk) = disk::Layout::of(arms, scale, right - left) {
            y = disk.draw(&mut svg, plane, y);
        }
        let most_back = bins::most_steps_back(arms, scale);
        for arm in arms {
            y = y + Px::new(16);
            let top = y;
            y = match scale {
                Scale::Bins { size, column } => {
                    bins::draw(&mut svg, plane, y, arm, bins::Bins { size, column, most_back })
                }
                Scale::Cells { .. } | Scale::Runs { .. } => lanes::draw(&mut svg, plane, y, arm, scale),
            };
            y = y.max(names(&mut svg, arm, top, left - ROW_NAMES - MARGIN));
        }
        y = frame::legend(&mut svg, y + Px::new(18), left, &legend(arms, scale, most_back));
        svg.finish(y + Px::new(8), &self.title, &run::description(arms))
    }

    fn reading(&self, scale: Scale) -> String {
        let mut reading = format!("above bios as queued, below requests as issued; {}", scale.reading());
        if self.arms.len() > MOST_ARMS {
            reading += &format!("; {} more arms are not drawn", self.arms.len() - MOST_ARMS);
        }
        reading
    }
}

/// The part of the picture where blocks are drawn.
#[derive(Clone, Copy, Debug)]
struct Plane {
    left: Px,
    right: Px,
}

impl Plane {
    /// A line for small labels in it.
    fn line(self, align: Align) -> Line {
        Line { font: Font::Small, align, left: self.left, right: self.right }
    }

    /// Writes the name of a row left of it.
    fn name_row(self, svg: &mut Svg, row: Area, name: &str) {
        let y = row.top + (row.height() + Font::Small.ascent()) / 2;
        svg.text("muted", Font::Small, Anchor::End, (self.left - Px::new(10), y), name);
    }
}

/// Room for the arms' names and notes, within reason.
fn names_width(arms: &[ArmStrip]) -> Px {
    let widths = arms.iter().map(|arm| Font::Name.width(&arm.name).max(Font::Small.width(&arm.note)));
    widths.max().unwrap_or(Px::ZERO).clamp(Px::new(48), Px::new(140))
}

/// Writes an arm's name and note below `top`; gives back where they end.
fn names(svg: &mut Svg, arm: &ArmStrip, top: Px, width: Px) -> Px {
    let mut y = top + Px::new(4);
    let name = Font::Name.wrap(&arm.name, width, NAME_LINES);
    let note = Font::Small.wrap(&arm.note, width, NOTE_LINES);
    for line in name {
        y = y + Px::new(16);
        svg.text("text", Font::Name, Anchor::Start, (MARGIN, y), &line);
    }
    for line in note {
        y = y + Px::new(15);
        svg.text("muted", Font::Small, Anchor::Start, (MARGIN, y), &line);
    }
    y + Font::Name.descent()
}

/// One entry for each series that is drawn.
fn legend(arms: &[ArmStrip], scale: Scale, most_back: u64) -> Vec<Entry> {
    let binned = matches!(scale, Scale::Bins { .. });
    let ios = || arms.iter().flat_map(|arm| arm.bio.iter().chain(&arm.issue));
    let mut entries: Vec<Entry> = Kind::ALL
        .into_iter()
        .filter(|kind| ios().any(|io| run::kinds(io).any(|drawn| drawn == *kind)))
        .map(|kind| Entry { sample: kind.sample(binned), meaning: kind.meaning().into() })
        .collect();
    for operation in [Operation::Write, Operation::Flush, Operation::Discard] {
        let drawn = !binned && ios().any(|io| io.operation == operation);
        if let Some(sample) = run::sample_of(operation).filter(|_| drawn) {
            entries.push(Entry { sample, meaning: run::verb(operation).into() });
        }
    }
    if !binned && arms.iter().any(|arm| !arm.issue.is_empty()) {
        entries.push(Entry { sample: lanes::sample_of_request, meaning: "one request".into() });
    }
    if arms.iter().any(|arm| run::steps_back(&arm.issue).next().is_some()) {
        let (sample, meaning): (fn(&mut Svg, Area), _) = if binned {
            (bins::sample_of_steps, format!("steps backwards on the disk, up to {most_back} in a column"))
        } else {
            (lanes::sample_of_step, "step backwards on the disk, in blocks".into())
        };
        entries.push(Entry { sample, meaning });
    }
    entries
}

#[cfg(test)]
mod tests;
