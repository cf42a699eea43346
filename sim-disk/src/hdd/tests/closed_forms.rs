//! Means of many requests against closed forms: within three standard errors, or exact.

use sim_core::io::{Operation, Part};
use sim_core::random::{Stream, Streams};
use sim_core::time::Time;

use crate::device::BlockDevice;
use crate::hdd::drive::Drive;
use crate::hdd::geometry::Geometry;
use crate::hdd::mechanics::Mechanics;
use crate::hdd::parameters::Seek;
use crate::hdd::tests::drives::{bare, request, serve};
use crate::presets::{Preset, find};

const REQUESTS: u64 = 100_000;

fn stream() -> Stream {
    Streams::new(7).stream("requests").expect("the first of its name")
}

/// One part of every response to random reads of one sector, in a closed loop, in ns.
fn sample(mut drive: Drive, part: Part) -> Vec<f64> {
    let (mut random, blocks) = (stream(), drive.limits().sectors);
    let mut now = Time::ZERO;
    let mut times = Vec::new();
    for id in 0..REQUESTS {
        let completion = serve(&mut drive, now, request(id, Operation::Read, random.below(blocks), 1));
        now = completion.at;
        times.push(completion.parts.get(part).nanoseconds() as f64);
    }
    times
}

fn assert_mean(sample: &[f64], expected: f64) {
    let count = sample.len() as f64;
    let mean = sample.iter().sum::<f64>() / count;
    let variance = sample.iter().map(|time| (time - mean) * (time - mean)).sum::<f64>() / count;
    let three_errors = 3.0 * (variance / count).sqrt();
    assert!((mean - expected).abs() <= three_errors, "{mean} is not {expected} +- {three_errors}");
}

#[test]
fn random_sectors_come_by_after_half_a_revolution_on_average() {
    // [hdd-mechanics.rotation]
    let Some(Preset::Hdd(parameters)) = find("cheetah9LP") else { panic!("the preset is there") };
    let revolution = 60e9 / f64::from(parameters.rotation_rpm);
    assert_mean(&sample(Drive::new(parameters).expect("a drive"), Part::Rotation), revolution / 2.0);
}

#[test]
fn the_mean_seek_is_the_integral_of_the_curve_over_the_distances() {
    // [hdd-mechanics.seek-extracted] [hdd-mechanics.positioning]
    let mut parameters = bare(500, 2, 20);
    parameters.seek =
        Seek::Extracted { points_cylinders_ns: vec![(1, 1_500_000), (50, 3_000_000), (499, 9_000_000)] };
    let mechanics = Mechanics::new(&parameters).expect("a curve");
    // Between random cylinders a distance d > 0 has the chance 2 (C - d) / C^2, none 1 / C; reads
    // take the time of one cylinder then.
    let none = mechanics.seek(1).nanoseconds() * 500;
    let integral: u64 = (1..500).map(|d| mechanics.seek(d).nanoseconds() * 2 * u64::from(500 - d)).sum();
    let expected = (none + integral) as f64 / (500.0 * 500.0);
    assert_mean(&sample(Drive::new(parameters).expect("a drive"), Part::Seek), expected);
}

#[test]
fn a_long_read_runs_at_a_track_per_revolution_and_skew() {
    // [hdd-geometry.skew] [hdd-mechanics.rotation]
    let mut parameters = bare(10, 4, 100);
    let zone = &mut parameters.zones[0];
    // Ten of a hundred sectors of 0.1 ms pass in the 1 ms of a head switch, 21 in a seek of 2.1 ms:
    // the arm gets to every track with some time in hand.
    (zone.track_skew_sectors, zone.cylinder_skew_sectors) = (12, 25);
    let long = serve(
        &mut Drive::new(parameters).expect("a drive"),
        Time::ZERO,
        request(1, Operation::Read, 0, 4_000),
    );
    let first_at = 10_000_000;
    // 40 revolutions of 10 ms, and between the tracks 30 track skews and 9 cylinder skews.
    let (revolutions, skews) = (40 * 10_000_000, (30 * 12 + 9 * 25) * 100_000);
    assert_eq!(long.at.nanoseconds(), first_at + revolutions + skews);
    assert_eq!(long.parts.get(Part::Transfer).nanoseconds(), revolutions);
}

#[test]
fn sectors_come_by_exactly_after_hours_of_revolutions() {
    // [hdd-mechanics.rotation]
    let Some(Preset::Hdd(parameters)) = find("cheetah9LP") else { panic!("the preset is there") };
    let rpm = u64::from(parameters.rotation_rpm);
    let geometry = Geometry::new(&parameters).expect("a geometry");
    let mut drive = Drive::new(parameters).expect("a drive");
    for minutes in [0, 1, 59, 100_000] {
        let start = Time::from_nanoseconds(minutes * 60_000_000_000);
        let read = serve(&mut drive, start, request(minutes, Operation::Read, 1_000_000, 1));
        let (track, sector) = geometry.locate(1_000_000);
        let bus = read.parts.get(Part::Bus).nanoseconds();
        let passed = read.at.nanoseconds() - bus - start.nanoseconds();
        // In a minute the platters make `rpm` turns, so the sector's end comes by at the first whole
        // nanosecond at or after (turns + (angle + sector + 1) / sectors) minutes / rpm.
        let edge = (track.angle + sector + 1) * 60_000_000_000 / track.sectors % 60_000_000_000;
        let turned = passed * rpm % 60_000_000_000;
        assert!((turned + 60_000_000_000 - edge) % 60_000_000_000 < rpm, "after {minutes} minutes");
    }
}
