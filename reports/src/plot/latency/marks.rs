//! The median, the 99th percentile and the longest latency, written below the curve where they lie.

use sim_core::statistics::Percentiles;

use super::{Latencies, Panel};
use crate::format::short_time;
use crate::plot::canvas::{Anchor, Canvas, Path};
use crate::plot::length::{Area, Px};
use crate::plot::palette::Style;
use crate::plot::text::Font;

const NAMES: [&str; 3] = ["p50", "p99", "max"];
const FONT: Font = Font::Small;
/// Room for the lines from a mark to its label.
const LEADERS: Px = Px::new(10);
/// Between two labels.
const SPACE: Px = Px::new(12);
const HALF: Px = Px::new(3);
/// How far inside of its label a line ends at least.
const INSIDE: Px = Px::new(6);

/// The median, the 99th percentile and the maximum, in nanoseconds.
pub(super) fn values(percentiles: &Percentiles) -> [u64; 3] {
    [percentiles.percentile(50), percentiles.percentile(99), percentiles.max()]
}

/// What is written at one place.
struct Label {
    at: u64,
    text: String,
    left: Px,
}

impl Label {
    fn width(&self) -> Px {
        FONT.width(&self.text)
    }
}

/// Draws the marks on the axis and writes their values below; gives back where they end.
pub(super) fn draw(canvas: &mut Canvas, panel: &Panel<'_>, arm: &Latencies<'_>) -> Px {
    let Area { bottom, left, .. } = panel.area;
    let base = bottom + LEADERS + FONT.ascent() + Px::new(2);
    if arm.samples.is_empty() {
        canvas.text(Style::Muted, FONT, Anchor::Start, (left, base), "no request completed");
        return base + FONT.descent();
    }
    for label in spread(labels(panel, values(&arm.percentiles)), panel.area) {
        let x = panel.axis.place(label.at);
        let triangle =
            Path::from(x, bottom - HALF * 2).line_to(x + HALF, bottom).line_to(x - HALF, bottom).close();
        let foot = x.max(label.left + INSIDE).min(label.left + label.width() - INSIDE);
        canvas.group(&label.text, |canvas| {
            canvas.path(Style::CurveMark, triangle);
            canvas.path(Style::Line, Path::from(x, bottom + Px::new(1)).line_to(foot, bottom + LEADERS));
            canvas.text(Style::Text, FONT, Anchor::Start, (label.left, base), &label.text);
        });
    }
    base + FONT.descent()
}

/// What is the same is said once: `p99, max 24.9 ms`.
fn labels(panel: &Panel<'_>, values: [u64; 3]) -> Vec<Label> {
    let named: Vec<(&str, u64)> = NAMES.into_iter().zip(values).collect();
    let groups = named.chunk_by(|one, next| one.1 == next.1);
    groups
        .map(|group| {
            let names = group.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
            let at = group[0].1;
            let text = format!("{names} {}", short_time(at));
            let left = panel.axis.place(at) - FONT.width(&text) / 2;
            Label { at, text, left }
        })
        .collect()
}

/// Moves labels to the right until none touches another, then to the left until all are inside.
fn spread(mut labels: Vec<Label>, area: Area) -> Vec<Label> {
    let mut free = area.left;
    for label in &mut labels {
        label.left = label.left.max(free);
        free = label.left + label.width() + SPACE;
    }
    let mut end = area.right;
    for label in labels.iter_mut().rev() {
        label.left = label.left.min(end - label.width());
        end = label.left - SPACE;
    }
    labels
}

/// A mark, for the legend.
pub(super) fn sample(canvas: &mut Canvas, area: Area) {
    let (x, y) = (area.middle(), area.bottom - Px::new(3));
    canvas.path(
        Style::CurveMark,
        Path::from(x, y - HALF * 2).line_to(x + HALF, y).line_to(x - HALF, y).close(),
    );
}
