//! Pages and faults that a run begins with, and whether expectations can be read.

use sim_core::io::blocks::Order;
use sim_core::io::{FileId, Operation};
use sim_mpage::machine::{BadSectors, BufferState, PageState};

use super::{DescribedFile, Problem};
use crate::calls::FileNames;
use crate::load::tree::Step;
use crate::nearest::help_for;
use crate::scenario::expect::Expectation;
use crate::scenario::faults::{Direction, Fault};
use crate::scenario::pages::{BufferFlag, Pages};

/// The most pages that a run may begin with.
const MOST_PAGES: u64 = 1_000_000;

/// Sizes in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) page_size: u64,
    pub(super) block_size: u64,
}

/// The states of pages, one by one; what an image's files hold is not known here.
pub(super) fn pages(
    list: &[Pages],
    shape: Shape,
    files: Option<&[DescribedFile]>,
    names: &mut FileNames,
    problems: &mut Vec<Problem>,
) -> Vec<PageState> {
    let mut states = Vec::new();
    for (index, pages) in list.iter().enumerate() {
        let at = |key: &str| [Step::from("pages"), index.into(), key.into()];
        let Some(file) = names.find(&pages.file) else {
            let known: Vec<&str> = names.paths().iter().map(String::as_str).collect();
            let problem = Problem::new(at("file"), format!("no file \"{}\" in this filesystem", pages.file));
            problems.push(Problem { help: Some(help_for(&pages.file, &known)), ..problem });
            continue;
        };
        let described = files.and_then(|files| files.get(usize::try_from(file.0).ok()?));
        match states_of(pages, file, shape, described) {
            Ok(more) => states.extend(more),
            Err((key, message)) => problems.push(Problem::new(at(key), message)),
        }
    }
    states
}

fn states_of(
    pages: &Pages,
    file: FileId,
    shape: Shape,
    described: Option<&DescribedFile>,
) -> Result<Vec<PageState>, (&'static str, String)> {
    if pages.count > MOST_PAGES {
        return Err(("count", format!("at most {MOST_PAGES} pages at once")));
    }
    let end = pages.page.checked_add(pages.count).ok_or(("page", "no such page".to_owned()))?;
    if let Some(described) = described {
        let in_file = described.size.div_ceil(shape.page_size);
        if end > in_file {
            return Err(("page", format!("page {} lies beyond the file, which has {in_file}", end - 1)));
        }
    }
    let blocks_per_page = shape.page_size / shape.block_size;
    let buffers: Option<Vec<BufferState>> =
        pages.buffers.as_ref().map(|list| list.iter().map(|flags| buffer(flags)).collect());
    if let Some(list) = &buffers {
        if list.len() as u64 != blocks_per_page {
            let message = format!("a page has {blocks_per_page} blocks, this lists {}", list.len());
            return Err(("buffers", message));
        }
        if let Some(described) = described {
            check_mapped(list, pages.page * blocks_per_page, pages.count, described)?;
        }
    }
    let state = |index| PageState {
        file,
        index,
        up_to_date: pages.up_to_date,
        dirty: pages.dirty,
        buffers: buffers.clone(),
    };
    Ok((pages.page..end).map(state).collect())
}

/// A mapped buffer has a block to be mapped to.
fn check_mapped(
    buffers: &[BufferState],
    first_block: u64,
    pages: u64,
    file: &DescribedFile,
) -> Result<(), (&'static str, String)> {
    let runs = file.data_runs();
    let is_placed = |block: u64| {
        let behind = runs.partition_point(|(first, _)| *first <= block);
        behind.checked_sub(1).is_some_and(|last| block - runs[last].0 < runs[last].1)
    };
    let blocks = buffers.iter().cycle().zip(first_block..first_block + pages * buffers.len() as u64);
    for (buffer, block) in blocks {
        if buffer.mapped && !is_placed(block) {
            return Err(("buffers", format!("block {block} is a hole: its buffer cannot be mapped")));
        }
    }
    Ok(())
}

fn buffer(flags: &[BufferFlag]) -> BufferState {
    BufferState {
        mapped: flags.contains(&BufferFlag::Mapped),
        up_to_date: flags.contains(&BufferFlag::UpToDate),
        dirty: flags.contains(&BufferFlag::Dirty),
        new: flags.contains(&BufferFlag::New),
    }
}

/// Sectors that fail, and allocations that do.
pub(super) fn faults(list: &[Fault], problems: &mut Vec<Problem>) -> (Vec<BadSectors>, Vec<u64>) {
    let (mut bad, mut allocations) = (Vec::new(), Vec::new());
    for (index, fault) in list.iter().enumerate() {
        let wrong = |message: &str| {
            let problem = Problem::new([Step::from("faults"), index.into()], message);
            problem.expecting("expected either \"sector\" (with \"sectors\", \"operation\", \"times\") or \"bio_allocation\"")
        };
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
            _ => problems.push(wrong("not one fault")),
        }
    }
    allocations.sort_unstable();
    allocations.dedup();
    (bad, allocations)
}

/// Each expectation says one thing, in the grammar of blocks.
pub(super) fn expectations(list: &[Expectation], problems: &mut Vec<Problem>) {
    for (index, one) in list.iter().enumerate() {
        let at = |below: Vec<Step>| [vec![Step::from("expect"), index.into()], below].concat();
        let said = [one.order.is_some(), one.before.is_some(), one.assert.is_some()];
        if said.into_iter().filter(|said| *said).count() != 1 {
            let problem = Problem::new(at(Vec::new()), "this expects not one thing");
            problems.push(problem.expecting("expected one of \"order\", \"before\" and \"assert\""));
        }
        let before = one.before.iter().flatten().enumerate();
        let texts = before.map(|(nth, text)| (vec!["before".into(), nth.into()], text));
        for (below, text) in texts.chain(one.order.iter().map(|text| (vec!["order".into()], text))) {
            if let Err(error) = text.parse::<Order>() {
                let problem =
                    Problem::new(at(below), "not an order of blocks").within(error.start..error.end);
                problems.push(problem.expecting(error.wrong.to_string()));
            }
        }
    }
}
