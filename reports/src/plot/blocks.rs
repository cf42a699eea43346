//! Where each request lies on the disk, over time: the arms of a comparison one below the other, on
//! the same axes.
//!
//! A request begins where it was issued, as a bar at its first block that says what it waits for: grey
//! in a queue, hatched for the disk to turn. Then the blocks pass, as a band from its first to its
//! last one. The parts of its time are put in this order, whatever their order was: a device tells
//! how long each took, not when. Behind the requests lie the windows of readahead that they were sent
//! for. Long runs are thinned into cells of time and blocks, so that no number of requests makes the
//! picture grow.

mod cells;
mod panel;
mod phase;
mod request;
mod steps;
mod window;

use sim_core::io::Operation;

use super::canvas::{Canvas, Picture};
use super::frame::{self, Entry, Plane};
use super::io::{Arm, Kind, Subject, kinds, steps_back};
use super::length::Px;
use super::words;
use panel::Scale;
use phase::Phase;

/// With more requests or more windows of readahead in any arm, the picture is thinned.
const MOST_REQUESTS: usize = 160;

/// Draws the picture, 860 px wide; the same subject gives the same picture everywhere.
pub fn draw(subject: &Subject) -> Picture {
    let arms = subject.drawn();
    let mut canvas = Canvas::new(frame::WIDTH);
    let notes: Vec<String> = arms.iter().map(note).collect();
    let names = arms.iter().map(|arm| arm.name.as_str()).zip(notes.iter().map(String::as_str));
    let (plane, scale) = Scale::choose(Plane::beside_names(&canvas, names), arms);
    let too_many = |arm: &Arm| arm.issue.len().max(arm.windows.len()) > MOST_REQUESTS;
    let thinned = arms.iter().any(too_many).then(|| cells::Cells::choose(&scale));

    let reading = subject.with_arms_left_out(thinned.map_or_else(|| READING.into(), cells::Cells::reading));
    let mut y = frame::header(&mut canvas, &subject.title, &subject.subtitle, &reading);
    let most_back = thinned.map_or(0, |cells| cells.most_steps_back(arms));
    for (arm, note) in arms.iter().zip(&notes) {
        let panel = panel::Panel::below(y, plane, &scale);
        let below = match thinned {
            Some(cells) => cells.draw(&mut canvas, panel, arm, most_back),
            None => draw_arm(&mut canvas, panel, arm),
        };
        y = below.max(plane.name_arm(&mut canvas, panel.area.top - Px::new(8), &arm.name, note));
    }
    y = panel::draw_time_axis(&mut canvas, plane, &scale, y);
    let legend = legend(arms, thinned.is_some(), most_back);
    y = frame::legend(&mut canvas, y + Px::new(14), plane.left, &legend);
    canvas.finish(y + Px::new(8), &subject.title, &description(arms))
}

const READING: &str =
    "each request from issue to completion at its blocks: first its waits, then the blocks pass";

/// One arm, request by request.
fn draw_arm(canvas: &mut Canvas, panel: panel::Panel, arm: &Arm) -> Px {
    let placed: Vec<_> = arm.issue.iter().map(|io| request::Placed::of(io, panel)).collect();
    let windows: Vec<_> =
        arm.windows.iter().map(|window| (window::Placed::of(window, panel), window)).collect();
    let mut obstacles = panel.obstacles();
    for (placed, window) in &windows {
        placed.draw(canvas, window);
        placed.obstacles().for_each(|area| obstacles.take(area));
    }
    panel.draw_grid(canvas);
    for (number, (placed, io)) in placed.iter().zip(&arm.issue).enumerate() {
        canvas.group(&words::tooltip("request", number, io), |canvas| placed.draw_queue(canvas));
    }
    for (number, (placed, io)) in placed.iter().zip(&arm.issue).enumerate() {
        canvas.group(&words::tooltip("request", number, io), |canvas| placed.draw(canvas));
        placed.areas().for_each(|area| obstacles.take(area));
    }
    panel.draw_end(canvas, arm, &mut obstacles);
    steps::draw(canvas, panel, arm, &mut obstacles);
    request::label(canvas, &placed, &arm.issue, &mut obstacles);
    for (placed, window) in &windows {
        placed.label(canvas, window, &mut obstacles);
    }
    panel.area.bottom
}

fn note(arm: &Arm) -> String {
    match steps_back(&arm.issue).count() as u64 {
        0 => "never backwards".into(),
        1 => "backwards once".into(),
        steps => format!("backwards {} times", crate::format::grouped(steps.into())),
    }
}

/// One entry for each series that is drawn.
fn legend(arms: &[Arm], thinned: bool, most_back: u64) -> Vec<Entry> {
    let ios = || arms.iter().flat_map(|arm| &arm.issue);
    let entry = |sample, meaning: &str| Entry { sample, meaning: meaning.into() };
    let mut entries = Vec::new();
    if !thinned {
        let phases = Phase::BEFORE_AND_AFTER.into_iter().filter(|phase| ios().any(|io| phase.is_in(io)));
        entries.extend(phases.map(|phase| entry(phase.sample(), phase.meaning())));
    }
    for kind in Kind::ALL {
        if ios().any(|io| kinds(io).any(|drawn| drawn == kind)) && !(thinned && kind == Kind::Command) {
            entries.push(entry(kind.sample(true), kind.meaning()));
        }
    }
    for operation in [Operation::Write, Operation::Flush, Operation::Discard] {
        let drawn = !thinned && ios().any(|io| io.operation == operation);
        if let Some(sample) = frame::sample_of(operation).filter(|_| drawn) {
            entries.push(entry(sample, words::verb(operation)));
        }
    }
    if arms.iter().any(|arm| steps_back(&arm.issue).next().is_some()) {
        entries.push(if thinned {
            let meaning = format!("steps backwards on the disk, up to {most_back} in a column");
            Entry { sample: cells::sample_of_steps, meaning }
        } else {
            entry(steps::sample, "step backwards on the disk")
        });
    }
    let mut windows = arms.iter().flat_map(|arm| &arm.windows).filter(|window| !window.runs.is_empty());
    if windows.clone().next().is_some() {
        let sample = if thinned { cells::sample_of_windows } else { window::sample };
        entries.push(entry(sample, "readahead window, until it is read"));
    }
    if !thinned && windows.any(|window| window.mark_on_disk.is_some()) {
        entries.push(entry(window::sample_of_mark, "page with its mark"));
    }
    entries
}

/// The picture in words.
fn description(arms: &[Arm]) -> String {
    let arm = |arm: &Arm| {
        let requests = words::counted(arm.issue.len() as u64, "request");
        format!(
            "{}: {requests} in {}, {}.",
            words::short(&arm.name),
            crate::format::short_time(arm.end()),
            note(arm)
        )
    };
    arms.iter().map(arm).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
