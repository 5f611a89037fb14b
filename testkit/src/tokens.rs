//! Crude tokens: four characters each, so that every test can count them in its head.

const CHARS_PER_TOKEN: usize = 4;

/// `text` split into its tokens.
pub(crate) fn pieces(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(CHARS_PER_TOKEN).map(|token| token.iter().collect()).collect()
}

/// How many tokens `text` has.
pub(crate) fn count(text: &str) -> u64 {
    text.chars().count().div_ceil(CHARS_PER_TOKEN) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_pieces_as_tokens_and_they_join_to_the_text() {
        for text in ["", "four", "fünf…", "twelve chars"] {
            assert_eq!(pieces(text).len() as u64, count(text));
            assert_eq!(pieces(text).concat(), text);
        }
    }
}
