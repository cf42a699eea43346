//! A run as pictures: the order strip, its blocks over time, its latencies.

use reports::format::{grouped, short_time};
use reports::plot::{self, Arm, BlockKind, Io, Picture, Subject};
use sim_core::io::blocks::{OrderedIo, OrderedPiece};
use sim_core::io::{FileId, Operation, Parts, Piece, Role};
use sim_core::trace::Ios;

use super::words::comparison;
use crate::run::{ArmRun, ScenarioRun, Span};
use crate::windows::Window;

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
    let times = |arm: &ArmRun| match arm.figures.backward_steps {
        0 => "never".into(),
        1 => "once".into(),
        steps => format!("{} times", grouped(steps.into())),
    };
    let told = |who: &str, arm: &ArmRun| {
        let goes = match arm.figures.backward_steps {
            0 => "never goes backwards".into(),
            _ => format!("goes backwards {}", times(arm)),
        };
        format!("{who} {goes} in {}", short_time(arm.figures.simulated_time_ns))
    };
    match run.arms.as_slice() {
        [] => String::new(),
        [only] => told("The disk", only),
        [first, .., last] => {
            let time = short_time(last.figures.simulated_time_ns);
            format!("{}, {} {} in {time}", told(&first.name, first), last.name, times(last))
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
        bio: ios(arm, record.bios(), &record.queued, &[]),
        issue: ios(arm, record.requests(), &record.issued, &record.parts),
        windows: arm.windows.iter().map(|window| drawn_window(arm, window)).collect(),
        note: short_time(arm.figures.simulated_time_ns),
        end_ns: arm.figures.simulated_time_ns,
    }
}

fn ios(arm: &ArmRun, ios: &Ios, spans: &[Span], parts: &[Parts]) -> Vec<Io> {
    let spans = spans.iter().copied().chain(std::iter::repeat(Span::default()));
    let parts = parts.iter().copied().chain(std::iter::repeat(Parts::default()));
    ios.iter()
        .zip(spans)
        .zip(parts)
        .map(|(((operation, pieces), span), parts)| Io {
            operation: *operation,
            pieces: pieces.iter().map(|piece| drawn_piece(arm, piece)).collect(),
            start_ns: span.start_ns,
            end_ns: span.end_ns,
            parts,
        })
        .collect()
}

/// The name of blocks in the grammar.
fn label(arm: &ArmRun, file: Option<FileId>, role: Role, first: u64, count: u64) -> String {
    let file = file.and_then(|file| arm.name_of(file)).map(str::to_owned);
    let named = OrderedPiece { file, role, first, count, physical: None };
    OrderedIo::new(Operation::Read, [named]).map_or_else(String::new, |io| io.to_string())
}

fn drawn_piece(arm: &ArmRun, piece: &Piece) -> plot::Piece {
    plot::Piece {
        label: label(arm, piece.file, piece.role, piece.logical, u64::from(piece.blocks)),
        kind: match piece.role {
            Role::Data => BlockKind::Data,
            role if role.is_indirect() => BlockKind::Indirect,
            _ => BlockKind::Metadata,
        },
        first_block_on_disk: piece.physical,
        blocks: u64::from(piece.blocks),
    }
}

/// A window, where the blocks lie that were read for it. What was cached already, and holes, have no
/// place in the picture.
fn drawn_window(arm: &ArmRun, window: &Window) -> plot::Window {
    let page_blocks = (arm.scenario.kernel.page_size.0 / arm.facts.block_size()).max(1);
    let blocks = |pages: u64| pages.saturating_mul(page_blocks);
    let bios = window.bios.iter().filter_map(|&bio| Some((arm.record.bios().get(bio)?, bio)));
    let mut runs: Vec<plot::Run> = Vec::new();
    let mut mark = None;
    let mut read_ns = window.at_ns;
    for ((_, pieces), bio) in bios {
        for piece in pieces.iter().filter(|piece| piece.role == Role::Data) {
            let count = u64::from(piece.blocks);
            runs.push(plot::Run { first_block_on_disk: piece.physical, blocks: count });
            let end = arm.record.queued.get(bio).map_or(0, |span| span.end_ns);
            read_ns = read_ns.max(end);
            let offset = window.mark.and_then(|page| blocks(page).checked_sub(piece.logical));
            mark = mark.or(offset.filter(|&offset| offset < count).map(|offset| piece.physical + offset));
        }
    }
    plot::Window {
        label: label(arm, Some(window.file), Role::Data, blocks(window.start), blocks(window.size)),
        rule: window.rule,
        decided_ns: window.at_ns,
        read_ns,
        runs,
        mark_on_disk: mark,
    }
}
