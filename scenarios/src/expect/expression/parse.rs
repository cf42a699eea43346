//! From words to an expression, by descent through the levels of precedence.

use std::ops::Range;

use super::tokens::{Token, Word, tokens};
use super::{Arithmetic, Condition, Figure, Mistake, Number, NumberNode, Vocabulary};

/// How deep parentheses and signs may be nested.
const DEEPEST: usize = 50;

/// What was read: a number or a condition.
enum Read {
    Number(Number),
    Condition(Condition, Range<usize>),
}

impl Read {
    fn span(&self) -> Range<usize> {
        match self {
            Read::Number(number) => number.span.clone(),
            Read::Condition(_, span) => span.clone(),
        }
    }

    fn number(self) -> Result<Number, Mistake> {
        match self {
            Read::Number(number) => Ok(number),
            Read::Condition(_, span) => {
                Err(wrong(span, "a condition is no number", "expected a number or a figure"))
            }
        }
    }

    fn condition(self) -> Result<Condition, Mistake> {
        match self {
            Read::Condition(condition, _) => Ok(condition),
            Read::Number(number) => {
                let message = "a number is no condition";
                Err(wrong(number.span, message, "expected a comparison, such as on.ios == off.ios"))
            }
        }
    }
}

fn wrong(span: Range<usize>, message: &str, expected: &str) -> Mistake {
    Mistake { span, message: message.to_owned(), expected: expected.to_owned(), help: None }
}

fn both(left: &Range<usize>, right: &Range<usize>) -> Range<usize> {
    left.start..right.end
}

/// Reads a condition.
///
/// # Errors
/// The first mistake.
pub fn parse(text: &str, vocabulary: &dyn Vocabulary) -> Result<Condition, Mistake> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, end: text.trim_end().len(), depth: 0, vocabulary };
    let read = parser.any()?;
    match parser.tokens.get(parser.at) {
        None => read.condition(),
        Some(token) => {
            let message = match token.word {
                Word::Close => "a parenthesis that was not opened",
                Word::Compare(_) => "a comparison is not compared again",
                _ => "an operator is missing before this",
            };
            Err(wrong(token.span.clone(), message, "expected an operator or the end"))
        }
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    end: usize,
    depth: usize,
    vocabulary: &'a dyn Vocabulary,
}

impl Parser<'_> {
    fn take<T>(&mut self, wanted: impl Fn(&Word) -> Option<T>) -> Option<T> {
        let found = self.tokens.get(self.at).and_then(|token| wanted(&token.word))?;
        self.at += 1;
        Some(found)
    }

    fn take_word(&mut self, word: &Word) -> bool {
        self.take(|next| (next == word).then_some(())).is_some()
    }

    /// `a || b`
    fn any(&mut self) -> Result<Read, Mistake> {
        let mut left = self.all()?;
        while self.take_word(&Word::Or) {
            let right = self.all()?;
            let span = both(&left.span(), &right.span());
            let sides = Box::new((left.condition()?, right.condition()?));
            left = Read::Condition(Condition::Either(sides), span);
        }
        Ok(left)
    }

    /// `a && b`
    fn all(&mut self) -> Result<Read, Mistake> {
        let mut left = self.comparison()?;
        while self.take_word(&Word::And) {
            let right = self.comparison()?;
            let span = both(&left.span(), &right.span());
            let sides = Box::new((left.condition()?, right.condition()?));
            left = Read::Condition(Condition::Both(sides), span);
        }
        Ok(left)
    }

    /// `a < b`
    fn comparison(&mut self) -> Result<Read, Mistake> {
        let left = self.sum()?;
        let comparison = self.take(|word| match word {
            Word::Compare(comparison) => Some(*comparison),
            _ => None,
        });
        let Some(comparison) = comparison else { return Ok(left) };
        let right = self.sum()?;
        let span = both(&left.span(), &right.span());
        let sides = Box::new((left.number()?, right.number()?));
        Ok(Read::Condition(Condition::Compare(comparison, sides), span))
    }

    /// `a + b - c`
    fn sum(&mut self) -> Result<Read, Mistake> {
        self.chain(Self::product, &[Arithmetic::Add, Arithmetic::Subtract])
    }

    /// `a * b / c`
    fn product(&mut self) -> Result<Read, Mistake> {
        self.chain(Self::signed, &[Arithmetic::Multiply, Arithmetic::Divide])
    }

    fn chain(
        &mut self,
        operand: fn(&mut Self) -> Result<Read, Mistake>,
        operators: &[Arithmetic],
    ) -> Result<Read, Mistake> {
        let mut left = operand(self)?;
        loop {
            let operator = self.take(|word| match word {
                Word::Compute(operator) if operators.contains(operator) => Some(*operator),
                _ => None,
            });
            let Some(operator) = operator else { return Ok(left) };
            let right = operand(self)?;
            let span = both(&left.span(), &right.span());
            let sides = Box::new((left.number()?, right.number()?));
            left = Read::Number(Number { span, node: NumberNode::Of(operator, sides) });
        }
    }

    /// `!a`, `-a`
    fn signed(&mut self) -> Result<Read, Mistake> {
        let start = self.tokens.get(self.at).map_or(self.end, |token| token.span.start);
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(wrong(start..start, "this is nested too deeply", "expected no more than 50 levels"));
        }
        let read = if self.take_word(&Word::Not) {
            let inner = self.signed()?;
            let span = start..inner.span().end;
            Read::Condition(Condition::Not(Box::new(inner.condition()?)), span)
        } else if self.take_word(&Word::Compute(Arithmetic::Subtract)) {
            let number = self.signed()?.number()?;
            let span = start..number.span.end;
            Read::Number(Number { span, node: NumberNode::Negated(Box::new(number)) })
        } else {
            self.operand()?
        };
        self.depth -= 1;
        Ok(read)
    }

    fn operand(&mut self) -> Result<Read, Mistake> {
        let expected = "expected a figure such as on.ios, or a number";
        let Some(token) = self.tokens.get(self.at) else {
            return Err(wrong(self.end..self.end, "something is missing here", expected));
        };
        self.at += 1;
        let span = token.span.clone();
        match &token.word {
            Word::Number(value) => Ok(Read::Number(Number { span, node: NumberNode::Literal(*value) })),
            Word::Name(parts) => {
                let node = NumberNode::Figure(self.figure(parts)?);
                Ok(Read::Number(Number { span, node }))
            }
            Word::Open => self.parenthesis(span.start),
            _ => Err(wrong(span, "something is missing before this", expected)),
        }
    }

    fn parenthesis(&mut self, start: usize) -> Result<Read, Mistake> {
        let inner = self.any()?;
        let end = self.tokens.get(self.at).map_or(self.end, |token| token.span.end);
        if !self.take_word(&Word::Close) {
            return Err(wrong(start..start + 1, "a parenthesis that is not closed", "opened here"));
        }
        Ok(match inner {
            Read::Number(number) => Read::Number(Number { span: start..end, ..number }),
            Read::Condition(condition, _) => Read::Condition(condition, start..end),
        })
    }

    fn figure(&self, parts: &[(String, Range<usize>)]) -> Result<Figure, Mistake> {
        let (arm, path) = match parts {
            [(arm, _), path @ ..] => (arm.clone(), path),
            [] => (String::new(), parts),
        };
        let path: Vec<String> = path.iter().map(|(part, _)| part.clone()).collect();
        self.vocabulary.figure(&arm, &path).map_err(|error| {
            let whole =
                parts.first().map_or(0, |part| part.1.start)..parts.last().map_or(0, |part| part.1.end);
            let span = parts.get(error.part).map_or(whole.clone(), |(_, span)| span.start..whole.end);
            let span =
                if error.part == 0 { parts.first().map_or(whole, |part| part.1.clone()) } else { span };
            let dashed = parts.iter().any(|(part, _)| part.contains('-'));
            let help = if dashed {
                format!("{}; a subtraction has spaces around its sign", error.help)
            } else {
                error.help
            };
            Mistake { help: Some(help), ..wrong(span, &error.message, "expected ARM.FIGURE") }
        })?;
        Ok(Figure { arm, path })
    }
}
