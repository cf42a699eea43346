//! The grammar of blocks: how layouts and orders of I/O are written, in scenario files, in what
//! `inspect` and `run` print, in expectations and in diffs.
//!
//! ```text
//! layout   = run { " " run }                      where the blocks of one file lie; gaps are holes
//! run      = (range | role) "@" physical
//! order    = io { " " io }                        which I/Os went, in order
//! io       = "F" | [ "W" | "D" ] piece { "+" piece }
//! piece    = [ file ] (range | role) [ "@" physical ]
//! file     = "/" name ":"                         holds for the pieces behind it in the same I/O
//! range    = block | first "-" last               logical blocks of a file, both included
//! role     = "ind" | "dind" | "dleaf/3" | "bitmap/0" | ...
//! physical = block, after a role also first "-" last
//! ```
//!
//! A bare I/O is a read; `W` writes, `D` discards, `F` is a flush and has no blocks. Numbers are
//! decimal, up to 2^64 - 1; any ASCII white space separates. In a file's name, white space, `:` and
//! `\` are written as in `/proc/mounts`: `\` and three octal digits.
//!
//! What is read is brought into one form, and what is printed reads back as the same: consecutive
//! pieces of one I/O are one (`0-5+6-11` is `0-11`). A range and a role never become one, nor do
//! two roles. How many blocks a role has is told only with their place on the device.
//!
//! Left out: that expectations leave things unsaid (a place, a file's name) is a matter of whoever
//! compares; here two orders are equal when all is.

mod error;
mod layout;
mod name;
mod order;
mod piece;
mod scan;
mod view;

pub use error::{NotBlocks, Wrong};
pub use layout::{Layout, PlacedRun};
pub use name::{escape_name, unescape_name};
pub use order::{Order, OrderedIo};
pub use piece::OrderedPiece;
pub use view::{DiskIo, DiskOrder, DiskPiece};
