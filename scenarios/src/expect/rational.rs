//! Exact fractions, so that `on.requests / off.requests < 1/2` means what it says.

use std::cmp::Ordering;
use std::fmt;

/// A fraction in lowest terms, its denominator above 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rational {
    numerator: i128,
    denominator: i128,
}

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoResult {
    /// Division by zero.
    #[error("a division by zero")]
    DivisionByZero,
    /// A numerator or denominator beyond 127 bits.
    #[error("a number beyond 127 bits")]
    TooLarge,
    /// A figure of an arm that was not run.
    #[error("a figure of an arm that was not run")]
    NotRun,
}

fn greatest_common_divisor(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

impl Rational {
    /// A whole number.
    pub const fn whole(number: u64) -> Rational {
        Rational { numerator: number as i128, denominator: 1 }
    }

    /// The number, if it is a whole one that is not below 0.
    pub fn as_whole(self) -> Option<u64> {
        (self.denominator == 1).then(|| u64::try_from(self.numerator).ok()).flatten()
    }

    /// In lowest terms, from any two numbers.
    fn reduced(numerator: i128, denominator: i128) -> Result<Rational, NoResult> {
        if denominator == 0 {
            return Err(NoResult::DivisionByZero);
        }
        let common = greatest_common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs());
        let common = i128::try_from(common).map_err(|_| NoResult::TooLarge)?;
        let sign = denominator.signum();
        let part = |number: i128| (number / common).checked_mul(sign).ok_or(NoResult::TooLarge);
        Ok(Rational { numerator: part(numerator)?, denominator: part(denominator)? })
    }

    fn product(a: i128, b: i128) -> Result<i128, NoResult> {
        a.checked_mul(b).ok_or(NoResult::TooLarge)
    }

    /// The sum.
    ///
    /// # Errors
    /// [`NoResult::TooLarge`]
    pub fn plus(self, other: Rational) -> Result<Rational, NoResult> {
        let left = Self::product(self.numerator, other.denominator)?;
        let right = Self::product(other.numerator, self.denominator)?;
        let sum = left.checked_add(right).ok_or(NoResult::TooLarge)?;
        Self::reduced(sum, Self::product(self.denominator, other.denominator)?)
    }

    /// The difference.
    ///
    /// # Errors
    /// [`NoResult::TooLarge`]
    pub fn minus(self, other: Rational) -> Result<Rational, NoResult> {
        self.plus(other.negate()?)
    }

    /// The product.
    ///
    /// # Errors
    /// [`NoResult::TooLarge`]
    pub fn times(self, other: Rational) -> Result<Rational, NoResult> {
        let numerator = Self::product(self.numerator, other.numerator)?;
        Self::reduced(numerator, Self::product(self.denominator, other.denominator)?)
    }

    /// The quotient.
    ///
    /// # Errors
    /// [`NoResult`]
    pub fn over(self, other: Rational) -> Result<Rational, NoResult> {
        let numerator = Self::product(self.numerator, other.denominator)?;
        Self::reduced(numerator, Self::product(self.denominator, other.numerator)?)
    }

    /// The same with the other sign.
    ///
    /// # Errors
    /// [`NoResult::TooLarge`]
    pub fn negate(self) -> Result<Rational, NoResult> {
        let numerator = self.numerator.checked_neg().ok_or(NoResult::TooLarge)?;
        Ok(Rational { numerator, ..self })
    }

    /// Which is larger.
    ///
    /// # Errors
    /// [`NoResult::TooLarge`]
    pub fn compare(self, other: Rational) -> Result<Ordering, NoResult> {
        let left = Self::product(self.numerator, other.denominator)?;
        Ok(left.cmp(&Self::product(other.numerator, self.denominator)?))
    }
}

impl fmt::Display for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => write!(f, "{}", self.numerator),
            denominator => write!(f, "{}/{denominator}", self.numerator),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fraction(numerator: i128, denominator: i128) -> Rational {
        Rational::reduced(numerator, denominator).unwrap()
    }

    #[test]
    fn fractions_are_exact_and_in_lowest_terms() {
        let (third, sixth) = (fraction(1, 3), fraction(2, -12).negate().unwrap());
        assert_eq!(third.plus(sixth).unwrap().to_string(), "1/2");
        assert_eq!(third.minus(sixth).unwrap(), sixth);
        assert_eq!(third.over(sixth).unwrap().to_string(), "2");
        assert_eq!(third.times(fraction(0, -5)).unwrap(), Rational::whole(0));
        assert_eq!(sixth.compare(third), Ok(Ordering::Less));
    }

    #[test]
    fn what_has_no_result_says_so() {
        let one = Rational::whole(1);
        assert_eq!(one.over(Rational::whole(0)), Err(NoResult::DivisionByZero));
        assert_eq!(fraction(i128::MAX, 1).plus(one), Err(NoResult::TooLarge));
        assert_eq!(fraction(i128::MAX, 1).times(fraction(2, 1)), Err(NoResult::TooLarge));
        assert_eq!(Rational::reduced(i128::MIN, -1), Err(NoResult::TooLarge));
        assert_eq!(Rational::reduced(i128::MIN, i128::MIN), Err(NoResult::TooLarge));
        assert_eq!(fraction(i128::MIN, 1).negate(), Err(NoResult::TooLarge));
    }

    proptest! {
        #[test]
        fn a_quotient_times_its_divisor_is_the_dividend(
            a in -1000_i128..1000, b in 1_i128..1000, c in -1000_i128..1000, d in 1_i128..1000
        ) {
            prop_assume!(c != 0);
            let (dividend, divisor) = (fraction(a, b), fraction(c, d));
            prop_assert_eq!(dividend.over(divisor).unwrap().times(divisor), Ok(dividend));
        }
    }
}
