//! Shorthands, and laying one file over another.

use super::tree::{Member, Node, Tree};
use crate::scenario::schema::SHORTHANDS;

/// What a file replaces as a whole when it is laid over its base: its parts exclude each other.
const WHOLE: [&[&str]; 1] = [&["workload"]];

/// Puts the object in the place of each shorthand, so that overrides find its keys: `"x"` becomes
/// `{ "preset": "x" }`. The object has the place of the string.
pub fn expand_shorthands(tree: &mut Tree) {
    for (path, key) in SHORTHANDS {
        expand(tree, path, key);
    }
}

fn expand(tree: &mut Tree, path: &[&str], key: &str) {
    match path.split_first() {
        Some((first, rest)) => {
            for member in tree.members_mut().into_iter().flatten() {
                if *first == "*" || member.key == *first {
                    expand(&mut member.value, rest, key);
                }
            }
        }
        None if matches!(tree.node, Node::String(_)) => {
            let place = tree.place;
            let node = std::mem::replace(&mut tree.node, Node::Null);
            let value = Tree { place, node };
            tree.node = Node::Object(vec![Member { key: key.to_owned(), key_place: place, value }]);
        }
        None => {}
    }
}

/// Lays `over` over `base`: objects are joined key by key, everything else is replaced; so is an
/// object that names its own preset or layout.
pub fn lay_over(base: &mut Tree, over: Tree) {
    join(base, over, &mut Vec::new());
}

fn join(base: &mut Tree, over: Tree, path: &mut Vec<String>) {
    if starts_anew(&over, path) {
        *base = over;
        return;
    }
    let place = over.place;
    match (base.members_mut(), over.node) {
        (Some(members), Node::Object(new)) => {
            for member in new {
                match members.iter_mut().find(|known| known.key == member.key) {
                    Some(known) => {
                        known.key_place = member.key_place;
                        path.push(member.key);
                        join(&mut known.value, member.value, path);
                        path.pop();
                    }
                    None => members.push(member),
                }
            }
            base.place = place;
        }
        (_, node) => *base = Tree { place, node },
    }
}

fn starts_anew(over: &Tree, path: &[String]) -> bool {
    let is_at = |pattern: &[&str]| {
        pattern.len() == path.len() && pattern.iter().zip(path).all(|(step, key)| *step == "*" || step == key)
    };
    SHORTHANDS.iter().any(|(pattern, key)| is_at(pattern) && over.get(key).is_some())
        || WHOLE.iter().any(|pattern| is_at(pattern))
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::super::source::Sources;
    use super::*;

    fn tree(text: &str) -> Tree {
        let mut sources = Sources::new();
        let source = sources.add("x", text);
        let mut tree = parse(&sources, source, &mut Vec::new()).unwrap();
        expand_shorthands(&mut tree);
        tree
    }

    fn shown(tree: &Tree) -> String {
        match &tree.node {
            Node::Null => "null".to_owned(),
            Node::Bool(value) => value.to_string(),
            Node::Number(text) | Node::String(text) => text.clone(),
            Node::Array(elements) => {
                format!("[{}]", elements.iter().map(shown).collect::<Vec<_>>().join(" "))
            }
            Node::Object(members) => {
                let members: Vec<String> =
                    members.iter().map(|member| format!("{}:{}", member.key, shown(&member.value))).collect();
                format!("{{{}}}", members.join(" "))
            }
        }
    }

    #[test]
    fn strings_that_stand_for_objects_are_expanded() {
        let tree = tree(
            r#"{ "device": "x", "kernel": { "cpu": "none" }, "filesystem": { "files": { "/f": "0@1" } } }"#,
        );
        assert_eq!(
            shown(&tree),
            "{device:{preset:x} kernel:{cpu:{preset:none}} filesystem:{files:{/f:{layout:0@1}}}}"
        );
    }

    #[test]
    fn a_file_over_its_base_joins_objects_and_replaces_the_rest() {
        let mut base = tree(
            r#"{ "device": { "preset": "ideal", "latency": "1ms" }, "setup": ["drop"],
                 "queue": { "nomerges": 1, "max_segments": 2 }, "workload": { "calls": [] } }"#,
        );
        let over = tree(
            r#"{ "device": "x", "setup": [], "queue": { "nomerges": 2 }, "workload": { "tasks": {} }, "seed": 1 }"#,
        );
        lay_over(&mut base, over);
        assert_eq!(
            shown(&base),
            "{device:{preset:x} setup:[] queue:{nomerges:2 max_segments:2} workload:{tasks:{}} seed:1}"
        );
    }
}
