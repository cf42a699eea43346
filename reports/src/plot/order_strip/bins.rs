//! The rows of an arm for long runs: a column for several I/Os, its colours the share of their
//! blocks, and below it a bar for the steps backwards.

use super::ROWS;
use super::scale::Scale;
use crate::format::grouped;
use crate::plot::canvas::Canvas;
use crate::plot::frame::Plane;
use crate::plot::io::{Arm, Io, Kind, steps_back};
use crate::plot::labels::{Align, Slot};
use crate::plot::length::{Area, Px};
use crate::plot::palette::Style;
use crate::plot::text::Font;
use crate::plot::words;

const ROW: Px = Px::new(40);
const BETWEEN: Px = Px::new(8);
/// The tallest bar of steps backwards.
const STEPS: Px = Px::new(24);
/// What is not nothing is seen.
const SLIVER: Px = Px::new(3);

/// How columns are made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bins {
    /// How many I/Os a column stands for.
    pub(super) size: usize,
    /// The width of a column.
    pub(super) column: Px,
    /// The most steps backwards in any column of the picture.
    pub(super) most_back: u64,
}

/// The most steps backwards in a column of any arm.
pub(super) fn most_steps_back(arms: &[Arm], scale: Scale) -> u64 {
    let Scale::Bins { size, .. } = scale else { return 0 };
    arms.iter().flat_map(|arm| steps_per_bin(&arm.issue, size)).max().unwrap_or(0)
}

fn steps_per_bin(ios: &[Io], size: usize) -> Vec<u64> {
    let mut steps = vec![0; ios.len().div_ceil(size)];
    for (io, _) in steps_back(ios) {
        steps[io / size] += 1;
    }
    steps
}

/// Draws an arm below `top`; gives back where it ends.
pub(super) fn draw(canvas: &mut Canvas, plane: Plane, top: Px, arm: &Arm, bins: Bins) -> Px {
    row(canvas, plane, top, (ROWS[0], "bios"), &arm.bio, bins);
    row(canvas, plane, top + ROW + BETWEEN, (ROWS[1], "requests"), &arm.issue, bins);
    let mut y = top + ROW + BETWEEN + ROW + Px::new(4);
    if bins.most_back > 0 {
        steps(canvas, plane, y, &arm.issue, bins);
        y = y + STEPS;
    }
    numbers(canvas, plane, y, arm, bins)
}

/// The area of a column.
fn column(plane: Plane, top: Px, bottom: Px, width: Px, index: usize) -> Area {
    let left = plane.left + width * i64::try_from(index).unwrap_or(0);
    Area { left, top, right: left + width - Px::new(1), bottom }
}

fn row(canvas: &mut Canvas, plane: Plane, top: Px, (name, what): (&str, &str), ios: &[Io], bins: Bins) {
    plane.name_row(canvas, Area { left: plane.left, top, right: plane.right, bottom: top + ROW }, name);
    for (index, bin) in ios.chunks(bins.size).enumerate() {
        let blocks = Kind::ALL.map(|kind| blocks(bin, kind));
        let first = index * bins.size;
        let told = Kind::ALL.into_iter().zip(blocks).filter(|(_, blocks)| *blocks > 0);
        let told: Vec<_> =
            told.map(|(kind, blocks)| format!("{}: {}", kind.meaning(), grouped(blocks.into()))).collect();
        let tooltip = format!("{what} {} to {}: {}", first + 1, first + bin.len(), told.join(", "));
        canvas.group(&tooltip, |canvas| {
            share(canvas, column(plane, top, top + ROW, bins.column, index), blocks)
        });
    }
}

/// How many blocks of a kind there are in these I/Os.
fn blocks(ios: &[Io], kind: Kind) -> u64 {
    if kind == Kind::Command {
        return ios.iter().filter(|io| io.pieces.is_empty()).count().try_into().unwrap_or(u64::MAX);
    }
    let pieces = ios.iter().flat_map(|io| &io.pieces).filter(|piece| Kind::from(piece.kind) == kind);
    pieces.fold(0, |sum, piece| sum.saturating_add(piece.blocks.max(1)))
}

/// A column, divided up from the bottom by the share of each kind.
fn share(canvas: &mut Canvas, column: Area, blocks: [u64; 4]) {
    let total: u128 = blocks.iter().copied().map(u128::from).sum();
    let drawn: Vec<_> = Kind::ALL.into_iter().zip(blocks).filter(|(_, blocks)| *blocks > 0).collect();
    let free = column.height() - SLIVER * i64::try_from(drawn.len()).unwrap_or(0);
    let mut bottom = column.bottom;
    for (place, (kind, blocks)) in drawn.iter().enumerate() {
        let height = SLIVER + portion(free, u128::from(*blocks), total);
        let top = if place + 1 == drawn.len() { column.top } else { bottom - height };
        canvas.rect(kind.solid_style(), Area { top, bottom, ..column }, Px::ZERO);
        bottom = top;
    }
}

/// `part` of `whole` of a length.
fn portion(length: Px, part: u128, whole: u128) -> Px {
    let length = u128::try_from(length.sixteenths()).unwrap_or(0);
    Px::from_sixteenths(i64::try_from(length * part / whole.max(1)).unwrap_or(0))
}

fn steps(canvas: &mut Canvas, plane: Plane, top: Px, ios: &[Io], bins: Bins) {
    let steps = steps_per_bin(ios, bins.size);
    let total: u64 = steps.iter().sum();
    let bottom = top + STEPS;
    let area = Area { left: plane.left, top, right: plane.right, bottom };
    plane.name_row(canvas, area, &format!("{} back", grouped(total.into())));
    for (index, steps) in steps.into_iter().enumerate().filter(|(_, steps)| *steps > 0) {
        let height = SLIVER + portion(STEPS - SLIVER, steps.into(), bins.most_back.into());
        let tooltip = words::counted(steps, "step") + " backwards on the disk";
        canvas.group(&tooltip, |canvas| {
            canvas.rect(
                Style::BackwardMark,
                column(plane, bottom - height, bottom, bins.column, index),
                Px::ZERO,
            );
        });
    }
}

/// The number of the first I/O of some columns; gives back where they end.
fn numbers(canvas: &mut Canvas, plane: Plane, top: Px, arm: &Arm, bins: Bins) -> Px {
    let columns = arm.bio.len().max(arm.issue.len()).div_ceil(bins.size);
    let mut slots = Vec::new();
    for index in (0..columns).step_by(10) {
        let Area { left, right, .. } = column(plane, top, top, bins.column, index);
        let number = grouped((index * bins.size + 1) as u128);
        slots.push(Slot { left, right, wordings: vec![format!("I/O {number}"), number] });
    }
    let y = top + Px::new(14);
    plane.line(Align::Along).write(canvas, Style::Muted, y, &slots);
    y + Font::Small.descent()
}

/// A bar, for the legend.
pub(super) fn sample_of_steps(canvas: &mut Canvas, area: Area) {
    let middle = area.middle();
    let bar = Area { left: middle - Px::new(3), right: middle + Px::new(4), ..area };
    canvas.rect(Style::BackwardMark, bar, Px::ZERO);
}
