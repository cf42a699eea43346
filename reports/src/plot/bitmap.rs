//! A picture as a PNG file, in light mode, two points a pixel.
//!
//! plotters draws the shapes, at twice that resolution, because its polygons begin and end on whole
//! points; then four points are made one, and the text is set on top (`glyphs`), in the font that
//! the widths of all labels come from. Coordinates are integers, so that the same picture has the
//! same points everywhere. No library and no font of the system is asked for. Left out: tooltips.

mod glyphs;
mod outline;

use plotters::prelude::BitMapBackend;
use plotters::style::RGBColor;

use super::canvas::Picture;
use super::length::Px;
use super::palette::{Rgb, Style};

/// A picture that could not be drawn as a bitmap.
#[derive(Debug, thiserror::Error)]
pub enum BitmapError {
    /// A shape could not be drawn.
    #[error("a shape could not be drawn: {0}")]
    Shape(String),
    /// The font could not be read.
    #[error("the font could not be read")]
    Font(#[from] ab_glyph::InvalidFont),
    /// The points could not be encoded.
    #[error("the picture could not be encoded")]
    Encode(#[from] png::EncodingError),
}

/// Points a pixel.
const SCALE: u16 = 2;
/// Points that shapes are drawn with, for each of the picture's, in each direction.
const FINER: u16 = 2;

/// Points, three bytes each, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bitmap {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) points: Vec<u8>,
}

impl Picture {
    /// The picture as a PNG file, two points a pixel, in light mode.
    ///
    /// # Errors
    /// [`BitmapError`] if the drawing library gives up, which it has no reason to.
    pub fn to_png(&self) -> Result<Vec<u8>, BitmapError> {
        let Bitmap { width, height, points } = self.to_bitmap()?;
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&points)?;
        writer.finish()?;
        Ok(file)
    }

    pub(crate) fn to_bitmap(&self) -> Result<Bitmap, BitmapError> {
        let mut shapes = Bitmap::blank(self.size(SCALE * FINER));
        let mut backend = shapes.backend();
        outline::draw(&mut backend, &self.marks)?;
        drop(backend);
        let mut bitmap = shapes.coarser();
        let mut backend = bitmap.backend();
        glyphs::Faces::new()?.set(&mut backend, &self.marks)?;
        drop(backend);
        Ok(bitmap)
    }

    /// Its size at `scale` points a pixel; a part of a pixel at its edge is a whole one.
    fn size(&self, scale: u16) -> (u32, u32) {
        let points = |length: Px| {
            let pixels = length.sixteenths().max(16).unsigned_abs().div_ceil(16);
            u32::try_from(pixels).unwrap_or(u32::MAX).saturating_mul(u32::from(scale))
        };
        (points(self.width), points(self.height))
    }
}

impl Bitmap {
    /// Nothing but paper.
    fn blank((width, height): (u32, u32)) -> Bitmap {
        let (red, green, blue) = Style::Ground.paint().fill.unwrap_or(Rgb(0xffffff)).channels();
        let count = width as usize * height as usize;
        Bitmap { width, height, points: [red, green, blue].repeat(count) }
    }

    fn backend(&mut self) -> BitMapBackend<'_> {
        BitMapBackend::with_buffer(&mut self.points, (self.width, self.height))
    }

    /// The mean of [`FINER`] by [`FINER`] points for each.
    fn coarser(&self) -> Bitmap {
        let finer = usize::from(FINER);
        let (width, height) = (self.width / u32::from(FINER), self.height / u32::from(FINER));
        let row_bytes = self.width as usize * 3;
        let mut points = Vec::with_capacity(self.points.len() / (finer * finer));
        let mut sums = vec![0_u16; width as usize * 3];
        for rows in self.points.chunks_exact(row_bytes * finer) {
            sums.fill(0);
            for row in rows.chunks_exact(row_bytes) {
                for (sum, group) in sums.chunks_exact_mut(3).zip(row.chunks_exact(3 * finer)) {
                    for point in group.chunks_exact(3) {
                        sum.iter_mut().zip(point).for_each(|(sum, channel)| *sum += u16::from(*channel));
                    }
                }
            }
            let mean =
                |sum: &u16| u8::try_from((sum + FINER * FINER / 2) / (FINER * FINER)).unwrap_or(u8::MAX);
            points.extend(sums.iter().map(mean));
        }
        Bitmap { width, height, points }
    }
}

fn colour(rgb: Rgb) -> RGBColor {
    let (red, green, blue) = rgb.channels();
    RGBColor(red, green, blue)
}

impl BitmapError {
    fn shape(error: impl std::fmt::Display) -> BitmapError {
        BitmapError::Shape(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::plot::samples::{any_subject, classic};
    use crate::plot::{blocks, latency, order_strip};
    use sim_core::digest::Digest;

    fn classic_pictures() -> [Picture; 3] {
        let subject = classic();
        [order_strip::draw(&subject), blocks::draw(&subject), latency::draw(&subject)]
    }

    fn digest(bitmap: &Bitmap) -> u64 {
        let mut digest = Digest::new();
        digest.word(bitmap.width.into());
        digest.bytes(&bitmap.points);
        digest.value()
    }

    /// The points of a file, as another reader sees them.
    fn decoded(file: &[u8]) -> Bitmap {
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut points = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut points).unwrap();
        assert_eq!(frame.color_type, png::ColorType::Rgb);
        Bitmap { width: frame.width, height: frame.height, points }
    }

    #[test]
    fn a_file_holds_two_points_a_pixel_and_is_the_same_each_time() {
        for picture in classic_pictures() {
            let file = picture.to_png().unwrap();
            assert_eq!(file, picture.to_png().unwrap());
            let bitmap = decoded(&file);
            assert_eq!(bitmap, picture.to_bitmap().unwrap());
            let [width, height] =
                [picture.width, picture.height].map(|length| length.sixteenths().unsigned_abs());
            assert_eq!(u64::from(bitmap.width), width.div_ceil(16) * 2);
            assert_eq!(u64::from(bitmap.height), height.div_ceil(16) * 2);
        }
    }

    #[test]
    fn the_colours_of_what_is_drawn_are_in_it() {
        let [_, blocks, _] = classic_pictures();
        let points = blocks.to_bitmap().unwrap().points;
        for style in
            [Style::DataSolid, Style::Indirect, Style::Overhead, Style::Seek, Style::Queue, Style::Text]
        {
            let (red, green, blue) = style.paint().fill.unwrap().channels();
            let drawn = points.chunks_exact(3).filter(|point| *point == [red, green, blue]).count();
            assert!(drawn > 20, "{style:?}: {drawn} points");
        }
    }

    /// The same points in every build and on every platform.
    #[test]
    fn the_points_of_the_classic_stay_as_they_are() {
        let digests = classic_pictures().map(|picture| digest(&picture.to_bitmap().unwrap()));
        assert_eq!(
            digests,
            [0xc980_30be_4981_0327, 0x226f_8aa1_136c_91f6, 0xf968_b316_9686_9520],
            "{digests:#x?}"
        );
    }

    #[test]
    fn four_points_become_their_mean() {
        let points = [[0, 10, 255], [4, 10, 255], [0, 10, 255], [3, 11, 255]].concat();
        let fine = Bitmap { width: 2, height: 2, points };
        assert_eq!(fine.coarser(), Bitmap { width: 1, height: 1, points: vec![2, 10, 255] });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn whatever_is_drawn_is_a_bitmap(subject in any_subject()) {
            for picture in [order_strip::draw(&subject), blocks::draw(&subject), latency::draw(&subject)] {
                let bitmap = picture.to_bitmap().unwrap();
                prop_assert_eq!(bitmap.points.len(), bitmap.width as usize * bitmap.height as usize * 3);
            }
        }
    }
}
