//! Events in words, each with the rule of `docs/model` that it follows.

use sim_core::io::{Confused, Flags, Operation, Reason};
use sim_core::trace::{ReadaheadRule, What};
use sim_mpage::errno::Errno;

use crate::present::explain::why;

/// A text and the tag of a rule.
pub(super) type Ruled = (String, Option<&'static str>);

fn ruled(text: impl Into<String>, tag: &'static str) -> Ruled {
    (text.into(), Some(tag))
}

/// What an event that both sides have says beyond its line; `by_worker`: the block layer's worker
/// did it.
pub(super) fn note(what: &What, by_worker: bool) -> Ruled {
    match what {
        What::Queued { operation: Operation::Read, flags, reason: Reason::EndOfRequest, .. }
            if !flags.contains(Flags::READ_AHEAD) =>
        {
            ruled("a page by itself", "mpage-read.read-folio")
        }
        What::Queued { operation, reason, .. } => reason_of(*reason, *operation),
        What::Mapped { count, create, new, boundary, .. } => mapped(*count, *create, *new, *boundary),
        What::Split { .. } => ruled("too long for one request", "block-split.front"),
        What::Merged { front: false, .. } => ruled("joins at the end", "block-merge.ends"),
        What::Merged { front: true, .. } => ruled("joins at the front", "block-merge.ends"),
        What::Made { .. } => ruled("a new request", "block-request.made"),
        What::Plugged => ruled("first in the plug", "block-plug.announced"),
        What::Unplugged { .. } => ruled("the plug is flushed", "block-plug.flushed"),
        What::Inserted { .. } => ruled("waits", "block-worker.called"),
        What::Issued { .. } if by_worker => ruled("by the worker", "block-worker.run"),
        What::Issued { flags, .. } => {
            // Only what is read ahead is sure to come out of a plug.
            let plugged = flags.contains(Flags::READ_AHEAD).then_some("block-plug.direct");
            ("by the task itself".to_owned(), plugged)
        }
        What::Completed { error: None, parts, .. } => {
            ruled(format!("after {}", time(parts.total().nanoseconds())), "block-complete.order")
        }
        What::Completed { error: Some(error), .. } => ruled(error.to_string(), "block-complete.whole"),
        _ => (String::new(), None),
    }
}

/// An event that only the simulator tells, as a line of its own; details have none.
pub(super) fn own_line(what: &What) -> Option<Ruled> {
    match what {
        What::Readahead { rule, start, size, async_size, .. } => {
            let mark = match (start + size).checked_sub(*async_size) {
                Some(mark) if *async_size > 0 => format!(", mark at {mark}"),
                _ => String::new(),
            };
            let last = (start + size).saturating_sub(1);
            let text = format!("readahead {start}-{last}{mark}: {}", readahead(*rule));
            Some(ruled(text, why::readahead(*rule).1))
        }
        What::Joined { .. } => Some(ruled("two requests are joined", "deadline.join")),
        _ => None,
    }
}

/// A time in milliseconds, for reading.
pub(super) fn time(nanoseconds: u64) -> String {
    format!("{}.{:03} ms", nanoseconds / 1_000_000, nanoseconds / 1_000 % 1_000)
}

fn mapped(count: i64, create: bool, new: bool, boundary: bool) -> Ruled {
    match (count, boundary) {
        (..0, _) if count == Errno::NoSpace.code() => {
            ruled("no block is free", "ext2-new-blocks.without-windows")
        }
        (..0, _) if create => ruled("its metadata cannot be read", "error.indirect"),
        (..0, _) => ruled("its indirect block cannot be read", "error.indirect"),
        (0, _) => ruled("a hole", "ext2-get-block.hole"),
        (_, true) => ruled("", "ext2-get-block.boundary"),
        (_, false) if new => ruled("", "ext2-get-block.create"),
        (_, false) => ruled("", "ext2-get-block.extend"),
    }
}

/// A readahead rule in few words.
const fn readahead(rule: ReadaheadRule) -> &'static str {
    match rule {
        ReadaheadRule::StartOfFile => "the file's first page",
        ReadaheadRule::Sequential => "as expected",
        ReadaheadRule::Marked => "a mark that was hit elsewhere",
        ReadaheadRule::Oversize => "larger than the window",
        ReadaheadRule::SequentialMiss => "right behind the last read",
        ReadaheadRule::Context => "pages before it are cached",
        ReadaheadRule::Random => "here and there",
        ReadaheadRule::Around => "around a page that was missed",
        ReadaheadRule::Forced => "asked for",
    }
}

fn reason_of(reason: Reason, operation: Operation) -> Ruled {
    let writes = operation == Operation::Write;
    let either = |reads: &'static str, written: &'static str| if writes { written } else { reads };
    match reason {
        Reason::Boundary => {
            ruled("used up at its boundary", either("mpage-read.boundary", "mpage-write.boundary"))
        }
        Reason::Hole => {
            ruled("a page that is not full", either("mpage-read.hole-ends-bio", "mpage-write.not-full"))
        }
        Reason::NotContiguous => ruled(
            "the next page lies elsewhere",
            either("mpage-read.not-contiguous", "mpage-write.not-contiguous"),
        ),
        Reason::BioFull => {
            ruled("no room for another page", either("mpage-read.bio-full", "mpage-write.bio-full"))
        }
        Reason::Confused(rule) => {
            let (words, tag) = confused(rule, writes);
            ruled(format!("the next page by blocks, {words}"), tag)
        }
        Reason::EndOfRequest => {
            ruled("no page follows", either("mpage-read.end-of-request", "mpage-write.writepages"))
        }
        Reason::FullFolio(rule) | Reason::FullPage(rule) => {
            let (words, tag) = confused(rule, writes);
            ruled(format!("by blocks, {words}"), tag)
        }
        Reason::ReadForWrite => ruled("only a part is overwritten", "buffered-write.mapped"),
        Reason::MetadataRead => ruled("needed, and not cached", "buffers-read.bread"),
        Reason::BoundaryBlock => ruled("dirty, behind its data", "mpage-write.boundary-block"),
        Reason::MetadataWrite => ruled("dirty metadata", "mpage-reason.metadata-write"),
        Reason::Flush => ruled("the device's cache", "block-flush.bio"),
    }
}

fn confused(rule: Confused, writes: bool) -> (&'static str, &'static str) {
    if writes { why::confused_written(rule) } else { why::confused_read(rule) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REASONS: [Reason; 10] = [
        Reason::Boundary,
        Reason::Hole,
        Reason::NotContiguous,
        Reason::BioFull,
        Reason::EndOfRequest,
        Reason::ReadForWrite,
        Reason::MetadataRead,
        Reason::BoundaryBlock,
        Reason::MetadataWrite,
        Reason::Flush,
    ];

    /// The pages of the model, whole.
    fn model() -> String {
        let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/model");
        let pages = std::fs::read_dir(pages).unwrap().map(|page| page.unwrap().path());
        pages.map(|page| std::fs::read_to_string(page).unwrap()).collect()
    }

    #[test]
    fn every_tag_is_that_of_a_rule() {
        let model = model();
        let mut tags = Vec::new();
        for operation in [Operation::Read, Operation::Write] {
            tags.extend(REASONS.iter().filter_map(|reason| reason_of(*reason, operation).1));
        }
        let mapped = [(-28, false), (-5, false), (0, false), (1, false), (1, true)];
        for (create, new) in [(false, false), (true, false), (true, true)] {
            let tag = |&(count, boundary)| super::mapped(count, create, new, boundary).1;
            tags.extend(mapped.iter().filter_map(tag));
        }
        tags.extend(note(&What::Plugged, false).1);
        tags.extend(note(&What::Unplugged { requests: 1 }, false).1);
        for tag in tags {
            assert!(model.contains(&format!("[{tag}]")), "[{tag}] is no rule of docs/model");
        }
    }

    #[test]
    fn a_window_is_told_with_its_mark_if_it_has_one() {
        let window = |async_size| {
            let rule = ReadaheadRule::Forced;
            let window =
                What::Readahead { file: sim_core::io::FileId(0), rule, start: 4, size: 8, async_size };
            own_line(&window).unwrap().0
        };
        assert_eq!(window(0), "readahead 4-11: asked for");
        assert_eq!(window(3), "readahead 4-11, mark at 9: asked for");
    }
}
