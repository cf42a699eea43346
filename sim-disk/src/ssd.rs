//! The flash drive.
//!
//! The model is that of `docs/model/devices-ssd.md`. A command passes these stages, each a room of
//! its own: `host` (queue pairs), `firmware`, `link` (its two directions), `map` (where a page
//! lies), `buffer` (pages between their arrival and the end of their program), `back_end` with
//! `die` and `channel` (the flash itself); `drive` passes commands from one to the next.
//!
//! Built is a drive without a cache whose map never changes: every logical page has one physical
//! page, counts as written, and is programmed in place. So there is no erase, no collection and no
//! wear; one page a die operation (no multi-plane), no suspension, no firmware cores, no SATA.

mod back_end;
mod buffer;
mod channel;
mod die;
mod drive;
mod events;
mod firmware;
mod host;
mod link;
mod map;
mod parameters;
mod path;
mod picoseconds;
mod slab;
mod transaction;

pub use die::Scheduling;
pub use drive::{Counts, SolidState};
pub use map::AllocationOrder;
pub use parameters::{Parameters, WrongParameters};

/// The preset `nvme-tlc-64l`: parameters in JSON, with the source of each number under `sources`.
///
/// [ssd-presets.sources] [ssd-presets.depth-1]
pub const NVME_TLC_64L: &str = include_str!("../presets/ssd/nvme-tlc-64l.json");
