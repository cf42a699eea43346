//! The vocabulary of I/O: operations, flags, sectors, what a block is (its role) and why an I/O
//! was sent (its reason). Plain data; how an I/O is served is told elsewhere.

use std::fmt;
use std::ops::BitOr;

use crate::time::Duration;

/// Bytes in a sector: 512, always, whatever the device's physical sectors are.
pub const SECTOR_BYTES: u64 = 512;

/// A position on the device, in sectors of 512 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sector(pub u64);

impl Sector {
    /// The sector `sectors` further on; `None` if that overflows.
    pub fn checked_add(self, sectors: u64) -> Option<Sector> {
        self.0.checked_add(sectors).map(Sector)
    }
}

impl fmt::Display for Sector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

identifier!(
    /// A bio, numbered in the order in which bios are queued.
    BioId(u64)
);
identifier!(
    /// A request to a device, numbered in the order in which requests are made.
    RequestId(u64)
);
identifier!(
    /// A file of the run, numbered in the order in which the scenario names them.
    FileId(u32)
);

/// What a device is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Read sectors.
    Read,
    /// Write sectors.
    Write,
    /// Make everything that was written durable.
    Flush,
    /// Tell the device that sectors hold nothing any more.
    Discard,
}

/// What is said about an I/O beside its operation: a set of marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flags(u8);

impl Flags {
    /// No mark.
    pub const NONE: Flags = Flags(0);
    /// Somebody waits for it (`REQ_SYNC`).
    pub const SYNC: Flags = Flags(1);
    /// Read ahead: nobody has asked for it yet (`REQ_RAHEAD`).
    pub const READ_AHEAD: Flags = Flags(2);
    /// Metadata (`REQ_META`).
    pub const METADATA: Flags = Flags(4);
    /// The device's cache is flushed before it (`REQ_PREFLUSH`).
    pub const PREFLUSH: Flags = Flags(8);
    /// Durable when it completes (`REQ_FUA`).
    pub const FUA: Flags = Flags(16);
    /// Sent by background writeback (`REQ_BACKGROUND`); it has no letter.
    pub const BACKGROUND: Flags = Flags(32);

    /// Whether all marks of `other` are set.
    pub const fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// The marks as bits, for digests.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// These marks without those of `other`.
    #[must_use]
    pub const fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }
}

impl BitOr for Flags {
    type Output = Flags;

    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

/// Operation and flags as blktrace prints them: `RA`, `WS`, `FWS`, ...
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rwbs(pub Operation, pub Flags);

impl fmt::Display for Rwbs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rwbs(operation, flags) = *self;
        let operation = match operation {
            Operation::Read => "R",
            Operation::Write => "W",
            Operation::Flush => "F",
            Operation::Discard => "D",
        };
        for (shown, letter) in [
            (flags.contains(Flags::PREFLUSH), "F"),
            (true, operation),
            (flags.contains(Flags::FUA), "F"),
            (flags.contains(Flags::READ_AHEAD), "A"),
            (flags.contains(Flags::SYNC), "S"),
            (flags.contains(Flags::METADATA), "M"),
        ] {
            if shown {
                f.write_str(letter)?;
            }
        }
        Ok(())
    }
}

/// An I/O that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum IoError {
    /// The device could not read or write a sector (EIO).
    #[error("I/O error")]
    Medium,
}

/// What a block is to its filesystem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A block of a file's contents.
    Data,
    /// The single indirect block.
    Ind,
    /// The double indirect block.
    Dind,
    /// A leaf under the double indirect block, by its index there.
    DindLeaf(u32),
    /// The triple indirect block.
    Tind,
    /// A block under the triple indirect block, by its index there.
    TindMiddle(u32),
    /// A leaf under such a block: the index of that block, and the index in it.
    TindLeaf(u32, u32),
    /// The superblock.
    Super,
    /// Group descriptors.
    Groups,
    /// The block bitmap of a group.
    Bitmap(u32),
    /// The inode table of a group.
    Inodes(u32),
    /// A block that nothing known to the run uses.
    Unknown,
}

impl Role {
    /// Whether this is one of the blocks that map a file: an indirect block of any level.
    pub fn is_indirect(self) -> bool {
        match self {
            Role::Ind
            | Role::Dind
            | Role::DindLeaf(_)
            | Role::Tind
            | Role::TindMiddle(_)
            | Role::TindLeaf(..) => true,
            Role::Data | Role::Super | Role::Groups | Role::Bitmap(_) | Role::Inodes(_) | Role::Unknown => {
                false
            }
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Role::Data => f.write_str("data"),
            Role::Ind => f.write_str("ind"),
            Role::Dind => f.write_str("dind"),
            Role::DindLeaf(leaf) => write!(f, "dleaf/{leaf}"),
            Role::Tind => f.write_str("tind"),
            Role::TindMiddle(middle) => write!(f, "tmid/{middle}"),
            Role::TindLeaf(middle, leaf) => write!(f, "tleaf/{middle}/{leaf}"),
            Role::Super => f.write_str("super"),
            Role::Groups => f.write_str("groups"),
            Role::Bitmap(group) => write!(f, "bitmap/{group}"),
            Role::Inodes(group) => write!(f, "inodes/{group}"),
            Role::Unknown => f.write_str("unknown"),
        }
    }
}

/// A run of filesystem blocks inside one I/O: consecutive on the device and, where they are data,
/// consecutive in their file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Piece {
    /// The file that the blocks belong to; none for metadata of the whole filesystem.
    pub file: Option<FileId>,
    /// What the blocks are.
    pub role: Role,
    /// The first block's index in its file (data), else 0.
    pub logical: u64,
    /// The first block's index on the device, in filesystem blocks.
    pub physical: u64,
    /// How many blocks.
    pub blocks: u32,
}

/// Why mpage gave up building a multi-page bio for a page and took it block by block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confused {
    /// Reading: the page already has buffers.
    HasBuffers,
    /// `get_block` failed.
    GetBlockFailed,
    /// The filesystem filled the block's data while mapping it.
    UpToDateBuffer,
    /// A block is mapped after a hole in the same page.
    MappedAfterHole,
    /// A block is not physically next to the one before it in the page.
    NotContiguous,
    /// No bio could be allocated for readahead.
    AllocationFailed,
    /// Writing: a buffer is dirty, but not mapped.
    DirtyUnmapped,
    /// Writing: a buffer is mapped, but not both dirty and up to date.
    NotDirtyUpToDate,
    /// Writing: no buffer is mapped.
    AllUnmapped,
    /// Writing: the page lies wholly at or past the file's size.
    PastEnd,
}

/// Why an I/O was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The mapping reached the end of its indirect block's array, and the filesystem said so.
    Boundary,
    /// The page that was added last is not full: a hole, or the end of the file.
    Hole,
    /// The next page does not lie next to the last one on the device.
    NotContiguous,
    /// The bio had no room for the next page.
    BioFull,
    /// The next page was given up on, for this reason.
    Confused(Confused),
    /// Nothing more was asked for.
    EndOfRequest,
    /// One block of a page read block by block (`block_read_full_folio`), for this reason.
    FullFolio(Confused),
    /// One block of a page written block by block (`block_write_full_page`), for this reason.
    FullPage(Confused),
    /// One block that is partly overwritten, or zeroed in part, and was not in the cache.
    ReadForWrite,
    /// A metadata block that was not in the cache.
    MetadataRead,
    /// The dirty indirect block behind the last data block (`write_boundary_block`).
    BoundaryBlock,
    /// A dirty metadata block.
    MetadataWrite,
    /// A flush of the device's cache.
    Flush,
}

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
    fn letters_come_in_blktraces_order() {
        assert_eq!(Rwbs(Operation::Read, Flags::READ_AHEAD).to_string(), "RA");
        assert_eq!(Rwbs(Operation::Write, Flags::SYNC | Flags::BACKGROUND).to_string(), "WS");
        assert_eq!(Rwbs(Operation::Write, Flags::PREFLUSH | Flags::SYNC).to_string(), "FWS");
        assert_eq!(Rwbs(Operation::Write, Flags::FUA | Flags::SYNC).to_string(), "WFS");
        assert_eq!(Rwbs(Operation::Flush, Flags::PREFLUSH).to_string(), "FF");
    }

    #[test]
    fn parts_add_up() {
        let mut parts = Parts::default();
        parts.add(Part::Seek, Duration::from_nanoseconds(3));
        parts.add(Part::CollectionWait, Duration::from_nanoseconds(4));
        parts.add(Part::Seek, Duration::from_nanoseconds(1));
        assert_eq!(parts.get(Part::Seek).nanoseconds(), 4);
        assert_eq!(parts.total().nanoseconds(), 8);
        assert_eq!(parts.iter().count(), Part::ALL.len());
    }

    #[test]
    fn each_part_stands_at_its_own_place() {
        for (place, part) in Part::ALL.into_iter().enumerate() {
            assert_eq!(part as usize, place, "{}", part.key());
        }
    }
}
