//! How long requests took: the share of them that took at most so long, the arms of a comparison one
//! below the other, on the same axes.
//!
//! The curve is the empirical distribution itself, a step a request, and not a histogram: nothing
//! depends on where bins begin, and the percentiles lie on it. Few requests have a dot each, in the
//! colour of their first blocks; of many, the curve is drawn in steps of a pixel. Latencies are from
//! issue to completion; what has not completed is left out.

mod curve;
mod marks;

use sim_core::statistics::Percentiles;

use super::axis::{self, Linear, Logarithmic};
use super::canvas::{Anchor, Canvas, Path, Picture};
use super::frame::{self, Entry, Plane};
use super::io::{Arm, Io, Kind, Subject};
use super::length::{Area, Px};
use super::palette::Style;
use super::text::Font;
use super::words;
use crate::format::{TimeScale, grouped, short_time};

/// Up to so many requests of any arm have a dot each.
const MOST_DOTS: usize = 40;
/// More than so many times the smallest median, the largest latency lies on a logarithmic axis.
const WIDEST_LINEAR: u64 = 20;
const BETWEEN_TICKS: Px = Px::new(70);

/// A request that completed: its latency in nanoseconds, and what its first blocks hold.
type Sample = (u64, Kind);

/// One arm's latencies, in ascending order.
struct Latencies<'a> {
    name: &'a str,
    note: String,
    samples: Vec<Sample>,
    percentiles: Percentiles,
}

/// Draws the picture, 860 px wide; the same subject gives the same picture everywhere.
pub fn draw(subject: &Subject) -> Picture {
    let arms: Vec<Latencies<'_>> = subject.drawn().iter().map(Latencies::of).collect();
    let mut canvas = Canvas::new(frame::WIDTH);
    let plane = Plane::beside_names(&canvas, arms.iter().map(|arm| (arm.name, arm.note.as_str())));
    let axis = Axis::choose(&arms, plane);
    let dots = arms.iter().all(|arm| arm.samples.len() <= MOST_DOTS);

    let reading = subject.with_arms_left_out(reading(&axis, &arms, dots));
    let mut y = frame::header(&mut canvas, &subject.title, &subject.subtitle, &reading);
    for arm in &arms {
        let top = y + Px::new(8);
        let bottom = top + if arms.len() <= 4 { Px::new(110) } else { Px::new(80) };
        let panel = Panel { area: Area { left: plane.left, right: plane.right, top, bottom }, axis: &axis };
        panel.draw_grid(&mut canvas, plane);
        curve::draw(&mut canvas, &panel, arm, dots);
        let below = marks::draw(&mut canvas, &panel, arm);
        y = below.max(plane.name_arm(&mut canvas, top - Px::new(8), arm.name, &arm.note)) + Px::new(6);
    }
    y = axis.draw(&mut canvas, plane, y);
    y = frame::legend(&mut canvas, y + Px::new(14), plane.left, &legend(&arms, dots));
    canvas.finish(y + Px::new(8), &subject.title, &description(&arms))
}

fn reading(axis: &Axis, arms: &[Latencies<'_>], dots: bool) -> String {
    let mut reading = String::from("share of requests that took at most so long");
    if dots {
        reading += ", a dot a request";
    } else if arms.iter().all(|arm| !axis.is_thinned(arm)) {
        reading += ", a step a request";
    } else if let Scale::Linear(Linear { last, .. }) = axis.scale {
        reading += &format!(", drawn in steps of {}", short_time(last / axis.pixels().max(1)));
    } else {
        reading += &format!(", drawn in {} steps", grouped(axis.pixels().into()));
    }
    if matches!(axis.scale, Scale::Logarithmic(_)) {
        reading += "; logarithmic";
    }
    reading
}

impl<'a> Latencies<'a> {
    fn of(arm: &'a Arm) -> Latencies<'a> {
        let latency = |io: &Io| io.end_ns.checked_sub(io.start_ns).filter(|time| *time > 0);
        let kind = |io: &Io| io.pieces.first().map_or(Kind::Command, |piece| piece.kind.into());
        let mut samples: Vec<Sample> =
            arm.issue.iter().filter_map(|io| Some((latency(io)?, kind(io)))).collect();
        samples.sort_unstable();
        let mut percentiles = Percentiles::new();
        samples.iter().for_each(|(latency, _)| percentiles.record(*latency));
        let note = words::counted(samples.len() as u64, "request");
        Latencies { name: &arm.name, note, samples, percentiles }
    }
}

/// The axis of latencies, shared by all arms.
struct Axis {
    scale: Scale,
}

#[derive(Clone, Copy)]
enum Scale {
    Linear(Linear),
    Logarithmic(Logarithmic),
}

impl Axis {
    /// From zero to the largest latency of all arms, or by powers of ten where a few requests took
    /// many times as long as half of them.
    fn choose(arms: &[Latencies<'_>], plane: Plane) -> Axis {
        let all = || arms.iter().flat_map(|arm| &arm.samples).map(|(latency, _)| *latency);
        let (lowest, highest) = (all().min().unwrap_or(1).max(1), all().max().unwrap_or(1).max(1));
        // The curve goes on behind the last request.
        let (from, to) = (plane.left, plane.right - Px::new(40));
        let medians = arms.iter().map(|arm| arm.percentiles.percentile(50)).filter(|median| *median > 0);
        let scale = if highest / medians.min().unwrap_or(highest) > WIDEST_LINEAR {
            Scale::Logarithmic(Logarithmic::new(lowest, highest, from, to))
        } else {
            Scale::Linear(Linear { first: 0, last: highest, from, to })
        };
        Axis { scale }
    }

    fn place(&self, latency: u64) -> Px {
        match self.scale {
            Scale::Linear(axis) => axis.place(latency),
            Scale::Logarithmic(axis) => axis.place(latency),
        }
    }

    /// Its length in whole pixels.
    fn pixels(&self) -> u64 {
        let length = self.place(u64::MAX) - self.place(0);
        length.sixteenths().unsigned_abs() / 16
    }

    /// Whether an arm has more requests than the curve has pixels.
    fn is_thinned(&self, arm: &Latencies<'_>) -> bool {
        arm.samples.len() as u64 > self.pixels()
    }

    /// The ticks below the last panel; gives back where they end.
    fn draw(&self, canvas: &mut Canvas, plane: Plane, top: Px) -> Px {
        canvas.path(Style::Faint, Path::from(plane.left, top).line_to(plane.right, top));
        let unit = match self.scale {
            Scale::Linear(axis) => Some(TimeScale::for_largest(axis.last.into())),
            Scale::Logarithmic(_) => None,
        };
        let text = |tick| unit.map_or_else(|| TimeScale::exact_with_unit(tick), |unit| unit.exact(tick));
        let ticks = |apart| match self.scale {
            Scale::Linear(axis) => axis.ticks(apart),
            Scale::Logarithmic(axis) => axis.ticks(apart),
        };
        for (tick, text) in axis::with_room(BETWEEN_TICKS, ticks, text) {
            let x = self.place(tick);
            canvas.path(Style::Line, Path::from(x, top).line_to(x, top + Px::new(4)));
            canvas.text(Style::Muted, Font::Small, Anchor::Middle, (x, top + Px::new(17)), &text);
        }
        let text = unit.map_or_else(|| "latency".into(), |unit| format!("latency, {}", unit.unit));
        let at = ((plane.left + plane.right) / 2, top + Px::new(34));
        canvas.text(Style::Muted, Font::Subtitle, Anchor::Middle, at, &text);
        top + Px::new(38)
    }
}

/// The panel of one arm.
struct Panel<'a> {
    area: Area,
    axis: &'a Axis,
}

impl Panel<'_> {
    /// How high `part` of `whole` lies.
    fn height(&self, part: u64, whole: u64) -> Px {
        let height = i128::from(self.area.height().sixteenths());
        let share = height * i128::from(part) / i128::from(whole.max(1));
        self.area.bottom - Px::from_sixteenths(i64::try_from(share).unwrap_or(0))
    }

    fn draw_grid(&self, canvas: &mut Canvas, plane: Plane) {
        for percent in [0, 50, 100] {
            let y = self.height(percent, 100);
            let style = if percent == 0 { Style::Faint } else { Style::Grid };
            canvas.path(style, Path::from(plane.left, y).line_to(plane.right, y));
            let at = (plane.left - Px::new(10), y + Px::new(4));
            canvas.text(Style::Muted, Font::Small, Anchor::End, at, &format!("{percent} %"));
        }
    }
}

/// One entry for each series that is drawn.
fn legend(arms: &[Latencies<'_>], dots: bool) -> Vec<Entry> {
    let samples = || arms.iter().flat_map(|arm| &arm.samples);
    let mut entries = Vec::new();
    if samples().next().is_some() {
        entries.push(Entry { sample: curve::sample, meaning: "share of requests".into() });
        entries.push(Entry { sample: marks::sample, meaning: "p50: half of them, p99: 99 of 100".into() });
    }
    let kinds = Kind::ALL.into_iter().filter(|kind| dots && samples().any(|(_, drawn)| drawn == kind));
    entries.extend(kinds.map(|kind| {
        let meaning = if kind == Kind::Command {
            kind.meaning().into()
        } else {
            format!("begins with: {}", kind.meaning())
        };
        Entry { sample: kind.sample(true), meaning }
    }));
    entries
}

/// The picture in words.
fn description(arms: &[Latencies<'_>]) -> String {
    let arm = |arm: &Latencies<'_>| {
        let name = words::short(arm.name);
        if arm.samples.is_empty() {
            return format!("{name}: no request completed.");
        }
        let [p50, p99, max] = marks::values(&arm.percentiles).map(short_time);
        format!("{name}: {}, p50 {p50}, p99 {p99}, max {max}.", arm.note)
    };
    arms.iter().map(arm).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
