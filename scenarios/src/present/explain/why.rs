//! Reasons in words, each with the tag of the rule in `docs/model` that says so.

use sim_core::io::{Confused, Operation, Reason, Role};
use sim_core::trace::ReadaheadRule;

use super::chain::{IoChain, Joining, WindowCause};

/// A reason in words, and the tags of its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Why {
    /// In words.
    pub(super) words: String,
    /// The rules.
    pub(super) rules: Vec<&'static str>,
}

fn why(words: impl Into<String>, rules: &[&'static str]) -> Why {
    Why { words: words.into(), rules: rules.to_vec() }
}

/// The last data block of an I/O.
fn last_block(io: &IoChain) -> Option<u64> {
    let piece = io.pieces.last()?;
    (piece.logical + u64::from(piece.blocks)).checked_sub(1)
}

/// The last data block with its place on the device.
fn last_place(io: &IoChain) -> Option<(u64, u64)> {
    let piece = io.pieces.last()?;
    Some((last_block(io)?, (piece.physical + u64::from(piece.blocks)).saturating_sub(1)))
}

/// Why a bio was sent.
pub(super) fn sent(io: &IoChain) -> Why {
    match io.operation {
        Operation::Write => written(io),
        Operation::Read | Operation::Flush | Operation::Discard => read(io),
    }
}

fn read(io: &IoChain) -> Why {
    let last = last_block(io).unwrap_or_default();
    match io.reason {
        Reason::Boundary => why(
            format!(
                "block {last} uses up a mapping with the boundary flag, so what is built so far goes now, \
                 before more is mapped"
            ),
            &["mpage-read.boundary"],
        ),
        Reason::Hole => why(
            format!("behind block {last} there is a hole, or the file's end"),
            &["mpage-read.hole-ends-bio"],
        ),
        Reason::NotContiguous => why(not_contiguous(io), &["mpage-read.not-contiguous"]),
        Reason::BioFull => why("it had no room for another page", &["mpage-read.bio-full"]),
        Reason::EndOfRequest if io.window.is_none() => {
            why("one page was asked for, and this is all of it", &["mpage-read.read-folio"])
        }
        Reason::EndOfRequest => {
            why(format!("nothing is asked for behind block {last}"), &["mpage-read.end-of-request"])
        }
        Reason::Confused(rule) => {
            let (words, tag) = confused_read(rule);
            let words = format!("the next page is taken block by block: {words}");
            why(words, &["mpage-read.confused", tag])
        }
        Reason::FullFolio(rule) => {
            let (words, tag) = confused_read(rule);
            let words = format!("its page is read block by block: {words}");
            why(words, &["buffers-read.full-folio-send", tag])
        }
        Reason::MetadataRead => metadata_read(io),
        Reason::FullPage(_) | Reason::BoundaryBlock | Reason::MetadataWrite => written(io),
        Reason::ReadForWrite => why(
            "a part of this block is to be overwritten, and the rest is needed",
            &["buffered-write.mapped"],
        ),
        Reason::Flush => why("what the device's cache holds back is to be durable", &["block-flush.bio"]),
    }
}

fn metadata_read(io: &IoChain) -> Why {
    let rules = ["ext2-map.get-branch", "buffers-read.bread"];
    match (io.pieces.first().map(|piece| piece.role), io.looking_for) {
        (Some(Role::Bitmap(_)), Some(block)) => {
            let words = format!("it says which blocks are free, and block {block} needs one; all wait");
            return why(words, &["ext2-new-blocks.goal-group", "buffers-read.bread"]);
        }
        (Some(Role::Bitmap(_)), None) => {
            return why("it says which blocks are free; all wait", &["buffers-read.bread"]);
        }
        (Some(Role::Inodes(_)), _) => {
            let words = "an inode is to be put into it, and the others in it stay; all wait";
            return why(words, &["ext2-write-back.inode", "buffers-read.bread"]);
        }
        _ => {}
    }
    match io.looking_for {
        Some(block) => why(format!("it says where block {block} lies; until it is read all wait"), &rules),
        None => why("it says where the next block lies; until it is read all wait", &rules),
    }
}

fn not_contiguous(io: &IoChain) -> String {
    let last = last_place(io);
    let next = io.last_mapping.filter(|next| last.is_some_and(|(block, _)| next.block == block + 1));
    match (last, next) {
        (Some((last, place)), Some(next)) => {
            format!("the next block, {} at {}, is not next to {last} at {place}", next.block, next.physical)
        }
        _ => "the next block is not next to it on the device".to_owned(),
    }
}

fn written(io: &IoChain) -> Why {
    let last = last_block(io).unwrap_or_default();
    match io.reason {
        Reason::Boundary => why(
            format!("block {last} carries the boundary flag: an indirect block may lie next"),
            &["mpage-write.boundary"],
        ),
        Reason::Hole => why("its last page is not full", &["mpage-write.not-full"]),
        Reason::NotContiguous => why(not_contiguous(io), &["mpage-write.not-contiguous"]),
        Reason::BioFull => why("it had no room for another page", &["mpage-write.bio-full"]),
        Reason::EndOfRequest => why("no dirty page is left", &["mpage-write.writepages"]),
        Reason::Confused(rule) => {
            let (words, tag) = confused_written(rule);
            let words = format!("the next page is taken block by block: {words}");
            why(words, &["mpage-write.confused", tag])
        }
        Reason::FullPage(rule) | Reason::FullFolio(rule) => {
            let (words, tag) = confused_written(rule);
            let words = format!("its page is written block by block: {words}");
            why(words, &["buffers-write.send", tag])
        }
        Reason::BoundaryBlock => why(
            "it is dirty and lies right behind the block with the boundary flag, so it goes with the data",
            &["mpage-write.boundary-block", "buffers-write.boundary-block"],
        ),
        Reason::MetadataWrite => why("this block of metadata is dirty", &["buffers-write.device"]),
        Reason::MetadataRead => metadata_read(io),
        Reason::ReadForWrite | Reason::Flush => read(io),
    }
}

/// Why reading gave up on a multi-page bio for a page, and the rule's tag.
pub(crate) fn confused_read(rule: Confused) -> (&'static str, &'static str) {
    match rule {
        Confused::HasBuffers => ("it has buffers already", "mpage-read.buffers"),
        Confused::GetBlockFailed => ("its blocks could not be mapped", "mpage-read.get-block-error"),
        Confused::UpToDateBuffer => ("the filesystem filled it while mapping it", "mpage-read.filled"),
        Confused::MappedAfterHole => ("a block follows a hole in it", "mpage-read.mapped-after-hole"),
        Confused::NotContiguous => {
            ("its blocks are not next to each other on the device", "mpage-read.page-not-contiguous")
        }
        Confused::AllocationFailed => ("no bio could be had for it", "mpage-read.allocation-failure"),
        Confused::DirtyUnmapped | Confused::NotDirtyUpToDate | Confused::AllUnmapped | Confused::PastEnd => {
            confused_written(rule)
        }
    }
}

/// The same for writing.
pub(crate) fn confused_written(rule: Confused) -> (&'static str, &'static str) {
    match rule {
        Confused::DirtyUnmapped => ("a dirty block of it has no place yet", "mpage-write.unmapped-dirty"),
        Confused::NotDirtyUpToDate => ("a block of it is not to be written", "mpage-write.not-dirty"),
        Confused::AllUnmapped => ("no block of it has a place", "mpage-write.all-unmapped"),
        Confused::PastEnd => ("it lies past the end of the file", "mpage-write.beyond-size"),
        Confused::MappedAfterHole => ("a block follows a hole in it", "mpage-write.mapped-after-unmapped"),
        Confused::NotContiguous => {
            ("its blocks are not next to each other on the device", "mpage-write.page-not-contiguous")
        }
        Confused::GetBlockFailed => ("its blocks could not be mapped", "mpage-write.get-block-error"),
        Confused::HasBuffers | Confused::UpToDateBuffer | Confused::AllocationFailed => confused_read(rule),
    }
}

/// Why a window was read ahead.
pub(super) fn window(window: &WindowCause) -> Why {
    let (words, rule) = readahead(window.rule);
    why(words, &[rule])
}

/// What a readahead rule says, and its tag.
pub(crate) const fn readahead(rule: ReadaheadRule) -> (&'static str, &'static str) {
    match rule {
        ReadaheadRule::StartOfFile => ("the file's first page is wanted", "readahead.first-page"),
        ReadaheadRule::Sequential => {
            ("the page that the last window expected next is wanted", "readahead.sequential")
        }
        ReadaheadRule::Marked => ("a page with the mark was reached out of turn", "readahead.marked"),
        ReadaheadRule::Oversize => ("more is wanted than a window holds", "readahead.oversize"),
        ReadaheadRule::SequentialMiss => {
            ("the page right behind the last read is wanted", "readahead.near-previous")
        }
        ReadaheadRule::Context => ("the pages before it are cached", "readahead.context"),
        ReadaheadRule::Random => ("a page is wanted that follows no pattern", "readahead.random"),
        ReadaheadRule::Around => ("a page of a mapping was missed: read around it", "fault.read-around"),
        ReadaheadRule::Forced => ("just what is asked for", "readahead.forced"),
    }
}

/// How a part of a bio came into its request; `other` is the I/O beside which it stands there.
pub(super) fn placed(how: Joining, other: Option<&str>) -> Why {
    let place = match how {
        Joining::Made => return why("one of its own", &["block-request.made"]),
        Joining::Back => "behind",
        Joining::Front => "before",
    };
    let into = match other {
        Some(other) => format!("that of {other}, merged {place} it"),
        None => format!("merged {place} what was there"),
    };
    why(into, &["block-merge.ends"])
}

/// Which way a request took to the device; `from_plug`: a task issued it straight from its plug, and
/// whether with others.
pub(super) fn issued(by_worker: bool, from_plug: Option<bool>) -> Why {
    match (by_worker, from_plug) {
        (true, _) => why("", &["block-worker.run"]),
        (false, Some(true)) => {
            why(", straight from its plug, where the newest request goes first", &["block-plug.direct"])
        }
        (false, Some(false)) => why(", straight from its plug", &["block-plug.direct"]),
        (false, None) => why("", &["block-request.placed"]),
    }
}

#[cfg(test)]
mod tests {

    /// What stands behind `"` or in brackets in this file and looks like a tag is one of `docs/model`.
    #[test]
    fn every_rule_that_is_named_stands_in_the_model() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/model");
        let pages: String = std::fs::read_dir(directory)
            .unwrap()
            .map(|page| std::fs::read_to_string(page.unwrap().path()).unwrap())
            .collect();
        let source = include_str!("why.rs").split("#[cfg(test)]").next().unwrap();
        let words = source.split('"').skip(1).step_by(2);
        let is_tag = |word: &&str| {
            word.contains('.') && word.chars().all(|char| char.is_ascii_lowercase() || ".-".contains(char))
        };
        let is_tag = |word: &&str| is_tag(word) || (word.contains('2') && word.starts_with("ext2-"));
        let tags: Vec<&str> = words.filter(is_tag).collect();
        assert!(tags.len() > 40, "{tags:?}");
        for tag in tags {
            assert!(pages.contains(&format!("[{tag}]")), "{tag} is no rule of docs/model");
        }
    }
}
