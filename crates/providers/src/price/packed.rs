//! The packed form of a price map: every text once, every entry a row of numbers, found by binary search.
//! A program that starts must not parse three megabytes of JSON before it can know one price.
//!
//! Four counts, then tables of little-endian `u32`, then the text that they point into:
//! ends of strings (field names, values, keys), ends of rows, and the rows' cells (field number and value number).
//! Keys are sorted without regard to case, because that is how LiteLLM finds them when it has to.

use std::{
    borrow::Cow,
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use ferrolite_types::json::{Fields, JsonError, Value};

/// The bits of a cell that number its value; the others number its field.
const VALUE_BITS: u32 = 22;
const MOST_VALUES: usize = 1 << VALUE_BITS;
const MOST_FIELDS: usize = 1 << (u32::BITS - VALUE_BITS);
const HEAD: usize = 4;
const WORD: usize = size_of::<u32>();

/// A price map in its packed form.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    bytes: Cow<'static, [u8]>,
    fields: usize,
    values: usize,
    entries: usize,
    cells: usize,
}

/// One entry on its way into the packed form: field names and the JSON texts of their values.
type Row = Vec<(Box<str>, String)>;

/// Packs a price map: an object of objects, as LiteLLM publishes it.
///
/// # Errors
/// Another shape, or more different fields or values than a cell can number.
pub(super) fn pack(json: &str) -> Result<Vec<u8>, JsonError> {
    let rows = rows_of(json)?;
    let names = sorted(rows.values().flatten().map(|(name, _)| &**name));
    let values = sorted(rows.values().flatten().map(|(_, value)| value.as_str()));
    if names.len() > MOST_FIELDS || values.len() > MOST_VALUES {
        return Err(JsonError::value(format!(
            "a price map has at most {MOST_FIELDS} different fields and {MOST_VALUES} different values"
        )));
    }
    let keys = rows.keys().map(|key| &*key.0);
    let strings = names.iter().copied().chain(values.iter().copied()).chain(keys);

    let mut words = Words::default();
    for count in [names.len(), values.len(), rows.len(), rows.values().map(Vec::len).sum()] {
        words.push(count);
    }
    words.push_ends(strings.clone().map(str::len));
    words.push_ends(rows.values().map(Vec::len));
    let (names, values) = (numbered(&names), numbered(&values));
    for (name, value) in rows.values().flatten() {
        words.push(names[&**name] << VALUE_BITS | values[value.as_str()]);
    }
    let mut packed = words.0;
    strings.for_each(|text| packed.extend_from_slice(text.as_bytes()));
    Ok(packed)
}

fn rows_of(json: &str) -> Result<BTreeMap<Key, Row>, JsonError> {
    let mut rows = BTreeMap::new();
    for (key, entry) in Fields::parse(json)?.rest() {
        let fields = entry.value().fields().map_err(|error| error.within(&key))?;
        let row = fields.rest().into_iter().map(|(name, value)| (name, compact(value.value()))).collect();
        rows.insert(Key(key), row);
    }
    Ok(rows)
}

/// The text without white space between its tokens.
fn compact(value: Value<'_>) -> String {
    let mut in_string = false;
    let mut escaped = false;
    let keep = |byte: &char| {
        in_string ^= *byte == '"' && !escaped;
        escaped = *byte == '\\' && !escaped;
        in_string || !byte.is_ascii_whitespace()
    };
    value.text().chars().filter(keep).collect()
}

fn sorted<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<&'t str> {
    texts.collect::<BTreeSet<_>>().into_iter().collect()
}

fn numbered<'t>(texts: &[&'t str]) -> HashMap<&'t str, usize> {
    texts.iter().enumerate().map(|(number, text)| (*text, number)).collect()
}

#[derive(Default)]
struct Words(Vec<u8>);

impl Words {
    fn push(&mut self, number: usize) {
        let number = u32::try_from(number).expect("a JSON text is shorter than 4 GiB");
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn push_ends(&mut self, lengths: impl Iterator<Item = usize>) {
        let mut end = 0;
        for length in lengths {
            end += length;
            self.push(end);
        }
    }
}

/// A key in the order of the packed form: without regard to case first, so that both searches are binary.
#[derive(PartialEq, Eq)]
struct Key(Box<str>);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        ignoring_case(&self.0, &other.0).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn ignoring_case(one: &str, other: &str) -> Ordering {
    let lower = |byte: u8| byte.to_ascii_lowercase();
    one.bytes().map(lower).cmp(other.bytes().map(lower))
}

impl Packed {
    /// Takes what [`pack`] made. Reads four numbers.
    ///
    /// # Panics
    /// On other bytes, at once or when a wrong table is read.
    pub(super) fn open(bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        let mut packed = Self { bytes: bytes.into(), fields: 0, values: 0, entries: 0, cells: 0 };
        let [fields, values, entries, cells] = std::array::from_fn(|at| packed.word(at));
        (packed.fields, packed.values, packed.entries, packed.cells) = (fields, values, entries, cells);
        packed
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.entries
    }

    /// The key of an entry.
    pub(super) fn key(&self, entry: usize) -> &str {
        self.string(self.fields + self.values + entry)
    }

    /// The fields of an entry, as they were written: name and JSON text.
    pub(super) fn fields(&self, entry: usize) -> impl Iterator<Item = (&str, &str)> {
        self.cells(entry).map(|(field, value)| (self.string(field), self.string(self.fields + value)))
    }

    /// The JSON text of one field of an entry.
    pub(super) fn value(&self, entry: usize, field: &str) -> Option<&str> {
        let wanted = search(0..self.fields, |at| self.string(at).cmp(field))?;
        let (_, value) = self.cells(entry).rfind(|(field, _)| *field == wanted)?;
        Some(self.string(self.fields + value))
    }

    /// The entry of exactly this key.
    pub(super) fn find(&self, key: &str) -> Option<usize> {
        let same = |at| ignoring_case(self.key(at), key).then_with(|| self.key(at).cmp(key));
        search(0..self.entries, same)
    }

    /// The entry of this key in any case, preferably in this one.
    pub(super) fn find_any_case(&self, key: &str) -> Option<usize> {
        self.find(key).or_else(|| search(0..self.entries, |at| ignoring_case(self.key(at), key)))
    }

    fn cells(&self, entry: usize) -> impl DoubleEndedIterator<Item = (usize, usize)> {
        let ends = HEAD + self.strings();
        let start = if entry == 0 { 0 } else { self.word(ends + entry - 1) };
        let cells = ends + self.entries;
        (start..self.word(ends + entry)).map(move |at| {
            let cell = self.word(cells + at);
            (cell >> VALUE_BITS, cell & (MOST_VALUES - 1))
        })
    }

    fn string(&self, at: usize) -> &str {
        let start = if at == 0 { 0 } else { self.word(HEAD + at - 1) };
        let text = (HEAD + self.strings() + self.entries + self.cells) * WORD;
        let bytes = &self.bytes[text + start..text + self.word(HEAD + at)];
        std::str::from_utf8(bytes).expect("packed from a str")
    }

    fn strings(&self) -> usize {
        self.fields + self.values + self.entries
    }

    fn word(&self, at: usize) -> usize {
        let bytes = self.bytes[at * WORD..][..WORD].try_into().expect("four bytes");
        u32::from_le_bytes(bytes) as usize
    }
}

/// Binary search over positions; `order` tells how what stands there compares with what is wanted.
fn search(range: std::ops::Range<usize>, order: impl Fn(usize) -> Ordering) -> Option<usize> {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low.midpoint(high);
        match order(middle) {
            Ordering::Less => low = middle + 1,
            Ordering::Equal => return Some(middle),
            Ordering::Greater => high = middle,
        }
    }
    None
}
