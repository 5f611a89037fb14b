//! How far a setting is obeyed, said where it is declared: a field without a mark is obeyed, `transform = later`
//! marks one that has no effect yet, `transform = protects` one that must not be ignored in silence, because
//! ignoring it would let something through. To support a setting, delete its mark.

use schemars::Schema;
use serde_json::{Value as Json, json};

/// A setting of LiteLLM's that has no effect yet.
pub(crate) fn later(schema: &mut Schema) {
    schema.insert("x-support".to_owned(), "later".into());
}

/// A setting of LiteLLM's that has no effect yet and keeps something out: a check, a limit, a redaction.
pub(crate) fn protects(schema: &mut Schema) {
    later(schema);
    schema.insert("x-protects".to_owned(), true.into());
}

/// Declares settings of LiteLLM's by their names alone; they have no effect yet.
pub(crate) fn name_all(schema: &mut Schema, names: &[&str], mark: fn(&mut Schema), rule: &Json) {
    let mut setting: Schema = rule.clone().try_into().unwrap_or_default();
    mark(&mut setting);
    let properties = schema.ensure_object().entry("properties").or_insert_with(|| json!({}));
    if let Json::Object(properties) = properties {
        for name in names {
            properties.entry(*name).or_insert_with(|| setting.clone().to_value());
        }
    }
}

/// Marks the values of an open mapping whose names are not declared.
pub(crate) fn others_later(schema: &mut Schema) {
    schema.insert("additionalProperties".to_owned(), json!({ "x-support": "later" }));
}
