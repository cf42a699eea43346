//! The parameters of a flash drive, as they stand in presets and scenario files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AllocationOrder, Scheduling};

/// The most commands inside the drive at once.
const MAX_COMMANDS: u64 = 1 << 20;
/// The most planes.
const MAX_UNITS: u64 = 1 << 16;
/// The largest flash page, and the longest request, in bytes.
const MAX_BYTES: u32 = 1 << 30;

/// The parameters of a flash drive. Geometry and array times must be given; all others have the
/// defaults of `docs/model/devices-ssd.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Where each number comes from, by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, String>,

    /// Flash channels (C).
    pub channels: u32,
    /// Ways, that is chips, a channel (W).
    pub ways: u32,
    /// Dies a chip (D).
    pub dies: u32,
    /// Planes a die (L).
    pub planes: u32,
    /// Blocks a plane (N).
    pub blocks_per_plane: u32,
    /// Flash pages a block (b).
    pub pages_per_block: u32,
    /// Bytes a flash page, a multiple of 512.
    pub page_bytes: u32,
    /// Over-provisioning: (T - U) / U, T all pages and U those that the host sees, in parts per
    /// million. Default 0.
    #[serde(default)]
    pub over_provisioning_ppm: u32,
    /// How pages are dealt out over the planes. Default `CWDP`.
    #[serde(default)]
    pub allocation_order: AllocationOrder,

    /// The array's time to read a page (tR), in ns, for each page type (LSB first).
    pub array_read_ns: Vec<u64>,
    /// The same when an operation reads at most 4096 bytes of one page, in ns. Default: none, as
    /// any other read.
    #[serde(default)]
    pub array_read_small_ns: Option<u64>,
    /// The array's time to program a page (tPROG), in ns, for each page type (LSB first).
    pub array_program_ns: Vec<u64>,
    /// Which command a die takes first. Default `read_first`.
    #[serde(default)]
    pub scheduling: Scheduling,

    /// The rate of a channel in 10^6 transfers a second (MT/s). Default: none, no limit.
    #[serde(default)]
    pub channel_megatransfers_per_second: Option<u64>,
    /// Bits a transfer. Default 8.
    #[serde(default = "eight")]
    pub channel_bits: u64,
    /// The time of a command on the channel, in ns. Default 0.
    #[serde(default)]
    pub channel_command_ns: u64,
    /// The unit in which a page can be read over the channel, in bytes, a multiple of 512. Default
    /// 4096.
    #[serde(default = "four_kibibytes")]
    pub ecc_unit_bytes: u32,

    /// The rate of each direction of the link, in bytes a second. Default: none, no limit.
    #[serde(default)]
    pub link_bytes_per_second: Option<u64>,
    /// Queue pairs. Default 1.
    #[serde(default = "one")]
    pub queue_pairs: u32,
    /// Commands a queue pair. Default 256.
    #[serde(default = "nvme_depth")]
    pub queue_depth: u32,
    /// Commands inside the controller at once. Default: none, no limit.
    #[serde(default)]
    pub controller_slots: Option<u32>,
    /// Time between the fetch of a command and its firmware, in ns. Default 0.
    #[serde(default)]
    pub fetch_ns: u64,
    /// Time between the last data and the completion, in ns. Default 0.
    #[serde(default)]
    pub completion_ns: u64,
    /// The longest request, in bytes, a multiple of 512. Default 1 MiB.
    #[serde(default = "one_mebibyte")]
    pub max_transfer_bytes: u32,

    /// The firmware's time for a read, in ns. Default 0.
    #[serde(default)]
    pub firmware_read_ns: u64,
    /// The same for a read of at most 4096 bytes, in ns. Default: as for any other.
    #[serde(default)]
    pub firmware_read_small_ns: Option<u64>,
    /// More for each 4096 bytes begun of a read, in ns. Default 0.
    #[serde(default)]
    pub firmware_read_per_4k_ns: u64,
    /// The firmware's time for a write, in ns. Default 0.
    #[serde(default)]
    pub firmware_write_ns: u64,
    /// More for each 4096 bytes begun of a write, in ns. Default 0.
    #[serde(default)]
    pub firmware_write_per_4k_ns: u64,
    /// The firmware's time for a flush, in ns. Default 0.
    #[serde(default)]
    pub firmware_flush_ns: u64,
    /// The firmware's time for a deallocation (discard), in ns. Default 0.
    #[serde(default)]
    pub firmware_deallocate_ns: u64,
}

const fn one() -> u32 {
    1
}

const fn eight() -> u64 {
    8
}

const fn nvme_depth() -> u32 {
    256
}

const fn four_kibibytes() -> u32 {
    4 << 10
}

const fn one_mebibyte() -> u32 {
    1 << 20
}

/// Parameters that make no drive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}`: {problem}")]
pub struct WrongParameters {
    /// The parameter at fault.
    pub key: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

fn demand(holds: bool, key: &'static str, problem: impl FnOnce() -> String) -> Result<(), WrongParameters> {
    if holds { Ok(()) } else { Err(WrongParameters { key, problem: problem() }) }
}

impl Parameters {
    /// Whether they make a drive.
    ///
    /// # Errors
    /// [`WrongParameters`] names the first one that does not fit.
    pub fn check(&self) -> Result<(), WrongParameters> {
        for (key, value) in self.counts() {
            demand(value > 0, key, || "must be at least 1".to_owned())?;
        }
        for (key, bytes) in [
            ("page_bytes", self.page_bytes),
            ("ecc_unit_bytes", self.ecc_unit_bytes),
            ("max_transfer_bytes", self.max_transfer_bytes),
        ] {
            // [ssd-settings.page]
            let whole = bytes > 0 && bytes.is_multiple_of(512) && bytes <= MAX_BYTES;
            demand(whole, key, || format!("{bytes} is no multiple of 512 from 512 to {MAX_BYTES}"))?;
        }
        for (key, times) in
            [("array_read_ns", &self.array_read_ns), ("array_program_ns", &self.array_program_ns)]
        {
            demand(!times.is_empty(), key, || "names no page type".to_owned())?;
        }
        self.check_sizes()
    }

    /// Parameters that count something and must not be 0.
    fn counts(&self) -> [(&'static str, u64); 12] {
        [
            ("channels", u64::from(self.channels)),
            ("ways", u64::from(self.ways)),
            ("dies", u64::from(self.dies)),
            ("planes", u64::from(self.planes)),
            ("blocks_per_plane", u64::from(self.blocks_per_plane)),
            ("pages_per_block", u64::from(self.pages_per_block)),
            ("queue_pairs", u64::from(self.queue_pairs)),
            ("queue_depth", u64::from(self.queue_depth)),
            ("controller_slots", self.controller_slots.map_or(1, u64::from)),
            ("channel_bits", self.channel_bits),
            ("link_bytes_per_second", self.link_bytes_per_second.unwrap_or(1)),
            ("channel_megatransfers_per_second", self.channel_bytes_per_second().unwrap_or(1)),
        ]
    }

    fn check_sizes(&self) -> Result<(), WrongParameters> {
        let dies = [self.ways, self.dies, self.planes];
        let units = product(u64::from(self.channels), &dies).filter(|&units| units <= MAX_UNITS);
        demand(units.is_some(), "channels", || format!("more than {MAX_UNITS} planes"))?;
        // [ssd-settings.pages]
        let pages = units.and_then(|units| product(units, &[self.blocks_per_plane, self.pages_per_block]));
        let numbered = pages.is_some_and(|pages| pages < u64::from(u32::MAX));
        demand(numbered, "blocks_per_plane", || "more than 2^32 - 2 pages".to_owned())?;
        demand(self.user_pages() > 0, "over_provisioning_ppm", || {
            format!("of {} pages the host sees none", pages.unwrap_or(0))
        })?;
        let commands = (u64::from(self.queue_pairs) * u64::from(self.queue_depth))
            .min(self.controller_slots.map_or(u64::MAX, u64::from));
        demand(commands <= MAX_COMMANDS, "queue_depth", || {
            format!("{commands} commands at once, more than {MAX_COMMANDS}")
        })
    }

    /// Planes of the drive (P).
    pub(crate) fn units(&self) -> u32 {
        self.channels * self.ways * self.dies * self.planes
    }

    /// Sectors a page.
    pub(crate) fn page_sectors(&self) -> u32 {
        self.page_bytes / 512
    }

    /// The rate of a channel in bytes a second; none: no limit.
    pub(crate) fn channel_bytes_per_second(&self) -> Option<u64> {
        // [ssd-time.rate]
        let transfers = self.channel_megatransfers_per_second?.saturating_mul(1_000_000);
        Some(transfers.saturating_mul(self.channel_bits) / 8)
    }

    /// Pages that the host sees (U).
    pub(crate) fn user_pages(&self) -> u64 {
        // [ssd-structure.capacity]
        let units = u64::from(self.units());
        let pages = u64::from(self.blocks_per_plane) * u64::from(self.pages_per_block) * units;
        let share = 1_000_000 + u64::from(self.over_provisioning_ppm);
        pages * 1_000_000 / share / units * units
    }
}

fn product(first: u64, others: &[u32]) -> Option<u64> {
    others.iter().try_fold(first, |product, &other| product.checked_mul(u64::from(other)))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ssd::{NVME_TLC_64L, SolidState};

    /// A small drive: 4 dies on 2 channels, 4 KiB pages, without firmware and link times.
    pub(crate) fn small() -> Parameters {
        serde_json::from_str(
            r#"{ "channels": 2, "ways": 2, "dies": 1, "planes": 1, "blocks_per_plane": 64,
                 "pages_per_block": 64, "page_bytes": 4096, "array_read_ns": [50000],
                 "array_program_ns": [500000], "channel_megatransfers_per_second": 400 }"#,
        )
        .unwrap()
    }

    #[test]
    fn defaults_are_those_of_the_reference() {
        // [ssd-host.depth] [ssd-time.rate]
        let parameters = small();
        assert_eq!((parameters.queue_pairs, parameters.queue_depth), (1, 256));
        assert_eq!((parameters.ecc_unit_bytes, parameters.max_transfer_bytes), (4_096, 1 << 20));
        assert_eq!(parameters.channel_bytes_per_second(), Some(400_000_000));
        assert_eq!(String::from(parameters.allocation_order), "CWDP");
        assert_eq!(parameters.scheduling, Scheduling::ReadFirst);
    }

    #[test]
    fn the_capacity_leaves_out_the_over_provisioning_in_whole_stripes() {
        // [ssd-structure.capacity]
        assert_eq!(small().user_pages(), 4 * 64 * 64);
        let parameters = Parameters { over_provisioning_ppm: 70_000, ..small() };
        assert_eq!(parameters.user_pages(), 15_312); // 16384 / 1.07 = 15312.1
        let preset: Parameters = serde_json::from_str(NVME_TLC_64L).unwrap();
        assert_eq!(preset.user_pages(), 31_351_616);
    }

    #[test]
    fn wrong_parameters_are_named() {
        // [ssd-settings.page] [ssd-settings.pages]
        let wrong = [
            ("channels", Parameters { channels: 0, ..small() }),
            ("channels", Parameters { ways: 1 << 20, ..small() }),
            ("page_bytes", Parameters { page_bytes: 1_000, ..small() }),
            ("ecc_unit_bytes", Parameters { ecc_unit_bytes: 0, ..small() }),
            ("blocks_per_plane", Parameters { blocks_per_plane: 1 << 24, ..small() }),
            (
                "over_provisioning_ppm",
                Parameters { blocks_per_plane: 1, pages_per_block: 1, over_provisioning_ppm: 1, ..small() },
            ),
            ("array_program_ns", Parameters { array_program_ns: vec![], ..small() }),
            ("queue_depth", Parameters { queue_depth: u32::MAX, queue_pairs: u32::MAX, ..small() }),
            ("controller_slots", Parameters { controller_slots: Some(0), ..small() }),
            ("link_bytes_per_second", Parameters { link_bytes_per_second: Some(0), ..small() }),
        ];
        for (key, parameters) in wrong {
            assert_eq!(SolidState::new(&parameters).err().map(|error| error.key), Some(key));
        }
    }

    #[test]
    fn every_number_of_the_preset_has_its_source() {
        // [ssd-presets.sources]
        let text: serde_json::Value = serde_json::from_str(NVME_TLC_64L).unwrap();
        let keys = text.as_object().unwrap().keys().filter(|key| *key != "sources");
        let preset: Parameters = serde_json::from_str(NVME_TLC_64L).unwrap();
        assert!(keys.eq(preset.sources.keys()), "{:?}", preset.sources);
        for (key, source) in &preset.sources {
            assert!(source.starts_with("assumption: ") || source.starts_with("AnandTech"), "{key}: {source}");
        }
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let text = NVME_TLC_64L.replace("\"ways\": 1", "\"ways\": 1, \"way\": 1");
        assert!(serde_json::from_str::<Parameters>(&text).is_err());
    }
}
