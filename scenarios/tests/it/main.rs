//! Scenario files as a user meets them: what a wrong one is answered with, how arms and overrides
//! resolve, the library, and the command line.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod bad_sectors;
mod command_line;
mod conformance;
mod diagnostics;
mod digests;
mod e2fsprogs;
mod expectations;
mod images;
mod inspect;
mod library;
mod pictures;
mod resolving;
mod schema;
mod words;
mod write_image;

use std::sync::Arc;

use scenarios::load::diagnostic::Diagnostics;
use scenarios::load::{Input, Loaded, Options, load};
use sim_mpage::ext2::image::ReadAt;

/// A scenario that is a text, with bases that are texts.
struct Text<'a> {
    name: &'a str,
    text: &'a str,
    bases: &'a [(&'a str, &'a str)],
}

impl Input for Text<'_> {
    fn name(&self) -> &str {
        self.name
    }

    fn text(&self) -> &str {
        self.text
    }

    fn base(&self, reference: &str) -> Result<(String, String), String> {
        let base = self.bases.iter().find(|(name, _)| *name == reference);
        base.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).ok_or("no such file".to_owned())
    }

    fn image(&self, path: &str) -> Result<Arc<dyn ReadAt>, String> {
        match path {
            "disk.img" => Ok(Arc::new(images::small())),
            _ => Err("no such image".to_owned()),
        }
    }
}

fn load_text(text: &str, set: &[&str]) -> Result<Loaded, Diagnostics> {
    let set = set.iter().map(|one| (*one).to_owned()).collect();
    load(&Text { name: "x.scenario.json", text, bases: &[] }, &Options { set, ..Options::default() })
}

/// The mistakes of a text, as they are shown.
fn mistakes(text: &str, set: &[&str]) -> String {
    match load_text(text, set) {
        Ok(_) => "no mistake".to_owned(),
        Err(diagnostics) => diagnostics.render(false),
    }
}
