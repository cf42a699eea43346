//! The JSON schema of scenario files, made from the types.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{Schema, json_schema};
use serde_json::Value;

use super::Scenario;

/// Where a plain string stands for an object with one key. `*` is any key.
pub const SHORTHANDS: [(&[&str], &str); 3] =
    [(&["device"], "preset"), (&["kernel", "cpu"], "preset"), (&["filesystem", "files", "*"], "layout")];

/// The schema of a scenario file.
pub fn scenario_schema() -> Schema {
    let settings = SchemaSettings::draft2020_12().with_transform(WithoutNull);
    settings.into_generator().into_root_schema_for::<Scenario>()
}

/// Lets the name of a preset stand for an object with nothing else.
pub fn or_preset_name(schema: &mut Schema) {
    or_string(schema, "The name of a preset.");
}

/// Lets a layout stand for an object with nothing else.
pub fn or_layout(schema: &mut Schema) {
    or_string(schema, "The file's layout.");
}

fn or_string(schema: &mut Schema, description: &str) {
    let object = std::mem::take(schema);
    let description_of_both = object.get("description").cloned().unwrap_or_default();
    *schema = json_schema!({
        "description": description_of_both,
        "anyOf": [{ "type": "string", "description": description }, object],
    });
}

/// A key that may be left out may not be `null` instead: takes out what schemars puts in for
/// `Option`.
#[derive(Clone, Debug)]
struct WithoutNull;

impl Transform for WithoutNull {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        if schema.get("default") == Some(&Value::Null) {
            schema.remove("default");
        }
        let single_type = match schema.get_mut("type") {
            Some(Value::Array(types)) => {
                types.retain(|kind| kind != "null");
                if types.len() == 1 { types.pop() } else { None }
            }
            _ => None,
        };
        if let Some(kind) = single_type {
            schema.insert("type".to_owned(), kind);
        }
        let only_choice = match schema.get_mut("anyOf") {
            Some(Value::Array(choices)) => {
                choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
                if choices.len() == 1 { choices.pop() } else { None }
            }
            _ => None,
        };
        if let Some(Value::Object(choice)) = only_choice {
            schema.remove("anyOf");
            for (key, value) in choice {
                schema.insert(key, value);
            }
        }
    }
}
