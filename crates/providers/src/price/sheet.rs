//! The fields that rates are read from: an entry of the map with a deployment's own prices laid over it.

use std::borrow::Cow;

use ferrolite_types::{
    Price,
    json::{Fields, JsonError, RawJson, Value},
};

use super::entry::{self, Entry};

/// Where rates are read from.
#[derive(Default)]
pub(super) struct Sheet<'s> {
    entry: Option<Entry<'s>>,
    own: Option<Fields<'s>>,
    kept: Kept,
}

/// What of an entry still counts beside a deployment's own prices.
#[derive(Clone, Copy, Default)]
enum Kept {
    /// Everything that the deployment does not say.
    #[default]
    All,
    /// Not the prices that depend on the prompt or on the hour: they would undo a flat price of one's own.
    Flat,
    /// No price of a token: the deployment bills something else.
    NoTokens,
}

/// Cache prices that LiteLLM keeps beside a deployment's own input and output prices.
const CACHE: &[&str] = &[
    "cache_creation_input_token_cost",
    "cache_creation_input_token_cost_above_1hr",
    "cache_creation_input_token_cost_above_200k_tokens",
    "cache_read_input_token_cost",
    "cache_read_input_token_cost_above_200k_tokens",
];

const TIERS: &[&str] = &["_flex", "_priority", "_balanced", "_ultrafast"];
const TOKEN_PRICES: &[&str] = &["input_cost_per_token", "output_cost_per_token"];
const OTHER_PRICES: &[&str] =
    &["cost_per_second", "input_cost_per_second", "output_cost_per_second", "tiered_pricing"];

impl<'s> Sheet<'s> {
    /// The entry as it stands.
    pub(super) fn of(entry: Entry<'s>) -> Self {
        Self { entry: Some(entry), own: None, kept: Kept::All }
    }

    /// The entry, if there is one, under the prices in `own` (`litellm_params`, `model_info`).
    ///
    /// # Errors
    /// `own` is not an object.
    pub(super) fn with_own(entry: Option<Entry<'s>>, own: &'s RawJson) -> Result<Self, JsonError> {
        let own = own.value().fields()?;
        let says = |names: &[&str]| names.iter().any(|name| own.peek(name).is_some());
        let kept = match (says(TOKEN_PRICES), says(OTHER_PRICES)) {
            (true, _) => Kept::Flat,
            (false, true) => Kept::NoTokens,
            (false, false) => Kept::All,
        };
        Ok(Self { entry, own: Some(own), kept })
    }

    /// The value of a field; `None` when it is absent or `null`.
    pub(super) fn value(&self, field: &str) -> Option<Value<'s>> {
        let own = self.own.as_ref().and_then(|own| own.peek(field));
        own.or_else(|| self.entry.filter(|_| self.keeps(field))?.value(field))
    }

    /// The price in a field.
    pub(super) fn price(&self, field: &str) -> Option<Price> {
        entry::price(self.value(field)?)
    }

    /// The names of all fields.
    pub(super) fn names(&self) -> Vec<Cow<'s, str>> {
        let own = self.own.iter().flat_map(Fields::keys);
        let listed = self.entry.iter().flat_map(Entry::fields).map(|(name, _)| Cow::Borrowed(name));
        own.chain(listed.filter(|name| self.keeps(name))).collect()
    }

    /// The key of the entry.
    pub(super) fn key(&self) -> &'s str {
        self.entry.map_or("", |entry| entry.key())
    }

    /// The provider of the entry.
    pub(super) fn provider(&self) -> Option<Cow<'s, str>> {
        self.value("litellm_provider")?.as_str()
    }

    fn keeps(&self, field: &str) -> bool {
        match self.kept {
            Kept::All => true,
            Kept::Flat => {
                TOKEN_PRICES.contains(&field)
                    || CACHE.contains(&field)
                    || TIERS.iter().any(|tier| field.ends_with(tier))
                    || !prices_tokens(field)
            }
            Kept::NoTokens => !prices_tokens(field),
        }
    }
}

fn prices_tokens(field: &str) -> bool {
    let flat = field.contains("token") && field.contains("cost");
    flat || matches!(field, "tiered_pricing" | "off_peak_pricing") || OTHER_PRICES.contains(&field)
}
