//! Errors of writes that nobody waited for, kept until they are told (`errseq_t`, `AS_EIO`,
//! `AS_ENOSPC`).
//!
//! `docs/model/pagecache.md`, Errors 3.

use std::cell::Cell;

use crate::errno::Errno;
use crate::kernel::Kernel;
use crate::page::Mapping;

/// The last error of a mapping or of the filesystem, as somebody remembers it.
// [error.mapping]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorMark {
    error: Option<Errno>,
    count: u32,
    seen: bool,
}

impl ErrorMark {
    /// Nothing yet.
    pub const NOTHING: ErrorMark = ErrorMark { error: None, count: 0, seen: true };
}

/// The errors of a mapping, or of the filesystem.
#[derive(Debug)]
pub struct ErrorState {
    last: Cell<ErrorMark>,
    failed: Cell<bool>,
    no_space: Cell<bool>,
}

impl Default for ErrorState {
    fn default() -> Self {
        ErrorState { last: Cell::new(ErrorMark::NOTHING), failed: Cell::default(), no_space: Cell::default() }
    }
}

impl ErrorState {
    /// Something went wrong (`mapping_set_error`).
    // [error.mapping] [error.flags]
    pub fn record(&self, error: Errno) {
        let last = self.last.get();
        let count = if last.seen { last.count.wrapping_add(1) } else { last.count };
        self.last.set(ErrorMark { error: Some(error), count, seen: false });
        if error == Errno::NoSpace {
            self.no_space.set(true);
        } else {
            self.failed.set(true);
        }
    }

    /// What an opener remembers: the state now, or nothing if nobody has seen it.
    // [error.mapping]
    pub fn sample(&self) -> ErrorMark {
        let last = self.last.get();
        if last.seen { last } else { ErrorMark::NOTHING }
    }

    /// The error that an opener has not been told of; it remembers from now on that it was told.
    ///
    /// # Errors
    /// That error.
    // [error.told-once] [mpage-end.write-error-seen]
    pub fn check_and_advance(&self, opener: &mut ErrorMark) -> Result<(), Errno> {
        let last = self.last.get();
        if last == *opener {
            return Ok(());
        }
        let seen = ErrorMark { seen: true, ..last };
        self.last.set(seen);
        if seen == *opener {
            return Ok(());
        }
        *opener = seen;
        last.error.map_or(Ok(()), Err)
    }

    /// Looks at the flags and clears them (`filemap_check_errors`).
    ///
    /// # Errors
    /// [`Errno::NoSpace`] or [`Errno::Io`], if its flag was set.
    // [error.flags]
    pub fn take_flags(&self) -> Result<(), Errno> {
        let (no_space, failed) = (self.no_space.take(), self.failed.take());
        match (failed, no_space) {
            (true, _) => Err(Errno::Io),
            (false, true) => Err(Errno::NoSpace),
            (false, false) => Ok(()),
        }
    }
}

/// Writing something of a mapping has failed; its filesystem learns of it, too.
// [error.filesystem]
pub fn mapping_set_error(k: &Kernel, mapping: Mapping, error: Errno) {
    k.spaces.of(mapping).errors.record(error);
    k.filesystem_errors.record(error);
}

#[cfg(test)]
mod tests {
    use super::*;

    // [error.told-once] [error.mapping]
    #[test]
    fn each_opener_is_told_once_and_the_first_after_an_unseen_error_too() {
        let errors = ErrorState::default();
        let mut before = errors.sample();
        errors.record(Errno::Io);
        let mut after = errors.sample();
        assert_eq!(errors.check_and_advance(&mut before), Err(Errno::Io));
        assert_eq!(errors.check_and_advance(&mut before), Ok(()));
        assert_eq!(errors.check_and_advance(&mut after), Err(Errno::Io));
        let mut late = errors.sample();
        assert_eq!(errors.check_and_advance(&mut late), Ok(()), "the error has been seen");
        errors.record(Errno::NoSpace);
        let told = [&mut before, &mut after, &mut late].map(|opener| errors.check_and_advance(opener));
        assert_eq!(told, [Err(Errno::NoSpace); 3]);
    }

    // [error.mapping]
    #[test]
    fn errors_that_nobody_has_seen_are_one() {
        let errors = ErrorState::default();
        let mut opener = errors.sample();
        errors.record(Errno::NoSpace);
        errors.record(Errno::Io);
        assert_eq!(errors.check_and_advance(&mut opener), Err(Errno::Io));
        assert_eq!(errors.check_and_advance(&mut opener), Ok(()));
    }

    // [error.flags]
    #[test]
    fn a_look_clears_the_flags() {
        let errors = ErrorState::default();
        errors.record(Errno::NoSpace);
        assert_eq!(errors.take_flags(), Err(Errno::NoSpace));
        errors.record(Errno::Io);
        errors.record(Errno::NoSpace);
        assert_eq!((errors.take_flags(), errors.take_flags()), (Err(Errno::Io), Ok(())));
    }
}
