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
const NOT_BUILT: [(&str, &str); 2] = [
    ("workload.replay", "replaying a block trace"),
    ("queue.write_cache", "the flush machinery of a volatile cache"),
];

/// Finds all mistakes of form in `tree` and takes what they spoil out of it, so that the rest can be
/// read: of an object a key, of an array all elements, of named things what was said of them.
pub fn check(tree: &mut Tree, schema: &Schema) -> Vec<Diagnostic> {
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

    /// Whether the value can be read, once the parts of it are gone that cannot.
    fn value(&mut self, tree: &mut Tree, schema: &'s Value) -> bool {
        let choices = alternatives(self.root, schema);
        let Some(schema) = choices.iter().find(|choice| takes(choice, &tree.node)) else {
            self.wrong_type(tree, &choices);
            return false;
        };
        let place = tree.place;
        match &mut tree.node {
            Node::Object(members) => self.object(place, members, schema),
            Node::Array(elements) => {
                self.array(elements, schema);
                true
            }
            Node::String(text) => self.string(place, text, schema),
            Node::Number(text) => self.number(place, text, schema),
            Node::Null | Node::Bool(_) => true,
        }
    }

    fn wrong_type(&mut self, tree: &Tree, choices: &[&Value]) {
        let wanted: Vec<String> = choices.iter().map(|choice| describe(choice)).collect();
        let message = match (&tree.node, choices) {
            (Node::Number(number), [only]) => without_unit(number, only),
            _ => None,
        };
        let message = message.unwrap_or_else(|| format!("{} does not belong here", tree.kind()));
        self.mistake(tree.place, message, wanted.join(" or "));
    }

    fn below(&mut self, key: &str, tree: &mut Tree, schema: &'s Value) -> bool {
        self.path.push(key.to_owned());
        let sound = self.value(tree, schema);
        self.path.pop();
        sound
    }

    fn array(&mut self, elements: &mut Vec<Tree>, schema: &'s Value) {
        let Some(items) = schema.get("items") else { return };
        let mut sound = true;
        for (index, element) in elements.iter_mut().enumerate() {
            sound &= self.below(&index.to_string(), element, items);
        }
        // The others would have other numbers, or lack what the wrong one was to do.
        if !sound {
            elements.clear();
        }
    }

    fn object(&mut self, place: Place, members: &mut Vec<Member>, schema: &'s Value) -> bool {
        let properties = schema.get("properties").and_then(Value::as_object);
        let property = |key: &str| properties.and_then(|properties| properties.get(key));
        let required = schema.get("required").and_then(Value::as_array);
        let required: Vec<&str> = required.into_iter().flatten().filter_map(Value::as_str).collect();
        let mut complete = true;
        for key in required.iter().filter(|key| !members.iter().any(|member| member.key == **key)) {
            complete = false;
            // The opening brace: the whole object may be long.
            let place = Place { end: place.end.min(place.start + 1), ..place };
            self.mistake(
                place,
                format!("the key \"{key}\" is missing"),
                format!("a key \"{key}\" in this object"),
            );
        }
        members.retain_mut(|member| match (property(&member.key), schema.get("additionalProperties")) {
            (Some(below), _) => {
                let sound = self.below(&member.key, &mut member.value, below);
                complete &= sound || !required.contains(&member.key.as_str());
                sound
            }
            (None, Some(Value::Bool(false))) => {
                self.unknown_key(member, properties);
                false
            }
            (None, Some(below)) => {
                if !self.below(&member.key, &mut member.value, below) {
                    // The name stays: it may be spoken of elsewhere.
                    member.value.node = Node::Object(Vec::new());
                }
                true
            }
            (None, None) => true,
        });
        complete
    }

    fn unknown_key(&mut self, member: &Member, properties: Option<&Map<String, Value>>) {
        self.path.push(member.key.clone());
        let path = self.path.join(".");
        self.path.pop();
        if let Some((_, what)) = NOT_BUILT.iter().find(|(known, _)| *known == path) {
            let message = format!("\"{}\" is not built yet: {what}", member.key);
            let mistake =
                Diagnostic::new(member.key_place, message, "cannot be acted upon, so it is refused");
            self.mistakes.push(mistake.with_help("leave it out"));
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

    fn string(&mut self, place: Place, text: &str, schema: &Value) -> bool {
        if let Some(names) = enumeration(schema) {
            let known = names.contains(&text);
            if !known {
                let message = format!("\"{text}\" is not a value of this key");
                let mistake = Diagnostic::new(place, message, format!("expected {}", one_of(&names)));
                let help =
                    nearest(text, names.iter().copied()).map(|name| format!("did you mean \"{name}\"?"));
                self.mistakes.push(Diagnostic { help, ..mistake });
            }
            return known;
        }
        let problem = match schema.get("format").and_then(Value::as_str) {
            Some(SIZE_FORMAT) => parse_size(text).err(),
            Some(TIME_FORMAT) => parse_time(text).err(),
            _ => None,
        };
        if let Some(problem) = &problem {
            self.mistake(place, problem.to_string(), describe(schema));
        }
        problem.is_none()
    }

    fn number(&mut self, place: Place, text: &str, schema: &Value) -> bool {
        if type_of(schema) != Some("integer") {
            return true;
        }
        let bound = |key: &str| schema.get(key).and_then(Value::as_i64).map(i128::from);
        // The formats are those of Rust's types.
        let of_type = match schema.get("format").and_then(Value::as_str) {
            Some("uint8") => Some(i128::from(u8::MAX)),
            Some("uint16") => Some(i128::from(u16::MAX)),
            Some("uint32") => Some(i128::from(u32::MAX)),
            Some("uint64") => Some(i128::from(u64::MAX)),
            _ => None,
        };
        let (least, most) = (bound("minimum"), bound("maximum").or(of_type));
        let wanted = match (least, most) {
            // Nobody comes near the limit of the larger types by mistake.
            (Some(least), Some(most)) if most < i128::from(u32::MAX) || text.len() > 9 => {
                format!("a whole number from {least} to {most}")
            }
            (Some(least), _) => format!("a whole number from {least} on"),
            _ => "a whole number".to_owned(),
        };
        let problem = match text.parse::<i128>() {
            Err(_) => "is not a whole number",
            Ok(value) if least.is_some_and(|least| value < least) => "is too small",
            Ok(value) if most.is_some_and(|most| value > most) => "is too large",
            Ok(_) => return true,
        };
        self.mistake(place, format!("{text} {problem}"), wanted);
        false
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
