//! What two arms differ in, as the subject of a sentence: their scenarios, compared value by value.

use serde_json::{Map, Value};

use crate::run::ArmRun;

/// A value that two scenarios have different; none where it is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// The keys that lead to it.
    pub(super) path: Vec<String>,
    pub(super) left: Option<Value>,
    pub(super) right: Option<Value>,
}

impl Difference {
    /// The path with dots.
    pub(super) fn key(&self) -> String {
        self.path.join(".")
    }
}

/// What has no effect on a run.
const WITHOUT_EFFECT: [&str; 5] = ["$schema", "extends", "title", "arms", "expect"];

/// What the arms differ in. Another preset hides what goes with it.
pub(super) fn differences(left: &ArmRun, right: &ArmRun) -> Vec<Difference> {
    let value = |arm: &ArmRun| match serde_json::to_value(&arm.scenario) {
        Ok(Value::Object(mut keys)) => {
            keys.retain(|key, _| !WITHOUT_EFFECT.contains(&key.as_str()));
            keys
        }
        // A scenario is an object of plain values.
        Ok(_) | Err(_) => Map::new(),
    };
    let mut found = Vec::new();
    compare(&mut Vec::new(), &value(left), &value(right), &mut found);
    found
}

fn compare(
    path: &mut Vec<String>,
    left: &Map<String, Value>,
    right: &Map<String, Value>,
    found: &mut Vec<Difference>,
) {
    let mut keys: Vec<&String> = left.keys().chain(right.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    if left.get("preset") != right.get("preset") {
        keys.retain(|key| *key == "preset");
    }
    for key in keys {
        path.push(key.clone());
        match (left.get(key), right.get(key)) {
            (Some(Value::Object(left)), Some(Value::Object(right))) => compare(path, left, right, found),
            (left, right) if left != right => {
                let (left, right) = (left.cloned(), right.cloned());
                found.push(Difference { path: path.clone(), left, right });
            }
            _ => {}
        }
        path.pop();
    }
}

/// The differences as the subject of a sentence, the right arm's values first.
pub(super) fn subject(differences: &[Difference], right: &str) -> String {
    let names: Vec<String> = differences.iter().map(name).collect();
    match names.as_slice() {
        [] => format!("the same scenario in arm {right}"),
        [one] => one.clone(),
        [one, other] => format!("{one} with {other}"),
        [first, rest @ ..] => format!("{first} with {} other settings", rest.len()),
    }
}

fn name(difference: &Difference) -> String {
    let keys: Vec<&str> = difference.path.iter().map(String::as_str).collect();
    let instead = |name: &str| {
        let [right, left] = [&difference.right, &difference.left].map(|value| said(value.as_ref()));
        format!("{name}{}{right} instead of {left}", if name.is_empty() { "" } else { " " })
    };
    match keys.as_slice() {
        ["filesystem", "boundary"] => match difference.right {
            Some(Value::Bool(false)) => "leaving out boundary handling".to_owned(),
            _ => "boundary handling".to_owned(),
        },
        ["device", "preset"] => instead("device"),
        ["device", parameter] => instead(&format!("a device with {parameter}")),
        ["queue", "scheduler"] => instead("scheduler"),
        ["queue", "iosched", setting] | ["queue" | "vm", setting] => instead(setting),
        ["kernel", "version"] => instead("Linux"),
        ["kernel", "page_size"] => instead("pages of"),
        ["kernel", "memory"] => instead("memory of"),
        ["kernel", "cpu", "preset"] => instead("CPU times"),
        ["kernel", "cpu", cost] => instead(&format!("CPU time {cost} of")),
        ["kernel", setting] => instead(setting),
        ["filesystem", "block_size"] => instead("blocks of"),
        ["filesystem", "image"] => instead("image"),
        ["filesystem", "files", file, "layout"] => format!("another layout of {file}"),
        ["filesystem", "files", file, "fragments"] => instead(&format!("{file} in pieces,")),
        ["filesystem", "files", file, setting] => instead(&format!("{setting} of {file}")),
        ["filesystem", "files", file] => match difference.right {
            Some(_) => format!("a file {file}"),
            None => format!("no file {file}"),
        },
        ["workload", "tasks", task, ..] => format!("another task {task}"),
        ["workload", ..] => "another workload".to_owned(),
        ["setup"] => "another setup".to_owned(),
        ["pages"] => "another state of the cache".to_owned(),
        ["faults"] => "other faults".to_owned(),
        ["seed"] => instead("seed"),
        _ => instead(&difference.key()),
    }
}

fn said(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "the default".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(on)) => if *on { "on" } else { "off" }.to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Array(_) | Value::Object(_)) => "other values".to_owned(),
    }
}
