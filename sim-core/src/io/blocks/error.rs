//! What can be wrong with a text in the grammar of blocks, and where.

/// A text that is not in the grammar of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{wrong}")]
pub struct NotBlocks {
    /// The first byte of the place that is wrong.
    pub start: usize,
    /// The byte behind it; the same as `start` where something is missing.
    pub end: usize,
    /// What is wrong there.
    pub wrong: Wrong,
}

/// What is wrong, in terms of what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Neither a number nor a role.
    #[error("expected a block, a range like 0-11, or a role like ind, dleaf/3 or bitmap/0")]
    Piece,
    /// Not a decimal number.
    #[error("expected a number")]
    Number,
    /// A number that does not fit into 64 bits.
    #[error("expected a number below 2^64")]
    TooLarge,
    /// A range whose last block lies before its first.
    #[error("expected a range whose last block is not before its first")]
    Backwards,
    /// A range of 2^64 blocks, or a run that reaches beyond the last block that has a number.
    #[error("expected a run that ends below block 2^64 - 1")]
    TooLong,
    /// A file's name without its end.
    #[error("expected `:` after the file's name")]
    Colon,
    /// A backslash in a file's name that is not followed by an octal number up to 177.
    #[error("expected three octal digits up to 177 after `\\`")]
    Escape,
    /// A file's name before a block that belongs to no file.
    #[error("expected no file name: such a block belongs to no file")]
    NotOfAFile,
    /// Something behind the `F` of a flush.
    #[error("expected a space: a flush has no blocks")]
    FlushWithBlocks,
    /// Something behind a piece.
    #[error("expected `+`, a space or the end")]
    AfterPiece,
    /// Something behind a run of a layout.
    #[error("expected a space or the end")]
    AfterRun,
    /// None, or several, where one I/O is to be told.
    #[error("expected one I/O")]
    OneIo,
    /// A file's name in a layout.
    #[error("expected no file name: a layout is that of one file")]
    FileInLayout,
    /// A role in a layout that no block of a file has.
    #[error("expected logical blocks or an indirect block: a layout holds nothing else")]
    RoleInLayout,
    /// A run of a layout without its place.
    #[error("expected `@` and the first physical block")]
    Unplaced,
    /// More than one block for an indirect block.
    #[error("expected one physical block: this role is a single block")]
    OneBlock,
    /// A logical block or an indirect block that a layout places twice.
    #[error("expected blocks that are not placed already")]
    PlacedTwice,
    /// A physical block that a layout uses twice.
    #[error("expected physical blocks that are not taken already")]
    TakenTwice,
}

impl Wrong {
    /// This, wrong with the `length` bytes from `start` on.
    pub(super) fn at(self, start: usize, length: usize) -> NotBlocks {
        NotBlocks { start, end: start + length, wrong: self }
    }
}
