//! Where in a scenario a mistake in the layout of its files is, and what to write instead.

use std::ops::Range;

use sim_mpage::ext2::layout::{Layout, LayoutError, Owner, Placement, first_file_block};

use super::files::{at, below};
use super::layout::{place_of_block, place_of_logical};
use super::{Problem, Second};
use crate::scenario::filesystem::{File, Filesystem};

/// A filesystem as the scenario writes it, and as it is to be laid out.
pub(super) struct Described<'a> {
    pub(super) filesystem: &'a Filesystem,
    pub(super) layout: &'a Layout,
}

impl Described<'_> {
    /// The problem of the scenario that a mistake in the layout is.
    pub(super) fn locate(&self, error: &LayoutError) -> Problem {
        let problem = match error {
            LayoutError::MissingIndirect { path, logical, .. }
            | LayoutError::LogicalTwice { path, logical }
            | LayoutError::TooBig { path, logical, .. }
            | LayoutError::EmptyRun { path, logical } => {
                self.in_layout(path, error, |text| place_of_logical(text, *logical))
            }
            LayoutError::UselessIndirect { path, physical, .. }
            | LayoutError::BeyondDevice { owner: Owner::File(path, _), physical, .. } => {
                self.in_layout(path, error, |text| place_of_block(text, *physical))
            }
            LayoutError::OwnedTwice { first, second, block } => self.two_owners(error, first, second, *block),
            LayoutError::SizeBeyondMap { path, .. } => match self.file(path) {
                Some((_, name, _)) => Problem::new(below(name, "size"), error.to_string()),
                None => Problem::new(at("files"), error.to_string()),
            },
            LayoutError::Path(path) | LayoutError::PathTwice(path) | LayoutError::Inode { path, .. } => {
                let name = self.file(path).map(|(_, name, _)| name.into());
                let path = at("files").into_iter().chain(name);
                Problem::new(path, error.to_string())
            }
            LayoutError::Geometry(_)
            | LayoutError::BeyondDevice { .. }
            | LayoutError::NoRoom { .. }
            | LayoutError::InodeTwice(..) => Problem::new(["filesystem".into()], error.to_string()),
        };
        self.advise(problem, error)
    }

    /// The file with this path: its number, its name in the scenario, and what is said of it.
    fn file(&self, path: &str) -> Option<(usize, &str, &File)> {
        let plain = |path: &str| path.strip_prefix('/').unwrap_or(path).to_owned();
        let files = self.filesystem.files.iter().enumerate();
        let mut files = files.map(|(index, (name, file))| (index, name, file));
        files.find(|(_, name, _)| plain(name) == plain(path))
    }

    fn in_layout(
        &self,
        path: &str,
        error: &LayoutError,
        find: impl Fn(&str) -> Option<Range<usize>>,
    ) -> Problem {
        match self.file(path) {
            Some((_, name, File { layout: Some(text), .. })) => {
                let problem = Problem::new(below(name, "layout"), error.to_string());
                Problem { span: find(text), ..problem }
            }
            Some((_, name, _)) => {
                Problem::new(at("files").into_iter().chain([name.into()]), error.to_string())
            }
            None => Problem::new(at("files"), error.to_string()),
        }
    }

    /// A block that two claim; shown where the later of two files says so, with the other beside it.
    fn two_owners(&self, error: &LayoutError, first: &Owner, second: &Owner, block: u64) -> Problem {
        let place = |path: &str| self.in_layout(path, error, |text| place_of_block(text, block));
        match (first, second) {
            (Owner::File(one, _), Owner::File(other, _)) => {
                let number = |path: &str| self.file(path).map(|(index, ..)| index);
                let (earlier, later) = if number(one) <= number(other) { (one, other) } else { (other, one) };
                let Problem { path, span, .. } = place(earlier);
                let owner = if earlier == one { first } else { second };
                let second = Some(Second { path, span, what: format!("it is {owner} here") });
                Problem { second, ..place(later) }
            }
            (Owner::File(path, _), Owner::System(_)) | (Owner::System(_), Owner::File(path, _)) => {
                place(path)
            }
            _ => Problem::new(at("files"), error.to_string()),
        }
    }

    /// What was expected instead, and how the mistake may be mended.
    fn advise(&self, problem: Problem, error: &LayoutError) -> Problem {
        let free = self.free_from();
        match error {
            LayoutError::MissingIndirect { role, .. } => problem
                .expecting(format!("expected {role} to be placed as well"))
                .helped_by(format!("add \"{role}@BLOCK\" to the layout; blocks from {free} on are free")),
            LayoutError::UselessIndirect { .. } => {
                problem.expecting("expected only indirect blocks that are needed").helped_by("leave it out")
            }
            LayoutError::OwnedTwice { first: Owner::System(_), .. }
            | LayoutError::OwnedTwice { second: Owner::System(_), .. } => {
                let problem = problem.expecting("expected a block that a file can have");
                problem.helped_by(format!(
                    "the filesystem's own blocks come first; those from {free} on are free"
                ))
            }
            LayoutError::OwnedTwice { .. } => problem
                .expecting("expected a block of its own")
                .helped_by(format!("blocks from {free} on are free")),
            LayoutError::BeyondDevice { blocks, .. } => problem
                .expecting(format!("expected blocks below {blocks}"))
                .helped_by("or take a larger device: of \"ideal\", \"sectors\" is the capacity"),
            LayoutError::LogicalTwice { .. } => problem.expecting("expected each block of the file once"),
            LayoutError::TooBig { limit, .. } | LayoutError::SizeBeyondMap { limit, .. } => {
                problem.expecting(format!("expected blocks below {limit}"))
            }
            LayoutError::Path(_) => problem.expecting("expected a path such as \"/music/a.bin\""),
            LayoutError::PathTwice(_) => problem.expecting("expected another path"),
            LayoutError::NoRoom { .. } => problem.expecting("expected a larger device, or smaller files"),
            LayoutError::EmptyRun { .. }
            | LayoutError::Inode { .. }
            | LayoutError::InodeTwice(..)
            | LayoutError::Geometry(_) => problem.expecting("expected another device or block size"),
        }
    }

    /// The first block behind all that is described.
    fn free_from(&self) -> u64 {
        let described = self.filesystem.files.iter().filter_map(|(_, file)| file.layout.as_deref());
        let ends = described.filter_map(|text| {
            let (runs, indirect) = super::layout::read_layout(text).ok()?;
            Some(Placement { runs, indirect }.end())
        });
        let own = first_file_block(self.layout.block_size, self.layout.device_sectors).unwrap_or(0);
        ends.fold(own, u64::max)
    }
}
