//! A bio: consecutive sectors to be read or written at once, in segments.
//!
//! Nothing of pages is known here but how long a segment is, since requests are bounded by it.
//! Source: Linux 6.1, `struct bio`, `bio_split`. Left out: bios whose segments differ in length.

use sim_core::io::{BioId, Flags, Operation, Sector};

/// A bio handed to the block layer.
///
/// All its segments have `segment_sectors` sectors but the last, which may be shorter. A segment is
/// one page or part of one; pages that are adjacent in memory share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bio {
    /// Its number; of the bios under way, each has another.
    pub id: BioId,
    /// [`Operation::Read`] or [`Operation::Write`].
    pub operation: Operation,
    /// How.
    pub flags: Flags,
    /// The first sector.
    pub sector: Sector,
    /// Its length in sectors, at least 1.
    pub sectors: u32,
    /// The length of a segment in sectors, at least 1.
    pub segment_sectors: u32,
}

/// A part of a bio: what becomes a request or joins one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) sector: Sector,
    pub(super) sectors: u32,
    segment_sectors: u32,
    /// How many sectors of its first segment belong to the part before it.
    into_segment: u32,
}

impl Part {
    /// The whole of a bio.
    pub(super) fn whole(bio: &Bio) -> Part {
        assert!(bio.sectors > 0 && bio.segment_sectors > 0, "a bio without sectors: {bio:?}");
        assert!(
            bio.sector.checked_add(u64::from(bio.sectors)).is_some(),
            "a bio beyond the last sector there can be: {bio:?}"
        );
        Part {
            sector: bio.sector,
            sectors: bio.sectors,
            segment_sectors: bio.segment_sectors,
            into_segment: 0,
        }
    }

    /// The sector behind the last one.
    pub(super) fn end(&self) -> u64 {
        self.sector.0 + u64::from(self.sectors)
    }

    /// How many segments it touches; one touched partly counts.
    // [block-split.segments]
    pub(super) fn segments(&self) -> u32 {
        let sectors = u64::from(self.into_segment) + u64::from(self.sectors);
        let segments = sectors.div_ceil(u64::from(self.segment_sectors));
        u32::try_from(segments).unwrap_or(u32::MAX)
    }

    /// The length of its first `segments` segments, or more than its own if it has fewer.
    // [block-split.segments]
    pub(super) fn sectors_of(&self, segments: u32) -> u64 {
        (u64::from(segments) * u64::from(self.segment_sectors)).saturating_sub(u64::from(self.into_segment))
    }

    /// Takes `sectors` off the front, at most all of them.
    pub(super) fn take_front(&mut self, sectors: u32) -> Part {
        let sectors = sectors.min(self.sectors);
        let front = Part { sectors, ..*self };
        self.sector = Sector(self.sector.0 + u64::from(sectors));
        self.sectors -= sectors;
        let offset = (u64::from(self.into_segment) + u64::from(sectors)) % u64::from(self.segment_sectors);
        self.into_segment = u32::try_from(offset).unwrap_or(0);
        front
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(sectors: u32) -> Part {
        Part::whole(&Bio {
            id: BioId(1),
            operation: Operation::Read,
            flags: Flags::NONE,
            sector: Sector(100),
            sectors,
            segment_sectors: 8,
        })
    }

    /// [block-split.segments]
    #[test]
    fn a_page_cut_in_two_counts_on_both_sides() {
        let mut rest = part(24);
        assert_eq!(rest.segments(), 3);
        let front = rest.take_front(12);
        assert_eq!((front.segments(), rest.segments()), (2, 2));
        assert_eq!((front.sector, front.end()), (Sector(100), 112));
        assert_eq!((rest.sector, rest.end()), (Sector(112), 124));
        assert_eq!(rest.sectors_of(1), 4);
        assert_eq!(rest.sectors_of(2), 12);
    }

    #[test]
    fn no_more_is_taken_than_there_is() {
        let mut rest = part(10);
        assert_eq!(rest.take_front(u32::MAX).sectors, 10);
        assert_eq!(rest.sectors, 0);
    }
}
