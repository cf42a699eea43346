//! The bus between drive and host, in closed form.
//!
//! A sector goes over the bus when it is in the buffer and the bus is free: bus := max(bus, in
//! buffer) + b. Written out for n sectors that is the latest of: start + n b, and for each sector i
//! the instant when it is in the buffer + (n - i) b. Sectors of one run come into the buffer at
//! rounded instants of an even motion, whole nanoseconds apart that differ by at most one, so
//! *in buffer - i b* only ever rises or only ever falls along a run: its ends say it all.

use sim_core::time::{Duration, Time};

/// The transfer of a read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadTransfer {
    sector: Duration,
    /// Sectors not yet in the buffer.
    left: u64,
    /// From when on the drive may take the bus, and what passes before data move on it.
    disconnected: Time,
    reselect: Duration,
    start: Option<Time>,
    end: Time,
}

impl ReadTransfer {
    /// A transfer of `sectors` sectors of `sector` each, after leaving the bus at `disconnected`;
    /// taking it again takes `reselect`.
    pub(crate) fn new(sectors: u64, sector: Duration, disconnected: Time, reselect: Duration) -> Self {
        ReadTransfer { sector, left: sectors, disconnected, reselect, start: None, end: disconnected }
    }

    /// The next `count` (at least 1) sectors are a run; the first is in the buffer at `first`, the
    /// last at `last`.
    pub(crate) fn buffered(&mut self, count: u64, first: Time, last: Time) {
        // [hdd-phases.read-transfer]
        if self.start.is_none() {
            // [hdd-phases.read-miss-start]
            let start = self.disconnected.max(first) + self.reselect;
            self.start = Some(start);
            self.end = start + self.time(self.left);
        }
        let after_first = first + self.time(self.left);
        let after_last = last + self.time(self.left - (count - 1));
        self.end = self.end.max(after_first).max(after_last);
        self.left -= count;
    }

    fn time(&self, sectors: u64) -> Duration {
        Duration::from_nanoseconds(self.sector.nanoseconds() * sectors)
    }

    /// When the first sector moves, and when the last has arrived.
    pub(crate) fn span(&self) -> (Time, Time) {
        (self.start.unwrap_or(self.end), self.end)
    }
}

/// The data of a write, that come into the buffer one sector after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WriteTransfer {
    /// When the first begins to move.
    pub(crate) start: Time,
    /// The time of a sector.
    pub(crate) sector: Duration,
}

impl WriteTransfer {
    /// When the first `sectors` sectors are in the buffer.
    pub(crate) fn buffered(&self, sectors: u64) -> Time {
        // [hdd-writes.start]
        self.start + Duration::from_nanoseconds(self.sector.nanoseconds() * sectors)
    }
}
