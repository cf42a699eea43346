//! Paths to values of a scenario: `filesystem.boundary`, `filesystem.files."/a.b".size`,
//! `workload.calls.0`. A key with a dot, a quote or an equals sign in it is quoted like a JSON
//! string.

use std::ops::Range;

use schemars::Schema;
use serde_json::Value;

use super::check::alternatives;
use crate::nearest::help_for;

/// A step of a path, with the bytes of the text that it was written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The key, or the index of an array's element.
    pub key: String,
    /// Where in the text.
    pub span: Range<usize>,
}

/// What the last step of a path is, if it is the name of something that the scenario itself names: a
/// `file`, a `task`, an `arm`.
pub fn named_thing(schema: &Schema, path: &[Segment]) -> Option<&'static str> {
    let (last, before) = path.split_last()?;
    let kind = match before.last()?.key.as_str() {
        "files" => "file",
        "tasks" => "task",
        "arms" => "arm",
        _ => return None,
    };
    let here = schemas_at(schema, before).ok()?;
    let is_key = |schema: &&Value| schema.get("properties").is_some_and(|keys| keys.get(&last.key).is_some());
    (!here.iter().any(is_key)).then_some(kind)
}

/// What is wrong with a path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PathError {
    /// What.
    pub message: String,
    /// How it may be mended.
    pub help: Option<String>,
    /// Where in the text.
    pub span: Range<usize>,
}

impl PathError {
    pub(super) fn new(message: impl Into<String>, span: Range<usize>) -> PathError {
        PathError { message: message.into(), help: None, span }
    }
}

/// Reads a path from the start of `text`, up to an equals sign or the end; also gives the number of
/// bytes read.
///
/// # Errors
/// [`PathError`], if a step is empty or a quoted one does not end.
pub fn parse_path(text: &str) -> Result<(Vec<Segment>, usize), PathError> {
    let mut segments = Vec::new();
    let mut at = 0;
    loop {
        let segment = segment(text, at)?;
        at = segment.span.end;
        segments.push(segment);
        match text[at..].chars().next() {
            Some('.') => at += 1,
            Some('=') | None => return Ok((segments, at)),
            Some(_) => return Err(PathError::new("expected a dot or the path's end", at..text.len())),
        }
    }
}

fn segment(text: &str, start: usize) -> Result<Segment, PathError> {
    let rest = &text[start..];
    if rest.starts_with('"') {
        let mut strings = serde_json::Deserializer::from_str(rest).into_iter::<String>();
        return match strings.next() {
            Some(Ok(key)) => Ok(Segment { key, span: start..start + strings.byte_offset() }),
            _ => Err(PathError::new("this quoted key does not end, or is no JSON string", start..text.len())),
        };
    }
    let length = rest.find(['.', '=', '"']).unwrap_or(rest.len());
    if length == 0 {
        return Err(PathError::new("a key is missing in this path", start..text.len().min(start + 1)));
    }
    Ok(Segment { key: rest[..length].to_owned(), span: start..start + length })
}

/// The schemas that a value at this path may have.
///
/// # Errors
/// [`PathError`], if the schema has no such path.
pub fn schemas_at<'s>(schema: &'s Schema, path: &[Segment]) -> Result<Vec<&'s Value>, PathError> {
    let root = schema.as_value();
    let mut here = alternatives(root, root);
    for segment in path {
        let below = here.iter().find_map(|schema| below(schema, &segment.key));
        here = match below {
            Some(below) => alternatives(root, below),
            None => return Err(no_such_step(&here, segment)),
        };
    }
    Ok(here)
}

fn below<'s>(schema: &'s Value, key: &str) -> Option<&'s Value> {
    let property = schema.get("properties").and_then(|properties| properties.get(key));
    let other = || schema.get("additionalProperties").filter(|other| **other != Value::Bool(false));
    let item = || schema.get("items").filter(|_| key.parse::<usize>().is_ok());
    property.or_else(other).or_else(item)
}

fn no_such_step(here: &[&Value], segment: &Segment) -> PathError {
    let properties = here.iter().filter_map(|schema| schema.get("properties")?.as_object());
    let known: Vec<&str> = properties.flat_map(|keys| keys.keys()).map(String::as_str).collect();
    let message = format!("no key \"{}\" at this place of a scenario", segment.key);
    let help = match known.is_empty() {
        true => "the value before it has no keys".to_owned(),
        false => help_for(&segment.key, &known),
    };
    let help = Some(help);
    PathError { help, ..PathError::new(message, segment.span.clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::schema::scenario_schema;

    fn keys(text: &str) -> Vec<String> {
        parse_path(text).unwrap().0.into_iter().map(|segment| segment.key).collect()
    }

    #[test]
    fn odd_keys_are_quoted() {
        assert_eq!(keys("filesystem.boundary"), ["filesystem", "boundary"]);
        assert_eq!(keys(r#"filesystem.files."/a.b".size=1"#), ["filesystem", "files", "/a.b", "size"]);
        assert_eq!(keys(r#"arms."a\"b""#), ["arms", "a\"b"]);
        assert_eq!(parse_path("seed=1=2").unwrap().1, 4);
    }

    #[test]
    fn broken_paths_are_refused_with_their_place() {
        for (text, span) in [("", 0..0), ("a..b", 2..3), ("a.", 2..2), ("\"a", 0..2), ("\"a\"b", 3..4)] {
            assert_eq!(parse_path(text).unwrap_err().span, span, "{text}");
        }
    }

    #[test]
    fn a_path_that_hits_nothing_in_the_schema_is_refused() {
        let schema = scenario_schema();
        let find = |text: &str| schemas_at(&schema, &parse_path(text).unwrap().0).map(|found| found.len());
        assert_eq!(find("filesystem.files.\"/f\""), Ok(2));
        assert_eq!(find("kernel.cpu.preset"), Ok(1));
        assert_eq!(find("workload.calls.0"), Ok(1));
        let error = find("filesystem.bondary").unwrap_err();
        assert_eq!((error.span, error.help.as_deref()), (11..18, Some("did you mean \"boundary\"?")));
        assert!(find("workload.calls.first").is_err());
        assert!(find("seed.x").is_err());
    }
}
