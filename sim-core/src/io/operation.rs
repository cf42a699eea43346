//! What a device is asked to do, how, and what may go wrong.

use std::fmt;
use std::ops::BitOr;

/// What a device is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Read sectors.
    Read,
    /// Write sectors.
    Write,
    /// Make everything that was written durable.
    Flush,
    /// Tell the device that sectors hold nothing any more.
    Discard,
}

/// What is said about an I/O beside its operation: a set of marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flags(u8);

impl Flags {
    /// No mark.
    pub const NONE: Flags = Flags(0);
    /// Somebody waits for it (`REQ_SYNC`).
    pub const SYNC: Flags = Flags(1);
    /// Read ahead: nobody has asked for it yet (`REQ_RAHEAD`).
    pub const READ_AHEAD: Flags = Flags(2);
    /// Metadata (`REQ_META`).
    pub const METADATA: Flags = Flags(4);
    /// The device's cache is flushed before it (`REQ_PREFLUSH`).
    pub const PREFLUSH: Flags = Flags(8);
    /// Durable when it completes (`REQ_FUA`).
    pub const FUA: Flags = Flags(16);
    /// Sent by background writeback (`REQ_BACKGROUND`); it has no letter.
    pub const BACKGROUND: Flags = Flags(32);

    /// Whether all marks of `other` are set.
    pub const fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// The marks as bits, for digests.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// These marks without those of `other`.
    #[must_use]
    pub const fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }
}

impl BitOr for Flags {
    type Output = Flags;

    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

/// Operation and flags as blktrace prints them: `RA`, `WS`, `FWS`, ...
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rwbs(pub Operation, pub Flags);

impl fmt::Display for Rwbs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rwbs(operation, flags) = *self;
        let operation = match operation {
            Operation::Read => "R",
            Operation::Write => "W",
            Operation::Flush => "F",
            Operation::Discard => "D",
        };
        for (shown, letter) in [
            (flags.contains(Flags::PREFLUSH), "F"),
            (true, operation),
            (flags.contains(Flags::FUA), "F"),
            (flags.contains(Flags::READ_AHEAD), "A"),
            (flags.contains(Flags::SYNC), "S"),
            (flags.contains(Flags::METADATA), "M"),
        ] {
            if shown {
                f.write_str(letter)?;
            }
        }
        Ok(())
    }
}

/// An I/O that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum IoError {
    /// The device could not read or write a sector (EIO).
    #[error("I/O error")]
    Medium,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_come_in_blktraces_order() {
        assert_eq!(Rwbs(Operation::Read, Flags::READ_AHEAD).to_string(), "RA");
        assert_eq!(Rwbs(Operation::Write, Flags::SYNC | Flags::BACKGROUND).to_string(), "WS");
        assert_eq!(Rwbs(Operation::Write, Flags::PREFLUSH | Flags::SYNC).to_string(), "FWS");
        assert_eq!(Rwbs(Operation::Write, Flags::FUA | Flags::SYNC).to_string(), "WFS");
        assert_eq!(Rwbs(Operation::Flush, Flags::PREFLUSH).to_string(), "FF");
    }
}
