//! From a problem of meaning, told by a path into the scenario, to the place where that was written.

use std::ops::Range;

use super::diagnostic::Diagnostic;
use super::source::{Place, Sources};
use super::tree::{Node, Step, Tree};
use crate::prepare::{Problem, Second};

/// The problem as a mistake in the text that `tree` was read from.
pub(super) fn locate(problem: Problem, tree: &Tree, sources: &Sources) -> Diagnostic {
    let place = |path: &[Step], span: &Option<Range<usize>>| {
        let value = tree.nearest(path);
        let inside = span.as_ref().and_then(|span| inside_string(value, span, sources));
        inside.unwrap_or_else(|| match path.iter().try_fold(tree, |tree, step| tree.step(step)) {
            Some(_) => value.place,
            None => opening_of(value.place, sources),
        })
    };
    let key = problem.of_key.then(|| place_of_key(&problem.path, tree)).flatten();
    let place_of_problem = key.unwrap_or_else(|| place(&problem.path, &problem.span));
    let diagnostic = Diagnostic::new(place_of_problem, problem.message, problem.expected);
    let second = problem.second.map(|Second { path, span, what }| Box::new((place(&path, &span), what)));
    Diagnostic { help: problem.help, second, ..diagnostic }
}

/// Where the key at the end of `path` is written.
fn place_of_key(path: &[Step], tree: &Tree) -> Option<Place> {
    let (Step::Key(last), above) = path.split_last()? else { return None };
    let object = above.iter().try_fold(tree, |tree, step| tree.step(step))?;
    object.members().iter().find(|member| member.key == *last).map(|member| member.key_place)
}

/// The brace that an object begins with: where a key is missing the whole object may be long.
fn opening_of(place: Place, sources: &Sources) -> Place {
    let written = sources.get(place.source).text.get(place.span()).unwrap_or_default();
    if written.starts_with('{') { Place { end: place.start + 1, ..place } } else { place }
}

/// A part of a string's value as it is written; `None` if the value was not written as a string.
fn inside_string(value: &Tree, span: &Range<usize>, sources: &Sources) -> Option<Place> {
    let Node::String(string) = &value.node else { return None };
    let text = &sources.get(value.place.source).text;
    let written = text.get(value.place.span())?;
    let at = |offset| Some(value.place.start + written_offset(written, string, offset)?);
    Some(Place { start: at(span.start)?, end: at(span.end)?, ..value.place })
}

/// Where in `written`, a JSON string or the value itself, byte `offset` of its value stands.
fn written_offset(written: &str, value: &str, offset: usize) -> Option<usize> {
    if written == value {
        return Some(offset);
    }
    let inside = written.strip_prefix('"')?.strip_suffix('"')?;
    let (mut read, mut at) = (0, 0);
    while read < offset {
        let rest = inside.get(at..)?;
        let length = match rest.strip_prefix('\\') {
            // A character beyond 16 bits is written as two escapes, the first of them \ud800 to \udbff.
            Some(escape) if escape.get(..3).is_some_and(is_high_surrogate) => 12,
            Some(escape) if escape.starts_with('u') => 6,
            Some(_) => 2,
            None => rest.chars().next()?.len_utf8(),
        };
        read += value.get(read..)?.chars().next()?.len_utf8();
        at += length;
    }
    Some(at + 1)
}

fn is_high_surrogate(escape: &str) -> bool {
    ["ud8", "ud9", "uda", "udb"].contains(&escape.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::written_offset;

    #[test]
    fn a_place_in_a_string_is_found_behind_escapes() {
        let (written, value) = (r#""a\\040b \u00e4 \ud83d\ude00 c""#, "a\\040b \u{e4} \u{1f600} c");
        let shown =
            |text: &str| written_offset(written, value, value.find(text).unwrap()).map(|at| &written[at..]);
        assert_eq!(shown("b"), Some(r#"b \u00e4 \ud83d\ude00 c""#));
        assert_eq!(shown("c"), Some(r#"c""#));
        assert_eq!(written_offset(written, value, value.len()), Some(written.len() - 1));
        assert_eq!(written_offset("plain", "plain", 3), Some(3));
    }
}
