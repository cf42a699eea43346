//! Why two arms came to the same, from what their traces show.

use sim_core::io::{Operation, Reason, Role};

use super::subject::Difference;
use crate::run::ArmRun;

/// Why what the arms differ in had no effect; none where the trace does not tell.
pub(super) fn why(differences: &[Difference], left: &ArmRun, right: &ArmRun) -> Option<String> {
    if left.figures.ios == 0 {
        return Some("there was no I/O at all".to_owned());
    }
    let [difference] = differences else { return None };
    match difference.key().as_str() {
        "filesystem.boundary" if right.scenario.filesystem.boundary => boundary(right, left),
        "filesystem.boundary" => boundary(left, right),
        "queue.read_ahead_kb" => Some(readahead(left)),
        "queue.scheduler" | "queue.nr_requests" if left.facts.most_waiting < 2 => {
            Some("never more than one request waited".to_owned())
        }
        "queue.queue_depth" => {
            Some(format!("never more than {} in the device", requests(left.facts.most_in_device)))
        }
        "queue.nomerges" if left.facts.merges == 0 => Some("nothing was there to be merged".to_owned()),
        "queue.max_sectors_kb" => {
            Some(format!("the longest request has {} KiB", left.facts.longest_request / 2))
        }
        "seed" => Some("nothing here is drawn from it".to_owned()),
        _ => None,
    }
}

fn requests(count: u64) -> String {
    if count == 1 { "one request was".to_owned() } else { format!("{count} requests were") }
}

fn readahead(arm: &ArmRun) -> String {
    match (arm.facts.chosen_windows, arm.facts.largest_window) {
        (0, _) => "no window was chosen by the rules of readahead, only what was asked for".to_owned(),
        (_, 1) => "the largest readahead window has 1 page in both".to_owned(),
        (_, largest) => format!("the largest readahead window has {largest} pages in both"),
    }
}

/// A bio that the boundary flag sent, and what sent the same one without the flag.
struct AtBoundary {
    last: u64,
    /// The last block of its file.
    end_of_file: bool,
    operation: Operation,
    without: Option<(Reason, bool)>,
}

/// Why the boundary flag had no effect; `with` is the arm that has it.
fn boundary(with: &ArmRun, without: &ArmRun) -> Option<String> {
    if with.facts.mappings == 0 && with.facts.hole_at_boundary.is_none() {
        return Some("no block had to be mapped".to_owned());
    }
    if with.facts.boundary_mappings == 0 {
        return Some(match with.facts.hole_at_boundary {
            Some(block) => {
                format!(
                    "block {block}, the last of its array of pointers, is a hole, so no mapping ends there"
                )
            }
            None => format!(
                "no mapping reaches the last block of an array of pointers; the last one ends at block {}",
                with.facts.mapped_end.saturating_sub(1)
            ),
        });
    }
    let mut found = at_boundaries(with, without);
    let Some(first) = found.next() else {
        return Some("no page ends where a mapping with the boundary flag does".to_owned());
    };
    let reason = at_boundary(&first, with)?;
    match found.count() {
        0 => Some(reason),
        more => Some(format!("{reason} (the first of {} boundaries)", more + 1)),
    }
}

fn at_boundaries<'a>(with: &'a ArmRun, without: &'a ArmRun) -> impl Iterator<Item = AtBoundary> + 'a {
    let sent = with.record.bios().iter().zip(&with.facts.sent);
    sent.filter(|(_, sent)| sent.reason == Reason::Boundary).filter_map(move |((operation, pieces), _)| {
        let piece = pieces.last()?;
        let end = piece.logical.saturating_add(u64::from(piece.blocks));
        let same = |(other, pieces): &(Operation, Vec<sim_core::io::Piece>)| {
            pieces.last().is_some_and(|last| {
                let its_end = last.logical.saturating_add(u64::from(last.blocks));
                other == operation && last.role == Role::Data && last.file == piece.file && its_end == end
            })
        };
        let place = without.record.bios().iter().position(same);
        let other = place.and_then(|place| without.facts.sent.get(place));
        let file = piece.file.and_then(|file| with.files.get(file.0 as usize));
        Some(AtBoundary {
            last: end.saturating_sub(1),
            end_of_file: file.is_some_and(|file| file.blocks == end),
            operation: *operation,
            without: other.map(|sent| (sent.reason, sent.read_ahead)),
        })
    })
}

fn at_boundary(bio: &AtBoundary, with: &ArmRun) -> Option<String> {
    let last = bio.last;
    let metadata = |write: bool| {
        let direction = if write { Operation::Write } else { Operation::Read };
        with.record.bios().iter().any(|(operation, pieces)| {
            *operation == direction && pieces.iter().any(|piece| piece.role.is_indirect())
        })
    };
    let (reason, read_ahead) = bio.without?;
    Some(match (bio.operation, reason) {
        (_, Reason::EndOfRequest) if bio.end_of_file => format!("the file ends at block {last}"),
        (Operation::Read, Reason::EndOfRequest) if with.facts.largest_of_all > 1 && read_ahead => {
            format!("a readahead window already ends at block {last}")
        }
        (Operation::Read, Reason::EndOfRequest) => {
            format!("pages are read one at a time, so a bio ends at block {last} anyway")
        }
        (Operation::Write, _) if !metadata(true) => {
            format!("behind block {last} no dirty indirect block is cached")
        }
        (Operation::Read, Reason::NotContiguous) if !metadata(false) => format!(
            "no indirect block had to be read, they are cached, and a bio ends at block {last} anyway"
        ),
        (_, Reason::NotContiguous) => {
            format!("the block behind {last} is not next to it, so a bio ends there anyway")
        }
        (_, Reason::BioFull) => format!("a bio is full at block {last} anyway"),
        (_, Reason::Hole) => format!("a hole ends the bio at block {last} anyway"),
        (_, Reason::Confused(_)) => {
            format!("the page behind block {last} is taken block by block, so a bio ends there anyway")
        }
        _ => format!("a bio ends at block {last} anyway"),
    })
}
