//! A flash transaction: one page of a command, on its way through the back end.

use sim_core::io::Sector;

use super::map::Place;
use super::path::Path;

/// What a die is asked to do for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Read what a read command asks for.
    Read,
    /// Read the old page before a part of it is overwritten.
    ReadOld,
    /// Program the page.
    Program,
}

/// One page of a command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transaction {
    /// The command's place in the slab.
    pub(crate) command: u32,
    /// What is to be done next.
    pub(crate) kind: Kind,
    /// The logical page.
    pub(crate) page: u32,
    /// Where it lies.
    pub(crate) place: Place,
    /// Sectors that the host reads or writes.
    pub(crate) sectors: u32,
    /// Sectors that pass over the channel.
    pub(crate) channel_sectors: u32,
    /// Its place in the order in which transactions entered the lines of the dies.
    pub(crate) entered: u64,
    /// The transaction behind it in its line.
    pub(crate) next: Option<u32>,
    /// Where its time went.
    pub(crate) path: Path,
}

/// What a request wants of one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PagePart {
    /// The logical page.
    pub(crate) page: u32,
    /// The first sector inside the page.
    pub(crate) first: u32,
    /// How many sectors.
    pub(crate) sectors: u32,
}

impl PagePart {
    /// How many sectors a read fetches over the channel: those asked for, rounded out to units of
    /// the error correction inside the page.
    pub(crate) fn rounded_out(self, unit: u32, page_sectors: u32) -> u32 {
        // [ssd-read.unit]
        let start = self.first - self.first % unit;
        let end = (self.first + self.sectors).next_multiple_of(unit).min(page_sectors);
        end - start
    }
}

/// The pages of `sectors` sectors from `sector` on, in order.
pub(crate) fn page_parts(
    sector: Sector,
    sectors: u32,
    page_sectors: u32,
) -> impl Iterator<Item = PagePart> + Clone {
    let mut at = sector.0;
    let mut left = sectors;
    std::iter::from_fn(move || {
        if left == 0 {
            return None;
        }
        let part = first_part(at, left, page_sectors);
        at += u64::from(part.sectors);
        left -= part.sectors;
        Some(part)
    })
}

#[expect(clippy::cast_possible_truncation, reason = "a drive has fewer than 2^32 pages")]
fn first_part(at: u64, left: u32, page_sectors: u32) -> PagePart {
    let first = (at % u64::from(page_sectors)) as u32;
    PagePart { page: (at / u64::from(page_sectors)) as u32, first, sectors: left.min(page_sectors - first) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_cut_at_pages() {
        let parts: Vec<_> =
            page_parts(Sector(30), 70, 32).map(|part| (part.page, part.first, part.sectors)).collect();
        assert_eq!(parts, [(0, 30, 2), (1, 0, 32), (2, 0, 32), (3, 0, 4)]);
    }

    #[test]
    fn a_read_is_rounded_out_to_units_inside_its_page() {
        // [ssd-read.unit]
        let rounded = |first, sectors, unit| PagePart { page: 0, first, sectors }.rounded_out(unit, 32);
        assert_eq!(rounded(0, 1, 8), 8);
        assert_eq!(rounded(7, 2, 8), 16);
        assert_eq!(rounded(31, 1, 24), 8);
        assert_eq!(rounded(0, 32, 64), 32);
    }
}
