//! Overrides: values put in the place of others, by path; from an arm or from `--set`.

use schemars::Schema;

use super::check::takes;
use super::diagnostic::Diagnostic;
use super::extend::expand_shorthands;
use super::parse::parse;
use super::path::{PathError, Segment, named_thing, parse_path, schemas_at};
use super::source::{Place, SourceId, Sources};
use super::tree::{Member, Node, Tree};
use crate::nearest::help_for;

/// An override, ready to be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Where it goes.
    pub path: Vec<Segment>,
    /// Where the path was written.
    pub path_place: Place,
    /// What goes there.
    pub value: Tree,
    /// For each step, what it names if it is the name of something that the scenario itself names.
    names: Vec<Option<&'static str>>,
    /// How far into its place the path begins: behind a quote or at once.
    quote: usize,
}

fn names(schema: &Schema, path: &[Segment]) -> Vec<Option<&'static str>> {
    (1..=path.len()).map(|length| named_thing(schema, &path[..length])).collect()
}

/// Keys of the whole file, which an override comes too late for.
const FIXED: [&str; 4] = ["$schema", "extends", "arms", "expect"];

impl Override {
    /// An override of an arm: a key with its value.
    ///
    /// # Errors
    /// The mistake in the path.
    pub fn of_arm(member: &Member, schema: &Schema) -> Result<Override, Diagnostic> {
        let wrong = |error: PathError| about_path(error, member.key_place, 1);
        let (path, length) = parse_path(&member.key).map_err(wrong)?;
        if length < member.key.len() {
            let span = length..length + 1;
            let help = Some("the value stands behind the colon, as in any object".to_owned());
            let error = PathError { message: "an equals sign in an arm's path".into(), help, span };
            return Err(about_path(error, member.key_place, 1));
        }
        schemas_at(schema, &path).map_err(wrong)?;
        if FIXED.contains(&path[0].key.as_str()) {
            let message = format!("an arm cannot change \"{}\"", path[0].key);
            let mistake = Diagnostic::new(member.key_place, message, "it belongs to the whole file");
            return Err(mistake.with_help("say it beside \"arms\", for all of them"));
        }
        let (names, value) = (names(schema, &path), member.value.clone());
        Ok(Override { path, path_place: member.key_place, value, names, quote: 1 })
    }

    /// An override of the command line, `PATH=VALUE`. The value is JSON, or the text of a string
    /// where it is no JSON or where only a string can stand.
    ///
    /// # Errors
    /// The mistake in the path.
    pub fn of_command_line(
        text: &str,
        sources: &mut Sources,
        schema: &Schema,
    ) -> Result<Override, Diagnostic> {
        let source = sources.add("--set", text);
        let whole = Place { source, start: 0, end: text.len() };
        let wrong = |error: PathError| about_path(error, whole, 0);
        let (path, length) = parse_path(text).map_err(wrong)?;
        let Some(value) = text[length..].strip_prefix('=') else {
            return Err(Diagnostic::new(whole, "a value is missing", "expected PATH=VALUE"));
        };
        let path_place = Place { end: length, ..whole };
        let schemas = schemas_at(schema, &path).map_err(wrong)?;
        if ["$schema", "extends"].contains(&path[0].key.as_str()) {
            return Err(Diagnostic::new(
                path_place,
                format!("cannot set \"{}\"", path[0].key),
                "expected a path to a value of the scenario",
            )
            .with_help("say it in the file"));
        }
        let place = Place { start: length + 1, ..whole };
        let plain = Tree { place, node: Node::String(value.to_owned()) };
        let takes_node = |node: &Node| schemas.iter().any(|schema| takes(schema, node));
        let value = match json(value, place) {
            Some(json) if takes_node(&json.node) || !takes_node(&plain.node) => json,
            _ => plain,
        };
        let names = names(schema, &path);
        Ok(Override { path, path_place, value, names, quote: 0 })
    }

    /// Whether what `self` changes lies in what `other` replaces.
    pub fn lies_within(&self, other: &Override) -> bool {
        other.path.len() <= self.path.len()
            && other.path.iter().zip(&self.path).all(|(theirs, ours)| theirs.key == ours.key)
    }

    /// Puts the value into the tree; objects on the way there are made where they are missing.
    ///
    /// # Errors
    /// The mistake, if the way leads through something that is neither object nor array, past an
    /// array's end, or into a file, task or arm that there is not.
    pub fn apply(&self, tree: &mut Tree) -> Result<(), Diagnostic> {
        let mut here = &mut *tree;
        for step in 0..self.path.len() {
            here = match self.descend(here, step) {
                Ok(below) => below,
                Err(error) => return Err(about_path(error, self.path_place, self.quote)),
            };
        }
        *here = self.value.clone();
        expand_shorthands(tree);
        Ok(())
    }

    fn descend<'t>(&self, tree: &'t mut Tree, step: usize) -> Result<&'t mut Tree, PathError> {
        let Segment { key, span } = &self.path[step];
        let kind = tree.kind();
        let wrong = |message: String, help: Option<String>| PathError {
            help,
            ..PathError::new(message, span.clone())
        };
        match &mut tree.node {
            Node::Object(members) => {
                let known = members.iter().position(|member| member.key == *key);
                if let (None, Some(thing)) = (known, self.names[step].filter(|_| step + 1 < self.path.len()))
                {
                    let names: Vec<&str> = members.iter().map(|member| member.key.as_str()).collect();
                    let message = format!("this hits nothing: there is no {thing} \"{key}\"");
                    return Err(wrong(message, Some(help_for(key, &names))));
                }
                let index = known.unwrap_or_else(|| {
                    let value = Tree { place: self.path_place, node: Node::Object(Vec::new()) };
                    members.push(Member { key: key.clone(), key_place: self.path_place, value });
                    members.len() - 1
                });
                Ok(&mut members[index].value)
            }
            Node::Array(elements) => {
                let length = elements.len();
                let index = key.parse::<usize>().ok().filter(|index| *index < length);
                index.map(|index| &mut elements[index]).ok_or_else(|| {
                    let message = format!("this hits nothing: there is no element {key} of {length}");
                    wrong(message, Some("elements are counted from 0".to_owned()))
                })
            }
            _ => Err(wrong(format!("this hits nothing: there is no \"{key}\" in {kind}"), None)),
        }
    }
}

/// A mistake in a path that was written at `place`, `quote` bytes into it. If escapes make the
/// text longer than the path, the whole place is shown.
fn about_path(error: PathError, place: Place, quote: usize) -> Diagnostic {
    let (start, end) = (place.start + quote + error.span.start, place.start + quote + error.span.end);
    let inside = end + quote <= place.end;
    let shown = if inside { Place { start, end, ..place } } else { place };
    let diagnostic = Diagnostic::new(shown, error.message, "expected a path to a value of the scenario");
    Diagnostic { help: error.help, ..diagnostic }
}

/// `text` as JSON that stands at `place`; `None` if it is none.
fn json(text: &str, place: Place) -> Option<Tree> {
    let mut alone = Sources::new();
    let source = alone.add("value", text);
    let mut mistakes = Vec::new();
    let mut tree = parse(&alone, source, &mut mistakes).ok().filter(|_| mistakes.is_empty())?;
    shift(&mut tree, place.source, place.start);
    Some(tree)
}

fn shift(tree: &mut Tree, source: SourceId, offset: usize) {
    let shifted = |place: Place| Place { source, start: place.start + offset, end: place.end + offset };
    tree.place = shifted(tree.place);
    match &mut tree.node {
        Node::Array(elements) => elements.iter_mut().for_each(|element| shift(element, source, offset)),
        Node::Object(members) => {
            for member in members {
                member.key_place = shifted(member.key_place);
                shift(&mut member.value, source, offset);
            }
        }
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::schema::scenario_schema;

    fn set(text: &str) -> Result<Override, Diagnostic> {
        Override::of_command_line(text, &mut Sources::new(), &scenario_schema())
    }

    #[test]
    fn the_schema_decides_whether_a_value_is_text() {
        assert_eq!(set("kernel.version=6.1").unwrap().value.node, Node::String("6.1".into()));
        assert_eq!(set("seed=6").unwrap().value.node, Node::Number("6".into()));
        assert_eq!(set("kernel.memory=64MiB").unwrap().value.node, Node::String("64MiB".into()));
        assert_eq!(set("kernel.memory=\"64MiB\"").unwrap().value.node, Node::String("64MiB".into()));
        assert!(matches!(set("device={\"preset\":\"ideal\"}").unwrap().value.node, Node::Object(_)));
        assert_eq!(set("filesystem.boundary=false").unwrap().value.node, Node::Bool(false));
        assert_eq!(set("filesystem.boundary=1").unwrap().value.node, Node::Number("1".into()));
    }

    #[test]
    fn objects_on_the_way_are_made() {
        let mut sources = Sources::new();
        let source = sources.add("x", "{}");
        let mut tree = parse(&sources, source, &mut Vec::new()).unwrap();
        set("filesystem.files.\"/a.b\"=0@5").unwrap().apply(&mut tree).unwrap();
        set("filesystem.files.\"/a.b\".size=1KiB").unwrap().apply(&mut tree).unwrap();
        set("device=ideal").unwrap().apply(&mut tree).unwrap();
        set("device.latency=1ms").unwrap().apply(&mut tree).unwrap();
        let at = |path: &[&str]| path.iter().try_fold(&tree, |tree, key| tree.get(key)).cloned();
        assert_eq!(at(&["filesystem", "files", "/a.b", "size"]).unwrap().node, Node::String("1KiB".into()));
        assert_eq!(at(&["device", "preset"]).unwrap().node, Node::String("ideal".into()));
        assert_eq!(at(&["device", "latency"]).unwrap().node, Node::String("1ms".into()));
    }

    #[test]
    fn a_path_that_leads_nowhere_is_told() {
        let mut sources = Sources::new();
        let source = sources.add("x", r#"{ "setup": ["drop"] }"#);
        let mut tree = parse(&sources, source, &mut Vec::new()).unwrap();
        assert!(set("setup.0=sleep 5").unwrap().apply(&mut tree).is_ok());
        let mistake = set("setup.1=drop").unwrap().apply(&mut tree).unwrap_err();
        assert_eq!(mistake.message, "this hits nothing: there is no element 1 of 1");
        let mistake = set("filesystem.files.\"/f\".size=1KiB").unwrap().apply(&mut tree).unwrap_err();
        assert_eq!(mistake.message, "this hits nothing: there is no file \"/f\"");
        assert!(set("seed").unwrap_err().message.contains("missing"));
        assert!(set("extends=x").is_err());
    }
}
