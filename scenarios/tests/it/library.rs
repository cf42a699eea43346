//! The scenarios of the library.

use scenarios::expect::What;
use scenarios::input::ScenarioInput;
use scenarios::library::LIBRARY;
use scenarios::load::{Loaded, Options, load};

fn open(name: &str, options: &Options) -> Loaded {
    let input = ScenarioInput::open(name).unwrap();
    load(&input, options).unwrap_or_else(|mistakes| panic!("{name}:\n{}", mistakes.render(false)))
}

#[test]
fn every_scenario_has_a_title_arms_with_and_without_the_flag_and_something_to_expect() {
    for entry in LIBRARY {
        let loaded = open(entry.name, &Options::default());
        assert!(!loaded.arms[0].scenario.title.is_empty(), "{}", entry.name);
        let boundary: Vec<bool> = loaded.arms.iter().map(|arm| arm.machine.kernel.boundary).collect();
        assert!(boundary.contains(&false) && boundary.contains(&true), "{}", entry.name);
        let asserts = loaded.expected.iter().any(|one| matches!(one.what, What::Assert { .. }));
        let others = loaded.expected.iter().any(|one| !matches!(one.what, What::Assert { .. }));
        assert!(asserts && others, "{}", entry.name);
    }
}

#[test]
fn the_classic_is_what_the_design_says() {
    let loaded = open("classic", &Options::default());
    let machine = &loaded.arms[1].machine;
    assert_eq!(machine.volume.files[0].size, 65_536);
    assert_eq!(
        machine.volume.files[0].pointers[..13],
        [1_000, 1_001, 1_002, 1_003, 1_004, 1_005, 1_006, 1_007, 1_008, 1_009, 1_010, 1_011, 1_012]
    );
    assert_eq!(machine.kernel.memory_pages, Some(16_384));
    assert_eq!(machine.read_ahead_pages, 32);
    assert_eq!(machine.queue.max_sectors_kb, 1_280);
    assert_eq!(machine.tasks[0].calls.len(), 3);
    assert_eq!(loaded.expected.len(), 5);
}

#[test]
fn the_seed_moves_the_fragments_and_nothing_else_does() {
    let pointers = |seed, arm: usize| {
        let options = Options { seed, ..Options::default() };
        open("fragmented", &options).arms[arm].machine.volume.files[0].pointers
    };
    assert_eq!(pointers(None, 0), pointers(Some(1), 1));
    assert_ne!(pointers(None, 0), pointers(Some(2), 0));
}
