//! Calls that write, and what came of them in words.

use sim_core::io::{FileId, Piece, Role, Rwbs};
use sim_core::time::Duration;
use sim_core::trace::What;
use sim_mpage::call::{Access, Advice, Call, SyncFileRange};

use crate::bench::{Bench, F, H, Ran, file};

pub(crate) const PAGE: u64 = 4096;

pub(crate) fn pwrite(offset: u64, length: u64) -> Call {
    Call::Pwrite { handle: H, offset, length }
}

/// Writes whole pages.
pub(crate) fn write_pages(first: u64, count: u64) -> Call {
    pwrite(first * PAGE, count * PAGE)
}

pub(crate) const FSYNC: Call = Call::Fsync { handle: H };
pub(crate) const FDATASYNC: Call = Call::Fdatasync { handle: H };
pub(crate) const SYNCFS: Call = Call::Syncfs { handle: H };

/// Maps 16 pages of the file.
pub(crate) const MAP: Call =
    Call::Mmap { handle: H, length: 16 * PAGE, access: Access::ReadWrite, advice: Advice::Normal };

/// Stores one byte into a page of the mapping.
pub(crate) fn store(page: u64) -> Call {
    Call::Mdirty { handle: H, offset: page * PAGE }
}

/// `msync` of whole pages.
pub(crate) fn msync(first: u64, count: u64) -> Call {
    Call::Msync { handle: H, offset: first * PAGE, length: count * PAGE }
}

/// `sync_file_range` of whole pages; in `flags` 1 is to wait before, 2 to write, 4 to wait after.
pub(crate) fn sync_range(first: u64, count: u64, flags: u32) -> Call {
    let flags =
        SyncFileRange { wait_before: flags & 1 != 0, write: flags & 2 != 0, wait_after: flags & 4 != 0 };
    Call::SyncFileRange { handle: H, offset: first * PAGE, length: count * PAGE, flags }
}

pub(crate) fn ftruncate(length: u64) -> Call {
    Call::Ftruncate { handle: H, length }
}

/// Opens the first file, or the second one of [`two_files`], under the bench's handle.
pub(crate) fn open(file: u32) -> Call {
    Call::Open { handle: H, file: FileId(file), access: Access::ReadWrite }
}

/// Sleeps for so many us.
pub(crate) fn sleep(us: u64) -> Call {
    Call::Sleep { duration: Duration::from_nanoseconds(us * 1_000) }
}

/// Two files of blocks of 4 KiB, both with these blocks of theirs: the first at 1000, the second at
/// 2000.
pub(crate) fn two_files(blocks: u64) -> Bench {
    let last = blocks - 1;
    let of = |path, inode, place| file(path, inode, &format!("0-{last}@{place}"), 4096, None);
    Bench::of_files(4096, vec![of("/f", 12, 1000), of("/g", 13, 2000)])
}

impl Bench {
    /// Real-time processes: kernel threads run when no process can.
    pub(crate) fn fifo(self) -> Bench {
        self.with(|machine| machine.kernel.precedence = sim_core::task::Precedence::ProcessesFirst)
    }
}

fn piece_in_words(piece: &Piece) -> String {
    let file = piece.file.filter(|&file| file != F).map(|file| format!("f{}:", file.0)).unwrap_or_default();
    match (piece.role, piece.blocks) {
        (Role::Data, 1) => format!("{file}{}", piece.logical),
        (Role::Data, blocks) => format!("{file}{}-{}", piece.logical, piece.logical + u64::from(blocks) - 1),
        (role, _) => format!("{file}{role}"),
    }
}

impl Ran {
    fn bios_with(&self, word: impl Fn(u64, &str, &str) -> String) -> Vec<String> {
        let bio = |event: &sim_core::trace::Event| match &event.what {
            What::Queued { operation, flags, pieces, .. } => {
                let pieces: Vec<_> = pieces.iter().map(piece_in_words).collect();
                let letters = Rwbs(*operation, *flags).to_string();
                Some(word(event.at.nanoseconds() / 1_000, &letters, &pieces.join("+")))
            }
            _ => None,
        };
        self.trace.iter().filter_map(bio).collect()
    }

    /// Each bio: blktrace's letters and what it holds, like `WS 0-3` or `R bitmap/0`; `f1:` tells
    /// another file than the first.
    pub(crate) fn sent(&self) -> Vec<String> {
        self.bios_with(|_, letters, blocks| format!("{letters} {blocks}"))
    }

    /// The same, behind the time of each in us.
    pub(crate) fn sent_at(&self) -> Vec<String> {
        self.bios_with(|us, letters, blocks| format!("{us}: {letters} {blocks}"))
    }

    /// When each call returned, in us, in the order in which they did.
    pub(crate) fn returned_at(&self) -> Vec<u64> {
        let returned = |event: &sim_core::trace::Event| {
            matches!(event.what, What::Returned { .. }).then_some(event.at.nanoseconds() / 1_000)
        };
        self.trace.iter().filter_map(returned).collect()
    }

    /// Block, place and whether new of each `get_block` that found or made one.
    pub(crate) fn found_or_made(&self) -> Vec<(u64, u64, bool)> {
        self.all(|what| match what {
            What::Mapped { block, physical, new, count: 1.., .. } => Some((*block, *physical, *new)),
            _ => None,
        })
    }
}
