//! The flash channels: each a server between its dies and the controller.

use super::Parameters;
use super::picoseconds::{Picoseconds, Server, TransferTimes};

/// All channels.
#[derive(Clone, Debug)]
pub(crate) struct Channels {
    servers: Vec<Server>,
    command: Picoseconds,
    times: TransferTimes,
}

impl Channels {
    pub(crate) fn new(parameters: &Parameters) -> Channels {
        Channels {
            servers: vec![Server::default(); parameters.channels as usize],
            command: Picoseconds::from_nanoseconds(parameters.channel_command_ns),
            times: TransferTimes::new(parameters.page_sectors(), parameters.channel_bytes_per_second()),
        }
    }

    /// The command of a read; start and end.
    pub(crate) fn command(&mut self, channel: u32, ready: Picoseconds) -> (Picoseconds, Picoseconds) {
        if self.command == Picoseconds::ZERO {
            return (ready, ready);
        }
        self.servers[channel as usize].book(ready, self.command)
    }

    /// The data of a read, `sectors` sectors; start and end.
    pub(crate) fn data_out(
        &mut self,
        channel: u32,
        ready: Picoseconds,
        sectors: u32,
    ) -> (Picoseconds, Picoseconds) {
        self.servers[channel as usize].book(ready, self.times.of(sectors))
    }

    /// Command and data of a program in one piece, `sectors` sectors; start and end.
    pub(crate) fn data_in(
        &mut self,
        channel: u32,
        ready: Picoseconds,
        sectors: u32,
    ) -> (Picoseconds, Picoseconds) {
        self.servers[channel as usize].book(ready, self.command + self.times.of(sectors))
    }
}
