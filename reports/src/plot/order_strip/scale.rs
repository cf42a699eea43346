//! How wide a block is drawn: the first of three scales that fits.

use super::run::{Run, runs};
use crate::plot::io::{Arm, Io, Kind};
use crate::plot::length::Px;

/// Blocks per width, the same for all rows and arms of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    /// Every block has a cell of this width.
    Cells { cell: Px },
    /// A run is as wide as its label, if it has one, and wider by `more` for each doubling of its
    /// number of blocks.
    Runs { labelled: Labelled, more: Px },
    /// A column of this width stands for `size` I/Os in order.
    Bins { size: usize, column: Px },
}

/// Which runs are sure to have room for their labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Labelled {
    All,
    /// Those that are not data: they are few, and what the picture is about.
    Metadata,
    None,
}

const WIDEST_CELL: Px = Px::new(42);
const WIDEST_MORE: Px = Px::new(24);
/// The narrowest run.
const NARROW: Px = Px::new(8);
/// The widest room that a label may claim.
const WIDEST_LABEL: Px = Px::new(110);
/// The narrowest and the widest column of I/Os.
const NARROWEST_COLUMN: Px = Px::new(8);
const WIDEST_COLUMN: Px = Px::new(16);
/// A label's blank on both sides, and the gap between runs, together.
const AROUND_LABEL: Px = Px::new(12);

impl Scale {
    pub(super) fn choose(arms: &[Arm], width: Px) -> Scale {
        let rows = || arms.iter().flat_map(|arm| [&arm.bio, &arm.issue]);
        // A row that cannot fit is not taken apart first: it may be very long.
        let most = usize::try_from(width.sixteenths() / NARROW.sixteenths()).unwrap_or(0);
        if rows().any(|row| row.iter().map(|io| io.pieces.len().max(1)).sum::<usize>() > most) {
            return Scale::bins(rows().map(Vec::len).max().unwrap_or(0), width);
        }
        let rows: Vec<Vec<Run>> = rows().map(|row: &Vec<Io>| runs(row)).collect();
        cells(&rows, width)
            .or_else(|| labelled(&rows, Labelled::All, width))
            .or_else(|| labelled(&rows, Labelled::Metadata, width))
            .or_else(|| labelled(&rows, Labelled::None, width))
            .unwrap_or_else(|| Scale::bins(rows.iter().map(Vec::len).max().unwrap_or(0), width))
    }

    /// The smallest of 1, 2, 5, 10, 20, ... I/Os a column for which all columns fit.
    fn bins(ios: usize, width: Px) -> Scale {
        let columns = usize::try_from(width.sixteenths() / NARROWEST_COLUMN.sixteenths()).unwrap_or(1).max(1);
        let mut sizes =
            (0..).flat_map(|power| [1_usize, 2, 5].map(|digit| digit.saturating_mul(ten_to(power))));
        let size = sizes.find(|size| ios.div_ceil(*size) <= columns).unwrap_or(usize::MAX);
        let columns = i64::try_from(ios.div_ceil(size)).unwrap_or(i64::MAX).max(1);
        Scale::Bins { size, column: (width / columns).min(WIDEST_COLUMN) }
    }

    /// The width of a run, gaps included.
    pub(super) fn width(self, run: &Run) -> Px {
        match self {
            Scale::Cells { cell } => cell * i64::try_from(run.blocks).unwrap_or(0),
            Scale::Runs { labelled, more } => least(run, labelled) + more * doublings(run),
            Scale::Bins { column, .. } => column,
        }
    }

    /// How the picture is to be read.
    pub(super) fn reading(self) -> String {
        match self {
            Scale::Cells { .. } => "one cell a block".into(),
            Scale::Runs { .. } => "widths not to scale".into(),
            Scale::Bins { size: 1, .. } => "each column is one I/O, coloured by share of blocks".into(),
            Scale::Bins { size, .. } => {
                format!("each column is {size} I/Os in order, coloured by share of blocks")
            }
        }
    }
}

fn ten_to(power: u32) -> usize {
    10_usize.saturating_pow(power)
}

/// The width that a run's label claims.
fn label_width(run: &Run) -> Px {
    run.kind.font().width(&run.text()).min(WIDEST_LABEL) + AROUND_LABEL
}

fn cells(rows: &[Vec<Run>], width: Px) -> Option<Scale> {
    let blocks = |row: &Vec<Run>| row.iter().fold(0_u64, |sum, run| sum.saturating_add(run.blocks));
    let most = rows.iter().map(blocks).max().unwrap_or(0).max(1);
    let cell = (width / i64::try_from(most).ok()?).min(WIDEST_CELL);
    let scale = Scale::Cells { cell };
    rows.iter().flatten().all(|run| label_width(run) <= scale.width(run)).then_some(scale)
}

fn least(run: &Run, labelled: Labelled) -> Px {
    match (labelled, run.kind) {
        (Labelled::All, _) | (Labelled::Metadata, Kind::Indirect | Kind::Metadata | Kind::Command) => {
            label_width(run)
        }
        (Labelled::Metadata, Kind::Data) | (Labelled::None, _) => NARROW,
    }
}

fn doublings(run: &Run) -> i64 {
    i64::from(run.blocks.ilog2())
}

fn labelled(rows: &[Vec<Run>], labelled: Labelled, width: Px) -> Option<Scale> {
    let mut more = WIDEST_MORE;
    for row in rows {
        let room = width - row.iter().map(|run| least(run, labelled)).sum();
        if room < Px::ZERO {
            return None;
        }
        let doublings: i64 = row.iter().map(doublings).sum();
        more = more.min(room / doublings.max(1));
    }
    Some(Scale::Runs { labelled, more })
}
