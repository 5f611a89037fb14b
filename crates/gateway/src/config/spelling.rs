//! Which known name somebody may have meant.

use strsim::damerau_levenshtein;

/// The known name that is closest to a word, where one is close.
pub(crate) fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    within(word, known, (word.chars().count() / 3).max(1))
}

/// The same where any name may be right, so that only an obvious slip counts.
pub(crate) fn near_miss<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    match word.chars().count() {
        0..=4 => None,
        5..=8 => within(word, known, 1),
        _ => within(word, known, 2),
    }
}

fn within<'a>(word: &str, known: impl IntoIterator<Item = &'a str>, slips: usize) -> Option<&'a str> {
    let plain = |name: &str| name.to_ascii_lowercase().replace('-', "_");
    let word = plain(word);
    let distances = known.into_iter().map(|name| (damerau_levenshtein(&word, &plain(name)), name));
    distances
        .filter(|(distance, _)| *distance <= slips)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["num_retries", "timeout", "fallbacks"];
        assert_eq!(closest("num_retires", known), Some("num_retries"));
        assert_eq!(closest("Time-Out", known), Some("timeout"));
        assert_eq!(closest("budget", known), None);
    }

    #[test]
    fn among_free_names_only_an_obvious_slip_counts() {
        assert_eq!(near_miss("api_bsae", ["api_base"]), Some("api_base"));
        assert_eq!(near_miss("top_k", ["top_p", "stop"]), Some("top_p"));
        assert_eq!(near_miss("seed", ["send"]), None);
    }
}
