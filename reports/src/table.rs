//! A table of figures as text: one row a figure, one column an arm, numbers right-aligned, the
//! unit in the row's name; for two arms the difference between them; and where the time went.
//!
//! Widths count characters, which is right for ASCII names; control characters are replaced, so
//! that a name cannot steer a terminal.

use sim_core::io::{Part, Parts};

use crate::format::{TimeScale, decimal, grouped};

/// What the numbers of a row count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Bytes.
    Bytes,
    /// Sectors of 512 bytes.
    Sectors,
    /// Nanoseconds of virtual time; written in the unit that suits the row.
    Nanoseconds,
}

/// One figure for all arms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The figure's name, without its unit.
    pub name: String,
    /// What the values count.
    pub unit: Unit,
    /// One value a column; none where the figure does not exist (the percentile of no samples).
    pub values: Vec<Option<u64>>,
}

/// Everything that a table says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableData {
    /// The names of the arms.
    pub columns: Vec<String>,
    /// The figures, in the order in which they are shown.
    pub rows: Vec<Row>,
    /// Per column, the parts of all response times together; without any, the section on where the
    /// time went is left out.
    pub parts: Vec<Parts>,
}

/// A table whose rows do not fit its columns.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// A row has more or fewer values than there are columns.
    #[error("row {row:?} has {values} values for {columns} columns")]
    Values {
        /// The row's name.
        row: String,
        /// How many values it has.
        values: usize,
        /// How many columns there are.
        columns: usize,
    },
    /// The parts are given for more or fewer arms than there are columns.
    #[error("the parts of the time are given for {arms} arms, but there are {columns} columns")]
    Parts {
        /// For how many arms they are given.
        arms: usize,
        /// How many columns there are.
        columns: usize,
    },
}

/// The heading of the section on the parts of the time.
pub const WHERE_THE_TIME_WENT: &str = "where the time went";

impl TableData {
    /// The table as lines of text, each ended by a line feed, without trailing blanks.
    ///
    /// # Errors
    /// If a row, or the parts of the time, do not fit the columns.
    pub fn render(&self) -> Result<String, TableError> {
        let columns = self.columns.len();
        let mut lines = vec![self.heading()];
        for row in &self.rows {
            if row.values.len() != columns {
                let (row, values) = (row.name.clone(), row.values.len());
                return Err(TableError::Values { row, values, columns });
            }
            let values: Vec<_> = row.values.iter().map(|value| value.map(u128::from)).collect();
            let scale = Scale::of(row.unit, values.iter().flatten().copied().max().unwrap_or(0));
            lines.push(line(&named(&row.name, scale), &values, scale));
        }
        if !self.parts.is_empty() {
            if self.parts.len() != columns {
                return Err(TableError::Parts { arms: self.parts.len(), columns });
            }
            lines.extend(self.lines_of_parts());
        }
        Ok(align(&lines))
    }

    fn heading(&self) -> Vec<String> {
        let mut cells = vec![String::new()];
        cells.extend(self.columns.iter().map(|name| plain(name)));
        if self.columns.len() == 2 {
            cells.extend(["difference".into(), String::new()]);
        }
        cells
    }

    /// One scale for the whole section, so that its rows can be compared and added up.
    fn lines_of_parts(&self) -> Vec<Vec<String>> {
        let totals: Vec<u128> = self.parts.iter().map(total).collect();
        let scale = Scale::of(Unit::Nanoseconds, totals.iter().copied().max().unwrap_or(0));
        let mut lines = vec![Vec::new(), vec![named(WHERE_THE_TIME_WENT, scale)]];
        for part in Part::ALL {
            let times: Vec<u128> =
                self.parts.iter().map(|parts| u128::from(parts.get(part).nanoseconds())).collect();
            if times.iter().any(|time| *time > 0) {
                lines.push(line(&format!("  {}", name_of(part)), &some(&times), scale));
            }
        }
        lines.push(line("  all response times together", &some(&totals), scale));
        lines
    }
}

/// The words for a part in tables and pictures.
pub fn name_of(part: Part) -> &'static str {
    match part {
        Part::HostQueue => "waiting in the host",
        Part::DeviceQueue => "waiting in the device",
        Part::Overhead => "overhead",
        Part::Seek => "seek",
        Part::HeadSwitch => "head switch",
        Part::Settle => "settling for a write",
        Part::Rotation => "rotational wait",
        Part::Transfer => "transfer",
        Part::Bus => "bus",
        Part::Cache => "device cache",
        Part::Mapping => "flash map",
        Part::DieWait => "waiting for a die",
        Part::Array => "flash array",
        Part::ChannelWait => "waiting for a channel",
        Part::Channel => "channel",
        Part::CollectionWait => "behind garbage collection",
    }
}

/// How the numbers of a row are written.
#[derive(Clone, Copy)]
enum Scale {
    Whole(&'static str),
    Time(TimeScale),
}

impl Scale {
    fn of(unit: Unit, largest: u128) -> Scale {
        match unit {
            Unit::Count => Scale::Whole(""),
            Unit::Bytes => Scale::Whole("bytes"),
            Unit::Sectors => Scale::Whole("sectors"),
            Unit::Nanoseconds => Scale::Time(TimeScale::for_largest(largest)),
        }
    }

    fn format(self, number: u128) -> String {
        match self {
            Scale::Whole(_) => grouped(number),
            Scale::Time(scale) => scale.format(number),
        }
    }
}

fn total(parts: &Parts) -> u128 {
    parts.iter().map(|(_, time)| u128::from(time.nanoseconds())).sum()
}

fn some(values: &[u128]) -> Vec<Option<u128>> {
    values.iter().copied().map(Some).collect()
}

fn named(name: &str, scale: Scale) -> String {
    match scale {
        Scale::Whole("") => plain(name),
        Scale::Whole(unit) | Scale::Time(TimeScale { unit, .. }) => format!("{}, {unit}", plain(name)),
    }
}

fn line(name: &str, values: &[Option<u128>], scale: Scale) -> Vec<String> {
    let mut cells = vec![name.to_owned()];
    cells.extend(values.iter().map(|value| value.map_or("-".into(), |number| scale.format(number))));
    if let [Some(first), Some(second)] = *values {
        cells.extend([difference(first, second, scale), share(first, second)]);
    }
    cells
}

fn difference(first: u128, second: u128, scale: Scale) -> String {
    match second.abs_diff(first) {
        0 => "0".into(),
        distance => match scale.format(distance) {
            tiny if tiny.starts_with('<') => tiny,
            told => format!("{}{told}", sign(first, second)),
        },
    }
}

/// The difference in percent of the first value, where that means something.
fn share(first: u128, second: u128) -> String {
    if first == 0 || first == second {
        return String::new();
    }
    let thousandths = second.abs_diff(first).saturating_mul(1_000).saturating_add(first / 2) / first;
    format!("{}{} %", sign(first, second), decimal(thousandths, 1))
}

fn sign(first: u128, second: u128) -> char {
    if second < first { '-' } else { '+' }
}

fn plain(name: &str) -> String {
    name.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

fn align(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |cell: &String| cell.chars().count();
    let widths: Vec<usize> = (0..columns)
        .map(|column| lines.iter().filter_map(|line| line.get(column)).map(width).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for line in lines {
        let mut written = String::new();
        for (column, (cell, &width)) in line.iter().zip(&widths).enumerate() {
            written += &if column == 0 { format!("{cell:<width$}") } else { format!("  {cell:>width$}") };
        }
        text += written.trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sim_core::time::Duration;

    fn row(name: &str, unit: Unit, values: &[u64]) -> Row {
        Row { name: name.into(), unit, values: values.iter().copied().map(Some).collect() }
    }

    fn parts(times: &[(Part, u64)]) -> Parts {
        let mut parts = Parts::default();
        times.iter().for_each(|(part, time)| parts.add(*part, Duration::from_nanoseconds(*time)));
        parts
    }

    #[test]
    fn two_arms_stand_side_by_side_with_their_difference() {
        let table = TableData {
            columns: vec!["off".into(), "on".into()],
            rows: vec![
                row("I/Os", Unit::Count, &[3, 3]),
                row("requests", Unit::Count, &[3, 2]),
                row("read", Unit::Bytes, &[69_632, 69_632]),
                row("seek distance", Unit::Sectors, &[0, 136]),
                row("simulated time", Unit::Nanoseconds, &[12_940_123, 6_712_000]),
                Row {
                    name: "99 % of writes within".into(),
                    unit: Unit::Nanoseconds,
                    values: vec![None, Some(7)],
                },
            ],
            parts: vec![
                parts(&[(Part::Seek, 0), (Part::Rotation, 9_000_000), (Part::Transfer, 1_500_000)]),
                parts(&[(Part::Rotation, 3_000_000), (Part::Transfer, 1_500_000), (Part::Cache, 20)]),
            ],
        };
        let expected = [
            "                                  off      on  difference",
            "I/Os                                3       3           0",
            "requests                            3       2          -1  -33.3 %",
            "read, bytes                    69,632  69,632           0",
            "seek distance, sectors              0     136        +136",
            "simulated time, ms             12.940   6.712      -6.228  -48.1 %",
            "99 % of writes within, ns           -       7",
            "",
            "where the time went, ms",
            "  rotational wait               9.000   3.000      -6.000  -66.7 %",
            "  transfer                      1.500   1.500           0",
            "  device cache                  0.000  <0.001      <0.001",
            "  all response times together  10.500   4.500      -6.000  -57.1 %",
        ];
        assert_eq!(table.render().unwrap().lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn one_arm_and_three_arms_have_no_difference() {
        let table = TableData {
            columns: vec!["a".into(), "b".into(), "c\u{1b}[2J".into()],
            rows: vec![row("requests", Unit::Count, &[1_000, 20, 3])],
            parts: Vec::new(),
        };
        let expected = ["              a   b  c\u{fffd}[2J", "requests  1,000  20      3"];
        assert_eq!(table.render().unwrap().lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_row_that_does_not_fit_is_refused() {
        let mut table = TableData { columns: vec!["a".into()], ..TableData::default() };
        table.rows.push(row("requests", Unit::Count, &[1, 2]));
        let error = table.render().unwrap_err();
        assert_eq!(error, TableError::Values { row: "requests".into(), values: 2, columns: 1 });
        assert_eq!(error.to_string(), "row \"requests\" has 2 values for 1 columns");
        table.rows.clear();
        table.parts = vec![Parts::default(); 2];
        assert_eq!(table.render(), Err(TableError::Parts { arms: 2, columns: 1 }));
    }

    proptest! {
        #[test]
        fn any_numbers_make_a_table_whose_columns_line_up(
            values in prop::collection::vec(any::<[u64; 2]>(), 1..8),
        ) {
            let rows = values.iter().map(|pair| row("time", Unit::Nanoseconds, pair)).collect();
            let table = TableData { columns: vec!["first".into(), "second".into()], rows, parts: Vec::new() };
            let text = table.render().unwrap();
            let end = text.lines().next().unwrap().find("second").unwrap() + "second".len();
            for line in text.lines().skip(1) {
                prop_assert!(line.as_bytes()[end - 1].is_ascii_digit(), "{text}");
                prop_assert_eq!(line.as_bytes().get(end).copied().unwrap_or(b' '), b' ');
            }
        }
    }
}
