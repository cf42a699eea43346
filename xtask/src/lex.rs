//! Just enough of Rust's lexical structure to tell code from comments and strings.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A word: a name or a keyword.
    Word,
    /// One character of punctuation, or `::`.
    Mark,
    /// A string, a character, a number or a lifetime; its text is not kept.
    Literal,
}

/// A token of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: Kind,
    /// Its text; empty for a literal.
    pub(crate) text: String,
    /// Its line, counted from 1.
    pub(crate) line: usize,
}

impl Token {
    /// Whether this is that word or punctuation.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.kind != Kind::Literal && self.text == text
    }
}

/// One line of a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comment {
    /// Its line, counted from 1.
    pub(crate) line: usize,
    /// Its text.
    pub(crate) text: String,
}

/// A source taken apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lexed {
    /// The code.
    pub(crate) tokens: Vec<Token>,
    /// The comments, a line each.
    pub(crate) comments: Vec<Comment>,
}

/// Takes a source apart. Text that is not Rust gives some tokens, never an error.
pub(crate) fn lex(text: &str) -> Lexed {
    let mut lexer = Lexer { characters: text.chars().collect(), at: 0, line: 1, out: Lexed::default() };
    while lexer.at < lexer.characters.len() {
        lexer.step();
    }
    lexer.out
}

struct Lexer {
    characters: Vec<char>,
    at: usize,
    line: usize,
    out: Lexed,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> char {
        self.characters.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn advance(&mut self) -> char {
        let character = self.peek(0);
        self.at += 1;
        if character == '\n' {
            self.line += 1;
        }
        character
    }

    fn push(&mut self, kind: Kind, text: String, line: usize) {
        self.out.tokens.push(Token { kind, text, line });
    }

    fn step(&mut self) {
        match (self.peek(0), self.peek(1)) {
            ('/', '/') => self.line_comment(),
            ('/', '*') => self.block_comment(),
            ('"', _) => self.string(),
            ('\'', _) => self.character_or_lifetime(),
            (':', ':') => {
                let line = self.line;
                self.at += 2;
                self.push(Kind::Mark, "::".to_owned(), line);
            }
            (c, _) if c.is_ascii_digit() => self.number(),
            (c, _) if c == '_' || c.is_alphabetic() => self.word(),
            (c, _) if c.is_whitespace() => {
                self.advance();
            }
            (c, _) => {
                let line = self.line;
                self.advance();
                self.push(Kind::Mark, c.to_string(), line);
            }
        }
    }

    fn line_comment(&mut self) {
        let line = self.line;
        let mut text = String::new();
        while self.at < self.characters.len() && self.peek(0) != '\n' {
            text.push(self.advance());
        }
        self.out.comments.push(Comment { line, text });
    }

    fn block_comment(&mut self) {
        let first = self.line;
        let start = self.at;
        let mut depth = 0_u32;
        while self.at < self.characters.len() {
            let ends = self.peek(0) == '*' && self.peek(1) == '/';
            if ends || (self.peek(0) == '/' && self.peek(1) == '*') {
                self.at += 2;
                depth = if ends { depth - 1 } else { depth + 1 };
                if depth == 0 {
                    break;
                }
            } else {
                self.advance();
            }
        }
        let text: String = self.characters[start..self.at.min(self.characters.len())].iter().collect();
        for (offset, text) in text.lines().enumerate() {
            self.out.comments.push(Comment { line: first + offset, text: text.to_owned() });
        }
    }

    /// A string without `r`, from its opening quote on.
    fn string(&mut self) {
        let line = self.line;
        self.advance();
        while self.at < self.characters.len() {
            match self.advance() {
                '\\' => {
                    self.advance();
                }
                '"' => break,
                _ => {}
            }
        }
        self.push(Kind::Literal, String::new(), line);
    }

    /// A raw string, from its first `#` or quote on.
    fn raw_string(&mut self) {
        let line = self.line;
        let mut hashes = 0;
        while self.peek(0) == '#' {
            self.advance();
            hashes += 1;
        }
        self.advance();
        while self.at < self.characters.len() {
            if self.advance() == '"' && (0..hashes).all(|ahead| self.peek(ahead) == '#') {
                self.at += hashes;
                break;
            }
        }
        self.push(Kind::Literal, String::new(), line);
    }

    fn character_or_lifetime(&mut self) {
        let line = self.line;
        let lifetime = (self.peek(1) == '_' || self.peek(1).is_alphabetic()) && self.peek(2) != '\'';
        self.advance();
        if lifetime {
            while self.peek(0) == '_' || self.peek(0).is_alphanumeric() {
                self.advance();
            }
        } else {
            while self.at < self.characters.len() {
                match self.advance() {
                    '\\' => {
                        self.advance();
                    }
                    '\'' => break,
                    _ => {}
                }
            }
        }
        self.push(Kind::Literal, String::new(), line);
    }

    fn number(&mut self) {
        let line = self.line;
        loop {
            let fraction = self.peek(0) == '.' && self.peek(1).is_ascii_digit();
            if !fraction && !self.peek(0).is_alphanumeric() && self.peek(0) != '_' {
                break;
            }
            self.advance();
        }
        self.push(Kind::Literal, String::new(), line);
    }

    fn word(&mut self) {
        let line = self.line;
        let mut text = String::new();
        while self.peek(0) == '_' || self.peek(0).is_alphanumeric() {
            text.push(self.advance());
        }
        let next = self.peek(0);
        match text.as_str() {
            "b" | "c" if next == '"' => self.string(),
            "b" if next == '\'' => self.character_or_lifetime(),
            "r" | "br" | "cr" if next == '"' || (next == '#' && matches!(self.peek(1), '"' | '#')) => {
                self.raw_string();
            }
            // A raw name: the word after `r#` is the name.
            "r" if next == '#' => {
                self.advance();
            }
            _ => self.push(Kind::Word, text, line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        lex(text).tokens.into_iter().filter(|t| t.kind == Kind::Word).map(|t| t.text).collect()
    }

    #[test]
    fn comments_and_strings_are_no_code() {
        let text =
            "a /* b /* c */ d */ \"e \\\" f\" g // h\n br##\"i \"# j\"## k 'l' '\\'' m::<'n> b\"o\" r#p";
        assert_eq!(words(text), ["a", "g", "k", "m", "p"]);
    }

    #[test]
    fn comments_keep_their_lines() {
        let lexed = lex("//! one\nx\n/* three\nfour */ y // four too");
        let lines: Vec<_> = lexed.comments.iter().map(|c| (c.line, c.text.as_str())).collect();
        assert_eq!(lines, [(1, "//! one"), (3, "/* three"), (4, "four */"), (4, "// four too")]);
        assert_eq!(lexed.tokens[1].line, 4);
    }

    #[test]
    fn a_range_of_numbers_is_not_a_fraction() {
        let marks = lex("0..10 1.5e3_f64").tokens.into_iter().filter(|t| t.kind == Kind::Mark).count();
        assert_eq!(marks, 2);
    }

    #[test]
    fn broken_text_ends_all_the_same() {
        for text in ["\"", "'", "/*", "r#\"", "b'", "\\", "'a"] {
            lex(text);
        }
    }
}
