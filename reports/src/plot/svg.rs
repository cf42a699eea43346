//! A writer of SVG: rectangles, paths and text with classes, tooltips, a title and a description.
//!
//! Positions are integers in sixteenths of a pixel, written as exact decimals: the same picture is
//! the same text everywhere. Colours are classes of the style sheet (`palette`), so that a picture
//! follows its reader's light or dark mode. There are no ids in it: pictures that are put into one
//! page do not disturb each other. What is left out: everything that the pictures do not need.

use std::fmt::{self, Write};
use std::iter::Sum;
use std::ops::{Add, Div, Mul, Sub};

use super::palette;
use super::text::Font;

/// A length or a position, in sixteenths of a pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Px(i64);

impl Px {
    pub(crate) const ZERO: Px = Px(0);

    /// Whole pixels.
    pub(crate) const fn new(pixels: i64) -> Px {
        Px(pixels * 16)
    }

    pub(crate) const fn from_sixteenths(sixteenths: i64) -> Px {
        Px(sixteenths)
    }

    pub(crate) const fn sixteenths(self) -> i64 {
        self.0
    }
}

impl Add for Px {
    type Output = Px;

    fn add(self, other: Px) -> Px {
        Px(self.0 + other.0)
    }
}

impl Sub for Px {
    type Output = Px;

    fn sub(self, other: Px) -> Px {
        Px(self.0 - other.0)
    }
}

impl Mul<i64> for Px {
    type Output = Px;

    fn mul(self, factor: i64) -> Px {
        Px(self.0 * factor)
    }
}

impl Div<i64> for Px {
    type Output = Px;

    fn div(self, divisor: i64) -> Px {
        Px(self.0.div_euclid(divisor))
    }
}

impl Sum for Px {
    fn sum<I: Iterator<Item = Px>>(lengths: I) -> Px {
        lengths.fold(Px::ZERO, Add::add)
    }
}

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / 16, self.0.unsigned_abs() % 16);
        let decimals = format!("{:04}", rest * 625);
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            decimals => write!(f, "{sign}{whole}.{decimals}"),
        }
    }
}

/// A rectangle, by its edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) left: Px,
    pub(crate) top: Px,
    pub(crate) right: Px,
    pub(crate) bottom: Px,
}

impl Area {
    /// The place of its middle, from left to right.
    pub(crate) fn middle(self) -> Px {
        (self.left + self.right) / 2
    }

    pub(crate) fn width(self) -> Px {
        self.right - self.left
    }

    pub(crate) fn height(self) -> Px {
        self.bottom - self.top
    }
}

/// Which point of a text stands at its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    const fn name(self) -> &'static str {
        match self {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        }
    }
}

/// The outline of a path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path(String);

impl Path {
    pub(crate) fn from(x: Px, y: Px) -> Path {
        Path(format!("M{x} {y}"))
    }

    #[must_use]
    pub(crate) fn line_to(mut self, x: Px, y: Px) -> Path {
        self.push(format_args!("L{x} {y}"));
        self
    }

    /// A cubic curve with two control points.
    #[must_use]
    pub(crate) fn curve_to(mut self, first: (Px, Px), second: (Px, Px), end: (Px, Px)) -> Path {
        let ((a, b), (c, d), (x, y)) = (first, second, end);
        self.push(format_args!("C{a} {b} {c} {d} {x} {y}"));
        self
    }

    #[must_use]
    pub(crate) fn close(mut self) -> Path {
        self.0.push('z');
        self
    }

    fn push(&mut self, step: fmt::Arguments<'_>) {
        push(&mut self.0, step);
    }
}

/// A picture that is being written.
#[derive(Clone, Debug)]
pub(crate) struct Svg {
    width: Px,
    body: String,
}

impl Svg {
    /// An empty picture of this width.
    pub(crate) fn new(width: Px) -> Svg {
        Svg { width, body: String::new() }
    }

    pub(crate) fn width(&self) -> Px {
        self.width
    }

    pub(crate) fn rect(&mut self, class: &str, area: Area, radius: Px) {
        let Area { left, top, .. } = area;
        let (width, height) = (area.width(), area.height());
        push(
            &mut self.body,
            format_args!(
                "<rect class=\"{class}\" x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\"/>\n"
            ),
        );
    }

    pub(crate) fn path(&mut self, class: &str, path: &Path) {
        push(&mut self.body, format_args!("<path class=\"{class}\" d=\"{}\"/>\n", path.0));
    }

    /// One line of text; `y` is its base line.
    pub(crate) fn text(&mut self, class: &str, font: Font, anchor: Anchor, (x, y): (Px, Px), text: &str) {
        let (size, weight, anchor) = (font.size(), font.weight(), anchor.name());
        push(
            &mut self.body,
            format_args!(
                "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" font-size=\"{size}\" font-weight=\"{weight}\" text-anchor=\"{anchor}\">{}</text>\n",
                Escaped(text)
            ),
        );
    }

    /// Marks that belong together and share a tooltip.
    pub(crate) fn group(&mut self, tooltip: &str, draw: impl FnOnce(&mut Svg)) {
        push(&mut self.body, format_args!("<g><title>{}</title>\n", Escaped(tooltip)));
        draw(self);
        self.body.push_str("</g>\n");
    }

    /// The document; `title` and `description` are for those who cannot see it.
    pub(crate) fn finish(self, height: Px, title: &str, description: &str) -> String {
        let width = self.width;
        let mut text = String::new();
        push(
            &mut text,
            format_args!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"picture\" width=\"{width}\" height=\"{height}\" \
                 viewBox=\"0 0 {width} {height}\" font-family=\"DejaVu Sans, sans-serif\" role=\"img\">\n\
                 <title>{}</title>\n<desc>{}</desc>\n",
                Escaped(title),
                Escaped(description)
            ),
        );
        text += "<style>\n";
        text += &palette::style_sheet();
        text += "</style>\n";
        push(
            &mut text,
            format_args!("<rect class=\"ground\" x=\"0\" y=\"0\" width=\"{width}\" height=\"{height}\"/>\n"),
        );
        text += &self.body;
        text += "</svg>\n";
        text
    }
}

/// A `String` takes whatever is written to it.
fn push(text: &mut String, arguments: fmt::Arguments<'_>) {
    let written = text.write_fmt(arguments);
    assert!(written.is_ok(), "writing {arguments} into a string failed");
}

/// Text as it may stand in an element. What XML forbids, and what would turn the direction of the
/// text around it, is replaced.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\u{fffe}' | '\u{ffff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                    f.write_char('\u{fffd}')?;
                }
                _ if letter.is_control() => f.write_char('\u{fffd}')?,
                _ => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_exactly() {
        let written: Vec<_> =
            [0, 16, 1, 8, -8, 15, 16_000].map(|length| Px(length).to_string()).into_iter().collect();
        assert_eq!(written, ["0", "1", "0.0625", "0.5", "-0.5", "0.9375", "1000"]);
    }

    #[test]
    fn hostile_text_stays_text() {
        let text = Escaped("</text><script>\"&\u{0}\u{1b}\u{202e}\u{ffff}\n").to_string();
        assert_eq!(text, "&lt;/text&gt;&lt;script&gt;&quot;&amp;\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}");
    }

    #[test]
    fn a_picture_has_a_title_a_description_and_a_ground() {
        let mut svg = Svg::new(Px::new(100));
        svg.group("tip", |svg| {
            let path = Path::from(Px::ZERO, Px::new(1)).line_to(Px::new(2), Px::from_sixteenths(8)).close();
            svg.path("line", &path);
        });
        let text = svg.finish(Px::new(50), "A <title>", "what is seen");
        assert!(text.contains("viewBox=\"0 0 100 50\""), "{text}");
        assert!(text.contains("<title>A &lt;title&gt;</title>\n<desc>what is seen</desc>"), "{text}");
        assert!(
            text.contains("<rect class=\"ground\" x=\"0\" y=\"0\" width=\"100\" height=\"50\"/>"),
            "{text}"
        );
        let group = "<g><title>tip</title>\n<path class=\"line\" d=\"M0 1L2 0.5z\"/>\n</g>\n</svg>\n";
        assert!(text.ends_with(group), "{text}");
    }
}
