//! Orders of I/O: which blocks went together, and what went before what.

use std::fmt;
use std::str::FromStr;

use super::name::Escaped;
use super::scan::{Scan, words};
use super::{NotBlocks, OrderedPiece, Wrong};
use crate::io::{FileId, Operation, Piece};

/// One I/O of an order: a bio or a request, according to where the order was taken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderedIo {
    operation: Operation,
    pieces: Vec<OrderedPiece>,
}

impl OrderedIo {
    /// An I/O, brought into the form that is printed and compared: consecutive pieces are joined,
    /// and a file's name holds for the pieces behind it that have none. `None` if no block is left
    /// in it; a flush has none and needs none.
    pub fn new(operation: Operation, pieces: impl IntoIterator<Item = OrderedPiece>) -> Option<OrderedIo> {
        let mut io = OrderedIo { operation, pieces: Vec::new() };
        if operation == Operation::Flush {
            return Some(io);
        }
        let mut file: Option<String> = None;
        for piece in pieces {
            let Some(piece) = piece.canonical(file.as_deref()) else {
                continue;
            };
            if piece.file.is_some() {
                file.clone_from(&piece.file);
            }
            if !io.pieces.last_mut().is_some_and(|last| last.join(&piece)) {
                io.pieces.push(piece);
            }
        }
        (!io.pieces.is_empty()).then_some(io)
    }

    /// An I/O as the trace tells it. `name` names files (none: the name is not shown);
    /// `places`: the place on the device is told, too.
    pub fn from_trace<'n>(
        operation: Operation,
        pieces: &[Piece],
        name: impl Fn(FileId) -> Option<&'n str>,
        places: bool,
    ) -> Option<OrderedIo> {
        let pieces = pieces.iter().map(|piece| OrderedPiece {
            file: piece.file.and_then(&name).map(str::to_owned),
            role: piece.role,
            first: piece.logical,
            count: u64::from(piece.blocks),
            physical: places.then_some(piece.physical),
        });
        OrderedIo::new(operation, pieces)
    }

    /// What is done.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// With which blocks, in order of sectors; none for a flush.
    pub fn pieces(&self) -> &[OrderedPiece] {
        &self.pieces
    }

    fn read(mut word: Scan<'_>) -> Result<OrderedIo, NotBlocks> {
        let whole = word;
        if word.take('F') {
            let nothing = word.text.is_empty();
            let io = OrderedIo { operation: Operation::Flush, pieces: Vec::new() };
            return if nothing { Ok(io) } else { Err(word.wrong(Wrong::FlushWithBlocks)) };
        }
        let operation = if word.take('W') {
            Operation::Write
        } else if word.take('D') {
            Operation::Discard
        } else {
            Operation::Read
        };
        let mut pieces = Vec::new();
        loop {
            pieces.push(OrderedPiece::read(&mut word)?);
            if word.text.is_empty() {
                break;
            }
            if !word.take('+') {
                return Err(word.wrong(Wrong::AfterPiece));
            }
        }
        // A piece that was read has a block, so there is an I/O.
        OrderedIo::new(operation, pieces).ok_or(whole.wrong(Wrong::Piece))
    }
}

/// Prints an I/O: its operation's letter, and pieces joined by `+`, each given by its file's name
/// and a way to print the rest.
pub(super) fn print_io<'p, P>(
    f: &mut fmt::Formatter<'_>,
    operation: Operation,
    pieces: impl IntoIterator<Item = (Option<&'p str>, P)>,
) -> fmt::Result
where
    P: Fn(&mut fmt::Formatter<'_>) -> fmt::Result,
{
    f.write_str(match operation {
        Operation::Read => "",
        Operation::Write => "W",
        Operation::Flush => "F",
        Operation::Discard => "D",
    })?;
    let mut holds = None;
    for (number, (file, print)) in pieces.into_iter().enumerate() {
        if number > 0 {
            f.write_str("+")?;
        }
        if let Some(name) = file
            && holds != file
        {
            write!(f, "{}:", Escaped(name))?;
            holds = file;
        }
        print(f)?;
    }
    Ok(())
}

impl fmt::Display for OrderedIo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pieces = self
            .pieces
            .iter()
            .map(|piece| (piece.file.as_deref(), |f: &mut fmt::Formatter<'_>| piece.print_blocks(f)));
        print_io(f, self.operation, pieces)
    }
}

impl FromStr for OrderedIo {
    type Err = NotBlocks;

    fn from_str(text: &str) -> Result<OrderedIo, NotBlocks> {
        let mut words = words(text);
        let word = words.next().ok_or(Wrong::OneIo.at(0, text.len()))?;
        let io = OrderedIo::read(word)?;
        match words.next() {
            None => Ok(io),
            Some(another) => Err(another.wrong(Wrong::OneIo)),
        }
    }
}

/// I/Os in the order in which they went; none is an order, too.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Order(pub Vec<OrderedIo>);

impl Order {
    /// I/Os as the trace tells them, without their places on the device; those that move no block
    /// and are no flush have no place in an order.
    pub fn from_trace<'n>(
        ios: &[(Operation, Vec<Piece>)],
        name: impl Fn(FileId) -> Option<&'n str>,
    ) -> Order {
        let io = |(operation, pieces): &(Operation, Vec<Piece>)| {
            OrderedIo::from_trace(*operation, pieces, &name, false)
        };
        Order(ios.iter().filter_map(io).collect())
    }
}

/// Prints items with a space between them.
pub(super) fn print_spaced<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    for (number, item) in items.iter().enumerate() {
        if number > 0 {
            f.write_str(" ")?;
        }
        item.fmt(f)?;
    }
    Ok(())
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print_spaced(f, &self.0)
    }
}

impl FromStr for Order {
    type Err = NotBlocks;

    fn from_str(text: &str) -> Result<Order, NotBlocks> {
        words(text).map(OrderedIo::read).collect::<Result<_, _>>().map(Order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::Role;
    use proptest::prelude::*;

    /// Reads and prints.
    fn canonical(text: &str) -> String {
        text.parse::<Order>().unwrap().to_string()
    }

    fn wrong(text: &str) -> (usize, usize, Wrong) {
        let error = text.parse::<Order>().unwrap_err();
        (error.start, error.end, error.wrong)
    }

    #[test]
    fn orders_are_printed_in_one_form() {
        for (text, expected) in [
            ("", ""),
            ("ind 0-11 12-15", "ind 0-11 12-15"),
            ("  W0-5+6-11\n F ", "W0-11 F"),
            ("0-5+7+6", "0-5+7+6"),
            ("0-11+ind 7-7", "0-11+ind 7"),
            ("0-5@100+6-11@106", "0-11@100"),
            ("0-5@100+6-11@107", "0-5@100+6-11@107"),
            ("0-5@100+6", "0-5@100+6"),
            ("tleaf/0/1@5 inodes/0@50-51+inodes/0@52", "tleaf/0/1@5 inodes/0@50-52"),
            ("inodes/0+inodes/0", "inodes/0"),
            ("W/log:0-3+bitmap/0+/log:5+/a:6", "W/log:0-3+bitmap/0+5+/a:6"),
            (r"/a\040b\072\134:0", r"/a\040b\072\134:0"),
            ("D007-008", "D7-8"),
        ] {
            assert_eq!(canonical(text), expected);
        }
    }

    #[test]
    fn consecutive_blocks_of_two_ios_stay_apart() {
        assert_eq!(canonical("0-5 6-11"), "0-5 6-11");
        assert_eq!(canonical("/a:0-5+/b:6-11"), "/a:0-5+/b:6-11");
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        assert_eq!(wrong("0-11 int"), (5, 8, Wrong::Piece));
        assert_eq!(wrong("0-11 W"), (6, 6, Wrong::Piece));
        assert_eq!(wrong("0-11+ 5"), (5, 5, Wrong::Piece));
        assert_eq!(wrong("data"), (0, 4, Wrong::Piece));
        assert_eq!(wrong("0-"), (2, 2, Wrong::Number));
        assert_eq!(wrong("0-1-2"), (2, 5, Wrong::Number));
        assert_eq!(wrong("0@1@2"), (2, 5, Wrong::Number));
        assert_eq!(wrong("F0"), (1, 2, Wrong::FlushWithBlocks));
        assert_eq!(wrong("/log 0"), (4, 4, Wrong::Colon));
        assert_eq!(wrong(r"0 /a\08:0"), (4, 5, Wrong::Escape));
        assert_eq!(wrong(r"/a\377:0"), (2, 3, Wrong::Escape));
        assert_eq!(wrong("/log:super"), (0, 4, Wrong::NotOfAFile));
        assert_eq!(wrong("99999999999999999999"), (0, 20, Wrong::TooLarge));
    }

    #[test]
    fn one_io_is_read_alone() {
        assert_eq!("ind".parse::<OrderedIo>().unwrap().pieces()[0].role, Role::Ind);
        assert_eq!("ind 0".parse::<OrderedIo>().unwrap_err(), Wrong::OneIo.at(4, 1));
        assert_eq!(" ".parse::<OrderedIo>().unwrap_err(), Wrong::OneIo.at(0, 1));
    }

    #[test]
    fn the_trace_is_told_with_or_without_places() {
        let piece = Piece { file: Some(FileId(3)), role: Role::Data, logical: 5, physical: 70, blocks: 2 };
        let io = |places| OrderedIo::from_trace(Operation::Write, &[piece], |_| Some("f"), places);
        assert_eq!(io(true).unwrap().to_string(), "W/f:5-6@70");
        assert_eq!(io(false).unwrap().to_string(), "W/f:5-6");
        assert_eq!(OrderedIo::from_trace(Operation::Read, &[], |_| None, false), None);
    }

    fn any_role() -> impl Strategy<Value = Role> {
        prop_oneof![
            4 => Just(Role::Data),
            1 => Just(Role::Ind),
            1 => (0..3_u32).prop_map(Role::DindLeaf),
            1 => (any::<u32>(), 0..2_u32).prop_map(|(middle, leaf)| Role::TindLeaf(middle, leaf)),
            1 => (0..2_u32).prop_map(Role::Inodes),
            1 => Just(Role::Unknown),
        ]
    }

    fn any_piece() -> impl Strategy<Value = OrderedPiece> {
        let number = || prop_oneof![0..6_u64, any::<u64>(), u64::MAX - 3..=u64::MAX];
        let file = prop::option::of("/?[a :\\\\+é]{0,2}");
        (file, any_role(), number(), number(), prop::option::of(number())).prop_map(
            |(file, role, first, count, physical)| OrderedPiece { file, role, first, count, physical },
        )
    }

    fn any_io() -> impl Strategy<Value = Option<OrderedIo>> {
        let operations = [Operation::Read, Operation::Write, Operation::Flush, Operation::Discard];
        (prop::sample::select(operations.to_vec()), prop::collection::vec(any_piece(), 0..5))
            .prop_map(|(operation, pieces)| OrderedIo::new(operation, pieces))
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(ios in prop::collection::vec(any_io(), 0..5)) {
            let order = Order(ios.into_iter().flatten().collect());
            prop_assert_eq!(order.to_string().parse(), Ok(order));
        }

        #[test]
        fn no_text_makes_it_panic(text in r"[-0-9@+/: aindlefWF\\é]{0,30}") {
            match text.parse::<Order>() {
                Ok(order) => prop_assert_eq!(order.to_string().parse(), Ok(order)),
                Err(error) => {
                    prop_assert!(error.start <= error.end && text.get(error.start..error.end).is_some());
                }
            }
        }
    }
}
