//! What figures say about two arms: requests, backward steps, time and where it went.

use sim_core::io::{Part, SECTOR_BYTES};

use super::moved::plural;
use crate::present::names::part_name;
use crate::run::ArmRun;

/// What differs, the right arm against the left, as parts of a list. It ends with the time.
pub(super) fn figures(left: &ArmRun, right: &ArmRun) -> Vec<String> {
    let (before, after) = (&left.figures, &right.figures);
    let mut said = Vec::new();
    for (name, before, after) in [
        ("failed request", before.failed_requests, after.failed_requests),
        ("request", before.requests, after.requests),
    ] {
        if before != after {
            said.push(format!("{after} {name}{} instead of {before}", plural(after)));
        }
    }
    said.extend(backward_steps(left, right));
    said.extend(time(left, right));
    said
}

fn backward_steps(left: &ArmRun, right: &ArmRun) -> Option<String> {
    let (before, after) = (left.figures.backward_steps, right.figures.backward_steps);
    let steps = before.abs_diff(after);
    if steps == 0 {
        return None;
    }
    let fewer = after < before;
    let (from, to) = (left.facts.backward_sectors, right.facts.backward_sectors);
    // Fewer steps may lead farther; then the distance would say the opposite.
    let distance = if (to < from) == fewer { from.abs_diff(to) } else { 0 };
    let distance = if distance > 0 { format!(" ({})", in_blocks(left, distance)) } else { String::new() };
    Some(format!("{steps} backward step{} {}{distance}", plural(steps), if fewer { "less" } else { "more" }))
}

/// A distance on the device in blocks, or in sectors if it is not a whole number of blocks.
fn in_blocks(arm: &ArmRun, sectors: u64) -> String {
    let block = (arm.facts.block_size() / SECTOR_BYTES).max(1);
    let (count, unit) =
        if sectors.is_multiple_of(block) { (sectors / block, "block") } else { (sectors, "sector") };
    format!("{} {unit}{}", reports::format::grouped(u128::from(count)), plural(count))
}

fn time(left: &ArmRun, right: &ArmRun) -> Option<String> {
    let (before, after) = (left.figures.simulated_time_ns, right.figures.simulated_time_ns);
    let difference = before.abs_diff(after);
    if difference == 0 {
        return None;
    }
    let direction = if after < before { "sooner" } else { "later" };
    let time = reports::format::short_time(difference);
    let reason = explained(left, right).map(|reason| format!(", {reason}")).unwrap_or_default();
    Some(format!("{time}{} {direction}{reason}", share(before, after)))
}

/// A change of time against what it was before, in brackets: a percentage, or how often that is what
/// it was.
fn share(before: u64, after: u64) -> String {
    let (before, after) = (u128::from(before), u128::from(after));
    if before == 0 {
        return String::new();
    }
    let percent = (before.abs_diff(after) * 100 + before / 2) / before;
    match percent {
        0 => " (under 1 %)".to_owned(),
        100 if after < before => " (over 99 %)".to_owned(),
        1..300 => format!(" ({percent} %)"),
        300.. => format!(" ({} times as long)", reports::format::grouped(after / before)),
    }
}

/// What the time went into: parts of at least a quarter of the difference, those of work and not of
/// waiting, for what waits does so while others work.
fn explained(left: &ArmRun, right: &ArmRun) -> Option<String> {
    let (before, after) = (&left.figures, &right.figures);
    let sooner = after.simulated_time_ns < before.simulated_time_ns;
    let difference = before.simulated_time_ns.abs_diff(after.simulated_time_ns);
    let mut parts: Vec<(Part, u64)> = before
        .parts
        .iter()
        .zip(after.parts.iter())
        .filter(|((part, before), (_, after))| {
            !matches!(part, Part::HostQueue | Part::DeviceQueue) && (after < before) == sooner
        })
        .map(|((part, before), (_, after))| (part, before.nanoseconds().abs_diff(after.nanoseconds())))
        .filter(|&(_, time)| time >= difference.div_ceil(4))
        .collect();
    parts.sort_by_key(|&(_, time)| std::cmp::Reverse(time));
    parts.truncate(2);
    let told: Vec<String> = parts
        .iter()
        .map(|&(part, time)| format!("{} {}", reports::format::short_time(time), part_name(part)))
        .collect();
    let within = parts.iter().map(|&(_, time)| time).sum::<u64>() <= difference;
    match (told.is_empty(), within) {
        (true, _) => overlap(left, right),
        (false, true) => Some(format!("of it {}", told.join(" and "))),
        (false, false) => {
            Some(format!("with {} {}", told.join(" and "), if sooner { "less" } else { "more" }))
        }
    }
}

/// If no part tells: where the requests took less time all together and it is later all the same,
/// they did so less at the same time; and the other way round.
fn overlap(left: &ArmRun, right: &ArmRun) -> Option<String> {
    let work = |arm: &ArmRun| arm.figures.parts.total();
    let later = right.figures.simulated_time_ns > left.figures.simulated_time_ns;
    if later && work(right) < work(left) {
        Some("because less goes on at the same time".to_owned())
    } else if !later && work(right) > work(left) {
        Some("because more goes on at the same time".to_owned())
    } else {
        None
    }
}
