//! A run as a picture: the order strip.

use reports::plot::order_strip::{ArmStrip, BlockKind, OrderStrip, StripIo, StripPiece};
use sim_core::io::blocks::{OrderedIo, OrderedPiece};
use sim_core::io::{Operation, Piece, Role};
use sim_core::trace::Ios;

use super::words::comparison;
use crate::run::{ArmRun, ScenarioRun, Span};

/// The order strip of a run, as an SVG document.
pub fn order_strip(run: &ScenarioRun) -> String {
    let mut devices: Vec<&str> = run.arms.iter().map(|arm| arm.device.as_str()).collect();
    devices.dedup();
    OrderStrip {
        title: comparison(run).unwrap_or_else(|| run.title.clone()),
        subtitle: format!("{}, on {}", run.title, devices.join(" and ")),
        arms: run.arms.iter().map(arm_strip).collect(),
    }
    .to_svg()
}

fn arm_strip(arm: &ArmRun) -> ArmStrip {
    let time = reports::format::short_time(arm.figures.simulated_time_ns);
    ArmStrip {
        name: arm.name.clone(),
        bio: ios(arm.record.bios(), &arm.record.queued),
        issue: ios(arm.record.requests(), &arm.record.issued),
        note: time,
    }
}

fn ios(ios: &Ios, spans: &[Span]) -> Vec<StripIo> {
    let spans = spans.iter().copied().chain(std::iter::repeat(Span::default()));
    let with_spans = ios.iter().zip(spans);
    with_spans
        .map(|((operation, pieces), span)| StripIo {
            operation: *operation,
            pieces: pieces.iter().map(strip_piece).collect(),
            start_ns: span.start_ns,
            end_ns: span.end_ns,
        })
        .collect()
}

fn strip_piece(piece: &Piece) -> StripPiece {
    let named = OrderedPiece {
        file: None,
        role: piece.role,
        first: piece.logical,
        count: u64::from(piece.blocks),
        physical: None,
    };
    let label = OrderedIo::new(Operation::Read, [named]).map_or_else(String::new, |io| io.to_string());
    StripPiece {
        label,
        kind: match piece.role {
            Role::Data => BlockKind::Data,
            role if role.is_indirect() => BlockKind::Indirect,
            _ => BlockKind::Metadata,
        },
        first_block_on_disk: piece.physical,
        blocks: u64::from(piece.blocks),
    }
}
