//! A family of models: what is true of all its members, wherever they are served.

use super::Text;
use crate::pattern::{Pattern, Version};
use crate::rules::Rules;

/// A family of models.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Family {
    /// The names of its members.
    pub models: Vec<Pattern>,
    /// Names that look like it and are not.
    pub except: Vec<Pattern>,
    /// The providers where what is said here is true; all where there are none.
    pub providers: Vec<Text>,
    /// The first version that is meant.
    pub since: Option<Version>,
    /// The first version that is not meant any more.
    pub before: Option<Version>,
    /// Who serves its members when a name says no provider.
    pub route: Option<Text>,
    /// What is known of its members, name and JSON text, where the price map has no entry.
    pub facts: Vec<(Text, Text)>,
    /// What is known of its members, also where the price map has an entry that does not say.
    pub assured: Vec<(Text, Text)>,
    /// What its members take otherwise than others.
    pub rules: Rules,
}

impl Family {
    /// Whether `model` is a member, as `provider` serves it.
    pub fn covers(&self, provider: &str, model: &str) -> bool {
        let here = self.providers.is_empty() || self.providers.iter().any(|name| name == provider);
        here && !self.except.iter().any(|pattern| pattern.fits(model)) && self.names(model)
    }

    fn names(&self, model: &str) -> bool {
        let versions = self.models.iter().filter_map(|pattern| pattern.version_in(model));
        versions.into_iter().any(|version| self.spans(version))
    }

    fn spans(&self, version: Option<Version>) -> bool {
        let bounded = self.since.is_some() || self.before.is_some();
        match version {
            Some(version) => {
                self.since.is_none_or(|since| version >= since)
                    && self.before.is_none_or(|before| version < before)
            }
            None => !bounded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family(since: &str, before: &str) -> Family {
        Family {
            models: vec![Pattern("*claude-{word}-{version}*".into())],
            except: vec![Pattern("*-haiku-*".into())],
            providers: vec!["anthropic".into()],
            since: Version::parse(since),
            before: Version::parse(before),
            ..Family::default()
        }
    }

    #[test]
    fn members_are_told_by_name_version_and_provider() {
        let family = family("4.6", "5");
        assert!(family.covers("anthropic", "claude-opus-4-6"));
        assert!(!family.covers("openrouter", "claude-opus-4-6"));
        assert!(!family.covers("anthropic", "claude-opus-4-5"));
        assert!(!family.covers("anthropic", "claude-opus-5"));
        assert!(!family.covers("anthropic", "claude-haiku-4-6"));
    }
}
