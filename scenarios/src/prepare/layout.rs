//! Layouts as text: the runs and indirect blocks of a file, and which word of the text placed one.

use std::collections::BTreeMap;
use std::ops::Range;

use sim_core::io::Role;
use sim_core::io::blocks::{Layout, NotBlocks, PlacedRun, Wrong};
use sim_mpage::ext2::file_map::Run;

use super::{Problem, Second};
use crate::load::tree::Step;

/// What is wrong with a layout's text, and where in it.
pub(super) struct NotALayout {
    span: Range<usize>,
    message: String,
    expected: String,
    /// A word before that has to do with it, and what it is.
    second: Option<(Range<usize>, String)>,
    help: Option<&'static str>,
}

impl NotALayout {
    /// The problem with the layout that stands at `path`.
    pub(super) fn at(self, path: impl IntoIterator<Item = Step> + Clone) -> Problem {
        let problem = Problem::new(path.clone(), self.message).within(self.span).expecting(self.expected);
        let second = self.second.map(|(span, what)| {
            let path = path.into_iter().collect();
            Second { path, span: Some(span), what }
        });
        Problem { second, help: self.help.map(str::to_owned), ..problem }
    }
}

const GRAMMAR: &str =
    "a layout is runs of blocks, logical@physical, and indirect blocks: \"0-11@1000 ind@1012 12-15@1013\"";

/// Reads a layout: its data, and its indirect blocks with their places.
pub(super) fn read_layout(text: &str) -> Result<(Vec<Run>, BTreeMap<Role, u64>), NotALayout> {
    let layout: Layout = text.parse().map_err(|error: NotBlocks| not_a_layout(text, error))?;
    let (data, indirect): (Vec<&PlacedRun>, Vec<_>) =
        layout.runs().iter().partition(|run| run.role == Role::Data);
    let run = |run: &PlacedRun| Run { logical: run.first, physical: run.physical, blocks: run.count };
    let runs = data.into_iter().map(run).collect();
    Ok((runs, indirect.into_iter().map(|run| (run.role, run.physical)).collect()))
}

fn not_a_layout(text: &str, error: NotBlocks) -> NotALayout {
    let span = error.start..error.end;
    let before = text.get(..error.start).unwrap_or_default();
    let later = text.get(span.clone()).and_then(|word| word.parse::<Layout>().ok());
    let later = later.as_ref().and_then(|layout| layout.runs().first());
    let earlier = later.and_then(|later| match error.wrong {
        Wrong::TakenTwice => word(before, |run| meet(run.physical, run.count, later.physical, later.count)),
        Wrong::PlacedTwice => {
            word(before, |run| run.role == later.role && meet(run.first, run.count, later.first, later.count))
        }
        _ => None,
    });
    let message = match error.wrong {
        Wrong::TakenTwice => "a block of the device has two owners",
        Wrong::PlacedTwice => "a block of the file has two places",
        _ => "not a layout",
    };
    let help = match error.wrong {
        Wrong::TakenTwice | Wrong::PlacedTwice => None,
        Wrong::RoleInLayout | Wrong::OneBlock | Wrong::TooLarge | Wrong::TooLong | Wrong::Backwards => None,
        _ => Some(GRAMMAR),
    };
    NotALayout {
        help,
        span,
        message: message.to_owned(),
        expected: error.wrong.to_string(),
        second: earlier.map(|span| (span, "first here".to_owned())),
    }
}

fn meet(first: u64, count: u64, other: u64, other_count: u64) -> bool {
    contains(first, count, other) || contains(other, other_count, first)
}

/// The word that places a physical block.
pub(super) fn place_of_block(text: &str, physical: u64) -> Option<Range<usize>> {
    word(text, |run| contains(run.physical, run.count, physical))
}

/// The word that places a logical block.
pub(super) fn place_of_logical(text: &str, logical: u64) -> Option<Range<usize>> {
    word(text, |run| run.role == Role::Data && contains(run.first, run.count, logical))
}

fn contains(first: u64, count: u64, block: u64) -> bool {
    block.checked_sub(first).is_some_and(|offset| offset < count)
}

fn word(text: &str, wanted: impl Fn(&PlacedRun) -> bool) -> Option<Range<usize>> {
    let holds = |word: &&str| word.parse().is_ok_and(|layout: Layout| layout.runs().iter().any(&wanted));
    let word = text.split_ascii_whitespace().find(holds)?;
    // The word is a part of the text.
    let start = word.as_ptr().addr() - text.as_ptr().addr();
    Some(start..start + word.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_found_in_its_word() {
        let text = "0-11@1000  ind@1012 12-15@1013";
        assert_eq!(place_of_block(text, 1_012), Some(11..19));
        assert_eq!(place_of_block(text, 1_016), Some(20..30));
        assert_eq!(place_of_block(text, 1_017), None);
        assert_eq!(place_of_logical(text, 11), Some(0..9));
        assert_eq!(place_of_logical(text, 0).map(|place| &text[place]), Some("0-11@1000"));
    }

    #[test]
    fn data_and_indirect_blocks_are_told_apart() {
        let Ok((runs, indirect)) = read_layout("0-11@1000 ind@1012 12-15@1013") else { panic!("a layout") };
        assert_eq!(runs.len(), 2);
        assert_eq!(indirect, BTreeMap::from([(Role::Ind, 1_012)]));
        let Err(wrong) = read_layout("0-11@1000 ind") else { panic!("no place") };
        assert_eq!(wrong.span, 13..13);
    }
}
