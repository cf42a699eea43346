//! The axes that all arms share, and the panel of one arm.

use crate::format::{TimeScale, grouped, short_time};
use crate::plot::axis::{self, Linear};
use crate::plot::canvas::{Anchor, Canvas, Path};
use crate::plot::frame::Plane;
use crate::plot::io::Arm;
use crate::plot::length::{Area, Px};
use crate::plot::obstacles::Obstacles;
use crate::plot::palette::Style;
use crate::plot::text::Font;

/// What the axes of all panels span.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    pub(super) last_ns: u64,
    pub(super) first_block: u64,
    pub(super) end_block: u64,
    pub(super) height: Px,
    /// From edge to edge, as in all panels.
    pub(super) left: Px,
    pub(super) right: Px,
}

/// Blank between the edges of a panel and its outermost blocks.
pub(super) const PADDING: Px = Px::new(10);
/// Above a panel, for the time at its end.
const CAPTION: Px = Px::new(24);
/// Behind the end of the longest arm, for labels.
const BEHIND_END: Px = Px::new(56);
const BETWEEN_ROWS: Px = Px::new(30);
const BETWEEN_COLUMNS: Px = Px::new(70);

impl Scale {
    /// Spans all requests of all arms; the plane has room for the numbers of the blocks.
    pub(super) fn choose(plane: Plane, arms: &[Arm]) -> (Plane, Scale) {
        let ios = || arms.iter().flat_map(|arm| &arm.issue);
        let pieces = || ios().flat_map(|io| &io.pieces);
        let last_ns = arms.iter().map(Arm::end).max().unwrap_or(0).max(1);
        let first_block = pieces().map(|piece| piece.first_block_on_disk).min().unwrap_or(0);
        let ends = pieces().map(|piece| piece.first_block_on_disk.saturating_add(piece.blocks.max(1)));
        let end_block = ends.max().unwrap_or(1);
        let height = Px::new(match arms.len() {
            0..=2 => 200,
            3..=4 => 140,
            _ => 100,
        });
        let mut scale =
            Scale { last_ns, first_block, end_block, height, left: plane.left, right: plane.right };
        let numbers: Vec<_> = scale
            .blocks(Px::ZERO)
            .ticks(BETWEEN_ROWS)
            .into_iter()
            .map(|block| grouped(block.into()))
            .collect();
        let plane = plane.with_axis(&numbers);
        scale.left = plane.left;
        (plane, scale)
    }

    pub(super) fn time(&self) -> Linear {
        Linear { first: 0, last: self.last_ns, from: self.left, to: self.right - BEHIND_END }
    }

    /// Blocks from the bottom to the top of a panel that begins at `top`.
    fn blocks(&self, top: Px) -> Linear {
        let (from, to) = (top + self.height - PADDING, top + PADDING);
        Linear { first: self.first_block, last: self.end_block, from, to }
    }
}

/// The panel of one arm.
#[derive(Clone, Copy, Debug)]
pub(super) struct Panel {
    pub(super) area: Area,
    pub(super) time: Linear,
    pub(super) blocks: Linear,
}

impl Panel {
    pub(super) fn below(y: Px, plane: Plane, scale: &Scale) -> Panel {
        let top = y + CAPTION;
        let area = Area { left: plane.left, right: plane.right, top, bottom: top + scale.height };
        Panel { area, time: scale.time(), blocks: scale.blocks(top) }
    }

    fn rows(self) -> Vec<(u64, Px)> {
        self.blocks.ticks(BETWEEN_ROWS).into_iter().map(|block| (block, self.blocks.place(block))).collect()
    }

    pub(super) fn draw_grid(self, canvas: &mut Canvas) {
        let Area { left, right, top, bottom } = self.area;
        let line = |y| Path::from(left, y).line_to(right, y);
        for (block, y) in self.rows() {
            canvas.path(Style::Grid, line(y));
            let at = (left - Px::new(10), y + Px::new(4));
            canvas.text(Style::Muted, Font::Small, Anchor::End, at, &grouped(block.into()));
        }
        canvas.path(Style::Faint, line(bottom));
        canvas.text(Style::Muted, Font::Small, Anchor::End, (left - Px::new(10), top - Px::new(5)), "block");
    }

    /// Nothing but the lines of the grid.
    pub(super) fn obstacles(self) -> Obstacles {
        let mut obstacles = Obstacles::inside(self.area);
        let line = |y| Area {
            left: self.area.left,
            right: self.area.right,
            top: y,
            bottom: y + Px::from_sixteenths(1),
        };
        self.rows().into_iter().for_each(|(_, y)| obstacles.take(line(y)));
        obstacles
    }

    /// A dashed line where the arm ended, with the time above it.
    pub(super) fn draw_end(self, canvas: &mut Canvas, arm: &Arm, obstacles: &mut Obstacles) {
        let x = self.time.place(arm.end());
        let mut dashes = Path::default();
        let mut y = self.area.top;
        while y < self.area.bottom {
            dashes = dashes.move_to(x, y).line_to(x, (y + Px::new(3)).min(self.area.bottom));
            y = y + Px::new(6);
        }
        canvas.path(Style::Line, dashes);
        obstacles.take(Area { left: x, right: x, ..self.area });
        self.draw_caption(canvas, arm);
    }

    /// When the arm ended, above the panel.
    pub(super) fn draw_caption(self, canvas: &mut Canvas, arm: &Arm) {
        let text = short_time(arm.end());
        let half = Font::Name.width(&text) / 2 + Px::from_sixteenths(1);
        let middle = self.time.place(arm.end()).min(self.area.right - half).max(self.area.left + half);
        canvas.text(Style::Text, Font::Name, Anchor::Middle, (middle, self.area.top - Px::new(5)), &text);
    }
}

/// The ticks of the time below the last panel; gives back where they end.
pub(super) fn draw_time_axis(canvas: &mut Canvas, plane: Plane, scale: &Scale, top: Px) -> Px {
    let unit = TimeScale::for_largest(scale.last_ns.into());
    let axis = scale.time();
    for (tick, text) in axis::with_room(BETWEEN_COLUMNS, |apart| axis.ticks(apart), |tick| unit.exact(tick)) {
        let x = axis.place(tick);
        canvas.path(Style::Line, Path::from(x, top).line_to(x, top + Px::new(4)));
        canvas.text(Style::Muted, Font::Small, Anchor::Middle, (x, top + Px::new(17)), &text);
    }
    let text = format!("time since recording started, {}", unit.unit);
    let at = ((plane.left + plane.right) / 2, top + Px::new(34));
    canvas.text(Style::Muted, Font::Subtitle, Anchor::Middle, at, &text);
    top + Px::new(38)
}
