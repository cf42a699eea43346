//! A flash die: the lines of transactions before it, and which one it takes next.
//!
//! Left out: lines by plane and operations over several planes, map reads, collection, erases,
//! suspension, cache operations.

use serde::{Deserialize, Serialize};

use super::slab::Slab;
use super::transaction::{Kind, Transaction};

/// Which transactions a die takes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheduling {
    /// Reads before programs.
    #[default]
    ReadFirst,
    /// Programs before reads.
    WriteFirst,
    /// What came first.
    Fifo,
}

/// The classes of transactions; a die has a line for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    HostRead,
    HostWrite,
}

impl Class {
    fn of(kind: Kind) -> Class {
        match kind {
            Kind::Read | Kind::ReadOld => Class::HostRead,
            Kind::Program => Class::HostWrite,
        }
    }
}

/// What a die is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Nothing.
    Idle,
    /// The array reads a page.
    ArrayRead(u32),
    /// A page that was read waits for its channel or passes over it.
    Transfer(u32),
    /// A page comes in and is programmed.
    Program(u32),
}

/// First in, first out, through the transactions' own links.
#[derive(Clone, Debug, Default)]
struct Line {
    ends: Option<(u32, u32)>,
}

impl Line {
    fn push(&mut self, place: u32, transactions: &mut Slab<Transaction>) {
        self.ends = match self.ends {
            None => Some((place, place)),
            Some((head, tail)) => {
                transactions.get_mut(tail).next = Some(place);
                Some((head, place))
            }
        };
    }

    fn head(&self) -> Option<u32> {
        self.ends.map(|(head, _)| head)
    }

    fn pop(&mut self, transactions: &mut Slab<Transaction>) -> Option<u32> {
        let (head, tail) = self.ends?;
        self.ends = transactions.get_mut(head).next.take().map(|next| (next, tail));
        Some(head)
    }
}

/// A die.
#[derive(Clone, Debug)]
pub(crate) struct Die {
    reads: Line,
    writes: Line,
    /// What it is at.
    pub(crate) work: Work,
    /// Whether it is among the dies that are about to choose.
    pub(crate) called: bool,
}

impl Die {
    /// An idle die.
    pub(crate) fn new() -> Die {
        Die { reads: Line::default(), writes: Line::default(), work: Work::Idle, called: false }
    }

    /// Puts a transaction at the end of its line.
    pub(crate) fn enter(&mut self, place: u32, transactions: &mut Slab<Transaction>) {
        // [ssd-back.lines]
        let class = Class::of(transactions.get(place).kind);
        self.line(class).push(place, transactions);
    }

    /// Takes the transaction that is next out of its line.
    pub(crate) fn choose(
        &mut self,
        scheduling: Scheduling,
        transactions: &mut Slab<Transaction>,
    ) -> Option<u32> {
        // [ssd-back.choice] [ssd-back.scheduling]
        let class = match (self.reads.head(), self.writes.head()) {
            (None, None) => return None,
            (Some(_), None) => Class::HostRead,
            (None, Some(_)) => Class::HostWrite,
            (Some(read), Some(write)) => match scheduling {
                Scheduling::ReadFirst => Class::HostRead,
                Scheduling::WriteFirst => Class::HostWrite,
                Scheduling::Fifo if transactions.get(read).entered < transactions.get(write).entered => {
                    Class::HostRead
                }
                Scheduling::Fifo => Class::HostWrite,
            },
        };
        self.line(class).pop(transactions)
    }

    fn line(&mut self, class: Class) -> &mut Line {
        match class {
            Class::HostRead => &mut self.reads,
            Class::HostWrite => &mut self.writes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssd::map::Place;
    use crate::ssd::path::Path;

    fn order(scheduling: Scheduling, kinds: &[Kind]) -> Vec<u64> {
        let mut transactions = Slab::default();
        let mut die = Die::new();
        for (entered, &kind) in (0..).zip(kinds) {
            let place = transactions.insert(Transaction {
                command: 0,
                kind,
                page: 0,
                place: Place { die: 0, page_in_block: 0 },
                sectors: 8,
                channel_sectors: 8,
                entered,
                next: None,
                path: Path::default(),
            });
            die.enter(place, &mut transactions);
        }
        let mut chosen = Vec::new();
        while let Some(place) = die.choose(scheduling, &mut transactions) {
            chosen.push(transactions.get(place).entered);
        }
        chosen
    }

    #[test]
    fn a_die_takes_classes_in_order_and_each_first_in_first_out() {
        // [ssd-back.lines] [ssd-back.choice] [ssd-back.scheduling]
        let kinds = [Kind::Program, Kind::Read, Kind::Program, Kind::ReadOld, Kind::Read];
        assert_eq!(order(Scheduling::ReadFirst, &kinds), [1, 3, 4, 0, 2]);
        assert_eq!(order(Scheduling::WriteFirst, &kinds), [0, 2, 1, 3, 4]);
        assert_eq!(order(Scheduling::Fifo, &kinds), [0, 1, 2, 3, 4]);
    }
}
