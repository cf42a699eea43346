//! A run as data, with a version of its shape.

use serde_json::{Map, Value, json};
use sim_core::statistics::Summary;

use super::text::{View, orders};
use super::words::comparison as in_words;
use crate::calls::result_value;
use crate::compare::{Alignment, Moved, Place, align};
use crate::run::{ArmRun, ScenarioRun};

/// The version of the shape; a new one whenever a key changes its meaning or goes.
const SCHEMA: u32 = 1;

/// A run as data; all times are whole nanoseconds.
pub fn data(run: &ScenarioRun) -> Value {
    json!({
        "schema": SCHEMA,
        "scenario": run.name,
        "title": run.title,
        "seed": run.seed,
        "arms": run.arms.iter().map(arm).collect::<Vec<_>>(),
        "comparison": comparison(run),
    })
}

fn arm(arm: &ArmRun) -> Value {
    let [bio, issue] = orders(arm, View::File);
    let [disk_bio, disk_issue] = orders(arm, View::Disk);
    let mut document = json!({
        "name": arm.name,
        "device": arm.device,
        "digest": format!("{:016x}", arm.digest),
        "order": { "bio": bio, "issue": issue },
        "view_disk": { "bio": disk_bio, "issue": disk_issue },
        "figures": figures(&arm.figures),
        "results": arm.results.iter().map(|calls| results(calls)).collect::<Vec<_>>(),
    });
    if arm.chains.is_some() {
        document["explain"] = super::explain::data(arm);
    }
    document
}

fn results(calls: &[i64]) -> Vec<Value> {
    calls.iter().map(|&result| result_value(result)).collect()
}

/// Figures by their names; a name with dots is a path.
fn figures(summary: &Summary) -> Value {
    let mut figures = Map::new();
    for (name, figure) in summary.figures() {
        insert(&mut figures, &name, json!(figure));
    }
    Value::Object(figures)
}

fn insert(into: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => drop(into.insert(path.to_owned(), value)),
        Some((first, rest)) => {
            let below = into.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(below) = below {
                insert(below, rest, value);
            }
        }
    }
}

/// The last arm against the first; null with one arm.
fn comparison(run: &ScenarioRun) -> Value {
    let [left, .., right] = run.arms.as_slice() else { return Value::Null };
    let mut differences = Map::new();
    for ((name, before), (_, after)) in left.figures.figures().into_iter().zip(right.figures.figures()) {
        let difference = i128::from(after) - i128::from(before);
        // JSON numbers are 64 bits wide here; figures that differ by more do not occur.
        insert(&mut differences, &name, json!(i64::try_from(difference).unwrap_or(i64::MAX)));
    }
    json!({
        "left": left.name,
        "right": right.name,
        "right_minus_left": differences,
        "order": {
            "bio": moved(align(left.record.bios(), right.record.bios(), &|file| right.name_of(file))),
            "issue": moved(align(left.record.requests(), right.record.requests(), &|file| right.name_of(file))),
        },
        "in_words": in_words(run),
    })
}

fn moved(alignment: Alignment) -> Value {
    match alignment {
        Alignment::Aligned(moved) => {
            let one = |moved: Moved| {
                json!({
                    "blocks": moved.blocks,
                    "left": moved.left.as_ref().map(place),
                    "right": moved.right.as_ref().map(place),
                    "places": moved.places(&str::to_owned),
                })
            };
            json!({ "moved": moved.into_iter().map(one).collect::<Vec<_>>() })
        }
        Alignment::TooDifferent { left, right } => json!({ "too_different": [left, right] }),
    }
}

fn place(place: &Place) -> Value {
    json!({ "position": place.position, "before": place.before, "after": place.after })
}
