//! The drive: passes commands from stage to stage, and answers as a block device.

use sim_core::io::{Operation, Part, Parts};
use sim_core::time::Time;

use super::back_end::BackEnd;
use super::buffer::{Buffer, Entry};
use super::events::{Event, Events};
use super::firmware::Firmware;
use super::host::Host;
use super::link::Link;
use super::map::StaticMap;
use super::path::Path;
use super::picoseconds::Picoseconds;
use super::slab::Slab;
use super::transaction::{Kind, PagePart, Transaction, page_parts};
use super::{Parameters, WrongParameters};
use crate::device::{BlockDevice, Completion, Limits, Refused, Request, Statistics};
use crate::meter::Meter;

/// What the flash has done, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Pages read for read commands.
    pub host_reads: u64,
    /// Pages read because a part of them was overwritten.
    pub old_page_reads: u64,
    /// Pages of read commands that were still in the controller's buffer.
    pub buffer_reads: u64,
    /// Pages programmed for write commands.
    pub host_programs: u64,
    /// Operations that dies have begun.
    pub die_operations: u64,
}

#[derive(Clone, Copy, Debug)]
struct Command {
    request: Request,
    path: Path,
    /// Pages that have not come to their end.
    pages_left: u32,
}

/// A flash drive.
#[derive(Clone, Debug)]
pub struct SolidState {
    limits: Limits,
    page_sectors: u32,
    unit_sectors: u32,
    fetch: Picoseconds,
    completion: Picoseconds,
    host: Host,
    firmware: Firmware,
    link: Link,
    map: StaticMap,
    buffer: Buffer,
    back_end: BackEnd,
    commands: Slab<Command>,
    events: Events,
    /// Ended, and not yet handed out.
    ended: Vec<Completion>,
    meter: Meter,
    counts: Counts,
}

impl SolidState {
    /// An idle drive; every page counts as written.
    ///
    /// # Errors
    /// [`WrongParameters`], if the parameters make no drive.
    pub fn new(parameters: &Parameters) -> Result<SolidState, WrongParameters> {
        parameters.check()?;
        Ok(SolidState {
            limits: limits(parameters),
            page_sectors: parameters.page_sectors(),
            unit_sectors: parameters.ecc_unit_bytes / 512,
            fetch: Picoseconds::from_nanoseconds(parameters.fetch_ns),
            completion: Picoseconds::from_nanoseconds(parameters.completion_ns),
            host: Host::new(parameters),
            firmware: Firmware::new(parameters),
            link: Link::new(parameters),
            map: StaticMap::new(parameters),
            buffer: Buffer::default(),
            back_end: BackEnd::new(parameters),
            commands: Slab::default(),
            events: Events::default(),
            ended: Vec::new(),
            meter: Meter::default(),
            counts: Counts::default(),
        })
    }

    /// What the flash has done so far.
    pub fn counts(&self) -> Counts {
        // [ssd-reports.counts]
        Counts { die_operations: self.back_end.operations, ..self.counts }
    }

    /// Handles everything inside up to and including the instant `until`.
    fn run(&mut self, until: Picoseconds) {
        while let Some((at, event)) = self.events.next_up_to(until) {
            match event {
                Event::Processed(command) => self.dispatch(command, at),
                Event::DataIn(command) => self.write_pages(command, at),
                Event::Die(die) => {
                    if let Some(transaction) = self.back_end.end(die, at, &mut self.events) {
                        self.page_done(transaction, at);
                        self.back_end.choose(at, &mut self.events);
                    }
                }
                Event::Completed(command) => {
                    self.end(command, at);
                    self.fetch(at);
                }
            }
        }
    }

    /// Fetches commands as long as there is room, and gives them to the firmware.
    fn fetch(&mut self, at: Picoseconds) {
        while let Some(place) = self.host.fetch() {
            let command = self.commands.get_mut(place);
            command.path.step(Part::HostQueue, at);
            // [ssd-host.delays]
            let processed = at + self.fetch + self.firmware.time(&command.request);
            command.path.step(Part::Overhead, processed);
            if processed == at {
                self.dispatch(place, at);
            } else {
                self.events.set(processed, Event::Processed(place));
            }
        }
    }

    /// Sends a command on from the firmware.
    fn dispatch(&mut self, place: u32, at: Picoseconds) {
        let Command { request, path, .. } = *self.commands.get(place);
        match request.operation {
            // [ssd-cache.off-flush] [ssd-deallocate.time]
            Operation::Flush | Operation::Discard => self.complete(place, path, at),
            Operation::Read => self.read_pages(place, at),
            Operation::Write => {
                let parts = page_parts(request.sector, request.sectors, self.page_sectors);
                let inside = self.link.data_in(at, parts.map(|part| part.sectors));
                self.commands.get_mut(place).path.step(Part::Bus, inside);
                self.events.set(inside, Event::DataIn(place));
            }
        }
    }

    fn read_pages(&mut self, place: u32, at: Picoseconds) {
        let request = self.commands.get(place).request;
        let parts = page_parts(request.sector, request.sectors, self.page_sectors);
        // All are counted first: a page from the buffer comes to its end at once.
        self.commands.get_mut(place).pages_left = parts.clone().map(|_| 1).sum();
        for part in parts {
            if self.buffer.holds(part.page) {
                // [ssd-place.buffered]
                self.counts.buffer_reads += 1;
                let path = self.commands.get(place).path;
                self.send_out(place, path, at, part.sectors);
            } else {
                let channel_sectors = part.rounded_out(self.unit_sectors, self.page_sectors);
                let transaction = self.transaction(place, part, Kind::Read, channel_sectors);
                self.counts.host_reads += 1;
                self.back_end.enter(transaction);
            }
        }
        self.back_end.choose(at, &mut self.events);
    }

    fn write_pages(&mut self, place: u32, at: Picoseconds) {
        // [ssd-cache.off]
        let request = self.commands.get(place).request;
        for part in page_parts(request.sector, request.sectors, self.page_sectors) {
            self.commands.get_mut(place).pages_left += 1;
            self.counts.host_programs += 1;
            let whole = part.sectors == self.page_sectors;
            let transaction = self.transaction(place, part, Kind::Program, self.page_sectors);
            match self.buffer.enter(part.page, transaction, whole) {
                Entry::Wait => {}
                Entry::Program => self.back_end.enter(transaction),
                Entry::ReadOld => {
                    self.counts.old_page_reads += 1;
                    self.back_end.transactions.get_mut(transaction).kind = Kind::ReadOld;
                    self.back_end.enter(transaction);
                }
            }
        }
        self.back_end.choose(at, &mut self.events);
    }

    fn transaction(&mut self, command: u32, part: PagePart, kind: Kind, channel_sectors: u32) -> u32 {
        self.back_end.transactions.insert(Transaction {
            command,
            kind,
            page: part.page,
            place: self.map.place(part.page),
            sectors: part.sectors,
            channel_sectors,
            entered: 0,
            next: None,
            path: self.commands.get(command).path,
        })
    }

    /// A die is through with a page.
    fn page_done(&mut self, place: u32, at: Picoseconds) {
        let Transaction { command, kind, page, sectors, path, .. } = *self.back_end.transactions.get(place);
        match kind {
            Kind::Read => {
                self.back_end.transactions.release(place);
                self.send_out(command, path, at, sectors);
            }
            Kind::ReadOld => {
                // [ssd-place.part] [ssd-place.order]
                self.back_end.transactions.get_mut(place).kind = Kind::Program;
                self.back_end.enter(place);
                for waiting in self.buffer.has_read_old(page) {
                    self.back_end.enter(waiting);
                }
            }
            Kind::Program => {
                self.back_end.transactions.release(place);
                self.buffer.programmed(page);
                self.page_ended(command, path, at);
            }
        }
    }

    /// The data of a page go out to the host.
    fn send_out(&mut self, command: u32, mut path: Path, at: Picoseconds, sectors: u32) {
        let out = self.link.data_out(at, sectors);
        path.step(Part::Bus, out);
        self.page_ended(command, path, out);
    }

    /// A page has come to its end at `end`; with the last one the command completes, and the way
    /// of that page is the command's.
    fn page_ended(&mut self, place: u32, path: Path, end: Picoseconds) {
        // [ssd-parts.last]
        let command = self.commands.get_mut(place);
        assert!(command.pages_left > 0, "request {} has too many pages", command.request.id);
        command.pages_left -= 1;
        if command.pages_left == 0 {
            self.complete(place, path, end);
        }
    }

    fn complete(&mut self, place: u32, mut path: Path, end: Picoseconds) {
        // [ssd-host.delays]
        let completed = end + self.completion;
        path.step(Part::Overhead, completed);
        self.commands.get_mut(place).path = path;
        self.events.set(completed, Event::Completed(place));
    }

    fn end(&mut self, place: u32, at: Picoseconds) {
        let Command { request, path, .. } = *self.commands.get(place);
        self.commands.release(place);
        self.host.release(request.submitter);
        let parts: Parts = path.parts();
        // [ssd-cache.off-durable]
        let completion =
            Completion { id: request.id, at: at.outside(), result: Ok(()), parts, durable: true };
        self.meter.completed(&request, &completion);
        self.ended.push(completion);
    }
}

fn limits(parameters: &Parameters) -> Limits {
    // [ssd-host.limits]
    let commands = parameters.queue_pairs.saturating_mul(parameters.queue_depth);
    Limits {
        sectors: parameters.user_pages() * u64::from(parameters.page_sectors()),
        max_sectors: parameters.max_transfer_bytes / 512,
        queue_depth: commands.min(parameters.controller_slots.unwrap_or(u32::MAX)),
        logical_block_size: 512,
        physical_block_size: parameters.page_bytes,
        volatile_write_cache: false,
        fua: true,
        discard_granularity: parameters.page_bytes,
        rotational: false,
    }
}

impl BlockDevice for SolidState {
    fn submit(&mut self, now: Time, request: Request) -> Result<(), Refused> {
        self.limits.check(&request)?;
        // [ssd-time.end]
        let at = Picoseconds::at(now).ok_or(Refused::PastEndOfTime { now })?;
        // What is due at this instant was set earlier, so it comes first.
        self.run(at);
        self.meter.submitted(now);
        let place = self.commands.insert(Command { request, path: Path::from(now), pages_left: 0 });
        self.host.arrive(place, request.submitter);
        self.fetch(at);
        Ok(())
    }

    fn next_event(&mut self) -> Option<Time> {
        // [ssd-time.outside]
        match self.ended.first() {
            Some(completion) => Some(completion.at),
            None => self.events.next_instant().map(Picoseconds::outside),
        }
    }

    fn advance(&mut self, now: Time, done: &mut Vec<Completion>) {
        // [ssd-time.order]
        self.run(Picoseconds::up_to(now));
        done.append(&mut self.ended);
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    fn statistics(&self) -> Statistics {
        self.meter.statistics()
    }

    fn boxed_clone(&self) -> Box<dyn BlockDevice> {
        Box::new(self.clone())
    }
}
