//! Short names for calls that write, and for the places that they lead to.

use sim_core::time::Duration;
use sim_core::trace::What;
use sim_mpage::call::{Access, Call, Handle};

use crate::bench::{F, H, Ran};

/// A second handle.
pub(crate) const G: Handle = Handle(1);

/// Opens a file under a handle.
pub(crate) fn open(handle: Handle, file: u32) -> Call {
    Call::Open { handle, file: sim_core::io::FileId(file), access: Access::ReadWrite }
}

/// Opens the bench's file under the second handle.
pub(crate) fn open_again() -> Call {
    open(G, F.0)
}

pub(crate) fn pwrite(offset: u64, length: u64) -> Call {
    Call::Pwrite { handle: H, offset, length }
}

/// Writes whole blocks of 4 KiB.
pub(crate) fn write_blocks(handle: Handle, block: u64, blocks: u64) -> Call {
    Call::Pwrite { handle, offset: 4096 * block, length: 4096 * blocks }
}

pub(crate) fn fsync() -> Call {
    Call::Fsync { handle: H }
}

pub(crate) fn ftruncate(length: u64) -> Call {
    Call::Ftruncate { handle: H, length }
}

pub(crate) fn sleep(milliseconds: u64) -> Call {
    Call::Sleep { duration: Duration::from_nanoseconds(1_000_000 * milliseconds) }
}

impl Ran {
    /// Block and place of each block that was allocated.
    pub(crate) fn allocated(&self) -> Vec<(u64, u64)> {
        self.all(|what| match what {
            What::Mapped { block, physical, new: true, .. } => Some((*block, *physical)),
            _ => None,
        })
    }
}
