//! One JSON value, borrowed from a text that was already checked.

use std::borrow::Cow;

use super::{Fields, JsonError, RawJson, scan};

/// A JSON value as the text that spells it. Always valid JSON without white space around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value<'a>(&'a str);

/// What sort of value a text spells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl Kind {
    fn with_article(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

impl<'a> Value<'a> {
    /// Checks a whole text.
    ///
    /// # Errors
    /// A text that is not exactly one JSON value.
    pub fn parse(text: &'a str) -> Result<Self, JsonError> {
        let (start, end) = scan::whole(text)?;
        Ok(Self(&text[start..end]))
    }

    /// A slice that is known to be a checked value.
    pub(crate) fn trusted(text: &'a str) -> Self {
        Self(text)
    }

    /// The text as it was written.
    pub fn text(self) -> &'a str {
        self.0
    }

    /// An owned copy of the text.
    pub fn to_raw(self) -> RawJson {
        RawJson::trusted(self.0)
    }

    /// What sort of value it is.
    pub fn kind(self) -> Kind {
        match self.0.as_bytes()[0] {
            b'n' => Kind::Null,
            b't' | b'f' => Kind::Bool,
            b'"' => Kind::String,
            b'[' => Kind::Array,
            b'{' => Kind::Object,
            _ => Kind::Number,
        }
    }

    /// Whether it is `null`.
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// The string, unescaped; `None` for another kind.
    pub fn as_str(self) -> Option<Cow<'a, str>> {
        (self.kind() == Kind::String).then(|| unescape(&self.0[1..self.0.len() - 1]))
    }

    /// The string, unescaped.
    ///
    /// # Errors
    /// Another kind of value.
    pub fn str(self) -> Result<Cow<'a, str>, JsonError> {
        self.as_str().ok_or_else(|| self.unexpected("a string"))
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// Another kind of value.
    pub fn bool(self) -> Result<bool, JsonError> {
        match self.0 {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(self.unexpected("a boolean")),
        }
    }

    /// A number, as the nearest `f64`.
    ///
    /// # Errors
    /// Another kind of value.
    pub fn f64(self) -> Result<f64, JsonError> {
        match self.kind() {
            Kind::Number => self.0.parse().map_err(|_| self.unexpected("a number")),
            _ => Err(self.unexpected("a number")),
        }
    }

    /// A whole number from 0 to 2^64-1; `3.0` counts as 3, as JSON knows one kind of number.
    ///
    /// # Errors
    /// Another kind of value, a negative number or a fraction.
    pub fn u64(self) -> Result<u64, JsonError> {
        if let Ok(number) = self.0.parse() {
            return Ok(number);
        }
        match self.f64() {
            Ok(number) if number >= 0.0 && number.fract() == 0.0 && number < u64::MAX as f64 => {
                Ok(number as u64)
            }
            _ => Err(self.unexpected("a whole number of at least 0")),
        }
    }

    /// A whole number that fits `i64`.
    ///
    /// # Errors
    /// Another kind of value, or out of range.
    pub fn i64(self) -> Result<i64, JsonError> {
        self.0.parse().or_else(|_| {
            self.u64().and_then(|n| i64::try_from(n).map_err(|_| self.unexpected("a whole number")))
        })
    }

    /// The members of an object.
    ///
    /// # Errors
    /// Another kind of value.
    pub fn fields(self) -> Result<Fields<'a>, JsonError> {
        match self.kind() {
            Kind::Object => Fields::parse(self.0),
            _ => Err(self.unexpected("an object")),
        }
    }

    /// The elements of an array.
    ///
    /// # Errors
    /// Another kind of value.
    pub fn items(self) -> Result<Items<'a>, JsonError> {
        match self.kind() {
            Kind::Array => Ok(Items { text: self.0, at: 1 }),
            _ => Err(self.unexpected("an array")),
        }
    }

    /// Reads every element with `read`; a mistake says at which index it stands.
    ///
    /// # Errors
    /// Another kind of value, or what `read` refuses.
    pub fn list<T>(
        self,
        mut read: impl FnMut(Value<'a>) -> Result<T, JsonError>,
    ) -> Result<Vec<T>, JsonError> {
        self.items()?.enumerate().map(|(index, item)| read(item).map_err(|error| error.at(index))).collect()
    }

    /// The mistake of standing where `expected` should.
    pub fn unexpected(self, expected: &str) -> JsonError {
        JsonError::value(format!("expected {expected}, got {}", self.described()))
    }

    fn described(self) -> String {
        const SHOWN: usize = 40;
        match self.kind() {
            Kind::Bool | Kind::Number if self.0.len() <= SHOWN => self.0.to_owned(),
            Kind::String if self.0.len() <= SHOWN => format!("the string {}", self.0),
            kind => kind.with_article().to_owned(),
        }
    }
}

/// The elements of an array, one after the other.
#[derive(Debug, Clone)]
pub struct Items<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let bytes = self.text.as_bytes();
        let mut start = scan::skip_space(bytes, self.at);
        if bytes.get(start) == Some(&b',') {
            start = scan::skip_space(bytes, start + 1);
        }
        if start + 1 >= bytes.len() {
            return None;
        }
        // The text was checked when the outer value was made, so this cannot fail.
        let end = scan::skip_value(bytes, start, 0).ok()?;
        self.at = end;
        Some(Value(&self.text[start..end]))
    }
}

/// The characters between the quotes with escapes resolved; half of a surrogate pair becomes U+FFFD.
pub(crate) fn unescape(inner: &str) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'\\', inner.as_bytes()) else { return Cow::Borrowed(inner) };
    let mut out = String::with_capacity(inner.len());
    out.push_str(&inner[..first]);
    let mut rest = &inner[first..];
    while let Some(escape) = rest.strip_prefix('\\') {
        rest = unescape_one(escape, &mut out);
        let run = memchr::memchr(b'\\', rest.as_bytes()).unwrap_or(rest.len());
        out.push_str(&rest[..run]);
        rest = &rest[run..];
    }
    Cow::Owned(out)
}

/// Writes the character that `escape` (without its backslash) begins with; returns what follows.
fn unescape_one<'a>(escape: &'a str, out: &mut String) -> &'a str {
    let simple = match escape.as_bytes()[0] {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'u' => return unescape_unicode(&escape[1..], out),
        other => other as char,
    };
    out.push(simple);
    &escape[1..]
}

fn unescape_unicode<'a>(digits: &'a str, out: &mut String) -> &'a str {
    let high = hex(&digits[..4]);
    let rest = &digits[4..];
    if (0xD800..0xDC00).contains(&high) && rest.starts_with("\\u") {
        let low = hex(&rest[2..6]);
        if (0xDC00..0xE000).contains(&low) {
            let scalar = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
            out.push(char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER));
            return &rest[6..];
        }
    }
    out.push(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
    rest
}

fn hex(digits: &str) -> u32 {
    u32::from_str_radix(digits, 16).unwrap_or(0xFFFD)
}
