//! From what a scenario means to a machine that can run: the device is built, the volume laid out or
//! read from its image.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use sim_core::io::Role;
use sim_disk::device::{BlockDevice, Device};
use sim_disk::hdd::drive::Drive;
use sim_disk::ideal::{self, Ideal};
use sim_disk::presets::{self, Preset};
use sim_disk::ssd::SolidState;
use sim_mpage::ext2::file_map::Run;
use sim_mpage::ext2::image::{Image, ImageError, ReadAt, ReadError, open_image};
use sim_mpage::ext2::layout::{FileLayout, Layout, LayoutError, volume};
use sim_mpage::ext2::volume::Volume;
use sim_mpage::machine::Machine;

use crate::prepare::{DescribedFile, Prepared, PreparedFilesystem, QueueError};
use crate::scenario::device::DeviceChoice;

/// A machine that cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// No preset of this name.
    #[error("no device {0:?}")]
    NoDevice(String),
    /// The device's parameters clash.
    #[error("device {name}: {message}")]
    Device {
        /// Its name.
        name: String,
        /// What clashes.
        message: String,
    },
    /// The filesystem cannot be laid out like this.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The image cannot be opened.
    #[error("cannot read {path}")]
    OpenImage {
        /// Its path.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The image is no filesystem that can be read, or does not hold the file.
    #[error("{path}: {source}")]
    Image {
        /// Its path.
        path: String,
        /// Why.
        source: ImageError,
    },
    /// The filesystem is larger than the device.
    #[error("the filesystem has {filesystem} sectors, the device only {device}")]
    TooSmall {
        /// Sectors of the filesystem.
        filesystem: u64,
        /// Sectors of the device.
        device: u64,
    },
    /// The queue's settings do not fit the device.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// The machine of a resolved scenario; paths in it are relative to `directory`.
///
/// # Errors
/// [`AssembleError`]
pub fn assemble(prepared: &Prepared, directory: &Path) -> Result<Machine, AssembleError> {
    let device = device(&prepared.device)?;
    let volume = match &prepared.filesystem {
        PreparedFilesystem::Described { block_size, files, .. } => {
            described(*block_size, device.limits().sectors, files)?
        }
        PreparedFilesystem::Image { path, files } => of_image(&directory.join(path), files)?,
    };
    let (filesystem, sectors) = (volume.device_sectors, device.limits().sectors);
    if filesystem > sectors {
        return Err(AssembleError::TooSmall { filesystem, device: sectors });
    }
    Ok(prepared.machine(device, volume)?)
}

fn device(choice: &DeviceChoice) -> Result<Device, AssembleError> {
    let name = &choice.preset;
    if name == "ideal" {
        return Ok(ideal_device(choice));
    }
    let wrong = |message: String| AssembleError::Device { name: name.clone(), message };
    match presets::find(name) {
        Some(Preset::Hdd(parameters)) => {
            let drive = Drive::new(parameters).map_err(|error| wrong(error.to_string()))?;
            Ok(Device::Hdd(Box::new(drive)))
        }
        Some(Preset::Ssd(parameters)) => {
            let drive = SolidState::new(&parameters).map_err(|error| wrong(error.to_string()))?;
            Ok(Device::Ssd(Box::new(drive)))
        }
        None => Err(AssembleError::NoDevice(name.clone())),
    }
}

fn ideal_device(choice: &DeviceChoice) -> Device {
    let default = ideal::Settings::default();
    Device::Ideal(Box::new(Ideal::new(ideal::Settings {
        sectors: choice.sectors.unwrap_or(default.sectors),
        latency: choice.latency.map_or(default.latency, |latency| latency.0),
        per_sector: choice.per_sector.map_or(default.per_sector, |time| time.0),
        queue_depth: choice.queue_depth.unwrap_or(default.queue_depth),
    })))
}

fn described(
    block_size: u32,
    device_sectors: u64,
    files: &[DescribedFile],
) -> Result<Volume, AssembleError> {
    let files = files.iter().map(file_layout).collect();
    Ok(volume(&Layout { block_size, device_sectors, files })?)
}

fn file_layout(file: &DescribedFile) -> FileLayout {
    let data = file.placed.iter().filter(|run| run.role == Role::Data);
    let indirect = file.placed.iter().filter(|run| run.role != Role::Data);
    FileLayout {
        path: file.path.clone(),
        inode: file.inode,
        size: file.size,
        runs: data
            .map(|run| Run { logical: run.first, physical: run.physical, blocks: run.count })
            .collect(),
        indirect: indirect.map(|run| (run.role, run.physical)).collect(),
    }
}

/// An image in a file.
#[derive(Debug)]
struct ImageFile {
    file: File,
    length: u64,
}

impl ReadAt for ImageFile {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<(), ReadError> {
        self.file.read_exact_at(out, offset).map_err(|error| ReadError(error.to_string()))
    }
}

/// Opens an ext2 image.
///
/// # Errors
/// [`AssembleError`], if it cannot be read or is none.
pub fn open(path: &Path) -> Result<Image, AssembleError> {
    let shown = path.display().to_string();
    let unreadable = |source| AssembleError::OpenImage { path: shown.clone(), source };
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    open_image(Arc::new(ImageFile { file, length }))
        .map_err(|source| AssembleError::Image { path: shown.clone(), source })
}

fn of_image(path: &Path, files: &[String]) -> Result<Volume, AssembleError> {
    let paths: Vec<&str> = files.iter().map(String::as_str).collect();
    let image = open(path)?;
    image
        .volume(&paths)
        .map_err(|source| AssembleError::Image { path: path.display().to_string(), source })
}
