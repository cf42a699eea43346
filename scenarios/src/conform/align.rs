//! Both sides of a trace side by side: what they have in common in order, and what only one has.

use super::lines::Line;
use crate::compare::subsequence::heaviest_common;

/// A place of two aligned sides, by the indices of their lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aligned {
    /// Both have it.
    Both(usize, usize),
    /// Only the kernel has it there.
    Kernel(usize),
    /// Only the simulator has it there.
    Simulated(usize),
}

/// Aligns two sides by the heaviest sequence that they have in common, a line weighing its sectors, so
/// that of two I/Os that changed places the smaller one has moved. Sides that are too long and too
/// different have only their beginning in common.
pub(super) fn align(kernel: &[&Line], simulated: &[&Line]) -> Vec<Aligned> {
    let [left, right] = [kernel, simulated].map(|side| {
        let weighed = side.iter().map(|line| (line.text.as_str(), weight(line)));
        weighed.collect::<Vec<_>>()
    });
    let common = heaviest_common(&left, &right).unwrap_or_else(|_| {
        let same = left.iter().zip(&right).take_while(|(left, right)| left == right).count();
        (0..same).map(|place| (place, place)).collect()
    });
    let mut aligned = Vec::new();
    let (mut i, mut j) = (0, 0);
    for (one, other) in common.into_iter().chain([(kernel.len(), simulated.len())]) {
        aligned.extend((i..one).map(Aligned::Kernel));
        aligned.extend((j..other).map(Aligned::Simulated));
        if one < kernel.len() {
            aligned.push(Aligned::Both(one, other));
        }
        (i, j) = (one + 1, other + 1);
    }
    aligned
}

fn weight(line: &Line) -> u64 {
    line.sectors.map_or(1, |(_, sectors)| sectors.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(extents: &[(u64, u64)]) -> Vec<Line> {
        let line = |&(sector, sectors): &(u64, u64)| Line {
            level: None,
            text: format!("{sector}+{sectors}"),
            sectors: Some((sector, sectors)),
            event: None,
        };
        extents.iter().map(line).collect()
    }

    fn aligned(kernel: &[(u64, u64)], simulated: &[(u64, u64)]) -> Vec<Aligned> {
        let (kernel, simulated) = (lines(kernel), lines(simulated));
        align(&kernel.iter().collect::<Vec<_>>(), &simulated.iter().collect::<Vec<_>>())
    }

    #[test]
    fn the_smaller_io_has_moved() {
        assert_eq!(
            aligned(&[(96, 8), (0, 96)], &[(0, 96), (96, 8)]),
            [Aligned::Kernel(0), Aligned::Both(1, 0), Aligned::Simulated(1)]
        );
    }

    #[test]
    fn what_has_no_partner_stands_on_its_own_side() {
        assert_eq!(aligned(&[], &[(0, 1)]), [Aligned::Simulated(0)]);
        assert_eq!(
            aligned(&[(0, 1), (1, 1), (2, 1)], &[(0, 1), (7, 1), (2, 1)]),
            [Aligned::Both(0, 0), Aligned::Kernel(1), Aligned::Simulated(1), Aligned::Both(2, 2)]
        );
    }
}
