//! Text, set glyph by glyph from DejaVu Sans (crates `dejavu` and `ab_glyph`).
//!
//! Glyphs are set without kerning, as the labels' widths are counted. A letter that the font does
//! not have is shown as its empty box.

use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont, point};
use plotters::prelude::{BitMapBackend, DrawingBackend};
use plotters::style::{Color, RGBColor};

use super::{BitmapError, SCALE, colour};
use crate::plot::canvas::{Anchor, Mark};
use crate::plot::length::Px;
use crate::plot::palette::Rgb;
use crate::plot::text::Font;

/// The two faces of the font.
pub(super) struct Faces {
    regular: FontRef<'static>,
    bold: FontRef<'static>,
}

impl Faces {
    pub(super) fn new() -> Result<Faces, BitmapError> {
        Ok(Faces {
            regular: FontRef::try_from_slice(dejavu::sans::regular())?,
            bold: FontRef::try_from_slice(dejavu::sans::bold())?,
        })
    }

    /// Sets the texts among `marks`.
    pub(super) fn set(&self, backend: &mut BitMapBackend<'_>, marks: &[Mark]) -> Result<(), BitmapError> {
        for mark in marks {
            match mark {
                Mark::Text { style, font, anchor, at, text } => {
                    let rgb = style.paint().fill.unwrap_or(Rgb(0));
                    self.line(backend, (*font, colour(rgb)), *anchor, *at, text)?;
                }
                Mark::Group { marks, .. } => self.set(backend, marks)?,
                Mark::Rect { .. } | Mark::Path { .. } => {}
            }
        }
        Ok(())
    }

    fn line(
        &self,
        backend: &mut BitMapBackend<'_>,
        (font, colour): (Font, RGBColor),
        anchor: Anchor,
        (x, y): (Px, Px),
        text: &str,
    ) -> Result<(), BitmapError> {
        let face = if font.is_bold() { &self.bold } else { &self.regular };
        // ab_glyph scales by a font's height, everybody else by its em.
        let height_per_em = face.height_unscaled() / face.units_per_em().unwrap_or(2048.0);
        let scaled = face.as_scaled(PxScale::from(small(font.size()) * f32::from(SCALE) * height_per_em));
        let advances = text.chars().map(|letter| scaled.h_advance(face.glyph_id(letter)));
        let width: f32 = advances.sum();
        let mut caret = points(x)
            - match anchor {
                Anchor::Start => 0.0,
                Anchor::Middle => width / 2.0,
                Anchor::End => width,
            };
        for letter in text.chars() {
            let id = face.glyph_id(letter);
            let glyph = id.with_scale_and_position(scaled.scale(), point(caret, points(y).round()));
            caret += scaled.h_advance(id);
            let Some(outline) = face.outline_glyph(glyph) else { continue };
            let corner = outline.px_bounds().min;
            let mut drawn = Ok(());
            outline.draw(|right, down, coverage| {
                let place = (whole(corner.x, right), whole(corner.y, down));
                let pixel = backend.draw_pixel(place, colour.mix(f64::from(coverage)).to_backend_color());
                drawn = std::mem::replace(&mut drawn, Ok(())).and(pixel);
            });
            drawn.map_err(BitmapError::shape)?;
        }
        Ok(())
    }
}

fn points(length: Px) -> f32 {
    small(length.sixteenths()) * f32::from(SCALE) / 16.0
}

/// Lengths in a picture are far below the numbers that `f32` cannot tell apart.
#[expect(clippy::cast_precision_loss, reason = "up to a million pixels are exact")]
fn small(number: i64) -> f32 {
    number as f32
}

/// The bounds of a glyph are whole points.
#[expect(clippy::cast_possible_truncation, reason = "saturates, and the backend clips")]
fn whole(corner: f32, offset: u32) -> i32 {
    (corner as i32).saturating_add_unsigned(offset)
}
