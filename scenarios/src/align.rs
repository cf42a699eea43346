//! Two sequences side by side: the longest common subsequence, and what each side has beside it.

/// A place of two aligned sequences, by the indices of their elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aligned {
    /// Both have it.
    Both(usize, usize),
    /// Only the left one has it.
    Left(usize),
    /// Only the right one has it.
    Right(usize),
}

/// The most cells of the table that aligning may fill.
const MOST_CELLS: usize = 1 << 24;

/// Aligns two sequences by `same`. Between what both begin with and what both end with, sequences
/// that are too long for the table count as different altogether.
pub fn align<L, R>(left: &[L], right: &[R], same: impl Fn(&L, &R) -> bool) -> Vec<Aligned> {
    let start = left.iter().zip(right).take_while(|(left, right)| same(left, right)).count();
    let ends = left[start..].iter().rev().zip(right[start..].iter().rev());
    let end = ends.take_while(|(left, right)| same(left, right)).count();
    let (left_end, right_end) = (left.len() - end, right.len() - end);
    let mut aligned: Vec<_> = (0..start).map(|place| Aligned::Both(place, place)).collect();
    aligned.extend(middle(&left[start..left_end], &right[start..right_end], &same).into_iter().map(
        |place| match place {
            Aligned::Both(left, right) => Aligned::Both(start + left, start + right),
            Aligned::Left(left) => Aligned::Left(start + left),
            Aligned::Right(right) => Aligned::Right(start + right),
        },
    ));
    aligned.extend((0..end).map(|place| Aligned::Both(left_end + place, right_end + place)));
    aligned
}

fn middle<L, R>(left: &[L], right: &[R], same: &impl Fn(&L, &R) -> bool) -> Vec<Aligned> {
    let mut aligned = Vec::new();
    let (mut i, mut j) = (0, 0);
    let width = right.len() + 1;
    if (left.len() + 1).saturating_mul(width) <= MOST_CELLS {
        let best = table(left, right, same);
        while i < left.len() && j < right.len() {
            if same(&left[i], &right[j]) {
                aligned.push(Aligned::Both(i, j));
                (i, j) = (i + 1, j + 1);
            } else if best[(i + 1) * width + j] >= best[i * width + j + 1] {
                aligned.push(Aligned::Left(i));
                i += 1;
            } else {
                aligned.push(Aligned::Right(j));
                j += 1;
            }
        }
    }
    aligned.extend((i..left.len()).map(Aligned::Left));
    aligned.extend((j..right.len()).map(Aligned::Right));
    aligned
}

/// How long the longest common subsequence of each pair of rests is.
fn table<L, R>(left: &[L], right: &[R], same: &impl Fn(&L, &R) -> bool) -> Vec<u32> {
    let width = right.len() + 1;
    let mut best = vec![0_u32; (left.len() + 1) * width];
    for (i, one) in left.iter().enumerate().rev() {
        for (j, other) in right.iter().enumerate().rev() {
            best[i * width + j] = if same(one, other) {
                best[(i + 1) * width + j + 1] + 1
            } else {
                best[(i + 1) * width + j].max(best[i * width + j + 1])
            };
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn letters(left: &str, right: &str) -> String {
        let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
        let show = |place| match place {
            Aligned::Both(place, _) => format!("={}", left[place]),
            Aligned::Left(place) => format!("<{}", left[place]),
            Aligned::Right(place) => format!(">{}", right[place]),
        };
        align(&left, &right, |left, right| left == right).into_iter().map(show).collect()
    }

    #[test]
    fn what_moved_stands_on_both_sides_of_what_did_not() {
        assert_eq!(letters("abc", "abc"), "=a=b=c");
        assert_eq!(letters("iabc", "abic"), "<i=a=b>i=c");
        assert_eq!(letters("ab", ""), "<a<b");
        assert_eq!(letters("", "ab"), ">a>b");
        assert_eq!(letters("axc", "ayc"), "=a<x>y=c");
    }

    proptest! {
        #[test]
        fn both_sides_are_told_whole_and_in_order(left in "[abc]{0,12}", right in "[abc]{0,12}") {
            let text = letters(&left, &right);
            let side = |marks: &str| -> String {
                let pairs = text.as_bytes().chunks(2).filter(|pair| marks.as_bytes().contains(&pair[0]));
                pairs.map(|pair| char::from(pair[1])).collect()
            };
            prop_assert_eq!(side("=<"), left);
            prop_assert_eq!(side("=>"), right);
        }
    }
}
