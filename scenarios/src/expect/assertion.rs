//! Conditions over figures.

use super::Difference;
use super::expression::{Compared, Condition, Figure, Number, NumberNode};
use super::figures::value;
use super::rational::Rational;
use crate::run::ScenarioRun;

/// How a condition came out otherwise; none if it holds. What cannot be computed does not hold.
pub(super) fn difference(text: &str, condition: &Condition, run: &ScenarioRun) -> Option<Difference> {
    let values = |figure: &Figure| value(figure, run);
    let mut compared = Vec::new();
    let result = condition.holds(&values, &mut compared);
    if result == Ok(true) {
        return None;
    }
    let several = compared.len() > 1;
    let mut notes: Vec<String> = compared.iter().map(|one| note(text, one, several)).collect();
    if let Err(why) = result {
        notes.push(format!("cannot be computed: {why}"));
    }
    let mut got: Vec<String> = Vec::new();
    condition.figures(&mut |figure, span| {
        if let Some(told) = of_figure(text, figure, span, run).filter(|told| !got.contains(told)) {
            got.push(told);
        }
    });
    Some(Difference { got: got.join(", "), aligned: None, notes, sent: Vec::new() })
}

fn of_figure(
    text: &str,
    figure: &Figure,
    span: &std::ops::Range<usize>,
    run: &ScenarioRun,
) -> Option<String> {
    Some(format!("{} is {}", text.get(span.clone())?, shown(value(figure, run)?, Some(figure))))
}

/// A value; a time in a unit that is easily read, too.
fn shown(value: Rational, figure: Option<&Figure>) -> String {
    let is_time = figure.and_then(|figure| figure.path.last()).is_some_and(|name| name.ends_with("_ns"))
        || figure.is_some_and(|figure| figure.path.first().is_some_and(|name| name == "parts_ns"));
    match value.as_whole() {
        Some(nanoseconds) if is_time => {
            format!("{value} ({})", reports::format::short_time(nanoseconds))
        }
        _ => value.to_string(),
    }
}

/// A comparison with the values of its sides.
fn note(text: &str, compared: &Compared<'_>, several: bool) -> String {
    let sides = [(&compared.sides.0, compared.values.0), (&compared.sides.1, compared.values.1)];
    let told: Vec<String> = sides.iter().filter_map(|(side, value)| one_side(text, side, *value)).collect();
    let told = if told.is_empty() { "only numbers".to_owned() } else { told.join(", ") };
    match (several, compared.holds) {
        (false, _) => told,
        (true, true) => format!("holds: {told}"),
        (true, false) => format!("does not hold: {told}"),
    }
}

/// A side with its value; a number needs no words.
fn one_side(text: &str, side: &Number, value: Rational) -> Option<String> {
    let written = text.get(side.span.clone())?;
    match &side.node {
        NumberNode::Literal(_) => None,
        NumberNode::Figure(figure) => Some(format!("{written} is {}", shown(value, Some(figure)))),
        NumberNode::Negated(_) | NumberNode::Of(..) => Some(format!("{written} is {value}")),
    }
}
