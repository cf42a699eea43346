//! The vocabulary of I/O: operations, flags, sectors, what a block is (its role) and why an I/O
//! was sent (its reason). Plain data; how an I/O is served is told elsewhere.

use std::fmt;

pub mod blocks;
mod operation;
mod part;
mod reason;
mod role;
mod sector;

pub use operation::{Flags, IoError, Operation, Rwbs};
pub use part::{Part, Parts};
pub use reason::{Confused, Reason};
pub use role::{NotARole, Piece, Role};
pub(crate) use sector::Extent;
pub use sector::{SECTOR_BYTES, Sector};

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

identifier!(
    /// A bio, numbered in the order in which bios are queued.
    BioId(u64)
);
identifier!(
    /// A request to a device, numbered in the order in which requests are made.
    RequestId(u64)
);
identifier!(
    /// A file of the run, numbered in the order in which the scenario names them.
    FileId(u32)
);
