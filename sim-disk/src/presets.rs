//! Presets: drives as data, found by name in one namespace.
//!
//! The figures lie in `sim-disk/presets`, each file naming its source; licences of those who
//! measured them lie beside them.

use crate::{hdd, ssd};

/// A drive's parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Preset {
    /// A rotational drive.
    Hdd(hdd::Parameters),
    /// A flash drive.
    Ssd(ssd::Parameters),
}

/// A preset's data, not yet read.
#[derive(Clone, Copy)]
enum Data {
    Hdd(&'static str),
    Ssd(&'static str),
}

/// All presets, rotational drives first, each group in the order of names.
const PRESETS: &[(&str, Data)] = &[
    ("cheetah9LP", Data::Hdd(include_str!("../presets/hdd/cheetah9LP.json"))),
    ("nvme-tlc-64l", Data::Ssd(ssd::NVME_TLC_64L)),
];

/// The preset called `name`.
pub fn find(name: &str) -> Option<Preset> {
    let &(_, data) = PRESETS.iter().find(|&&(known, _)| known == name)?;
    let preset = match data {
        Data::Hdd(text) => serde_json::from_str(text).map(Preset::Hdd),
        Data::Ssd(text) => serde_json::from_str(text).map(Preset::Ssd),
    };
    assert!(preset.is_ok(), "the data of preset {name} do not follow the schema: {:?}", preset.err());
    preset.ok()
}

/// The names of all presets.
pub fn names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|&(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::BlockDevice;
    use crate::hdd::drive::Drive;
    use crate::ssd::SolidState;

    #[test]
    fn every_preset_names_its_sources_and_makes_a_device() {
        for name in names() {
            match find(name) {
                Some(Preset::Hdd(parameters)) => {
                    assert!(!parameters.source.is_empty(), "{name}");
                    assert!(Drive::new(parameters).is_ok(), "{name}");
                }
                Some(Preset::Ssd(parameters)) => {
                    assert!(!parameters.sources.is_empty(), "{name}");
                    assert!(SolidState::new(&parameters).is_ok(), "{name}");
                }
                None => panic!("{name} is not found"),
            }
        }
        assert_eq!(find("no such drive"), None);
    }

    #[test]
    fn names_are_in_use_once() {
        let mut sorted: Vec<_> = names().collect();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), names().count());
    }

    #[test]
    fn the_cheetah_holds_what_its_zones_hold() {
        let Some(Preset::Hdd(parameters)) = find("cheetah9LP") else { panic!("the preset is there") };
        assert_eq!(parameters.zones.len(), 11);
        assert_eq!(Drive::new(parameters).expect("a drive").limits().sectors, 17_918_387);
    }

    #[test]
    fn a_preset_written_and_read_again_is_the_same() {
        for name in names() {
            match find(name) {
                Some(Preset::Hdd(parameters)) => {
                    let text = serde_json::to_string(&parameters).expect("plain data");
                    assert_eq!(
                        serde_json::from_str::<hdd::Parameters>(&text).expect("as written"),
                        parameters
                    );
                }
                Some(Preset::Ssd(parameters)) => {
                    let text = serde_json::to_string(&parameters).expect("plain data");
                    assert_eq!(
                        serde_json::from_str::<ssd::Parameters>(&text).expect("as written"),
                        parameters
                    );
                }
                None => panic!("{name} is not found"),
            }
        }
    }
}
