//! Buffer heads: one for each block of a page, where blocks are looked at one by one.
//!
//! Pages of files have buffers only when something needed them; pages of the device always have,
//! and carry the blocks' bytes beside them, since what is in memory may be newer than the device.

use sim_core::io::{FileId, Role};

use super::store::{PageCache, Store};
use super::{Mark, PageRef};

/// Whose block a metadata block is, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The file, unless it belongs to the whole filesystem.
    pub file: Option<FileId>,
    /// What it is.
    pub role: Role,
}

/// The state of one block of a page; the kernel's `BH_` flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buffer {
    /// Where the block lies on the device, if it is mapped (`BH_Mapped`).
    pub physical: Option<u64>,
    /// Whose block it is, if it is one of metadata.
    pub owner: Option<Owner>,
    /// Holds valid data (`BH_Uptodate`).
    pub up_to_date: bool,
    /// Holds data that the device does not (`BH_Dirty`).
    pub dirty: bool,
    /// Held by whoever reads or writes it (`BH_Lock`).
    pub locked: bool,
    /// Just allocated (`BH_New`).
    pub new: bool,
    /// Its mapping reached the end of its indirect block's array (`BH_Boundary`).
    pub boundary: bool,
    /// The last write of it failed (`BH_Write_EIO`).
    pub write_error: bool,
    /// The file whose fsync writes it (`b_assoc_map`).
    pub tied: Option<FileId>,
}

/// The buffers of one page.
#[derive(Clone, Debug)]
pub struct PageBuffers {
    heads: Box<[Buffer]>,
    bytes: Box<[u8]>,
    /// How many of the page's buffers are being read (`BH_Async_Read`) or written.
    in_flight: u16,
    failed: bool,
}

impl PageBuffers {
    pub(super) fn len(&self) -> usize {
        self.heads.len()
    }
}

/// One buffer: its page, and which of the page's blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BufferRef {
    /// The page.
    pub page: PageRef,
    /// Which block of the page, from 0.
    pub number: u16,
}

impl PageCache {
    /// Whether the page has buffers.
    #[inline]
    pub fn has_buffers(&self, page: PageRef) -> bool {
        self.store.borrow().page(page).buffers.is_some()
    }

    /// Gives a page that has none `count` unmapped buffers, which take over the page's own dirty and
    /// up-to-date marks (`create_empty_buffers`). `bytes` is how much content they carry: the page
    /// size for a page of the device, 0 for one of a file.
    // [buffers-life.attach]
    pub fn create_empty_buffers(&self, page: PageRef, count: u16, bytes: usize) {
        let mut store = self.store.borrow_mut();
        let entry = store.page_mut(page);
        assert!(entry.buffers.is_none(), "page {} has buffers already", entry.index);
        let buffer = Buffer {
            up_to_date: entry.has(Mark::UpToDate),
            dirty: entry.has(Mark::Dirty),
            ..Buffer::default()
        };
        entry.buffers = Some(Box::new(PageBuffers {
            heads: vec![buffer; usize::from(count)].into_boxed_slice(),
            bytes: vec![0; bytes].into_boxed_slice(),
            in_flight: 0,
            failed: false,
        }));
        store.buffer_heads += u64::from(count);
    }

    /// Buffer heads of all pages.
    pub fn buffer_heads(&self) -> u64 {
        self.store.borrow().buffer_heads
    }

    /// How many buffers the page has.
    pub fn buffer_count(&self, page: PageRef) -> u16 {
        let store = self.store.borrow();
        let count = store.page(page).buffers.as_ref().map_or(0, |buffers| buffers.len());
        u16::try_from(count).unwrap_or(u16::MAX)
    }

    /// The state of a buffer.
    pub fn buffer(&self, buffer: BufferRef) -> Buffer {
        let store = self.store.borrow();
        let heads = store.page(buffer.page).buffers.as_ref().map(|buffers| &buffers.heads);
        heads.map(|heads| heads[usize::from(buffer.number)]).unwrap_or_default()
    }

    /// Changes the state of a buffer.
    pub fn change_buffer(&self, buffer: BufferRef, change: impl FnOnce(&mut Buffer)) {
        let mut store = self.store.borrow_mut();
        if let Some(buffers) = &mut store.page_mut(buffer.page).buffers {
            change(&mut buffers.heads[usize::from(buffer.number)]);
        }
    }

    /// Looks at the bytes of one block of a page of the device.
    pub fn with_block<R>(&self, buffer: BufferRef, block_size: usize, look: impl FnOnce(&[u8]) -> R) -> R {
        let store = self.store.borrow();
        let start = usize::from(buffer.number) * block_size;
        match &store.page(buffer.page).buffers {
            Some(buffers) => look(&buffers.bytes[start..start + block_size]),
            None => look(&[]),
        }
    }

    /// Changes the bytes of one block of a page of the device.
    pub fn change_block<R>(
        &self,
        buffer: BufferRef,
        block_size: usize,
        change: impl FnOnce(&mut [u8]) -> R,
    ) -> R {
        let mut store = self.store.borrow_mut();
        let start = usize::from(buffer.number) * block_size;
        match &mut store.page_mut(buffer.page).buffers {
            Some(buffers) => change(&mut buffers.bytes[start..start + block_size]),
            None => change(&mut []),
        }
    }

    /// Says that `count` of the page's buffers are on their way; `failed`: something has gone wrong
    /// with the page already.
    pub fn start_async(&self, page: PageRef, count: u16, failed: bool) {
        let mut store = self.store.borrow_mut();
        if let Some(buffers) = &mut store.page_mut(page).buffers {
            buffers.in_flight = count;
            buffers.failed = failed;
        }
    }

    /// Says that one of them has ended; if it was the last, tells whether any of them failed.
    pub fn end_async(&self, page: PageRef, failed: bool) -> Option<bool> {
        let mut store = self.store.borrow_mut();
        let buffers = store.page_mut(page).buffers.as_mut()?;
        assert!(buffers.in_flight > 0, "a buffer ended that was not on its way");
        buffers.failed |= failed;
        buffers.in_flight -= 1;
        (buffers.in_flight == 0).then_some(buffers.failed)
    }

    /// How many of the page's buffers are on their way.
    pub fn in_flight(&self, page: PageRef) -> u16 {
        self.store.borrow().page(page).buffers.as_ref().map_or(0, |buffers| buffers.in_flight)
    }

    /// Drops the page's buffers if none is dirty or locked (`try_to_free_buffers`; whether one is in
    /// use the caller knows); tells whether the page has none now.
    pub fn try_to_free_buffers(&self, page: PageRef) -> bool {
        self.store.borrow_mut().try_to_free_buffers(page)
    }
}

impl Store {
    // [buffers-life.free]
    #[inline]
    pub(super) fn try_to_free_buffers(&mut self, page: PageRef) -> bool {
        let entry = self.page_mut(page);
        let Some(buffers) = &entry.buffers else { return true };
        if buffers.heads.iter().any(|buffer| buffer.dirty || buffer.locked) {
            return false;
        }
        let count = buffers.len() as u64;
        entry.buffers = None;
        self.buffer_heads -= count;
        true
    }
}
