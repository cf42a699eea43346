//! The tree against the JSON schema: one generic walk that finds all mistakes of form.
//!
//! It knows the part of JSON Schema that the schema generated here uses: references, types, `anyOf`
//! between different types, properties, `required`, items, enumerations, bounds, and the formats of
//! quantities. Which of several alternatives is meant is told by the type of what was written.

use schemars::Schema;
use serde_json::{Map, Value};

use super::diagnostic::Diagnostic;
use super::source::Place;
use super::tree::{Member, Node, Tree};
use crate::nearest::{help_for, nearest};
use crate::quantity::{SIZE_FORMAT, TIME_FORMAT, parse_size, parse_time};

/// Keys of the design that the simulator cannot act upon yet, by their path.
const NOT_BUILT: [(&str, &str); 3] = [
    ("vm", "settings of writeback and dirty throttling"),
    ("workload.replay", "replaying a block trace"),
    ("queue.write_cache", "the flush machinery of a volatile cache"),
];

/// All mistakes of form in `tree`.
pub fn check(tree: &Tree, schema: &Schema) -> Vec<Diagnostic> {
    let mut checker = Checker { root: schema.as_value(), path: Vec::new(), mistakes: Vec::new() };
    checker.value(tree, schema.as_value());
    checker.mistakes
}

/// Follows a reference to its definition; anything else is itself.
pub(super) fn resolve<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    match target.and_then(|pointer| root.pointer(pointer)) {
        Some(target) => resolve(root, target),
        None => schema,
    }
}

/// The alternatives of a schema: its `anyOf`, or itself.
pub(super) fn alternatives<'s>(root: &'s Value, schema: &'s Value) -> Vec<&'s Value> {
    let schema = resolve(root, schema);
    match schema.get("anyOf") {
        Some(Value::Array(choices)) => choices.iter().flat_map(|choice| alternatives(root, choice)).collect(),
        _ => vec![schema],
    }
}

/// Whether a schema takes values of a node's type.
pub(super) fn takes(schema: &Value, node: &Node) -> bool {
    let Some(wanted) = type_of(schema) else { return true };
    match node {
        Node::Null => wanted == "null",
        Node::Bool(_) => wanted == "boolean",
        Node::Number(_) => matches!(wanted, "integer" | "number"),
        Node::String(_) => wanted == "string",
        Node::Array(_) => wanted == "array",
        Node::Object(_) => wanted == "object",
    }
}

fn type_of(schema: &Value) -> Option<&str> {
    // Enumerations whose members have descriptions of their own are generated as a `oneOf`.
    let listed = || enumeration(schema).map(|_| "string");
    schema.get("type").and_then(Value::as_str).or_else(listed)
}

/// The strings that an enumeration consists of.
fn enumeration(schema: &Value) -> Option<Vec<&str>> {
    if let Some(Value::Array(values)) = schema.get("enum") {
        return values.iter().map(Value::as_str).collect();
    }
    match schema.get("oneOf") {
        Some(Value::Array(choices)) => {
            let lists = choices.iter().map(|choice| match choice.get("const") {
                Some(constant) => constant.as_str().map(|name| vec![name]),
                None => enumeration(choice),
            });
            lists.collect::<Option<Vec<_>>>().map(|lists| lists.concat())
        }
        _ => None,
    }
}

/// What a schema wants, in words.
fn describe(schema: &Value) -> String {
    match (type_of(schema), schema.get("format").and_then(Value::as_str)) {
        (_, Some(SIZE_FORMAT)) => "a size with its unit, such as \"64KiB\"".to_owned(),
        (_, Some(TIME_FORMAT)) => "a time with its unit, such as \"5ms\"".to_owned(),
        (Some("string"), _) => match enumeration(schema) {
            Some(names) => one_of(&names),
            None => "a string".to_owned(),
        },
        (Some("integer"), _) => "a whole number".to_owned(),
        (Some("number"), _) => "a number".to_owned(),
        (Some("boolean"), _) => "true or false".to_owned(),
        (Some("array"), _) => "an array".to_owned(),
        (Some("object"), _) => "an object".to_owned(),
        (Some(other), _) => other.to_owned(),
        (None, _) => "any value".to_owned(),
    }
}

fn one_of(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    match quoted.as_slice() {
        [only] => only.clone(),
        _ => format!("one of {}", quoted.join(", ")),
    }
}

struct Checker<'s> {
    root: &'s Value,
    path: Vec<String>,
    mistakes: Vec<Diagnostic>,
}

impl<'s> Checker<'s> {
    fn mistake(&mut self, place: Place, message: impl Into<String>, expected: impl Into<String>) {
        self.mistakes.push(Diagnostic::new(place, message, format!("expected {}", expected.into())));
    }

    fn value(&mut self, tree: &Tree, schema: &'s Value) {
        let choices = alternatives(self.root, schema);
        let Some(schema) = choices.iter().find(|choice| takes(choice, &tree.node)) else {
            let wanted: Vec<String> = choices.iter().map(|choice| describe(choice)).collect();
            let message = match (&tree.node, choices.as_slice()) {
                (Node::Number(number), [only]) => without_unit(number, only),
                _ => None,
            };
            let message = message.unwrap_or_else(|| format!("{} does not belong here", tree.kind()));
            self.mistake(tree.place, message, wanted.join(" or "));
            return;
        };
        match &tree.node {
            Node::Object(members) => self.object(tree.place, members, schema),
            Node::Array(elements) => {
                if let Some(items) = schema.get("items") {
                    for (index, element) in elements.iter().enumerate() {
                        self.below(&index.to_string(), element, items);
                    }
                }
            }
            Node::String(text) => self.string(tree.place, text, schema),
            Node::Number(text) => self.number(tree.place, text, schema),
            Node::Null | Node::Bool(_) => {}
        }
    }

    fn below(&mut self, key: &str, tree: &Tree, schema: &'s Value) {
        self.path.push(key.to_owned());
        self.value(tree, schema);
        self.path.pop();
    }

    fn object(&mut self, place: Place, members: &[Member], schema: &'s Value) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let property = |key: &str| properties.and_then(|properties| properties.get(key));
        for member in members {
            match (property(&member.key), schema.get("additionalProperties")) {
                (Some(below), _) => self.below(&member.key, &member.value, below),
                (None, Some(Value::Bool(false))) => self.unknown_key(member, properties),
                (None, Some(below)) => self.below(&member.key, &member.value, below),
                (None, None) => {}
            }
        }
        let required = schema.get("required").and_then(Value::as_array);
        for key in required.into_iter().flatten().filter_map(Value::as_str) {
            if !members.iter().any(|member| member.key == key) {
                // The opening brace: the whole object may be long.
                let place = Place { end: place.end.min(place.start + 1), ..place };
                self.mistake(
                    place,
                    format!("the key \"{key}\" is missing"),
                    format!("a key \"{key}\" in this object"),
                );
            }
        }
    }

    fn unknown_key(&mut self, member: &Member, properties: Option<&Map<String, Value>>) {
        self.path.push(member.key.clone());
        let path = self.path.join(".");
        self.path.pop();
        if let Some((_, what)) = NOT_BUILT.iter().find(|(known, _)| *known == path) {
            let message = format!("\"{}\" is not built yet: {what}", member.key);
            self.mistakes.push(Diagnostic::new(
                member.key_place,
                message,
                "cannot be acted upon, so it is refused",
            ));
            return;
        }
        let known: Vec<&str> = properties.into_iter().flat_map(Map::keys).map(String::as_str).collect();
        let mistake = Diagnostic::new(
            member.key_place,
            format!("unknown key \"{}\"", member.key),
            "not a key of this object",
        );
        self.mistakes.push(mistake.with_help(help_for(&member.key, &known)));
    }

    fn string(&mut self, place: Place, text: &str, schema: &Value) {
        if let Some(names) = enumeration(schema) {
            if !names.contains(&text) {
                let message = format!("\"{text}\" is not a value of this key");
                let mistake = Diagnostic::new(place, message, format!("expected {}", one_of(&names)));
                let help =
                    nearest(text, names.iter().copied()).map(|name| format!("did you mean \"{name}\"?"));
                self.mistakes.push(Diagnostic { help, ..mistake });
            }
            return;
        }
        let problem = match schema.get("format").and_then(Value::as_str) {
            Some(SIZE_FORMAT) => parse_size(text).err(),
            Some(TIME_FORMAT) => parse_time(text).err(),
            _ => None,
        };
        if let Some(problem) = problem {
            self.mistake(place, problem.to_string(), describe(schema));
        }
    }

    fn number(&mut self, place: Place, text: &str, schema: &Value) {
        if type_of(schema) != Some("integer") {
            return;
        }
        let bound = |key: &str| schema.get(key).and_then(Value::as_i64).map(i128::from);
        let (least, most) = (bound("minimum"), bound("maximum"));
        let wanted = match (least, most) {
            (Some(least), Some(most)) => format!("a whole number from {least} to {most}"),
            (Some(least), None) => format!("a whole number from {least} on"),
            _ => "a whole number".to_owned(),
        };
        let Ok(value) = text.parse::<i128>() else {
            self.mistake(place, format!("{text} is not a whole number"), wanted);
            return;
        };
        if least.is_some_and(|least| value < least) {
            self.mistake(place, format!("{text} is too small"), wanted);
        } else if most.is_some_and(|most| value > most) {
            self.mistake(place, format!("{text} is too large"), wanted);
        }
    }
}

/// What to say about a bare number where a quantity belongs.
fn without_unit(number: &str, schema: &Value) -> Option<String> {
    match schema.get("format").and_then(Value::as_str) {
        Some(SIZE_FORMAT) => parse_size(number).err().map(|problem| problem.to_string()),
        Some(TIME_FORMAT) => parse_time(number).err().map(|problem| problem.to_string()),
        _ => None,
    }
}
