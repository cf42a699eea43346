//! Benches of the rotational drive.

#![allow(missing_docs, reason = "criterion's macros make items without them")]
#![allow(clippy::expect_used, clippy::panic, reason = "a bench that cannot run may stop")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sim_core::io::{Flags, Operation, RequestId, Sector};
use sim_core::random::{Stream, Streams};
use sim_core::time::Time;
use sim_disk::device::{BlockDevice, Completion, Request};
use sim_disk::hdd::drive::Drive;
use sim_disk::presets::{self, Preset};

/// Requests a round.
const REQUESTS: u64 = 10_000;

fn drive() -> Drive {
    match presets::find("cheetah9LP") {
        Some(Preset::Hdd(parameters)) => Drive::new(parameters).expect("the preset is a drive"),
        _ => panic!("the preset is there"),
    }
}

fn stream() -> Stream {
    Streams::new(1).stream("bench").expect("the first of its name")
}

/// A closed loop: the next read comes when the one before has completed.
fn read_all(drive: &mut Drive, done: &mut Vec<Completion>, requests: &[(u64, u32)]) -> Time {
    let mut now = Time::ZERO;
    for (id, &(sector, sectors)) in (0..).zip(requests) {
        let request = Request {
            id: RequestId(id),
            operation: Operation::Read,
            flags: Flags::NONE,
            sector: Sector(sector),
            sectors,
            submitter: 0,
        };
        drive.submit(now, request).expect("inside the drive");
        now = drive.next_event().expect("one is in it");
        drive.advance(now, done);
        done.clear();
    }
    now
}

fn reads(criterion: &mut Criterion) {
    let drive = drive();
    let blocks = drive.limits().sectors;
    let mut random = stream();
    let scattered: Vec<_> = (0..REQUESTS).map(|_| (random.below(blocks / 8) * 8, 8)).collect();
    let in_order: Vec<_> = (0..REQUESTS).map(|number| (number * 128, 128)).collect();
    let mut group = criterion.benchmark_group("hdd");
    group.throughput(Throughput::Elements(REQUESTS));
    for (name, requests) in [("random 4 KiB reads", scattered), ("sequential 64 KiB reads", in_order)] {
        let mut done = Vec::with_capacity(1);
        group.bench_function(name, |bencher| {
            bencher.iter_batched_ref(
                || drive.clone(),
                |drive| read_all(drive, &mut done, &requests),
                criterion::BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, reads);
criterion_main!(benches);
