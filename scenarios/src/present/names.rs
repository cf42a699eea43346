//! Names that several presentations share: of blocks, and of parts of a request's time.

use sim_core::io::blocks::{OrderedIo, OrderedPiece};
use sim_core::io::{Operation, Part, Piece};

use crate::run::ArmRun;

/// The blocks of an I/O in the grammar of orders, without its operation: `0-11`, `ind`; with their
/// file's name if there are several.
pub fn blocks(arm: &ArmRun, pieces: &[Piece]) -> String {
    let named = pieces.iter().map(|piece| OrderedPiece {
        file: piece.file.and_then(|file| arm.name_of(file)).map(str::to_owned),
        role: piece.role,
        first: piece.logical,
        count: u64::from(piece.blocks),
        physical: None,
    });
    OrderedIo::new(Operation::Read, named).map_or_else(String::new, |io| io.to_string())
}

/// What is done with which blocks: `reads 0-11`.
pub fn io_blocks(arm: &ArmRun, operation: Operation, pieces: &[Piece]) -> String {
    let blocks = blocks(arm, pieces);
    match operation {
        Operation::Read => format!("reads {blocks}"),
        Operation::Write => format!("writes {blocks}"),
        Operation::Flush => "flushes the device's cache".to_owned(),
        Operation::Discard => format!("discards {blocks}"),
    }
}

/// A part of a request's time, in a word or two.
pub const fn part_name(part: Part) -> &'static str {
    match part {
        Part::HostQueue => "waiting in the host",
        Part::DeviceQueue => "waiting in the device",
        Part::Overhead => "overhead",
        Part::Seek => "seek",
        Part::HeadSwitch => "head switch",
        Part::Settle => "settling",
        Part::Rotation => "rotation",
        Part::Transfer => "transfer",
        Part::Bus => "bus",
        Part::Cache => "device cache",
        Part::Mapping => "flash map",
        Part::DieWait => "waiting for a die",
        Part::Array => "flash array",
        Part::ChannelWait => "waiting for a channel",
        Part::Channel => "channel",
        Part::CollectionWait => "garbage collection",
    }
}
