//! Rectangles and paths, drawn by plotters.

use plotters::prelude::{BitMapBackend, DrawingBackend};
use plotters::style::{Color, ShapeStyle};

use super::{BitmapError, FINER, SCALE, colour};
use crate::plot::canvas::{Mark, Path, Step};
use crate::plot::length::{Area, Px};
use crate::plot::palette::{Paint, Rgb};

type Point = (i32, i32);

/// Draws the shapes among `marks`.
pub(super) fn draw(backend: &mut BitMapBackend<'_>, marks: &[Mark]) -> Result<(), BitmapError> {
    for mark in marks {
        match mark {
            Mark::Rect { style, area, radius } => rect(backend, style.paint(), *area, *radius)?,
            Mark::Path { style, path } => self::path(backend, style.paint(), path)?,
            Mark::Text { .. } => {}
            Mark::Group { marks, .. } => draw(backend, marks)?,
        }
    }
    Ok(())
}

/// The nearest point.
fn points(length: Px) -> i32 {
    let sixteenths = length.sixteenths().saturating_mul(i64::from(SCALE * FINER));
    i32::try_from((sixteenths.saturating_add(8)).div_euclid(16)).unwrap_or(i32::MAX)
}

/// Halves of a pixel in points.
fn stroke_points(halves: u8) -> u16 {
    u16::from(halves) * SCALE * FINER / 2
}

/// Its stroke lies half outside it and half inside, as in SVG.
fn rect(backend: &mut BitMapBackend<'_>, paint: Paint, area: Area, radius: Px) -> Result<(), BitmapError> {
    let Area { left, top, right, bottom } = area;
    let (corners, radius) = ([left, top, right, bottom].map(points), points(radius));
    let half = i32::from(stroke_points(paint.width) / 2);
    if let Some(stroke) = paint.stroke {
        filled(backend, stroke, corners, radius, half)?;
    }
    if let Some(fill) = paint.fill {
        filled(backend, fill, corners, radius, if paint.stroke.is_some() { -half } else { 0 })?;
    }
    Ok(())
}

/// A filled rectangle with round corners, larger by `more` on all sides.
fn filled(
    backend: &mut BitMapBackend<'_>,
    rgb: Rgb,
    [left, top, right, bottom]: [i32; 4],
    radius: i32,
    more: i32,
) -> Result<(), BitmapError> {
    let (left, top, right, bottom) = (left - more, top - more, right + more, bottom + more);
    if left >= right || top >= bottom {
        return Ok(());
    }
    let style = ShapeStyle::from(colour(rgb)).filled();
    let radius =
        if radius == 0 { 0 } else { (radius + more).min((right - left) / 2).min((bottom - top) / 2).max(0) };
    // Row by row at the corners: plotters' polygons are wider by a point than they should be.
    for row in 0..radius {
        let cut = corner(radius, row);
        for y in [top + row, bottom - 1 - row] {
            backend
                .draw_rect((left + cut, y), (right - cut, y + 1), &style, true)
                .map_err(BitmapError::shape)?;
        }
    }
    backend
        .draw_rect((left, top + radius), (right, bottom - radius), &style, true)
        .map_err(BitmapError::shape)
}

/// How much a round corner takes away from a row, counted from the edge.
fn corner(radius: i32, row: i32) -> i32 {
    // Twice the distances, so that the middle of a point is an integer.
    let rise = 2 * (radius - row) - 1;
    let reach = (4 * radius * radius - rise * rise).max(0).isqrt();
    radius - (reach + 1) / 2
}

fn path(backend: &mut BitMapBackend<'_>, paint: Paint, path: &Path) -> Result<(), BitmapError> {
    for outline in outlines(path) {
        if let Some(fill) = paint.fill {
            backend.fill_polygon(outline.clone(), &colour(fill).to_rgba()).map_err(BitmapError::shape)?;
        }
        if let Some(rgb) = paint.stroke {
            stroke(backend, rgb, stroke_points(paint.width), &outline)?;
        }
    }
    Ok(())
}

/// Level and upright lines are exact; slanting ones are plotters'.
fn stroke(
    backend: &mut BitMapBackend<'_>,
    rgb: Rgb,
    width: u16,
    outline: &[Point],
) -> Result<(), BitmapError> {
    let is_upright = outline.windows(2).all(|pair| pair[0].0 == pair[1].0 || pair[0].1 == pair[1].1);
    if !is_upright {
        let style = ShapeStyle {
            color: colour(rgb).to_rgba(),
            filled: false,
            stroke_width: u32::from(width).saturating_sub(1).max(1),
        };
        return backend.draw_path(outline.iter().copied(), &style).map_err(BitmapError::shape);
    }
    let half = i32::from(width / 2);
    let style = ShapeStyle::from(colour(rgb)).filled();
    for pair in outline.windows(2) {
        let ([from, to], level) = ([pair[0].min(pair[1]), pair[0].max(pair[1])], pair[0].1 == pair[1].1);
        // Only where lines meet in a corner do they reach beyond their ends.
        let (along, across) = if outline.len() > 2 { (half, half) } else { (0, half) };
        let (x, y) = if level { (along, across) } else { (across, along) };
        backend
            .draw_rect((from.0 - x, from.1 - y), (to.0 + x, to.1 + y), &style, true)
            .map_err(BitmapError::shape)?;
    }
    Ok(())
}

/// The lines of a path, curves and all; repeated points are left out.
fn outlines(path: &Path) -> Vec<Vec<Point>> {
    let mut outlines: Vec<Vec<Point>> = Vec::new();
    let (mut at, mut start) = ((Px::ZERO, Px::ZERO), (Px::ZERO, Px::ZERO));
    for step in path.steps() {
        let to = |place: (Px, Px)| (points(place.0), points(place.1));
        match step {
            Step::Move(place) => {
                (at, start) = (*place, *place);
                outlines.push(vec![to(at)]);
            }
            Step::Line(place) => {
                at = *place;
                outlines.last_mut().into_iter().for_each(|outline| extend(outline, to(at)));
            }
            Step::Curve([first, second, end]) => {
                let curve = [at, *first, *second, *end];
                for step in 1..=CURVE_STEPS {
                    let place = on_curve(curve, step);
                    outlines.last_mut().into_iter().for_each(|outline| extend(outline, to(place)));
                }
                at = *end;
            }
            Step::Close => {
                at = start;
                outlines.last_mut().into_iter().for_each(|outline| extend(outline, to(at)));
            }
        }
    }
    outlines.retain(|outline| outline.len() > 1);
    outlines
}

fn extend(outline: &mut Vec<Point>, point: Point) {
    if outline.last() != Some(&point) {
        outline.push(point);
    }
}

const CURVE_STEPS: i64 = 16;

/// A point of a cubic curve, after `step` of its steps (Bernstein's polynomials).
fn on_curve(curve: [(Px, Px); 4], step: i64) -> (Px, Px) {
    let rest = CURVE_STEPS - step;
    let weights = [rest * rest * rest, 3 * rest * rest * step, 3 * rest * step * step, step * step * step];
    let sum = |coordinate: fn(&(Px, Px)) -> Px| {
        let sum: Px = curve.iter().zip(weights).map(|(place, weight)| coordinate(place) * weight).sum();
        sum / (CURVE_STEPS * CURVE_STEPS * CURVE_STEPS)
    };
    (sum(|place| place.0), sum(|place| place.1))
}
