//! The words of an expression.

use std::ops::Range;

use super::{Arithmetic, Comparison, Mistake};
use crate::quantity::{parse_size, parse_time};

/// The most words that an expression may have.
const MOST: usize = 1_000;

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Number(u64),
    /// The parts of a name, each with its place.
    Name(Vec<(String, Range<usize>)>),
    Compare(Comparison),
    Compute(Arithmetic),
    And,
    Or,
    Not,
    Open,
    Close,
}

/// A word and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) word: Word,
    pub(super) span: Range<usize>,
}

/// Signs, the longer of two that begin alike first.
const SIGNS: [(&str, Word); 15] = [
    ("==", Word::Compare(Comparison::Equal)),
    ("!=", Word::Compare(Comparison::NotEqual)),
    ("<=", Word::Compare(Comparison::NotMore)),
    (">=", Word::Compare(Comparison::NotLess)),
    ("&&", Word::And),
    ("||", Word::Or),
    ("<", Word::Compare(Comparison::Less)),
    (">", Word::Compare(Comparison::More)),
    ("!", Word::Not),
    ("+", Word::Compute(Arithmetic::Add)),
    ("-", Word::Compute(Arithmetic::Subtract)),
    ("*", Word::Compute(Arithmetic::Multiply)),
    ("/", Word::Compute(Arithmetic::Divide)),
    ("(", Word::Open),
    (")", Word::Close),
];

fn mistake(span: Range<usize>, message: impl Into<String>, expected: &str) -> Mistake {
    Mistake { span, message: message.into(), expected: expected.to_owned(), help: None }
}

/// The words of a text.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Mistake> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        let Some(first) = text[at..].chars().next() else { return Ok(tokens) };
        let (word, end) = match first {
            '0'..='9' => number(text, at)?,
            _ if first.is_alphabetic() || first == '_' || first == '"' => name(text, at)?,
            _ => sign(text, at, first)?,
        };
        tokens.push(Token { word, span: at..end });
        if tokens.len() > MOST {
            return Err(mistake(at..end, "this expression is too long", "expected no more than 1000 words"));
        }
        at = end;
    }
}

fn sign(text: &str, at: usize, first: char) -> Result<(Word, usize), Mistake> {
    let known = SIGNS.iter().find(|(sign, _)| text[at..].starts_with(sign));
    known.map(|(sign, word)| (word.clone(), at + sign.len())).ok_or_else(|| {
        let help = match first {
            '=' => Some("two equals signs compare: =="),
            '&' => Some("both hold: &&"),
            '|' => Some("one of both holds: ||"),
            _ => None,
        };
        let expected = "expected a figure, a number or an operator";
        let wrong = mistake(at..at + first.len_utf8(), format!("\"{first}\" means nothing here"), expected);
        Mistake { help: help.map(str::to_owned), ..wrong }
    })
}

fn number(text: &str, at: usize) -> Result<(Word, usize), Mistake> {
    let length = text[at..].find(|c: char| !c.is_alphanumeric() && c != '.').unwrap_or(text.len() - at);
    let (span, word) = (at..at + length, &text[at..at + length]);
    let expected = "expected a whole number, or a quantity such as 5ms or 64KiB";
    let value = if word.bytes().all(|byte| byte.is_ascii_digit()) {
        word.parse::<u64>().map_err(|_| mistake(span.clone(), "a number of more than 64 bits", expected))?
    } else if word.ends_with('s') {
        let time = parse_time(word).map_err(|error| mistake(span.clone(), error.to_string(), expected))?;
        time.nanoseconds()
    } else {
        parse_size(word).map_err(|error| mistake(span.clone(), error.to_string(), expected))?
    };
    Ok((Word::Number(value), span.end))
}

fn name(text: &str, start: usize) -> Result<(Word, usize), Mistake> {
    let mut parts = Vec::new();
    let mut at = start;
    loop {
        let (part, end) = if text[at..].starts_with('"') { quoted(text, at)? } else { plain(text, at)? };
        parts.push((part, at..end));
        match text[end..].starts_with('.') {
            true => at = end + 1,
            false => return Ok((Word::Name(parts), end)),
        }
    }
}

fn plain(text: &str, at: usize) -> Result<(String, usize), Mistake> {
    let of_name = |c: char| c.is_alphanumeric() || c == '_';
    let rest = &text[at..];
    let mut length = rest.find(|c| !of_name(c)).unwrap_or(rest.len());
    // A dash belongs to a name if the name goes on right behind it.
    while length > 0 && rest[length..].starts_with('-') && rest[length + 1..].starts_with(of_name) {
        let more = &rest[length + 1..];
        length += 1 + more.find(|c| !of_name(c)).unwrap_or(more.len());
    }
    match length {
        0 => Err(mistake(at..at, "a part of the name is missing", "expected the rest of a figure's name")),
        _ => Ok((rest[..length].to_owned(), at + length)),
    }
}

/// A JSON string.
fn quoted(text: &str, at: usize) -> Result<(String, usize), Mistake> {
    let mut strings = serde_json::Deserializer::from_str(&text[at..]).into_iter::<String>();
    match strings.next() {
        Some(Ok(part)) => Ok((part, at + strings.byte_offset())),
        _ => Err(mistake(
            at..text.len(),
            "a quoted name that does not end",
            "expected \"\\\"\" behind the name",
        )),
    }
}
