//! What is outside the common subsequence: which pieces belong together, and between what they
//! stand on each side.

use std::collections::{BTreeMap, VecDeque};

use sim_core::io::blocks::{OrderedIo, OrderedPiece};
use sim_core::io::{Operation, Role};

use super::atoms::{Atom, Key, end};
use super::subsequence::{TooMany, heaviest_common};
use super::{Alignment, FileNames, Moved, Place};

/// The most words in which it is told what blocks went past.
const MOST_WORDS: usize = 3;

/// The most pieces that are put into those words.
const MOST_PASSED: usize = 1 << 12;

/// Aligns two orders that have been cut.
pub(super) fn align(left: &[Atom], right: &[Atom], names: FileNames<'_>) -> Alignment {
    let weighed = |side: &[Atom]| side.iter().map(|atom| (atom.key(), atom.weight())).collect::<Vec<_>>();
    let common = match heaviest_common(&weighed(left), &weighed(right)) {
        Ok(common) => common,
        Err(TooMany { left, right }) => return Alignment::TooDifferent { left, right },
    };
    let sides = Sides {
        left: Side { atoms: left, common: common.iter().map(|pair| pair.0).collect() },
        right: Side { atoms: right, common: common.iter().map(|pair| pair.1).collect() },
        names,
    };
    Alignment::Aligned(sides.moved())
}

/// An order, and the places in it of what both have in common.
struct Side<'a> {
    atoms: &'a [Atom],
    common: Vec<usize>,
}

struct Sides<'a, 'n> {
    left: Side<'a>,
    right: Side<'a>,
    names: FileNames<'n>,
}

/// Neighbours that moved together: where they begin on each side, and how many they are.
#[derive(Clone, Copy)]
struct Group {
    left: Option<usize>,
    right: Option<usize>,
    atoms: usize,
}

impl Group {
    fn takes(&self, next: &Group) -> bool {
        let follows = |place: Option<usize>| place.map(|place| place + self.atoms);
        follows(self.left) == next.left && follows(self.right) == next.right
    }
}

impl Sides<'_, '_> {
    fn moved(&self) -> Vec<Moved> {
        self.groups().iter().map(|group| self.tell(group)).collect()
    }

    /// What the left has outside the common subsequence, each piece with the same blocks of the
    /// right if there are any, and then what is left on the right.
    fn groups(&self) -> Vec<Group> {
        let mut partners: BTreeMap<Key, VecDeque<usize>> = BTreeMap::new();
        for place in self.right.outside() {
            partners.entry(self.right.atoms[place].key()).or_default().push_back(place);
        }
        let mut groups: Vec<Group> = Vec::new();
        let mut add = |left, right| {
            let group = Group { left, right, atoms: 1 };
            match groups.last_mut().filter(|last| last.takes(&group)) {
                Some(last) => last.atoms += 1,
                None => groups.push(group),
            }
        };
        for place in self.left.outside() {
            let partner = partners.get_mut(&self.left.atoms[place].key()).and_then(VecDeque::pop_front);
            add(Some(place), partner);
        }
        let mut alone: Vec<usize> = partners.into_values().flatten().collect();
        alone.sort_unstable();
        for place in alone {
            add(None, Some(place));
        }
        groups
    }

    fn tell(&self, group: &Group) -> Moved {
        let (side, first) = match (group.left, group.right) {
            (Some(first), _) => (&self.left, first),
            (None, first) => (&self.right, first.unwrap_or(0)),
        };
        let moved = &side.atoms[first..first + group.atoms];
        Moved {
            blocks: in_words(moved.iter(), self.names, usize::MAX).unwrap_or_default(),
            left: group.left.map(|first| self.left.place(first, group.atoms, self.names)),
            right: group.right.map(|first| self.right.place(first, group.atoms, self.names)),
            passed: self.passed(group),
        }
    }

    fn passed(&self, group: &Group) -> Option<String> {
        let (left, right) = (self.left.common_before(group.left?), self.right.common_before(group.right?));
        let passed = left.min(right)..left.max(right);
        let is_short = !passed.is_empty() && passed.len() <= MOST_PASSED;
        let passed = self.left.common.get(passed).filter(|_| is_short)?;
        in_words(passed.iter().map(|&place| &self.left.atoms[place]), self.names, MOST_WORDS)
    }
}

impl Side<'_> {
    fn outside(&self) -> impl Iterator<Item = usize> {
        let mut common = self.common.iter().copied().peekable();
        (0..self.atoms.len()).filter(move |place| common.next_if_eq(place).is_none())
    }

    /// How much of what is common stands before a place.
    fn common_before(&self, place: usize) -> usize {
        self.common.partition_point(|&other| other < place)
    }

    fn place(&self, first: usize, atoms: usize, names: FileNames<'_>) -> Place {
        let behind = self.common_before(first);
        let before = behind.checked_sub(1);
        let moved = &self.atoms[first..first + atoms];
        Place {
            position: behind,
            ios: moved.first().map_or(0, |atom| atom.io)..moved.last().map_or(0, |atom| atom.io + 1),
            before: before.map(|number| self.neighbour(number, false, names)),
            after: (behind < self.common.len()).then(|| self.neighbour(behind, true, names)),
        }
    }

    /// Something common, with what stands next to it in the same I/O as a part of the same run.
    fn neighbour(&self, number: usize, forwards: bool, names: FileNames<'_>) -> String {
        let (mut first, mut last) = (self.common[number], self.common[number]);
        let joined = |one: usize, other: usize| {
            self.atoms[one].io == self.atoms[other].io && goes_on(&self.atoms[one], &self.atoms[other])
        };
        if forwards {
            let places = self.common[number + 1..].iter();
            for _ in places.zip(first + 1..).take_while(|(place, next)| *place == next) {
                if !joined(last, last + 1) {
                    break;
                }
                last += 1;
            }
        } else {
            let places = self.common[..number].iter().rev();
            for _ in places.zip((0..first).rev()).take_while(|(place, next)| *place == next) {
                if !joined(first - 1, first) {
                    break;
                }
                first -= 1;
            }
        }
        in_words(self.atoms[first..=last].iter(), names, usize::MAX).unwrap_or_default()
    }
}

/// Whether an atom goes on where another one ends, in the same file.
fn goes_on(atom: &Atom, next: &Atom) -> bool {
    match (atom.piece, next.piece) {
        (Some(piece), Some(next_piece)) => {
            atom.operation == next.operation
                && (piece.role, next_piece.role) == (Role::Data, Role::Data)
                && piece.file == next_piece.file
                && end(&piece) == next_piece.logical
        }
        _ => false,
    }
}

/// Atoms in the grammar of orders, as few ranges as possible; none if these are more than `most`.
fn in_words<'a>(atoms: impl Iterator<Item = &'a Atom>, names: FileNames<'_>, most: usize) -> Option<String> {
    let mut runs: Vec<(Atom, u64)> = Vec::new();
    let mut last: Option<&Atom> = None;
    for atom in atoms {
        let blocks = atom.piece.map_or(0, |piece| u64::from(piece.blocks));
        match runs.last_mut().filter(|_| last.is_some_and(|last| goes_on(last, atom))) {
            Some((_, count)) => *count = count.saturating_add(blocks),
            None => runs.push((*atom, blocks)),
        }
        last = Some(atom);
        if runs.len() > most {
            return None;
        }
    }
    let words = runs.iter().filter_map(|(atom, count)| {
        let piece = atom.piece.map(|piece| OrderedPiece {
            file: piece.file.and_then(names).map(str::to_owned),
            role: piece.role,
            first: piece.logical,
            count: *count,
            physical: None,
        });
        let operation = if piece.is_none() { Operation::Flush } else { atom.operation };
        OrderedIo::new(operation, piece).map(|io| io.to_string())
    });
    Some(words.collect::<Vec<_>>().join(" "))
}
