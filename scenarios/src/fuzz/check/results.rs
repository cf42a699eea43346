//! What calls return, told from the files' sizes alone.

use std::collections::BTreeMap;

use sim_mpage::call::{Call, Handle};
use sim_mpage::errno::{Errno, SIGBUS};
use sim_mpage::machine::Machine;

#[derive(Clone, Copy)]
struct Open {
    size: u64,
    position: u64,
    /// How many pages are mapped.
    mapped: u64,
}

/// Whether every call of every task returned what it must; `errors`: whether a request failed.
pub(super) fn check(machine: &Machine, results: &[Vec<i64>], errors: bool) -> Result<(), String> {
    if results.len() != machine.tasks.len() {
        return Err(format!("{} tasks, results of {}", machine.tasks.len(), results.len()));
    }
    for (task, results) in machine.tasks.iter().zip(results) {
        if results.len() != task.calls.len() {
            return Err(format!("{}: {} calls, {} results", task.name, task.calls.len(), results.len()));
        }
        let page_size = u64::from(machine.kernel.page_size);
        let mut reader = Reader { machine, page_size, errors, open: BTreeMap::new() };
        for (number, (timed, &result)) in task.calls.iter().zip(results).enumerate() {
            reader.call(timed.call, result).map_err(|expected| {
                format!("{}: call {number}, {:?}, returned {result}, not {expected}", task.name, timed.call)
            })?;
        }
    }
    Ok(())
}

struct Reader<'m> {
    machine: &'m Machine,
    page_size: u64,
    errors: bool,
    open: BTreeMap<Handle, Open>,
}

impl Reader<'_> {
    /// Takes a call and its result; else what was expected.
    fn call(&mut self, call: Call, result: i64) -> Result<(), String> {
        match call {
            Call::Open { handle, file, .. } => {
                let size = self.machine.volume.files[file.0 as usize].size;
                self.open.insert(handle, Open { size, position: 0, mapped: 0 });
                zero(result)
            }
            Call::Close { handle } => {
                self.open.remove(&handle);
                zero(result)
            }
            Call::Mmap { handle, length, .. } => {
                if let Some(open) = self.open.get_mut(&handle) {
                    open.mapped = length.div_ceil(self.page_size);
                }
                zero(result)
            }
            Call::Read { handle, length } => {
                let Some(open) = self.open.get(&handle).copied() else { return Err("a handle".to_owned()) };
                self.count(open.position, length, open.size, result)?;
                let read = u64::try_from(result).unwrap_or(0);
                self.open.insert(handle, Open { position: open.position + read, ..open });
                Ok(())
            }
            Call::Pread { handle, offset, length } => match self.open.get(&handle) {
                Some(open) => self.count(offset, length, open.size, result),
                None => Err("a handle".to_owned()),
            },
            Call::Mread { handle, offset } => match self.open.get(&handle) {
                Some(open) => self.byte(*open, offset, result),
                None => Err("a handle".to_owned()),
            },
            _ => zero(result),
        }
    }

    /// All that there is; with errors less of it, up to the page that cannot be read, or none.
    fn count(&self, offset: u64, length: u64, size: u64, result: i64) -> Result<(), String> {
        let there = length.min(size.saturating_sub(offset));
        match u64::try_from(result) {
            Ok(read) if read == there => Ok(()),
            Ok(read)
                if self.errors
                    && 0 < read
                    && read < there
                    && (offset + read).is_multiple_of(self.page_size) =>
            {
                Ok(())
            }
            Err(_) if self.errors && there > 0 && result == Errno::Io.code() => Ok(()),
            _ => Err(there.to_string()),
        }
    }

    fn byte(&self, open: Open, offset: u64, result: i64) -> Result<(), String> {
        let pages = open.size.div_ceil(self.page_size).min(open.mapped);
        match (offset / self.page_size < pages, result) {
            (true, 0) | (false, SIGBUS) => Ok(()),
            (true, SIGBUS) if self.errors => Ok(()),
            (true, _) => Err("0".to_owned()),
            (false, _) => Err("SIGBUS".to_owned()),
        }
    }
}

fn zero(result: i64) -> Result<(), String> {
    if result == 0 { Ok(()) } else { Err("0".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::machine;
    use super::*;

    #[test]
    fn results_follow_from_the_sizes_of_files() {
        let machine = machine(&[
            "open f /f r",
            "read f 60KiB",
            "read f 60KiB",
            "pread f 70000 1",
            "mmap f 64KiB r",
            "mread f 65535",
            "mread f 65536",
            "close f",
        ]);
        let right = [0, 61_440, 4_096, 0, 0, 0, SIGBUS, 0];
        let with = |place: usize, result: i64, errors| {
            let mut results = right;
            results[place] = result;
            check(&machine, &[results.to_vec()], errors).is_ok()
        };
        assert!(with(0, 0, false));
        for (place, wrong) in
            [(0, -2), (1, 61_439), (1, -5), (2, 61_440), (3, 1), (5, SIGBUS), (6, 0), (7, -9)]
        {
            assert!(!with(place, wrong, false), "call {place} returns {wrong}");
        }
        // With errors a read ends where a page does, or has none of its first one.
        for (place, result, possible) in
            [(2, -5, true), (2, 4_095, false), (3, -5, false), (5, SIGBUS, true), (6, 0, false)]
        {
            assert_eq!(with(place, result, true), possible, "call {place} returns {result}");
        }
        assert!(check(&machine, &[right[1..].to_vec()], false).is_err());
        assert!(check(&machine, &[], false).is_err());
    }
}
