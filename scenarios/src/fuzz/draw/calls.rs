//! Sequences of calls.

use crate::quantity::TimeSpan;
use crate::scenario::named::Named;
use crate::scenario::workload::{Task, Workload};

use super::Draw;
use super::files::{DrawnFile, some_sector};

/// One process, or up to three.
pub(super) fn workload(draw: &mut Draw, files: &[DrawnFile], page_size: u64, faulty: bool) -> Workload {
    let tasks = draw.of(&[1, 1, 2, 3]);
    let task = |draw: &mut Draw| Task {
        pid: None,
        start: TimeSpan::from_nanoseconds(draw.of(&[0, 0, 0, 1, 100_000, 3_000_000])),
        calls: Process { draw, files, page_size, faulty, open: Vec::new() }.calls(),
    };
    let tasks = ["one", "two", "three"].into_iter().take(tasks);
    Workload { calls: None, tasks: Named(tasks.map(|name| (name.to_owned(), task(draw))).collect()) }
}

/// An open handle: its word, its file, and how many bytes of it are mapped.
struct Open {
    handle: &'static str,
    file: usize,
    mapped: Option<u64>,
}

struct Process<'d> {
    draw: &'d mut Draw,
    files: &'d [DrawnFile],
    page_size: u64,
    faulty: bool,
    open: Vec<Open>,
}

impl Process<'_> {
    fn calls(mut self) -> Vec<String> {
        let count = self.draw.of(&[1, 2, 4, 8, 14]);
        let mut calls = vec![self.open_one("a")];
        for _ in 0..count {
            calls.push(self.call());
        }
        calls
    }

    fn open_one(&mut self, handle: &'static str) -> String {
        let file = usize::try_from(self.draw.number(0, self.files.len() as u64 - 1)).unwrap_or(0);
        self.open.push(Open { handle, file, mapped: None });
        format!("open {handle} {} {}", self.files[file].path, self.draw.of(&["r", "w"]))
    }

    fn call(&mut self) -> String {
        let free = ["a", "b", "c"].into_iter().find(|name| self.open.iter().all(|open| open.handle != *name));
        if let Some(handle) = free
            && (self.open.is_empty() || self.draw.one_in(10))
        {
            return self.open_one(handle);
        }
        let chosen = usize::try_from(self.draw.number(0, self.open.len() as u64 - 1)).unwrap_or(0);
        let Open { handle, file, mapped } = self.open[chosen];
        if let Some(bytes) = mapped
            && self.draw.one_in(2)
        {
            return format!("mread {handle} {}", self.within_mapping(file, bytes));
        }
        match self.draw.number(0, 23) {
            0..6 => format!("read {handle} {}", self.length(file)),
            6..11 => self.ranged("pread", handle, file, ""),
            11..14 => self.ranged("readahead", handle, file, ""),
            14..17 => {
                let advice = self.draw.of(&[" normal", " random", " sequential", " willneed"]);
                self.ranged("fadvise", handle, file, advice)
            }
            17..19 => self.map(chosen, handle, file),
            19 => "drop".to_owned(),
            20 => {
                self.open.remove(chosen);
                format!("close {handle}")
            }
            21 if self.faulty => match self.draw.one_in(3) {
                true => "heal".to_owned(),
                false => {
                    let sector = some_sector(self.draw, self.files);
                    format!("fail {sector} {}", self.draw.number(1, 30))
                }
            },
            22 if self.draw.one_in(3) => format!("writeback {}", self.files[file].path),
            _ => format!("sleep {}", self.draw.of(&["1ns", "20us", "1ms", "30ms"])),
        }
    }

    fn map(&mut self, chosen: usize, handle: &str, file: usize) -> String {
        let bytes = match self.draw.one_in(3) {
            true => self.draw.number(1, self.files[file].size + self.page_size),
            false => self.files[file].size.max(1),
        };
        self.open[chosen].mapped = Some(bytes);
        let advice = self.draw.of(&["", "", " normal", " random", " sequential"]);
        format!("mmap {handle} {bytes} r{advice}")
    }

    fn ranged(&mut self, call: &str, handle: &str, file: usize, more: &str) -> String {
        let offset = self.offset(file);
        let length = self.length(file);
        format!("{call} {handle} {offset} {length}{more}")
    }

    /// Near the start of a run of data, at the start or near the end of the file, or anywhere.
    fn offset(&mut self, file: usize) -> u64 {
        let DrawnFile { size, block_size, starts, .. } = &self.files[file];
        let near = match self.draw.number(0, 5) {
            0 => 0,
            1 => size.saturating_sub(self.draw.number(0, 2 * self.page_size)),
            2 => self.draw.number(0, *size),
            _ => {
                let start = self.draw.of(starts) * block_size;
                (start + self.draw.number(0, 40) * self.page_size)
                    .saturating_sub(self.draw.number(0, 2) * self.page_size)
            }
        };
        let unaligned = if self.draw.one_in(3) { self.draw.number(0, self.page_size) } else { 0 };
        near + unaligned
    }

    fn within_mapping(&mut self, file: usize, bytes: u64) -> u64 {
        let offset = self.offset(file);
        if self.draw.one_in(8) { offset } else { offset.min(bytes - 1) }
    }

    fn length(&mut self, file: usize) -> u64 {
        let page = self.page_size;
        match self.draw.number(0, 7) {
            0 => self.draw.of(&[0, 1, 511, 512]),
            1 => self.files[file].size.min(1 << 20),
            2 => self.draw.number(1, 40 * page),
            3 | 4 => 32 * page,
            _ => page * self.draw.number(1, 8),
        }
    }
}
