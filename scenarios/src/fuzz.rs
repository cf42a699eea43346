//! Random machines and calls, run and checked: what must hold whatever the scenario is.
//!
//! A case is a scenario drawn from a seed and its own number ([`draw`]), so any one of them can be
//! had again, alone. It is run, run again, and run with its ties shuffled, and each time everything
//! that can be told from outside is checked ([`check`]); what the kernel knows itself (contents,
//! what is left behind) ends a run with an error. A case that fails is cut down ([`shrink`]).

pub mod check;
pub mod draw;
pub mod shrink;

use rayon::prelude::*;
use serde::Serialize;

use crate::scenario::Scenario;
use check::{Failure, Ran};

/// How many cases are run before the findings so far are looked at.
const ROUND: u64 = 1_000;

/// A case that failed.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Its number.
    pub case: u64,
    /// What is wrong, of the case as it was drawn.
    pub failure: Failure,
    /// The case, cut down as far as it still fails.
    pub scenario: Scenario,
    /// What is wrong with that.
    pub smallest: Failure,
}

/// What a campaign came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// How many cases were run.
    pub cases: u64,
    /// How many of them ran out of memory, as they may.
    pub out_of_memory: u64,
    /// How many saw a request fail.
    pub with_errors: u64,
    /// I/Os of all cases.
    pub ios: u64,
    /// The cases that failed.
    #[serde(skip)]
    pub findings: Vec<Finding>,
}

/// Runs the cases that have these numbers, several at a time, until `most` have failed; `starts` is
/// told of each case before it begins.
pub fn read(seed: u64, cases: std::ops::Range<u64>, most: usize, starts: impl Fn(u64) + Sync) -> Report {
    let mut report = Report::default();
    let mut from = cases.start;
    while from < cases.end && report.findings.len() < most {
        let round = from..cases.end.min(from.saturating_add(ROUND));
        from = round.end;
        let results: Vec<_> = round
            .into_par_iter()
            .map(|case| {
                starts(case);
                run_case(seed, case)
            })
            .collect();
        for result in results {
            report.cases += 1;
            match result {
                Ok(ran) => {
                    report.out_of_memory += u64::from(ran.out_of_memory);
                    report.with_errors += u64::from(ran.errors > 0);
                    report.ios += ran.ios;
                }
                Err(finding) if report.findings.len() < most => report.findings.push(*finding),
                Err(_) => {}
            }
        }
    }
    report
}

fn run_case(seed: u64, case: u64) -> Result<Ran, Box<Finding>> {
    let scenario = draw::scenario(seed, case);
    check::check(&scenario).map_err(|failure| {
        let (scenario, smallest) = shrink::shrink(scenario, failure.clone());
        Box::new(Finding { case, failure, scenario, smallest })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_hold_and_are_the_same_when_they_are_drawn_again() {
        let report = read(1, 0..150, 1, |_| {});
        let failed: Vec<_> = report.findings.iter().map(|one| (one.case, one.failure.to_string())).collect();
        assert!(failed.is_empty(), "{failed:?}");
        assert_eq!(report.cases, 150);
        assert!(report.with_errors > 0 && report.ios > 1_000, "{report:?}");
        assert_eq!(draw::scenario(1, 7), draw::scenario(1, 7));
        assert_ne!(draw::scenario(1, 7), draw::scenario(2, 7));
    }
}
