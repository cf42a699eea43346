//! The account of a trace: every I/O asks for blocks that the file has, where it has them; every bio
//! is in requests with all its sectors, once; every request is issued and completes, once, within
//! the queue's limits; times add up.

use std::collections::BTreeMap;
use std::ops::Range;

use sim_core::io::{BioId, FileId, Operation, Parts, Piece, RequestId, Role};
use sim_core::time::Time;
use sim_core::trace::{Event, EventId, What};
use sim_disk::block::SchedulerKind;
use sim_mpage::ext2::block_set::BlockSet;
use sim_mpage::ext2::file_map::FileMap;
use sim_mpage::machine::Machine;

use super::pages::Pages;

/// Sums over the trace.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    /// I/Os that were queued.
    pub(super) ios: u64,
    /// Requests that were issued.
    pub(super) requests: u64,
    /// Those that failed.
    pub(super) failed: u64,
    /// Their sectors.
    pub(super) sectors: u64,
    /// Where their time went.
    pub(super) parts: Parts,
}

struct Bio {
    sectors: Range<u64>,
    pieces: Vec<Piece>,
    /// The length of a segment in sectors.
    segment: u64,
    issued: u64,
    left: u64,
    failed: bool,
}

struct Request {
    at: Time,
    sectors: Range<u64>,
    bios: Vec<BioId>,
}

pub(super) struct Ledger<'m> {
    machine: &'m Machine,
    block_sectors: u64,
    files: Vec<FileMap>,
    pages: Pages,
    bios: BTreeMap<BioId, Bio>,
    requests: BTreeMap<RequestId, Request>,
    in_device: usize,
    last: (Time, EventId),
    sums: Sums,
}

type Wrong = String;

fn ensure(holds: bool, what: &str) -> Result<(), Wrong> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

fn overlap(one: &Range<u64>, other: &Range<u64>) -> Range<u64> {
    one.start.max(other.start)..one.end.min(other.end)
}

impl<'m> Ledger<'m> {
    pub(super) fn new(machine: &'m Machine) -> Result<Ledger<'m>, Wrong> {
        let volume = &machine.volume;
        let map = |file| {
            FileMap::read(&*volume.base, &volume.superblock, file, &mut BlockSet::default())
                .map_err(|error| error.to_string())
        };
        let files = volume.files.iter().map(map).collect::<Result<Vec<_>, _>>()?;
        let indirect = machine.metadata.iter().filter_map(|state| {
            let map = files.get(state.file.0 as usize)?;
            map.indirect.iter().find(|(role, _)| *role == state.role).map(|(_, physical)| *physical)
        });
        Ok(Ledger {
            machine,
            block_sectors: u64::from(volume.block_size / 512),
            pages: Pages::new(machine, indirect),
            files,
            bios: BTreeMap::new(),
            requests: BTreeMap::new(),
            in_device: 0,
            last: (Time::ZERO, EventId::NONE),
            sums: Sums::default(),
        })
    }

    /// Takes the next event.
    pub(super) fn take(&mut self, event: &Event) -> Result<(), Wrong> {
        let (at, id) = self.last;
        ensure(event.at >= at && event.id > id, "time or numbers run backward")?;
        ensure(event.because < event.id, "its cause comes later")?;
        self.last = (event.at, event.id);
        match &event.what {
            What::Queued { bio, operation, sector, sectors, pieces, reason, .. } => {
                ensure(*operation == Operation::Read, "nobody writes")?;
                let segment = match reason {
                    sim_core::io::Reason::FullFolio(_) | sim_core::io::Reason::MetadataRead => {
                        self.block_sectors
                    }
                    _ => u64::from(self.machine.kernel.page_size / 512),
                };
                self.queued(*bio, sector.0..sector.0 + u64::from(*sectors), pieces, segment)
            }
            What::Issued { request, sector, sectors, bios, .. } => {
                self.issued(event.at, *request, sector.0..sector.0 + u64::from(*sectors), bios)
            }
            What::Completed { request, error, parts } => {
                self.completed(event.at, *request, error.is_some(), parts)
            }
            What::Page { file, index, change } => {
                self.pages.change((*file, *index), *change).map_err(str::to_owned)
            }
            What::Buffer { physical, change } => {
                self.pages.change_buffer(*physical, *change).map_err(str::to_owned)
            }
            _ => Ok(()),
        }
    }

    fn queued(
        &mut self,
        bio: BioId,
        sectors: Range<u64>,
        pieces: &[Piece],
        segment: u64,
    ) -> Result<(), Wrong> {
        self.sums.ios += 1;
        let mut at = sectors.start;
        for piece in pieces {
            ensure(piece.physical * self.block_sectors == at, "its blocks do not follow each other")?;
            at += u64::from(piece.blocks) * self.block_sectors;
            for offset in 0..u64::from(piece.blocks) {
                let (file, block) = self.place(piece, offset)?;
                self.pages.begin(file, block).map_err(|what| format!("block {block}: {what}"))?;
            }
        }
        ensure(at == sectors.end && !sectors.is_empty(), "its blocks are not its sectors")?;
        let left = sectors.end - sectors.start;
        let pieces = pieces.to_vec();
        let known = self.bios.insert(bio, Bio { sectors, pieces, segment, issued: 0, left, failed: false });
        ensure(known.is_none(), "a bio of this number is on its way")
    }

    /// Where a block of a piece is cached: the file and its block, or the device and its block.
    fn place(&self, piece: &Piece, offset: u64) -> Result<(Option<FileId>, u64), Wrong> {
        let file = piece.file.ok_or("blocks of no file")?;
        let map = self.files.get(file.0 as usize).ok_or("no such file")?;
        let physical = piece.physical + offset;
        if piece.role != Role::Data {
            let has = map.indirect.contains(&(piece.role, physical));
            ensure(has, "the file has no such indirect block there")?;
            return Ok((None, physical));
        }
        let logical = piece.logical + offset;
        let has = map.runs.iter().any(|run| {
            (run.logical..run.logical + run.blocks).contains(&logical)
                && run.physical + (logical - run.logical) == physical
        });
        ensure(has, "the file has no such block there")?;
        let size = self.machine.volume.files[file.0 as usize].size;
        let blocks = size.div_ceil(u64::from(self.machine.volume.block_size));
        ensure(logical < blocks, "beyond the end of the file")?;
        Ok((Some(file), logical))
    }

    fn issued(&mut self, at: Time, id: RequestId, sectors: Range<u64>, bios: &[BioId]) -> Result<(), Wrong> {
        let queue = &self.machine.queue;
        self.sums.requests += 1;
        self.sums.sectors += sectors.end - sectors.start;
        let (mut cursor, mut segments) = (sectors.start, 0);
        for bio in bios {
            let bio = self.bios.get_mut(bio).ok_or("a bio that is not on its way")?;
            let part = overlap(&bio.sectors, &sectors);
            ensure(part.start == cursor && !part.is_empty(), "its bios do not follow each other")?;
            cursor = part.end;
            bio.issued += part.end - part.start;
            ensure(bio.issued <= bio.sectors.end - bio.sectors.start, "a bio is issued twice")?;
            let (first, last) = (part.start - bio.sectors.start, part.end - 1 - bio.sectors.start);
            segments += last / bio.segment - first / bio.segment + 1;
        }
        ensure(cursor == sectors.end, "its bios are shorter than it is")?;
        ensure(
            sectors.end - sectors.start <= u64::from(queue.max_sectors_kb) * 2,
            "longer than max_sectors_kb",
        )?;
        ensure(segments <= u64::from(queue.max_segments), "more than max_segments")?;
        self.in_device += 1;
        let tags = match queue.scheduler {
            SchedulerKind::None => queue.queue_depth.min(queue.nr_requests),
            SchedulerKind::MqDeadline => queue.queue_depth,
        };
        ensure(self.in_device <= tags as usize, "more in the device than there are tags")?;
        let known = self.requests.insert(id, Request { at, sectors, bios: bios.to_vec() });
        ensure(known.is_none(), "a request of this number is in the device")
    }

    fn completed(&mut self, at: Time, id: RequestId, failed: bool, parts: &Parts) -> Result<(), Wrong> {
        let request = self.requests.remove(&id).ok_or("no such request is in the device")?;
        self.in_device -= 1;
        self.sums.failed += u64::from(failed);
        self.sums.parts.add_all(parts);
        ensure(parts.total() == at - request.at, "the parts of its time do not add up")?;
        for id in request.bios {
            let bio = self.bios.get_mut(&id).ok_or("a bio that is not on its way")?;
            let part = overlap(&bio.sectors, &request.sectors);
            bio.left -= part.end - part.start;
            bio.failed |= failed;
            if bio.left == 0
                && let Some(bio) = self.bios.remove(&id)
            {
                self.ended(&bio)?;
            }
        }
        Ok(())
    }

    fn ended(&mut self, bio: &Bio) -> Result<(), Wrong> {
        for piece in &bio.pieces {
            for offset in 0..u64::from(piece.blocks) {
                let (file, block) = self.place(piece, offset)?;
                self.pages.end(file, block, bio.failed).map_err(|what| format!("block {block}: {what}"))?;
            }
        }
        Ok(())
    }

    /// The trace has ended.
    pub(super) fn finish(self) -> Result<Sums, Wrong> {
        ensure(self.bios.is_empty(), "a bio has not ended")?;
        ensure(self.requests.is_empty(), "a request has not completed")?;
        Ok(self.sums)
    }
}

#[cfg(test)]
mod tests {
    use sim_core::io::{Part, Sector};
    use sim_core::time::Duration;
    use sim_core::trace::{Memory, PageChange};

    use super::super::tests::machine;
    use super::*;

    fn account(machine: &Machine, events: &[Event]) -> Result<Sums, Wrong> {
        let mut ledger = Ledger::new(machine)?;
        events.iter().try_for_each(|event| ledger.take(event))?;
        ledger.finish()
    }

    /// The place of the first event that `is` asked for.
    fn first(events: &[Event], is: fn(&What) -> bool) -> usize {
        events.iter().position(|event| is(&event.what)).unwrap()
    }

    fn is_queued(what: &What) -> bool {
        matches!(what, What::Queued { .. })
    }

    fn is_issued(what: &What) -> bool {
        matches!(what, What::Issued { .. })
    }

    fn is_completed(what: &What) -> bool {
        matches!(what, What::Completed { .. })
    }

    /// Leaves an event out.
    fn without(is: fn(&What) -> bool) -> impl Fn(&mut Vec<Event>) {
        move |events| drop(events.remove(first(events, is)))
    }

    /// Tells an event twice.
    fn again(is: fn(&What) -> bool) -> impl Fn(&mut Vec<Event>) {
        move |events| {
            let event = events[first(events, is)].clone();
            let last = events.last().unwrap();
            events.push(Event { at: last.at, id: EventId(last.id.0 + 1), ..event });
        }
    }

    fn changed(is: fn(&What) -> bool, change: fn(&mut What)) -> impl Fn(&mut Vec<Event>) {
        move |events| {
            let place = first(events, is);
            change(&mut events[place].what);
        }
    }

    #[test]
    fn whatever_is_changed_in_a_trace_is_found() {
        let machine = machine(&["open f /f r", "read f 64KiB"]);
        let mut memory = Memory { details: true, ..Memory::default() };
        sim_mpage::run::run(machine.clone(), &mut memory).unwrap();
        let sums = account(&machine, &memory.events).unwrap();
        assert_eq!((sums.ios, sums.sectors, sums.failed), (3, 17 * 8, 0));
        type Change = Box<dyn Fn(&mut Vec<Event>)>;
        let changes: [Change; 13] = [
            Box::new(without(is_queued)),
            Box::new(without(is_issued)),
            Box::new(without(is_completed)),
            Box::new(without(|what| {
                matches!(what, What::Page { file: Some(_), change: PageChange::Added, .. })
            })),
            Box::new(again(is_queued)),
            Box::new(again(is_issued)),
            Box::new(again(is_completed)),
            Box::new(changed(is_queued, |what| {
                if let What::Queued { sector, .. } = what {
                    *sector = Sector(sector.0 + 8);
                }
            })),
            Box::new(changed(is_queued, |what| {
                if let What::Queued { pieces, .. } = what {
                    pieces[0].logical += 1;
                }
            })),
            Box::new(changed(is_queued, |what| {
                if let What::Queued { operation, .. } = what {
                    *operation = Operation::Write;
                }
            })),
            Box::new(changed(is_issued, |what| {
                if let What::Issued { sectors, .. } = what {
                    *sectors -= 1;
                }
            })),
            Box::new(changed(is_issued, |what| {
                if let What::Issued { bios, .. } = what {
                    bios.reverse();
                    bios.push(BioId(77));
                }
            })),
            Box::new(changed(is_completed, |what| {
                if let What::Completed { parts, .. } = what {
                    parts.add(Part::Bus, Duration::from_nanoseconds(1));
                }
            })),
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut events = memory.events.clone();
            change(&mut events);
            assert!(account(&machine, &events).is_err(), "change {number}");
        }
    }

    #[test]
    fn requests_beyond_the_queues_limits_are_found() {
        let machine = machine(&["open f /f r", "read f 64KiB"]);
        let mut memory = Memory { details: true, ..Memory::default() };
        sim_mpage::run::run(machine.clone(), &mut memory).unwrap();
        let changes: [fn(&mut Machine); 3] = [
            |machine| machine.queue.max_sectors_kb = 47,
            |machine| machine.queue.max_segments = 11,
            |machine| machine.queue.queue_depth = 0,
        ];
        for change in changes {
            let mut narrow = machine.clone();
            change(&mut narrow);
            assert!(account(&narrow, &memory.events).is_err());
        }
    }
}
