//! Drawing a scenario from a seed and a number.

mod calls;
mod files;
mod host;

use sim_core::random::{Stream, Streams};

use crate::scenario::Scenario;
use crate::scenario::faults::{Direction, Fault};
use crate::scenario::filesystem::Filesystem;
use crate::scenario::named::Named;
use crate::scenario::pages::{BufferFlag, Pages};

use files::DrawnFile;

/// One case's random numbers, with words for what is drawn.
struct Draw(Stream);

impl Draw {
    /// A number from `least` to `most`.
    fn number(&mut self, least: u64, most: u64) -> u64 {
        least + self.0.below(most - least + 1)
    }

    /// True once in so many times.
    fn one_in(&mut self, times: u64) -> bool {
        self.0.chance(1, times)
    }

    /// One of several, each as likely as the others.
    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        let last = choices.len().saturating_sub(1) as u64;
        choices[usize::try_from(self.0.below(last + 1)).unwrap_or(0)]
    }

    /// One of several, or nothing.
    fn maybe<T: Copy>(&mut self, times: u64, choices: &[T]) -> Option<T> {
        self.one_in(times).then(|| self.of(choices))
    }
}

/// The scenario of one case.
pub fn scenario(seed: u64, case: u64) -> Scenario {
    let mut streams = Streams::new(seed);
    // The only stream of this name.
    let stream = streams.stream(&format!("case {case}")).unwrap_or_else(|taken| unreachable!("{taken}"));
    let draw = &mut Draw(stream);
    let device = host::device(draw);
    let kernel = host::kernel(draw);
    let page_size = kernel.page_size.0;
    let queue = host::queue(draw, page_size, host::longest_request(&device));
    let block_size = draw.of(&[1_024, 2_048, 4_096, 4_096]);
    let files = files::files(draw, block_size);
    let faulty = draw.one_in(4);
    let workload = calls::workload(draw, &files, page_size, faulty);
    let faults = if faulty { faults(draw, &files) } else { Vec::new() };
    let mut pages = if draw.one_in(6) { pages(draw, &files, page_size / block_size) } else { Vec::new() };
    if draw.one_in(8) {
        pages.extend(indirect_blocks(draw, &files));
    }
    Scenario {
        title: format!("case {case} of seed {seed}"),
        device,
        queue,
        kernel,
        filesystem: Filesystem {
            block_size: Some(crate::quantity::Size(block_size)),
            boundary: draw.one_in(2),
            get_block_fills: draw.one_in(25),
            files: Named(files.into_iter().map(|file| (file.path, file.file)).collect()),
            ..Filesystem::default()
        },
        pages,
        faults,
        workload,
        seed: draw.number(0, 1 << 32),
        ..Scenario::default()
    }
}

fn faults(draw: &mut Draw, files: &[DrawnFile]) -> Vec<Fault> {
    (0..draw.number(0, 3)).map(|_| fault(draw, files)).collect()
}

fn fault(draw: &mut Draw, files: &[DrawnFile]) -> Fault {
    if draw.one_in(4) {
        return Fault { bio_allocation: Some(draw.number(1, 6)), ..Fault::default() };
    }
    Fault {
        sector: Some(files::some_sector(draw, files)),
        sectors: Some(draw.number(1, 20)),
        operation: draw.maybe(2, &[Direction::Read, Direction::Read, Direction::Write]),
        times: draw.maybe(2, &[1, 2]),
        ..Fault::default()
    }
}

/// Clean pages that are cached to begin with, in any state of their buffers.
fn pages(draw: &mut Draw, files: &[DrawnFile], blocks_per_page: u64) -> Vec<Pages> {
    let mut entries = Vec::new();
    let mut next = vec![0; files.len()];
    for _ in 0..draw.number(1, 6) {
        let number = usize::try_from(draw.number(0, files.len() as u64 - 1)).unwrap_or(0);
        let file = &files[number];
        let page = next[number] + draw.number(0, 4);
        if page >= file.blocks.div_ceil(blocks_per_page) {
            continue;
        }
        next[number] = page + 1;
        let buffers = draw.one_in(2).then(|| (0..blocks_per_page).map(|_| buffer(draw)).collect());
        entries.push(Pages {
            file: file.path.clone(),
            page: Some(page),
            metadata: None,
            count: None,
            up_to_date: Some(draw.one_in(2)),
            dirty: false,
            buffers,
        });
    }
    entries
}

/// Some of the files' indirect blocks, which are cached to begin with.
fn indirect_blocks(draw: &mut Draw, files: &[DrawnFile]) -> Vec<Pages> {
    let all = files.iter().flat_map(|file| file.indirect.iter().map(|role| (&file.path, role)));
    let drawn = all.filter(|_| draw.one_in(2)).map(|(path, role)| Pages {
        file: path.clone(),
        page: None,
        metadata: Some(role.to_string()),
        count: None,
        up_to_date: None,
        dirty: false,
        buffers: None,
    });
    drawn.collect()
}

fn buffer(draw: &mut Draw) -> Vec<BufferFlag> {
    if draw.one_in(2) { vec![BufferFlag::UpToDate] } else { Vec::new() }
}
