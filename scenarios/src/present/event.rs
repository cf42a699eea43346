//! An event of the trace as one JSON document: `{"arm", "at_ns", "id", "because", "task", "what", ...}`.

use std::io::Write;

use serde_json::{Value, json};
use sim_core::io::{Confused, Piece, Reason, Rwbs};
use sim_core::trace::{Event, ReadaheadRule, Sink, What};

use crate::calls::result_value;

/// Writes a line an event. What cannot be written is told at the end.
pub struct Lines<W> {
    arm: String,
    to: W,
    failed: Option<std::io::Error>,
}

impl<W: Write> Lines<W> {
    /// Lines of one arm.
    pub fn new(arm: &str, to: W) -> Lines<W> {
        Lines { arm: arm.to_owned(), to, failed: None }
    }

    /// Writes out what is left.
    ///
    /// # Errors
    /// The first error of a write.
    pub fn finish(mut self) -> std::io::Result<()> {
        match self.failed.take() {
            Some(error) => Err(error),
            None => self.to.flush(),
        }
    }
}

impl<W: Write> Sink for Lines<W> {
    fn record(&mut self, event: &Event) {
        if self.failed.is_none() {
            let line = document(&self.arm, event);
            self.failed = writeln!(self.to, "{line}").err();
        }
    }
}

/// The document of an event.
pub fn document(arm: &str, event: &Event) -> Value {
    let mut document = json!({
        "arm": arm,
        "at_ns": event.at.nanoseconds(),
        "id": event.id.0,
        "because": event.because.0,
        "task": event.task.0,
    });
    if let (Value::Object(into), Value::Object(what)) = (&mut document, what(&event.what)) {
        into.extend(what);
    }
    document
}

fn what(what: &What) -> Value {
    match what {
        What::Call { number } => json!({ "what": "call", "number": number }),
        What::Returned { number, result } => {
            json!({ "what": "returned", "number": number, "result": result_value(*result) })
        }
        What::Readahead { file, rule, start, size, async_size } => json!({
            "what": "readahead", "file": file.0, "rule": readahead_rule(*rule),
            "start": start, "size": size, "async_size": async_size,
        }),
        What::Mapped { file, block, asked, create, count, physical, new, boundary } => json!({
            "what": "mapped", "file": file.0, "block": block, "asked": asked, "create": create,
            "count": count, "physical": physical, "new": new, "boundary": boundary,
        }),
        What::Queued { bio, operation, flags, sector, sectors, pieces, reason } => json!({
            "what": "queued", "bio": bio.0, "rwbs": Rwbs(*operation, *flags).to_string(),
            "sector": sector.0, "sectors": sectors, "reason": reason_name(*reason),
            "pieces": pieces.iter().map(piece).collect::<Vec<_>>(),
        }),
        What::Split { bio, sector, rest } => {
            json!({ "what": "split", "bio": bio.0, "sector": sector.0, "rest": rest.0 })
        }
        What::Merged { bio, request, front, sector, sectors } => json!({
            "what": "merged", "bio": bio.0, "request": request.0, "front": front,
            "sector": sector.0, "sectors": sectors,
        }),
        What::Made { request, bio, sector, sectors } => json!({
            "what": "made", "request": request.0, "bio": bio.0, "sector": sector.0, "sectors": sectors,
        }),
        What::Plugged => json!({ "what": "plugged" }),
        What::Unplugged { requests } => json!({ "what": "unplugged", "requests": requests }),
        What::Inserted { request, sector, sectors } => json!({
            "what": "inserted", "request": request.0, "sector": sector.0, "sectors": sectors,
        }),
        What::Joined { request, into } => json!({ "what": "joined", "request": request.0, "into": into.0 }),
        What::Issued { request, operation, flags, sector, sectors, bios } => json!({
            "what": "issued", "request": request.0, "rwbs": Rwbs(*operation, *flags).to_string(),
            "sector": sector.0, "sectors": sectors,
            "bios": bios.iter().map(|bio| bio.0).collect::<Vec<_>>(),
        }),
        What::Completed { request, error, parts } => json!({
            "what": "completed", "request": request.0, "error": error.map(|error| error.to_string()),
            "parts_ns": parts.iter().filter(|(_, time)| !time.is_zero())
                .map(|(part, time)| (part.key().to_owned(), json!(time.nanoseconds())))
                .collect::<serde_json::Map<_, _>>(),
        }),
        What::Page { file, index, change } => json!({
            "what": "page", "file": file.map(|file| file.0), "index": index,
            "change": format!("{change:?}").to_lowercase(),
        }),
        What::Buffer { physical, change } => json!({
            "what": "buffer", "physical": physical, "change": format!("{change:?}").to_lowercase(),
        }),
    }
}

pub(super) fn piece(piece: &Piece) -> Value {
    json!({
        "file": piece.file.map(|file| file.0), "role": piece.role.to_string(),
        "logical": piece.logical, "physical": piece.physical, "blocks": piece.blocks,
    })
}

pub(super) const fn readahead_rule(rule: ReadaheadRule) -> &'static str {
    match rule {
        ReadaheadRule::StartOfFile => "start_of_file",
        ReadaheadRule::Sequential => "sequential",
        ReadaheadRule::Marked => "marked",
        ReadaheadRule::Oversize => "oversize",
        ReadaheadRule::SequentialMiss => "sequential_miss",
        ReadaheadRule::Context => "context",
        ReadaheadRule::Random => "random",
        ReadaheadRule::Around => "around",
        ReadaheadRule::Forced => "forced",
    }
}

/// The name of a reason, as the model's reference calls it.
pub fn reason_name(reason: Reason) -> String {
    match reason {
        Reason::Boundary => "boundary".to_owned(),
        Reason::Hole => "hole".to_owned(),
        Reason::NotContiguous => "not_contiguous".to_owned(),
        Reason::BioFull => "bio_full".to_owned(),
        Reason::Confused(rule) => format!("confused: {}", confused(rule)),
        Reason::EndOfRequest => "end_of_request".to_owned(),
        Reason::FullFolio(rule) => format!("full_folio: {}", confused(rule)),
        Reason::FullPage(rule) => format!("full_page: {}", confused(rule)),
        Reason::ReadForWrite => "read_for_write".to_owned(),
        Reason::MetadataRead => "metadata_read".to_owned(),
        Reason::BoundaryBlock => "boundary_block".to_owned(),
        Reason::MetadataWrite => "metadata_write".to_owned(),
        Reason::Flush => "flush".to_owned(),
    }
}

const fn confused(rule: Confused) -> &'static str {
    match rule {
        Confused::HasBuffers => "has_buffers",
        Confused::GetBlockFailed => "get_block_failed",
        Confused::UpToDateBuffer => "up_to_date_buffer",
        Confused::MappedAfterHole => "mapped_after_hole",
        Confused::NotContiguous => "not_contiguous",
        Confused::AllocationFailed => "allocation_failed",
        Confused::DirtyUnmapped => "dirty_unmapped",
        Confused::NotDirtyUpToDate => "not_dirty_up_to_date",
        Confused::AllUnmapped => "all_unmapped",
        Confused::PastEnd => "past_end",
    }
}
