//! What is said of a text that is no JSON: where, what is wrong, and what to write instead.

use jsonc_parser::ParseStringErrorKind;
use jsonc_parser::errors::ParseErrorKind;

use super::diagnostic::Diagnostic;
use super::source::Place;

const ESCAPES: &str = r#"escapes are \" \\ \/ \b \f \n \r \t and \u with four hexadecimal digits"#;
const PATHS: &str = r"a backslash itself is written twice: a space in the path of a call is \\040";

/// The mistake that the parser found at `place`.
pub(super) fn not_json(kind: &ParseErrorKind, text: &str, place: Place) -> Diagnostic {
    if let ParseErrorKind::String(kind) = kind {
        return in_string(kind, text, place);
    }
    let found = &text[place.span()];
    let first = Place { end: place.end.min(place.start + 1), ..place };
    match kind {
        ParseErrorKind::MultipleRootJsonValues => {
            let mistake = Diagnostic::new(place, "text behind the scenario", "expected the end of the file");
            mistake.with_help("a file holds one scenario: take out what follows its last `}`")
        }
        ParseErrorKind::UnterminatedArray => {
            Diagnostic::new(first, "not JSON: an array without an end", "expected a `]` for this")
        }
        ParseErrorKind::UnterminatedObject => {
            Diagnostic::new(first, "not JSON: an object without an end", "expected a `}` for this")
        }
        ParseErrorKind::ExpectedComma if is_number_from_zero(text, place.start) => {
            let expected = "expected no more digits after the 0";
            let mistake = Diagnostic::new(place, "not JSON: a number with a zero in front", expected);
            mistake.with_help("leave the zero out; there are only decimal numbers")
        }
        ParseErrorKind::HexadecimalNumbersNotAllowed => {
            let rest = text.get(place.start..).unwrap_or_default();
            let length = rest.find(|next: char| !next.is_ascii_alphanumeric()).unwrap_or(rest.len());
            let place = Place { end: place.start + length, ..place };
            Diagnostic::new(place, "not JSON: a hexadecimal number", "expected a decimal number")
        }
        ParseErrorKind::UnexpectedToken if found.starts_with(char::is_alphabetic) => bare_word(place),
        ParseErrorKind::UnexpectedWord => bare_word(place),
        _ => {
            let (message, expected) = wording(kind);
            Diagnostic::new(place, message, expected)
        }
    }
}

fn bare_word(place: Place) -> Diagnostic {
    Diagnostic::new(place, "not JSON: a bare word", "expected a value: strings have double quotes")
}

fn is_number_from_zero(text: &str, at: usize) -> bool {
    text[..at].ends_with('0') && text[at..].starts_with(|next: char| next.is_ascii_digit())
}

fn in_string(kind: &ParseStringErrorKind, text: &str, place: Place) -> Diagnostic {
    use ParseStringErrorKind as Kind;
    match kind {
        Kind::UnterminatedStringLiteral => {
            let line = text[place.span()].find(['\r', '\n']).map_or(place.end, |at| place.start + at);
            let place = Place { end: line, ..place };
            Diagnostic::new(place, "not JSON: a string without an end", "expected `\"` on the same line")
        }
        Kind::ExpectedFourHexDigits | Kind::InvalidUnicodeEscapeSequence(_) => {
            let message = "not JSON: an escape that stands for no character";
            Diagnostic::new(place, message, "expected \\u and four hexadecimal digits")
        }
        _ => {
            let escape = &text[place.span()];
            let octal = text[place.end..].starts_with(|next: char| next.is_ascii_digit())
                || escape.chars().any(|letter| letter.is_ascii_digit());
            let mistake = Diagnostic::new(place, "not JSON: an unknown escape", "expected an escape of JSON");
            mistake.with_help(if octal { PATHS } else { ESCAPES })
        }
    }
}

fn wording(kind: &ParseErrorKind) -> (&'static str, &'static str) {
    use ParseErrorKind as Kind;
    match kind {
        Kind::BareDecimalPointNumbersNotAllowed => {
            ("not JSON: a bare decimal point", "expected digits on both sides of the point")
        }
        Kind::ExpectedColonAfterObjectKey => ("not JSON: a key without a value", "expected `:` and a value"),
        Kind::ExpectedObjectValue => ("not JSON: a key without a value", "expected a value"),
        Kind::ExpectedDigit
        | Kind::ExpectedDigitFollowingNegativeSign
        | Kind::ExpectedPlusMinusOrDigitInNumberLiteral => {
            ("not JSON: a number that breaks off", "expected a digit")
        }
        Kind::ExpectedStringObjectProperty => {
            ("not JSON: a key without quotes", "expected a key in double quotes")
        }
        Kind::ExpectedComma => ("not JSON: a comma is missing", "expected `,` here"),
        Kind::NonFiniteNumbersNotAllowed => ("not JSON: not a finite number", "expected a number"),
        Kind::SingleQuotedStringsNotAllowed => ("not JSON: single quotes", "expected double quotes"),
        Kind::UnaryPlusNumbersNotAllowed => ("not JSON: a plus sign", "expected the number without it"),
        Kind::UnexpectedTokenInObject => {
            ("not JSON: this is no key", "expected a key in double quotes, or `}`")
        }
        Kind::UnterminatedCommentBlock => ("not JSON: a comment without an end", "expected `*/`"),
        Kind::NestingDepthExceeded => ("not a scenario: nested too deeply", "expected fewer levels"),
        _ => ("not JSON: this does not belong here", "expected a value"),
    }
}
