//! Rust sources: where each belongs, and which of its lines are tests.

use std::ops::RangeInclusive;

use crate::lex::{Comment, Lexed, Token, lex};
use crate::tree::TextFile;

/// A Rust source file, taken apart.
#[derive(Clone, Debug)]
pub(crate) struct RustFile {
    /// Its path from the root of the repository.
    pub(crate) path: String,
    /// The directory of its crate.
    pub(crate) krate: String,
    /// Its module, as names from the crate's root; `None` outside `src`.
    pub(crate) module: Option<Vec<String>>,
    /// How many lines it has.
    pub(crate) lines: usize,
    tests: Tests,
    lexed: Lexed,
}

/// Which lines of a file are tests.
#[derive(Clone, Debug)]
enum Tests {
    All,
    Lines(Vec<RangeInclusive<usize>>),
}

impl RustFile {
    /// Whether the line belongs to a test.
    pub(crate) fn is_test(&self, line: usize) -> bool {
        match &self.tests {
            Tests::All => true,
            Tests::Lines(ranges) => ranges.iter().any(|range| range.contains(&line)),
        }
    }

    /// How many of its lines belong to no test.
    pub(crate) fn lines_of_code(&self) -> usize {
        (1..=self.lines).filter(|&line| !self.is_test(line)).count()
    }

    /// The tokens that belong to no test; none of a bench or an example.
    pub(crate) fn code(&self) -> Vec<Token> {
        let simulates = self.module.is_some();
        self.lexed.tokens.iter().filter(|token| simulates && !self.is_test(token.line)).cloned().collect()
    }

    /// All tokens, those of tests too.
    pub(crate) fn tokens(&self) -> &[Token] {
        &self.lexed.tokens
    }

    /// All comments.
    pub(crate) fn comments(&self) -> &[Comment] {
        &self.lexed.comments
    }
}

/// The Rust files among `files`.
pub(crate) fn rust_files(files: &[TextFile]) -> Vec<RustFile> {
    let mut sources = Vec::new();
    let mut test_modules = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".rs")) {
        let lexed = lex(&file.text);
        let parts: Vec<&str> = file.path.split('/').collect();
        let module = (parts.get(1) == Some(&"src")).then(|| module_of(&parts[2..]));
        let regions = test_regions(&lexed.tokens);
        if let Some(module) = &module {
            test_modules.extend(regions.modules.iter().map(|name| {
                let mut path = vec![parts[0].to_owned()];
                path.extend(module.iter().cloned());
                path.push(name.clone());
                path
            }));
        }
        let whole = regions.whole || parts.contains(&"tests");
        let tests = if whole { Tests::All } else { Tests::Lines(regions.lines) };
        let (krate, lines) = (parts[0].to_owned(), file.text.lines().count());
        sources.push(RustFile { path: file.path.clone(), krate, module, lines, tests, lexed });
    }
    for source in &mut sources {
        let mut path = vec![source.krate.clone()];
        path.extend(source.module.iter().flatten().cloned());
        if test_modules.iter().any(|module| path.starts_with(module)) {
            source.tests = Tests::All;
        }
    }
    sources
}

/// The module that a file below `src` is.
fn module_of(parts: &[&str]) -> Vec<String> {
    let mut module: Vec<String> = parts.iter().map(|part| part.trim_end_matches(".rs").to_owned()).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    module
}

#[derive(Default)]
struct Regions {
    /// The whole file is under `#![cfg(test)]`.
    whole: bool,
    /// Lines of items under `#[cfg(test)]`.
    lines: Vec<RangeInclusive<usize>>,
    /// Names of modules under `#[cfg(test)]` that lie in files of their own.
    modules: Vec<String>,
}

fn test_regions(tokens: &[Token]) -> Regions {
    let mut regions = Regions::default();
    let mut at = 0;
    while at < tokens.len() {
        let Some(attribute) = attribute(tokens, at) else {
            at += 1;
            continue;
        };
        let words = &tokens[at..attribute.end];
        let says = |word: &str| words.iter().any(|token| token.is(word));
        if !(says("cfg") && says("test") && !says("not")) {
            at = attribute.end;
            continue;
        }
        if attribute.inner {
            regions.whole = true;
            break;
        }
        let end = end_of_item(tokens, attribute.end);
        if let [module, name, .., semicolon] = &tokens[attribute.end..end]
            && module.is("mod")
            && semicolon.is(";")
        {
            regions.modules.push(name.text.clone());
        }
        let last = tokens[..end].last().map_or(tokens[at].line, |token| token.line);
        regions.lines.push(tokens[at].line..=last);
        at = end;
    }
    regions
}

struct Attribute {
    /// `#![…]`.
    inner: bool,
    /// The token after it.
    end: usize,
}

/// The attribute that begins at `at`, if one does.
fn attribute(tokens: &[Token], at: usize) -> Option<Attribute> {
    if !tokens.get(at)?.is("#") {
        return None;
    }
    let inner = tokens.get(at + 1)?.is("!");
    let open = at + 1 + usize::from(inner);
    tokens.get(open)?.is("[").then(|| Attribute { inner, end: closing(tokens, open) + 1 })
}

/// The token that closes the bracket at `open`; the last one if none does.
pub(crate) fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if ["(", "[", "{"].iter().any(|mark| token.is(mark)) {
            depth += 1;
        } else if [")", "]", "}"].iter().any(|mark| token.is(mark)) {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        }
    }
    tokens.len().saturating_sub(1)
}

/// The token after the item (or field, or statement) that begins at `at`, its attributes included.
fn end_of_item(tokens: &[Token], mut at: usize) -> usize {
    while let Some(attribute) = attribute(tokens, at) {
        at = attribute.end;
    }
    const ITEMS: [&str; 12] =
        ["pub", "fn", "mod", "use", "impl", "struct", "enum", "const", "static", "trait", "type", "async"];
    let item = tokens.get(at).is_some_and(|token| ITEMS.iter().any(|word| token.is(word)));
    while let Some(token) = tokens.get(at) {
        if token.is(";") || (token.is(",") && !item) {
            return at + 1;
        }
        if token.is("}") {
            return at;
        }
        if token.is("{") {
            return closing(tokens, at) + 1;
        }
        at = if token.is("(") || token.is("[") { closing(tokens, at) + 1 } else { at + 1 };
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(path: &str, text: &str) -> RustFile {
        rust_files(&[TextFile::new(path, text)]).remove(0)
    }

    #[test]
    fn lines_of_test_items_are_told_from_code() {
        let text = "use a;\n#[cfg(test)]\nuse b;\nfn f() {}\n#[cfg(all(test, unix))]\n#[x]\nmod t {\n\
                    fn g() {}\n}\n#[cfg(not(test))]\nfn h<A, B>() {}\n";
        let file = only("sim-core/src/x/y.rs", text);
        let tests: Vec<usize> = (1..=11).filter(|&line| file.is_test(line)).collect();
        assert_eq!(tests, [2, 3, 5, 6, 7, 8, 9]);
        assert_eq!(file.lines_of_code(), 4);
        assert_eq!(file.krate, "sim-core");
        assert_eq!(file.module, Some(vec!["x".to_owned(), "y".to_owned()]));
    }

    #[test]
    fn a_test_module_in_its_own_file_is_a_test() {
        let files = [
            TextFile::new("a/src/x.rs", "#[cfg(test)]\nmod checks;\nfn f() {}"),
            TextFile::new("a/src/x/checks.rs", "fn g() {}"),
            TextFile::new("a/src/checks.rs", "fn h() {}"),
            TextFile::new("a/tests/it/main.rs", "fn i() {}"),
            TextFile::new("a/benches/b.rs", "fn j() {}"),
        ];
        let tests: Vec<bool> = rust_files(&files).iter().map(|file| file.is_test(1)).collect();
        assert_eq!(tests, [true, true, false, true, false]);
        let code: Vec<usize> = rust_files(&files).iter().map(|file| file.code().len()).collect();
        assert_eq!(code, [6, 0, 6, 0, 0]);
    }

    #[test]
    fn a_field_under_test_ends_at_its_comma() {
        let file = only("a/src/lib.rs", "struct S {\n#[cfg(test)]\nx: u8,\ny: u8,\n}\n");
        let tests: Vec<usize> = (1..=5).filter(|&line| file.is_test(line)).collect();
        assert_eq!(tests, [2, 3]);
        assert_eq!(file.module, Some(Vec::new()));
    }
}
