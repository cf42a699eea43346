//! The colours of all pictures, each with one meaning, in light and in dark mode.
//!
//! Data is blue and indirect blocks vermilion, after Okabe and Ito's palette for all kinds of colour
//! vision, darkened where text stands on them: every text has a contrast of at least 4.5 to what
//! lies behind it (WCAG 2.1, 1.4.3). Data and indirect blocks differ in lightness, too, so that
//! they survive a printer without colour.

/// How a class is painted: fill and stroke, each as CSS writes it.
#[derive(Clone, Copy, Debug)]
struct Paint(&'static str, &'static str);

/// One class of the style sheet.
#[derive(Clone, Copy, Debug)]
struct Rule {
    class: &'static str,
    light: Paint,
    dark: Paint,
    /// The stroke's width in pixels.
    width: &'static str,
}

const fn text(class: &'static str, light: &'static str, dark: &'static str) -> Rule {
    Rule { class, light: Paint(light, "none"), dark: Paint(dark, "none"), width: "0" }
}

const fn line(class: &'static str, light: &'static str, dark: &'static str, width: &'static str) -> Rule {
    Rule { class, light: Paint("none", light), dark: Paint("none", dark), width }
}

const fn block(class: &'static str, light: Paint, dark: Paint) -> Rule {
    Rule { class, light, dark, width: "1" }
}

const RULES: [Rule; 20] = [
    text("ground", "#ffffff", "#0d1117"),
    text("text", "#1f2328", "#e6edf3"),
    text("muted", "#5f6672", "#9aa4b2"),
    line("line", "#6b7280", "#8b949e", "1"),
    line("faint", "#b4bac4", "#4a525c", "1"),
    block("data", Paint("#dbeaf4", "#0072b2"), Paint("#10344c", "#56b4e9")),
    text("data-solid", "#0072b2", "#56b4e9"),
    text("on-data", "#1f2328", "#e6edf3"),
    line("tick-data", "#0072b2", "#56b4e9", "1"),
    line("link-data", "#7fb8d8", "#2f6f96", "1"),
    block("indirect", Paint("#c25000", "#c25000"), Paint("#f0883e", "#f0883e")),
    text("on-indirect", "#ffffff", "#0d1117"),
    line("link-indirect", "#c25000", "#f0883e", "1.5"),
    block("metadata", Paint("#f5e56b", "#857200"), Paint("#e0cf4a", "#e0cf4a")),
    text("on-metadata", "#1f2328", "#0d1117"),
    line("link-metadata", "#857200", "#e0cf4a", "1.5"),
    block("command", Paint("#ffffff", "#6b7280"), Paint("#0d1117", "#8b949e")),
    text("on-command", "#1f2328", "#e6edf3"),
    line("backward", "#1f2328", "#e6edf3", "1.5"),
    text("backward-mark", "#1f2328", "#e6edf3"),
];

/// The style sheet of every picture: light, and dark where the reader prefers it.
pub(crate) fn style_sheet() -> String {
    let mut sheet = String::new();
    for Rule { class, light: Paint(fill, stroke), width, .. } in RULES {
        let rule = format!(".picture .{class}{{fill:{fill};stroke:{stroke};stroke-width:{width}}}\n");
        sheet += &rule;
    }
    sheet += "@media (prefers-color-scheme: dark) {\n";
    for Rule { class, dark: Paint(fill, stroke), .. } in RULES {
        sheet += &format!(".picture .{class}{{fill:{fill};stroke:{stroke}}}\n");
    }
    sheet += "}\n";
    sheet
}
