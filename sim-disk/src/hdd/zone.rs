//! Inside one zone: which physical sector a block has, and which it shares its track with.
//!
//! Follows DiskSim's sparing schemes without its remapped pairs. Physical sectors are numbered from
//! the zone's start in the order cylinder, head, sector; whole tracks are slipped in units of
//! tracks, everything else in units of sectors, here both called *granules*.

use crate::hdd::parameters::{self, ParametersError, Sparing};

/// A zone, ready for look-ups.
#[derive(Clone, Debug)]
pub(crate) struct Zone {
    pub(crate) first_cylinder: u32,
    pub(crate) sectors_per_track: u64,
    pub(crate) first_lbn: u64,
    pub(crate) last_lbn: u64,
    /// Whether skews grow with the locations slipped before a track, and counted from where.
    pub(crate) slips_turn: SlipsTurn,
    surfaces: u64,
    sectors: u64,
    front: u64,
    granule: u64,
    /// Of a unit of the sparing, in granules: its size, its blocks, and the spares in front.
    unit_size: u64,
    unit_blocks: u64,
    unit_front: u64,
    slipped: Vec<u64>,
    /// The number of block (plus the slips of earlier units) from which a location is behind one:
    /// location minus its index, so that one search counts all slips up to a block.
    slipped_from: Vec<u64>,
}

/// By how many slipped locations a track is turned on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlipsTurn {
    /// None.
    Never,
    /// Those of the zone in earlier cylinders.
    Cylinders,
    /// Those of the zone in earlier tracks.
    Tracks,
}

/// Where a block lies in its zone, and what is around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// The physical sector.
    pub(crate) sector: u64,
    /// The track that it lies on, counted from the zone's start.
    pub(crate) track: u64,
    /// How many slipped locations lie before it.
    passed: usize,
    /// How many blocks come before it, and after it, in its unit of the sparing.
    unit_before: u64,
    unit_after: u64,
}

/// The blocks of one track.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent<'a> {
    /// The first and the last block.
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// The physical sector of the first.
    pub(crate) first_sector: u64,
    /// The slipped sectors between them, ascending.
    pub(crate) slipped: &'a [u64],
}

impl Zone {
    /// Builds zone number `number` of a drive and checks that its blocks fit into it.
    pub(crate) fn new(
        number: usize,
        zone: &parameters::Zone,
        surfaces: u32,
        sparing: Sparing,
    ) -> Result<Zone, ParametersError> {
        let surfaces = u64::from(surfaces);
        let track = u64::from(zone.sectors_per_track);
        let cylinders = u64::from(zone.last_cylinder - zone.first_cylinder) + 1;
        let cylinder = surfaces * track;
        let sectors = cylinders * cylinder;
        // [hdd-geometry.units]
        let (granule, unit_size, spares, slips_turn) = match sparing {
            Sparing::Zone => (1, sectors, 0, SlipsTurn::Never),
            Sparing::Tracks => (track, cylinders * surfaces, 0, SlipsTurn::Never),
            Sparing::Cylinder | Sparing::CylinderFront => {
                (1, cylinder, zone.spare_count, SlipsTurn::Cylinders)
            }
            Sparing::Track => (1, track, zone.spare_count, SlipsTurn::Tracks),
            Sparing::Range { cylinders } => {
                (1, u64::from(cylinders) * cylinder, zone.spare_count, SlipsTurn::Never)
            }
        };
        if spares >= unit_size {
            return Err(ParametersError::SpareCount {
                zone: number,
                spare_count: spares,
                unit_sectors: unit_size,
            });
        }
        check_slipped(number, &zone.slipped_locations, sectors / granule)?;
        let slipped_from =
            zone.slipped_locations.iter().zip(0_u64..).map(|(location, index)| location - index).collect();
        let built = Zone {
            first_cylinder: zone.first_cylinder,
            sectors_per_track: track,
            first_lbn: zone.first_lbn,
            last_lbn: zone.last_lbn,
            slips_turn,
            surfaces,
            sectors,
            front: zone.unused_sectors_at_zone_front,
            granule,
            unit_size,
            unit_blocks: unit_size - spares,
            unit_front: if sparing == Sparing::CylinderFront { spares } else { 0 },
            slipped: zone.slipped_locations.clone(),
            slipped_from,
        };
        built.check_fit(number)?;
        Ok(built)
    }

    /// Whether every block lies inside its unit and the zone.
    fn check_fit(&self, number: usize) -> Result<(), ParametersError> {
        let last = (self.last_lbn - self.first_lbn).saturating_add(self.front);
        let too_small = |block| ParametersError::ZoneTooSmall { zone: number, block };
        if last >= self.sectors || self.physical(last).sector >= self.sectors {
            return Err(too_small(last));
        }
        if self.granule > 1 {
            return Ok(());
        }
        // Without slips a unit's blocks fit by its size, so only units with some need a look.
        for location in &self.slipped {
            let unit = location / self.unit_size;
            let block = last.min((unit + 1) * self.unit_blocks - 1);
            let end = (unit + 1) * self.unit_size;
            if block >= unit * self.unit_blocks && self.physical(block).sector >= end {
                return Err(too_small(block));
            }
        }
        Ok(())
    }

    /// Where a block of this zone lies.
    pub(crate) fn position(&self, lbn: u64) -> Position {
        self.physical(lbn - self.first_lbn + self.front)
    }

    /// Where block `block` lies, counted from the zone's start, unused sectors included.
    fn physical(&self, block: u64) -> Position {
        // [hdd-geometry.units] [hdd-geometry.slipped-tracks]
        let (granules, within) =
            if self.granule == 1 { (block, 0) } else { (block / self.granule, block % self.granule) };
        let (unit, rest) = if granules < self.unit_blocks {
            (0, granules)
        } else {
            (granules / self.unit_blocks, granules % self.unit_blocks)
        };
        let unit_start = unit * self.unit_size;
        let earlier =
            if unit == 0 { 0 } else { self.slipped.partition_point(|&location| location < unit_start) };
        let unslipped = unit_start + self.unit_front + rest;
        let passed = self.slipped_from.partition_point(|&from| from <= unslipped - earlier as u64);
        let (unit_before, unit_after) = if self.granule == 1 {
            (rest, self.unit_blocks - 1 - rest)
        } else {
            (block, self.sectors - 1 - block)
        };
        let sector = (unslipped + (passed - earlier) as u64) * self.granule + within;
        Position { sector, track: sector / self.sectors_per_track, passed, unit_before, unit_after }
    }

    /// The blocks on the track of a block.
    pub(crate) fn extent(&self, lbn: u64, position: Position) -> Extent<'_> {
        // [hdd-geometry.track]
        let start = position.track * self.sectors_per_track;
        let end = start + self.sectors_per_track;
        let slips = if self.granule == 1 { self.slipped.as_slice() } else { &[] };
        let here = position.passed.min(slips.len());
        let slipped_before = slips[..here].iter().rev().take_while(|&&location| location >= start).count();
        let slipped_after = slips[here..].iter().take_while(|&&location| location < end).count();
        let before = (position.sector - start - slipped_before as u64)
            .min(position.unit_before)
            .min(lbn - self.first_lbn);
        let after = (end - 1 - position.sector - slipped_after as u64)
            .min(position.unit_after)
            .min(self.last_lbn - lbn);
        let first_sector =
            if slipped_before == 0 { position.sector - before } else { self.position(lbn - before).sector };
        let slipped = &slips[here - slipped_before..here + slipped_after];
        let slipped = &slipped[slipped.partition_point(|&location| location < first_sector)..];
        Extent { first: lbn - before, last: lbn + after, first_sector, slipped }
    }

    /// How many slipped locations turn on the track that begins at physical sector `track_start`.
    pub(crate) fn slips_before(&self, track_start: u64) -> u64 {
        let counted_to = match self.slips_turn {
            SlipsTurn::Never => return 0,
            SlipsTurn::Cylinders => track_start - track_start % (self.surfaces * self.sectors_per_track),
            SlipsTurn::Tracks => track_start,
        };
        self.slipped.partition_point(|&location| location < counted_to) as u64
    }
}

fn check_slipped(zone: usize, slipped: &[u64], locations: u64) -> Result<(), ParametersError> {
    if let Some(pair) = slipped.windows(2).find(|pair| pair[0] >= pair[1]) {
        return Err(ParametersError::SlippedOrder { zone, location: pair[1] });
    }
    match slipped.last() {
        Some(&location) if location >= locations => {
            Err(ParametersError::SlippedOutside { zone, location, locations })
        }
        _ => Ok(()),
    }
}
