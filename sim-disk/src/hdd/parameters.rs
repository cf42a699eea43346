//! What a rotational drive is, as data: the figures that [`crate::hdd::drive::Drive`] is built from.
//!
//! The names follow DiskSim's and those of the measured drives' files; every key of a quantity
//! carries its unit. Times are whole nanoseconds of at most [`MOST_TIME_NS`]. What contradicts
//! itself is refused with a [`ParametersError`] when the drive is built.

use serde::{Deserialize, Serialize};

pub use crate::hdd::parameters::error::ParametersError;

mod error;

/// The longest time that any single figure may name: a second.
pub const MOST_TIME_NS: u64 = 1_000_000_000;
/// The fastest spindle that can be told, in revolutions per minute.
pub const MOST_RPM: u32 = 100_000;
/// The most cylinders of a drive.
pub const MOST_CYLINDERS: u32 = 4_000_000;
/// The most surfaces of a drive.
pub const MOST_SURFACES: u32 = 1_000;
/// The most sectors of a track; with [`MOST_RPM`] a sector still lasts several nanoseconds.
pub const MOST_SECTORS_PER_TRACK: u32 = 100_000;

/// A rotational drive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// What the drive is called.
    pub name: String,
    /// Where the figures come from, or which of them are assumptions.
    pub source: String,
    /// Revolutions per minute, 1 to [`MOST_RPM`].
    pub rotation_rpm: u32,
    /// The angle of the platters at time 0, in millionths of a turn, below 1 000 000.
    #[serde(default)]
    pub starting_angle_millionths: u32,
    /// Cylinders, those between zones included; 1 to [`MOST_CYLINDERS`].
    pub cylinders: u32,
    /// Surfaces, each with a head; 1 to [`MOST_SURFACES`].
    pub surfaces: u32,
    /// In which order the heads of a cylinder follow one another.
    pub lbn_mapping: LbnMapping,
    /// Where sectors are held in reserve.
    pub sparing: Sparing,
    /// The zones, from the outermost inwards; together they hold the blocks from 0 on.
    pub zones: Vec<Zone>,
    /// How long the arm takes for a distance.
    pub seek: Seek,
    /// Changing to another head, in ns.
    pub head_switch_ns: u64,
    /// What a write takes on top of any positioning, in ns. Negative where reads were measured
    /// slower than writes; at least -[`MOST_TIME_NS`].
    pub write_settle_extra_ns: i64,
    /// Electronics, firmware and bus.
    pub controller: Controller,
}

/// In which order the heads of a cylinder follow one another (DiskSim's mapping codes 0 to 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LbnMapping {
    /// Code 0: from head 0 up, in every cylinder.
    Conventional,
    /// Code 1: downwards in the odd cylinders of a zone, counted from its start.
    SerpentineInZone,
    /// Code 2: downwards in the odd cylinders, counted from the disk's start.
    SerpentineOnDisk,
}

/// Where sectors are held in reserve for bad ones, which are *slipped*: passed over, so that every
/// block behind them moves one on, as far as the reserve of their unit reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sparing {
    /// At the end of each zone (DiskSim's code 9), of the disk (7), or nowhere (0).
    Zone,
    /// Whole tracks at the end of each zone (code 1); whole tracks are slipped.
    Tracks,
    /// At the end of each cylinder (code 2).
    Cylinder,
    /// At the front of each cylinder (code 5).
    CylinderFront,
    /// At the end of each track (code 3).
    Track,
    /// At the end of each run of so many cylinders (code 8), counted from the zone's start.
    Range {
        /// Cylinders in a run, at least 1.
        cylinders: u32,
    },
}

/// A run of cylinders with equally many sectors on each track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// Its first cylinder.
    pub first_cylinder: u32,
    /// Its last cylinder.
    pub last_cylinder: u32,
    /// Sectors on each track, 1 to [`MOST_SECTORS_PER_TRACK`].
    pub sectors_per_track: u32,
    /// Its first block.
    pub first_lbn: u64,
    /// Its last block.
    pub last_lbn: u64,
    /// How far a track's first sector lies behind that of the track before, in sectors; at most
    /// [`MOST_SECTORS_PER_TRACK`], as the next two.
    pub track_skew_sectors: u32,
    /// The same from the last track of a cylinder to the first of the next.
    pub cylinder_skew_sectors: u32,
    /// The angle of the zone's first sector, in sectors.
    #[serde(default)]
    pub angle_offset_sectors: u32,
    /// Sectors in front of the first block that hold none.
    #[serde(default)]
    pub unused_sectors_at_zone_front: u64,
    /// Sectors held in reserve in each unit of the sparing, where that is smaller than a zone.
    #[serde(default)]
    pub spare_count: u64,
    /// What is slipped, ascending: physical sectors of the zone, numbered from its start in the
    /// order cylinder, head, sector (with [`Sparing::Tracks`]: tracks).
    #[serde(default)]
    pub slipped_locations: Vec<u64>,
}

/// How long the arm takes for a distance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Seek {
    /// Measured points, joined by straight lines.
    Extracted {
        /// Distance in cylinders and time in ns; at least two, from distance 1 on, ascending.
        points_cylinders_ns: Vec<(u32, u64)>,
    },
    /// A curve by formula.
    Hplplus10(Hplplus10),
}

/// Ruemmler and Wilkes' curve ("An introduction to disk drive modeling", 1994) behind a table of
/// the shortest distances: DiskSim's `HPL` with its first ten seeks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hplplus10 {
    /// The times for distances 1, 2, ... in ns, usually ten.
    pub first_distances_ns: Vec<u64>,
    /// The first distance of the straight part, in cylinders.
    pub boundary_cylinders: u32,
    /// Short distances: the constant in ns ...
    pub short_constant_ns: u64,
    /// ... and the factor of the distance's square root, in ns.
    pub short_square_root_ns: u64,
    /// Long distances: the constant in ns ...
    pub long_constant_ns: u64,
    /// ... and the factor of the distance, in ns.
    pub long_per_cylinder_ns: u64,
}

/// Overheads of electronics and firmware, and the bus. *After read* and *after write* tell the kind
/// of the request completed before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Controller {
    /// Before every request, in ns.
    #[serde(default)]
    pub per_request_overhead_ns: u64,
    /// Before the arm starts for a read that is not in the cache, in ns.
    pub read_miss_after_read_ns: u64,
    /// The same after a write.
    pub read_miss_after_write_ns: u64,
    /// Before the arm starts for a write that completes on the media, in ns.
    pub write_miss_after_read_ns: u64,
    /// The same after a write.
    pub write_miss_after_write_ns: u64,
    /// From the end of a read's transfer to its completion, in ns.
    #[serde(default)]
    pub read_completion_ns: u64,
    /// The same for a write.
    #[serde(default)]
    pub write_completion_ns: u64,
    /// Before data move on the bus, in ns.
    #[serde(default)]
    pub data_preparation_ns: u64,
    /// Taking the bus again after leaving it, in ns.
    #[serde(default)]
    pub first_reselect_ns: u64,
    /// Leaving the bus while a read goes to the media, in ns.
    #[serde(default)]
    pub read_disconnect_after_read_ns: u64,
    /// The same after a write.
    #[serde(default)]
    pub read_disconnect_after_write_ns: u64,
    /// Leaving the bus after a write's data have come in, in ns.
    #[serde(default)]
    pub write_disconnect_ns: u64,
    /// The least time of a write's first positioning, in ns.
    #[serde(default)]
    pub minimum_seek_delay_ns: u64,
    /// A sector to the host, in ns: the slowest of the drive's bus and what is in its way.
    // [hdd-phases.bus-time]
    pub bus_read_sector_ns: u64,
    /// A sector from the host, in ns.
    pub bus_write_sector_ns: u64,
    /// How many requests the host may send at once, at least 1.
    pub max_queue_length: u32,
}

impl Parameters {
    /// Whether every single figure is in its range; that they go together is checked where the
    /// tables are built.
    pub(crate) fn check_ranges(&self) -> Result<(), ParametersError> {
        let within = |what, value: u64, least: u64, most: u64| {
            if (least..=most).contains(&value) {
                Ok(())
            } else {
                Err(ParametersError::OutOfRange { what, value: i128::from(value), least, most })
            }
        };
        within("rotation_rpm", self.rotation_rpm.into(), 1, MOST_RPM.into())?;
        within("starting_angle_millionths", self.starting_angle_millionths.into(), 0, 999_999)?;
        within("cylinders", self.cylinders.into(), 1, MOST_CYLINDERS.into())?;
        within("surfaces", self.surfaces.into(), 1, MOST_SURFACES.into())?;
        within("max_queue_length", self.controller.max_queue_length.into(), 1, u32::MAX.into())?;
        within("head_switch_ns", self.head_switch_ns, 0, MOST_TIME_NS)?;
        within("write_settle_extra_ns", self.write_settle_extra_ns.unsigned_abs(), 0, MOST_TIME_NS)?;
        if let Sparing::Range { cylinders } = self.sparing {
            within("sparing.range.cylinders", cylinders.into(), 1, MOST_CYLINDERS.into())?;
        }
        for (what, time) in self.controller.times() {
            within(what, time, 0, MOST_TIME_NS)?;
        }
        for zone in &self.zones {
            let most = MOST_SECTORS_PER_TRACK.into();
            within("sectors_per_track", zone.sectors_per_track.into(), 1, most)?;
            within("track_skew_sectors", zone.track_skew_sectors.into(), 0, most)?;
            within("cylinder_skew_sectors", zone.cylinder_skew_sectors.into(), 0, most)?;
            within("angle_offset_sectors", zone.angle_offset_sectors.into(), 0, most)?;
        }
        Ok(())
    }
}

impl Controller {
    /// All its times, by name.
    fn times(&self) -> [(&'static str, u64); 15] {
        [
            ("per_request_overhead_ns", self.per_request_overhead_ns),
            ("read_miss_after_read_ns", self.read_miss_after_read_ns),
            ("read_miss_after_write_ns", self.read_miss_after_write_ns),
            ("write_miss_after_read_ns", self.write_miss_after_read_ns),
            ("write_miss_after_write_ns", self.write_miss_after_write_ns),
            ("read_completion_ns", self.read_completion_ns),
            ("write_completion_ns", self.write_completion_ns),
            ("data_preparation_ns", self.data_preparation_ns),
            ("first_reselect_ns", self.first_reselect_ns),
            ("read_disconnect_after_read_ns", self.read_disconnect_after_read_ns),
            ("read_disconnect_after_write_ns", self.read_disconnect_after_write_ns),
            ("write_disconnect_ns", self.write_disconnect_ns),
            ("minimum_seek_delay_ns", self.minimum_seek_delay_ns),
            ("bus_read_sector_ns", self.bus_read_sector_ns),
            ("bus_write_sector_ns", self.bus_write_sector_ns),
        ]
    }
}
