//! What the library's scenarios say must come out, as far as it is about orders, does come out.

use scenarios::input::ScenarioInput;
use scenarios::library::LIBRARY;
use scenarios::load::{Options, load};
use scenarios::run::{ArmRun, run_scenario};
use scenarios::scenario::expect::Level;

fn order(arm: &ArmRun, level: Option<Level>) -> String {
    match level.unwrap_or_default() {
        Level::Bio => arm.order(arm.record.bios()).to_string(),
        Level::Issue => arm.order(arm.record.requests()).to_string(),
    }
}

#[test]
fn the_orders_that_the_library_expects_come_out() {
    for entry in LIBRARY {
        let loaded = load(&ScenarioInput::of_library(entry), &Options::default()).unwrap();
        let run = run_scenario(&loaded, false).unwrap();
        for (arm, resolved) in run.arms.iter().zip(&loaded.arms) {
            for expected in &resolved.scenario.expect {
                let concerns = expected.arm.as_ref().is_none_or(|name| *name == arm.name);
                if let Some(wanted) = expected.order.as_ref().filter(|_| concerns) {
                    let found = order(arm, expected.at);
                    assert_eq!(found, *wanted, "{}, arm {}, at {:?}", entry.name, arm.name, expected.at);
                }
            }
        }
    }
}
