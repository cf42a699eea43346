//! What is on its way: bios that have not ended, what they are for, and requests in the device.

use std::collections::VecDeque;

use sim_core::io::{BioId, Operation, RequestId, Sector};
use sim_core::time::Time;
use sim_core::trace::EventId;

use crate::content::Content;
use crate::page::PageRef;
use crate::page::buffers::BufferRef;

/// What to do when a bio has ended: the kernel's `bi_end_io`, as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndIo {
    /// Its pages were read (`mpage_read_end_io`).
    MpageRead,
    /// Its pages were written (`mpage_write_end_io`).
    MpageWrite,
    /// One block was read or written.
    Buffer(BufferRef, BufferEnd),
}

/// What the end of a single block's bio means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BufferEnd {
    /// A block that somebody waits for was read (`end_buffer_read_sync`).
    ReadSync,
    /// One of the blocks of a page that is read block by block (`end_buffer_async_read`).
    AsyncRead,
    /// One of the blocks of a page that is written block by block (`end_buffer_async_write`).
    AsyncWrite,
    /// A block that was written by itself (`end_buffer_write_sync`).
    WriteSync,
}

/// A bio on its way.
#[derive(Clone, Debug)]
pub struct InFlight {
    /// What is done.
    pub operation: Operation,
    /// Its first sector.
    pub sector: Sector,
    /// Its length in sectors.
    pub sectors: u32,
    /// Its pages, in ascending order; none for a single block.
    pub pages: Vec<PageRef>,
    /// What to do when it has ended.
    pub end_io: EndIo,
    /// The event that tells that it was queued.
    pub queued: EventId,
}

/// The bios that have not ended, by their numbers.
#[derive(Clone, Debug, Default)]
pub struct Bios {
    first: u64,
    pub(super) window: VecDeque<Option<InFlight>>,
    /// Those that begin past the device's end: they fail without having been queued.
    pub(super) beyond_end: VecDeque<InFlight>,
}

impl Bios {
    pub(super) fn add(&mut self, bio: InFlight) -> BioId {
        self.window.push_back(Some(bio));
        BioId(self.first + self.window.len() as u64 - 1)
    }

    pub(super) fn place(&self, id: BioId) -> usize {
        usize::try_from(id.0.wrapping_sub(self.first)).unwrap_or(usize::MAX)
    }

    /// Takes a bio that was not queued because it begins past the device's end.
    pub fn take_beyond_end(&mut self) -> Option<InFlight> {
        self.beyond_end.pop_front()
    }

    /// The bio, while it has not ended.
    pub fn get(&self, id: BioId) -> Option<&InFlight> {
        self.window.get(self.place(id))?.as_ref()
    }

    /// Takes a bio out that has ended.
    pub fn take(&mut self, id: BioId) -> Option<InFlight> {
        let place = self.place(id);
        let bio = self.window.get_mut(place)?.take();
        while let Some(None) = self.window.front() {
            self.window.pop_front();
            self.first += 1;
        }
        bio
    }

    /// The numbers and contents of all that have not ended.
    pub fn iter(&self) -> impl Iterator<Item = (BioId, &InFlight)> {
        (self.first..).zip(&self.window).filter_map(|(id, bio)| Some((BioId(id), bio.as_ref()?)))
    }

    /// Whether all have ended.
    pub fn is_empty(&self) -> bool {
        self.window.is_empty()
    }
}

/// A request in the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Its number.
    pub id: RequestId,
    /// The event that tells that it was issued.
    pub event: EventId,
    /// When it was issued.
    pub at: Time,
    /// When the device took it.
    pub taken: Time,
    /// Whether it was decided that it fails.
    pub fails: bool,
    /// What it writes, block by block.
    pub written: Vec<(u64, Content)>,
}

/// The requests in the device; as many as it has tags.
#[derive(Clone, Debug, Default)]
pub struct InDevice(pub(super) Vec<Issued>);

impl InDevice {
    /// Takes a request out that has completed.
    pub fn take(&mut self, id: RequestId) -> Option<Issued> {
        let place = self.0.iter().position(|issued| issued.id == id)?;
        Some(self.0.swap_remove(place))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
