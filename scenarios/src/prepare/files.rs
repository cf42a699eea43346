//! The filesystem of a scenario: laid out as described, or an ext2 image.

use std::collections::BTreeMap;
use std::sync::Arc;

use sim_core::random::{Stream, Streams};
use sim_mpage::ext2::disk_format::FIRST_INODE;
use sim_mpage::ext2::image::{ReadAt, open_image};
use sim_mpage::ext2::layout::{
    self, FileLayout, Layout, LayoutError, Owner, Placement, first_file_block, fragmented,
};
use sim_mpage::ext2::volume::Volume;

use super::layout::{place_of_block, place_of_logical, read_layout};
use super::{OpenImage, Problem, kernel};
use crate::calls::FileNames;
use crate::load::tree::Step;
use crate::scenario::Scenario;
use crate::scenario::filesystem::{File, Filesystem};

/// The files that calls may name.
pub(super) fn names(filesystem: &Filesystem) -> FileNames {
    match filesystem.image {
        Some(_) => FileNames::growing(),
        None => FileNames::fixed(filesystem.files.names()),
    }
}

/// The volume; `None` if there is a problem with it, or if the device is not known.
pub(super) fn volume(
    scenario: &Scenario,
    names: &FileNames,
    device_sectors: Option<u64>,
    page_size: u32,
    open_image: OpenImage<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Volume> {
    match &scenario.filesystem.image {
        Some(image) => {
            let volume = of_image(&scenario.filesystem, image, names, open_image, problems)?;
            check_room(&volume, page_size, device_sectors, problems);
            Some(volume)
        }
        None => described(scenario, device_sectors, problems),
    }
}

fn at(key: &str) -> [Step; 2] {
    ["filesystem".into(), key.into()]
}

fn below(name: &str, key: &str) -> [Step; 4] {
    ["filesystem".into(), "files".into(), name.into(), key.into()]
}

fn of_image(
    filesystem: &Filesystem,
    path: &str,
    names: &FileNames,
    open: OpenImage<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Volume> {
    for (key, given) in [
        ("files", !filesystem.files.is_empty()),
        ("block_size", filesystem.block_size.is_some()),
        ("allocator", filesystem.allocator.first_free.is_some()),
    ] {
        if given {
            let problem = Problem::new(at(key), "an image says this itself");
            problems.push(problem.expecting("only with a filesystem that is described here"));
        }
    }
    let volume = open(path).and_then(|source| read_image(source, names));
    volume.map_err(|reason| problems.push(Problem::new(at("image"), reason))).ok()
}

/// Whether an image's filesystem can stand on the device and under the kernel.
fn check_room(volume: &Volume, page_size: u32, device_sectors: Option<u64>, problems: &mut Vec<Problem>) {
    let mut wrong = |message| problems.push(Problem::new(at("image"), message));
    if volume.block_size > page_size {
        wrong(format!("blocks of {} bytes are larger than a page", volume.block_size));
    }
    let sectors = volume.device_sectors;
    if let Some(device) = device_sectors.filter(|device| *device < sectors) {
        wrong(format!("the image has {sectors} sectors, the device only {device}"));
    }
}

fn read_image(source: Arc<dyn ReadAt>, names: &FileNames) -> Result<Volume, String> {
    let image = open_image(source).map_err(|error| error.to_string())?;
    let paths: Vec<&str> = names.paths().iter().map(String::as_str).collect();
    image.volume(&paths).map_err(|error| error.to_string())
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
            check(Layout { files: vec![described.clone()], ..empty.clone() }, filesystem, problems);
        }
        layout.files.push(described);
    }
    if problems.len() > known {
        return None;
    }
    draw(scenario, &mut layout, problems);
    if problems.len() > known { None } else { check(layout, filesystem, problems) }
}

/// The volume of a layout, or the problem with it.
fn check(layout: Layout, filesystem: &Filesystem, problems: &mut Vec<Problem>) -> Option<Volume> {
    layout::volume(layout).map_err(|error| problems.push(locate(&error, filesystem))).ok()
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
                read_layout(text).map_err(|problem| problems.push(problem.at(below(name, "layout")))).ok()?;
            let blocks = runs.iter().map(|run| run.logical.saturating_add(run.blocks)).max().unwrap_or(0);
            let bytes = blocks.saturating_mul(u64::from(block_size));
            let size = size.unwrap_or(bytes);
            if bytes.saturating_sub(size) >= u64::from(block_size) {
                let message = format!("block {} lies beyond a file of this size", blocks - 1);
                problems.push(Problem::new(below(name, "size"), message).expecting("expected more"));
            }
            whole(size, runs, indirect)
        }
        (None, Some(_), Some(size)) => whole(size, Vec::new(), BTreeMap::new()),
        _ => {
            let path = ["filesystem".into(), "files".into(), name.into()];
            let problem = Problem::new(path, "this does not say where the file lies");
            problems.push(problem.expecting("expected \"layout\", or \"size\" and \"fragments\""));
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
            Err(reason) => problems.push(Problem::new(below(name, "fragments"), reason)),
        }
    }
}

/// Where in the scenario a mistake in a layout is.
fn locate(error: &LayoutError, filesystem: &Filesystem) -> Problem {
    let message = error.to_string();
    let file = |path: &str| {
        let plain = |path: &str| path.strip_prefix('/').unwrap_or(path).to_owned();
        filesystem.files.iter().find(|(name, _)| plain(name) == plain(path))
    };
    let in_layout = |path: &str, find: &dyn Fn(&str) -> Option<std::ops::Range<usize>>| {
        let Some((name, File { layout: Some(text), .. })) = file(path) else {
            return Problem::new(at("files"), message.clone());
        };
        let problem = Problem::new(below(name, "layout"), message.clone()).expecting("in this layout");
        Problem { span: find(text), ..problem }
    };
    match error {
        LayoutError::MissingIndirect { path, logical, .. }
        | LayoutError::LogicalTwice { path, logical }
        | LayoutError::TooBig { path, logical, .. }
        | LayoutError::EmptyRun { path, logical } => {
            in_layout(path, &|text| place_of_logical(text, *logical))
        }
        LayoutError::UselessIndirect { path, physical, .. }
        | LayoutError::BeyondDevice { owner: Owner::File(path, _), physical, .. } => {
            in_layout(path, &|text| place_of_block(text, *physical))
        }
        LayoutError::OwnedTwice { first, second, block } => match (first, second) {
            (_, Owner::File(path, _)) | (Owner::File(path, _), _) => {
                in_layout(path, &|text| place_of_block(text, *block))
            }
            _ => Problem::new(at("files"), message),
        },
        LayoutError::SizeBeyondMap { path, .. } => match file(path) {
            Some((name, _)) => Problem::new(below(name, "size"), message),
            None => Problem::new(at("files"), message),
        },
        LayoutError::Path(path) | LayoutError::PathTwice(path) | LayoutError::Inode { path, .. } => {
            match file(path) {
                Some((name, _)) => Problem::new(["filesystem".into(), "files".into(), name.into()], message),
                None => Problem::new(at("files"), message),
            }
        }
        LayoutError::Geometry(_)
        | LayoutError::BeyondDevice { .. }
        | LayoutError::NoRoom { .. }
        | LayoutError::InodeTwice(..) => Problem::new(["filesystem".into()], message),
    }
}
