//! Settings of writeback.

use sim_mpage::machine::Vm;

use super::{Problem, Second};
use crate::load::tree::Step;
use crate::scenario::Scenario;

/// The smallest limit in bytes, in pages: the kernel takes no less for `dirty_bytes`.
const LEAST_PAGES: u64 = 2;

fn path(key: &str) -> [Step; 2] {
    ["vm".into(), key.into()]
}

/// The settings of a scenario.
pub(super) fn settings(scenario: &Scenario, page_size: u32, problems: &mut Vec<Problem>) -> Vm {
    let vm = &scenario.vm;
    let least = LEAST_PAGES * u64::from(page_size);
    if vm.dirty_bytes.is_some_and(|bytes| (1..least).contains(&bytes)) {
        let problem = Problem::new(path("dirty_bytes"), "less than two pages");
        problems.push(problem.expecting(format!("expected at least {least}, or 0")));
    }
    for (ratio, ratio_key, bytes, bytes_key) in [
        (
            vm.dirty_background_ratio,
            "dirty_background_ratio",
            vm.dirty_background_bytes,
            "dirty_background_bytes",
        ),
        (vm.dirty_ratio, "dirty_ratio", vm.dirty_bytes, "dirty_bytes"),
    ] {
        if ratio.is_some() && bytes.is_some_and(|bytes| bytes > 0) {
            problems.push(both(ratio_key, bytes_key));
        }
    }
    let own = Vm::default();
    let given = |bytes: Option<u64>| bytes.filter(|bytes| *bytes > 0);
    Vm {
        dirty_writeback_centisecs: vm.dirty_writeback_centisecs,
        dirty_expire_centisecs: vm.dirty_expire_centisecs,
        dirty_background_ratio: vm.dirty_background_ratio.unwrap_or(own.dirty_background_ratio),
        dirty_background_bytes: given(vm.dirty_background_bytes),
        dirty_ratio: vm.dirty_ratio.unwrap_or(own.dirty_ratio),
        dirty_bytes: given(vm.dirty_bytes),
        bdi_min_ratio: scenario.queue.min_ratio,
        throttling: vm.throttling,
        ..own
    }
}

/// A limit as a ratio and in bytes.
fn both(ratio: &str, bytes: &str) -> Problem {
    let problem = Problem::new(path(bytes), format!("the same limit as \"{ratio}\""));
    let second =
        Second { path: path(ratio).to_vec(), span: None, what: "it is given as a ratio here".to_owned() };
    let problem = problem.expecting("expected one of them only");
    Problem { second: Some(second), ..problem.helped_by("leave one out; of bytes, 0 is as good") }
}
