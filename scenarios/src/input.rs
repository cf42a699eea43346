//! Where scenarios come from: a file, standard input, or the library.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sim_mpage::ext2::image::ReadAt;

use crate::image_file::ImageFile;
use crate::library::{self, LIBRARY, SUFFIX};
use crate::load;
use crate::nearest::nearest;

/// The longest scenario file that is read, in bytes.
const LONGEST_FILE: u64 = 64 << 20;

/// A scenario that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// Neither a file nor a scenario of the library.
    #[error("no scenario \"{name}\": neither a file nor in the library{}", suggestion(*.nearest))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The library's scenario that is most like it.
        nearest: Option<&'static str>,
    },
    /// A file that cannot be read.
    #[error("cannot read {name}")]
    Read {
        /// The file.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// Too large a file.
    #[error("{0} is no scenario: it has more than 64 MiB")]
    TooLong(String),
    /// Not UTF-8.
    #[error("{0} is no scenario: it is not UTF-8 text")]
    NotText(String),
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean \"{name}\"?")).unwrap_or_default()
}

/// A scenario's text and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioInput {
    name: String,
    text: String,
    /// What the paths in it are relative to.
    directory: Option<PathBuf>,
}

impl ScenarioInput {
    /// What the command line calls SCENARIO: `-` is standard input; a name of the library, that
    /// scenario; anything else a file. A file that has the name of a library scenario is reached by
    /// a path with a `/` in it.
    ///
    /// # Errors
    /// [`InputError`], if it cannot be found or read.
    pub fn open(argument: &str) -> Result<ScenarioInput, InputError> {
        if argument == "-" {
            let text = read_text("<stdin>", io::stdin().lock())?;
            return Ok(ScenarioInput { name: "<stdin>".to_owned(), text, directory: Some(PathBuf::new()) });
        }
        match LIBRARY.iter().find(|entry| entry.name == argument) {
            Some(entry) => Ok(ScenarioInput::of_library(entry)),
            None => ScenarioInput::of_file(Path::new(argument)),
        }
    }

    /// A scenario of the library.
    pub fn of_library(entry: &library::Entry) -> ScenarioInput {
        let (name, text) = (entry.name.to_owned(), entry.text.to_owned());
        ScenarioInput { name, text, directory: None }
    }

    /// A scenario that is in no file; paths in it are relative to the working directory.
    pub fn of_text(name: &str, text: String) -> ScenarioInput {
        ScenarioInput { name: name.to_owned(), text, directory: Some(PathBuf::new()) }
    }

    fn of_file(path: &Path) -> Result<ScenarioInput, InputError> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => {
                let wanted = name.strip_suffix(SUFFIX).unwrap_or(&name);
                let nearest = nearest(wanted, LIBRARY.iter().map(|entry| entry.name));
                InputError::Unknown { name: name.clone(), nearest }
            }
            _ => InputError::Read { name: name.clone(), source },
        })?;
        let text = read_text(&name, file)?;
        let directory = path.parent().map(Path::to_path_buf);
        Ok(ScenarioInput { name, text, directory })
    }

    /// A path that the scenario names, relative to its file; a library scenario has no place.
    pub fn relative(&self, path: &str) -> PathBuf {
        self.directory.as_deref().unwrap_or(Path::new("")).join(path)
    }
}

/// The scenarios that paths stand for: each a scenario as [`ScenarioInput::open`] takes it, or a
/// directory, which stands for all the scenario files in it, by name. Without a path: the library.
///
/// # Errors
/// [`InputError`], if one cannot be found or read.
pub fn scenarios(paths: &[String]) -> Result<Vec<ScenarioInput>, InputError> {
    if paths.is_empty() {
        return Ok(LIBRARY.iter().map(ScenarioInput::of_library).collect());
    }
    let mut inputs = Vec::new();
    for path in paths {
        let of_library = LIBRARY.iter().any(|entry| entry.name == path);
        if of_library || !Path::new(path).is_dir() {
            inputs.push(ScenarioInput::open(path)?);
            continue;
        }
        for file in
            files_in(Path::new(path)).map_err(|source| InputError::Read { name: path.clone(), source })?
        {
            inputs.push(ScenarioInput::of_file(&file)?);
        }
    }
    Ok(inputs)
}

/// The scenario files in a directory, by name.
fn files_in(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(SUFFIX) && !path.is_dir() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read_text(name: &str, source: impl Read) -> Result<String, InputError> {
    let mut bytes = Vec::new();
    source
        .take(LONGEST_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| InputError::Read { name: name.to_owned(), source })?;
    if bytes.len() as u64 > LONGEST_FILE {
        return Err(InputError::TooLong(name.to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| InputError::NotText(name.to_owned()))
}

impl load::Input for ScenarioInput {
    fn name(&self) -> &str {
        &self.name
    }

    fn text(&self) -> &str {
        &self.text
    }

    fn base(&self, reference: &str) -> Result<(String, String), String> {
        let of_library = || {
            let entry = library::find(reference);
            entry.map(|entry| (entry.name.to_owned(), entry.text.to_owned()))
        };
        let Some(directory) = &self.directory else {
            return of_library().ok_or_else(|| format!("no scenario \"{reference}\" in the library"));
        };
        match ScenarioInput::of_file(&directory.join(reference)) {
            Ok(base) => Ok((base.name, base.text)),
            Err(error) => of_library().ok_or_else(|| match &error {
                InputError::Read { source, .. } => format!("{error}: {source}"),
                _ => error.to_string(),
            }),
        }
    }

    fn place(&self, path: &str) -> String {
        self.relative(path).display().to_string()
    }

    fn image(&self, path: &str) -> Result<Arc<dyn ReadAt>, String> {
        let path = self.relative(path);
        match ImageFile::open(&path) {
            Ok(image) => Ok(Arc::new(image)),
            Err(error) => Err(format!("cannot read {}: {error}", path.display())),
        }
    }
}
