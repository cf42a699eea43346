//! The back end: dies and channels, and the transactions that pass through them.

use sim_core::io::Part;

use super::channel::Channels;
use super::die::{Die, Work};
use super::events::{Event, Events};
use super::picoseconds::Picoseconds;
use super::slab::Slab;
use super::transaction::{Kind, Transaction};
use super::{Parameters, Scheduling};

/// Up to how many sectors (4096 bytes) a read of the array is a small one.
const SMALL_SECTORS: u32 = 8;

/// How long the array takes, by page type.
#[derive(Clone, Debug)]
struct ArrayTimes {
    read: Vec<Picoseconds>,
    read_small: Option<Picoseconds>,
    program: Vec<Picoseconds>,
}

impl ArrayTimes {
    fn new(parameters: &Parameters) -> ArrayTimes {
        let times = |list: &[u64]| list.iter().map(|&ns| Picoseconds::from_nanoseconds(ns)).collect();
        ArrayTimes {
            read: times(&parameters.array_read_ns),
            read_small: parameters.array_read_small_ns.map(Picoseconds::from_nanoseconds),
            program: times(&parameters.array_program_ns),
        }
    }

    fn of(&self, transaction: &Transaction) -> Picoseconds {
        // [ssd-back.page-types] [ssd-back.small]
        let index = transaction.place.page_in_block as usize;
        match (transaction.kind, self.read_small) {
            (Kind::Program, _) => self.program[index % self.program.len()],
            (Kind::Read | Kind::ReadOld, Some(small)) if transaction.channel_sectors <= SMALL_SECTORS => {
                small
            }
            (Kind::Read | Kind::ReadOld, _) => self.read[index % self.read.len()],
        }
    }
}

/// Dies, channels, and what is under way in them.
#[derive(Clone, Debug)]
pub(crate) struct BackEnd {
    /// The transactions of all commands, those of which a die does not know yet included.
    pub(crate) transactions: Slab<Transaction>,
    /// How many operations the dies have begun.
    pub(crate) operations: u64,
    dies: Vec<Die>,
    channels: Channels,
    times: ArrayTimes,
    scheduling: Scheduling,
    dies_per_channel: u32,
    entered: u64,
    /// Idle dies that have got a transaction, in the order in which they got their first.
    called: Vec<u32>,
}

impl BackEnd {
    pub(crate) fn new(parameters: &Parameters) -> BackEnd {
        let dies_per_channel = parameters.ways * parameters.dies;
        BackEnd {
            transactions: Slab::default(),
            operations: 0,
            dies: vec![Die::new(); (parameters.channels * dies_per_channel) as usize],
            channels: Channels::new(parameters),
            times: ArrayTimes::new(parameters),
            scheduling: parameters.scheduling,
            dies_per_channel,
            entered: 0,
            called: Vec::new(),
        }
    }

    /// Puts a transaction into the line of its die. An idle die chooses at
    /// [`BackEnd::choose`], when all pages of a command are in the lines.
    pub(crate) fn enter(&mut self, place: u32) {
        let transaction = self.transactions.get_mut(place);
        transaction.entered = self.entered;
        self.entered += 1;
        let number = transaction.place.die;
        let die = &mut self.dies[number as usize];
        die.enter(place, &mut self.transactions);
        if die.work == Work::Idle {
            self.call(number);
        }
    }

    fn call(&mut self, number: u32) {
        let die = &mut self.dies[number as usize];
        if !die.called {
            die.called = true;
            self.called.push(number);
        }
    }

    /// Lets the dies that are called begin what they choose.
    pub(crate) fn choose(&mut self, at: Picoseconds, events: &mut Events) {
        // [ssd-back.together]
        let mut called = std::mem::take(&mut self.called);
        for number in called.drain(..) {
            let die = &mut self.dies[number as usize];
            die.called = false;
            if let Some(place) = die.choose(self.scheduling, &mut self.transactions) {
                self.begin(number, place, at, events);
            }
        }
        self.called = called;
    }

    /// A die begins an operation: the array read of a page, or transfer and program of one.
    fn begin(&mut self, number: u32, place: u32, at: Picoseconds, events: &mut Events) {
        self.operations += 1;
        let channel = number / self.dies_per_channel;
        let transaction = self.transactions.get_mut(place);
        transaction.path.step(Part::DieWait, at);
        let (work, (start, end)) = match transaction.kind {
            // [ssd-back.read]
            Kind::Read | Kind::ReadOld => (Work::ArrayRead(place), self.channels.command(channel, at)),
            // [ssd-back.program]
            Kind::Program => {
                (Work::Program(place), self.channels.data_in(channel, at, transaction.channel_sectors))
            }
        };
        transaction.path.step(Part::ChannelWait, start);
        transaction.path.step(Part::Channel, end);
        let end = end + self.times.of(transaction);
        transaction.path.step(Part::Array, end);
        self.dies[number as usize].work = work;
        events.set(end, Event::Die(number));
    }

    /// A die ends what it is at. If that was a whole operation, the die is called and the
    /// transaction is told.
    pub(crate) fn end(&mut self, number: u32, at: Picoseconds, events: &mut Events) -> Option<u32> {
        let die = &mut self.dies[number as usize];
        match die.work {
            Work::Idle => None,
            Work::ArrayRead(place) => {
                // [ssd-back.read]
                let transaction = self.transactions.get_mut(place);
                let channel = number / self.dies_per_channel;
                let (start, end) = self.channels.data_out(channel, at, transaction.channel_sectors);
                transaction.path.step(Part::ChannelWait, start);
                transaction.path.step(Part::Channel, end);
                die.work = Work::Transfer(place);
                events.set(end, Event::Die(number));
                None
            }
            Work::Transfer(place) | Work::Program(place) => {
                die.work = Work::Idle;
                self.call(number);
                Some(place)
            }
        }
    }
}
