//! When a bio joins a request, and when two requests become one.
//!
//! Source: Linux 6.1, `blk_rq_merge_ok`, `blk_try_merge`, `ll_back_merge_fn`, `attempt_merge`.
//! Left out: flush and FUA writes, which never merge (they come with the write cache); priorities,
//! write hints, integrity and encryption.

use sim_core::io::{BioId, Operation};
use sim_core::trace::What;

use super::bio::Part;
use super::request::{Request, Requests, Slot, Stage};
use super::split::Limits;

/// A bio, or the last part of one, that looks for a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seeker {
    pub(super) bio: BioId,
    pub(super) operation: Operation,
    pub(super) part: Part,
}

/// Where a bio joins a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Back,
    Front,
}

/// What came of trying one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The bio has joined it.
    Joined,
    /// It is next to the bio, but both together are too large; it is unmergeable now.
    Misfit,
    /// It is nothing to the bio.
    Other,
}

/// Whether a request takes bios of this operation at all; all other flags may differ.
// [block-merge.kind]
pub(super) fn takes(request: &Request, operation: Operation) -> bool {
    request.mergeable && request.stage == Stage::Waiting && request.operation == operation
}

/// At which end of a request a part is next to it.
// [block-merge.ends]
pub(super) fn end_beside(request: &Request, part: &Part) -> Option<End> {
    if request.end() == part.sector.0 {
        Some(End::Back)
    } else if part.end() == request.sector.0 {
        Some(End::Front)
    } else {
        None
    }
}

/// Puts a bio into a request that it is next to, at the given end, if both together fit.
pub(super) fn join_at(
    request: &mut Request,
    end: End,
    seeker: &Seeker,
    limits: &Limits,
    events: &mut Vec<What>,
) -> Outcome {
    let Seeker { bio, part, .. } = *seeker;
    if !fit(limits, (request.sectors, request.segments), (part.sectors, part.segments())) {
        // [block-merge.misfit]
        request.mergeable = false;
        return Outcome::Misfit;
    }
    // The request's flags stay those of the bio that it was made for.
    // [block-merge.flags]
    request.sectors += part.sectors;
    request.segments += part.segments();
    match end {
        End::Back => request.bios.push(bio),
        End::Front => {
            request.bios.insert(0, bio);
            request.sector = part.sector;
        }
    }
    let front = end == End::Front;
    let Part { sector, sectors, .. } = part;
    events.push(What::Merged { bio, request: request.id, front, sector, sectors });
    Outcome::Joined
}

/// Tries one request, whichever end the bio is next to.
pub(super) fn try_request(
    request: &mut Request,
    seeker: &Seeker,
    limits: &Limits,
    events: &mut Vec<What>,
) -> Outcome {
    if !takes(request, seeker.operation) {
        return Outcome::Other;
    }
    match end_beside(request, &seeker.part) {
        Some(end) => join_at(request, end, seeker, limits, events),
        None => Outcome::Other,
    }
}

/// Whether two requests may become one, the second behind the first.
// [deadline.join]
pub(super) fn may_follow(first: &Request, second: &Request, limits: &Limits) -> bool {
    takes(first, second.operation)
        && second.mergeable
        && first.end() == second.sector.0
        && fit(limits, (first.sectors, first.segments), (second.sectors, second.segments))
}

/// Puts the bios of the request `gone` behind those of `survivor`; its slot is still the caller's
/// to give back.
pub(super) fn append(requests: &mut Requests, survivor: Slot, gone: Slot, events: &mut Vec<What>) {
    let from = &mut requests[gone];
    let (request, sectors, segments) = (from.id, from.sectors, from.segments);
    let mut bios = std::mem::take(&mut from.bios);
    let into = &mut requests[survivor];
    into.bios.append(&mut bios);
    into.sectors += sectors;
    into.segments += segments;
    events.push(What::Joined { request, into: into.id });
    // Its room serves the slot's next request.
    requests[gone].bios = bios;
}

// [block-merge.limits]
fn fit(limits: &Limits, (sectors, segments): (u32, u32), (more_sectors, more_segments): (u32, u32)) -> bool {
    sectors.saturating_add(more_sectors) <= limits.max_sectors
        && segments.saturating_add(more_segments) <= limits.max_segments
}
