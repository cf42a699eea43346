//! The firmware: so much time a command, any number of commands at once.
//!
//! Left out: cores that commands wait for.

use sim_core::io::Operation;

use super::Parameters;
use super::picoseconds::Picoseconds;
use crate::device::Request;

/// Up to how many sectors (4096 bytes) a read is a small one.
const SMALL_SECTORS: u32 = 8;

/// The time of a kind of command: fixed, and for each 4096 bytes begun.
#[derive(Clone, Copy, Debug)]
struct Cost {
    fixed: Picoseconds,
    per_4k: u64,
}

impl Cost {
    fn new(fixed_ns: u64, per_4k_ns: u64) -> Cost {
        Cost { fixed: Picoseconds::from_nanoseconds(fixed_ns), per_4k: per_4k_ns }
    }

    fn of(self, sectors: u32) -> Picoseconds {
        let begun = u64::from(sectors.div_ceil(SMALL_SECTORS));
        self.fixed + Picoseconds::from_nanoseconds(begun.saturating_mul(self.per_4k))
    }
}

/// The firmware.
#[derive(Clone, Debug)]
pub(crate) struct Firmware {
    read: Cost,
    read_small: Cost,
    write: Cost,
    flush: Cost,
    deallocate: Cost,
}

impl Firmware {
    pub(crate) fn new(parameters: &Parameters) -> Firmware {
        let p = parameters;
        let small = p.firmware_read_small_ns.unwrap_or(p.firmware_read_ns);
        Firmware {
            read: Cost::new(p.firmware_read_ns, p.firmware_read_per_4k_ns),
            read_small: Cost::new(small, p.firmware_read_per_4k_ns),
            write: Cost::new(p.firmware_write_ns, p.firmware_write_per_4k_ns),
            flush: Cost::new(p.firmware_flush_ns, 0),
            deallocate: Cost::new(p.firmware_deallocate_ns, 0),
        }
    }

    /// How long it takes for a command.
    pub(crate) fn time(&self, request: &Request) -> Picoseconds {
        // [ssd-firmware.times] [ssd-firmware.delay]
        let cost = match request.operation {
            Operation::Read if request.sectors <= SMALL_SECTORS => self.read_small,
            Operation::Read => self.read,
            Operation::Write => self.write,
            Operation::Flush => self.flush,
            Operation::Discard => self.deallocate,
        };
        cost.of(request.sectors)
    }
}
