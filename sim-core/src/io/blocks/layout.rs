//! Layouts: where the blocks of one file lie on the device.

use std::fmt;
use std::str::FromStr;

use super::order::print_spaced;
use super::piece::print_range;
use super::scan::{Scan, words};
use super::{NotBlocks, OrderedPiece, Wrong};
use crate::io::Role;

/// A run of a layout: consecutive logical blocks in consecutive places, or one indirect block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlacedRun {
    /// Data, or an indirect block of any level.
    pub role: Role,
    /// The first logical block (data), else 0.
    pub first: u64,
    /// How many blocks; 1 for an indirect block.
    pub count: u64,
    /// The first block's place on the device, in filesystem blocks.
    pub physical: u64,
}

/// Where the blocks of one file lie; what no run names is a hole.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Layout(Vec<PlacedRun>);

impl Layout {
    /// A layout of these runs, in this order; runs that go on where the one before ends are joined.
    /// What is read from a text is free of blocks placed twice, what is made here need not be: an
    /// image may be damaged.
    pub fn new(runs: impl IntoIterator<Item = PlacedRun>) -> Layout {
        let mut layout = Layout(Vec::new());
        for run in runs {
            if !layout.0.last_mut().is_some_and(|last| last.join(run)) {
                layout.0.push(run);
            }
        }
        layout
    }

    /// The runs, in the order in which they were told.
    pub fn runs(&self) -> &[PlacedRun] {
        &self.0
    }
}

impl PlacedRun {
    fn join(&mut self, next: PlacedRun) -> bool {
        let goes_on = |from: u64, to: u64| from.checked_add(self.count) == Some(to);
        let joined = self.count.checked_add(next.count);
        match joined {
            Some(count)
                if (self.role, next.role) == (Role::Data, Role::Data)
                    && goes_on(self.first, next.first)
                    && goes_on(self.physical, next.physical) =>
            {
                self.count = count;
                true
            }
            _ => false,
        }
    }

    fn read(mut word: Scan<'_>) -> Result<PlacedRun, NotBlocks> {
        let whole = word;
        let piece = OrderedPiece::read(&mut word)?;
        if !word.text.is_empty() {
            return Err(word.wrong(Wrong::AfterRun));
        }
        if piece.file.is_some() {
            return Err(whole.wrong(Wrong::FileInLayout));
        }
        let OrderedPiece { role, first, count, .. } = piece;
        if !role.belongs_to_a_file() {
            return Err(whole.wrong(Wrong::RoleInLayout));
        }
        let Some(physical) = piece.physical else {
            return Err(Wrong::Unplaced.at(word.start, 0));
        };
        if role != Role::Data && count != 1 {
            return Err(whole.wrong(Wrong::OneBlock));
        }
        Ok(PlacedRun { role, first, count, physical })
    }
}

impl fmt::Display for PlacedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.role == Role::Data {
            print_range(f, self.first, self.count)?;
        } else {
            write!(f, "{}", self.role)?;
        }
        write!(f, "@{}", self.physical)
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print_spaced(f, &self.0)
    }
}

impl FromStr for Layout {
    type Err = NotBlocks;

    /// Reads a layout; no logical, indirect or physical block may come twice.
    fn from_str(text: &str) -> Result<Layout, NotBlocks> {
        let mut runs = Vec::new();
        for word in words(text) {
            runs.push((PlacedRun::read(word)?, word));
        }
        let told_twice = first_twice(&runs, |run| (run.role, run.first));
        if let Some(word) = told_twice {
            return Err(word.wrong(Wrong::PlacedTwice));
        }
        if let Some(word) = first_twice(&runs, |run| (Role::Data, run.physical)) {
            return Err(word.wrong(Wrong::TakenTwice));
        }
        Ok(Layout::new(runs.into_iter().map(|(run, _)| run)))
    }
}

/// The later told of two runs that share a block; `start` says which kind of block a run holds, and
/// from where on.
fn first_twice<'t>(
    runs: &[(PlacedRun, Scan<'t>)],
    start: impl Fn(&PlacedRun) -> (Role, u64),
) -> Option<Scan<'t>> {
    let mut sorted: Vec<_> = runs.iter().map(|(run, word)| (start(run), run.count, *word)).collect();
    sorted.sort_by_key(|(start, _, word)| (*start, word.start));
    let overlap = sorted.windows(2).find(|pair| {
        let (((role, first), count, _), ((next_role, next_first), _, _)) = (pair[0], pair[1]);
        role == next_role && next_first - first < count
    })?;
    overlap.iter().map(|(_, _, word)| *word).max_by_key(|word| word.start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wrong(text: &str) -> (usize, usize, Wrong) {
        let error = text.parse::<Layout>().unwrap_err();
        (error.start, error.end, error.wrong)
    }

    #[test]
    fn the_classic_is_read() {
        let layout: Layout = "0-11@1000 ind@1012 12-15@1013".parse().unwrap();
        let run = |role, first, count, physical| PlacedRun { role, first, count, physical };
        assert_eq!(
            layout.runs(),
            [run(Role::Data, 0, 12, 1000), run(Role::Ind, 0, 1, 1012), run(Role::Data, 12, 4, 1013)]
        );
    }

    #[test]
    fn consecutive_runs_are_joined_and_nothing_is_a_layout() {
        let layout: Layout = " 0-5@1000\t6@1006 dleaf/3@77 7@80 ".parse().unwrap();
        assert_eq!(layout.to_string(), "0-6@1000 dleaf/3@77 7@80");
        assert_eq!("".parse(), Ok(Layout::default()));
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        assert_eq!(wrong("0-11@1000 inb@7"), (10, 13, Wrong::Piece));
        assert_eq!(wrong("0-11 ind@7"), (4, 4, Wrong::Unplaced));
        assert_eq!(wrong("0-11@"), (5, 5, Wrong::Number));
        assert_eq!(wrong("5-3@1"), (0, 3, Wrong::Backwards));
        assert_eq!(wrong("0@5+1@6"), (3, 7, Wrong::AfterRun));
        assert_eq!(wrong("/f:0@5"), (0, 6, Wrong::FileInLayout));
        assert_eq!(wrong("bitmap/0@5"), (0, 10, Wrong::RoleInLayout));
        assert_eq!(wrong("ind@5-6"), (0, 7, Wrong::OneBlock));
        assert_eq!(wrong("0@18446744073709551616"), (2, 22, Wrong::TooLarge));
        assert_eq!(wrong("0-1@18446744073709551615"), (4, 24, Wrong::TooLong));
        assert_eq!(wrong("0-18446744073709551615@0"), (0, 22, Wrong::TooLong));
    }

    #[test]
    fn no_block_is_placed_twice() {
        assert_eq!(wrong("4-9@100 0-4@200"), (8, 15, Wrong::PlacedTwice));
        assert_eq!(wrong("ind@100 0@5 ind@200"), (12, 19, Wrong::PlacedTwice));
        assert_eq!(wrong("0-11@1000 12@1011"), (10, 17, Wrong::TakenTwice));
        assert_eq!(wrong("0-11@1000 ind@1003"), (10, 18, Wrong::TakenTwice));
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(lengths in prop::collection::vec((1_u64..9, 0_u64..3, 0_u64..3), 0..20)) {
            let (mut logical, mut physical, mut runs) = (0, 7, Vec::new());
            for (number, (count, hole, gap)) in (0..).zip(lengths) {
                logical += hole;
                physical += gap;
                runs.push(PlacedRun { role: Role::Data, first: logical, count, physical });
                (logical, physical) = (logical + count, physical + count);
                if gap == 2 {
                    runs.push(PlacedRun { role: Role::DindLeaf(number), first: 0, count: 1, physical });
                    physical += 1;
                }
            }
            let layout = Layout::new(runs);
            prop_assert_eq!(layout.to_string().parse(), Ok(layout));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[-0-9@+/: aindlef]{0,30}") {
            if let Err(error) = text.parse::<Layout>() {
                prop_assert!(error.start <= error.end && text.get(error.start..error.end).is_some());
            }
        }
    }
}
