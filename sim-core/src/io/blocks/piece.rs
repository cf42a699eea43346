//! Pieces of an I/O: logical blocks of a file, or a role; how they are read, printed and joined.

use std::fmt;

use super::name::read_escaped;
use super::scan::Scan;
use super::{NotBlocks, Wrong};
use crate::io::Role;

/// Blocks inside one I/O: a range of a file's logical blocks, or blocks of one other role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderedPiece {
    /// The file's name with its leading `/`; none where it goes without saying, and for blocks
    /// that belong to no file.
    pub file: Option<String>,
    /// What the blocks are.
    pub role: Role,
    /// The first logical block (data), else 0.
    pub first: u64,
    /// How many blocks; 1 for a role whose place is not told.
    pub count: u64,
    /// The first block's place on the device, in filesystem blocks, if it is told.
    pub physical: Option<u64>,
}

impl OrderedPiece {
    /// The form that is printed and compared; `None` if there is no block in it. `file` is the
    /// name that holds so far in the I/O.
    pub(super) fn canonical(mut self, file: Option<&str>) -> Option<OrderedPiece> {
        let data = self.role == Role::Data;
        let steps = self.count.checked_sub(1)?;
        self.first = if data { self.first } else { 0 };
        let room = (u64::MAX - self.first).min(u64::MAX - self.physical.unwrap_or(0));
        let steps = if data || self.physical.is_some() { steps.min(room) } else { 0 };
        self.count = steps.saturating_add(1);
        self.file = match self.file {
            _ if !self.role.belongs_to_a_file() => None,
            Some(name) if name.starts_with('/') => Some(name),
            Some(name) => Some(format!("/{name}")),
            None => file.map(str::to_owned),
        };
        Some(self)
    }

    /// Takes `next` in, if it goes on where this piece ends.
    pub(super) fn join(&mut self, next: &OrderedPiece) -> bool {
        let goes_on = |from: u64, to: u64| from.checked_add(self.count) == Some(to);
        let same_place = match (self.physical, next.physical) {
            (None, None) => true,
            (Some(from), Some(to)) => goes_on(from, to),
            _ => false,
        };
        let counted = self.role == Role::Data || self.physical.is_some();
        let joined = if counted { self.count.checked_add(next.count) } else { Some(self.count) };
        let consecutive = self.role != Role::Data || goes_on(self.first, next.first);
        match joined {
            Some(count)
                if (self.role, &self.file) == (next.role, &next.file) && same_place && consecutive =>
            {
                self.count = count;
                true
            }
            _ => false,
        }
    }

    /// Reads one piece off the front of a word.
    pub(super) fn read(word: &mut Scan<'_>) -> Result<OrderedPiece, NotBlocks> {
        let file = read_file(word)?;
        let blocks = word.take_while(|char| char != '+' && char != '@');
        let (role, first, count) = if blocks.text.starts_with(|char: char| char.is_ascii_digit()) {
            let (first, count) = blocks.range()?;
            (Role::Data, first, count)
        } else {
            match blocks.text.parse() {
                // `data` is a role, but blocks of data are told by their numbers.
                Ok(Role::Data) | Err(_) => return Err(blocks.wrong(Wrong::Piece)),
                Ok(role) => (role, 0, 1),
            }
        };
        if let (Some((_, name)), false) = (&file, role.belongs_to_a_file()) {
            return Err(name.wrong(Wrong::NotOfAFile));
        }
        let file = file.map(|(name, _)| name);
        let mut piece = OrderedPiece { file, role, first, count, physical: None };
        if word.take('@') {
            let place = word.take_while(|char| char != '+');
            if role == Role::Data {
                piece.physical = Some(place.number()?);
            } else {
                let (physical, count) = place.range()?;
                (piece.physical, piece.count) = (Some(physical), count);
            }
            if piece.physical.and_then(|physical| physical.checked_add(piece.count - 1)).is_none() {
                return Err(place.wrong(Wrong::TooLong));
            }
        }
        Ok(piece)
    }

    /// Prints it without the file's name.
    pub(super) fn print_blocks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.role == Role::Data {
            print_range(f, self.first, self.count)?;
        } else {
            write!(f, "{}", self.role)?;
        }
        match self.physical {
            None => Ok(()),
            Some(physical) => {
                f.write_str("@")?;
                print_range(f, physical, if self.role == Role::Data { 1 } else { self.count })
            }
        }
    }
}

/// Prints `first`, or `first-last`.
pub(super) fn print_range(f: &mut fmt::Formatter<'_>, first: u64, count: u64) -> fmt::Result {
    match count.saturating_sub(1) {
        0 => write!(f, "{first}"),
        steps => write!(f, "{first}-{}", first.saturating_add(steps)),
    }
}

/// Reads a file's name, if one comes next: the name, and where it stands.
fn read_file<'t>(word: &mut Scan<'t>) -> Result<Option<(String, Scan<'t>)>, NotBlocks> {
    if !word.text.starts_with('/') {
        return Ok(None);
    }
    let written = word.take_while(|char| char != ':');
    if !word.take(':') {
        return Err(Wrong::Colon.at(word.start, 0));
    }
    Ok(Some((read_escaped(written)?, written)))
}
