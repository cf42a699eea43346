//! Long runs: cells of time and blocks, filled where requests completed, and below them how often
//! the disk had to go backwards.

use std::ops::RangeInclusive;

use super::panel::{PADDING, Panel, Scale};
use crate::format::{TimeScale, grouped};
use crate::plot::axis::round_step;
use crate::plot::canvas::{Canvas, Path};
use crate::plot::io::{Arm, BlockKind, Kind, steps_back};
use crate::plot::length::{Area, Px};
use crate::plot::palette::Style;
use crate::plot::words;

/// The least width and height of a cell.
const CELL: Px = Px::new(4);
/// The tallest bar of steps backwards, and the blank above it.
const STEPS: Px = Px::new(24);
const GAP: Px = Px::new(6);
/// What is not nothing is seen.
const SLIVER: Px = Px::new(3);

/// Which cells are filled, column by column.
type Filled = Vec<Vec<bool>>;

/// How much time a column, and how many blocks a row of cells stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cells {
    column_ns: u64,
    row_blocks: u64,
    first_block: u64,
    columns: usize,
    rows: usize,
}

impl Cells {
    pub(super) fn choose(scale: &Scale) -> Cells {
        let most = |length: Px| (length.sixteenths() / CELL.sixteenths()).unsigned_abs().max(1);
        let column_ns = round_step(scale.last_ns.saturating_add(1), most(scale.time().to - scale.left));
        let blocks = scale.end_block - scale.first_block;
        let row_blocks = round_step(blocks.max(1), most(scale.height - PADDING * 2));
        let count = |range: u64, step: u64| usize::try_from(range / step + 1).unwrap_or(usize::MAX);
        let (columns, rows) = (count(scale.last_ns, column_ns), count(blocks, row_blocks));
        Cells { column_ns, row_blocks, first_block: scale.first_block, columns, rows }
    }

    pub(super) fn reading(self) -> String {
        let time = TimeScale::exact_with_unit(self.column_ns);
        let blocks = words::counted(self.row_blocks, "block");
        format!("each cell is {time} and {blocks}, filled where a request completed")
    }

    /// The column of a time, the row of a block.
    fn column(self, at_ns: u64) -> usize {
        usize::try_from(at_ns / self.column_ns).unwrap_or(usize::MAX).min(self.columns - 1)
    }

    fn row(self, block: u64) -> usize {
        let row = block.saturating_sub(self.first_block) / self.row_blocks;
        usize::try_from(row).unwrap_or(usize::MAX).min(self.rows - 1)
    }

    fn steps(self, arm: &Arm) -> Vec<u64> {
        let mut steps = vec![0; self.columns];
        for (request, _) in steps_back(&arm.issue) {
            steps[self.column(arm.issue[request].start_ns)] += 1;
        }
        steps
    }

    /// The most steps backwards in a column of any arm.
    pub(super) fn most_steps_back(self, arms: &[Arm]) -> u64 {
        arms.iter().flat_map(|arm| self.steps(arm)).max().unwrap_or(0)
    }

    /// Draws an arm; gives back where it ends.
    pub(super) fn draw(self, canvas: &mut Canvas, panel: Panel, arm: &Arm, most_back: u64) -> Px {
        let windows = self.outline(panel, &self.windows(arm));
        if !windows.is_empty() {
            let tooltip = "readahead windows, until they are read";
            canvas.group(tooltip, |canvas| canvas.path(Style::Window, windows));
        }
        panel.draw_grid(canvas);
        for kind in [BlockKind::Data, BlockKind::Metadata, BlockKind::Indirect] {
            let path = self.outline(panel, &self.completions(arm, kind));
            if !path.is_empty() {
                let kind = Kind::from(kind);
                canvas.group(kind.meaning(), |canvas| canvas.path(kind.solid_style(), path));
            }
        }
        panel.draw_caption(canvas, arm);
        if most_back == 0 { panel.area.bottom } else { self.draw_steps(canvas, panel, arm, most_back) }
    }

    fn no_cells(self) -> Filled {
        vec![vec![false; self.rows]; self.columns]
    }

    fn rows(self, first: u64, blocks: u64) -> RangeInclusive<usize> {
        self.row(first)..=self.row(first.saturating_add(blocks.max(1) - 1))
    }

    /// Where requests completed that hold blocks of one kind.
    fn completions(self, arm: &Arm, kind: BlockKind) -> Filled {
        let mut filled = self.no_cells();
        for io in &arm.issue {
            for piece in io.pieces.iter().filter(|piece| piece.kind == kind) {
                let rows = self.rows(piece.first_block_on_disk, piece.blocks);
                filled[self.column(io.end_ns.max(io.start_ns))][rows].fill(true);
            }
        }
        filled
    }

    /// What was decided to be read, and had not come yet.
    fn windows(self, arm: &Arm) -> Filled {
        let mut filled = self.no_cells();
        for window in &arm.windows {
            let columns = self.column(window.decided_ns)..=self.column(window.read_ns.max(window.decided_ns));
            for run in &window.runs {
                let rows = self.rows(run.first_block_on_disk, run.blocks);
                filled[columns.clone()].iter_mut().for_each(|column| column[rows.clone()].fill(true));
            }
        }
        filled
    }

    /// Filled cells as one path.
    fn outline(self, panel: Panel, filled: &Filled) -> Path {
        let mut path = Path::default();
        for (column, rows) in filled.iter().enumerate() {
            let (left, right) = self.columns_edges(panel, column);
            let mut row = 0;
            for run in rows.chunk_by(|one, next| one == next) {
                let start = row;
                row += run.len();
                if run[0] {
                    let (bottom, top) = (self.row_edge(panel, start), self.row_edge(panel, row));
                    path = path
                        .move_to(left, bottom)
                        .line_to(left, top)
                        .line_to(right, top)
                        .line_to(right, bottom)
                        .close();
                }
            }
        }
        path
    }

    fn columns_edges(self, panel: Panel, column: usize) -> (Px, Px) {
        let edge = |column: usize| panel.time.place(self.column_ns.saturating_mul(column as u64));
        let left = edge(column).min(panel.area.right - Px::new(2));
        (left, edge(column + 1).max(left + Px::new(2)))
    }

    fn row_edge(self, panel: Panel, row: usize) -> Px {
        let blocks = self.row_blocks.saturating_mul(row as u64);
        // A row at the edge is as high as all others, if less of it is on the axis.
        let edge = panel.blocks.place(self.first_block.saturating_add(blocks));
        if row == self.rows { edge - Px::new(2) } else { edge }
    }

    fn draw_steps(self, canvas: &mut Canvas, panel: Panel, arm: &Arm, most_back: u64) -> Px {
        let (top, bottom) = (panel.area.bottom + GAP, panel.area.bottom + GAP + STEPS);
        for (column, steps) in self.steps(arm).into_iter().enumerate().filter(|(_, steps)| *steps > 0) {
            let share = i64::try_from(u128::from(steps) * 256 / u128::from(most_back)).unwrap_or(0);
            let height = SLIVER + (bottom - top - SLIVER) * share / 256;
            let (left, right) = self.columns_edges(panel, column);
            let bar = Area { left, right, top: bottom - height, bottom };
            let tooltip = format!("{} steps backwards on the disk", grouped(steps.into()));
            canvas.group(&tooltip, |canvas| canvas.rect(Style::BackwardMark, bar, Px::ZERO));
        }
        bottom
    }
}

/// A bar, for the legend.
pub(super) fn sample_of_steps(canvas: &mut Canvas, area: Area) {
    let bar = Area { left: area.middle() - Px::new(3), right: area.middle() + Px::new(4), ..area };
    canvas.rect(Style::BackwardMark, bar, Px::ZERO);
}

/// A cell, for the legend.
pub(super) fn sample_of_windows(canvas: &mut Canvas, area: Area) {
    canvas.rect(Style::Window, area, Px::ZERO);
}
