//! Parts of a request's time, and times split up by them.

use crate::time::Duration;

/// Where the time of a request went: one closed list for all devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Part {
    /// Waiting in the host, before the device takes the command.
    HostQueue,
    /// Waiting in the device for its mechanism, core or turn.
    DeviceQueue,
    /// Electronics and firmware.
    Overhead,
    /// Moving the arm.
    Seek,
    /// Switching heads.
    HeadSwitch,
    /// The extra settling of a write.
    Settle,
    /// Waiting for a sector to come round.
    Rotation,
    /// Sectors passing under the head.
    Transfer,
    /// Waiting for and on the bus or link.
    Bus,
    /// In the device's cache.
    Cache,
    /// Fetching an entry of a flash map.
    Mapping,
    /// Waiting for a die.
    DieWait,
    /// The flash array reads, programs or erases.
    Array,
    /// Waiting for a flash channel.
    ChannelWait,
    /// Transfer on a flash channel.
    Channel,
    /// Held back behind garbage collection.
    CollectionWait,
}

impl Part {
    /// All parts, in the order of the list.
    pub const ALL: [Part; 16] = [
        Part::HostQueue,
        Part::DeviceQueue,
        Part::Overhead,
        Part::Seek,
        Part::HeadSwitch,
        Part::Settle,
        Part::Rotation,
        Part::Transfer,
        Part::Bus,
        Part::Cache,
        Part::Mapping,
        Part::DieWait,
        Part::Array,
        Part::ChannelWait,
        Part::Channel,
        Part::CollectionWait,
    ];

    /// The name in figures and JSON, in the plain form `head_switch`.
    pub const fn key(self) -> &'static str {
        match self {
            Part::HostQueue => "host_queue",
            Part::DeviceQueue => "device_queue",
            Part::Overhead => "overhead",
            Part::Seek => "seek",
            Part::HeadSwitch => "head_switch",
            Part::Settle => "settle",
            Part::Rotation => "rotation",
            Part::Transfer => "transfer",
            Part::Bus => "bus",
            Part::Cache => "cache",
            Part::Mapping => "mapping",
            Part::DieWait => "die_wait",
            Part::Array => "array",
            Part::ChannelWait => "channel_wait",
            Part::Channel => "channel",
            Part::CollectionWait => "collection_wait",
        }
    }
}

/// The time of a request, split up. The parts add up to its response time exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts([Duration; 16]);

impl Parts {
    /// Adds `duration` to one part.
    pub fn add(&mut self, part: Part, duration: Duration) {
        self.0[part as usize] += duration;
    }

    /// Adds all parts of `other`, each up to the longest time that can be told.
    pub fn add_all(&mut self, other: &Parts) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine = mine.checked_add(theirs).unwrap_or(Duration::from_nanoseconds(u64::MAX));
        }
    }

    /// The time of one part.
    pub fn get(&self, part: Part) -> Duration {
        self.0[part as usize]
    }

    /// All parts together: the response time.
    pub fn total(&self) -> Duration {
        self.0.iter().copied().sum()
    }

    /// Parts and times, in the order of the list, zeros included.
    pub fn iter(&self) -> impl Iterator<Item = (Part, Duration)> + '_ {
        Part::ALL.into_iter().zip(self.0.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up() {
        let mut parts = Parts::default();
        parts.add(Part::Seek, Duration::from_nanoseconds(3));
        parts.add(Part::CollectionWait, Duration::from_nanoseconds(4));
        parts.add(Part::Seek, Duration::from_nanoseconds(1));
        assert_eq!(parts.get(Part::Seek).nanoseconds(), 4);
        assert_eq!(parts.total().nanoseconds(), 8);
        assert_eq!(parts.iter().count(), Part::ALL.len());
        let mut twice = parts;
        twice.add_all(&parts);
        assert_eq!(twice.get(Part::Seek).nanoseconds(), 8);
        twice.add(Part::Bus, Duration::from_nanoseconds(u64::MAX));
        twice.add_all(&twice.clone());
        assert_eq!(twice.get(Part::Bus).nanoseconds(), u64::MAX);
    }

    #[test]
    fn each_part_stands_at_its_own_place() {
        for (place, part) in Part::ALL.into_iter().enumerate() {
            assert_eq!(part as usize, place, "{}", part.key());
        }
    }
}
