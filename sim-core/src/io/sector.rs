//! Positions on a device, in sectors of 512 bytes.

use std::fmt;

/// Bytes in a sector: 512, always, whatever the device's physical sectors are.
pub const SECTOR_BYTES: u64 = 512;

/// A position on the device, in sectors of 512 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sector(pub u64);

impl Sector {
    /// The sector `sectors` further on; `None` if that overflows.
    pub fn checked_add(self, sectors: u64) -> Option<Sector> {
        self.0.checked_add(sectors).map(Sector)
    }
}

impl fmt::Display for Sector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A run of sectors, for those who have to tell what two runs share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// The first sector.
    pub(crate) start: Sector,
    /// How many sectors.
    pub(crate) sectors: u32,
}

impl Extent {
    /// The sector behind the last one, not beyond the last that can be told.
    pub(crate) fn end(self) -> Sector {
        Sector(self.start.0.saturating_add(u64::from(self.sectors)))
    }

    /// The sectors that lie in both; `None` if there are none.
    pub(crate) fn overlap(self, other: Extent) -> Option<Extent> {
        let start = self.start.max(other.start);
        let sectors = self.end().min(other.end()).0.checked_sub(start.0)?;
        // No more than either of them has, so it fits.
        let sectors = u32::try_from(sectors).unwrap_or(u32::MAX);
        (sectors > 0).then_some(Extent { start, sectors })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlap_is_what_both_hold() {
        let extent = |start, sectors| Extent { start: Sector(start), sectors };
        assert_eq!(extent(0, 8).overlap(extent(4, 8)), Some(extent(4, 4)));
        assert_eq!(extent(4, 2).overlap(extent(0, 100)), Some(extent(4, 2)));
        assert_eq!(extent(0, 8).overlap(extent(8, 8)), None);
        assert_eq!(extent(0, 8).overlap(extent(9, 8)), None);
        assert_eq!(extent(3, 0).overlap(extent(0, 8)), None);
        assert_eq!(extent(u64::MAX, 8).end(), Sector(u64::MAX));
    }
}
