//! A run as text: the order of each arm, then the arms side by side.

use std::fmt::Write;

use reports::table::{Row, TableData, TableError, Unit};
use sim_core::statistics::Summary;

use super::explain;
use super::words::lines;
use crate::run::{ArmRun, ScenarioRun};

/// In whose numbering blocks are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Logical blocks of the file, indirect blocks by their role.
    #[default]
    File,
    /// Positions on the disk, counted from the file's lowest block.
    Disk,
}

/// Longer orders are cut here, in characters; JSON has them whole.
const LONGEST_ORDER: usize = 2_000;

/// The text of a run.
///
/// # Errors
/// None that a run can cause: the table is made of as many values as arms.
pub fn text(run: &ScenarioRun, view: View) -> Result<String, TableError> {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(text, "{}: {}", run.name, run.title);
    let devices: Vec<&str> = run.arms.iter().map(|arm| arm.device.as_str()).collect();
    let same = devices.windows(2).all(|pair| pair[0] == pair[1]);
    if let (true, Some(device)) = (same, devices.first()) {
        let _ = writeln!(text, "on {device}, seed {}", run.seed);
    }
    text.push('\n');
    write_orders(&mut text, run, view);
    text += &legend(run);
    text.push('\n');
    text += &table(run).render()?;
    for arm in run.arms.iter().filter(|arm| arm.chains.is_some()) {
        let _ = write!(text, "\nwhy each I/O was sent, arm {}\n\n{}", arm.name, explain::text(arm));
    }
    if run.arms.iter().any(|arm| arm.cpu_is_free && arm.device.contains("nvme")) {
        text += "\nCPU time is free here, which makes flash look better than it is: kernel.cpu.\n";
    }
    let words = lines(run);
    if !words.is_empty() {
        let _ = write!(text, "\n{}\n", words.join("\n"));
    }
    Ok(text)
}

/// The order of an arm's bios and of its requests, in one of the views.
pub fn orders(arm: &ArmRun, view: View) -> [String; 2] {
    [arm.record.bios(), arm.record.requests()].map(|ios| match view {
        View::File => arm.order(ios).to_string(),
        View::Disk => arm.disk_order(ios).to_string(),
    })
}

fn write_orders(text: &mut String, run: &ScenarioRun, view: View) {
    let width = run.arms.iter().map(|arm| arm.name.chars().count()).max().unwrap_or(0);
    for arm in &run.arms {
        let [bio, issue] = orders(arm, view).map(shortened);
        let _ = writeln!(text, "{:width$}  bio    {bio}", arm.name);
        let _ = writeln!(text, "{:width$}  issue  {issue}", "");
    }
}

/// What somebody has to know who sees such orders for the first time.
fn legend(run: &ScenarioRun) -> String {
    let mut legend = "\nbio: I/O as the kernel sends it; issue: requests as they reach the device, + joins \
                      what goes as one\n"
        .to_owned();
    let pieces = || run.arms.iter().flat_map(|arm| arm.record.bios()).flat_map(|(_, pieces)| pieces);
    if pieces().any(|piece| piece.role.is_indirect()) {
        let mut names: Vec<String> =
            pieces().filter(|piece| piece.role.is_indirect()).map(|piece| piece.role.to_string()).collect();
        names.sort_unstable();
        names.dedup();
        if let Some(name) = names.first() {
            let _ =
                writeln!(legend, "{name}: an indirect block, which says where later blocks of the file lie");
        }
    }
    let (with, without): (Vec<&ArmRun>, Vec<&ArmRun>) =
        run.arms.iter().partition(|arm| arm.scenario.filesystem.boundary);
    if !with.is_empty() && !without.is_empty() {
        let names: Vec<&str> = with.iter().map(|arm| arm.name.as_str()).collect();
        let _ = writeln!(
            legend,
            "boundary handling (arm {}): the filesystem tells where the blocks end that one array of\n  \
             pointers maps; what is gathered up to there is sent before the next array has to be read",
            names.join(", ")
        );
    }
    legend
}

/// An order that is not too long to be read, cut between two I/Os.
fn shortened(order: String) -> String {
    if order.len() <= LONGEST_ORDER {
        return order;
    }
    let cut = order.as_bytes()[..LONGEST_ORDER].iter().rposition(|&byte| byte == b' ').unwrap_or(0);
    let rest = order[cut..].split_whitespace().count();
    format!("{} ... and {rest} more", &order[..cut])
}

fn table(run: &ScenarioRun) -> TableData {
    let row = |name: &str, unit, figure: fn(&Summary) -> Option<u64>| Row {
        name: name.to_owned(),
        unit,
        values: run.arms.iter().map(|arm| figure(&arm.figures)).collect(),
    };
    TableData {
        columns: run.arms.iter().map(|arm| arm.name.clone()).collect(),
        rows: vec![
            row("I/Os (bios)", Unit::Count, |figures| Some(figures.ios)),
            row("requests after merging", Unit::Count, |figures| Some(figures.requests)),
            row("data", Unit::Bytes, |figures| Some(figures.bytes)),
            row("seeks", Unit::Count, |figures| Some(figures.seeks)),
            row("seek distance", Unit::Sectors, |figures| Some(figures.seek_distance_sectors)),
            row("backward steps", Unit::Count, |figures| Some(figures.backward_steps)),
            row("simulated time", Unit::Nanoseconds, |figures| Some(figures.simulated_time_ns)),
            row("latency, mean", Unit::Nanoseconds, |figures| latency(figures, figures.latency.mean_ns)),
            row("latency, p50", Unit::Nanoseconds, |figures| latency(figures, figures.latency.p50_ns)),
            row("latency, p99", Unit::Nanoseconds, |figures| latency(figures, figures.latency.p99_ns)),
            row("latency, max", Unit::Nanoseconds, |figures| latency(figures, figures.latency.max_ns)),
        ],
        parts: run.arms.iter().map(|arm| arm.figures.parts).collect(),
    }
}

/// A figure of latencies, which there is only if there was a request.
fn latency(figures: &Summary, value: u64) -> Option<u64> {
    (figures.latency.count > 0).then_some(value)
}
