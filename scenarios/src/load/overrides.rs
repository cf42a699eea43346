//! Overrides: values put in the place of others, by path; from an arm or from `--set`.

use schemars::Schema;

use super::check::takes;
use super::diagnostic::Diagnostic;
use super::extend::expand_shorthands;
use super::parse::parse;
use super::path::{PathError, Segment, parse_path, schemas_at};
use super::source::{Place, SourceId, Sources};
use super::tree::{Member, Node, Tree};

/// An override, ready to be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Where it goes.
    pub path: Vec<Segment>,
    /// Where the path was written.
    pub path_place: Place,
    /// What goes there.
    pub value: Tree,
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
            let error = PathError { message: "an equals sign in a path".into(), help: None, span: 0..length };
            return Err(about_path(error, member.key_place, 1));
        }
        schemas_at(schema, &path).map_err(wrong)?;
        if FIXED.contains(&path[0].key.as_str()) {
            let message = format!("an arm cannot change \"{}\"", path[0].key);
            return Err(Diagnostic::new(member.key_place, message, "it belongs to the whole file"));
        }
        Ok(Override { path, path_place: member.key_place, value: member.value.clone() })
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
                "only in a file",
            ));
        }
        let place = Place { start: length + 1, ..whole };
        let plain = Tree { place, node: Node::String(value.to_owned()) };
        let takes_node = |node: &Node| schemas.iter().any(|schema| takes(schema, node));
        let value = match json(value, place) {
            Some(json) if takes_node(&json.node) || !takes_node(&plain.node) => json,
            _ => plain,
        };
        Ok(Override { path, path_place, value })
    }

    /// Whether what `self` changes lies in what `other` replaces.
    pub fn lies_within(&self, other: &Override) -> bool {
        other.path.len() <= self.path.len()
            && other.path.iter().zip(&self.path).all(|(theirs, ours)| theirs.key == ours.key)
    }

    /// Puts the value into the tree; objects on the way there are made where they are missing.
    ///
    /// # Errors
    /// The mistake, if the way leads through something that is neither object nor array, or past an
    /// array's end.
    pub fn apply(&self, tree: &mut Tree) -> Result<(), Diagnostic> {
        let mut here = &mut *tree;
        for segment in &self.path {
            here = match self.descend(here, segment) {
                Ok(below) => below,
                Err(message) => {
                    return Err(Diagnostic::new(self.path_place, message, "this path leads nowhere"));
                }
            };
        }
        *here = self.value.clone();
        expand_shorthands(tree);
        Ok(())
    }

    fn descend<'t>(&self, tree: &'t mut Tree, segment: &Segment) -> Result<&'t mut Tree, String> {
        let (key, kind) = (&segment.key, tree.kind());
        match &mut tree.node {
            Node::Object(members) => {
                let index = members.iter().position(|member| member.key == *key).unwrap_or_else(|| {
                    let value = Tree { place: self.path_place, node: Node::Object(Vec::new()) };
                    members.push(Member { key: key.clone(), key_place: self.path_place, value });
                    members.len() - 1
                });
                Ok(&mut members[index].value)
            }
            Node::Array(elements) => {
                let length = elements.len();
                let index = key.parse::<usize>().map_err(|_| format!("\"{key}\" is no index of an array"))?;
                elements.get_mut(index).ok_or_else(|| format!("there is no element {index} of {length}"))
            }
            _ => Err(format!("there is no \"{key}\" in {kind}")),
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
    let mut tree = parse(&alone, source).ok()?;
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
        let mut tree = parse(&sources, source).unwrap();
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
        let mut tree = parse(&sources, source).unwrap();
        assert!(set("setup.0=sleep 5").unwrap().apply(&mut tree).is_ok());
        let mistake = set("setup.1=drop").unwrap().apply(&mut tree).unwrap_err();
        assert_eq!(mistake.message, "there is no element 1 of 1");
        assert!(set("seed").unwrap_err().message.contains("missing"));
        assert!(set("extends=x").is_err());
    }
}
