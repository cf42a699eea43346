//! The filesystem of a scenario, laid out as described.

use std::collections::BTreeMap;

use sim_core::random::{Stream, Streams};
use sim_mpage::ext2::disk_format::FIRST_INODE;
use sim_mpage::ext2::layout::{self, FileLayout, Layout, Placement, first_file_block, fragmented};
use sim_mpage::ext2::volume::Volume;

use super::layout::read_layout;
use super::names::NamedFiles;
use super::owners::Described;
use super::{OpenImage, Problem, image, kernel};
use crate::load::tree::Step;
use crate::quantity::Size;
use crate::scenario::Scenario;
use crate::scenario::filesystem::{File, Filesystem};

/// The volume; `None` if there is a problem with it, or if the device is not known.
pub(super) fn volume(
    scenario: &Scenario,
    names: &NamedFiles,
    device_sectors: Option<u64>,
    page_size: u32,
    open_image: OpenImage<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Volume> {
    match &scenario.filesystem.image {
        Some(image) => {
            let volume = image::volume(&scenario.filesystem, image, names, open_image, problems)?;
            image::check_room(&volume, page_size, device_sectors, problems);
            Some(volume)
        }
        None => described(scenario, device_sectors, problems),
    }
}

pub(super) fn at(key: &str) -> [Step; 2] {
    ["filesystem".into(), key.into()]
}

pub(super) fn below(name: &str, key: &str) -> [Step; 4] {
    ["filesystem".into(), "files".into(), name.into(), key.into()]
}

/// The problems with the texts of the layouts, each for itself.
pub(super) fn check_layouts(filesystem: &Filesystem, problems: &mut Vec<Problem>) {
    for (name, file) in filesystem.files.iter() {
        if let Some(Err(wrong)) = file.layout.as_deref().map(read_layout) {
            problems.push(wrong.at(below(name, "layout")));
        }
    }
}

fn described(
    scenario: &Scenario,
    device_sectors: Option<u64>,
    problems: &mut Vec<Problem>,
) -> Option<Volume> {
    let filesystem = &scenario.filesystem;
    let block_size = kernel::block_size(scenario, problems)?;
    let device_sectors = device_sectors?;
    let known = problems.len();
    let empty = Layout { block_size, device_sectors, files: Vec::new() };
    let mut layout = empty.clone();
    // The first inode that is not reserved is that of `lost+found`.
    for (inode, (name, file)) in (FIRST_INODE + 1..).zip(filesystem.files.iter()) {
        let Some(described) = one_file(name, file, inode, block_size, problems) else { continue };
        if file.fragments.is_none() {
            // Each file alone first, so that the mistakes of all are told, not only the first one's.
            check(&Layout { files: vec![described.clone()], ..empty.clone() }, filesystem, problems);
        }
        layout.files.push(described);
    }
    if problems.len() > known {
        return None;
    }
    draw(scenario, &mut layout, problems);
    if problems.len() > known { None } else { check(&layout, filesystem, problems) }
}

/// The volume of a layout, or the problem with it.
fn check(layout: &Layout, filesystem: &Filesystem, problems: &mut Vec<Problem>) -> Option<Volume> {
    let described = Described { filesystem, layout };
    layout::volume(layout.clone()).map_err(|error| problems.push(described.locate(&error))).ok()
}

/// What is said of a file; nothing is drawn yet.
fn one_file(
    name: &str,
    file: &File,
    inode: u32,
    block_size: u32,
    problems: &mut Vec<Problem>,
) -> Option<FileLayout> {
    let size = file.size.map(|size| size.0);
    let whole =
        |size, runs, indirect| Some(FileLayout { path: name.to_owned(), inode, size, runs, indirect });
    match (&file.layout, file.fragments, size) {
        (Some(text), None, size) => {
            let (runs, indirect) =
                read_layout(text).map_err(|wrong| problems.push(wrong.at(below(name, "layout")))).ok()?;
            let blocks = runs.iter().map(|run| run.logical.saturating_add(run.blocks)).max().unwrap_or(0);
            let bytes = blocks.saturating_mul(u64::from(block_size));
            let size = size.unwrap_or(bytes);
            if bytes.saturating_sub(size) >= u64::from(block_size) {
                let message = format!("block {} lies beyond a file of this size", blocks - 1);
                let problem = Problem::new(below(name, "size"), message);
                let least = bytes - u64::from(block_size) + 1;
                problems.push(problem.expecting(format!("expected at least {}", Size(least))));
            }
            whole(size, runs, indirect)
        }
        (None, Some(_), Some(size)) => whole(size, Vec::new(), BTreeMap::new()),
        _ => {
            let path = ["filesystem".into(), "files".into(), name.into()];
            let problem = Problem::new(path, "this does not say where the file lies");
            let problem = problem.expecting("expected \"layout\", or \"size\" and \"fragments\"");
            problems
                .push(problem.helped_by("a layout is \"0-11@1000 ind@1012 12-15@1013\": logical@physical"));
            None
        }
    }
}

/// Draws the places of the files that ask for fragments, behind everything else.
fn draw(scenario: &Scenario, layout: &mut Layout, problems: &mut Vec<Problem>) {
    let filesystem = &scenario.filesystem;
    let own = match first_file_block(layout.block_size, layout.device_sectors) {
        Ok(own) => own,
        Err(error) => return problems.push(Problem::new(["device".into()], error.to_string())),
    };
    let end =
        |file: &FileLayout| Placement { runs: file.runs.clone(), indirect: file.indirect.clone() }.end();
    let behind = layout.files.iter().map(end).max().unwrap_or(0);
    let mut free = filesystem.allocator.first_free.unwrap_or(behind).max(own);
    let mut streams = Streams::new(scenario.seed);
    for (described, (name, file)) in layout.files.iter_mut().zip(filesystem.files.iter()) {
        let Some(fragments) = file.fragments else { continue };
        let blocks = described.size.div_ceil(u64::from(layout.block_size));
        let drawn = streams.stream(&format!("layout {name}")).map_err(|error| error.to_string());
        let drawn = drawn.and_then(|mut stream: Stream| {
            fragmented(free, blocks, layout.block_size, fragments, &mut stream)
                .map_err(|error| error.to_string())
        });
        match drawn {
            Ok(placement) => {
                free = free.max(placement.end());
                (described.runs, described.indirect) = (placement.runs, placement.indirect);
            }
            Err(reason) => {
                let problem = Problem::new(below(name, "fragments"), reason);
                problems.push(problem.expecting("expected at most one for each block of the file"));
            }
        }
    }
}
