//! The schema is a file of the library, for editors; it changes only on purpose.

use scenarios::scenario::schema::scenario_schema;

#[test]
fn the_schema_is_the_one_that_lies_beside_the_library() {
    let schema = serde_json::to_string_pretty(&scenario_schema()).unwrap() + "\n";
    // To renew it: SNAPSHOTS=overwrite cargo test -p scenarios
    snapbox::assert_data_eq!(schema, snapbox::file!["../../library/scenario.schema.json"].raw());
}

#[test]
fn every_key_is_described() {
    let schema = scenario_schema();
    let types = schema.get("$defs").unwrap().as_object().unwrap().values().chain([schema.as_value()]);
    let objects = types.flat_map(|one| match one.get("anyOf").and_then(|choices| choices.as_array()) {
        Some(choices) => choices.iter().collect(),
        None => vec![one],
    });
    for object in objects {
        let keys = object.get("properties").and_then(|properties| properties.as_object());
        for (key, property) in keys.into_iter().flatten() {
            assert!(property.get("description").is_some(), "{key} has no description");
        }
    }
}
