//! Presets: drives as data, found by name in one namespace.
//!
//! The figures lie in `sim-disk/presets`, each file naming its source; licences of those who
//! measured them lie beside them.

use crate::hdd;

/// A drive's parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Preset {
    /// A rotational drive.
    Hdd(hdd::Parameters),
}

/// A preset's data, not yet read.
#[derive(Clone, Copy)]
enum Data {
    Hdd(&'static str),
}

/// All presets, rotational drives first, each group in the order of names.
const PRESETS: &[(&str, Data)] = &[("cheetah9LP", Data::Hdd(include_str!("../presets/hdd/cheetah9LP.json")))];

/// The preset called `name`.
pub fn find(name: &str) -> Option<Preset> {
    let &(_, data) = PRESETS.iter().find(|&&(known, _)| known == name)?;
    let preset = match data {
        Data::Hdd(text) => serde_json::from_str(text).map(Preset::Hdd),
    };
    assert!(preset.is_ok(), "the data of preset {name} do not follow the schema: {:?}", preset.err());
    preset.ok()
}

/// The names of all presets.
pub fn names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|&(name, _)| name)
}
