//! The colours of all pictures, each with one meaning, in light and in dark mode.
//!
//! Data is blue, indirect blocks vermilion, other metadata yellow, electronics green and the arm
//! purple, after Okabe and Ito's palette for all kinds of colour vision, darkened where text stands
//! on them: every text has a contrast of at least 4.5 to what lies behind it (WCAG 2.1, 1.4.3). Data
//! and indirect blocks differ in lightness, too, so that they survive a printer without colour.
//! Waiting has no colour: it is grey or hatched.

/// A colour, as red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rgb(pub(crate) u32);

impl Rgb {
    pub(crate) const fn channels(self) -> (u8, u8, u8) {
        let [_, red, green, blue] = self.0.to_be_bytes();
        (red, green, blue)
    }
}

/// How a style is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paint {
    pub(crate) fill: Option<Rgb>,
    pub(crate) stroke: Option<Rgb>,
    /// The stroke's width in halves of a pixel.
    pub(crate) width: u8,
}

const fn fill(colour: u32) -> Paint {
    Paint { fill: Some(Rgb(colour)), stroke: None, width: 0 }
}

const fn stroke(colour: u32, width: u8) -> Paint {
    Paint { fill: None, stroke: Some(Rgb(colour)), width }
}

const fn outlined(fill: u32, stroke: u32) -> Paint {
    Paint { fill: Some(Rgb(fill)), stroke: Some(Rgb(stroke)), width: 2 }
}

/// What a mark means, and so how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Style {
    /// The paper.
    Ground,
    Text,
    /// Text of second rank.
    Muted,
    /// Brackets, ticks of an axis.
    Line,
    Faint,
    Grid,
    Data,
    /// Data in marks without a label.
    DataSolid,
    OnData,
    TickData,
    LinkData,
    Indirect,
    OnIndirect,
    LinkIndirect,
    Metadata,
    OnMetadata,
    LinkMetadata,
    Command,
    OnCommand,
    /// Waiting for one's turn.
    Queue,
    Overhead,
    /// The arm moves.
    Seek,
    /// Waiting for the disk to turn; hatched.
    Rotation,
    /// The lines of hatching.
    Hatch,
    Backward,
    BackwardMark,
    /// What readahead decided to read, from then until it has come.
    Window,
    /// The bracket of a window.
    WindowEdge,
    /// The page with a window's mark.
    WindowMark,
    /// A distribution.
    Curve,
    /// A value that is written at the curve.
    CurveMark,
}

impl Style {
    pub(crate) const ALL: [Style; 31] = [
        Style::Ground,
        Style::Text,
        Style::Muted,
        Style::Line,
        Style::Faint,
        Style::Grid,
        Style::Data,
        Style::DataSolid,
        Style::OnData,
        Style::TickData,
        Style::LinkData,
        Style::Indirect,
        Style::OnIndirect,
        Style::LinkIndirect,
        Style::Metadata,
        Style::OnMetadata,
        Style::LinkMetadata,
        Style::Command,
        Style::OnCommand,
        Style::Queue,
        Style::Overhead,
        Style::Seek,
        Style::Rotation,
        Style::Hatch,
        Style::Backward,
        Style::BackwardMark,
        Style::Window,
        Style::WindowEdge,
        Style::WindowMark,
        Style::Curve,
        Style::CurveMark,
    ];

    /// Its class in SVG, and its paint in light and in dark mode.
    const fn rule(self) -> (&'static str, Paint, Paint) {
        match self {
            Style::Ground => ("ground", fill(0xffffff), fill(0x0d1117)),
            Style::Text => ("text", fill(0x1f2328), fill(0xe6edf3)),
            Style::Muted => ("muted", fill(0x5f6672), fill(0x9aa4b2)),
            Style::Line => ("line", stroke(0x6b7280, 2), stroke(0x8b949e, 2)),
            Style::Faint => ("faint", stroke(0xb4bac4, 2), stroke(0x4a525c, 2)),
            Style::Grid => ("grid", stroke(0xe5e7eb, 2), stroke(0x262c34, 2)),
            Style::Data => ("data", outlined(0xdbeaf4, 0x0072b2), outlined(0x10344c, 0x56b4e9)),
            Style::DataSolid => ("data-solid", fill(0x0072b2), fill(0x56b4e9)),
            Style::OnData => ("on-data", fill(0x1f2328), fill(0xe6edf3)),
            Style::TickData => ("tick-data", stroke(0x0072b2, 2), stroke(0x56b4e9, 2)),
            Style::LinkData => ("link-data", stroke(0x7fb8d8, 2), stroke(0x2f6f96, 2)),
            Style::Indirect => ("indirect", outlined(0xc25000, 0xc25000), outlined(0xe8702a, 0xe8702a)),
            Style::OnIndirect => ("on-indirect", fill(0xffffff), fill(0x0d1117)),
            Style::LinkIndirect => ("link-indirect", stroke(0xc25000, 3), stroke(0xe8702a, 3)),
            Style::Metadata => ("metadata", outlined(0xf5e56b, 0x857200), outlined(0xe0cf4a, 0xe0cf4a)),
            Style::OnMetadata => ("on-metadata", fill(0x1f2328), fill(0x0d1117)),
            Style::LinkMetadata => ("link-metadata", stroke(0x857200, 3), stroke(0xe0cf4a, 3)),
            Style::Command => ("command", outlined(0xffffff, 0x6b7280), outlined(0x0d1117, 0x8b949e)),
            Style::OnCommand => ("on-command", fill(0x1f2328), fill(0xe6edf3)),
            Style::Queue => ("queue", fill(0xc9ced6), fill(0x4a525c)),
            Style::Overhead => ("overhead", fill(0x009e73), fill(0x1f9e7a)),
            Style::Seek => ("seek", fill(0xcc79a7), fill(0xd98fba)),
            Style::Rotation => ("rotation", outlined(0xffffff, 0x6b7280), outlined(0x0d1117, 0x8b949e)),
            Style::Hatch => ("hatch", stroke(0x6b7280, 2), stroke(0x8b949e, 2)),
            Style::Backward => ("backward", stroke(0x1f2328, 3), stroke(0xe6edf3, 3)),
            Style::BackwardMark => ("backward-mark", fill(0x1f2328), fill(0xe6edf3)),
            Style::Window => ("window", fill(0xeff1f4), fill(0x1a212b)),
            Style::WindowEdge => ("window-edge", stroke(0x9aa1ad, 2), stroke(0x5b6470, 2)),
            Style::WindowMark => ("window-mark", stroke(0x1f2328, 3), stroke(0xe6edf3, 3)),
            Style::Curve => ("curve", stroke(0x1f2328, 4), stroke(0xe6edf3, 4)),
            Style::CurveMark => ("curve-mark", fill(0x1f2328), fill(0xe6edf3)),
        }
    }

    /// Its class in SVG.
    pub(crate) const fn name(self) -> &'static str {
        self.rule().0
    }

    /// Its paint in light mode.
    pub(crate) const fn paint(self) -> Paint {
        self.rule().1
    }
}

/// The style sheet of every picture: light, and dark where the reader prefers it.
pub(crate) fn style_sheet() -> String {
    let css = |colour: Option<Rgb>| colour.map_or("none".into(), |Rgb(colour)| format!("#{colour:06x}"));
    let mut sheet = String::new();
    for (name, Paint { fill, stroke, width }, _) in Style::ALL.map(Style::rule) {
        let (fill, stroke) = (css(fill), css(stroke));
        let width = if width % 2 == 0 { (width / 2).to_string() } else { format!("{}.5", width / 2) };
        sheet += &format!(".picture .{name}{{fill:{fill};stroke:{stroke};stroke-width:{width}}}\n");
    }
    sheet += "@media (prefers-color-scheme: dark) {\n";
    for (name, _, Paint { fill, stroke, .. }) in Style::ALL.map(Style::rule) {
        sheet += &format!(".picture .{name}{{fill:{};stroke:{}}}\n", css(fill), css(stroke));
    }
    sheet += "}\n";
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What colours look like to those who lack one kind of cone, on linear light: Machado, Oliveira
    /// and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency"
    /// (2009), severity 1.
    const VISIONS: [(&str, [[f64; 3]; 3]); 4] = [
        ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopia",
            [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
        ),
        (
            "deuteranopia",
            [
                [0.367_322, 0.860_646, -0.227_968],
                [0.280_085, 0.672_501, 0.047_413],
                [-0.011_820, 0.042_940, 0.968_881],
            ],
        ),
        (
            "tritanopia",
            [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        ),
    ];

    /// CIE 1976 L*a*b* of a colour as seen.
    #[expect(clippy::disallowed_methods, reason = "only compared with a bound that is never met closely")]
    fn lab(Rgb(colour): Rgb, vision: &[[f64; 3]; 3]) -> [f64; 3] {
        let linear = [16, 8, 0].map(|shift| {
            let share = f64::from((colour >> shift) & 0xff) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        });
        let times = |matrix: &[[f64; 3]; 3], vector: [f64; 3]| {
            matrix.map(|row| row.iter().zip(vector).map(|(factor, value)| factor * value).sum::<f64>())
        };
        let seen = times(vision, linear).map(|light| light.clamp(0.0, 1.0));
        let srgb_to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]];
        let [x, y, z] = times(&srgb_to_xyz, seen);
        let [x, y, z] = [x / 0.9505, y, z / 1.089].map(|light| {
            if light > 216.0 / 24_389.0 { light.cbrt() } else { (light * 24_389.0 / 27.0 + 16.0) / 116.0 }
        });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn series_are_told_apart_by_all_kinds_of_colour_vision() {
        let series = [
            Style::Ground,
            Style::DataSolid,
            Style::Indirect,
            Style::Metadata,
            Style::Queue,
            Style::Overhead,
            Style::Seek,
            Style::BackwardMark,
        ];
        let modes: [fn(Style) -> Paint; 2] = [|style| style.rule().1, |style| style.rule().2];
        for (vision, matrix) in VISIONS {
            for (place, one) in series.into_iter().enumerate() {
                for other in &series[place + 1..] {
                    for mode in modes {
                        let [first, second] =
                            [one, *other].map(mode).map(|paint| lab(paint.fill.unwrap(), &matrix));
                        let distance: f64 =
                            first.iter().zip(second).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
                        assert!(distance >= 15.0, "{one:?} {other:?}: {distance} in {vision}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_style_has_a_class_of_its_own() {
        let names: std::collections::BTreeSet<_> = Style::ALL.map(Style::name).into_iter().collect();
        assert_eq!(names.len(), Style::ALL.len());
    }
}
