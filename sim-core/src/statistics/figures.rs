//! The accumulator: figures of a run from its events, one at a time.
//!
//! It follows what is in flight and keeps nothing of what has ended: a bio is known from its
//! queueing until all its sectors have completed, a request from issue to completion. A bio that a
//! flush precedes or follows ends here with its data, the sequence's last flush not included.

use std::collections::BTreeMap;

use super::{Percentiles, Summary};
use crate::io::{BioId, Extent, Operation, Parts, RequestId, Sector};
use crate::time::Time;
use crate::trace::{Event, Sink, What};

#[derive(Clone, Copy, Debug)]
struct Bio {
    queued: Time,
    extent: Extent,
    /// Sectors that have not completed yet.
    left: u32,
}

#[derive(Clone, Debug)]
struct Request {
    issued: Time,
    operation: Operation,
    extent: Extent,
    bios: Vec<BioId>,
}

/// The figures of a run that goes on.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    counts: Summary,
    latency: Percentiles,
    read: Percentiles,
    write: Percentiles,
    queued: Percentiles,
    bios: BTreeMap<BioId, Bio>,
    requests: BTreeMap<RequestId, Request>,
    /// The end of the last request that had sectors.
    last_end: Option<Sector>,
}

fn count(counter: &mut u64, by: u64) {
    *counter = counter.saturating_add(by);
}

impl Figures {
    /// Nothing has happened yet.
    pub fn new() -> Figures {
        Figures::default()
    }

    /// Takes the next event of the run. Events that say nothing about I/O, and those about bios and
    /// requests whose beginning was not seen, change nothing.
    pub fn observe(&mut self, event: &Event) {
        match &event.what {
            What::Queued { bio, sector, sectors, .. } => {
                count(&mut self.counts.ios, 1);
                let extent = Extent { start: *sector, sectors: *sectors };
                self.bios.insert(*bio, Bio { queued: event.at, extent, left: *sectors });
            }
            What::Issued { request, operation, sector, sectors, bios, .. } => {
                let extent = Extent { start: *sector, sectors: *sectors };
                self.issued(extent);
                let (issued, operation, bios) = (event.at, *operation, bios.clone());
                self.requests.insert(*request, Request { issued, operation, extent, bios });
            }
            What::Completed { request, error, parts } => {
                count(&mut self.counts.failed_requests, u64::from(error.is_some()));
                if let Some(request) = self.requests.remove(request) {
                    self.completed(event.at, &request, parts);
                }
            }
            _ => {}
        }
    }

    fn issued(&mut self, extent: Extent) {
        let counts = &mut self.counts;
        count(&mut counts.requests, 1);
        count(&mut counts.bytes, u64::from(extent.sectors) * crate::io::SECTOR_BYTES);
        if extent.sectors == 0 {
            return;
        }
        if let Some(end) = self.last_end.replace(extent.end())
            && end != extent.start
        {
            count(&mut counts.seeks, 1);
            count(&mut counts.seek_distance_sectors, end.0.abs_diff(extent.start.0));
            count(&mut counts.backward_steps, u64::from(extent.start < end));
        }
    }

    fn completed(&mut self, at: Time, request: &Request, parts: &Parts) {
        self.counts.parts.add_all(parts);
        let latency = elapsed(request.issued, at);
        self.latency.record(latency);
        match request.operation {
            Operation::Read => self.read.record(latency),
            Operation::Write => self.write.record(latency),
            Operation::Flush | Operation::Discard => {}
        }
        for id in &request.bios {
            let Some(bio) = self.bios.get_mut(id) else {
                continue;
            };
            let done = bio.extent.overlap(request.extent).map_or(0, |part| part.sectors);
            bio.left = bio.left.saturating_sub(done);
            if bio.left == 0 {
                self.queued.record(elapsed(bio.queued, at));
                self.bios.remove(id);
            }
        }
    }

    /// Says when the run ended.
    pub fn finish(&mut self, simulated_time: Time) {
        self.counts.simulated_time_ns = simulated_time.nanoseconds();
    }

    /// The figures so far.
    pub fn summary(&self) -> Summary {
        Summary {
            latency: self.latency.latency(),
            read: self.read.latency(),
            write: self.write.latency(),
            queued: self.queued.latency(),
            ..self.counts
        }
    }
}

/// Nanoseconds from `start` to `end`; none if a foreign trace has them the wrong way round.
fn elapsed(start: Time, end: Time) -> u64 {
    end.since(start).map_or(0, |duration| duration.nanoseconds())
}

impl Sink for Figures {
    fn record(&mut self, event: &Event) {
        self.observe(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::{Flags, IoError, Part, Reason};
    use crate::task::TaskId;
    use crate::time::Duration;
    use crate::trace::EventId;

    struct Run(Figures);

    impl Run {
        fn tell(&mut self, at: u64, what: What) {
            let (id, at) = (EventId(1), Time::from_nanoseconds(at));
            self.0.observe(&Event { at, id, because: EventId::NONE, task: TaskId(0), what });
        }

        fn queue(&mut self, at: u64, bio: u64, sector: u64, sectors: u32) {
            let (operation, flags, reason) = (Operation::Read, Flags::NONE, Reason::EndOfRequest);
            let (bio, sector, pieces) = (BioId(bio), Sector(sector), Vec::new());
            self.tell(at, What::Queued { bio, operation, flags, sector, sectors, pieces, reason });
        }

        fn issue(&mut self, at: u64, request: u64, operation: Operation, sectors: (u64, u32), bios: &[u64]) {
            let (request, flags, (sector, sectors)) = (RequestId(request), Flags::NONE, sectors);
            let (sector, bios) = (Sector(sector), bios.iter().copied().map(BioId).collect());
            self.tell(at, What::Issued { request, operation, flags, sector, sectors, bios });
        }

        fn complete(&mut self, at: u64, request: u64, error: Option<IoError>) {
            let mut parts = Box::<Parts>::default();
            parts.add(Part::Rotation, Duration::from_nanoseconds(10));
            self.tell(at, What::Completed { request: RequestId(request), error, parts });
        }

        fn is_empty(&self) -> bool {
            self.0.bios.is_empty() && self.0.requests.is_empty()
        }
    }

    #[test]
    fn seeks_are_counted_between_requests_in_order_of_issue() {
        let mut run = Run(Figures::new());
        for (request, (operation, sectors)) in (0..).zip([
            (Operation::Read, (1000, 8)),
            (Operation::Read, (1008, 8)),
            (Operation::Flush, (0, 0)),
            (Operation::Write, (1016, 8)),
            (Operation::Write, (2024, 8)),
            (Operation::Read, (2031, 1)),
        ]) {
            run.issue(0, request, operation, sectors, &[]);
        }
        let summary = run.0.summary();
        assert_eq!((summary.requests, summary.bytes), (6, 33 * 512));
        assert_eq!((summary.seeks, summary.seek_distance_sectors), (2, 1000 + 1));
        assert_eq!(summary.backward_steps, 1);
    }

    #[test]
    fn latencies_are_kept_apart_by_operation() {
        let mut run = Run(Figures::new());
        run.issue(100, 1, Operation::Read, (0, 8), &[]);
        run.issue(100, 2, Operation::Write, (0, 8), &[]);
        run.issue(100, 3, Operation::Flush, (0, 0), &[]);
        run.complete(110, 1, None);
        run.complete(120, 2, Some(IoError::Medium));
        run.complete(160, 3, None);
        run.0.finish(Time::from_nanoseconds(170));
        let summary = run.0.summary();
        assert_eq!((summary.latency.count, summary.latency.mean_ns, summary.latency.max_ns), (3, 30, 60));
        assert_eq!((summary.read.count, summary.read.max_ns), (1, 10));
        assert_eq!((summary.write.count, summary.write.max_ns), (1, 20));
        assert_eq!((summary.failed_requests, summary.simulated_time_ns), (1, 170));
        assert_eq!(summary.parts.get(Part::Rotation).nanoseconds(), 30);
    }

    #[test]
    fn a_split_bio_ends_with_its_last_part() {
        let mut run = Run(Figures::new());
        run.queue(0, 1, 0, 24);
        run.queue(5, 2, 24, 8);
        run.issue(10, 1, Operation::Read, (0, 16), &[1]);
        run.issue(10, 2, Operation::Read, (16, 16), &[1, 2]);
        run.complete(50, 2, None);
        let queued = run.0.summary().queued;
        assert_eq!((queued.count, queued.max_ns), (1, 45));
        run.complete(80, 1, None);
        let queued = run.0.summary().queued;
        assert_eq!((queued.count, queued.max_ns), (2, 80));
        assert_eq!(run.0.summary().ios, 2);
        assert!(run.is_empty());
    }

    #[test]
    fn an_empty_bio_ends_with_its_flush() {
        let mut run = Run(Figures::new());
        run.queue(0, 1, 0, 0);
        run.issue(10, 1, Operation::Flush, (0, 0), &[1]);
        run.complete(50, 1, None);
        assert_eq!(run.0.summary().queued.max_ns, 50);
        assert!(run.is_empty());
    }

    #[test]
    fn a_trace_that_begins_in_the_middle_is_taken_as_it_comes() {
        let mut run = Run(Figures::new());
        run.complete(50, 1, Some(IoError::Medium));
        run.issue(60, 2, Operation::Read, (u64::MAX, u32::MAX), &[7]);
        run.complete(40, 2, None);
        let summary = run.0.summary();
        assert_eq!((summary.failed_requests, summary.latency.count, summary.latency.max_ns), (1, 1, 0));
        assert!(run.is_empty());
    }
}
