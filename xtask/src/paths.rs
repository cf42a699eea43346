//! The paths that code names: `use` trees taken apart, and paths in expressions and types with
//! their first word replaced by what it was imported as.

use std::collections::BTreeMap;

use crate::lex::{Kind, Token};

/// A path that code names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedPath {
    /// Its words; `*` last for everything in a module.
    pub(crate) words: Vec<String>,
    /// Its line, counted from 1.
    pub(crate) line: usize,
}

impl NamedPath {
    /// Whether it names `prefix`, something in it, or everything around it.
    pub(crate) fn reaches(&self, prefix: &[&str]) -> bool {
        match self.words.split_last() {
            Some((last, front)) if last == "*" => {
                front.len() < prefix.len() && front.iter().zip(prefix).all(|(a, b)| a == b)
                    || starts_with(&self.words, prefix)
            }
            _ => starts_with(&self.words, prefix),
        }
    }
}

fn starts_with(words: &[String], prefix: &[&str]) -> bool {
    words.len() >= prefix.len() && words.iter().zip(prefix).all(|(a, b)| a == b)
}

/// All paths of two words or more, and all imports.
pub(crate) fn named_paths(tokens: &[Token]) -> Vec<NamedPath> {
    let mut imports = BTreeMap::new();
    let mut found = Vec::new();
    let mut inline = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if is_import(tokens, at) {
            let mut tree = UseTree { tokens, at: at + 1, imports: &mut imports, found: &mut found };
            tree.read(&[]);
            at = tree.at;
        } else if starts_path(tokens, at) {
            let path = read_path(tokens, at);
            at += 2 * path.words.len() - 1;
            inline.push(path);
        } else {
            at += 1;
        }
    }
    for mut path in inline.into_iter().filter(|path| path.words.len() > 1) {
        if let Some(imported) = imports.get(&path.words[0]) {
            path.words.splice(..1, imported.iter().cloned());
        }
        found.push(path);
    }
    found.sort_by_key(|path| path.line);
    found
}

/// `use` as the start of an import, not of `impl Trait + use<…>`.
fn is_import(tokens: &[Token], at: usize) -> bool {
    tokens[at].is("use") && !tokens.get(at + 1).is_some_and(|next| next.is("<"))
}

fn starts_path(tokens: &[Token], at: usize) -> bool {
    let follows = |mark: &str, of: usize| of > 0 && tokens[of - 1].is(mark);
    // `::std::fs` begins at a path; `x::<T>::new` and `a.b` do not.
    let continues = follows("::", at)
        && at > 1
        && (tokens[at - 2].kind == Kind::Word || tokens[at - 2].is(">") || tokens[at - 2].is("]"));
    tokens[at].kind == Kind::Word && !follows(".", at) && !continues
}

fn read_path(tokens: &[Token], start: usize) -> NamedPath {
    let mut words = vec![tokens[start].text.clone()];
    let mut at = start + 1;
    while let [separator, word, ..] = &tokens[at.min(tokens.len())..]
        && separator.is("::")
        && word.kind == Kind::Word
    {
        words.push(word.text.clone());
        at += 2;
    }
    NamedPath { words, line: tokens[start].line }
}

struct UseTree<'a> {
    tokens: &'a [Token],
    at: usize,
    imports: &'a mut BTreeMap<String, Vec<String>>,
    found: &'a mut Vec<NamedPath>,
}

impl UseTree<'_> {
    /// Reads one tree below `prefix`, up to the `,`, `}` or `;` that ends it.
    fn read(&mut self, prefix: &[String]) {
        let mut words = prefix.to_vec();
        let mut alias = None;
        let mut line = 0;
        while let Some(token) = self.tokens.get(self.at) {
            if token.is(",") || token.is("}") || token.is(";") {
                break;
            }
            self.at += 1;
            if token.is("{") {
                self.read_group(&words);
                return;
            } else if token.is("as") {
                alias = self.tokens.get(self.at).map(|token| token.text.clone());
                self.at += 1;
            } else if token.kind == Kind::Word || token.is("*") {
                line = token.line;
                // `a::{self}` is `a`.
                if !token.is("self") || words.is_empty() {
                    words.push(token.text.clone());
                }
            }
        }
        if let Some(last) = words.last() {
            self.imports.insert(alias.unwrap_or_else(|| last.clone()), words.clone());
            self.found.push(NamedPath { words, line });
        }
    }

    fn read_group(&mut self, prefix: &[String]) {
        while let Some(token) = self.tokens.get(self.at) {
            if token.is("}") {
                self.at += 1;
                return;
            } else if token.is(";") {
                return;
            } else if token.is(",") {
                self.at += 1;
            } else {
                let before = self.at;
                self.read(prefix);
                self.at = self.at.max(before + 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lex::lex;

    fn paths(text: &str) -> Vec<String> {
        named_paths(&lex(text).tokens).iter().map(|path| path.words.join("::")).collect()
    }

    #[test]
    fn use_trees_are_taken_apart() {
        assert_eq!(
            paths("pub use std::{fs, io::{self, Write as W}, time::*};\nuse crate::a;"),
            ["std::fs", "std::io", "std::io::Write", "std::time::*", "crate::a"]
        );
    }

    #[test]
    fn imported_names_are_followed() {
        let text =
            "use std::io as stream; fn f() { stream::stdout(); ::std::fs::read(x.y.z); Vec::<u8>::new() }";
        assert_eq!(paths(text), ["std::io", "std::io::stdout", "std::fs::read"]);
    }

    #[test]
    fn a_glob_reaches_what_lies_below() {
        let tokens = lex("use std::*;").tokens;
        let path = &named_paths(&tokens)[0];
        assert!(path.reaches(&["std", "fs"]));
        assert!(!path.reaches(&["core", "fs"]));
        let plain = &named_paths(&lex("use std::io;").tokens)[0];
        assert!(!plain.reaches(&["std", "io", "stdout"]));
    }

    #[test]
    fn broken_imports_end() {
        assert_eq!(paths("use a::{b, {, }"), ["a::b"]);
        paths("use");
        paths("use a::{b");
    }
}
