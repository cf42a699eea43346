//! The readahead windows of a run, each with the bios that were sent for it.

use std::collections::BTreeMap;

use sim_core::io::FileId;
use sim_core::task::TaskId;
use sim_core::trace::{Event, EventId, ReadaheadRule, Sink, What};

/// A window of readahead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// When it was decided, in nanoseconds since recording started.
    pub at_ns: u64,
    /// The file.
    pub file: FileId,
    /// The rule that chose it.
    pub rule: ReadaheadRule,
    /// Its first page.
    pub start: u64,
    /// How many pages.
    pub size: u64,
    /// The page that carries the mark.
    pub mark: Option<u64>,
    /// The bios that were sent for it, in the order in which all bios were queued.
    pub bios: Vec<usize>,
}

/// Collects the windows of a run.
#[derive(Clone, Debug, Default)]
pub struct Windows {
    windows: Vec<Window>,
    /// Which window the events of calls that have not returned belong to.
    causes: BTreeMap<EventId, (TaskId, usize)>,
    bios: usize,
}

impl Windows {
    /// The windows in the order in which they were decided.
    pub fn finish(self) -> Vec<Window> {
        self.windows
    }

    fn window_of(&self, event: &Event) -> Option<usize> {
        self.causes.get(&event.because).map(|&(_, window)| window)
    }
}

impl Sink for Windows {
    fn record(&mut self, event: &Event) {
        match event.what {
            What::Readahead { file, rule, start, size, async_size } => {
                self.causes.insert(event.id, (event.task, self.windows.len()));
                let end = start.saturating_add(size);
                let mark = (1..=size).contains(&async_size).then(|| end - async_size);
                let at_ns = event.at.nanoseconds();
                self.windows.push(Window { at_ns, file, rule, start, size, mark, bios: Vec::new() });
            }
            What::Mapped { .. } => {
                if let Some(window) = self.window_of(event) {
                    self.causes.insert(event.id, (event.task, window));
                }
            }
            What::Queued { .. } => {
                if let Some(window) = self.window_of(event) {
                    self.windows[window].bios.push(self.bios);
                }
                self.bios += 1;
            }
            What::Returned { .. } => self.causes.retain(|_, (task, _)| *task != event.task),
            _ => {}
        }
    }
}
