//! A picture as an SVG document.
//!
//! Positions are written as exact decimals: the same picture is the same text everywhere. Styles are
//! classes of the style sheet (`palette`), so that a picture follows its reader's light or dark mode.

use std::fmt::{self, Write};

use super::canvas::{Anchor, Mark, Path, Picture, Step};
use super::length::{Area, Px};
use super::palette::{self, Style};

impl Picture {
    /// The picture as an SVG document, with its title, a description and tooltips.
    pub fn to_svg(&self) -> String {
        let Picture { width, height, title, description, marks } = self;
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
        let area = Area { left: Px::ZERO, top: Px::ZERO, right: *width, bottom: *height };
        write_mark(&mut text, &Mark::Rect { style: Style::Ground, area, radius: Px::ZERO });
        marks.iter().for_each(|mark| write_mark(&mut text, mark));
        text += "</svg>\n";
        text
    }
}

fn write_mark(svg: &mut String, mark: &Mark) {
    match mark {
        Mark::Rect { style, area, radius } => {
            let Area { left, top, .. } = area;
            let (class, width, height) = (style.name(), area.width(), area.height());
            push(
                svg,
                format_args!(
                    "<rect class=\"{class}\" x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\"/>\n"
                ),
            );
        }
        Mark::Path { style, path } => {
            push(svg, format_args!("<path class=\"{}\" d=\"{path}\"/>\n", style.name()));
        }
        Mark::Text { style, font, anchor, at: (x, y), text } => {
            let (class, size, weight) = (style.name(), font.size(), font.weight());
            let (anchor, text) = (name(*anchor), Escaped(text));
            push(
                svg,
                format_args!(
                    "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" font-size=\"{size}\" font-weight=\"{weight}\" text-anchor=\"{anchor}\">{text}</text>\n"
                ),
            );
        }
        Mark::Group { tooltip, marks } => {
            push(svg, format_args!("<g><title>{}</title>\n", Escaped(tooltip)));
            marks.iter().for_each(|mark| write_mark(svg, mark));
            svg.push_str("</g>\n");
        }
    }
}

const fn name(anchor: Anchor) -> &'static str {
    match anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    }
}

/// The path as SVG's path data.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in self.steps() {
            match step {
                Step::Move((x, y)) => write!(f, "M{x} {y}")?,
                Step::Line((x, y)) => write!(f, "L{x} {y}")?,
                Step::Curve([(a, b), (c, d), (x, y)]) => write!(f, "C{a} {b} {c} {d} {x} {y}")?,
                Step::Close => f.write_char('z')?,
            }
        }
        Ok(())
    }
}

/// A `String` takes whatever is written to it.
fn push(text: &mut String, arguments: fmt::Arguments<'_>) {
    let written = text.write_fmt(arguments);
    assert!(written.is_ok(), "writing {arguments} into a string failed");
}

/// Text as it may stand in an element.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                _ => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::canvas::Canvas;
    use crate::plot::text::Font;

    #[test]
    fn hostile_text_stays_text() {
        let mut canvas = Canvas::new(Px::new(100));
        let hostile = "</text><script>\"&\u{0}\u{1b}\u{202e}\u{ffff}\n";
        canvas.text(Style::Text, Font::Small, Anchor::Start, (Px::ZERO, Px::ZERO), hostile);
        let text = canvas.finish(Px::new(50), "", "").to_svg();
        let shown = ">&lt;/text&gt;&lt;script&gt;&quot;&amp;\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}</text>";
        assert!(text.contains(shown), "{text}");
    }

    #[test]
    fn a_picture_has_a_title_a_description_and_a_ground() {
        let mut canvas = Canvas::new(Px::new(100));
        canvas.group("tip", |canvas| {
            let path = Path::from(Px::ZERO, Px::new(1)).line_to(Px::new(2), Px::from_sixteenths(8)).close();
            canvas.path(Style::Line, path);
        });
        let text = canvas.finish(Px::new(50), "A <title>", "what is seen").to_svg();
        assert!(text.contains("viewBox=\"0 0 100 50\""), "{text}");
        assert!(text.contains("<title>A &lt;title&gt;</title>\n<desc>what is seen</desc>"), "{text}");
        assert!(
            text.contains("<rect class=\"ground\" x=\"0\" y=\"0\" width=\"100\" height=\"50\" rx=\"0\"/>"),
            "{text}"
        );
        let group = "<g><title>tip</title>\n<path class=\"line\" d=\"M0 1L2 0.5z\"/>\n</g>\n</svg>\n";
        assert!(text.ends_with(group), "{text}");
    }
}
