//! What a scenario says must come out, and whether it does.
//!
//! There are three kinds: an order, compared exactly; blocks that come before others; and an
//! assertion over figures. All are read when the scenario is loaded, so that a mistake in one is
//! told with its place before anything runs.

mod assertion;
mod before;
pub mod expression;
mod figures;
pub mod junit;
mod order;
pub mod rational;
mod read;
pub mod report;

use serde::Serialize;
use sim_core::io::blocks::{Order, OrderedIo};
use sim_core::trace::Ios;

use self::expression::Condition;
use crate::present::event::reason_name;
use crate::run::{ArmRun, ScenarioRun};
use crate::scenario::expect::Level;

pub use read::{KnownArm, read};

/// An expectation, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Where it is written: the file's name and the line.
    pub written: String,
    /// What it says.
    pub what: What,
}

/// What an expectation says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// All I/Os, exactly; of what is not said, such as places on the device, any.
    Order {
        /// The arm; none: every arm.
        arm: Option<String>,
        /// Where the order is looked at.
        at: Level,
        /// The I/Os.
        order: Order,
    },
    /// Blocks of which each comes before each of the next piece.
    Before {
        /// The arm; none: every arm.
        arm: Option<String>,
        /// Where the order is looked at.
        at: Level,
        /// The pieces; which of their blocks go together makes no difference.
        pieces: Vec<Order>,
    },
    /// A condition over figures.
    Assert {
        /// As it was written.
        text: String,
        /// As it was read.
        condition: Condition,
    },
}

/// What came of an expectation, in one arm if it is about orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Where the expectation is written: the file's name and the line.
    pub written: String,
    /// The arm; none: the expectation names arms itself.
    pub arm: Option<String>,
    /// Its kind: `order at bio`, `before at issue`, `assert`.
    pub kind: String,
    /// What is expected.
    pub expected: String,
    /// What is otherwise; none: it came out as expected.
    pub difference: Option<Difference>,
}

/// How something came out otherwise than expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What came: the order, or the values of the figures.
    pub got: String,
    /// For orders: what was expected and what came, one below the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aligned: Option<[String; 2]>,
    /// What exactly is otherwise.
    pub notes: Vec<String>,
    /// The I/Os that it is about, in order, with why they were sent.
    pub sent: Vec<Sent>,
}

/// An I/O and why it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// Its blocks.
    pub io: String,
    /// The reason of each of its bios.
    pub reasons: Vec<String>,
}

/// Compares a run with what its scenario expects: for each expectation a verdict, for one that is
/// about every arm as many as there are arms.
pub fn check(expected: &[Expected], run: &ScenarioRun) -> Vec<Verdict> {
    expected.iter().flat_map(|expected| verdicts(expected, run)).collect()
}

fn verdicts(expected: &Expected, run: &ScenarioRun) -> Vec<Verdict> {
    let arms = |named: &Option<String>| {
        let named = named.clone();
        run.arms.iter().filter(move |arm| named.as_ref().is_none_or(|name| *name == arm.name))
    };
    let verdict = |arm: Option<&ArmRun>, kind: String, text: String, difference| Verdict {
        written: expected.written.clone(),
        arm: arm.map(|arm| arm.name.clone()),
        kind,
        expected: text,
        difference,
    };
    match &expected.what {
        What::Order { arm, at, order } => arms(arm)
            .map(|arm| {
                let difference = order::difference(order, *at, arm);
                verdict(Some(arm), format!("order at {}", at.key()), order.to_string(), difference)
            })
            .collect(),
        What::Before { arm, at, pieces } => arms(arm)
            .map(|arm| {
                let texts: Vec<String> = pieces.iter().map(ToString::to_string).collect();
                let difference = before::difference(pieces, *at, arm);
                verdict(Some(arm), format!("before at {}", at.key()), texts.join(", "), difference)
            })
            .collect(),
        What::Assert { text, condition } => {
            let difference = assertion::difference(text, condition, run);
            vec![verdict(None, "assert".to_owned(), text.clone(), difference)]
        }
    }
}

/// The I/Os of an arm at a level.
fn ios(arm: &ArmRun, at: Level) -> &Ios {
    match at {
        Level::Bio => arm.record.bios(),
        Level::Issue => arm.record.requests(),
    }
}

/// An I/O with why it was sent.
fn sent(arm: &ArmRun, at: Level, number: usize) -> Option<Sent> {
    let (operation, pieces) = ios(arm, at).get(number)?;
    let io = OrderedIo::from_trace(*operation, pieces, |file| arm.name_of(file), false)?;
    let bios = match at {
        Level::Bio => std::slice::from_ref(&number),
        Level::Issue => arm.record.bios_of.get(number).map(Vec::as_slice).unwrap_or_default(),
    };
    let mut reasons: Vec<String> = bios
        .iter()
        .filter_map(|bio| arm.record.reasons.get(*bio))
        .map(|reason| reason_name(*reason))
        .collect();
    reasons.dedup();
    Some(Sent { io: io.to_string(), reasons })
}
