//! The scenarios that come with the program, known by name.

/// A scenario of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name: that of its file without `.scenario.json`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// The end of every scenario file's name.
pub const SUFFIX: &str = ".scenario.json";

macro_rules! library {
    ($($name:literal),* $(,)?) => {
        &[$(Entry { name: $name, text: include_str!(concat!("../library/", $name, ".scenario.json")) }),*]
    };
}

/// All scenarios of the library, in the order in which they are best read.
pub const LIBRARY: &[Entry] = library![
    "classic",
    "classic-ideal",
    "classic-ssd",
    "classic-drives",
    "classic-1k",
    "classic-2k",
    "window-of-12",
    "sequential",
    "far-indirect",
    "double-indirect",
    "double-leaves",
    "triple-indirect",
    "holes",
    "hole-of-pages",
    "end-of-file",
    "four-fragments",
    "fragmented",
    "two-files",
    "bad-indirect",
    "write",
    "write-1k",
    "write-holes",
    "write-end-of-file",
    "write-fragments",
];

/// The scenario of this name, which may end in `.scenario.json`.
pub fn find(name: &str) -> Option<&'static Entry> {
    let name = name.strip_suffix(SUFFIX).unwrap_or(name);
    LIBRARY.iter().find(|entry| entry.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_list_is_what_lies_in_the_directory() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/library");
        let files: BTreeSet<String> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|file| file.ends_with(SUFFIX))
            .collect();
        let listed: BTreeSet<String> =
            LIBRARY.iter().map(|entry| format!("{}{SUFFIX}", entry.name)).collect();
        assert_eq!(listed, files);
    }

    #[test]
    fn a_scenario_is_found_with_or_without_its_suffix() {
        assert_eq!(find("classic").unwrap().name, "classic");
        assert_eq!(find("classic.scenario.json").unwrap().name, "classic");
        assert_eq!(find("classics"), None);
    }
}
