//! How events go into a digest: a number for the kind, then every field, as words.
//!
//! The numbers are part of the promise that digests keep: none is ever used for something else.
//! What was queued, issued and completed goes word by word into the digest of that; from there, and
//! everything else at once, into the full one.

use super::{PageChange, What};
use crate::digest::{Digest, Words};
use crate::io::{FileId, Flags, Operation, Piece, Reason, Role};

impl What {
    /// Folds what was queued, issued or completed into its digest; other events change nothing.
    pub(super) fn fold_io(&self, digest: &mut Digest) {
        match self {
            What::Queued { bio, operation, flags, sector, sectors, pieces, reason } => {
                fold(digest, [5, bio.0, how(*operation, *flags), sector.0, u64::from(*sectors)]);
                digest.word(reason_word(*reason));
                for piece in pieces {
                    fold_piece(digest, piece);
                }
            }
            What::Issued { request, operation, flags, sector, sectors, bios } => {
                fold(digest, [13, request.0, how(*operation, *flags), sector.0, u64::from(*sectors)]);
                bios.iter().for_each(|bio| digest.word(bio.0));
            }
            What::Completed { request, error, parts } => {
                fold(digest, [14, request.0, error.map_or(0, |error| 1 + error as u64)]);
                parts.iter().for_each(|(_, duration)| digest.word(duration.nanoseconds()));
            }
            _ => {}
        }
    }

    /// The event behind the words of its circumstances; `io` is the digest of what was queued, issued
    /// and completed, this event included.
    #[inline(always)]
    pub(super) fn words(&self, circumstances: Words, io: &Digest) -> Words {
        let so_far = circumstances;
        match self {
            What::Call { number } => so_far.and([1, u64::from(*number)]),
            What::Returned { number, result } => so_far.and([2, u64::from(*number), result.cast_unsigned()]),
            What::Readahead { file, rule, start, size, async_size } => {
                so_far.and([3, u64::from(file.0), *rule as u64, *start, *size, *async_size])
            }
            What::Mapped { file, block, asked, create, count, physical, new, boundary } => {
                let marks = u64::from(*create) | u64::from(*new) << 1 | u64::from(*boundary) << 2;
                let count = count.cast_unsigned();
                so_far.and([4, u64::from(file.0), *block, *asked, count, *physical, marks])
            }
            What::Queued { .. } | What::Issued { .. } | What::Completed { .. } => so_far.and([io.value()]),
            What::Split { bio, sector, rest } => so_far.and([6, bio.0, sector.0, rest.0]),
            What::Merged { bio, request, front, sector, sectors } => {
                so_far.and([7, bio.0, request.0, u64::from(*front), sector.0, u64::from(*sectors)])
            }
            What::Made { request, bio, sector, sectors } => {
                so_far.and([8, request.0, bio.0, sector.0, u64::from(*sectors)])
            }
            What::Plugged => so_far.and([9]),
            What::Unplugged { requests } => so_far.and([10, u64::from(*requests)]),
            What::Inserted { request, sector, sectors } => {
                so_far.and([11, request.0, sector.0, u64::from(*sectors)])
            }
            What::Joined { request, into } => so_far.and([12, request.0, into.0]),
            What::Page { file, index, change } => page_words(page_kind(so_far, *change), *file, *index),
            What::Buffer { physical, change } => so_far.and([16, *physical, *change as u64]),
        }
    }
}

/// What a page's event begins with.
#[inline]
pub(super) fn page_kind(circumstances: Words, change: PageChange) -> Words {
    circumstances.and([15 | (change as u64) << 8])
}

/// A page's event behind what it begins with.
#[inline]
pub(super) fn page_words(kind: Words, file: Option<FileId>, index: u64) -> Words {
    kind.and([file.map_or(u64::MAX, |file| u64::from(file.0)), index])
}

fn fold<const N: usize>(digest: &mut Digest, words: [u64; N]) {
    for word in words {
        digest.word(word);
    }
}

fn how(operation: Operation, flags: Flags) -> u64 {
    operation as u64 | u64::from(flags.bits()) << 8
}

fn reason_word(reason: Reason) -> u64 {
    match reason {
        Reason::Boundary => 1,
        Reason::Hole => 2,
        Reason::NotContiguous => 3,
        Reason::BioFull => 4,
        Reason::Confused(rule) => 5 | (rule as u64) << 8,
        Reason::EndOfRequest => 6,
        Reason::FullFolio(rule) => 7 | (rule as u64) << 8,
        Reason::FullPage(rule) => 8 | (rule as u64) << 8,
        Reason::ReadForWrite => 9,
        Reason::MetadataRead => 10,
        Reason::BoundaryBlock => 11,
        Reason::MetadataWrite => 12,
        Reason::Flush => 13,
    }
}

fn fold_piece(digest: &mut Digest, piece: &Piece) {
    let (kind, first, second) = match piece.role {
        Role::Data => (1, 0, 0),
        Role::Ind => (2, 0, 0),
        Role::Dind => (3, 0, 0),
        Role::DindLeaf(leaf) => (4, leaf, 0),
        Role::Tind => (5, 0, 0),
        Role::TindMiddle(middle) => (6, middle, 0),
        Role::TindLeaf(middle, leaf) => (7, middle, leaf),
        Role::Super => (8, 0, 0),
        Role::Groups => (9, 0, 0),
        Role::Bitmap(group) => (10, group, 0),
        Role::Inodes(group) => (11, group, 0),
        Role::Unknown => (12, 0, 0),
    };
    let file = piece.file.map_or(u64::from(u32::MAX), |file| u64::from(file.0));
    fold(digest, [kind | file << 8, u64::from(first) << 32 | u64::from(second)]);
    fold(digest, [piece.logical, piece.physical, u64::from(piece.blocks)]);
}
