//! Names of models by pattern, so that the catalogue can say once what is true of a family.

use std::borrow::Cow;

/// The version in a model's name: `4.6` in `claude-opus-4-6`, `5` in `gpt-5-mini`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Before the point.
    pub major: u8,
    /// After the point; 0 where nothing is said.
    pub minor: u8,
}

/// A pattern of names. `*` stands for any text, `{word}` for a run of letters from a to z, `{date}` for eight
/// digits and `{version}` for a digit and, behind `.`, `-` or `_`, at most two more. Case does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(pub Cow<'static, str>);

impl Pattern {
    /// Whether the whole of `name` fits.
    pub fn fits(&self, name: &str) -> bool {
        self.version_in(name).is_some()
    }

    /// The version that `name` has where the pattern says so, when the whole of it fits; `None` inside when the
    /// pattern asks for none.
    pub fn version_in(&self, name: &str) -> Option<Option<Version>> {
        fit(&self.0, name)
    }
}

impl Version {
    /// Reads `4` or `4.6`.
    pub fn parse(text: &str) -> Option<Self> {
        leading(text).filter(|(_, rest)| rest.is_empty()).map(|(version, _)| version)
    }
}

fn fit(pattern: &str, name: &str) -> Option<Option<Version>> {
    if let Some(rest) = pattern.strip_prefix('*') {
        let starts = name.char_indices().map(|(at, _)| at).chain([name.len()]);
        return starts.into_iter().find_map(|at| fit(rest, &name[at..]));
    }
    if let Some(rest) = pattern.strip_prefix("{word}") {
        let end = name.bytes().take_while(u8::is_ascii_alphabetic).count();
        return (end > 0).then(|| fit(rest, &name[end..])).flatten();
    }
    if let Some(rest) = pattern.strip_prefix("{date}") {
        let end = digits(name);
        return (end == 8).then(|| fit(rest, &name[end..])).flatten();
    }
    if let Some(rest) = pattern.strip_prefix("{version}") {
        let (version, left) = leading(name)?;
        return fit(rest, left).map(|_| Some(version));
    }
    match (pattern.chars().next(), name.chars().next()) {
        (None, None) => Some(None),
        (Some(wanted), Some(found)) if wanted.eq_ignore_ascii_case(&found) => {
            fit(&pattern[wanted.len_utf8()..], &name[found.len_utf8()..])
        }
        _ => None,
    }
}

/// The version that a text begins with, and what follows. A longer run of digits is a date, not a version.
fn leading(text: &str) -> Option<(Version, &str)> {
    let (major, rest) = number(text, 1)?;
    let minor = rest.strip_prefix(['.', '-', '_']).and_then(|rest| number(rest, 2));
    let (minor, rest) = minor.unwrap_or((0, rest));
    Some((Version { major, minor }, rest))
}

fn number(text: &str, longest: usize) -> Option<(u8, &str)> {
    let end = digits(text);
    if end > longest {
        return None;
    }
    Some((text[..end].parse().ok()?, &text[end..]))
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(pattern: &'static str, name: &str) -> Option<Option<(u8, u8)>> {
        let found = Pattern(pattern.into()).version_in(name);
        found.map(|version| version.map(|version| (version.major, version.minor)))
    }

    #[test]
    fn versions_are_read_and_dates_are_not() {
        let cases = [
            ("claude-opus-4-6", Some(Some((4, 6)))),
            ("us.anthropic.claude-opus-4-6-v1:0", Some(Some((4, 6)))),
            ("anthropic/Claude-Opus-4.6", Some(Some((4, 6)))),
            ("claude-opus-4-20250514", Some(Some((4, 0)))),
            ("claude-sonnet-5", Some(Some((5, 0)))),
            ("claude-opus-41", None),
            ("claude-3-5-sonnet", None),
            ("team-sonnet-5-1", None),
        ];
        for (name, expected) in cases {
            assert_eq!(version("*claude-{word}-{version}*", name), expected, "{name}");
        }
        assert_eq!(version("gpt-{version}*", "gpt-5-2025-08-07"), Some(Some((5, 0))));
        assert_eq!(version("o{version}*", "o3-mini"), Some(Some((3, 0))));
    }

    #[test]
    fn a_pattern_fits_the_whole_name_or_nothing() {
        let fits = |pattern: &'static str, name: &str| Pattern(pattern.into()).fits(name);
        assert!(fits("claude-{word}-{version}-{date}", "claude-new-5-20270101"));
        assert!(!fits("claude-{word}-{version}", "claude-new-5-preview"));
        assert!(fits("*", ""));
        assert!(fits("*-tts*", "gemini-2.5-pro-preview-tts"));
        assert!(!fits("a*b", "abc"));
        assert!(fits("größe-*", "größe-ü"));
    }

    #[test]
    fn versions_compare_as_numbers() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("4.10") > version("4.6"));
        assert!(version("5") > version("4.99"));
        assert_eq!(Version::parse("4.6x"), None);
        assert_eq!(Version::parse(""), None);
    }
}
