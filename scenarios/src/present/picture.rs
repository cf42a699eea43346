//! A run as pictures: the order strip, its blocks over time, its latencies.

use reports::format::{grouped, short_time};
use reports::plot::{self, Arm, BlockKind, Io, Picture, Subject};
use sim_core::io::blocks::{OrderedIo, OrderedPiece};
use sim_core::io::{Operation, Parts, Piece, Role};
use sim_core::trace::Ios;

use super::words::comparison;
use crate::run::{ArmRun, ScenarioRun, Span};

/// All pictures of a run, each with its name.
pub fn pictures(run: &ScenarioRun) -> [(&'static str, Picture); 3] {
    let mut devices: Vec<&str> = run.arms.iter().map(|arm| arm.device.as_str()).collect();
    devices.dedup();
    let what = format!("{}, on {}", run.title, devices.join(" and "));
    let comparison = comparison(run).map(|line| line.replace('`', ""));
    // What changed is the title, by how much stands below it.
    let (title, subtitle) =
        match comparison.as_deref().map(|line| line.split_once(": ").unwrap_or((line, ""))) {
            None => (run.title.clone(), what.clone()),
            Some((title, "")) => (title.to_owned(), what.clone()),
            Some((title, figures)) => (title.to_owned(), format!("{figures}; {what}")),
        };
    let mut subject = Subject { title, subtitle, arms: run.arms.iter().map(arm).collect() };
    let order = plot::order_strip::draw(&subject);
    subject.subtitle = what;
    subject.title = way(run);
    let blocks = plot::blocks::draw(&subject);
    subject.title = latencies(run);
    [("order", order), ("blocks", blocks), ("latency", plot::latency::draw(&subject))]
}

/// How often the disk had to go backwards, in words.
fn way(run: &ScenarioRun) -> String {
    let told = |arm: &ArmRun| {
        let steps = match arm.figures.backward_steps {
            0 => "never".into(),
            1 => "once".into(),
            steps => format!("{} times", grouped(steps.into())),
        };
        format!("{steps} in {}", short_time(arm.figures.simulated_time_ns))
    };
    match run.arms.as_slice() {
        [] => String::new(),
        [only] => format!("The disk goes backwards {}", told(only)),
        [first, .., last] => {
            format!("{} goes backwards {}, {} {}", first.name, told(first), last.name, told(last))
        }
    }
}

/// How long requests took, in words.
fn latencies(run: &ScenarioRun) -> String {
    let told = |arm: &ArmRun| {
        let latency = &arm.figures.latency;
        match latency.count {
            0 => "no request".into(),
            1 => format!("one request in {}", short_time(latency.max_ns)),
            _ => format!(
                "half within {}, all within {}",
                short_time(latency.p50_ns),
                short_time(latency.max_ns)
            ),
        }
    };
    match run.arms.as_slice() {
        [] => String::new(),
        [only] => format!("Requests: {}", told(only)),
        [first, .., last] => format!("{}: {}; {}: {}", first.name, told(first), last.name, told(last)),
    }
}

fn arm(arm: &ArmRun) -> Arm {
    let record = &arm.record;
    Arm {
        name: arm.name.clone(),
        bio: ios(record.bios(), &record.queued, &[]),
        issue: ios(record.requests(), &record.issued, &record.parts),
        note: short_time(arm.figures.simulated_time_ns),
        end_ns: arm.figures.simulated_time_ns,
    }
}

fn ios(ios: &Ios, spans: &[Span], parts: &[Parts]) -> Vec<Io> {
    let spans = spans.iter().copied().chain(std::iter::repeat(Span::default()));
    let parts = parts.iter().copied().chain(std::iter::repeat(Parts::default()));
    ios.iter()
        .zip(spans)
        .zip(parts)
        .map(|(((operation, pieces), span), parts)| Io {
            operation: *operation,
            pieces: pieces.iter().map(drawn_piece).collect(),
            start_ns: span.start_ns,
            end_ns: span.end_ns,
            parts,
        })
        .collect()
}

fn drawn_piece(piece: &Piece) -> plot::Piece {
    let named = OrderedPiece {
        file: None,
        role: piece.role,
        first: piece.logical,
        count: u64::from(piece.blocks),
        physical: None,
    };
    let label = OrderedIo::new(Operation::Read, [named]).map_or_else(String::new, |io| io.to_string());
    plot::Piece {
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
