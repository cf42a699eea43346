//! The files of a described filesystem: where their blocks lie.

use sim_core::io::blocks::{Layout, PlacedRun};

use super::placed::{MapShape, check_map, shared_block};
use super::{Problem, drawn};
use crate::load::tree::Step;
use crate::scenario::filesystem::{File, Filesystem};

/// A file of a described filesystem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedFile {
    /// Its path, without `/` in front.
    pub path: String,
    /// Its inode number; the first file's is 12, the first that ext2 gives out.
    pub inode: u32,
    /// Its size in bytes.
    pub size: u64,
    /// Where its data and indirect blocks lie.
    pub placed: Vec<PlacedRun>,
}

impl DescribedFile {
    /// The runs of data, by logical block.
    pub(super) fn data_runs(&self) -> Vec<(u64, u64)> {
        let data = self.placed.iter().filter(|run| run.role == sim_core::io::Role::Data);
        let mut runs: Vec<(u64, u64)> = data.map(|run| (run.first, run.count)).collect();
        runs.sort_unstable();
        runs
    }
}

/// The first inode that is not reserved (`s_first_ino` is 11; `lost+found` has that one).
const FIRST_INODE: u32 = 12;
/// Where drawn pieces begin, at the least, in blocks: behind the filesystem's own blocks.
const FIRST_DRAWN: u64 = 1_024;

fn file_path(name: &str) -> Vec<Step> {
    vec!["filesystem".into(), "files".into(), name.into()]
}

fn below(name: &str, key: &str) -> Vec<Step> {
    [file_path(name), vec![key.into()]].concat()
}

/// All files in the order of their numbers.
pub(super) fn files(
    filesystem: &Filesystem,
    block_size: u32,
    seed: u64,
    problems: &mut Vec<Problem>,
) -> Vec<DescribedFile> {
    let shape = MapShape::new(block_size);
    let mut files = Vec::new();
    for (inode, (name, file)) in (FIRST_INODE..).zip(filesystem.files.iter()) {
        let path = name.strip_prefix('/').unwrap_or(name).to_owned();
        if path.is_empty() || path.contains(char::is_whitespace) || path.ends_with('/') {
            problems.push(Problem::new(file_path(name), "not a path that a call can name"));
        }
        if files.iter().any(|known: &DescribedFile| known.path == path) {
            problems.push(Problem::new(file_path(name), format!("the file \"/{path}\" comes twice")));
        }
        let (size, placed) = described(name, file, shape, problems).unwrap_or_default();
        files.push(DescribedFile { path, inode, size, placed });
    }
    draw(filesystem, shape, seed, &mut files, problems);
    two_owners(filesystem, &files, problems);
    files
}

/// Size and places of a file that is laid out or yet to be drawn.
fn described(
    name: &str,
    file: &File,
    shape: MapShape,
    problems: &mut Vec<Problem>,
) -> Option<(u64, Vec<PlacedRun>)> {
    match (&file.layout, file.fragments, file.size) {
        (Some(text), None, size) => laid_out(name, text, size.map(|size| size.0), shape, problems),
        (None, Some(_), Some(size)) => Some((size.0, Vec::new())),
        _ => {
            let problem = Problem::new(file_path(name), "this does not say where the file lies");
            problems.push(problem.expecting("expected \"layout\", or \"size\" and \"fragments\""));
            None
        }
    }
}

fn laid_out(
    name: &str,
    text: &str,
    size: Option<u64>,
    shape: MapShape,
    problems: &mut Vec<Problem>,
) -> Option<(u64, Vec<PlacedRun>)> {
    let layout: Layout = match text.parse() {
        Ok(layout) => layout,
        Err(error) => {
            let problem = Problem::new(below(name, "layout"), "not a layout").within(error.start..error.end);
            problems.push(problem.expecting(error.wrong.to_string()));
            return None;
        }
    };
    if let Err(wrong) = check_map(layout.runs(), shape) {
        let problem = Problem::new(below(name, "layout"), wrong.to_string());
        problems.push(within_word(problem, text, wrong.physical()).expecting("in this layout"));
        return None;
    }
    let data = layout.runs().iter().filter(|run| run.role == sim_core::io::Role::Data);
    // Checked above: all blocks lie within the map's reach, far below the end of 64 bits.
    let blocks = data.map(|run| run.first + run.count).max().unwrap_or(0);
    let bytes = blocks * shape.block_size();
    let size = size.unwrap_or(bytes);
    if bytes >= size.saturating_add(shape.block_size()) {
        let message = format!("the layout has blocks up to {}, beyond this size", blocks - 1);
        problems.push(Problem::new(below(name, "size"), message));
    }
    if size.div_ceil(shape.block_size()) > shape.reach() {
        let message = format!("a file of {} blocks at most can be mapped", shape.reach());
        problems.push(Problem::new(below(name, "size"), message));
    }
    Some((size, layout.runs().to_vec()))
}

/// The word of a layout in which a physical block is placed is what the problem is about.
fn within_word(problem: Problem, text: &str, physical: u64) -> Problem {
    let holds = |word: &&str| {
        let layout: Option<Layout> = word.parse().ok();
        let mut runs = layout.iter().flat_map(Layout::runs);
        runs.any(|run| physical.checked_sub(run.physical).is_some_and(|offset| offset < run.count))
    };
    match text.split_ascii_whitespace().find(holds) {
        Some(word) => {
            let start = word.as_ptr().addr() - text.as_ptr().addr();
            problem.within(start..start + word.len())
        }
        None => problem,
    }
}

/// Draws the places of the files that ask for fragments, behind everything else.
fn draw(
    filesystem: &Filesystem,
    shape: MapShape,
    seed: u64,
    files: &mut [DescribedFile],
    problems: &mut Vec<Problem>,
) {
    let ends = files.iter().flat_map(|file| &file.placed).map(|run| run.physical.saturating_add(run.count));
    let behind_layouts = ends.max().unwrap_or(0).max(FIRST_DRAWN);
    let mut free = filesystem.allocator.first_free.unwrap_or(0).max(behind_layouts);
    for (described, (name, file)) in files.iter_mut().zip(filesystem.files.iter()) {
        let Some(fragments) = file.fragments else { continue };
        if described.size == 0 {
            continue;
        }
        match drawn::draw(&described.path, described.size, fragments, shape, free, seed) {
            Ok(drawn) => {
                free = drawn.end;
                described.placed = drawn.placed;
            }
            Err(error) => problems.push(Problem::new(below(name, "fragments"), error.to_string())),
        }
    }
}

/// Blocks that two files claim; of one file the grammar of layouts refuses it already.
fn two_owners(filesystem: &Filesystem, files: &[DescribedFile], problems: &mut Vec<Problem>) {
    let Some(shared) = shared_block(files) else { return };
    let (first, second) = (&files[shared.first], &files[shared.second]);
    let message = format!("block {} has two owners: /{} and /{}", shared.block, first.path, second.path);
    let named = filesystem.files.iter().nth(shared.second);
    if let Some((name, file)) = named {
        let problem = Problem::new(below(name, "layout"), message).expecting("placed again here");
        problems.push(within_word(problem, file.layout.as_deref().unwrap_or_default(), shared.block));
    }
}
