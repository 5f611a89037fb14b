//! One entry of the price map, read field by field when somebody asks.

use std::{borrow::Cow, fmt};

use ferrolite_types::{
    Price,
    json::{RawJson, Value, object},
};

use super::packed::Packed;

/// What the map knows of one model: prices, limits, capabilities.
#[derive(Clone, Copy)]
pub struct Entry<'t> {
    layer: &'t Packed,
    at: usize,
}

impl<'t> Entry<'t> {
    pub(super) fn new(layer: &'t Packed, at: usize) -> Self {
        Self { layer, at }
    }

    /// The name that the map has for it.
    pub fn key(&self) -> &'t str {
        self.layer.key(self.at)
    }

    /// Any field; `None` when it is absent or `null`.
    pub fn value(&self, field: &str) -> Option<Value<'t>> {
        let value = Value::parse(self.layer.value(self.at, field)?).expect("packed from JSON");
        (!value.is_null()).then_some(value)
    }

    /// The price of one unit.
    pub fn price(&self, field: &str) -> Option<Price> {
        price(self.value(field)?)
    }

    /// A whole number, such as `max_input_tokens`.
    pub fn u64(&self, field: &str) -> Option<u64> {
        self.value(field)?.u64().ok()
    }

    /// A capability, such as `supports_vision`. `None` when the map does not say.
    pub fn flag(&self, field: &str) -> Option<bool> {
        self.value(field)?.bool().ok()
    }

    /// A text, such as `deprecation_date`.
    pub fn text(&self, field: &str) -> Option<Cow<'t, str>> {
        self.value(field)?.as_str()
    }

    /// What the model does: `chat`, `embedding`, `image_generation` …
    pub fn mode(&self) -> Option<Cow<'t, str>> {
        self.text("mode")
    }

    /// Who serves the model, in LiteLLM's words (`litellm_provider`).
    pub fn provider(&self) -> Option<Cow<'t, str>> {
        self.text("litellm_provider")
    }

    /// All fields in the order of the map, `null` included.
    pub fn fields(&self) -> impl Iterator<Item = (&'t str, &'t str)> {
        self.layer.fields(self.at)
    }

    /// The entry as the JSON object that it was packed from.
    pub fn to_json(&self) -> RawJson {
        let mut out = Vec::new();
        object(&mut out, |entry| {
            for (name, value) in self.fields() {
                entry.field(name).raw(&RawJson::parse(value).expect("packed from JSON"));
            }
        });
        RawJson::from_writer(out)
    }
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.key(), self.to_json())
    }
}

/// A price as maps and configs write it: a number, or a string that holds one.
pub(super) fn price(value: Value<'_>) -> Option<Price> {
    match value.as_str() {
        Some(text) => Price::nearest(text.trim()),
        None => Price::nearest(value.text()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::PriceTable;
    use super::*;

    #[test]
    fn an_entry_answers_in_types() {
        let table = PriceTable::from_json(
            r#"{"m": {"input_cost_per_token": "3e-7", "max_tokens": 1e3, "supports_vision": true,
                      "mode": "chat", "litellm_provider": "groq", "metadata": {"notes": "n"}, "rpm": null}}"#,
        )
        .unwrap();
        let entry = table.get("m").unwrap();
        assert_eq!(entry.price("input_cost_per_token"), Price::parse("3e-7"));
        assert_eq!(entry.u64("max_tokens"), Some(1000));
        assert_eq!(entry.flag("supports_vision"), Some(true));
        assert_eq!(entry.mode().as_deref(), Some("chat"));
        assert_eq!(entry.provider().as_deref(), Some("groq"));
        assert_eq!(entry.u64("rpm"), None);
        assert_eq!(entry.u64("mode"), None);
        assert!(entry.to_json().as_str().contains(r#""metadata":{"notes":"n"}"#));
    }
}
