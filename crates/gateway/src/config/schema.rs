//! The declaration as a JSON schema.

use std::sync::LazyLock;

use serde_json::{Value as Json, json};

use super::Config;

static INTERNAL: LazyLock<Json> = LazyLock::new(|| schemars::schema_for!(Config).to_value());

/// The schema that files are held against, with our marks in it.
pub(crate) fn internal() -> &'static Json {
    &INTERNAL
}

/// The schema for editors: `schema/config.json`. Every value may also be a reference such as `os.environ/NAME`, and
/// what has no effect yet says so.
pub fn published() -> String {
    let mut schema = internal().clone();
    schema["title"] = "Ferrolite's config.yaml".into();
    publish(&mut schema);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

fn publish(schema: &mut Json) {
    match schema {
        Json::Object(fields) => {
            fields.values_mut().for_each(publish);
            if fields.remove("x-support").is_some() {
                let text = fields.get("description").and_then(Json::as_str).unwrap_or_default();
                let text = format!("{text}\n\nNot supported yet.").trim_start().to_owned();
                fields.insert("description".to_owned(), text.into());
            }
            if let Some(why) = fields.remove("x-moot") {
                fields.insert("$comment".to_owned(), why);
            }
            fields.remove("x-protects");
            accept_references(fields);
        }
        Json::Array(items) => items.iter_mut().for_each(publish),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

/// Numbers and truths may be given as references, which are texts.
fn accept_references(fields: &mut serde_json::Map<String, Json>) {
    let is_plain = |kind: &Json| matches!(kind.as_str(), Some("integer" | "number" | "boolean"));
    let plain = match fields.get("type") {
        Some(Json::Array(kinds)) => kinds.iter().any(is_plain),
        Some(kind) => is_plain(kind),
        None => false,
    };
    if !plain {
        return;
    }
    let mut kinds = match fields.remove("type") {
        Some(Json::Array(kinds)) => kinds,
        kind => kind.into_iter().collect(),
    };
    kinds.push("string".into());
    fields.insert("type".to_owned(), kinds.into());
    fields.insert("pattern".to_owned(), json!("^(os\\.(environ|file)/.+|[-+0-9.eE_]+|true|false)$"));
}
