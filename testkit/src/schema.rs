//! Makes the smallest value a JSON schema allows, for tool arguments and structured answers.
//! It reads what OpenAI's strict mode admits; `pattern`, `multipleOf` and `not` are not looked at.

use serde_json::{Map, Value};

/// Deep enough for real schemas, shallow enough to end on a schema which requires itself.
const MAX_DEPTH: usize = 24;

/// The smallest value that `schema` allows, the same one every time.
pub(crate) fn minimal(schema: &Value) -> Value {
    Reader { root: schema }.value(schema, 0)
}

struct Reader<'a> {
    root: &'a Value,
}

impl Reader<'_> {
    fn value(&self, schema: &Value, depth: usize) -> Value {
        if depth > MAX_DEPTH {
            return Value::Null;
        }
        if let Some(reference) = schema["$ref"].as_str() {
            return self.value(self.resolve(reference), depth + 1);
        }
        if let Some(only) = schema.get("const").or_else(|| schema["enum"].get(0)) {
            return only.clone();
        }
        if let Some(branch) = schema["anyOf"].get(0).or_else(|| schema["oneOf"].get(0)) {
            return self.value(branch, depth + 1);
        }
        match kind(schema) {
            "object" => self.object(schema, depth).into(),
            "array" => self.array(schema, depth).into(),
            "integer" => (least(schema) as i64).into(),
            "number" => least(schema).into(),
            "boolean" => false.into(),
            "null" => Value::Null,
            _ => text(schema).into(),
        }
    }

    /// The target of a local reference such as `#/$defs/Step`; an unknown one allows anything.
    fn resolve(&self, reference: &str) -> &Value {
        let target = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
        target.unwrap_or(&Value::Null)
    }

    /// The required properties, those of every `allOf` branch included.
    fn object(&self, schema: &Value, depth: usize) -> Map<String, Value> {
        let mut object = Map::new();
        for branch in items(&schema["allOf"]) {
            if let Value::Object(part) = self.value(branch, depth + 1) {
                object.extend(part);
            }
        }
        for name in items(&schema["required"]).iter().filter_map(Value::as_str) {
            object.insert(name.to_owned(), self.value(&schema["properties"][name], depth + 1));
        }
        object
    }

    fn array(&self, schema: &Value, depth: usize) -> Vec<Value> {
        let length = schema["minItems"].as_u64().unwrap_or(0);
        (0..length).map(|_| self.value(&schema["items"], depth + 1)).collect()
    }
}

/// The type a schema names first that is not `null`, or the one its keywords imply.
fn kind(schema: &Value) -> &str {
    let named = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        kind => kind.as_str(),
    };
    let implied = || {
        let is_object = ["properties", "required", "allOf"].iter().any(|key| schema.get(key).is_some());
        if is_object { "object" } else { "string" }
    };
    named.unwrap_or_else(implied)
}

fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

/// The number nearest to zero, from above, that the bounds allow.
fn least(schema: &Value) -> f64 {
    let bound = |name: &str| schema[name].as_f64();
    let lower = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|least| least + 1.0));
    let upper = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|most| most - 1.0));
    let zero_or_less = upper.unwrap_or(0.0).min(0.0);
    lower.map_or(zero_or_less, |lower| lower.max(zero_or_less))
}

fn text(schema: &Value) -> String {
    match schema["format"].as_str() {
        Some("date-time") => "2026-01-01T00:00:00Z".to_owned(),
        Some("date") => "2026-01-01".to_owned(),
        Some("time") => "00:00:00Z".to_owned(),
        Some("email") => "a@example.com".to_owned(),
        Some("uri") => "https://example.com/".to_owned(),
        Some("uuid") => "00000000-0000-4000-8000-000000000000".to_owned(),
        _ => "x".repeat(schema["minLength"].as_u64().unwrap_or(0) as usize),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_required_is_filled_in() {
        let schema = json!({
            "type": "object",
            "properties": {
                "city": {"type": "string", "minLength": 2},
                "unit": {"enum": ["celsius", "kelvin"]},
                "days": {"type": ["null", "integer"], "minimum": 3},
                "note": {"type": "string"},
            },
            "required": ["city", "unit", "days"],
        });
        assert_eq!(minimal(&schema), json!({"city": "xx", "unit": "celsius", "days": 3}));
    }

    #[test]
    fn references_branches_and_lists_are_followed() {
        let schema = json!({
            "$defs": {"step": {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}},
            "allOf": [{"properties": {"kind": {"const": "plan"}}, "required": ["kind"]}],
            "properties": {
                "steps": {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/step"}},
                "score": {"anyOf": [{"type": "number", "maximum": -1.5}, {"type": "null"}]},
            },
            "required": ["steps", "score"],
        });
        let expected = json!({"kind": "plan", "steps": [{"ok": false}, {"ok": false}], "score": -1.5});
        assert_eq!(minimal(&schema), expected);
    }

    #[test]
    fn a_schema_which_requires_itself_ends() {
        let schema = json!({"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]});
        assert!(minimal(&schema)["next"]["next"].is_object());
    }
}
