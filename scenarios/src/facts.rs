//! What a run shows about itself beside its orders and figures: from this a comparison tells why
//! two arms differ, or do not.

use sim_core::io::{Flags, Reason, Sector};
use sim_core::trace::{Event, ReadaheadRule, Sink, What};
use sim_mpage::ext2::path::{block_to_path, pointers_per_block};

/// Why and how a bio was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Why.
    pub reason: Reason,
    /// Whether it was read ahead.
    pub read_ahead: bool,
}

/// Facts of a run, collected from its events.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    block_size: u32,
    /// Why each bio was sent, in the order in which bios were queued.
    pub sent: Vec<Sent>,
    /// How often blocks were mapped.
    pub mappings: u64,
    /// How often the mapping carried the boundary flag.
    pub boundary_mappings: u64,
    /// The first hole met that is the last block of its array of pointers.
    pub hole_at_boundary: Option<u64>,
    /// The last block that was mapped, and 1.
    pub mapped_end: u64,
    /// Windows that the rules of readahead chose.
    pub chosen_windows: u64,
    /// The largest of them, in pages.
    pub largest_window: u64,
    /// The largest window of all, those included that were just what was asked for, in pages.
    pub largest_of_all: u64,
    /// Bios that were merged into a request.
    pub merges: u64,
    /// The most requests that waited to be issued at one time.
    pub most_waiting: u64,
    waiting: u64,
    /// The most requests that were in the device at one time.
    pub most_in_device: u64,
    in_device: u64,
    /// The longest request, in sectors.
    pub longest_request: u32,
    /// How far all backward steps led together, in sectors.
    pub backward_sectors: u64,
    last_end: Option<Sector>,
}

impl Facts {
    /// None yet; a filesystem block has `block_size` bytes.
    pub fn new(block_size: u32) -> Facts {
        Facts { block_size, ..Facts::default() }
    }

    /// Bytes in a filesystem block.
    pub fn block_size(&self) -> u64 {
        u64::from(self.block_size)
    }

    fn mapped(&mut self, block: u64, count: i64, boundary: bool) {
        let path = block_to_path(block, pointers_per_block(self.block_size));
        match u64::try_from(count) {
            Ok(0) if path.is_ok_and(|path| path.blocks_to_boundary == 0) => {
                self.hole_at_boundary.get_or_insert(block);
            }
            Ok(0) | Err(_) => {}
            Ok(count) => {
                self.mappings += 1;
                self.boundary_mappings += u64::from(boundary);
                self.mapped_end = self.mapped_end.max(block.saturating_add(count));
            }
        }
    }

    fn issued(&mut self, sector: Sector, sectors: u32) {
        self.waiting = self.waiting.saturating_sub(1);
        self.in_device += 1;
        self.most_in_device = self.most_in_device.max(self.in_device);
        self.longest_request = self.longest_request.max(sectors);
        if sectors > 0 {
            let back = self.last_end.map_or(0, |end| end.0.saturating_sub(sector.0));
            self.backward_sectors = self.backward_sectors.saturating_add(back);
            self.last_end = sector.checked_add(u64::from(sectors));
        }
    }
}

impl Sink for Facts {
    fn record(&mut self, event: &Event) {
        match event.what {
            What::Queued { reason, flags, .. } => {
                self.sent.push(Sent { reason, read_ahead: flags.contains(Flags::READ_AHEAD) });
            }
            What::Mapped { block, count, boundary, .. } => self.mapped(block, count, boundary),
            What::Readahead { rule, size, .. } => {
                self.largest_of_all = self.largest_of_all.max(size);
                if !matches!(rule, ReadaheadRule::Forced | ReadaheadRule::Random) {
                    self.chosen_windows += 1;
                    self.largest_window = self.largest_window.max(size);
                }
            }
            What::Merged { .. } => self.merges += 1,
            What::Made { .. } => {
                self.waiting += 1;
                self.most_waiting = self.most_waiting.max(self.waiting);
            }
            What::Joined { .. } => self.waiting = self.waiting.saturating_sub(1),
            What::Issued { sector, sectors, .. } => self.issued(sector, sectors),
            What::Completed { .. } => self.in_device = self.in_device.saturating_sub(1),
            _ => {}
        }
    }
}
