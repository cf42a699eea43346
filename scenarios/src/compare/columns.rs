//! Two orders one below the other: I/Os that both have stand in the same column.

use sim_core::io::blocks::Order;

use super::subsequence::heaviest_common;

/// How many I/Os that both have are shown on each side of a difference.
const CONTEXT: usize = 2;

/// How many differing I/Os one below the other are shown.
const MOST_IN_A_ROW: usize = 8;

/// How many differences are shown.
const MOST_DIFFERENCES: usize = 6;

/// Both orders as text, the left above the right. Of what is long only the surroundings of the first
/// differences are shown, with `...` for the rest.
pub fn side_by_side(left: &Order, right: &Order) -> [String; 2] {
    let mut rows = [String::new(), String::new()];
    for column in columns(&texts(left), &texts(right)) {
        let width = column.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
        for (row, cell) in rows.iter_mut().zip(&column) {
            *row += &format!("{cell:width$}  ");
        }
    }
    rows.map(|row| row.trim_end().to_owned())
}

/// Each I/O as text, with its blocks as its weight.
fn texts(order: &Order) -> Vec<(String, u64)> {
    let weigh = |io: &sim_core::io::blocks::OrderedIo| {
        io.pieces().iter().fold(0_u64, |sum, piece| sum.saturating_add(piece.count)).max(1)
    };
    order.0.iter().map(|io| (io.to_string(), weigh(io))).collect()
}

fn columns(left: &[(String, u64)], right: &[(String, u64)]) -> Vec<[String; 2]> {
    // Where there is too much of the same nothing counts as common.
    let common = heaviest_common(left, right).unwrap_or_default();
    let ends = [(left.len(), right.len())];
    let mut columns = Vec::new();
    let (mut differences, mut alike) = (0, Vec::new());
    let (mut at_left, mut at_right) = (0, 0);
    for (to_left, to_right) in common.into_iter().chain(ends) {
        if at_left < to_left || at_right < to_right {
            show_alike(&mut columns, &alike, differences > 0, true);
            alike.clear();
            if differences == MOST_DIFFERENCES {
                columns.push(["...".to_owned(), "...".to_owned()]);
                return columns;
            }
            differences += 1;
            columns.push([cell(&left[at_left..to_left]), cell(&right[at_right..to_right])]);
        }
        if let Some((text, _)) = left.get(to_left) {
            alike.push(text.as_str());
        }
        (at_left, at_right) = (to_left + 1, to_right + 1);
    }
    show_alike(&mut columns, &alike, differences > 0, false);
    columns
}

/// I/Os that both have; those far from a difference are left out.
fn show_alike(columns: &mut Vec<[String; 2]>, alike: &[&str], behind: bool, before: bool) {
    let front = if behind { CONTEXT } else { 0 };
    let back = alike.len().saturating_sub(if before { CONTEXT } else { 0 });
    let mut both = |text: &str| columns.push([text.to_owned(), text.to_owned()]);
    let hidden = back.saturating_sub(front);
    // One that would be left out takes no more room than the dots in its place.
    for (number, text) in alike.iter().enumerate() {
        match number {
            _ if hidden < 2 || number < front || number >= back => both(text),
            _ if number == front => both("..."),
            _ => {}
        }
    }
}

fn cell(ios: &[(String, u64)]) -> String {
    let shown: Vec<&str> = ios.iter().take(MOST_IN_A_ROW).map(|(text, _)| text.as_str()).collect();
    let more = if ios.len() > MOST_IN_A_ROW {
        format!(" ... ({} more)", ios.len() - MOST_IN_A_ROW)
    } else {
        String::new()
    };
    shown.join(" ") + &more
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(left: &str, right: &str) -> [String; 2] {
        side_by_side(&left.parse().unwrap(), &right.parse().unwrap())
    }

    #[test]
    fn what_both_have_stands_in_one_column() {
        assert_eq!(
            shown("ind 0-11 12-15", "0-11 ind 12-15"),
            ["ind  0-11       12-15", "     0-11  ind  12-15"]
        );
        assert_eq!(shown("0-11+ind 12-15", "0-11 ind 12-15"), ["0-11+ind  12-15", "0-11 ind  12-15"]);
        assert_eq!(shown("", "ind"), ["", "ind"]);
    }

    #[test]
    fn only_the_surroundings_of_a_difference_are_shown() {
        let left: Vec<String> = (0..50).map(|block| (2 * block).to_string()).collect();
        let mut right = left.clone();
        right[20] = "1".to_owned();
        assert_eq!(
            shown(&left.join(" "), &right.join(" ")),
            ["...  36  38  40  42  44  ...", "...  36  38  1   42  44  ..."]
        );
        assert_eq!(shown(&left.join(" "), "")[0], "0 2 4 6 8 10 12 14 ... (42 more)");
    }

    #[test]
    fn there_is_an_end_to_differences() {
        let left: Vec<String> = (0..50).map(|block| (2 * block).to_string()).collect();
        let right: Vec<String> = (0..50)
            .map(|block| if block % 2 == 0 { 2 * block } else { 2 * block + 1001 }.to_string())
            .collect();
        let [left, right] = shown(&left.join(" "), &right.join(" "));
        assert_eq!(left, "0  2     4  6     8  10    12  14    16  18    20  22    24  ...");
        assert_eq!(right, "0  1003  4  1007  8  1011  12  1015  16  1019  20  1023  24  ...");
    }
}
