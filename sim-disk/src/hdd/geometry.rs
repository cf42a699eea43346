//! Where the blocks lie: zones, cylinders, heads, sectors, and the skew between tracks.
//!
//! Follows the layouts of DiskSim 4.0. A block's place is computed, not looked up: the drive's
//! tables are as small as its list of defects. Remapped sectors are left out; no measured drive
//! has one that moves a block.

use crate::hdd::parameters::{LbnMapping, Parameters, ParametersError};
use crate::hdd::zone::Zone;

/// The map from block numbers to places.
#[derive(Clone, Debug)]
pub struct Geometry {
    zones: Vec<Zone>,
    skews: Vec<Skew>,
    surfaces: u64,
    mapping: LbnMapping,
    blocks: u64,
}

/// How the tracks of a zone are turned against one another, in sectors.
#[derive(Clone, Copy, Debug)]
struct Skew {
    offset: u64,
    track: u64,
    /// From a cylinder's first track to that of the next: every track skew and the cylinder's.
    whole_cylinder: u64,
}

/// A track, and the blocks that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Track<'a> {
    /// Its cylinder, counted from the disk's start.
    pub cylinder: u32,
    /// Its head.
    pub head: u32,
    /// How many sectors pass in a turn, with or without a block.
    pub sectors: u64,
    /// The angle of sector 0, in sectors, below `sectors`.
    pub angle: u64,
    /// Its first block.
    pub first: u64,
    /// Its last block.
    pub last: u64,
    /// The sector of the first block.
    first_sector: u64,
    /// The zone's physical sector number of sector 0.
    start: u64,
    /// The zone's physical sector numbers of slipped sectors between first and last block.
    slipped: &'a [u64],
}

/// Consecutive blocks in consecutive sectors of one track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first block.
    pub block: u64,
    /// How many.
    pub count: u64,
    /// The sector of the first block on its track.
    pub sector: u64,
}

impl Geometry {
    /// Builds the map.
    ///
    /// # Errors
    /// [`ParametersError`] if the zones do not fit the drive, one another, or what they hold.
    pub fn new(parameters: &Parameters) -> Result<Geometry, ParametersError> {
        parameters.check_ranges()?;
        let last_cylinder = parameters.cylinders - 1;
        let (mut cylinder, mut lbn) = (0, 0);
        let (mut zones, mut skews) = (Vec::new(), Vec::new());
        let surfaces = u64::from(parameters.surfaces);
        for (number, zone) in parameters.zones.iter().enumerate() {
            let (first, last) = (zone.first_cylinder, zone.last_cylinder);
            if first < cylinder || last < first || last > last_cylinder {
                return Err(ParametersError::ZoneCylinders {
                    zone: number,
                    first,
                    last,
                    least: cylinder,
                    most: last_cylinder,
                });
            }
            if zone.first_lbn != lbn || zone.last_lbn < lbn {
                let (first, last) = (zone.first_lbn, zone.last_lbn);
                return Err(ParametersError::ZoneBlocks { zone: number, first, last, expected: lbn });
            }
            zones.push(Zone::new(number, zone, parameters.surfaces, parameters.sparing)?);
            let track = u64::from(zone.track_skew_sectors);
            skews.push(Skew {
                offset: zone.angle_offset_sectors.into(),
                track,
                whole_cylinder: track * (surfaces - 1) + u64::from(zone.cylinder_skew_sectors),
            });
            // A block number is below the zones' sectors by now, a cylinder below the drive's.
            (cylinder, lbn) = (last + 1, zone.last_lbn + 1);
        }
        if zones.is_empty() {
            return Err(ParametersError::NoZones);
        }
        Ok(Geometry { zones, skews, surfaces, mapping: parameters.lbn_mapping, blocks: lbn })
    }

    /// How many blocks the drive holds.
    pub fn blocks(&self) -> u64 {
        self.blocks
    }

    /// The track of a block, and the block's sector on it.
    ///
    /// The block must be below [`Geometry::blocks`]; another is a broken invariant.
    pub fn locate(&self, lbn: u64) -> (Track<'_>, u64) {
        assert!(lbn < self.blocks, "block {lbn} lies beyond the {} of the drive", self.blocks);
        let number = self.zones.partition_point(|zone| zone.last_lbn < lbn);
        let (zone, skew) = (&self.zones[number], self.skews[number]);
        let position = zone.position(lbn);
        let extent = zone.extent(lbn, position);
        // [hdd-geometry.zone]
        let (cylinder, order) = (position.track / self.surfaces, position.track % self.surfaces);
        // Cylinders were counted in 32 bits, and a head is below the surfaces.
        let cylinder_on_disk = zone.first_cylinder + low_bits(cylinder);
        let downwards = match self.mapping {
            LbnMapping::Conventional => false,
            LbnMapping::SerpentineInZone => cylinder % 2 == 1,
            LbnMapping::SerpentineOnDisk => cylinder_on_disk % 2 == 1,
        };
        let start = position.track * zone.sectors_per_track;
        // [hdd-geometry.skew]
        let turned =
            skew.offset + skew.track * order + skew.whole_cylinder * cylinder + zone.slips_before(start);
        let found = Track {
            cylinder: cylinder_on_disk,
            head: low_bits(if downwards { self.surfaces - 1 - order } else { order }),
            sectors: zone.sectors_per_track,
            angle: turned % zone.sectors_per_track,
            first: extent.first,
            last: extent.last,
            first_sector: extent.first_sector - start,
            start,
            slipped: extent.slipped,
        };
        (found, position.sector - start)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the callers' numbers fit by their definition")]
fn low_bits(number: u64) -> u32 {
    number as u32
}

impl Track<'_> {
    /// The sector of one of the track's blocks.
    pub fn sector(&self, lbn: u64) -> u64 {
        let mut sector = self.first_sector + (lbn - self.first);
        for location in self.slipped {
            if location - self.start <= sector {
                sector += 1;
            }
        }
        sector
    }

    /// The blocks from `from` up to, not with, `to` in runs without a gap; all on this track.
    pub fn runs(&self, from: u64, to: u64) -> impl Iterator<Item = Run> + '_ {
        let mut block = from;
        let mut sector = self.sector(from);
        let mut gaps = self.slipped;
        std::iter::from_fn(move || {
            while let [gap, rest @ ..] = gaps
                && gap - self.start <= sector
            {
                sector += u64::from(gap - self.start == sector);
                gaps = rest;
            }
            if block >= to {
                return None;
            }
            let upto = gaps.first().map_or(u64::MAX, |gap| gap - self.start - sector);
            let run = Run { block, count: upto.min(to - block), sector };
            block += run.count;
            sector += run.count;
            Some(run)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::hdd::parameters::Sparing;
    use crate::hdd::tests::drives::{any_drive, physical_by_the_rule, tiny};

    /// Cylinder, head and sector of every block of a drive.
    fn places(geometry: &Geometry) -> Vec<(u32, u32, u64)> {
        let place = |lbn| {
            let (track, sector) = geometry.locate(lbn);
            (track.cylinder, track.head, sector)
        };
        (0..geometry.blocks()).map(place).collect()
    }

    proptest! {
        #[test]
        fn every_block_has_a_sector_of_its_own_where_the_rule_says(parameters in any_drive()) {
            // [hdd-geometry.zone] [hdd-geometry.units] [hdd-geometry.slipped-tracks]
            let geometry = Geometry::new(&parameters).expect("a geometry");
            let places = places(&geometry);
            prop_assert_eq!(places.iter().collect::<BTreeSet<_>>().len(), places.len());
            for zone in &parameters.zones {
                for lbn in zone.first_lbn..=zone.last_lbn {
                    let block = lbn - zone.first_lbn + zone.unused_sectors_at_zone_front;
                    let physical =
                        physical_by_the_rule(zone, parameters.surfaces, parameters.sparing, block);
                    let physical = physical.expect("the drive was made of blocks that fit");
                    let (surfaces, sectors) = (parameters.surfaces, u64::from(zone.sectors_per_track));
                    let track = u32::try_from(physical / sectors).expect("a small drive");
                    let (cylinder, order) = (track / surfaces, track % surfaces);
                    let odd = match parameters.lbn_mapping {
                        LbnMapping::Conventional => 0,
                        LbnMapping::SerpentineInZone => cylinder % 2,
                        LbnMapping::SerpentineOnDisk => (zone.first_cylinder + cylinder) % 2,
                    };
                    let head = if odd == 1 { surfaces - 1 - order } else { order };
                    let place = (zone.first_cylinder + cylinder, head, physical % sectors);
                    prop_assert_eq!(geometry.locate(lbn).0.sectors, sectors);
                    prop_assert_eq!(places[usize::try_from(lbn).expect("a small drive")], place);
                }
            }
        }

        #[test]
        fn a_track_holds_just_the_blocks_that_lie_on_it(parameters in any_drive()) {
            // [hdd-geometry.track]
            let geometry = Geometry::new(&parameters).expect("a geometry");
            for lbn in 0..geometry.blocks() {
                let (track, sector) = geometry.locate(lbn);
                prop_assert_eq!(track.sector(lbn), sector);
                for other in 0..geometry.blocks() {
                    let same = geometry.locate(other).0;
                    let on_it = (same.cylinder, same.head) == (track.cylinder, track.head);
                    prop_assert_eq!(on_it, (track.first..=track.last).contains(&other));
                }
                let mut expected = lbn;
                let mut behind = 0;
                for run in track.runs(lbn, track.last + 1) {
                    prop_assert!(run.count > 0 && run.sector >= behind);
                    for index in 0..run.count {
                        prop_assert_eq!(run.block + index, expected);
                        prop_assert_eq!(run.sector + index, track.sector(expected));
                        expected += 1;
                    }
                    // A run ends only at a gap.
                    behind = run.sector + run.count + 1;
                }
                prop_assert_eq!(expected, track.last + 1);
            }
        }

        #[test]
        fn tracks_are_turned_by_their_skews_and_by_what_was_slipped_before(parameters in any_drive()) {
            // [hdd-geometry.skew]
            let geometry = Geometry::new(&parameters).expect("a geometry");
            let surfaces = u64::from(parameters.surfaces);
            for zone in &parameters.zones {
                for lbn in zone.first_lbn..=zone.last_lbn {
                    let track = geometry.locate(lbn).0;
                    let cylinder = u64::from(track.cylinder - zone.first_cylinder);
                    let order = track.start / track.sectors % surfaces;
                    let counted_to = match parameters.sparing {
                        Sparing::Cylinder | Sparing::CylinderFront => cylinder * surfaces * track.sectors,
                        Sparing::Track => track.start,
                        Sparing::Zone | Sparing::Tracks | Sparing::Range { .. } => 0,
                    };
                    let slipped = zone.slipped_locations.iter().filter(|&&at| at < counted_to).count() as u64;
                    let turned = u64::from(zone.angle_offset_sectors)
                        + u64::from(zone.track_skew_sectors) * (order + (surfaces - 1) * cylinder)
                        + u64::from(zone.cylinder_skew_sectors) * cylinder
                        + slipped;
                    prop_assert_eq!(track.angle, turned % track.sectors);
                }
            }
        }
    }

    #[test]
    fn a_slipped_sector_moves_the_blocks_behind_it() {
        // [hdd-geometry.units] [hdd-geometry.track]
        let geometry = Geometry::new(&tiny()).expect("a geometry");
        let sectors: Vec<_> = (10..14).map(|lbn| geometry.locate(lbn).1).collect();
        assert_eq!(sectors, [0, 1, 3, 4]);
        let track = geometry.locate(12).0;
        assert_eq!((track.cylinder, track.head, track.first, track.last), (0, 1, 10, 18));
        let runs: Vec<_> = track.runs(11, 14).map(|run| (run.block, run.count, run.sector)).collect();
        assert_eq!(runs, [(11, 1, 1), (12, 2, 3)]);
    }

    /// What a change to the tiny drive is refused with.
    fn refused(change: impl FnOnce(&mut Parameters)) -> ParametersError {
        let mut parameters = tiny();
        change(&mut parameters);
        Geometry::new(&parameters).expect_err("no such drive")
    }

    #[test]
    fn zones_that_clash_are_refused() {
        use ParametersError as Error;
        assert_eq!(refused(|drive| drive.zones.clear()), Error::NoZones);
        assert!(matches!(
            refused(|drive| drive.zones[1].last_cylinder = 4),
            Error::ZoneCylinders { zone: 1, .. }
        ));
        assert!(matches!(
            refused(|drive| drive.zones[1].first_cylinder = 1),
            Error::ZoneCylinders { zone: 1, .. }
        ));
        assert!(matches!(refused(|drive| drive.zones[1].first_lbn = 40), Error::ZoneBlocks { zone: 1, .. }));
        assert!(matches!(refused(|drive| drive.zones[0].last_lbn = 39), Error::ZoneTooSmall { zone: 0, .. }));
        let far = |drive: &mut Parameters| drive.zones[1].last_lbn = u64::MAX;
        assert!(matches!(refused(far), Error::ZoneTooSmall { zone: 1, .. }));
        let front = |drive: &mut Parameters| drive.zones[0].unused_sectors_at_zone_front = u64::MAX;
        assert!(matches!(refused(front), Error::ZoneTooSmall { zone: 0, .. }));
    }

    #[test]
    fn spare_and_slipped_sectors_that_clash_are_refused() {
        use ParametersError as Error;
        let twice = |drive: &mut Parameters| drive.zones[0].slipped_locations = vec![12, 12];
        assert_eq!(refused(twice), Error::SlippedOrder { zone: 0, location: 12 });
        let outside = |drive: &mut Parameters| drive.zones[0].slipped_locations = vec![40];
        assert!(matches!(refused(outside), Error::SlippedOutside { zone: 0, location: 40, locations: 40 }));
        let no_room = |drive: &mut Parameters| {
            drive.sparing = Sparing::Track;
            drive.zones[0].spare_count = 10;
        };
        assert!(matches!(refused(no_room), Error::SpareCount { zone: 0, .. }));
        // Two slips on the second track, which has one spare sector.
        let crowded = |drive: &mut Parameters| {
            drive.sparing = Sparing::Track;
            drive.zones[0].spare_count = 1;
            drive.zones[0].slipped_locations = vec![12, 13];
            drive.zones[0].last_lbn = 30;
        };
        assert_eq!(refused(crowded), Error::ZoneTooSmall { zone: 0, block: 17 });
    }

    #[test]
    fn figures_out_of_range_are_refused_by_name() {
        let error = refused(|drive| drive.rotation_rpm = 0);
        assert_eq!(error.to_string(), "`rotation_rpm` is 0, but must lie between 1 and 100000");
        for change in [
            |drive: &mut Parameters| drive.controller.bus_read_sector_ns = 1_000_000_001,
            |drive: &mut Parameters| drive.write_settle_extra_ns = i64::MIN,
            |drive: &mut Parameters| drive.starting_angle_millionths = 1_000_000,
            |drive: &mut Parameters| drive.surfaces = 0,
            |drive: &mut Parameters| drive.zones[0].sectors_per_track = 0,
            |drive: &mut Parameters| drive.sparing = Sparing::Range { cylinders: 0 },
        ] {
            assert!(matches!(refused(change), ParametersError::OutOfRange { .. }));
        }
    }
}
