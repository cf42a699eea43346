//! One request from the moment when it gets the arm to its completion: the phases of a read that is
//! not in a cache, and of a write that completes on the media. Closed forms, track by track.

use sim_core::io::{Operation, Part};
use sim_core::time::Duration;

use crate::device::Request;
use crate::hdd::bus::{ReadTransfer, WriteTransfer};
use crate::hdd::geometry::{Geometry, Track};
use crate::hdd::ledger::Ledger;
use crate::hdd::mechanics::{Arm, Kind, Mechanics};
use crate::hdd::parameters::{Controller, Parameters, ParametersError};
use crate::hdd::spindle::{Pass, Spindle};

/// What a drive is, and never changes.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) geometry: Geometry,
    mechanics: Mechanics,
    spindle: Spindle,
    controller: Controller,
}

/// What the last request has left behind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct State {
    arm: Arm,
    /// The kind of the request completed before.
    previous: Kind,
}

impl State {
    /// The arm on cylinder 0, head 0, as after a read.
    pub(crate) fn new() -> State {
        State { arm: Arm::default(), previous: Kind::Read }
    }
}

impl Tables {
    /// Makes the tables of a drive.
    pub(crate) fn new(parameters: Parameters) -> Result<Tables, ParametersError> {
        Ok(Tables {
            geometry: Geometry::new(&parameters)?,
            mechanics: Mechanics::new(&parameters)?,
            spindle: Spindle::new(parameters.rotation_rpm, parameters.starting_angle_millionths),
            controller: parameters.controller,
        })
    }

    /// Works out a request that has just got the arm: the ledger comes at the instant of that and
    /// goes at the completion.
    pub(crate) fn serve(&self, state: &mut State, request: &Request, ledger: &mut Ledger) {
        // [hdd-phases.arrival]
        ledger.spend(Part::Overhead, nanoseconds(self.controller.per_request_overhead_ns));
        match request.operation {
            Operation::Read => self.read(state, request, ledger),
            Operation::Write => self.write(state, request, ledger),
            // [hdd-writes.flush] Every write before it is on the media.
            Operation::Flush | Operation::Discard => {}
        }
    }

    fn read(&self, state: &mut State, request: &Request, ledger: &mut Ledger) {
        let controller = &self.controller;
        // [hdd-phases.overheads]
        let (miss, disconnect) = match state.previous {
            Kind::Read => (controller.read_miss_after_read_ns, controller.read_disconnect_after_read_ns),
            Kind::Write => (controller.read_miss_after_write_ns, controller.read_disconnect_after_write_ns),
        };
        // [hdd-phases.arm-start]
        ledger.spend(Part::Overhead, nanoseconds(miss));
        let mut transfer = ReadTransfer::new(
            request.sectors.into(),
            nanoseconds(controller.bus_read_sector_ns),
            ledger.now() + nanoseconds(disconnect),
            nanoseconds(controller.first_reselect_ns + controller.data_preparation_ns),
        );
        let (mut block, end) = blocks(request);
        let mut first = true;
        while block < end {
            let (track, sector) = self.geometry.locate(block);
            let pass = self.reach(state, &track, sector, Kind::Read, first, ledger);
            // [hdd-parts.media]
            ledger.until(Part::Rotation, pass.edge(sector));
            let stop = end.min(track.last + 1);
            for run in track.runs(block, stop) {
                let passed = pass.edge(run.sector + run.count);
                transfer.buffered(run.count, pass.edge(run.sector + 1), passed);
                ledger.until(Part::Transfer, passed);
            }
            (block, first) = (stop, false);
        }
        // [hdd-parts.path]
        let (bus_start, bus_end) = transfer.span();
        ledger.until(Part::Overhead, bus_start);
        ledger.until(Part::Bus, bus_end);
        // [hdd-phases.read-completion]
        ledger.spend(Part::Overhead, nanoseconds(controller.read_completion_ns));
        state.previous = Kind::Read;
    }

    fn write(&self, state: &mut State, request: &Request, ledger: &mut Ledger) {
        let controller = &self.controller;
        // [hdd-phases.overheads]
        let overhead = match state.previous {
            Kind::Read => controller.write_miss_after_read_ns,
            Kind::Write => controller.write_miss_after_write_ns,
        };
        // [hdd-phases.arm-start] [hdd-writes.start]
        ledger.spend(Part::Overhead, nanoseconds(overhead));
        let mut over_bus = *ledger;
        over_bus.spend(Part::Overhead, nanoseconds(controller.data_preparation_ns));
        let data =
            WriteTransfer { start: over_bus.now(), sector: nanoseconds(controller.bus_write_sector_ns) };
        self.onto_media(state, request, data, ledger);
        // [hdd-writes.completion]
        over_bus.until(Part::Bus, data.buffered(request.sectors.into()));
        over_bus.spend(Part::Overhead, nanoseconds(controller.write_disconnect_ns));
        if over_bus.now() > ledger.now() {
            *ledger = over_bus;
        }
        let reselect = controller.first_reselect_ns + controller.write_completion_ns;
        ledger.spend(Part::Overhead, nanoseconds(reselect));
        state.previous = Kind::Write;
    }

    /// Writes the sectors as they come by, each if it is in the buffer by then, else a turn later.
    fn onto_media(&self, state: &mut State, request: &Request, data: WriteTransfer, ledger: &mut Ledger) {
        let (mut block, end) = blocks(request);
        let mut first = true;
        while block < end {
            let (track, sector) = self.geometry.locate(block);
            let pass = self.reach(state, &track, sector, Kind::Write, first, ledger);
            ledger.until(Part::Rotation, pass.edge(sector));
            let stop = end.min(track.last + 1);
            let mut turns = 0;
            let mut behind_last = sector;
            for run in track.runs(block, stop) {
                // [hdd-writes.lost-turn] Along a run, sectors come by and come in evenly: of the
                // first and the last, one has to be let go by as often as any.
                let before = run.block - request.sector.0;
                let last = run.sector + run.count - 1;
                turns = turns
                    .max(pass.turns_until(run.sector, data.buffered(before + 1)))
                    .max(pass.turns_until(last, data.buffered(before + run.count)));
                behind_last = last + 1;
            }
            // [hdd-parts.media]
            let written = pass.edge_after(behind_last, turns);
            ledger.spend(Part::Rotation, written - pass.edge(behind_last));
            ledger.until(Part::Transfer, written);
            (block, first) = (stop, false);
        }
    }

    /// Brings the arm to a track.
    fn reach(
        &self,
        state: &mut State,
        track: &Track<'_>,
        sector: u64,
        kind: Kind,
        first: bool,
        ledger: &mut Ledger,
    ) -> Pass {
        let to = Arm { cylinder: track.cylinder, head: track.head };
        let positioning = self.mechanics.position(state.arm, to, kind, first);
        ledger.spend(positioning.part, positioning.time);
        ledger.spend(Part::Settle, positioning.settle);
        state.arm = to;
        self.spindle.pass(ledger.now(), track, sector)
    }
}

/// The request's blocks: the first, and the one behind the last. They were checked against the
/// drive's end.
fn blocks(request: &Request) -> (u64, u64) {
    (request.sector.0, request.sector.0 + u64::from(request.sectors))
}

fn nanoseconds(nanoseconds: u64) -> Duration {
    Duration::from_nanoseconds(nanoseconds)
}
