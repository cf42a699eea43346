//! What a request does at a time: its parts, put together into a few phases.

use sim_core::io::Part;

use crate::plot::canvas::Canvas;
use crate::plot::io::Io;
use crate::plot::length::{Area, Px};
use crate::plot::palette::Style;

/// A phase of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// It waits for its turn.
    Queue,
    /// Electronics and firmware.
    Overhead,
    /// The arm moves and settles.
    Seek,
    /// It waits for the disk to turn.
    Rotation,
    /// Its blocks pass under the head, or are read from or written to the flash.
    Transfer,
    /// It is on the bus.
    Bus,
}

impl Phase {
    /// In the order in which they are drawn.
    const ALL: [Phase; 6] =
        [Phase::Queue, Phase::Overhead, Phase::Seek, Phase::Rotation, Phase::Transfer, Phase::Bus];
    /// Those that are no transfer, each meaning once.
    pub(super) const BEFORE_AND_AFTER: [Phase; 4] =
        [Phase::Queue, Phase::Overhead, Phase::Seek, Phase::Rotation];

    fn of(part: Part) -> Phase {
        match part {
            Part::HostQueue
            | Part::DeviceQueue
            | Part::DieWait
            | Part::ChannelWait
            | Part::CollectionWait => Phase::Queue,
            Part::Overhead | Part::Mapping | Part::Cache => Phase::Overhead,
            Part::Seek | Part::HeadSwitch | Part::Settle => Phase::Seek,
            Part::Rotation => Phase::Rotation,
            Part::Transfer | Part::Array | Part::Channel => Phase::Transfer,
            Part::Bus => Phase::Bus,
        }
    }

    /// Whether the request spends time in it, or in one that looks the same.
    pub(super) fn is_in(self, io: &Io) -> bool {
        spans(io).iter().any(|(phase, start, end)| phase.looks_like(self) && start < end)
    }

    fn looks_like(self, other: Phase) -> bool {
        let shown = |phase| if phase == Phase::Bus { Phase::Overhead } else { phase };
        shown(self) == shown(other)
    }

    /// The style of a bar; a transfer has the colour of its blocks.
    pub(super) fn draw(self, canvas: &mut Canvas, area: Area) {
        match self {
            Phase::Queue => canvas.rect(Style::Queue, area, Px::ZERO),
            Phase::Overhead | Phase::Bus => canvas.rect(Style::Overhead, area, Px::ZERO),
            Phase::Seek => canvas.rect(Style::Seek, area, Px::ZERO),
            Phase::Rotation => canvas.hatched(area),
            Phase::Transfer => {}
        }
    }

    pub(super) fn sample(self) -> fn(&mut Canvas, Area) {
        match self {
            Phase::Queue => |canvas, area| Phase::Queue.draw(canvas, area),
            Phase::Overhead | Phase::Bus | Phase::Transfer => {
                |canvas, area| Phase::Overhead.draw(canvas, area)
            }
            Phase::Seek => |canvas, area| Phase::Seek.draw(canvas, area),
            Phase::Rotation => |canvas, area| Phase::Rotation.draw(canvas, area),
        }
    }

    pub(super) fn meaning(self) -> &'static str {
        match self {
            Phase::Queue => "waits in a queue",
            Phase::Overhead | Phase::Bus | Phase::Transfer => "electronics and bus",
            Phase::Seek => "the arm moves",
            Phase::Rotation => "waits for the disk to turn",
        }
    }
}

/// The phases of a request one behind the other, from its issue to its completion. What its parts do
/// not account for is transfer.
pub(super) fn spans(io: &Io) -> [(Phase, u64, u64); 6] {
    let end = io.end_ns.max(io.start_ns);
    let accounted: u64 = io.parts.iter().fold(0, |sum, (_, time)| sum.saturating_add(time.nanoseconds()));
    let rest = (end - io.start_ns).saturating_sub(accounted);
    let mut at = io.start_ns;
    Phase::ALL.map(|phase| {
        let parts = io.parts.iter().filter(|(part, _)| Phase::of(*part) == phase);
        let time = parts.fold(0_u64, |sum, (_, time)| sum.saturating_add(time.nanoseconds()));
        let time = if phase == Phase::Transfer { time.saturating_add(rest) } else { time };
        let start = at;
        at = at.saturating_add(time).min(end);
        (phase, start, at)
    })
}
