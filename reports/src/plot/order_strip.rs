//! The order strip: what was read or written, in which order, once as the kernel queued it and
//! once as the device got it, the arms of a comparison one below the other.
//!
//! It shows *why* an order costs time: the first row lays the blocks out as they lie on the disk,
//! lines lead from each bio to the request that took it along, and an arrow marks every step
//! backwards. Three scales, the first that fits: a cell a block; runs as wide as their labels;
//! columns of several I/Os each for long runs, so that no number of I/Os makes the picture grow.
//! Left out: time as an axis (times are written at the requests).

mod bins;
mod disk;
mod lanes;
mod run;
mod scale;

use sim_core::io::Operation;

use super::canvas::{Canvas, Picture};
use super::frame::{self, Entry, Plane};
use super::io::{Arm, Kind, Subject, kinds, steps_back};
use super::length::{Area, Px};
use super::words;
use scale::Scale;

/// The words for the two rows.
const ROWS: [&str; 2] = ["queued", "issued"];

/// Draws the order strip, 860 px wide. Texts that are too long are elided; the same subject gives the
/// same picture everywhere.
pub fn draw(subject: &Subject) -> Picture {
    let arms = subject.drawn();
    let mut canvas = Canvas::new(frame::WIDTH);
    let plane = Plane::beside_names(&canvas, arms.iter().map(|arm| (arm.name.as_str(), arm.note.as_str())));
    let scale = Scale::choose(arms, plane.right - plane.left);

    let reading = subject.with_arms_left_out(reading(scale));
    let mut y = frame::header(&mut canvas, &subject.title, &subject.subtitle, &reading);
    if let Some(disk) = disk::Layout::of(arms, scale, plane.right - plane.left) {
        y = disk.draw(&mut canvas, plane, y);
    }
    let most_back = bins::most_steps_back(arms, scale);
    for arm in arms {
        y = y + Px::new(16);
        let top = y;
        y = match scale {
            Scale::Bins { size, column } => {
                bins::draw(&mut canvas, plane, y, arm, bins::Bins { size, column, most_back })
            }
            Scale::Cells { .. } | Scale::Runs { .. } => lanes::draw(&mut canvas, plane, y, arm, scale),
        };
        y = y.max(plane.name_arm(&mut canvas, top, &arm.name, &arm.note));
    }
    y = frame::legend(&mut canvas, y + Px::new(18), plane.left, &legend(arms, scale, most_back));
    canvas.finish(y + Px::new(8), &subject.title, &words::description(arms))
}

fn reading(scale: Scale) -> String {
    format!("above bios as queued, below requests as issued; {}", scale.reading())
}

/// One entry for each series that is drawn.
fn legend(arms: &[Arm], scale: Scale, most_back: u64) -> Vec<Entry> {
    let binned = matches!(scale, Scale::Bins { .. });
    let ios = || arms.iter().flat_map(|arm| arm.bio.iter().chain(&arm.issue));
    let mut entries: Vec<Entry> = Kind::ALL
        .into_iter()
        .filter(|kind| ios().any(|io| kinds(io).any(|drawn| drawn == *kind)))
        .map(|kind| Entry { sample: kind.sample(binned), meaning: kind.meaning().into() })
        .collect();
    for operation in [Operation::Write, Operation::Flush, Operation::Discard] {
        let drawn = !binned && ios().any(|io| io.operation == operation);
        if let Some(sample) = frame::sample_of(operation).filter(|_| drawn) {
            entries.push(Entry { sample, meaning: words::verb(operation).into() });
        }
    }
    if !binned && arms.iter().any(|arm| !arm.issue.is_empty()) {
        entries.push(Entry { sample: lanes::sample_of_request, meaning: "one request".into() });
    }
    if arms.iter().any(|arm| steps_back(&arm.issue).next().is_some()) {
        let (sample, meaning): (fn(&mut Canvas, Area), _) = if binned {
            (bins::sample_of_steps, format!("steps backwards on the disk, up to {most_back} in a column"))
        } else {
            (lanes::sample_of_step, "step backwards on the disk, in blocks".into())
        };
        entries.push(Entry { sample, meaning });
    }
    entries
}

#[cfg(test)]
mod tests;
