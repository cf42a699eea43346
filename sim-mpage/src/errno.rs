//! Error numbers of the kernel, as far as the simulated calls return them.

/// What stands for the signal SIGBUS among results: no error number is so far below zero.
pub const SIGBUS: i64 = i64::MIN;

/// An error that the kernel returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Errno {
    /// EIO: a device or the filesystem could not do what it must.
    #[error("EIO (input/output error)")]
    Io,
    /// ENOSPC: no free block.
    #[error("ENOSPC (no space left on device)")]
    NoSpace,
    /// ENOMEM: no free page. It ends the run.
    #[error("ENOMEM (out of memory)")]
    NoMemory,
    /// SIGBUS: a page of a mapping could not be read. No error number, but a signal.
    #[error("SIGBUS (bus error)")]
    Bus,
    /// EBADF: the handle is not open, or not for this.
    #[error("EBADF (bad file descriptor)")]
    BadHandle,
}

impl Errno {
    /// The number, below zero, as calls return it.
    pub const fn code(self) -> i64 {
        match self {
            Errno::Io => -5,
            Errno::BadHandle => -9,
            Errno::NoMemory => -12,
            Errno::NoSpace => -28,
            Errno::Bus => SIGBUS,
        }
    }
}
