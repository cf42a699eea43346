//! The host interface: NVMe queue pairs and the slots of the controller.
//!
//! A command lies in the queue pair of its submitter until the controller fetches it. Left out:
//! SATA.

use std::collections::VecDeque;

use super::Parameters;

/// A queue pair.
#[derive(Clone, Debug, Default)]
struct Pair {
    /// Commands that are not fetched yet, in order of arrival.
    waiting: VecDeque<u32>,
    /// Commands that are fetched and have not ended.
    fetched: u32,
    /// Whether it has its place among those that the controller fetches from.
    in_turn: bool,
}

/// All queue pairs. Commands are known by their place in the drive's slab.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    pairs: Vec<Pair>,
    /// The pairs that have a command to fetch, in the order in which it is their turn.
    turns: VecDeque<u32>,
    fetched: u32,
    depth: u32,
    slots: u32,
}

impl Host {
    pub(crate) fn new(parameters: &Parameters) -> Host {
        Host {
            pairs: vec![Pair::default(); parameters.queue_pairs as usize],
            turns: VecDeque::new(),
            fetched: 0,
            depth: parameters.queue_depth,
            slots: parameters.controller_slots.unwrap_or(u32::MAX),
        }
    }

    fn pair_of(&self, submitter: u32) -> u32 {
        // [ssd-host.pair]
        let pairs = u32::try_from(self.pairs.len()).unwrap_or(u32::MAX);
        submitter % pairs.max(1)
    }

    /// Puts a command of `submitter` into its pair.
    pub(crate) fn arrive(&mut self, command: u32, submitter: u32) {
        let pair = self.pair_of(submitter);
        self.pairs[pair as usize].waiting.push_back(command);
        self.take_turn(pair);
    }

    /// The next command that the controller has room for, if there is one.
    pub(crate) fn fetch(&mut self) -> Option<u32> {
        // [ssd-host.fetch]
        if self.fetched == self.slots {
            return None;
        }
        let number = self.turns.pop_front()?;
        let pair = &mut self.pairs[number as usize];
        pair.in_turn = false;
        let command = pair.waiting.pop_front();
        assert!(command.is_some(), "queue pair {number} had its turn without a command");
        pair.fetched += 1;
        self.fetched += 1;
        self.take_turn(number);
        command
    }

    /// A command of `submitter` has ended.
    pub(crate) fn release(&mut self, submitter: u32) {
        let number = self.pair_of(submitter);
        let pair = &mut self.pairs[number as usize];
        assert!(pair.fetched > 0, "a command of queue pair {number} ended twice");
        pair.fetched -= 1;
        self.fetched -= 1;
        self.take_turn(number);
    }

    /// Lines a pair up behind the others if it has a command and room for it, and is not there.
    fn take_turn(&mut self, number: u32) {
        let pair = &mut self.pairs[number as usize];
        // [ssd-host.depth]
        if !pair.in_turn && pair.fetched < self.depth && !pair.waiting.is_empty() {
            pair.in_turn = true;
            self.turns.push_back(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssd::parameters::tests::small;

    fn fetched(host: &mut Host) -> Vec<u32> {
        std::iter::from_fn(|| host.fetch()).collect()
    }

    #[test]
    fn pairs_are_fetched_from_in_turn() {
        // [ssd-host.pair] [ssd-host.fetch]
        let mut host = Host::new(&Parameters { queue_pairs: 2, ..small() });
        for (command, submitter) in [(0, 0), (1, 2), (2, 4), (3, 1), (4, 3)] {
            host.arrive(command, submitter);
        }
        assert_eq!(fetched(&mut host), [0, 3, 1, 4, 2]);
    }

    #[test]
    fn a_pair_holds_its_depth_and_the_controller_its_slots() {
        // [ssd-host.depth] [ssd-host.fetch]
        let mut host = Host::new(&Parameters { queue_depth: 2, queue_pairs: 2, ..small() });
        (0..4).for_each(|command| host.arrive(command, 0));
        assert_eq!(fetched(&mut host), [0, 1]);
        host.arrive(4, 1);
        assert_eq!(fetched(&mut host), [4]);
        host.release(0);
        assert_eq!(fetched(&mut host), [2]);

        let mut host = Host::new(&Parameters { controller_slots: Some(1), ..small() });
        (0..2).for_each(|command| host.arrive(command, 0));
        assert_eq!(fetched(&mut host), [0]);
        host.release(0);
        assert_eq!(fetched(&mut host), [1]);
    }
}
