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
        let track = position.sector / zone.sectors_per_track;
        let (cylinder, order) = (track / self.surfaces, track % self.surfaces);
        // Cylinders were counted in 32 bits, and a head is below the surfaces.
        let cylinder_on_disk = zone.first_cylinder + low_bits(cylinder);
        let downwards = match self.mapping {
            LbnMapping::Conventional => false,
            LbnMapping::SerpentineInZone => cylinder % 2 == 1,
            LbnMapping::SerpentineOnDisk => cylinder_on_disk % 2 == 1,
        };
        let start = track * zone.sectors_per_track;
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
