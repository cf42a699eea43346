//! What `check` prints: a line a scenario, and each difference.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Difference, Verdict};

/// Longer orders are cut here, in bytes; JSON has them whole.
const LONGEST: usize = 1_000;

/// A scenario that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Its name.
    pub name: String,
    /// What came of its expectations.
    pub verdicts: Vec<Verdict>,
}

impl Checked {
    /// How many expectations came out as they should.
    pub fn as_expected(&self) -> usize {
        self.verdicts.iter().filter(|verdict| verdict.difference.is_none()).count()
    }

    /// Whether all did.
    pub fn all_as_expected(&self) -> bool {
        self.as_expected() == self.verdicts.len()
    }
}

/// Differences in words, then how many expectations came out as they should.
pub fn text(checked: &[Checked]) -> String {
    let mut text = String::new();
    let width = checked.iter().map(|one| one.name.chars().count()).max().unwrap_or(0);
    let mut gap = false;
    for one in checked {
        if std::mem::replace(&mut gap, !one.all_as_expected()) {
            text.push('\n');
        }
        let (good, of) = (one.as_expected(), one.verdicts.len());
        // Writing to a string does not fail.
        let _ = match of {
            0 => writeln!(text, "{:width$}  expects nothing", one.name),
            _ => writeln!(text, "{:width$}  {good} of {of}", one.name),
        };
        for verdict in &one.verdicts {
            if let Some(difference) = &verdict.difference {
                write_difference(&mut text, verdict, difference);
            }
        }
    }
    if gap {
        text.push('\n');
    }
    let good: usize = checked.iter().map(Checked::as_expected).sum();
    let of: usize = checked.iter().map(|one| one.verdicts.len()).sum();
    let _ = writeln!(
        text,
        "check: {good} of {of} as expected, in {} scenario{}",
        checked.len(),
        if checked.len() == 1 { "" } else { "s" }
    );
    text
}

fn write_difference(text: &mut String, verdict: &Verdict, difference: &Difference) {
    let arm = verdict.arm.as_ref().map(|arm| format!("arm {arm}, ")).unwrap_or_default();
    let _ = writeln!(text, "\n{}: {arm}{}", verdict.written, verdict.kind);
    text.push_str(&details(verdict, difference));
}

/// The lines on a difference.
pub fn details(verdict: &Verdict, difference: &Difference) -> String {
    let mut text = String::new();
    let (expected, got) = match &difference.aligned {
        Some([expected, got]) => (expected, got),
        None => (&verdict.expected, &difference.got),
    };
    let _ = writeln!(text, "  expected  {}", shortened(expected));
    let _ = writeln!(text, "  got       {}", shortened(got));
    for note in difference.notes.iter().filter(|note| **note != difference.got) {
        let _ = writeln!(text, "  {note}");
    }
    if !difference.sent.is_empty() {
        let sent = difference.sent.iter().map(|sent| format!("{} ({})", sent.io, sent.reasons.join(", ")));
        let _ = writeln!(text, "  sent because: {}", sent.collect::<Vec<_>>().join(", "));
    }
    text
}

fn shortened(order: &str) -> String {
    if order.len() <= LONGEST {
        return order.to_owned();
    }
    let cut = order.as_bytes()[..LONGEST].iter().rposition(|byte| *byte == b' ').unwrap_or(0);
    format!("{} ...", order[..cut].trim_end())
}

/// The same as data.
pub fn data(checked: &[Checked]) -> Value {
    let scenario = |one: &Checked| {
        json!({
            "scenario": one.name,
            "as_expected": one.as_expected(),
            "of": one.verdicts.len(),
            "expectations": one.verdicts,
        })
    };
    json!({
        "schema": 1,
        "as_expected": checked.iter().map(Checked::as_expected).sum::<usize>(),
        "of": checked.iter().map(|one| one.verdicts.len()).sum::<usize>(),
        "scenarios": checked.iter().map(scenario).collect::<Vec<_>>(),
    })
}
