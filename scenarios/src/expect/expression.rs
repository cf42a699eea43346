//! Expressions over the figures of arms: `on.backward_steps < off.backward_steps`.
//!
//! From the loosest to the tightest: `||`, `&&`, comparisons, `+ -`, `* /`, `! -`. Numbers are whole
//! or quantities (`5ms` is nanoseconds, `64KiB` bytes), arithmetic is exact, and conditions are no
//! numbers. A name is an arm, a dot and a figure; a `-` inside it belongs to it, so a subtraction
//! has spaces around its sign. What is no plain name is quoted: `"1 KiB".ios`.

mod parse;
mod tokens;

use std::cmp::Ordering;
use std::ops::Range;

use super::rational::{NoResult, Rational};

pub use parse::parse;

/// An expression that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The bytes that it is about; none where something is missing.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What was expected there.
    pub expected: String,
    /// How it may be mended.
    pub help: Option<String>,
}

/// What expressions may name.
pub trait Vocabulary {
    /// Whether a figure has this name.
    ///
    /// # Errors
    /// What is wrong with it: the part of the name, and in words.
    fn figure(&self, arm: &str, figure: &[String]) -> Result<(), WrongName>;
}

/// A name that stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongName {
    /// The part of the name: 0 is the arm.
    pub part: usize,
    /// What is wrong.
    pub message: String,
    /// How it may be mended.
    pub help: String,
}

/// An arm's figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The arm.
    pub arm: String,
    /// The parts of its name.
    pub path: Vec<String>,
}

/// How two numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    NotMore,
    /// `>`
    More,
    /// `>=`
    NotLess,
}

impl Comparison {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Comparison::Equal => ordering.is_eq(),
            Comparison::NotEqual => ordering.is_ne(),
            Comparison::Less => ordering.is_lt(),
            Comparison::NotMore => ordering.is_le(),
            Comparison::More => ordering.is_gt(),
            Comparison::NotLess => ordering.is_ge(),
        }
    }
}

/// How two numbers make a third.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// Something that has a value, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// The bytes of the expression.
    pub span: Range<usize>,
    /// What it is.
    pub node: NumberNode,
}

/// What has a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumberNode {
    /// A number, or a quantity in bytes or nanoseconds.
    Literal(u64),
    /// A figure.
    Figure(Figure),
    /// The other sign.
    Negated(Box<Number>),
    /// Two numbers and what is done with them.
    Of(Arithmetic, Box<(Number, Number)>),
}

/// Something that holds or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A comparison.
    Compare(Comparison, Box<(Number, Number)>),
    /// The opposite.
    Not(Box<Condition>),
    /// `&&`
    Both(Box<(Condition, Condition)>),
    /// `||`
    Either(Box<(Condition, Condition)>),
}

/// A comparison as it came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared<'e> {
    /// Its sides.
    pub sides: &'e (Number, Number),
    /// Their values.
    pub values: (Rational, Rational),
    /// Whether it holds.
    pub holds: bool,
}

/// What figures are worth; none of an arm that was not run.
pub type Values<'a> = &'a dyn Fn(&Figure) -> Option<Rational>;

impl Number {
    /// Its value.
    ///
    /// # Errors
    /// [`NoResult`]
    pub fn value(&self, values: Values<'_>) -> Result<Rational, NoResult> {
        match &self.node {
            NumberNode::Literal(number) => Ok(Rational::whole(*number)),
            NumberNode::Figure(figure) => values(figure).ok_or(NoResult::NotRun),
            NumberNode::Negated(number) => number.value(values)?.negate(),
            NumberNode::Of(arithmetic, sides) => {
                let (left, right) = (sides.0.value(values)?, sides.1.value(values)?);
                match arithmetic {
                    Arithmetic::Add => left.plus(right),
                    Arithmetic::Subtract => left.minus(right),
                    Arithmetic::Multiply => left.times(right),
                    Arithmetic::Divide => left.over(right),
                }
            }
        }
    }

    /// The figures in it, with where they are written, in order.
    pub fn figures<'e>(&'e self, tell: &mut dyn FnMut(&'e Figure, &Range<usize>)) {
        match &self.node {
            NumberNode::Literal(_) => {}
            NumberNode::Figure(figure) => tell(figure, &self.span),
            NumberNode::Negated(number) => number.figures(tell),
            NumberNode::Of(_, sides) => {
                sides.0.figures(tell);
                sides.1.figures(tell);
            }
        }
    }
}

impl Condition {
    /// The figures in it, with where they are written, in order.
    pub fn figures<'e>(&'e self, tell: &mut dyn FnMut(&'e Figure, &Range<usize>)) {
        match self {
            Condition::Compare(_, sides) => {
                sides.0.figures(tell);
                sides.1.figures(tell);
            }
            Condition::Not(condition) => condition.figures(tell),
            Condition::Both(sides) | Condition::Either(sides) => {
                sides.0.figures(tell);
                sides.1.figures(tell);
            }
        }
    }

    /// Whether it holds, and every comparison in it, whether the whole depends on it or not.
    ///
    /// # Errors
    /// [`NoResult`]
    pub fn holds<'e>(
        &'e self,
        values: Values<'_>,
        compared: &mut Vec<Compared<'e>>,
    ) -> Result<bool, NoResult> {
        match self {
            Condition::Compare(comparison, sides) => {
                let (left, right) = (sides.0.value(values)?, sides.1.value(values)?);
                let holds = comparison.holds(left.compare(right)?);
                compared.push(Compared { sides, values: (left, right), holds });
                Ok(holds)
            }
            Condition::Not(condition) => Ok(!condition.holds(values, compared)?),
            Condition::Both(sides) => {
                let left = sides.0.holds(values, compared)?;
                Ok(sides.1.holds(values, compared)? && left)
            }
            Condition::Either(sides) => {
                let left = sides.0.holds(values, compared)?;
                Ok(sides.1.holds(values, compared)? || left)
            }
        }
    }
}

#[cfg(test)]
mod tests;
