//! What to say about a wrong name: the nearest valid one.

/// The candidate that is most like `word`, if any is much like it: the fewest insertions,
/// deletions, replacements and swaps of neighbours (Damerau and Levenshtein), at most a third of
/// the longer word and one more. Of equals the first.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| {
            *distance <= 1 + word.chars().count().max(candidate.chars().count()) / 3
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A way to mend a wrong name: the nearest right one, or all that there are.
pub fn help_for(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(name) => format!("did you mean \"{name}\"?"),
        None if known.is_empty() => "there are none at all".to_owned(),
        None => format!("there is {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_fingers_is_recognised() {
        assert_eq!(nearest("titel", ["seed", "title"]), Some("title"));
        assert_eq!(nearest("cheetah9lp", ["ideal", "cheetah9LP"]), Some("cheetah9LP"));
    }

    #[test]
    fn what_is_like_nothing_gets_no_answer() {
        assert_eq!(nearest("quux", ["title", "filesystem"]), None);
    }
}
