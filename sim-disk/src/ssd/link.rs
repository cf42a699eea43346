//! The link to the host: two servers, one for each direction, at the same rate.
//!
//! Left out: SATA's single server for both directions.

use super::Parameters;
use super::picoseconds::{Picoseconds, Server, TransferTimes};

/// The link.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    inward: Server,
    outward: Server,
    times: TransferTimes,
}

impl Link {
    pub(crate) fn new(parameters: &Parameters) -> Link {
        Link {
            inward: Server::default(),
            outward: Server::default(),
            times: TransferTimes::new(parameters.page_sectors(), parameters.link_bytes_per_second),
        }
    }

    /// The whole data of a write, given as the sectors in each of its pages: booked at once; when
    /// they are in.
    pub(crate) fn data_in(&mut self, ready: Picoseconds, pages: impl Iterator<Item = u32>) -> Picoseconds {
        // [ssd-host.data-in]
        let duration = pages.fold(Picoseconds::ZERO, |sum, sectors| sum + self.times.of(sectors));
        self.inward.book(ready, duration).1
    }

    /// The sectors of one page that were read; when they are out.
    pub(crate) fn data_out(&mut self, ready: Picoseconds, sectors: u32) -> Picoseconds {
        // [ssd-host.data-out]
        self.outward.book(ready, self.times.of(sectors)).1
    }
}
