//! The library's digests: the promise of determinism, kept in a golden.

use scenarios::input::ScenarioInput;
use scenarios::library::LIBRARY;
use scenarios::load::{Options, load};
use scenarios::run::run_scenario;

/// Each arm comes to the same when it runs twice, and to what the golden says: the same that the
/// release build comes to.
#[test]
fn every_arm_of_the_library_keeps_its_digest() {
    let mut digests = String::new();
    for entry in LIBRARY {
        let loaded = load(&ScenarioInput::of_library(entry), &Options::default()).unwrap();
        let run = run_scenario(&loaded, true).unwrap();
        for arm in &run.arms {
            digests += &format!("{} {} {:016x}\n", entry.name, arm.name, arm.digest);
        }
    }
    let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens/digests.txt");
    snapbox::assert_data_eq!(digests, snapbox::Data::read_from(&golden, None).raw());
}
