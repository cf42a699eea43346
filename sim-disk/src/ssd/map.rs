//! Where a logical page lies: a fixed stripe over channels, ways, dies and planes.
//!
//! Left out: dynamic allocation, a map that changes, its cache.

use super::Parameters;

/// A coordinate of a plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Axis {
    Channel,
    Way,
    Die,
    Plane,
}

impl Axis {
    const ALL: [Axis; 4] = [Axis::Channel, Axis::Way, Axis::Die, Axis::Plane];

    const fn letter(self) -> char {
        match self {
            Axis::Channel => 'C',
            Axis::Way => 'W',
            Axis::Die => 'D',
            Axis::Plane => 'P',
        }
    }
}

/// In which order pages go over channels (C), ways (W), dies (D) and planes (P), the fastest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AllocationOrder([Axis; 4]);

impl Default for AllocationOrder {
    /// CWDP.
    fn default() -> Self {
        AllocationOrder(Axis::ALL)
    }
}

impl TryFrom<String> for AllocationOrder {
    type Error = String;

    fn try_from(letters: String) -> Result<Self, String> {
        let axis = |letter| Axis::ALL.into_iter().find(|axis| axis.letter() == letter);
        let axes: Option<Vec<Axis>> = letters.chars().map(axis).collect();
        match axes.map(<[Axis; 4]>::try_from) {
            Some(Ok(order)) if Axis::ALL.iter().all(|axis| order.contains(axis)) => {
                Ok(AllocationOrder(order))
            }
            _ => Err(format!("`{letters}` does not name each of C, W, D and P once")),
        }
    }
}

impl From<AllocationOrder> for String {
    fn from(AllocationOrder(order): AllocationOrder) -> String {
        order.into_iter().map(Axis::letter).collect()
    }
}

/// Where a page lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The die, of all dies of the drive.
    pub(crate) die: u32,
    /// The page's index in its block.
    pub(crate) page_in_block: u32,
}

/// The map.
#[derive(Clone, Debug)]
pub(crate) struct StaticMap {
    /// The die of each unit.
    dies: Vec<u32>,
    pages_per_block: u64,
}

impl StaticMap {
    pub(crate) fn new(parameters: &Parameters) -> StaticMap {
        let dies = (0..parameters.units()).map(|unit| die_of(parameters, unit)).collect();
        StaticMap { dies, pages_per_block: u64::from(parameters.pages_per_block) }
    }

    /// The place of a logical page: its unit's plane, and there the next page in order.
    #[expect(clippy::cast_possible_truncation, reason = "remainders of divisors that fit")]
    pub(crate) fn place(&self, page: u32) -> Place {
        let units = self.dies.len() as u64;
        let (unit, row) = (u64::from(page) % units, u64::from(page) / units);
        // [ssd-place.fixed]
        Place { die: self.dies[unit as usize], page_in_block: (row % self.pages_per_block) as u32 }
    }
}

fn die_of(parameters: &Parameters, unit: u32) -> u32 {
    // [ssd-place.unit]
    let mut rest = unit;
    let (mut channel, mut way, mut die) = (0, 0, 0);
    for axis in parameters.allocation_order.0 {
        let (coordinate, size) = match axis {
            Axis::Channel => (&mut channel, parameters.channels),
            Axis::Way => (&mut way, parameters.ways),
            Axis::Die => (&mut die, parameters.dies),
            // The planes of a die share everything that takes time here.
            Axis::Plane => (&mut 0, parameters.planes),
        };
        *coordinate = rest % size;
        rest /= size;
    }
    (channel * parameters.ways + way) * parameters.dies + die
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssd::parameters::tests::small;

    fn dies(order: &str) -> Vec<u32> {
        let allocation_order = order.to_owned().try_into().unwrap();
        let parameters = Parameters { channels: 2, ways: 2, dies: 1, planes: 2, allocation_order, ..small() };
        let map = StaticMap::new(&parameters);
        (0..8).map(|page| map.place(page).die).collect()
    }

    #[test]
    fn pages_are_dealt_out_in_the_given_order() {
        // [ssd-place.unit]
        assert_eq!(dies("CWDP"), [0, 2, 1, 3, 0, 2, 1, 3]);
        assert_eq!(dies("WCDP"), [0, 1, 2, 3, 0, 1, 2, 3]);
        assert_eq!(dies("PCWD"), [0, 0, 2, 2, 1, 1, 3, 3]);
    }

    #[test]
    fn a_plane_is_filled_page_by_page_and_block_by_block() {
        // [ssd-place.fixed]
        let parameters =
            Parameters { channels: 2, ways: 1, dies: 1, planes: 1, pages_per_block: 3, ..small() };
        let map = StaticMap::new(&parameters);
        let pages: Vec<_> = [0, 2, 4, 6, 7].into_iter().map(|page| map.place(page).page_in_block).collect();
        assert_eq!(pages, [0, 1, 2, 0, 0]);
    }

    #[test]
    fn an_order_names_each_letter_once() {
        // [ssd-place.unit]
        for wrong in ["", "CWD", "CWDD", "CWDPC", "cwdp"] {
            assert!(AllocationOrder::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
        assert_eq!(String::from(AllocationOrder::default()), "CWDP");
    }
}
