//! Drives for tests: one small enough to work out by hand, and random ones.

use proptest::prelude::*;
use sim_core::io::{Flags, Operation, RequestId, Sector};
use sim_core::time::Time;

use crate::device::{BlockDevice, Completion, Request};
use crate::hdd::drive::Drive;
use crate::hdd::parameters::{Controller, LbnMapping, Parameters, Seek, Sparing, Zone};

/// A zone without skews and spares.
pub(crate) fn zone(cylinders: (u32, u32), sectors_per_track: u32, blocks: (u64, u64)) -> Zone {
    Zone {
        first_cylinder: cylinders.0,
        last_cylinder: cylinders.1,
        sectors_per_track,
        first_lbn: blocks.0,
        last_lbn: blocks.1,
        track_skew_sectors: 0,
        cylinder_skew_sectors: 0,
        angle_offset_sectors: 0,
        unused_sectors_at_zone_front: 0,
        spare_count: 0,
        slipped_locations: Vec::new(),
    }
}

/// The drive of the page's section *Timelines worked out by hand*.
pub(crate) fn tiny() -> Parameters {
    let mut outer = zone((0, 1), 10, (0, 38));
    (outer.track_skew_sectors, outer.cylinder_skew_sectors) = (3, 4);
    outer.slipped_locations = vec![12];
    let mut inner = zone((3, 3), 5, (39, 48));
    (inner.track_skew_sectors, inner.cylinder_skew_sectors) = (1, 1);
    Parameters {
        name: "tiny".to_owned(),
        source: "assumption".to_owned(),
        rotation_rpm: 6_000,
        starting_angle_millionths: 0,
        cylinders: 4,
        surfaces: 2,
        lbn_mapping: LbnMapping::Conventional,
        sparing: Sparing::Zone,
        zones: vec![outer, inner],
        seek: Seek::Extracted { points_cylinders_ns: vec![(1, 2_000_000), (3, 4_000_000)] },
        head_switch_ns: 1_000_000,
        write_settle_extra_ns: 500_000,
        controller: Controller {
            per_request_overhead_ns: 100_000,
            read_miss_after_read_ns: 300_000,
            read_miss_after_write_ns: 200_000,
            write_miss_after_read_ns: 400_000,
            write_miss_after_write_ns: 600_000,
            read_completion_ns: 50_000,
            write_completion_ns: 60_000,
            data_preparation_ns: 20_000,
            first_reselect_ns: 30_000,
            read_disconnect_after_read_ns: 10_000,
            read_disconnect_after_write_ns: 10_000,
            write_disconnect_ns: 10_000,
            minimum_seek_delay_ns: 100_000,
            bus_read_sector_ns: 250_000,
            bus_write_sector_ns: 250_000,
            max_queue_length: 1,
        },
    }
}

/// A drive of one zone without defects, skews and overheads: only the mechanism.
pub(crate) fn bare(cylinders: u32, surfaces: u32, sectors_per_track: u32) -> Parameters {
    let blocks = u64::from(cylinders) * u64::from(surfaces) * u64::from(sectors_per_track);
    Parameters {
        cylinders,
        surfaces,
        zones: vec![zone((0, cylinders - 1), sectors_per_track, (0, blocks - 1))],
        controller: Controller { max_queue_length: 1, ..Controller::default() },
        ..tiny()
    }
}

/// A read or write of `sectors` sectors.
pub(crate) fn request(id: u64, operation: Operation, sector: u64, sectors: u32) -> Request {
    Request {
        id: RequestId(id),
        operation,
        flags: Flags::NONE,
        sector: Sector(sector),
        sectors,
        submitter: 0,
    }
}

/// Sends one request to an idle drive and runs it to its end.
pub(crate) fn serve(drive: &mut Drive, at: Time, request: Request) -> Completion {
    drive.submit(at, request).expect("inside the drive");
    let end = drive.next_event().expect("a request is in the drive");
    let mut done = Vec::new();
    drive.advance(end, &mut done);
    assert_eq!(done.len(), 1);
    done.remove(0)
}

/// The physical sector of block `block` of a zone, word for word by rules G2 and G3; `None` if it
/// leaves its unit or the zone.
pub(crate) fn physical_by_the_rule(zone: &Zone, surfaces: u32, sparing: Sparing, block: u64) -> Option<u64> {
    let track = u64::from(zone.sectors_per_track);
    let cylinder = track * u64::from(surfaces);
    let all = cylinder * u64::from(zone.last_cylinder - zone.first_cylinder + 1);
    let (unit, spares) = match sparing {
        Sparing::Zone | Sparing::Tracks => (all, 0),
        Sparing::Cylinder | Sparing::CylinderFront => (cylinder, zone.spare_count),
        Sparing::Track => (track, zone.spare_count),
        Sparing::Range { cylinders } => (cylinder * u64::from(cylinders), zone.spare_count),
    };
    if sparing == Sparing::Tracks {
        let mut number = block / track;
        for &slipped in &zone.slipped_locations {
            number += u64::from(slipped <= number);
        }
        return Some(number * track + block % track).filter(|&sector| sector < all);
    }
    let (number, rest) = (block / (unit - spares), block % (unit - spares));
    let mut sector = number * unit + rest + if sparing == Sparing::CylinderFront { spares } else { 0 };
    for &slipped in zone.slipped_locations.iter().filter(|&&slipped| slipped / unit == number) {
        sector += u64::from(slipped <= sector);
    }
    Some(sector).filter(|&sector| sector < all && sector < (number + 1) * unit)
}

/// Small drives of any layout, with defects, gaps between zones and all kinds of figures.
pub(crate) fn any_drive() -> impl Strategy<Value = Parameters> {
    let shape = (1_u32..4, 0_usize..6, 0_usize..3, proptest::collection::vec(any_zone(), 1..4));
    let times = proptest::collection::vec(0_u64..3_000_000, 15);
    (shape, 300_u32..20_000, 0_u32..1_000_000, times, -2_000_000_i64..2_000_000).prop_filter_map(
        "zones hold blocks",
        |(shape, rpm, angle, times, settle)| {
            let mut drive = Parameters {
                rotation_rpm: rpm,
                starting_angle_millionths: angle,
                head_switch_ns: times[0],
                write_settle_extra_ns: settle,
                ..tiny()
            };
            (drive.cylinders, drive.zones) = (1, Vec::new());
            drive.surfaces = shape.0;
            drive.sparing = [
                Sparing::Zone,
                Sparing::Tracks,
                Sparing::Cylinder,
                Sparing::CylinderFront,
                Sparing::Track,
                Sparing::Range { cylinders: 2 },
            ][shape.1];
            drive.lbn_mapping =
                [LbnMapping::Conventional, LbnMapping::SerpentineInZone, LbnMapping::SerpentineOnDisk]
                    [shape.2];
            for zone in shape.3 {
                add_zone(&mut drive, zone)?;
            }
            set_times(&mut drive, &times);
            Some(drive)
        },
    )
}

/// A zone whose `first_cylinder` is the gap before it, and `last_cylinder` its length less one.
fn any_zone() -> impl Strategy<Value = Zone> {
    let slips = proptest::collection::btree_set(0_u64..60, 0..5);
    ((0_u32..3, 0_u32..4, 2_u32..13), (0_u32..20, 0_u32..20, 0_u32..20), 0_u64..5, 0_u64..3, slips).prop_map(
        |((gap, length, sectors), (track, cylinder, offset), front, spare_count, slips)| Zone {
            track_skew_sectors: track,
            cylinder_skew_sectors: cylinder,
            angle_offset_sectors: offset,
            unused_sectors_at_zone_front: front,
            spare_count,
            slipped_locations: slips.into_iter().collect(),
            ..zone((gap, length), sectors, (0, 0))
        },
    )
}

/// Puts a zone behind the others, with as many blocks as fit; `None` if that is none.
fn add_zone(drive: &mut Parameters, mut zone: Zone) -> Option<()> {
    let before = drive.zones.last().map_or((0, 0), |last| (last.last_cylinder + 1, last.last_lbn + 1));
    let (gap, length) = (zone.first_cylinder, zone.last_cylinder);
    zone.first_cylinder = before.0 + gap;
    zone.last_cylinder = zone.first_cylinder + length;
    let tracks = u64::from(length + 1) * u64::from(drive.surfaces);
    let locations =
        if drive.sparing == Sparing::Tracks { tracks } else { tracks * u64::from(zone.sectors_per_track) };
    zone.slipped_locations.retain(|&location| location < locations);
    zone.spare_count = zone.spare_count.min(u64::from(zone.sectors_per_track) - 1);
    let fits = |block| physical_by_the_rule(&zone, drive.surfaces, drive.sparing, block).is_some();
    let blocks = (0..).take_while(|&block| fits(block)).count() as u64;
    let blocks = blocks.checked_sub(zone.unused_sectors_at_zone_front).filter(|&blocks| blocks > 0)?;
    (zone.first_lbn, zone.last_lbn) = (before.1, before.1 + blocks - 1);
    drive.cylinders = zone.last_cylinder + 1 + gap;
    drive.zones.push(zone);
    Some(())
}

fn set_times(drive: &mut Parameters, times: &[u64]) {
    let controller = &mut drive.controller;
    for (figure, &time) in [
        &mut controller.per_request_overhead_ns,
        &mut controller.read_miss_after_read_ns,
        &mut controller.read_miss_after_write_ns,
        &mut controller.write_miss_after_read_ns,
        &mut controller.write_miss_after_write_ns,
        &mut controller.read_completion_ns,
        &mut controller.write_completion_ns,
        &mut controller.data_preparation_ns,
        &mut controller.first_reselect_ns,
        &mut controller.write_disconnect_ns,
        &mut controller.minimum_seek_delay_ns,
        &mut controller.bus_read_sector_ns,
        &mut controller.bus_write_sector_ns,
    ]
    .into_iter()
    .zip(&times[1..])
    {
        *figure = time;
    }
    drive.seek = Seek::Extracted { points_cylinders_ns: vec![(1, times[14]), (20, 3_000_000 + times[0])] };
}
