//! The first row: the blocks of all I/Os as they lie on the disk, whatever the order was.

use std::collections::BTreeSet;

use super::lanes::{ROW, draw_run};
use super::run::{Run, runs};
use super::scale::Scale;
use crate::format::grouped;
use crate::plot::canvas::{Canvas, Path};
use crate::plot::frame::Plane;
use crate::plot::io::{Arm, Kind};
use crate::plot::labels::{Align, Slot};
use crate::plot::length::{Area, Px};
use crate::plot::palette::Style;
use crate::plot::text::Font;

/// Blank where blocks of others lie between two runs.
const ELSEWHERE: Px = Px::new(26);

/// Runs in the order of the disk, none overlapping another.
pub(super) struct Layout {
    runs: Vec<Run>,
    scale: Scale,
}

impl Layout {
    /// The layout, if it can be told from the I/Os (arms that cut the blocks differently leave runs
    /// that overlap) and fits into `width`.
    pub(super) fn of(arms: &[Arm], scale: Scale, width: Px) -> Option<Layout> {
        if matches!(scale, Scale::Bins { .. }) {
            return None;
        }
        let all = arms.iter().flat_map(|arm| [&arm.bio, &arm.issue]).flat_map(|row| runs(row));
        // Longer runs first, so that parts of them come after them.
        let sorted: BTreeSet<_> = all
            .filter(|run| run.kind != Kind::Command)
            .map(|run| (run.first, std::cmp::Reverse(run.blocks), run.kind, run.label))
            .collect();
        let mut layout: Vec<Run> = Vec::new();
        for (first, blocks, kind, label) in sorted {
            let run =
                Run { letter: "", label, kind, first, blocks: blocks.0, io: 0, begins: true, ends: true };
            match layout.last() {
                Some(before) if run.end() <= before.end() && before.kind == kind => {}
                Some(before) if run.first < before.end() => return None,
                _ => layout.push(run),
            }
        }
        let gaps = layout.windows(2).filter(|pair| pair[0].end() < pair[1].first).count();
        let needed = layout.iter().map(|run| scale.width(run)).sum::<Px>()
            + ELSEWHERE * i64::try_from(gaps).unwrap_or(i64::from(u16::MAX));
        (!layout.is_empty() && needed <= width).then_some(Layout { runs: layout, scale })
    }

    /// Draws the row below `top`; gives back where it ends.
    pub(super) fn draw(&self, canvas: &mut Canvas, plane: Plane, top: Px) -> Px {
        let row = Area { left: plane.left, top, right: plane.right, bottom: top + ROW };
        plane.name_row(canvas, row, "on disk");
        let mut slots: Vec<Slot> = Vec::new();
        let mut x = plane.left;
        let mut end = None;
        for run in &self.runs {
            if end.is_some_and(|end| end < run.first) {
                let y = (row.top + row.bottom) / 2;
                canvas
                    .path(Style::Faint, Path::from(x + Px::new(5), y).line_to(x + ELSEWHERE - Px::new(5), y));
                x = x + ELSEWHERE;
            }
            end = Some(run.end());
            let area = Area { left: x + Px::new(2), right: x + self.scale.width(run) - Px::new(2), ..row };
            x = area.right + Px::new(2);
            let block = grouped(run.first.into());
            let tooltip = format!("{}, from block {block} of the disk", run.label);
            canvas.group(&tooltip, |canvas| draw_run(canvas, run, area, self.scale));
            slots.push(Slot {
                left: area.left,
                right: area.left,
                wordings: if slots.is_empty() { vec![format!("block {block}"), block] } else { vec![block] },
            });
        }
        let y = row.bottom + Px::new(15);
        plane.line(Align::Along).write(canvas, Style::Muted, y, &slots);
        y + Font::Small.descent()
    }
}
