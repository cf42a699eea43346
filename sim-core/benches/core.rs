//! How fast the ground floor is: events, task switches, and an event with all that goes with it.
//!
//! Each figure is the time of one operation. The queue runs the *hold* model (Vaucher and Duval,
//! "A Comparison of Simulation Event List Algorithms", 1975): take the next event and schedule its
//! successor at a random distance, with the number of pending events held. Beside it runs what one
//! would write without thinking: the standard heap over tuples with the payload inside.

#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use sim_core::digest::Digest;
use sim_core::queue::EventQueue;
use sim_core::random::{Stream, Streams};
use sim_core::task::{Class, Executor, Precedence, Ran, Tasks};
use sim_core::time::{Duration, Time};

const PENDING: [u64; 4] = [10, 1_000, 100_000, 1_000_000];

/// The mean distance from an event to its successor in nanoseconds.
const DISTANCE: u64 = 1_000_000;

/// As large as what a run's events carry.
type Payload = [u64; 3];

fn stream() -> Stream {
    Streams::new(1).stream("bench").unwrap_or_else(|taken| unreachable!("{taken}"))
}

/// Distances drawn beforehand, so that drawing them is not measured.
struct Distances {
    drawn: Vec<u64>,
    next: usize,
}

impl Distances {
    fn new() -> Distances {
        let mut stream = stream();
        Distances { drawn: (0..1 << 12).map(|_| stream.below(2 * DISTANCE)).collect(), next: 0 }
    }

    fn next(&mut self) -> Duration {
        self.next = (self.next + 1) % self.drawn.len();
        Duration::from_nanoseconds(self.drawn[self.next])
    }
}

fn filled_queue(pending: u64) -> EventQueue<Payload> {
    let mut queue = EventQueue::new();
    let mut stream = stream();
    for number in 0..pending {
        let at = Time::from_nanoseconds(stream.below(2 * DISTANCE));
        let full = queue.schedule(at, [number; 3]);
        assert_eq!(full, Ok(()), "{pending} events fit");
    }
    queue
}

fn hold(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hold");
    for pending in PENDING {
        group.bench_function(BenchmarkId::new("event_queue", pending), |bencher| {
            let (mut queue, mut distances) = (filled_queue(pending), Distances::new());
            bencher.iter(|| {
                if let Some((at, payload)) = queue.next() {
                    black_box(queue.schedule(at + distances.next(), black_box(payload)).is_ok());
                }
            });
        });
        group.bench_function(BenchmarkId::new("heap_of_tuples", pending), |bencher| {
            let (mut heap, mut distances) = (BinaryHeap::new(), Distances::new());
            let mut sequence = 0_u64;
            let mut queue = filled_queue(pending);
            while let Some((at, payload)) = queue.next() {
                heap.push(Reverse((at, sequence, payload)));
                sequence += 1;
            }
            bencher.iter(|| {
                if let Some(Reverse((at, _, payload))) = heap.pop() {
                    heap.push(Reverse((at + distances.next(), sequence, black_box(payload))));
                    sequence += 1;
                }
            });
        });
    }
    group.finish();
}

/// Tasks in a ring: each wakes the next one and sleeps.
fn switches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("switch");
    for count in [2_usize, 8] {
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            let tasks = Tasks::<u32>::new(Precedence::default());
            let ring: Vec<_> = (0..count).map(|_| tasks.add("task", Class::Process)).collect();
            let mut executor = Executor::new();
            let tasks = &tasks;
            for (number, &id) in ring.iter().enumerate() {
                let next = ring[(number + 1) % count];
                executor.start(id, async move {
                    loop {
                        tasks.prepare_to_sleep();
                        tasks.wake(next);
                        tasks.sleep(0).await;
                    }
                });
            }
            // Afterwards all but one sleep.
            for _ in 0..count {
                executor.run_one(tasks);
            }
            bencher.iter(|| {
                let ran = executor.run_one(tasks);
                assert!(ran != Ran::Nothing, "the ring stands still");
            });
        });
    }
    group.finish();
}

/// An event with what goes with it: the clock moves, a distance is drawn, the digest is folded.
fn events(criterion: &mut Criterion) {
    criterion.bench_function("event with clock, draw and digest/1000", |bencher| {
        let (mut queue, mut stream, mut digest) = (filled_queue(1_000), stream(), Digest::new());
        let mut clock = Time::ZERO;
        bencher.iter(|| {
            if let Some((at, payload)) = queue.next() {
                assert!(at >= clock, "time runs backwards");
                clock = at;
                digest.word(at.nanoseconds());
                digest.word(payload[0]);
                let distance = Duration::from_nanoseconds(stream.below(2 * DISTANCE));
                black_box(queue.schedule(clock + distance, payload).is_ok());
            }
        });
        black_box(digest.value());
    });
    criterion.bench_function("draw", |bencher| {
        let mut stream = stream();
        bencher.iter(|| stream.below(black_box(2 * DISTANCE)));
    });
    criterion.bench_function("digest/word", |bencher| {
        let mut digest = Digest::new();
        bencher.iter(|| digest.word(black_box(7)));
        black_box(digest.value());
    });
}

criterion_group!(benches, hold, switches, events);
criterion_main!(benches);
