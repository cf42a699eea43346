//! Looks at a finished picture from outside, for tests: a small reader of the SVG that we write,
//! and the rules that every picture keeps.

use std::collections::BTreeMap;

use super::text::Font;

/// An element without its children.
#[derive(Clone, Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) text: String,
}

/// Edges in sixteenths of a pixel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) left: i64,
    pub(crate) top: i64,
    pub(crate) right: i64,
    pub(crate) bottom: i64,
}

impl Bounds {
    fn overlaps(self, other: Bounds) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    fn contains(self, other: Bounds) -> bool {
        self.left <= other.left
            && other.right <= self.right
            && self.top <= other.top
            && other.bottom <= self.bottom
    }
}

impl Element {
    pub(crate) fn get(&self, key: &str) -> &str {
        self.attributes.get(key).unwrap_or_else(|| panic!("{self:?} has no {key}"))
    }

    pub(crate) fn class(&self) -> &str {
        self.get("class")
    }

    fn length(&self, key: &str) -> i64 {
        sixteenths(self.get(key))
    }

    /// What the element covers: of a text its widest shape, of a path all its points.
    pub(crate) fn bounds(&self) -> Bounds {
        match self.name.as_str() {
            "rect" => {
                let (left, top) = (self.length("x"), self.length("y"));
                Bounds { left, top, right: left + self.length("width"), bottom: top + self.length("height") }
            }
            "text" => self.text_bounds(),
            "path" => {
                let numbers: Vec<i64> = self
                    .get("d")
                    .split(|letter: char| letter.is_ascii_alphabetic() || letter == ' ')
                    .filter(|number| !number.is_empty())
                    .map(sixteenths)
                    .collect();
                let (xs, ys) = (numbers.iter().step_by(2), numbers.iter().skip(1).step_by(2));
                Bounds {
                    left: *xs.clone().min().unwrap(),
                    right: *xs.max().unwrap(),
                    top: *ys.clone().min().unwrap(),
                    bottom: *ys.max().unwrap(),
                }
            }
            other => panic!("{other} has no bounds"),
        }
    }

    fn text_bounds(&self) -> Bounds {
        let font = [Font::Small, Font::Subtitle, Font::Label, Font::StrongLabel, Font::Name, Font::Title]
            .into_iter()
            .find(|font| {
                font.size().to_string() == self.get("font-size") && font.weight() == self.get("font-weight")
            });
        let font = font.unwrap_or_else(|| panic!("{self:?} is in no font"));
        let (x, y, width) = (self.length("x"), self.length("y"), font.width(&self.text).sixteenths());
        let left = match self.get("text-anchor") {
            "start" => x,
            "middle" => x - width / 2,
            _ => x - width,
        };
        Bounds {
            left,
            right: left + width,
            top: y - font.ascent().sixteenths(),
            bottom: y + font.descent().sixteenths(),
        }
    }
}

fn sixteenths(number: &str) -> i64 {
    let (sign, number) = number.strip_prefix('-').map_or((1, number), |number| (-1, number));
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let ten_thousandths: i64 = format!("{decimals:0<4}").parse().unwrap();
    assert_eq!(ten_thousandths % 625, 0, "{number} is no multiple of 1/16");
    sign * (whole.parse::<i64>().unwrap() * 16 + ten_thousandths / 625)
}

/// All elements in the order of the document, which must be well-formed.
pub(crate) fn parse(svg: &str) -> Vec<Element> {
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for part in svg.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or_else(|| panic!("{part:?} never ends"));
        assert!(!text.contains('>'), "a stray > in {text:?}");
        if let Some(name) = tag.strip_prefix('/') {
            let closed = open.pop().map(|index| elements[index].name.clone());
            assert_eq!(closed.as_deref(), Some(name), "elements cross");
            continue;
        }
        let (name, rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let (rest, is_empty) = rest.strip_suffix('/').map_or((rest, false), |rest| (rest, true));
        let mut element = Element { name: name.into(), text: unescape(text), ..Element::default() };
        for attribute in rest.split("\" ").filter(|attribute| !attribute.is_empty()) {
            let (key, value) = attribute.split_once("=\"").unwrap();
            element.attributes.insert(key.into(), value.trim_end_matches('"').into());
        }
        if !is_empty {
            open.push(elements.len());
        }
        elements.push(element);
    }
    assert!(open.is_empty(), "elements stay open");
    elements
}

fn unescape(text: &str) -> String {
    let mut plain = text.to_owned();
    for (entity, letter) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\"")] {
        plain = plain.replace(entity, letter);
    }
    assert_eq!(plain.matches('&').count(), plain.matches("&amp;").count(), "a stray & in {text:?}");
    for letter in plain.chars() {
        assert!(!letter.is_control() || letter == '\n', "{letter:?} in {text:?}");
    }
    plain.replace("&amp;", "&")
}

/// All texts in the order of the document.
pub(crate) fn texts(svg: &str) -> Vec<String> {
    let texts = parse(svg).into_iter().filter(|element| element.name == "text");
    texts.map(|element| element.text).collect()
}

/// The elements of one class.
pub(crate) fn of_class<'a>(elements: &'a [Element], class: &str) -> Vec<&'a Element> {
    let has = |element: &&Element| element.attributes.get("class").is_some_and(|own| own == class);
    elements.iter().filter(has).collect()
}

/// The fills of all classes, in light or in dark mode.
fn fills(svg: &str, dark: bool) -> BTreeMap<String, String> {
    let (light, after) = svg.split_once("@media (prefers-color-scheme: dark)").unwrap();
    let sheet = if dark { after.split_once("</style>").unwrap().0 } else { light };
    let rules = sheet.lines().filter_map(|line| line.strip_prefix(".picture ."));
    rules
        .map(|rule| {
            let (class, paint) = rule.split_once("{fill:").unwrap();
            (class.to_owned(), paint.split_once(';').unwrap().0.to_owned())
        })
        .collect()
}

/// The contrast of two colours, 1 to 21 (WCAG 2.1, relative luminance).
#[expect(clippy::disallowed_methods, reason = "only compared with a bound that is never met closely")]
fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |colour: &str| {
        let channel = |from: usize| {
            let share = f64::from(u8::from_str_radix(&colour[from..from + 2], 16).unwrap()) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Checks everything that holds for all pictures.
pub(crate) fn check(svg: &str) {
    let elements = parse(svg);
    assert_eq!(elements[0].name, "svg");
    assert_eq!((elements[1].name.as_str(), elements[2].name.as_str()), ("title", "desc"));
    let canvas = elements.iter().find(|element| element.name == "rect").unwrap().bounds();
    let drawn: Vec<_> =
        elements.iter().filter(|element| ["rect", "text", "path"].contains(&element.name.as_str())).collect();
    for element in &drawn {
        assert!(canvas.contains(element.bounds()), "{element:?} leaves the canvas");
    }
    let texts: Vec<_> = drawn.iter().filter(|element| element.name == "text").collect();
    for (index, text) in texts.iter().enumerate() {
        assert!(text.get("font-size").parse::<u32>().unwrap() >= 11, "{text:?} is too small");
        for other in &texts[index + 1..] {
            assert!(!text.bounds().overlaps(other.bounds()), "{text:?} runs into {other:?}");
        }
    }
    check_grounds(svg, &drawn);
    check_legend(&drawn);
    check_tooltips(&elements);
}

/// What is so faint that a text may lie across its edge.
const FAINT: [&str; 1] = ["window"];

/// A text stands wholly on one mark, or on none; no line crosses it; it has contrast.
fn check_grounds(svg: &str, drawn: &[&Element]) {
    let modes = [fills(svg, false), fills(svg, true)];
    for text in drawn.iter().filter(|element| element.name == "text") {
        let (mut ground, mut faint) = ("ground", "ground");
        for other in drawn.iter().filter(|element| element.name != "text" && element.class() != "ground") {
            if !text.bounds().overlaps(other.bounds()) {
                continue;
            }
            if FAINT.contains(&other.class()) {
                faint = other.class();
                continue;
            }
            assert_eq!(other.name, "rect", "{other:?} crosses {text:?}");
            assert!(other.bounds().contains(text.bounds()), "{text:?} does not fit into {other:?}");
            ground = other.class();
        }
        for fills in &modes {
            for ground in [ground, if ground == "ground" { faint } else { ground }] {
                let contrast = contrast(&fills[text.class()], &fills[ground]);
                assert!(contrast >= 4.5, "{text:?} on {ground}: contrast {contrast}");
            }
        }
    }
}

/// Every series that is drawn has a sample in the legend: left of a small text that begins there.
fn check_legend(drawn: &[&Element]) {
    const SERIES: [&str; 16] = [
        "data",
        "data-solid",
        "indirect",
        "metadata",
        "command",
        "queue",
        "overhead",
        "seek",
        "rotation",
        "backward",
        "backward-mark",
        "curve",
        "curve-mark",
        "window",
        "window-edge",
        "window-mark",
    ];
    let meanings = drawn.iter().filter(|element| {
        let is = |key, value: &str| element.attributes.get(key).is_some_and(|own| own == value);
        is("class", "muted") && is("font-size", "11") && is("text-anchor", "start")
    });
    let beside: Vec<Bounds> = meanings
        .map(|text| {
            let (x, y) = (text.length("x"), text.length("y"));
            Bounds { left: x - 23 * 16, right: x - 5 * 16, top: y - 11 * 16, bottom: y + 5 * 16 }
        })
        .collect();
    let is_sample = |element: &&&Element| beside.iter().any(|beside| beside.contains(element.bounds()));
    let samples: Vec<&str> = drawn.iter().filter(is_sample).map(|element| element.get("class")).collect();
    for element in drawn.iter().filter(|element| SERIES.contains(&element.class())) {
        assert!(samples.contains(&element.class()), "{element:?} is not in the legend");
    }
}

/// Every group says what it is.
fn check_tooltips(elements: &[Element]) {
    for pair in elements.windows(2).filter(|pair| pair[0].name == "g") {
        assert!(pair[1].name == "title" && !pair[1].text.is_empty(), "{pair:?}");
    }
}

#[test]
#[should_panic(expected = "runs into")]
fn overlapping_texts_are_found() {
    use super::canvas::{Anchor, Canvas};
    use super::length::Px;
    use super::palette::Style;
    let mut canvas = Canvas::new(Px::new(200));
    for x in [20, 30] {
        canvas.text(Style::Text, Font::Small, Anchor::Start, (Px::new(x), Px::new(20)), "wide");
    }
    check(&canvas.finish(Px::new(40), "", "").to_svg());
}

#[test]
#[should_panic(expected = "leaves the canvas")]
fn text_beyond_the_edge_is_found() {
    use super::canvas::{Anchor, Canvas};
    use super::length::Px;
    use super::palette::Style;
    let mut canvas = Canvas::new(Px::new(200));
    canvas.text(Style::Text, Font::Small, Anchor::Start, (Px::new(190), Px::new(20)), "wide");
    check(&canvas.finish(Px::new(40), "", "").to_svg());
}

#[test]
#[should_panic(expected = "contrast")]
fn pale_text_is_found() {
    use super::canvas::{Anchor, Canvas};
    use super::length::{Area, Px};
    use super::palette::Style;
    let mut canvas = Canvas::new(Px::new(200));
    let area = Area { left: Px::new(10), top: Px::new(10), right: Px::new(100), bottom: Px::new(30) };
    canvas.rect(Style::Indirect, area, Px::ZERO);
    canvas.text(Style::Muted, Font::Small, Anchor::Start, (Px::new(20), Px::new(24)), "pale");
    check(&canvas.finish(Px::new(40), "", "").to_svg());
}
