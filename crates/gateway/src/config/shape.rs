//! What a text must look like beyond being one.

use super::rule::Rule;
use super::spelling;

/// A shape that texts can have; declared as the `format` of a setting.
struct Shape {
    name: &'static str,
    words: &'static str,
    holds: fn(&str) -> bool,
}

const SHAPES: &[Shape] = &[Shape {
    name: "period",
    words: "a period such as 30s, 15m, 24h, 7d, 4w or 1mo",
    holds: |text| {
        let unit = text.trim_start_matches(|next: char| next.is_ascii_digit());
        unit.len() < text.len() && ["", "s", "m", "h", "d", "w", "mo"].contains(&unit)
    },
}];

/// What a text should be instead.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// What would be right.
    pub(crate) words: String,
    /// What was probably meant.
    pub(crate) meant: Option<String>,
}

/// What a text should be instead; nothing when it is right.
pub(crate) fn wanted_instead_of(text: &str, rule: Rule<'_>) -> Option<Wanted> {
    if let Some(choices) = rule.choices() {
        if choices.contains(&text) {
            return None;
        }
        let meant = spelling::closest(text, choices.iter().copied()).map(str::to_owned);
        return Some(Wanted { words: one_of(&choices), meant });
    }
    let shape = SHAPES.iter().find(|shape| rule.format() == Some(shape.name))?;
    (!(shape.holds)(text)).then(|| Wanted { words: shape.words.to_owned(), meant: None })
}

/// `one of a, b and c`
pub(crate) fn one_of(choices: &[&str]) -> String {
    let quoted: Vec<String> = choices.iter().map(|choice| format!("`{choice}`")).collect();
    match quoted.as_slice() {
        [only] => only.clone(),
        _ => format!("one of {}", quoted.join(", ")),
    }
}
