//! Completion: a request's bios end, then its tags are given back.
//!
//! Source: Linux 6.1, `blk_mq_end_request`, `bio_endio`, `bio_chain`. Left out: a device that reports
//! how far a failed request came.

use sim_core::io::{BioId, IoError, Operation, RequestId};
use sim_core::task::TaskId;

use super::BlockLayer;
use super::request::Stage;

/// A bio that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedBio {
    /// The bio.
    pub bio: BioId,
    /// What went wrong, if anything did.
    pub error: Option<IoError>,
}

/// A bio that was split and has not ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SplitBio {
    /// Parts that have not ended, the rest that is still to be placed included.
    parts: u32,
    error: Option<IoError>,
}

impl BlockLayer {
    /// A request has come back from the device. Its bios that have ended are added to `ended`, in
    /// order of sectors; then its tags are given back, and the tasks to be woken for them are added
    /// to `woken`, in order.
    // [block-complete.order]
    pub fn complete(
        &mut self,
        request: RequestId,
        error: Option<IoError>,
        ended: &mut Vec<EndedBio>,
        woken: &mut Vec<TaskId>,
    ) {
        let slot = self.requests.find(request);
        let bios = std::mem::take(&mut self.requests[slot].bios);
        let request = &self.requests[slot];
        assert!(request.stage == Stage::Issued, "request {} is {:?}", request.id, request.stage);
        let operation = request.operation;
        // [block-complete.whole]
        ended.extend(bios.iter().filter_map(|bio| self.end_part(*bio, error)));
        self.requests[slot].bios = bios;
        self.requests.remove(slot);
        woken.append(&mut self.woken);
        if let Some(tags) = &mut self.device_tags {
            tags.give_back(Operation::Read);
        }
        self.request_tags.give_back(operation);
        self.waiters.tag_given_back(woken);
        // [block-worker.restart]
        self.worker_called |= self.set_aside.is_some();
    }

    /// A bio is split once more: there is one part more to wait for.
    pub(super) fn count_split(&mut self, bio: BioId) {
        self.split_bios.entry(bio).or_insert(SplitBio { parts: 1, error: None }).parts += 1;
    }

    /// A bio, or a part of one, ends; told only of the last part.
    // [block-split.ends-once]
    fn end_part(&mut self, bio: BioId, error: Option<IoError>) -> Option<EndedBio> {
        let Some(split) = self.split_bios.get_mut(&bio) else { return Some(EndedBio { bio, error }) };
        split.parts -= 1;
        split.error = split.error.or(error);
        let SplitBio { parts, error } = *split;
        if parts > 0 {
            return None;
        }
        self.split_bios.remove(&bio);
        Some(EndedBio { bio, error })
    }
}
