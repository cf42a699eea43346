//! Pages that come one after the other, put together in runs.

use std::ops::Range;

use super::Mapping;

/// Pages of one mapping in a row.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) mapping: Mapping,
    pub(super) indices: Range<u64>,
}

impl Default for Run {
    fn default() -> Self {
        Run { mapping: Mapping::DEVICE, indices: 0..0 }
    }
}

impl Run {
    /// Adds a page; if it does not follow, it begins another run, and the one before it comes out.
    #[inline]
    pub(super) fn add(&mut self, mapping: Mapping, index: u64) -> Option<Run> {
        let follows = mapping == self.mapping && index == self.indices.end;
        let before = (!follows).then(|| std::mem::replace(self, Run { mapping, indices: index..index }));
        self.indices.end += 1;
        before
    }
}
