//! Pages and faults that a run begins with.

use sim_core::io::{FileId, Operation, Role};
use sim_mpage::ext2::block_set::BlockSet;
use sim_mpage::ext2::file_map::FileMap;
use sim_mpage::ext2::volume::Volume;
use sim_mpage::machine::{BadSectors, BufferState, MetadataState, PageState};

use super::Problem;
use super::names::NamedFiles;
use crate::load::tree::Step;
use crate::nearest::help_for;
use crate::scenario::faults::{Direction, Fault};
use crate::scenario::pages::{BufferFlag, Pages};

/// The file of each entry of `pages`, where it is known.
pub(super) fn files_of_pages(
    list: &[Pages],
    names: &mut NamedFiles,
    problems: &mut Vec<Problem>,
) -> Vec<Option<FileId>> {
    let numbered = list.iter().enumerate();
    numbered
        .map(|(index, pages)| {
            let path = [Step::from("pages"), index.into(), "file".into()];
            let file = names.find(&pages.file, path.clone());
            if file.is_none() {
                let known: Vec<String> = names.paths().iter().map(|path| format!("/{path}")).collect();
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let problem = Problem::new(path, format!("no file \"{}\" in this filesystem", pages.file));
                let problem = problem.expecting("expected the path of a file");
                problems.push(problem.helped_by(help_for(&pages.file, &known)));
            }
            file
        })
        .collect()
}

/// What is wrong with an entry of `pages`: the key, what, and what was expected.
type Wrong = (&'static str, String, String);

/// The states of pages one by one, and those of indirect blocks.
pub(super) fn pages(
    list: &[Pages],
    files: &[Option<FileId>],
    page_size: u32,
    volume: &Volume,
    problems: &mut Vec<Problem>,
) -> (Vec<PageState>, Vec<MetadataState>) {
    let (mut states, mut metadata) = (Vec::new(), Vec::new());
    for (index, (entry, file)) in list.iter().zip(files).enumerate() {
        let Some(file) = *file else { continue };
        let cached = Cached { entry, file, page_size: u64::from(page_size), volume };
        let result = match (entry.page, &entry.metadata) {
            (Some(page), None) => cached.pages(page).map(|more| states.extend(more)),
            (None, Some(role)) => cached.metadata(role).map(|one| metadata.push(one)),
            _ => Err((
                "file",
                "neither a page nor an indirect block of this file, or both".to_owned(),
                "expected either \"page\" or \"metadata\" beside this".to_owned(),
            )),
        };
        if let Err((key, message, expected)) = result {
            let problem = Problem::new([Step::from("pages"), index.into(), key.into()], message);
            problems.push(problem.expecting(expected));
        }
    }
    (states, metadata)
}

struct Cached<'a> {
    entry: &'a Pages,
    file: FileId,
    page_size: u64,
    volume: &'a Volume,
}

impl Cached<'_> {
    fn map(&self) -> Result<FileMap, Wrong> {
        let volume = self.volume;
        let file = usize::try_from(self.file.0).ok().and_then(|index| volume.files.get(index));
        let wrong = |message: String| ("file", message, "expected a file that is sound".to_owned());
        let file = file.ok_or_else(|| wrong("no such file".to_owned()))?;
        FileMap::read(&*volume.base, &volume.superblock, file, &mut BlockSet::default())
            .map_err(|error| wrong(error.to_string()))
    }

    fn size(&self) -> u64 {
        let file = usize::try_from(self.file.0).ok().and_then(|index| self.volume.files.get(index));
        file.map_or(0, |file| file.size)
    }

    fn pages(&self, page: u64) -> Result<Vec<PageState>, Wrong> {
        let count = self.entry.count.unwrap_or(1);
        let in_file = self.size().div_ceil(self.page_size);
        let end = page.checked_add(count).filter(|end| *end <= in_file);
        let end = end.ok_or_else(|| {
            let message = format!("the file has {in_file} pages, 0 the first");
            ("page", message, format!("expected a page below {in_file}"))
        })?;
        let buffers: Option<Vec<BufferState>> =
            self.entry.buffers.as_ref().map(|list| list.iter().map(|flags| buffer(flags)).collect());
        if self.entry.dirty && self.entry.up_to_date == Some(false) && buffers.is_none() {
            let message = "a dirty page without buffers holds valid data".to_owned();
            return Err(("up_to_date", message, "expected true, or \"buffers\"".to_owned()));
        }
        if let Some(buffers) = &buffers {
            self.check_buffers(buffers, page, count)?;
        }
        let state = |index| PageState {
            file: self.file,
            index,
            up_to_date: self.entry.up_to_date.unwrap_or(true),
            dirty: self.entry.dirty,
            buffers: buffers.clone(),
        };
        Ok((page..end).map(state).collect())
    }

    /// One buffer a block, and a mapped one has a block to be mapped to.
    fn check_buffers(&self, buffers: &[BufferState], page: u64, count: u64) -> Result<(), Wrong> {
        let blocks_per_page = self.page_size / u64::from(self.volume.block_size);
        if buffers.len() as u64 != blocks_per_page {
            return Err((
                "buffers",
                format!("a page has {}, this lists {}", blocks(blocks_per_page), buffers.len()),
                format!("expected the states of {}", blocks(blocks_per_page)),
            ));
        }
        let runs = self.map()?.runs;
        let is_placed = |block: u64| {
            let behind = runs.partition_point(|run| run.logical <= block);
            behind.checked_sub(1).is_some_and(|last| block - runs[last].logical < runs[last].blocks)
        };
        // The pages lie within the file, so the products do not overflow.
        let blocks = page * blocks_per_page..(page + count) * blocks_per_page;
        let hole =
            buffers.iter().cycle().zip(blocks).find(|(buffer, block)| buffer.mapped && !is_placed(*block));
        match hole {
            Some((_, block)) => Err((
                "buffers",
                format!("block {block} is a hole: nothing to be mapped to"),
                "expected \"mapped\" only of blocks that are placed".to_owned(),
            )),
            None => Ok(()),
        }
    }

    fn metadata(&self, text: &str) -> Result<MetadataState, Wrong> {
        let entry = self.entry;
        if entry.count.is_some() || entry.up_to_date.is_some() || entry.buffers.is_some() {
            let message = "an indirect block has only \"dirty\" beside it";
            let expected = "expected no \"count\", \"up_to_date\" or \"buffers\" beside this";
            return Err(("metadata", message.to_owned(), expected.to_owned()));
        }
        let map = self.map()?;
        let role =
            text.parse::<Role>().ok().filter(|role| map.indirect.iter().any(|(known, _)| known == role));
        let role = role.ok_or_else(|| {
            let known: Vec<String> = map.indirect.iter().map(|(role, _)| role.to_string()).collect();
            let expected = match known.is_empty() {
                true => "expected no such entry: the file has no indirect block".to_owned(),
                false => format!("expected one of {}", known.join(", ")),
            };
            ("metadata", format!("the file has no indirect block \"{text}\""), expected)
        })?;
        Ok(MetadataState { file: self.file, role, dirty: entry.dirty })
    }
}

fn buffer(flags: &[BufferFlag]) -> BufferState {
    BufferState {
        mapped: flags.contains(&BufferFlag::Mapped),
        up_to_date: flags.contains(&BufferFlag::UpToDate),
        dirty: flags.contains(&BufferFlag::Dirty),
        new: flags.contains(&BufferFlag::New),
    }
}

const ONE_FAULT: &str =
    "expected either \"sector\" (with \"sectors\", \"operation\", \"times\") or \"bio_allocation\"";

/// So many blocks, in words.
fn blocks(count: u64) -> String {
    if count == 1 { "1 block".to_owned() } else { format!("{count} blocks") }
}

/// Sectors that fail, and allocations that do.
pub(super) fn faults(list: &[Fault], problems: &mut Vec<Problem>) -> (Vec<BadSectors>, Vec<u64>) {
    let (mut bad, mut allocations) = (Vec::new(), Vec::new());
    for (index, fault) in list.iter().enumerate() {
        let wrong = |message: &str| Problem::new([Step::from("faults"), index.into()], message);
        let of_sectors = fault.sectors.is_some() || fault.operation.is_some() || fault.times.is_some();
        match (fault.sector, fault.bio_allocation) {
            (Some(sector), None) => {
                let sectors = fault.sectors.unwrap_or(1);
                if sector.checked_add(sectors).is_none() {
                    problems.push(wrong("these sectors have no numbers"));
                }
                let operation = fault.operation.map(|direction| match direction {
                    Direction::Read => Operation::Read,
                    Direction::Write => Operation::Write,
                });
                bad.push(BadSectors { sector, sectors, operation, times: fault.times });
            }
            (None, Some(nth)) if !of_sectors => allocations.push(nth),
            _ => problems.push(wrong("not exactly one fault").expecting(ONE_FAULT)),
        }
    }
    allocations.sort_unstable();
    allocations.dedup();
    (bad, allocations)
}
