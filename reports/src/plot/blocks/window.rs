//! Windows of readahead: a bracket where one was decided, over the blocks that were read for it, and
//! a faint band behind it until the last of them had come. A tick on the bracket is the page with the
//! mark, which starts the next window when it is reached.

use super::panel::Panel;
use crate::plot::canvas::{Anchor, Canvas, Path};
use crate::plot::io::Window;
use crate::plot::length::{Area, Px};
use crate::plot::obstacles::Obstacles;
use crate::plot::palette::Style;
use crate::plot::text::Font;
use crate::plot::words;

/// How far a bracket stands before its band, and how far a tick stands out.
const BRACKET: Px = Px::new(3);
const TICK: Px = Px::new(4);
/// What is not nothing is seen.
const SHORTEST: Px = Px::new(3);
/// Between a label and the edges of its band, beside it and above.
const BESIDE: Px = Px::new(8);
const NEAR: Px = Px::new(6);

/// A window, laid out.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    /// From the top to the bottom; none if nothing was read.
    bands: Vec<Area>,
    tick: Option<Px>,
}

impl Placed {
    pub(super) fn of(window: &Window, panel: Panel) -> Placed {
        let left = panel.time.place(window.decided_ns);
        let right = panel.time.place(window.read_ns).max(left + SHORTEST);
        let mut bands: Vec<Area> = window
            .runs
            .iter()
            .map(|run| {
                let bottom = panel.blocks.place(run.first_block_on_disk);
                let end = panel.blocks.place(run.first_block_on_disk.saturating_add(run.blocks.max(1)));
                Area { left, right, top: end.min(bottom - SHORTEST), bottom }
            })
            .collect();
        bands.sort_unstable_by_key(|band| (band.top, band.bottom));
        bands.dedup_by(|next, before| {
            let touches = next.top <= before.bottom;
            before.bottom = if touches { before.bottom.max(next.bottom) } else { before.bottom };
            touches
        });
        let tick = window.mark_on_disk.filter(|_| !bands.is_empty()).map(|block| panel.blocks.place(block));
        Placed { bands, tick }
    }

    /// Draws it, below everything else, the grid included.
    pub(super) fn draw(&self, canvas: &mut Canvas, window: &Window) {
        if self.bands.is_empty() {
            return;
        }
        canvas.group(&words::window_tooltip(window), |canvas| {
            for band in &self.bands {
                canvas.rect(Style::Window, *band, Px::ZERO);
            }
            self.draw_bracket(canvas);
        });
    }

    fn draw_bracket(&self, canvas: &mut Canvas) {
        let (Some(first), Some(last)) = (self.bands.first(), self.bands.last()) else { return };
        let x = first.left - BRACKET;
        let mut bracket = Path::from(x, first.top).line_to(x, last.bottom);
        for y in self.bands.iter().flat_map(|band| [band.top, band.bottom]) {
            bracket = bracket.move_to(x, y).line_to(first.left, y);
        }
        canvas.path(Style::WindowEdge, bracket);
        if let Some(y) = self.tick {
            canvas.path(Style::WindowMark, Path::from(x - TICK, y).line_to(x, y));
        }
    }

    /// What bracket and tick cover.
    pub(super) fn obstacles(&self) -> impl Iterator<Item = Area> {
        let ends = self.bands.first().zip(self.bands.last());
        let bracket = ends.map(|(first, last)| Area {
            left: first.left - BRACKET,
            right: first.left,
            top: first.top,
            bottom: last.bottom,
        });
        let tick = bracket.zip(self.tick).map(|(bracket, y)| Area {
            left: bracket.left - TICK,
            right: bracket.left,
            top: y - Px::new(1),
            bottom: y + Px::new(1),
        });
        bracket.into_iter().chain(tick)
    }

    /// Writes its blocks and its rule, where there is room.
    pub(super) fn label(&self, canvas: &mut Canvas, window: &Window, obstacles: &mut Obstacles) {
        let Some(band) = self.bands.iter().max_by_key(|band| band.height()) else { return };
        let rule = words::rule(window.rule);
        let wordings = [format!("window {}, {rule}", words::short(&window.label)), rule.to_owned()];
        let (ascent, descent) = (Font::Small.ascent(), Font::Small.descent());
        let (left, right) = (band.left + BESIDE, band.right - BESIDE);
        let corners = [
            (Anchor::Start, left, band.top + NEAR + ascent),
            (Anchor::Start, left, band.bottom - NEAR - descent),
            (Anchor::End, right, band.top + NEAR + ascent),
            (Anchor::Start, left, band.top - NEAR - descent),
            (Anchor::Start, left, band.bottom + NEAR + ascent),
        ];
        obstacles.label(canvas, Style::Muted, &wordings, &corners);
    }
}

/// A window, for the legend.
pub(super) fn sample(canvas: &mut Canvas, area: Area) {
    let band = Area { left: area.left + BRACKET, ..area };
    let placed = Placed { bands: vec![band], tick: None };
    canvas.rect(Style::Window, band, Px::ZERO);
    placed.draw_bracket(canvas);
}

/// A mark, for the legend.
pub(super) fn sample_of_mark(canvas: &mut Canvas, area: Area) {
    let (x, y) = (area.middle(), (area.top + area.bottom) / 2);
    canvas.path(Style::WindowEdge, Path::from(x, area.top).line_to(x, area.bottom));
    canvas.path(Style::WindowMark, Path::from(x - TICK, y).line_to(x, y));
}
