//! A JSON text that is carried, not understood.

use super::{JsonError, Value};

/// An owned, valid JSON value as the text that spells it: tool arguments, schemas, unknown members.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RawJson(Box<str>);

impl RawJson {
    /// Checks and keeps a text (white space around the value is dropped).
    ///
    /// # Errors
    /// A text that is not exactly one JSON value.
    pub fn parse(text: &str) -> Result<Self, JsonError> {
        Ok(Value::parse(text)?.to_raw())
    }

    pub(crate) fn trusted(text: &str) -> Self {
        Self(text.into())
    }

    /// What a writer of JSON produced; kept as it is.
    ///
    /// # Panics
    /// In debug builds, when the bytes are not a JSON value: a mistake of the caller.
    pub fn from_writer(bytes: Vec<u8>) -> Self {
        let text = String::from_utf8(bytes).expect("a JSON writer writes UTF-8");
        debug_assert!(Value::parse(&text).is_ok(), "not JSON: {text}");
        Self(text.into())
    }

    /// A JSON string that spells `text`.
    pub fn string(text: &str) -> Self {
        let mut out = Vec::with_capacity(text.len() + 2);
        super::push_str(&mut out, text);
        Self::from_writer(out)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value, to read from.
    pub fn value(&self) -> Value<'_> {
        Value::trusted(&self.0)
    }
}

impl std::fmt::Debug for RawJson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
