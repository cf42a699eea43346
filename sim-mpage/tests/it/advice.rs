//! What a process says of its way to read a file (`posix_fadvise`).

use sim_core::trace::ReadaheadRule;
use sim_mpage::call::{Advice, Call};

use crate::bench::{Bench, H, pread};

/// 200 blocks in a row on the device, behind their indirect block.
const ROW: &str = "ind@999 0-199@1000";

const PAGE: u64 = 4096;

fn bench() -> Bench {
    Bench::new(4096, ROW)
}

fn advise(advice: Advice) -> Call {
    Call::Fadvise { handle: H, offset: 0, length: 0, advice }
}

// [readahead.advice] [readahead.random-advice]
#[test]
fn random_advice_reads_what_is_asked_for_and_no_more() {
    let ran = bench().run(&[advise(Advice::Random), pread(0, 3 * PAGE), pread(7 * PAGE, 40 * PAGE)]);
    let forced = |start, size| (ReadaheadRule::Forced, start, size, 0);
    assert_eq!(ran.windows(), [forced(0, 3), forced(7, 40)]);
}

// [readahead.advice]
#[test]
fn sequential_advice_doubles_the_window_and_normal_advice_sets_it_anew() {
    let whole = pread(0, 30 * PAGE);
    let ran = bench().run(&[advise(Advice::Sequential), whole]);
    assert_eq!(ran.windows(), [(ReadaheadRule::StartOfFile, 0, 64, 34)]);
    let ran = bench().run(&[advise(Advice::Sequential), advise(Advice::Sequential), whole]);
    assert_eq!(ran.windows()[0].2, 64, "doubled once, not twice");
    let usual = [(ReadaheadRule::StartOfFile, 0, 32, 2)];
    for before in [Advice::Random, Advice::Sequential] {
        let ran = bench().run(&[advise(before), advise(Advice::Normal), whole]);
        assert_eq!(ran.windows(), usual, "{before:?}");
    }
    let ran = bench().run(&[advise(Advice::Random), advise(Advice::Sequential), whole]);
    assert_eq!(ran.windows()[0].0, ReadaheadRule::StartOfFile, "random no more");
}

// [error.advice]
#[test]
fn advice_gives_back_the_window_that_an_error_took() {
    let after = |advice: &[Call]| {
        let failing = [pread(50 * PAGE, PAGE)];
        let calls: Vec<_> = failing.iter().chain(advice).copied().chain([pread(0, 30 * PAGE)]).collect();
        let ran = bench().bad_block(1050, None).run(&calls);
        assert_eq!(ran.results()[0], -5);
        ran.windows()[1]
    };
    // A fourth of 32 pages is left; what is larger is raised to the request.
    assert_eq!(after(&[]).2, 30);
    assert_eq!(after(&[advise(Advice::Normal)]).2, 32);
    assert_eq!(after(&[advise(Advice::Sequential)]).2, 64);
}

// [readahead.willneed]
#[test]
fn willneed_sends_the_range_and_does_not_wait() {
    let part = Call::Fadvise { handle: H, offset: 2 * PAGE + 1, length: 4 * PAGE, advice: Advice::WillNeed };
    let ran = bench().run(&[part, advise(Advice::WillNeed)]);
    assert_eq!(ran.windows(), [(ReadaheadRule::Forced, 2, 5, 0), (ReadaheadRule::Forced, 0, 320, 0)]);
    assert_eq!(ran.bios(), "2-6 0-1 7-11 ind 12-199");
    assert_eq!(ran.results(), [0, 0]);
}
