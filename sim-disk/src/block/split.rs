//! Where a bio is cut because it is too long for one request.
//!
//! Source: Linux 6.1, `bio_split_rw`. Left out: limits that no recorded device has (chunks,
//! segment boundaries and sizes).

use sim_core::io::SECTOR_BYTES;

use super::bio::Part;
use super::settings::Settings;

/// The limits of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) max_sectors: u32,
    pub(super) max_segments: u32,
    /// The logical block in sectors.
    logical: u64,
    /// The physical block in sectors.
    physical: u64,
    /// A page in sectors.
    page: u64,
}

impl Limits {
    /// The limits under `settings`, which were checked, with pages of `page_size` bytes.
    pub(super) fn new(settings: &Settings, page_size: u32) -> Limits {
        Limits {
            max_sectors: settings.max_sectors_kb * 2,
            max_segments: settings.max_segments,
            logical: u64::from(settings.logical_block_size) / SECTOR_BYTES,
            physical: u64::from(settings.physical_block_size) / SECTOR_BYTES,
            page: u64::from(page_size) / SECTOR_BYTES,
        }
    }

    /// Whether a whole bio is looked at at all: only if it is more than one page.
    // [block-split.looked-at]
    pub(super) fn looks_at(&self, whole: &Part) -> bool {
        whole.segments() > 1 || u64::from(whole.sectors) > self.page
    }

    /// How many sectors at the front of `part` become a request of their own; `None` if all of it
    /// fits into one request.
    pub(super) fn front(&self, part: &Part) -> Option<u32> {
        let limit = self.by_size(part.sector.0).min(part.sectors_of(self.max_segments));
        if u64::from(part.sectors) <= limit {
            return None;
        }
        // [block-split.logical]
        let rounded = limit - limit % self.logical;
        // A bio that is not made of whole logical blocks is cut as it comes.
        let front = if rounded == 0 { limit } else { rounded };
        // It is shorter than the part, whose length has 32 bits.
        u32::try_from(front).ok()
    }

    // [block-split.size]
    fn by_size(&self, sector: u64) -> u64 {
        let max_sectors = u64::from(self.max_sectors);
        let start = sector % self.physical;
        let end = start + max_sectors;
        let end = end - end % self.physical;
        if end > start { end - start } else { max_sectors - max_sectors % self.logical }
    }
}

#[cfg(test)]
mod tests {
    use sim_core::io::{BioId, Flags, Operation, Sector};

    use super::super::bio::Bio;
    use super::*;

    fn fronts(settings: Settings, sector: u64, sectors: u32) -> Vec<u32> {
        let limits = Limits::new(&settings, 4096);
        let mut rest = part(sector, sectors, 8);
        let mut fronts = Vec::new();
        while let Some(front) = limits.front(&rest) {
            fronts.push(rest.take_front(front).sectors);
        }
        fronts.push(rest.sectors);
        fronts
    }

    fn part(sector: u64, sectors: u32, segment_sectors: u32) -> Part {
        let (id, operation, flags) = (BioId(1), Operation::Read, Flags::NONE);
        Part::whole(&Bio { id, operation, flags, sector: Sector(sector), sectors, segment_sectors })
    }

    /// [block-split.size]
    #[test]
    fn the_front_ends_at_a_physical_block() {
        let max_64 = Settings { max_sectors_kb: 64, ..Settings::default() };
        assert_eq!(fronts(max_64, 9600, 300), [128, 128, 44]);
        let physical = Settings { physical_block_size: 4096, ..max_64 };
        assert_eq!(fronts(physical, 9604, 300), [124, 128, 48]);
        let larger = Settings { physical_block_size: 1 << 20, ..max_64 };
        assert_eq!(fronts(larger, 9604, 300), [128, 128, 44]);
        let odd = Settings { max_sectors_kb: 127, physical_block_size: 4096, ..Settings::default() };
        assert_eq!(fronts(odd, 8, 508), [248, 248, 12]);
    }

    /// [block-split.segments]
    #[test]
    fn a_request_has_no_more_segments_than_allowed() {
        let four = Settings { max_segments: 4, ..Settings::default() };
        assert_eq!(fronts(four, 2, 80), [32, 32, 16]);
        // The size cuts the 13th page, whose second half is a segment of the next part.
        let both = Settings { max_segments: 13, max_sectors_kb: 50, ..Settings::default() };
        assert_eq!(fronts(both, 0, 300), [100, 100, 100]);
        let both = Settings { max_segments: 7, max_sectors_kb: 26, ..Settings::default() };
        assert_eq!(fronts(both, 0, 200), [52, 52, 52, 44]);
        let both = Settings { max_segments: 1, max_sectors_kb: 6, ..Settings::default() };
        assert_eq!(fronts(both, 0, 24), [8, 8, 8]);
    }

    /// [block-split.logical]
    #[test]
    fn the_front_is_made_of_logical_blocks() {
        let settings =
            Settings { logical_block_size: 4096, physical_block_size: 4096, ..Settings::default() };
        let limits = Limits::new(&Settings { max_segments: 7, ..settings }, 4096);
        // Seven segments of two sectors are a logical block of eight and a half.
        assert_eq!(limits.front(&part(8, 24, 2)), Some(8));
        let limits = Limits::new(&Settings { max_segments: 3, ..settings }, 4096);
        assert_eq!(limits.front(&part(8, 24, 2)), Some(6), "not made of logical blocks: as it comes");
    }

    /// [block-split.looked-at]
    #[test]
    fn a_bio_of_one_page_is_not_looked_at() {
        let limits = Limits::new(&Settings::default(), 4096);
        assert!(!limits.looks_at(&part(4, 8, 8)));
        assert!(limits.looks_at(&part(4, 10, 8)));
        // Two pages that are adjacent in memory: one segment, but more than a page.
        assert!(limits.looks_at(&part(4, 16, 16)));
    }
}
