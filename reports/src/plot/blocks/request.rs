//! One request: the bar of its waits, and the band of its blocks.

use super::panel::Panel;
use super::phase::{Phase, spans};
use crate::plot::canvas::{Anchor, Canvas, Path};
use crate::plot::io::{Io, Kind};
use crate::plot::length::{Area, Px};
use crate::plot::obstacles::Obstacles;
use crate::plot::palette::Style;
use crate::plot::text::Font;
use crate::plot::words;

/// The height of a bar, and of that of a queue.
const BAR: Px = Px::new(8);
const QUEUE: Px = Px::new(4);
/// The gap before a request.
const GAP: Px = Px::from_sixteenths(20);
/// The thickness of a band, and its least width.
const BAND: Px = Px::new(6);
const SHORTEST: Px = Px::new(3);

/// A part of a band: blocks of one kind.
#[derive(Clone, Debug)]
struct Band {
    style: Style,
    from: (Px, Px),
    to: (Px, Px),
}

/// A request, laid out.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    bars: Vec<(Phase, Area)>,
    bands: Vec<Band>,
}

impl Placed {
    pub(super) fn of(io: &Io, panel: Panel) -> Placed {
        let bottom = panel.area.bottom - BAR;
        let first = io.pieces.first().map_or(bottom, |piece| panel.blocks.place(piece.first_block_on_disk));
        let end = io.pieces.last().map_or(bottom, |piece| {
            panel.blocks.place(piece.first_block_on_disk.saturating_add(piece.blocks.max(1)))
        });
        let mut placed = Placed { bars: Vec::new(), bands: Vec::new() };
        for (phase, start_ns, end_ns) in spans(io) {
            let (left, right) = (panel.time.place(start_ns), panel.time.place(end_ns));
            if phase == Phase::Transfer {
                placed.bands = bands(io, panel, left, right, bottom);
            } else if start_ns < end_ns {
                let y = if phase == Phase::Bus { end } else { first };
                let half = if phase == Phase::Queue { QUEUE } else { BAR } / 2;
                // Requests one behind the other are told apart by a gap.
                let gap = if start_ns == io.start_ns && right - left > GAP * 3 { GAP } else { Px::ZERO };
                placed.bars.push((phase, Area { left: left + gap, right, top: y - half, bottom: y + half }));
            }
        }
        placed
    }

    /// Draws the time in a queue, over which all others are drawn.
    pub(super) fn draw_queue(&self, canvas: &mut Canvas) {
        self.bars
            .iter()
            .filter(|(phase, _)| *phase == Phase::Queue)
            .for_each(|(phase, area)| phase.draw(canvas, *area));
    }

    /// Draws everything else.
    pub(super) fn draw(&self, canvas: &mut Canvas) {
        self.bars
            .iter()
            .filter(|(phase, _)| *phase != Phase::Queue)
            .for_each(|(phase, area)| phase.draw(canvas, *area));
        for band in &self.bands {
            canvas.path(band.style, band.outline());
        }
    }

    /// What it covers.
    pub(super) fn areas(&self) -> impl Iterator<Item = Area> + '_ {
        let bands = self.bands.iter().flat_map(Band::areas);
        self.bars.iter().map(|(_, area)| *area).chain(bands)
    }
}

/// The blocks of a request, sharing the time of the transfer.
fn bands(io: &Io, panel: Panel, left: Px, right: Px, bottom: Px) -> Vec<Band> {
    // What takes no time is seen all the same.
    let left = left.min(panel.area.right - SHORTEST);
    let left = if right - left < SHORTEST {
        (right - SHORTEST).max(panel.time.place(io.start_ns)).min(left)
    } else {
        left
    };
    let right = right.max(left + SHORTEST);
    if io.pieces.is_empty() {
        return vec![Band { style: Kind::Command.solid_style(), from: (left, bottom), to: (right, bottom) }];
    }
    let blocks = |piece: &crate::plot::io::Piece| u128::from(piece.blocks.max(1));
    let total: u128 = io.pieces.iter().map(blocks).sum();
    let mut before = 0;
    let mut bands = Vec::new();
    for piece in &io.pieces {
        let x = |blocks: u128| {
            let width = u128::try_from((right - left).sixteenths()).unwrap_or(0);
            left + Px::from_sixteenths(i64::try_from(width * blocks / total).unwrap_or(0))
        };
        let start = x(before);
        before += blocks(piece);
        let y = |block| panel.blocks.place(block);
        let (first, end) =
            (piece.first_block_on_disk, piece.first_block_on_disk.saturating_add(piece.blocks.max(1)));
        bands.push(Band {
            style: Kind::from(piece.kind).solid_style(),
            from: (start, y(first)),
            to: (x(before), y(end)),
        });
    }
    bands
}

impl Band {
    fn is_steep(&self) -> bool {
        self.from.1 - self.to.1 > self.to.0 - self.from.0
    }

    /// A parallelogram, level at its ends where it is steep and upright where it is flat.
    fn outline(&self) -> Path {
        let ((x, y), (end_x, end_y)) = (self.from, self.to);
        let half = BAND / 2;
        if self.is_steep() {
            let path = Path::from(x - half, y).line_to(x + half, y);
            path.line_to(end_x + half, end_y).line_to(end_x - half, end_y).close()
        } else {
            let path = Path::from(x, y + half).line_to(end_x, end_y + half);
            path.line_to(end_x, end_y - half).line_to(x, y - half).close()
        }
    }

    /// What it covers.
    fn areas(&self) -> Option<Area> {
        let half = BAND / 2;
        let (more_x, more_y) = if self.is_steep() { (half, Px::ZERO) } else { (Px::ZERO, half) };
        Some(Area {
            left: self.from.0 - more_x,
            right: self.to.0 + more_x,
            top: self.to.1.min(self.from.1) - more_y,
            bottom: self.from.1.max(self.to.1) + more_y,
        })
    }
}

/// Writes at each request which blocks it is and how long it took, where there is room.
pub(super) fn label(canvas: &mut Canvas, placed: &[Placed], ios: &[Io], obstacles: &mut Obstacles) {
    const LONGEST: usize = 24;
    for (placed, io) in placed.iter().zip(ios) {
        let (Some(last), Some(first)) = (placed.areas().last(), placed.areas().next()) else { continue };
        let end =
            placed.bars.last().filter(|(phase, _)| *phase == Phase::Bus).map_or(last, |(_, area)| *area);
        let name = words::grammar(io);
        let mut wordings: Vec<String> = Vec::new();
        if let Some(time) = words::duration(io) {
            wordings.push(format!("{name}: {time}"));
        }
        wordings.push(name);
        wordings.retain(|text| text.chars().count() <= LONGEST);
        let (near, over, under) = (Px::new(6), Px::new(5), Px::new(12));
        let level = (end.top + end.bottom + Font::Small.ascent()) / 2;
        let behind = |shift| (Anchor::Start, end.right + near, level + Px::new(shift));
        let corners = [
            behind(0),
            (Anchor::End, end.right - near, end.top - over),
            (Anchor::End, end.right - near, end.bottom + under),
            behind(-6),
            behind(6),
            (Anchor::Start, first.left + near, first.top - over),
            (Anchor::Start, first.left + near, first.bottom + under),
        ];
        obstacles.label(canvas, Style::Text, &wordings, &corners);
    }
}
