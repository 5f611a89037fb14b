//! The members of one object, taken one by one; what nobody took is the extension.

use std::borrow::Cow;

use super::{JsonError, Outline, RawJson, Value, outline::names};

/// The members of one JSON object. `take_*` gives a member to its reader; [`Fields::rest`] gives what is left,
/// in order and byte for byte. `null` counts as absent, as the vendors' own SDKs have it. Of two members with
/// one name the last counts and the others are taken with it.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    text: &'a str,
    outline: Outline,
}

impl<'a> Fields<'a> {
    /// Checks a text and finds its members.
    ///
    /// # Errors
    /// A text that is not one JSON object.
    pub fn parse(text: &'a str) -> Result<Self, JsonError> {
        Ok(Self { text, outline: Outline::of(text)? })
    }

    pub(crate) fn over(text: &'a str, outline: Outline) -> Self {
        Self { text, outline }
    }

    /// Takes the value of `key`, `null` included.
    pub fn take_any(&mut self, key: &str) -> Option<Value<'a>> {
        let mut found = None;
        for member in &mut self.outline.members {
            if !member.taken && names(self.text, member.key, key) {
                member.taken = true;
                found = Some(Value::trusted(member.value.of(self.text)));
            }
        }
        found
    }

    /// Takes the value of `key`; `None` when it is absent or `null`.
    pub fn take(&mut self, key: &str) -> Option<Value<'a>> {
        self.take_any(key).filter(|value| !value.is_null())
    }

    /// Looks at the value of `key` without taking it.
    pub fn peek(&self, key: &str) -> Option<Value<'a>> {
        let member = self.outline.members.iter().rev().find(|m| !m.taken && names(self.text, m.key, key))?;
        Some(Value::trusted(member.value.of(self.text))).filter(|value| !value.is_null())
    }

    /// Looks at a string member without taking it; `None` also for another kind.
    pub fn peek_str(&self, key: &str) -> Option<Cow<'a, str>> {
        self.peek(key)?.as_str()
    }

    /// Takes `key` and reads it; a mistake names the key.
    ///
    /// # Errors
    /// What `read` refuses.
    pub fn read<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(Value<'a>) -> Result<T, JsonError>,
    ) -> Result<Option<T>, JsonError> {
        self.take(key).map(read).transpose().map_err(|error| error.within(key))
    }

    /// Like [`Fields::read`], for a member that must be there.
    ///
    /// # Errors
    /// Absent or `null`, or what `read` refuses.
    pub fn require<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(Value<'a>) -> Result<T, JsonError>,
    ) -> Result<T, JsonError> {
        self.read(key, read)?.ok_or_else(|| JsonError::missing(key))
    }

    /// Takes a string.
    ///
    /// # Errors
    /// Another kind of value.
    pub fn string(&mut self, key: &str) -> Result<Option<String>, JsonError> {
        self.read(key, |value| value.str().map(Cow::into_owned))
    }

    /// Takes a string that must be there.
    ///
    /// # Errors
    /// Absent, `null` or another kind of value.
    pub fn required_string(&mut self, key: &str) -> Result<String, JsonError> {
        self.require(key, |value| value.str().map(Cow::into_owned))
    }

    /// Takes a boolean.
    ///
    /// # Errors
    /// Another kind of value.
    pub fn bool(&mut self, key: &str) -> Result<Option<bool>, JsonError> {
        self.read(key, Value::bool)
    }

    /// Takes a whole number of at least 0.
    ///
    /// # Errors
    /// Another kind of value.
    pub fn u64(&mut self, key: &str) -> Result<Option<u64>, JsonError> {
        self.read(key, Value::u64)
    }

    /// Takes a whole number.
    ///
    /// # Errors
    /// Another kind of value.
    pub fn i64(&mut self, key: &str) -> Result<Option<i64>, JsonError> {
        self.read(key, Value::i64)
    }

    /// Takes a number.
    ///
    /// # Errors
    /// Another kind of value.
    pub fn f64(&mut self, key: &str) -> Result<Option<f64>, JsonError> {
        self.read(key, Value::f64)
    }

    /// Takes any value as text.
    pub fn raw(&mut self, key: &str) -> Option<RawJson> {
        self.take(key).map(Value::to_raw)
    }

    /// Takes an object and reads its members.
    ///
    /// # Errors
    /// Another kind of value, or what `read` refuses.
    pub fn object<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(Fields<'a>) -> Result<T, JsonError>,
    ) -> Result<Option<T>, JsonError> {
        self.read(key, |value| read(value.fields()?))
    }

    /// Takes an array and reads its elements; a mistake names key and index.
    ///
    /// # Errors
    /// Another kind of value, or what `read` refuses.
    pub fn list<T>(
        &mut self,
        key: &str,
        read: impl FnMut(Value<'a>) -> Result<T, JsonError>,
    ) -> Result<Option<Vec<T>>, JsonError> {
        self.read(key, |value| value.list(read))
    }

    /// The names that nobody has taken yet, in order.
    pub fn keys(&self) -> impl Iterator<Item = Cow<'a, str>> + '_ {
        self.left().map(|(key, _)| key)
    }

    /// What nobody has taken, in order; `null` members included, since only their reader knows what they mean.
    pub fn rest(&self) -> Vec<(Box<str>, RawJson)> {
        self.left().map(|(key, value)| (Box::from(&*key), value.to_raw())).collect()
    }

    fn left(&self) -> impl Iterator<Item = (Cow<'a, str>, Value<'a>)> + '_ {
        self.outline.members.iter().filter(|member| !member.taken).map(|member| {
            let quoted = member.key.of(self.text);
            let key = super::value::unescape(&quoted[1..quoted.len() - 1]);
            (key, Value::trusted(member.value.of(self.text)))
        })
    }
}
