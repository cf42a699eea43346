//! The curve of one arm, and the dots on it.

use super::{Latencies, Panel};
use crate::format::short_time;
use crate::plot::canvas::{Canvas, Path};
use crate::plot::length::{Area, Px};
use crate::plot::palette::Style;

const DOT: Px = Px::new(8);

/// Draws the distribution; `dots`: with a dot a request.
pub(super) fn draw(canvas: &mut Canvas, panel: &Panel<'_>, arm: &Latencies<'_>, dots: bool) {
    if arm.samples.is_empty() {
        return;
    }
    let steps = steps(panel, arm);
    let mut path = Path::from(panel.area.left, panel.area.bottom);
    let mut y = panel.area.bottom;
    for (x, top) in steps {
        path = path.line_to(x, y).line_to(x, top);
        y = top;
    }
    canvas.path(Style::Curve, path.line_to(panel.area.right, y));
    if !dots {
        return;
    }
    let whole = arm.samples.len() as u64;
    for (number, (latency, kind)) in (1_u64..).zip(&arm.samples) {
        let (x, y) = (panel.axis.place(*latency), panel.height(number, whole));
        let half = DOT / 2;
        let area = Area { left: x - half, right: x + half, top: y - half, bottom: y + half };
        let tooltip = format!("{}: {}", kind.meaning(), short_time(*latency));
        canvas.group(&tooltip, |canvas| canvas.rect(kind.solid_style(), area, half));
    }
}

/// Where the curve rises and to what height: no more than once a pixel if there are many requests.
fn steps(panel: &Panel<'_>, arm: &Latencies<'_>) -> Vec<(Px, Px)> {
    let whole = arm.samples.len() as u64;
    let thinned = panel.axis.is_thinned(arm);
    let mut steps: Vec<(Px, Px)> = Vec::new();
    for (number, (latency, _)) in (1_u64..).zip(&arm.samples) {
        let x = panel.axis.place(*latency);
        // A step stands where its last request does: at each, the curve is never too high.
        let x = if thinned {
            Px::new(x.sixteenths().div_euclid(16) + i64::from(x.sixteenths() % 16 > 0))
        } else {
            x
        };
        let y = panel.height(number, whole);
        match steps.last_mut() {
            Some(last) if last.0 == x => last.1 = y,
            _ => steps.push((x, y)),
        }
    }
    steps
}

/// A step, for the legend.
pub(super) fn sample(canvas: &mut Canvas, area: Area) {
    let Area { left, top, right, bottom } = area;
    let path = Path::from(left, bottom - Px::new(2)).line_to(area.middle(), bottom - Px::new(2));
    canvas.path(Style::Curve, path.line_to(area.middle(), top + Px::new(2)).line_to(right, top + Px::new(2)));
}
