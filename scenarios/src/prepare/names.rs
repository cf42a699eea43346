//! The files that a scenario speaks of, and where it speaks of each for the first time: that is where a
//! wrong path into an image is shown.

use std::ops::Range;

use sim_core::io::FileId;

use crate::calls::FileNames;
use crate::load::tree::Step;
use crate::scenario::filesystem::Filesystem;

/// A value of the scenario, and which bytes of it if that is a string.
pub(super) type Spot = (Vec<Step>, Option<Range<usize>>);

/// The files that may be named.
pub(super) struct NamedFiles {
    names: FileNames,
    /// Of each file that was added by being named: where.
    spots: Vec<Spot>,
}

impl NamedFiles {
    /// Those that are described, or, of an image, all that will be named.
    pub(super) fn of(filesystem: &Filesystem) -> NamedFiles {
        let names = match filesystem.image {
            Some(_) => FileNames::growing(),
            None => FileNames::fixed(filesystem.files.names()),
        };
        NamedFiles { names, spots: Vec::new() }
    }

    /// The paths in the order of the files' numbers, without the `/` in front.
    pub(super) fn paths(&self) -> &[String] {
        self.names.paths()
    }

    /// The file that `entry` of the scenario's value at `path` names.
    pub(super) fn find(&mut self, name: &str, path: impl IntoIterator<Item = Step>) -> Option<FileId> {
        self.naming(|names| names.find(name), || (path.into_iter().collect(), None))
    }

    /// Reads something that may name files, and notes where it did.
    pub(super) fn naming<T>(
        &mut self,
        read: impl FnOnce(&mut FileNames) -> T,
        spot: impl FnOnce() -> Spot,
    ) -> T {
        let known = self.names.paths().len();
        let result = read(&mut self.names);
        if self.names.grows() && self.names.paths().len() > known {
            self.spots.push(spot());
        }
        result
    }

    /// Where the file with this number was named first, if that is what made it a file.
    pub(super) fn spot(&self, index: usize) -> Option<&Spot> {
        self.spots.get(index)
    }
}
