//! Reading the words of a text from left to right, with the place of everything read.

use super::{NotBlocks, Wrong};

/// What is left of a word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scan<'t> {
    /// The text that is left.
    pub(super) text: &'t str,
    /// Where it begins in the whole text, in bytes.
    pub(super) start: usize,
}

/// The words of a text.
pub(super) fn words(text: &str) -> impl Iterator<Item = Scan<'_>> {
    let mut left = Scan { text, start: 0 };
    std::iter::from_fn(move || {
        left.take_while(|char| char.is_ascii_whitespace());
        let word = left.take_while(|char| !char.is_ascii_whitespace());
        (!word.text.is_empty()).then_some(word)
    })
}

impl<'t> Scan<'t> {
    /// Takes the longest front part of which all characters are `wanted`.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> Scan<'t> {
        let length = self.text.find(|char| !wanted(char)).unwrap_or(self.text.len());
        let (front, back) = self.text.split_at(length);
        let taken = Scan { text: front, start: self.start };
        *self = Scan { text: back, start: self.start + length };
        taken
    }

    /// Takes `mark`, if that comes next.
    pub(super) fn take(&mut self, mark: char) -> bool {
        let Some(back) = self.text.strip_prefix(mark) else {
            return false;
        };
        *self = Scan { text: back, start: self.start + mark.len_utf8() };
        true
    }

    /// Reads all of it as a number.
    pub(super) fn number(self) -> Result<u64, NotBlocks> {
        if self.text.is_empty() || !self.text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(self.wrong(Wrong::Number));
        }
        self.text.parse().map_err(|_| self.wrong(Wrong::TooLarge))
    }

    /// Reads all of it as a block or a range: the first block, and how many.
    pub(super) fn range(mut self) -> Result<(u64, u64), NotBlocks> {
        let whole = self;
        let first = self.take_while(|char| char != '-').number()?;
        if !self.take('-') {
            return Ok((first, 1));
        }
        let last = self.number()?;
        let steps = last.checked_sub(first).ok_or(whole.wrong(Wrong::Backwards))?;
        let count = steps.checked_add(1).ok_or(whole.wrong(Wrong::TooLong))?;
        Ok((first, count))
    }

    /// Says what is wrong with all of it.
    pub(super) fn wrong(self, wrong: Wrong) -> NotBlocks {
        wrong.at(self.start, self.text.len())
    }
}
