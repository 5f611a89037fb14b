//! When two JSON texts say the same: numbers by value, `null` as absent, members in any order.

use std::fmt;

use serde_json::{Map, Value};

/// A place where two texts say different things.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Difference {
    /// The place, `choices[0].message.content`.
    pub(crate) path: String,
    was: Option<Value>,
    became: Option<Value>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: was {}, became {}", self.path, shown(self.was.as_ref()), shown(self.became.as_ref()))
    }
}

fn shown(value: Option<&Value>) -> String {
    const SHOWN: usize = 300;
    let text = value.map_or_else(|| "absent".to_owned(), Value::to_string);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text,
    }
}

/// Every place where `became` says something else than `was`.
pub(crate) fn differences(was: &Value, became: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(Some(was), Some(became), "", &mut found);
    found
}

fn compare(was: Option<&Value>, became: Option<&Value>, path: &str, found: &mut Vec<Difference>) {
    let (was, became) = (was.filter(|value| !value.is_null()), became.filter(|value| !value.is_null()));
    match (was, became) {
        (None, None) => {}
        (Some(Value::Object(was)), Some(Value::Object(became))) => members(was, became, path, found),
        (Some(Value::Array(was)), Some(Value::Array(became))) => elements(was, became, path, found),
        (Some(Value::Number(a)), Some(Value::Number(b))) if a == b || a.as_f64() == b.as_f64() => {}
        (was, became) if was == became => {}
        (was, became) => {
            found.push(Difference { path: path.to_owned(), was: was.cloned(), became: became.cloned() });
        }
    }
}

fn members(was: &Map<String, Value>, became: &Map<String, Value>, path: &str, found: &mut Vec<Difference>) {
    let added = became.keys().filter(|key| !was.contains_key(*key));
    for key in was.keys().chain(added) {
        let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        compare(was.get(key), became.get(key), &inner, found);
    }
}

fn elements(was: &[Value], became: &[Value], path: &str, found: &mut Vec<Difference>) {
    for index in 0..was.len().max(became.len()) {
        compare(was.get(index), became.get(index), &format!("{path}[{index}]"), found);
    }
}

#[test]
fn only_what_is_said_differently_is_a_difference() {
    let was = serde_json::json!({"a": 1, "b": null, "c": [1, {"d": "x"}], "e": 1});
    let became = serde_json::json!({"a": 1.0, "c": [1, {"d": "y"}, 2], "f": null});
    let found: Vec<String> = differences(&was, &became).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [r#"c[1].d: was "x", became "y""#, "c[2]: was absent, became 2", "e: was 1, became absent"]
    );
}
