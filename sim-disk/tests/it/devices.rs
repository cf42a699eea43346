//! Which devices are put to the contract: one line each.

use proptest::prelude::*;
use sim_core::time::Duration;
use sim_disk::device::{BlockDevice, Device};
use sim_disk::ideal::{Ideal, Settings};
use sim_disk::ssd::{NVME_TLC_64L, Parameters, Scheduling, SolidState};

use crate::contract::{self, contract};
use crate::own_device::Tape;

contract!(ideal, Ideal::new(Settings::default()));
contract!(ideal_with_time_per_sector, Ideal::new(slow_sectors()));
contract!(ideal_as_device, Device::from(Ideal::new(Settings::default())));
contract!(nvme_tlc_64l, SolidState::new(&preset()).unwrap());
contract!(solid_state_as_device, Device::from(SolidState::new(&preset()).unwrap()));
contract!(crowded_solid_state, SolidState::new(&crowded()).unwrap());
contract!(own, Device::Other(Box::new(Tape::new(1 << 20))));

fn slow_sectors() -> Settings {
    Settings { per_sector: Duration::from_nanoseconds(333), queue_depth: 3, ..Settings::default() }
}

fn preset() -> Parameters {
    serde_json::from_str(NVME_TLC_64L).unwrap()
}

/// Everything is scarce and no time is a whole nanosecond.
fn crowded() -> Parameters {
    Parameters {
        channels: 2,
        ways: 2,
        blocks_per_plane: 16,
        pages_per_block: 16,
        page_bytes: 8_192,
        array_read_ns: vec![30_000, 45_001],
        array_read_small_ns: Some(20_000),
        array_program_ns: vec![300_000, 700_000, 1_100_000],
        scheduling: Scheduling::Fifo,
        channel_megatransfers_per_second: Some(333),
        channel_command_ns: 300,
        link_bytes_per_second: Some(600_000_007),
        queue_pairs: 2,
        queue_depth: 4,
        controller_slots: Some(5),
        fetch_ns: 700,
        completion_ns: 900,
        firmware_read_small_ns: Some(2_000),
        firmware_write_per_4k_ns: 310,
        firmware_flush_ns: 50,
        ..preset()
    }
}

#[test]
fn the_example_runs() {
    crate::own_device::main().unwrap();
}

/// Drives of all shapes: geometry, rates that are no whole picoseconds, room for few commands.
fn any_drive() -> impl Strategy<Value = Parameters> {
    let geometry = (1_u32..4, 1_u32..4, 1_u32..3, 1_u32..3, 1_u32..40);
    let rates = (proptest::option::of(1_u64..1_000), proptest::option::of(1_u64..5_000_000_000));
    let host = (1_u32..4, 1_u32..20, proptest::option::of(1_u32..20));
    let order = prop_oneof![Just("CWDP"), Just("PDWC"), Just("WPCD")];
    let scheduling =
        prop_oneof![Just(Scheduling::ReadFirst), Just(Scheduling::WriteFirst), Just(Scheduling::Fifo)];
    (geometry, rates, host, order, scheduling).prop_map(|(geometry, rates, host, order, scheduling)| {
        let (channels, ways, dies, planes, page_sectors) = geometry;
        Parameters {
            channels,
            ways,
            dies,
            planes,
            page_bytes: page_sectors * 512,
            blocks_per_plane: 40,
            pages_per_block: 7,
            channel_megatransfers_per_second: rates.0,
            link_bytes_per_second: rates.1,
            queue_pairs: host.0,
            queue_depth: host.1,
            controller_slots: host.2,
            allocation_order: order.to_owned().try_into().unwrap(),
            scheduling,
            ..preset()
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_flash_drive_of_any_shape_keeps_the_contract(parameters in any_drive()) {
        let make = || -> Box<dyn BlockDevice> { Box::new(SolidState::new(&parameters).unwrap()) };
        contract::every_request_ends_once_and_its_parts_add_up(&make);
        contract::statistics_count_what_has_ended(&make);
    }
}
