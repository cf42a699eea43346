//! Requests a second of wall time that the flash drive and the ideal device simulate.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sim_core::io::{Flags, Operation, RequestId, Sector};
use sim_core::random::{Stream, Streams};
use sim_core::time::Time;
use sim_disk::device::{BlockDevice, Completion, Request};
use sim_disk::ideal::{Ideal, Settings};
use sim_disk::ssd::{NVME_TLC_64L, Parameters, SolidState};

const DEPTH: u64 = 32;
const REQUESTS: u64 = 10_000;

fn random(stream: &mut Stream, id: u64, operation: Operation, places: u64) -> Request {
    let sector = Sector(stream.below(places) * 8);
    Request { id: RequestId(id), operation, flags: Flags::NONE, sector, sectors: 8, submitter: 0 }
}

/// Random requests of 4 KiB in a closed loop: the next is sent when one ends.
fn closed_loop<D: BlockDevice>(device: &mut D, stream: &mut Stream, now: &mut Time, operation: Operation) {
    let places = device.limits().sectors / 8;
    let mut done: Vec<Completion> = Vec::new();
    let mut sent = 0;
    let mut ended = 0;
    while ended < REQUESTS {
        while sent < REQUESTS && sent - ended < DEPTH {
            let taken = device.submit(*now, random(stream, sent, operation, places));
            assert_eq!(taken, Ok(()));
            sent += 1;
        }
        let Some(event) = device.next_event() else { break };
        device.advance(event, &mut done);
        *now = event;
        ended += done.len() as u64;
        done.clear();
    }
}

fn bench<D: BlockDevice>(criterion: &mut Criterion, name: &str, mut device: D, operation: Operation) {
    let mut group = criterion.benchmark_group("random 4 KiB at depth 32");
    group.throughput(Throughput::Elements(REQUESTS));
    let Ok(mut stream) = Streams::new(1).stream("bench") else { return };
    let mut now = Time::ZERO;
    group.bench_function(name, |bencher| {
        bencher.iter(|| closed_loop(&mut device, &mut stream, &mut now, operation));
    });
    group.finish();
}

fn devices(criterion: &mut Criterion) {
    let Ok(parameters) = serde_json::from_str::<Parameters>(NVME_TLC_64L) else { return };
    let Ok(drive) = SolidState::new(&parameters) else { return };
    bench(criterion, "reads, nvme-tlc-64l", drive.clone(), Operation::Read);
    bench(criterion, "writes, nvme-tlc-64l", drive, Operation::Write);
    bench(criterion, "reads, ideal", Ideal::new(Settings::default()), Operation::Read);
}

criterion_group!(benches, devices);
criterion_main!(benches);
