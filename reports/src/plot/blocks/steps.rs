//! Steps backwards on the disk: an arrow where a request was issued, from the end of the one before
//! it to its own first block.

use super::panel::Panel;
use crate::plot::canvas::{Anchor, Canvas, Path};
use crate::plot::io::{Arm, steps_back};
use crate::plot::length::{Area, Px};
use crate::plot::obstacles::Obstacles;
use crate::plot::palette::Style;
use crate::plot::words;

const HEAD: Px = Px::new(6);
const HALF: Px = Px::new(3);
/// Between arrows at the same time.
const APART: Px = Px::new(8);

/// Draws the arrows, and beside each how far it goes where there is room.
pub(super) fn draw(canvas: &mut Canvas, panel: Panel, arm: &Arm, obstacles: &mut Obstacles) {
    let mut next = panel.area.left + HALF;
    let mut labels = Vec::new();
    for (request, back) in steps_back(&arm.issue) {
        let Some((io, piece)) = arm.issue.get(request).and_then(|io| Some((io, io.pieces.first()?))) else {
            continue;
        };
        // Requests that were issued at once have their arrows side by side.
        let x = panel.time.place(io.start_ns).max(next).min(panel.area.right - HALF);
        next = x + APART;
        let start = piece.first_block_on_disk;
        let (from, to) = (panel.blocks.place(start.saturating_add(back)), panel.blocks.place(start));
        let text = format!("back {}", words::counted(back, "block"));
        canvas.group(&format!("{text} on the disk"), |canvas| arrow(canvas, x, from, to));
        obstacles.take(Area { left: x - HALF, right: x + HALF, top: from, bottom: to });
        labels.push((x, from, to, text));
    }
    for (x, from, to, text) in labels {
        let middle = (from + to) / 2;
        let heights = [0, -12, 12, -24, 24, -36, 36].map(|shift| middle + Px::new(4 + shift));
        let beside = |anchor, x| heights.map(|y| (anchor, x, y));
        let near = HALF + Px::new(4);
        let corners = [beside(Anchor::Start, x + near), beside(Anchor::End, x - near)].concat();
        obstacles.label(canvas, Style::Text, &[text], &corners);
    }
}

/// An arrow downwards, however short.
fn arrow(canvas: &mut Canvas, x: Px, from: Px, to: Px) {
    let neck = (to - HEAD).max(from);
    if from < neck {
        canvas.path(Style::Backward, Path::from(x, from).line_to(x, neck));
    }
    canvas
        .path(Style::BackwardMark, Path::from(x - HALF, neck).line_to(x + HALF, neck).line_to(x, to).close());
}

/// An arrow, for the legend.
pub(super) fn sample(canvas: &mut Canvas, area: Area) {
    arrow(canvas, area.middle(), area.top, area.bottom);
}
