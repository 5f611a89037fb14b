//! Writes JSON straight into a buffer: no tree, no intermediate strings, and commas that cannot be forgotten.

use super::RawJson;
use crate::Cost;

/// Appends one object whose members `fill` writes.
pub fn object(out: &mut Vec<u8>, fill: impl FnOnce(&mut Object<'_>)) {
    Slot { out }.object(fill);
}

/// Appends one array whose elements `fill` writes.
pub fn array(out: &mut Vec<u8>, fill: impl FnOnce(&mut Array<'_>)) {
    Slot { out }.array(fill);
}

/// The place of one value of any kind at the end of `out`.
pub fn slot(out: &mut Vec<u8>) -> Slot<'_> {
    Slot { out }
}

/// An object being written.
#[derive(Debug)]
pub struct Object<'w> {
    out: &'w mut Vec<u8>,
    empty: bool,
}

/// An array being written.
#[derive(Debug)]
pub struct Array<'w> {
    out: &'w mut Vec<u8>,
    empty: bool,
}

/// The place where exactly one value is to be written.
#[derive(Debug)]
#[must_use = "a member without a value is not JSON"]
pub struct Slot<'w> {
    out: &'w mut Vec<u8>,
}

impl Object<'_> {
    /// Begins a member; the returned slot takes its value.
    pub fn field(&mut self, key: &str) -> Slot<'_> {
        if !std::mem::take(&mut self.empty) {
            self.out.push(b',');
        }
        push_str(self.out, key);
        self.out.push(b':');
        Slot { out: self.out }
    }

    /// Writes a string member, when there is one.
    pub fn maybe_text(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.field(key).text(text);
        }
    }

    /// Writes a raw member, when there is one.
    pub fn maybe_raw(&mut self, key: &str, raw: Option<&RawJson>) {
        if let Some(raw) = raw {
            self.field(key).raw(raw);
        }
    }

    /// Writes a whole number, when there is one.
    pub fn maybe_u64(&mut self, key: &str, number: Option<u64>) {
        if let Some(number) = number {
            self.field(key).u64(number);
        }
    }

    /// Writes a number, when there is one.
    pub fn maybe_f64(&mut self, key: &str, number: Option<f64>) {
        if let Some(number) = number {
            self.field(key).f64(number);
        }
    }

    /// Writes a boolean, when there is one.
    pub fn maybe_bool(&mut self, key: &str, truth: Option<bool>) {
        if let Some(truth) = truth {
            self.field(key).bool(truth);
        }
    }

    /// Writes carried members as they came.
    pub fn extend<'a>(&mut self, members: impl IntoIterator<Item = (&'a str, &'a RawJson)>) {
        for (key, value) in members {
            self.field(key).raw(value);
        }
    }
}

impl Array<'_> {
    /// Begins an element; the returned slot takes its value.
    pub fn item(&mut self) -> Slot<'_> {
        if !std::mem::take(&mut self.empty) {
            self.out.push(b',');
        }
        Slot { out: self.out }
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.empty
    }
}

impl Slot<'_> {
    /// A string.
    pub fn text(self, text: &str) {
        push_str(self.out, text);
    }

    /// Text that is JSON already.
    pub fn raw(self, raw: &RawJson) {
        self.out.extend_from_slice(raw.as_str().as_bytes());
    }

    /// A whole number.
    pub fn u64(self, number: u64) {
        self.out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    /// A whole number.
    pub fn i64(self, number: i64) {
        self.out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    /// Dollars, as an exact decimal number.
    pub fn cost(self, cost: Cost) {
        self.out.extend_from_slice(cost.to_string().as_bytes());
    }

    /// A number, in the fewest digits that read back as the same `f64`; whole ones without a point.
    /// What JSON cannot say (NaN, infinities) becomes `null`.
    pub fn f64(self, number: f64) {
        const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53: below it every whole f64 is that integer
        if number.fract() == 0.0 && number.abs() < EXACT {
            self.i64(number as i64);
        } else if number.is_finite() {
            self.out.extend_from_slice(ryu::Buffer::new().format_finite(number).as_bytes());
        } else {
            self.null();
        }
    }

    /// `true` or `false`.
    pub fn bool(self, truth: bool) {
        self.out.extend_from_slice(if truth { b"true" } else { b"false" });
    }

    /// `null`.
    pub fn null(self) {
        self.out.extend_from_slice(b"null");
    }

    /// A nested object.
    pub fn object(self, fill: impl FnOnce(&mut Object<'_>)) {
        self.out.push(b'{');
        fill(&mut Object { out: self.out, empty: true });
        self.out.push(b'}');
    }

    /// A nested array.
    pub fn array(self, fill: impl FnOnce(&mut Array<'_>)) {
        self.out.push(b'[');
        fill(&mut Array { out: self.out, empty: true });
        self.out.push(b']');
    }

    /// A string, or `null` when there is none.
    pub fn text_or_null(self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }
}

/// Appends `text` as a JSON string, quotes included.
pub fn push_str(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| ESCAPE[*byte as usize]) {
        out.extend_from_slice(&rest[..at]);
        push_escape(out, rest[at]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn push_escape(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        8 => out.extend_from_slice(b"\\b"),
        12 => out.extend_from_slice(b"\\f"),
        _ => out.extend_from_slice(&[
            b'\\',
            b'u',
            b'0',
            b'0',
            HEX[usize::from(byte >> 4)],
            HEX[usize::from(byte & 15)],
        ]),
    }
}

/// Which bytes must be escaped in a JSON string (RFC 8259, section 7).
const ESCAPE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = true;
        byte += 1;
    }
    table[b'"' as usize] = true;
    table[b'\\' as usize] = true;
    table
};
