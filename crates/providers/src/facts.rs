//! What is known of one model at one provider: the price map's entry, filled up by the families it belongs to.

use std::borrow::Cow;

use ferrolite_types::json::Value;

use crate::catalogue::{Catalogue, Family, Text};
use crate::price::{Entry, PriceTable};
use crate::rules::{Known, When};

/// Providers that serve another's models under their own names.
const RESELLERS: &[(&str, &str)] = &[("azure", "openai")];

/// What is known of a model.
#[derive(Debug, Clone)]
pub struct Facts<'t> {
    entry: Option<Entry<'t>>,
    /// The entry of the same model at its maker's, for what the provider's own does not say.
    twin: Option<Entry<'t>>,
    /// The families that the model belongs to, the general before the special.
    families: Vec<Family>,
}

impl<'t> Facts<'t> {
    /// Looks a model up.
    pub fn of(catalogue: &Catalogue, prices: &'t PriceTable, provider: &str, model: &str) -> Self {
        let maker = RESELLERS.iter().find(|(reseller, _)| *reseller == provider).map(|(_, maker)| *maker);
        Self {
            entry: prices.find(provider, model, None),
            twin: prices.get(model).filter(|twin| maker.is_some() && twin.provider().as_deref() == maker),
            families: catalogue.families().filter(|family| family.covers(provider, model)).collect(),
        }
    }

    /// The entry of the price map.
    pub fn entry(&self) -> Option<Entry<'t>> {
        self.entry
    }

    /// The families that the model belongs to, the general before the special.
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// Whether it is so; `None` where nobody says.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.find(name, |value| value.bool().ok())
    }

    /// How much; `None` where nobody says.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.find(name, |value| value.u64().ok())
    }

    /// What; `None` where nobody says.
    pub fn word(&self, name: &str) -> Option<String> {
        self.find(name, |value| value.as_str().map(Cow::into_owned))
    }

    /// Whether what a rule waits for is known.
    pub(crate) fn hold(&self, when: &When) -> bool {
        match when.is {
            Known::Yes => self.flag(&when.fact) == Some(true),
            Known::No => self.flag(&when.fact) == Some(false),
            Known::NotSaid => self.entry.is_some() && self.flag(&when.fact) != Some(true),
        }
    }

    fn find<T>(&self, name: &str, read: impl Fn(Value<'_>) -> Option<T>) -> Option<T> {
        let mut entries = self.entry.into_iter().chain(self.twin);
        if let Some(said) = entries.find_map(|entry| entry.value(name).and_then(&read)) {
            return Some(said);
        }
        let known = |facts: &[(Text, Text)]| {
            facts.iter().find(|(fact, _)| fact == name).map(|(_, json)| json.clone())
        };
        let found = self.families.iter().rev().find_map(|family| {
            let guessed = || self.entry.is_none().then(|| known(&family.facts)).flatten();
            known(&family.assured).or_else(guessed)
        })?;
        Value::parse(&found).ok().and_then(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts<'t>(prices: &'t PriceTable, provider: &str, model: &str) -> Facts<'t> {
        Facts::of(&Catalogue::builtin(), prices, provider, model)
    }

    #[test]
    fn the_entry_comes_before_the_family() {
        let prices = PriceTable::from_json(
            r#"{"claude-odd-9": {"litellm_provider": "anthropic", "supports_adaptive_thinking": false}}"#,
        )
        .unwrap();
        let listed = facts(&prices, "anthropic", "claude-odd-9");
        assert_eq!(listed.flag("supports_adaptive_thinking"), Some(false));
        assert_eq!(listed.flag("supports_tool_search"), Some(true), "is assured of the whole family");
        assert_eq!(listed.flag("supports_vision"), None, "is guessed only where there is no entry");
    }

    #[test]
    fn a_model_that_nobody_listed_is_like_its_family() {
        let prices = PriceTable::builtin();
        let coming = facts(&prices, "anthropic", "claude-novel-9");
        assert!(coming.entry().is_none());
        assert_eq!(coming.flag("supports_vision"), Some(true));
        assert_eq!(coming.number("max_output_tokens"), Some(64_000));
        assert_eq!(coming.flag("supports_adaptive_thinking"), Some(true));
        assert_eq!(facts(&prices, "anthropic", "mystery").flag("supports_vision"), None);
    }
}
