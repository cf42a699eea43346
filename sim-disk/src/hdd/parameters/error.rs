//! What can be wrong with a drive's parameters.

/// Parameters that no drive can have. Zones are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParametersError {
    /// A figure is out of its range.
    #[error("`{what}` is {value}, but must lie between {least} and {most}")]
    OutOfRange {
        /// The key.
        what: &'static str,
        /// What it is.
        value: i128,
        /// The least that it may be (of a signed figure: its size).
        least: u64,
        /// The most that it may be.
        most: u64,
    },
    /// A drive without zones holds nothing.
    #[error("the drive has no zones")]
    NoZones,
    /// A zone's cylinders run backwards, lie beyond the drive's, or in those of the zone before.
    #[error("zone {zone}: cylinders {first} to {last} do not follow one another within {least} to {most}")]
    ZoneCylinders {
        /// The zone.
        zone: usize,
        /// Its first cylinder.
        first: u32,
        /// Its last cylinder.
        last: u32,
        /// The first cylinder behind the zone before.
        least: u32,
        /// The drive's last cylinder.
        most: u32,
    },
    /// A zone's blocks run backwards or do not go on where those of the zone before end.
    #[error("zone {zone}: blocks {first} to {last} should begin at {expected} and not run backwards")]
    ZoneBlocks {
        /// The zone.
        zone: usize,
        /// Its first block.
        first: u64,
        /// Its last block.
        last: u64,
        /// The first block behind the zone before.
        expected: u64,
    },
    /// A unit of a zone has more blocks and slipped locations than sectors.
    #[error("zone {zone}: block {block} would lie behind the last sector of its zone or sparing unit")]
    ZoneTooSmall {
        /// The zone.
        zone: usize,
        /// The block, counted from the zone's start, unused ones included.
        block: u64,
    },
    /// The spare sectors leave no room for blocks.
    #[error("zone {zone}: {spare_count} spare sectors in a unit of {unit_sectors} leave no room for blocks")]
    SpareCount {
        /// The zone.
        zone: usize,
        /// Its spare sectors in each unit.
        spare_count: u64,
        /// The sectors of a unit.
        unit_sectors: u64,
    },
    /// Slipped locations are not in ascending order.
    #[error("zone {zone}: slipped location {location} does not come after the one before it")]
    SlippedOrder {
        /// The zone.
        zone: usize,
        /// The location.
        location: u64,
    },
    /// A slipped location lies outside its zone.
    #[error("zone {zone}: slipped location {location} lies outside the zone's {locations}")]
    SlippedOutside {
        /// The zone.
        zone: usize,
        /// The location.
        location: u64,
        /// How many locations the zone has.
        locations: u64,
    },
    /// A measured seek curve needs two points, the first at distance 1.
    #[error("a seek curve needs at least two points, the first of them at distance 1")]
    SeekPoints,
    /// The points of a seek curve are not in ascending order.
    #[error("the seek distance {distance} does not come after the one before it")]
    SeekOrder {
        /// The distance in cylinders.
        distance: u32,
    },
    /// A seek would take less than no time, or longer than a second.
    #[error("a seek over {distance} cylinders would take {time} ns")]
    SeekTime {
        /// The distance in cylinders.
        distance: u32,
        /// What it would take, in ns.
        time: i128,
    },
}
