//! Text to tree: JSON with comments and trailing commas, and no other leniency.
//!
//! Beyond what the parser finds: keys that come twice, raw control characters in strings, and
//! numbers that JSON does not know.

use jsonc_parser::ast::{ObjectProp, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};

use super::diagnostic::Diagnostic;
use super::not_json::not_json;
use super::source::{Place, SourceId, Sources};
use super::tree::{Member, Node, Tree};

const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_loose_object_property_names: false,
    allow_trailing_commas: true,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Parses one of the texts. Mistakes that leave a tree are added to `mistakes`: keys that come twice
/// (the first stands), control characters, numbers that are none.
///
/// # Errors
/// The mistake of syntax that leaves no tree.
pub fn parse(
    sources: &Sources,
    source: SourceId,
    mistakes: &mut Vec<Diagnostic>,
) -> Result<Tree, Diagnostic> {
    let text = &sources.get(source).text;
    let place = |start: usize, end: usize| Place { source, start, end: end.min(text.len()) };
    if text.starts_with(BYTE_ORDER_MARK) {
        let mark = place(0, BYTE_ORDER_MARK.len_utf8());
        let mistake = Diagnostic::new(mark, "a byte order mark before the scenario", "expected `{`");
        return Err(mistake.with_help("save the file as UTF-8 without a byte order mark"));
    }
    let collect = CollectOptions { comments: CommentCollectionStrategy::Off, tokens: false };
    let parsed = parse_to_ast(text, &collect, &OPTIONS).map_err(|error| {
        let range = error.range();
        not_json(error.kind(), text, place(range.start.min(text.len()), range.end))
    })?;
    let Some(value) = parsed.value else {
        let mistake = Diagnostic::new(place(0, text.len()), "the file is empty", "expected an object");
        return Err(mistake.with_help("the least scenario is { \"workload\": { \"calls\": [] } }"));
    };
    Ok(Reader { text, source, mistakes }.tree(&value))
}

/// What some editors put in front of UTF-8 text.
const BYTE_ORDER_MARK: char = '\u{feff}';

struct Reader<'a> {
    text: &'a str,
    source: SourceId,
    mistakes: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn place(&self, ranged: &impl Ranged) -> Place {
        let range = ranged.range();
        Place { source: self.source, start: range.start, end: range.end }
    }

    fn tree(&mut self, value: &Value<'_>) -> Tree {
        let place = self.place(value);
        let node = match value {
            Value::NullKeyword(_) => Node::Null,
            Value::BooleanLit(literal) => Node::Bool(literal.value),
            Value::NumberLit(literal) => {
                if serde_json::from_str::<serde_json::Number>(literal.value).is_err() {
                    let mistake = Diagnostic::new(place, "not a JSON number", "expected a number");
                    self.mistakes.push(mistake.with_help("no zeros in front, digits behind a point"));
                }
                Node::Number(literal.value.to_owned())
            }
            Value::StringLit(literal) => {
                self.check_string(place);
                Node::String(literal.value.clone().into_owned())
            }
            Value::Array(array) => {
                Node::Array(array.elements.iter().map(|element| self.tree(element)).collect())
            }
            Value::Object(object) => Node::Object(self.members(&object.properties)),
        };
        Tree { place, node }
    }

    fn members(&mut self, properties: &[ObjectProp<'_>]) -> Vec<Member> {
        let mut members: Vec<Member> = Vec::with_capacity(properties.len());
        for property in properties {
            let key_place = self.place(&property.name);
            self.check_string(key_place);
            let key = property.name.as_str().to_owned();
            let value = self.tree(&property.value);
            if let Some(first) = members.iter().find(|member| member.key == key) {
                let mistake =
                    Diagnostic::new(key_place, format!("the key \"{key}\" comes twice"), "again here")
                        .with_second(first.key_place, "first here");
                self.mistakes.push(mistake.with_help("leave one of them out, or put both into one"));
            } else {
                members.push(Member { key, key_place, value });
            }
        }
        members
    }

    /// JSON knows no raw control characters in strings; the parser lets them pass.
    fn check_string(&mut self, place: Place) {
        let text = &self.text[place.span()];
        if let Some(at) = text.find(|letter: char| u32::from(letter) < 0x20) {
            let start = place.start + at;
            let place = Place { start, end: start + 1, ..place };
            let mistake = Diagnostic::new(place, "a control character in a string", "expected an escape");
            self.mistakes.push(mistake.with_help("write \\n, \\t or \\u and four digits"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        mistakes(&mut Sources::new(), text).into_iter().map(|mistake| mistake.message).collect()
    }

    fn mistakes(sources: &mut Sources, text: &str) -> Vec<Diagnostic> {
        let source = sources.add("x", text);
        let mut mistakes = Vec::new();
        let syntax = parse(sources, source, &mut mistakes).err();
        mistakes.into_iter().chain(syntax).collect()
    }

    #[test]
    fn comments_and_trailing_commas_are_the_only_leniencies() {
        assert!(messages("{ // a\n \"a\": [1, 2,], /* b */ }").is_empty());
        let lenient = [
            "{ a: 1 }",
            "{ 'a': 1 }",
            "{ \"a\": 1 \"b\": 2 }",
            "[0x10]",
            "[+1]",
            "[.5]",
            "[5.]",
            "[NaN]",
            "[Infinity]",
            "[\"\\x41\"]",
            "[01]",
            "[1] 2",
            "\u{feff}{}",
            "{",
            "",
        ];
        for text in lenient {
            assert_eq!(messages(text).len(), 1, "{text}");
        }
    }

    #[test]
    fn a_key_that_comes_twice_is_refused_with_both_places() {
        let text = "{ \"a\": 1,\n  \"a\": 2 }";
        let mut sources = Sources::new();
        let mistakes = mistakes(&mut sources, text);
        assert_eq!(mistakes.len(), 1);
        assert_eq!(sources.line_and_column(mistakes[0].place), (2, 3));
        let second = mistakes[0].second.as_ref().unwrap().0;
        assert_eq!(sources.line_and_column(second), (1, 3));
    }

    #[test]
    fn raw_control_characters_are_refused() {
        assert_eq!(messages("[\"a\tb\", \"c\u{1}\"]").len(), 2);
    }
}
