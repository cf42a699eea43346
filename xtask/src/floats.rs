//! No floating-point numbers in what sim-core offers: time and everything promised to be the same
//! everywhere is whole numbers.

use crate::finding::Finding;
use crate::lex::Token;
use crate::source::{RustFile, closing};

/// Finds `f32` and `f64` in public signatures, fields, variants and trait implementations of
/// sim-core.
pub(crate) fn check(sources: &[RustFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.krate == "sim-core") {
        let code = source.code();
        let mut lines: Vec<usize> = public(&code)
            .into_iter()
            .filter(|&at| code[at].is("f32") || code[at].is("f64"))
            .map(|at| code[at].line)
            .collect();
        lines.dedup();
        for line in lines {
            findings.push(Finding::new(&source.path, line, "a float in sim-core's public API"));
        }
    }
    findings
}

/// The places of the tokens that a user of the crate sees.
fn public(code: &[Token]) -> Vec<usize> {
    let mut seen = Vec::new();
    let mut at = 0;
    while at < code.len() {
        let restricted = code.get(at + 1).is_some_and(|next| next.is("("))
            && code
                .get(at + 2)
                .is_some_and(|word| ["crate", "super", "self", "in"].iter().any(|w| word.is(w)));
        if code[at].is("pub") && !restricted {
            let open = code.get(at + 1).is_some_and(|next| next.is("enum") || next.is("trait"));
            at = signature(code, at + 1, open, &mut seen);
        } else if code[at].is("impl") && starts_item(code, at) {
            let header = at..body(code, at);
            let of_trait = code[header.clone()].iter().any(|token| token.is("for"));
            at = signature(code, at, of_trait, &mut seen);
        } else {
            at += 1;
        }
    }
    seen
}

fn starts_item(code: &[Token], at: usize) -> bool {
    at == 0 || ["}", ";", "]", "{", "unsafe"].iter().any(|mark| code[at - 1].is(mark))
}

/// The first `{` or `;` from `at` on, outside of brackets.
fn body(code: &[Token], mut at: usize) -> usize {
    while let Some(token) = code.get(at) {
        if token.is("{") || token.is(";") {
            return at;
        }
        at = if token.is("(") || token.is("[") { closing(code, at) + 1 } else { at + 1 };
    }
    code.len()
}

/// Notes the tokens from `start` up to what ends a signature or field; with `open` also those of
/// the body, without the blocks in it. Gives back where to go on.
fn signature(code: &[Token], start: usize, open: bool, seen: &mut Vec<usize>) -> usize {
    let starts = |word: &str| code.get(start).is_some_and(|token| token.is(word));
    let (tuple_fields_follow, right_side_is_seen) = (starts("struct"), starts("type"));
    let (mut at, mut depth) = (start, 0_i32);
    while let Some(token) = code.get(at) {
        let is = |marks: &[&str]| marks.iter().any(|mark| token.is(mark));
        if depth == 0 && token.is("{") {
            if open {
                let end = closing(code, at);
                members(code, at + 1, end, seen);
                return end + 1;
            }
            return at + 1;
        }
        let ends = is(&[";", "}", ")", ","])
            || (token.is("=") && !right_side_is_seen)
            || (token.is("(") && tuple_fields_follow);
        if depth == 0 && ends {
            return at + 1;
        }
        if is(&["(", "[", "<"]) {
            depth += 1;
        } else if is(&[")", "]"]) || (token.is(">") && !code[at - 1].is("-")) {
            depth -= 1;
        }
        seen.push(at);
        at += 1;
    }
    code.len()
}

/// Notes the members of an enum, a trait or the implementation of one, without the bodies of
/// functions; the fields of a variant are no such body.
fn members(code: &[Token], start: usize, end: usize, seen: &mut Vec<usize>) {
    let mut at = start;
    let mut function = false;
    while at < end {
        function = (function || code[at].is("fn")) && !code[at].is(";");
        if function && code[at].is("{") {
            at = closing(code, at);
            function = false;
        } else {
            seen.push(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::rust_files;
    use crate::tree::TextFile;

    fn lines(text: &str) -> Vec<usize> {
        let sources = rust_files(&[TextFile::new("sim-core/src/a.rs", text)]);
        check(&sources).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn floats_in_public_signatures_are_found() {
        let text = "pub fn f(\n a: f64) -> u8 { 0 }\npub struct T(u8, pub f32);\npub struct S {\n pub x: [f64; 3],\n}\n\
                    pub enum E { A, B { x: f64 } }\npub trait Q { fn f(&self) -> f64; }\npub const C: f64 = 1.0;\n\
                    impl From<u8> for f64 { }\nimpl Q for S { fn f(&self) -> f64 { 1.0 } }\npub type F = Vec<f64>;\n\
                    pub fn g<A, B>(a: A) -> Map<B, f64> {}\n";
        assert_eq!(lines(text), [2, 3, 5, 7, 8, 9, 10, 11, 12, 13]);
    }

    #[test]
    fn floats_inside_are_left_alone() {
        let text = "fn f(a: f64) {}\npub(crate) fn g() -> f64 { 0.0 }\npub fn h() { let x: f64 = 1.0; }\n\
                    pub struct S { x: f64, pub y: u8, z: f32 }\npub struct T(f64, pub u8, f32);\nimpl S { fn i(&self) -> f64 { 1.0 } }\n\
                    impl Clone for S { fn clone(&self) -> S { let x = 1 as f64; S } }\n// pub f64\n";
        assert_eq!(lines(text), Vec::<usize>::new());
        let sources = rust_files(&[TextFile::new("reports/src/a.rs", "pub fn f() -> f64 { 0.0 }")]);
        assert!(check(&sources).is_empty());
    }
}
