//! The two rows of an arm, run by run: bios above, requests below, lines from one to the other,
//! arrows for steps backwards, and a bracket with its time for each request.

use super::ROWS;
use super::run::{Run, runs};
use super::scale::Scale;
use crate::format::grouped;
use crate::plot::canvas::{Anchor, Canvas, Path};
use crate::plot::frame::Plane;
use crate::plot::io::{Arm, Io, Kind, steps_back};
use crate::plot::labels::{Align, Slot};
use crate::plot::length::{Area, Px};
use crate::plot::palette::Style;
use crate::plot::text::Font;
use crate::plot::words;

/// The height of a row.
pub(super) const ROW: Px = Px::new(30);
/// Room for the lines between the rows.
const LINKS: Px = Px::new(26);
/// Room for the arrows below the requests.
const ARROWS: Px = Px::new(18);
const BRACKET: Px = Px::new(5);

/// A run and where it is drawn.
pub(super) struct Placed {
    pub(super) run: Run,
    pub(super) area: Area,
}

/// Draws an arm below `top`; gives back where it ends.
pub(super) fn draw(canvas: &mut Canvas, plane: Plane, top: Px, arm: &Arm, scale: Scale) -> Px {
    let bios = place(runs(&arm.bio), plane.left, top, scale);
    let requests = place(runs(&arm.issue), plane.left, top + ROW + LINKS, scale);
    links(canvas, &bios, &requests);
    row(canvas, plane, top, (ROWS[0], "bio"), &arm.bio, &bios, scale);
    row(canvas, plane, top + ROW + LINKS, (ROWS[1], "request"), &arm.issue, &requests, scale);
    let mut y = top + ROW + LINKS + ROW;
    let spans = spans(&requests, arm.issue.len());
    if arrows(canvas, plane, y, arm, &spans) {
        y = y + ARROWS;
    }
    brackets(canvas, plane, y + Px::new(4), arm, &spans)
}

/// Lays runs side by side. Between I/Os the gap is wider than inside one.
pub(super) fn place(runs: Vec<Run>, left: Px, top: Px, scale: Scale) -> Vec<Placed> {
    let gap = |edge: bool| if edge { Px::new(2) } else { Px::from_sixteenths(8) };
    let mut x = left;
    runs.into_iter()
        .map(|run| {
            let end = x + scale.width(&run);
            let area = Area { left: x + gap(run.begins), top, right: end - gap(run.ends), bottom: top + ROW };
            x = end;
            Placed { run, area }
        })
        .collect()
}

fn row(
    canvas: &mut Canvas,
    plane: Plane,
    top: Px,
    (name, what): (&str, &str),
    ios: &[Io],
    placed: &[Placed],
    scale: Scale,
) {
    let area = Area { left: plane.left, top, right: plane.right, bottom: top + ROW };
    plane.name_row(canvas, area, name);
    if placed.is_empty() {
        let y = top + (ROW + Font::Small.ascent()) / 2;
        canvas.text(Style::Muted, Font::Small, Anchor::Start, (plane.left + Px::new(2), y), "nothing");
    }
    for io in placed.chunk_by(|one, next| one.run.io == next.run.io) {
        let number = io[0].run.io;
        let tooltip = ios.get(number).map(|io| words::tooltip(what, number, io)).unwrap_or_default();
        canvas.group(&tooltip, |canvas| {
            io.iter().for_each(|Placed { run, area }| draw_run(canvas, run, *area, scale))
        });
    }
}

/// A run, with ticks between its blocks where each has a cell, and its label if that fits.
pub(super) fn draw_run(canvas: &mut Canvas, run: &Run, area: Area, scale: Scale) {
    canvas.rect(run.kind.style(), area, Px::new(3));
    if let (Scale::Cells { cell }, Kind::Data) = (scale, run.kind) {
        let tick = Px::new(4);
        let blocks = i64::try_from(run.blocks).unwrap_or(0);
        let start = area.right - cell * blocks;
        for block in 1..blocks {
            let x = start + (area.left - start) / 2 + cell * block;
            for (from, to) in [(area.top, area.top + tick), (area.bottom - tick, area.bottom)] {
                canvas.path(Style::TickData, Path::from(x, from).line_to(x, to));
            }
        }
    }
    let font = run.kind.font();
    let label = font.elide(&run.text(), area.width() - Px::new(4));
    if !label.is_empty() {
        let at = (area.middle(), area.top + (ROW + font.ascent()) / 2 - Px::new(1));
        canvas.text(run.kind.text_style(), font, Anchor::Middle, at, &label);
    }
}

/// A line from each bio's run to the request's that took it along.
fn links(canvas: &mut Canvas, bios: &[Placed], requests: &[Placed]) {
    let mut taken = vec![0_u32; bios.len()];
    for Placed { run, area } in requests {
        let shared = |bio: &Run| bio.kind == run.kind && bio.first < run.end() && run.first < bio.end();
        // A block that was read twice: its first bio belongs to its first request.
        let bio = (0..bios.len()).filter(|bio| shared(&bios[*bio].run)).min_by_key(|bio| taken[*bio]);
        let Some(bio) = bio else { continue };
        taken[bio] += 1;
        let (from, to) = (bios[bio].area, *area);
        let middle = (from.bottom + to.top) / 2;
        let path = Path::from(from.middle(), from.bottom).curve_to(
            (from.middle(), middle),
            (to.middle(), middle),
            (to.middle(), to.top),
        );
        canvas.path(run.kind.link_style(), path);
    }
}

/// The left and right edge of each request.
fn spans(placed: &[Placed], ios: usize) -> Vec<(Px, Px)> {
    let mut spans: Vec<Option<(Px, Px)>> = vec![None; ios];
    for Placed { run, area } in placed {
        let left = spans[run.io].map_or(area.left, |(left, _)| left);
        spans[run.io] = Some((left, area.right));
    }
    spans.into_iter().flatten().collect()
}

/// An arrow for each step backwards; whether there was one.
fn arrows(canvas: &mut Canvas, plane: Plane, top: Px, arm: &Arm, spans: &[(Px, Px)]) -> bool {
    let reach = Px::new(10);
    let mut slots = Vec::new();
    for (request, back) in steps_back(&arm.issue) {
        // Each request keeps its left half for the arrow that ends there, its right half for the next.
        let (before, own) = (spans[request - 1], spans[request]);
        let from = (before.1 - reach).max((before.0 + before.1) / 2 + Px::new(1));
        let to = (own.0 + reach).min((own.0 + own.1) / 2 - Px::new(1));
        let blocks = words::counted(back, "block");
        let wordings =
            vec![format!("back {blocks} on the disk"), format!("back {blocks}"), grouped(back.into())];
        canvas.group(&wordings[0], |canvas| arrow(canvas, from, to, top + Px::new(2)));
        slots.push(Slot { left: from, right: to + Px::new(3), wordings });
    }
    plane.line(Align::Beside).write(canvas, Style::Text, top + Px::new(14), &slots);
    !slots.is_empty()
}

fn arrow(canvas: &mut Canvas, from: Px, to: Px, top: Px) {
    let depth = top + Px::new(14);
    let (head, half) = (Px::new(5), Px::new(3));
    canvas
        .path(Style::Backward, Path::from(from, top).curve_to((from, depth), (to, depth), (to, top + head)));
    let triangle = Path::from(to - half, top + head).line_to(to + half, top + head).line_to(to, top).close();
    canvas.path(Style::BackwardMark, triangle);
}

/// A bracket below each request, with what is to be said about it; gives back where they end.
fn brackets(canvas: &mut Canvas, plane: Plane, top: Px, arm: &Arm, spans: &[(Px, Px)]) -> Px {
    let mut slots = Vec::new();
    for (number, (io, (left, right))) in arm.issue.iter().zip(spans).enumerate() {
        bracket(canvas, Area { left: *left, top, right: *right, bottom: top + BRACKET });
        slots.push(Slot { left: *left, right: *right, wordings: wordings(number + 1, io) });
    }
    let slots = thinned(plane, slots);
    let y = top + BRACKET + Px::new(14);
    plane.line(Align::Along).write(canvas, Style::Muted, y, &slots);
    y + Font::Small.descent()
}

/// Where many requests are too narrow for their numbers, every second, fifth or tenth has one, and
/// nothing more is said.
fn thinned(plane: Plane, slots: Vec<Slot>) -> Vec<Slot> {
    const FEW: usize = 16;
    let all_fit = |slots: &Vec<Slot>| {
        let placed = plane.line(Align::Along).place(slots);
        slots.iter().zip(placed).all(|(slot, label)| slot.wordings.is_empty() || label.is_some())
    };
    let every = |step: usize| -> Vec<Slot> {
        let mut kept = slots.clone();
        for (number, slot) in (1_usize..).zip(&mut kept) {
            let fuller = if number.is_multiple_of(step) {
                slot.wordings.len().saturating_sub(1)
            } else {
                slot.wordings.len()
            };
            slot.wordings.drain(..fuller);
        }
        kept
    };
    if slots.len() <= FEW || all_fit(&slots) {
        return slots;
    }
    [2, 5].into_iter().map(every).find(all_fit).unwrap_or_else(|| every(10))
}

fn bracket(canvas: &mut Canvas, area: Area) {
    let Area { left, top, right, bottom } = area;
    canvas.path(
        Style::Line,
        Path::from(left, top).line_to(left, bottom).line_to(right, bottom).line_to(right, top),
    );
}

/// What may be said about a request, from the fullest to the shortest.
fn wordings(number: usize, io: &Io) -> Vec<String> {
    let mut wordings = Vec::new();
    let time = words::duration(io);
    let timed = |text: String| time.as_ref().map_or(text.clone(), |time| format!("{text}: {time}"));
    if io.pieces.len() > 1 {
        wordings.push(timed(format!("request {number}, {} together", words::grammar(io))));
    }
    wordings.push(timed(format!("request {number}")));
    wordings.push(timed(number.to_string()));
    wordings.push(number.to_string());
    wordings
}

/// A bracket, for the legend.
pub(super) fn sample_of_request(canvas: &mut Canvas, area: Area) {
    bracket(canvas, Area { top: area.top + Px::new(3), bottom: area.top + Px::new(3) + BRACKET, ..area });
}

/// An arrow, for the legend.
pub(super) fn sample_of_step(canvas: &mut Canvas, area: Area) {
    arrow(canvas, area.left + Px::new(1), area.right - Px::new(3), area.top);
}
