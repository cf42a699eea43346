//! How wide a text will be, and how to make it fit.
//!
//! The advance widths are those of DejaVu Sans 2.37 and its bold face (their `hmtx` tables, 2048
//! units an em). A reader's own sans-serif is narrower with few exceptions, and kerning only takes
//! away, so the widths serve as an upper bound. What is not ASCII counts two ems, more than the
//! widest glyph of both faces but for a few Canadian syllables.

use super::length::Px;

/// A size and a weight of the one family that pictures use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Font {
    /// Notes and values at the marks; nothing is smaller.
    Small,
    /// The line below the title.
    Subtitle,
    /// A label in a mark.
    Label,
    /// A label in a mark that is to be seen first.
    StrongLabel,
    /// The name of an arm.
    Name,
    /// The title.
    Title,
}

impl Font {
    /// The size in pixels.
    pub(crate) const fn size(self) -> i64 {
        match self {
            Font::Small => 11,
            Font::Subtitle | Font::Label | Font::StrongLabel => 12,
            Font::Name => 13,
            Font::Title => 16,
        }
    }

    pub(crate) const fn is_bold(self) -> bool {
        match self {
            Font::Small | Font::Subtitle | Font::Label => false,
            Font::StrongLabel | Font::Name | Font::Title => true,
        }
    }

    pub(crate) const fn weight(self) -> &'static str {
        if self.is_bold() { "bold" } else { "normal" }
    }

    /// From the base line up to the top of the highest letters.
    pub(crate) fn ascent(self) -> Px {
        Px::from_sixteenths(self.size() * 16 * 4 / 5)
    }

    /// From the base line down to the end of the lowest letters.
    pub(crate) fn descent(self) -> Px {
        Px::from_sixteenths(self.size() * 16 / 4)
    }

    /// The width of `text`, at most.
    pub(crate) fn width(self, text: &str) -> Px {
        let units: i64 = text.chars().map(|letter| advance(letter, self.is_bold())).sum();
        let per_sixteenth = UNITS_PER_EM / 16;
        Px::from_sixteenths((units * self.size() + per_sixteenth - 1) / per_sixteenth)
    }

    /// `text`, or as much of it as fits into `width` with an ellipsis after it; nothing if not even
    /// one letter fits.
    pub(crate) fn elide(self, text: &str, width: Px) -> String {
        if self.width(text) <= width {
            return text.to_owned();
        }
        let room = width - self.width(ELLIPSIS);
        let mut kept = String::new();
        for letter in text.chars() {
            kept.push(letter);
            if self.width(&kept) > room {
                kept.pop();
                break;
            }
        }
        match kept.trim_end() {
            "" => String::new(),
            kept => format!("{kept}{ELLIPSIS}"),
        }
    }

    /// `text` in at most `lines` lines of `width`; what does not fit is elided.
    pub(crate) fn wrap(self, text: &str, width: Px, lines: usize) -> Vec<String> {
        let mut wrapped: Vec<String> = Vec::new();
        let mut words = text.split_whitespace().peekable();
        while words.peek().is_some() {
            let mut line = String::new();
            if wrapped.len() + 1 == lines {
                line = words.by_ref().take(MOST_WORDS).collect::<Vec<_>>().join(" ");
            }
            while let Some(word) = words.peek() {
                let longer = if line.is_empty() { (*word).to_owned() } else { format!("{line} {word}") };
                if !line.is_empty() && self.width(&longer) > width {
                    break;
                }
                line = longer;
                words.next();
            }
            wrapped.push(self.elide(&line, width));
            if wrapped.len() == lines {
                break;
            }
        }
        wrapped
    }
}

const UNITS_PER_EM: i64 = 2048;
const ELLIPSIS: &str = "\u{2026}";
/// More words than any line holds.
const MOST_WORDS: usize = 1_000;

fn advance(letter: char, bold: bool) -> i64 {
    let widths = if bold { &BOLD } else { &REGULAR };
    let place = u32::from(letter).checked_sub(u32::from(' ')).and_then(|place| usize::try_from(place).ok());
    match (place.and_then(|place| widths.get(place)), letter) {
        (Some(width), _) => i64::from(*width),
        (None, '\u{2026}') => UNITS_PER_EM,
        (None, _) => 2 * UNITS_PER_EM,
    }
}

/// From the blank to the tilde.
const REGULAR: [u16; 95] = [
    651, 821, 942, 1716, 1303, 1946, 1597, 563, 799, 799, 1024, 1716, 651, 739, 651, 690, 1303, 1303, 1303,
    1303, 1303, 1303, 1303, 1303, 1303, 1303, 690, 690, 1716, 1716, 1716, 1087, 2048, 1401, 1405, 1430, 1577,
    1294, 1178, 1587, 1540, 604, 604, 1343, 1141, 1767, 1532, 1612, 1235, 1612, 1423, 1300, 1251, 1499, 1401,
    2025, 1403, 1251, 1403, 799, 690, 799, 1716, 1024, 1024, 1255, 1300, 1126, 1300, 1260, 721, 1300, 1298,
    569, 569, 1186, 569, 1995, 1298, 1253, 1300, 1300, 842, 1067, 803, 1298, 1212, 1675, 1212, 1212, 1075,
    1303, 690, 1303, 1716,
];

/// The same of the bold face.
const BOLD: [u16; 95] = [
    713, 934, 1067, 1716, 1425, 2052, 1786, 627, 936, 936, 1071, 1716, 778, 850, 778, 748, 1425, 1425, 1425,
    1425, 1425, 1425, 1425, 1425, 1425, 1425, 819, 819, 1716, 1716, 1716, 1188, 2048, 1585, 1561, 1503, 1700,
    1399, 1399, 1681, 1714, 762, 762, 1587, 1305, 2038, 1714, 1741, 1501, 1741, 1577, 1475, 1397, 1663, 1585,
    2259, 1579, 1483, 1485, 936, 748, 936, 1716, 1024, 1024, 1382, 1466, 1214, 1466, 1389, 891, 1466, 1458,
    702, 702, 1362, 702, 2134, 1458, 1407, 1466, 1466, 1010, 1219, 979, 1458, 1335, 1892, 1321, 1335, 1192,
    1458, 748, 1458, 1716,
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_width_is_the_sum_of_its_advances() {
        // In DejaVu Sans: i 569, n 1298, d 1300 of 2048 units; at 12 px 18.55 px, rounded up.
        assert_eq!(Font::Label.width("ind"), Px::from_sixteenths(297));
        assert!(Font::StrongLabel.width("ind") > Font::Label.width("ind"));
        assert_eq!(Font::Label.width("\u{6f22}"), Px::new(24));
    }

    #[test]
    fn what_does_not_fit_is_elided() {
        let font = Font::Small;
        assert_eq!(font.elide("0-11", Px::new(100)), "0-11");
        assert_eq!(font.elide("a name far too long", Px::new(60)), "a name f\u{2026}");
        assert_eq!(font.elide("wide", Px::new(10)), "");
    }

    #[test]
    fn long_lines_are_broken_between_words() {
        let font = Font::Small;
        let wide = font.width("the disk reads");
        assert_eq!(font.wrap("the disk reads\nthe data", wide, 2), ["the disk reads", "the data"]);
        assert_eq!(font.wrap("the disk reads the data", wide, 1), ["the disk rea\u{2026}"]);
        assert_eq!(font.wrap(" ", wide, 3), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn wrapped_lines_fit_and_are_few(
            text in "[ -~\u{e9}\u{2026}]{0,80}", pixels in 0_i64..300, lines in 1_usize..4,
        ) {
            let wrapped = Font::Title.wrap(&text, Px::new(pixels), lines);
            prop_assert!(wrapped.len() <= lines);
            for line in wrapped {
                prop_assert!(Font::Title.width(&line) <= Px::new(pixels), "{line}");
            }
        }
    }
}
