//! The filesystem of a scenario that is an ext2 image.

use sim_mpage::ext2::image::{ImageError, open_image};
use sim_mpage::ext2::volume::Volume;

use super::files::at;
use super::names::NamedFiles;
use super::{OpenImage, Problem};
use crate::scenario::filesystem::Filesystem;

/// The image's volume with the files that are named; `None` if there is a problem with it.
pub(super) fn volume(
    filesystem: &Filesystem,
    path: &str,
    names: &NamedFiles,
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
            let problem = problem.expecting("only with a filesystem that is described here");
            problems.push(problem.helped_by("leave it out, or leave the image out"));
        }
    }
    let image = open(path).and_then(|source| open_image(source).map_err(|error| error.in_full()));
    let image = image.map_err(|reason| {
        problems.push(Problem::new(at("image"), reason).expecting("expected the path of an ext2 image"));
    });
    let image = image.ok()?;
    let paths: Vec<&str> = names.paths().iter().map(String::as_str).collect();
    let wrong = match image.volume(&paths) {
        Ok(volume) => return Some(volume),
        Err(wrong) => wrong,
    };
    problems.extend(wrong.iter().map(|(index, error)| about_path(error, path, names, *index)));
    None
}

/// A file of the image that cannot be used, told where it is named.
fn about_path(error: &ImageError, image: &str, names: &NamedFiles, index: usize) -> Problem {
    let at_image = (at("image").to_vec(), None);
    let (path, span) = names.spot(index).cloned().unwrap_or(at_image);
    let expected = match error {
        ImageError::NotFound(_)
        | ImageError::NotADirectory(..)
        | ImageError::NotAFile(..)
        | ImageError::SymbolicLink(..) => "expected the path of a regular file of the image",
        ImageError::SameFile(..) => "expected one name for one file",
        _ => "expected a file that is sound",
    };
    let problem = Problem { span, ..Problem::new(path, error.in_full()) }.expecting(expected);
    match error {
        ImageError::NotFound(path) | ImageError::NotADirectory(path, _) => {
            let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
            let directory = if directory.is_empty() { "/" } else { directory };
            problem.helped_by(format!("mpagesim inspect {image} {directory} lists what is there"))
        }
        _ => problem,
    }
}

/// Whether an image's filesystem can stand on the device and under the kernel.
pub(super) fn check_room(
    volume: &Volume,
    page_size: u32,
    device_sectors: Option<u64>,
    problems: &mut Vec<Problem>,
) {
    if volume.block_size > page_size {
        let message = format!("blocks of {} bytes are larger than a page", volume.block_size);
        let problem = Problem::new(at("image"), message).expecting("expected blocks of a page or less");
        problems.push(problem.helped_by("\"kernel\": { \"page_size\": \"64KiB\" }"));
    }
    let sectors = volume.device_sectors;
    if let Some(device) = device_sectors.filter(|device| *device < sectors) {
        let message = format!("the image has {sectors} sectors, the device only {device}");
        let problem = Problem::new(at("image"), message).expecting("expected a smaller image");
        problems
            .push(problem.helped_by("or take a larger device: of \"ideal\", \"sectors\" is the capacity"));
    }
}
