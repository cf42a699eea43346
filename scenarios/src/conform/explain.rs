//! The whole story of one trace: what the simulator did and by which rule, with the kernel beside it.

mod rows;
mod steps;

use super::files::FileOnDevice;
use super::images::Images;
use super::lines::{file_lines, recorded_events};
use super::names::Names;
use super::recorded::{Recorded, RecordedDevice};
use super::simulate;
use super::words::time;

use rows::{Story, shortened};
use steps::steps;

/// The story of a trace: calls, windows, mapper, bios with reasons, merges, plugs, dispatch and
/// completions, and the files at the end, both sides aligned.
pub fn explain(recorded: &Recorded, images: &Images) -> String {
    let mut names = Names::of(recorded);
    let mut story = Story::default();
    header(&mut story, recorded, &names);
    let kernel = recorded_events(recorded);
    match simulate(recorded, images) {
        Ok(ran) => {
            names = names.with_simulated(&ran.volume, &ran.files_after);
            story.events(&kernel, &steps(recorded, &ran, &names), &names);
            if recorded.files_after.is_some() {
                files_after(&mut story, recorded, &ran.files_after);
            }
        }
        Err(why) => {
            story.line(&format!("not run: {why}"));
            story.events(&kernel, &[], &names);
        }
    }
    story.text
}

fn header(story: &mut Story, recorded: &Recorded, names: &Names) {
    let boundary = if recorded.boundary { "reported" } else { "not reported" };
    story.line(&format!("{}: the boundary flag is {boundary}", recorded.id));
    if let Some(image) = &recorded.image {
        story.line(&format!("  from image {image}"));
    }
    for (file, layout) in recorded.files.iter().zip(names.layouts()) {
        let colon = if layout.runs().is_empty() { "" } else { ": " };
        story.line(&format!("  /{}, {} bytes{colon}{layout}", file.path, file.size));
    }
    story.line(&format!("  blocks of {} bytes, pages of {}", recorded.block_size, recorded.page_size));
    story.line(&format!("  {}", queue(&recorded.device)));
    if let Some(settings) = writeback(recorded) {
        story.line(&format!("  {settings}"));
    }
    if let Some(policy) = &recorded.policy {
        story.line(&format!("  processes are scheduled by policy {policy}"));
    }
    if recorded.tasks.is_some() && !recorded.setup.is_empty() {
        story.list("  before: ", &recorded.setup);
    }
    for (name, process) in recorded.processes().iter().filter(|(_, process)| !process.setup.is_empty()) {
        story.list(&format!("  before, {name}: "), process.setup);
    }
    if recorded.drop_after_setup {
        story.line("  then: drop");
    }
    story.line("");
    story.line("= both   < only the kernel   > only the simulator   ~ in an order that does not count");
    story.line("");
    story.heading();
}

fn queue(device: &RecordedDevice) -> String {
    format!(
        "{}, queue_depth {}, nr_requests {}, nomerges {}, read_ahead_kb {}, max_sectors_kb {}; a request takes {}",
        device.scheduler,
        device.queue_depth,
        device.nr_requests,
        device.nomerges,
        device.read_ahead_kb,
        device.max_sectors_kb,
        time(device.latency_us.saturating_mul(1_000)),
    )
}

/// What is not as usual in writing back.
fn writeback(recorded: &Recorded) -> Option<String> {
    let mut settings: Vec<String> =
        recorded.vm.iter().map(|(name, value)| format!("{name} {value}")).collect();
    if recorded.device.bdi_min_ratio > 0 {
        settings.push(format!("min_ratio {}", recorded.device.bdi_min_ratio));
    }
    if recorded.device.pages_adjacent {
        settings.push("pages adjacent in memory".to_owned());
    }
    (!settings.is_empty()).then(|| settings.join(", "))
}

/// Where the files' blocks lie at the end, on both sides.
fn files_after(story: &mut Story, recorded: &Recorded, simulated: &[Result<FileOnDevice, String>]) {
    story.line("");
    story.line("the files on the device at the end");
    let files = recorded.files_after.iter().flatten();
    let kernel = files.flat_map(|file| file_lines(FileOnDevice::recorded(file, recorded.block_size)));
    let simulated = simulated.iter().cloned().flat_map(file_lines);
    story.compared(&kernel.collect::<Vec<_>>(), &simulated.collect::<Vec<_>>());
}
