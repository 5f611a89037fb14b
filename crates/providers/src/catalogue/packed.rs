//! The catalogue as it lies in the program: records that are read when somebody asks for them, so that a start
//! parses nothing.
//!
//! Three counts (providers, families, pending), then where each record begins, all little-endian `u32`; then the
//! records. Providers and pending are sorted by name, which is the first thing in their records.

use std::cmp::Ordering;

use super::Text;
use super::family::Family;
use super::provider::{ApiVersion, Auth, Envelope, Naming, Pending, Provider};
use crate::param::{Param, ParamSet};
use crate::pattern::{Pattern, Version};
use crate::rules::{CacheMarks, Instead, Known, Rewrite, Rules, Temperature, When};

const WORD: usize = size_of::<u32>();
const HEAD: usize = 3;

/// Everything that the catalogue says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contents {
    /// The providers that can be called.
    pub providers: Vec<Provider>,
    /// What is true of families of models, the general before the special.
    pub families: Vec<Family>,
    /// The providers that cannot be called yet.
    pub pending: Vec<Pending>,
}

impl Contents {
    /// The bytes that `Packed` reads.
    pub fn pack(mut self) -> Vec<u8> {
        self.providers.sort_by(|one, other| one.name.cmp(&other.name));
        self.pending.sort_by(|one, other| one.name.cmp(&other.name));
        let Self { providers, families, pending } = self;
        let counts = [providers.len(), families.len(), pending.len()];
        let records =
            providers.iter().map(record).chain(families.iter().map(record)).chain(pending.iter().map(record));
        let records: Vec<Vec<u8>> = records.collect();
        let mut start = (HEAD + records.len()) * WORD;
        let mut out = Vec::new();
        counts.iter().for_each(|count| push_word(*count, &mut out));
        for record in &records {
            push_word(start, &mut out);
            start += record.len();
        }
        records.iter().for_each(|record| out.extend_from_slice(record));
        out
    }
}

fn record(value: &impl Packs) -> Vec<u8> {
    let mut out = Vec::new();
    value.pack(&mut out);
    out
}

fn push_word(number: usize, out: &mut Vec<u8>) {
    let number = u32::try_from(number).expect("a catalogue is shorter than 4 GiB");
    out.extend_from_slice(&number.to_le_bytes());
}

/// A packed catalogue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packed(pub(super) &'static [u8]);

impl Packed {
    pub(super) fn provider(self, name: &str) -> Option<Provider> {
        self.search(0..self.word(0), name)
    }

    pub(super) fn pending(self, name: &str) -> Option<Pending> {
        let first = self.word(0) + self.word(1);
        self.search(first..first + self.word(2), name)
    }

    pub(super) fn providers(self) -> impl Iterator<Item = Provider> {
        (0..self.word(0)).map(move |at| self.read(at))
    }

    pub(super) fn families(self) -> impl Iterator<Item = Family> {
        let first = self.word(0);
        (first..first + self.word(1)).map(move |at| self.read(at))
    }

    pub(super) fn all_pending(self) -> impl Iterator<Item = Pending> {
        let first = self.word(0) + self.word(1);
        (first..first + self.word(2)).map(move |at| self.read(at))
    }

    fn search<T: Packs>(self, records: std::ops::Range<usize>, name: &str) -> Option<T> {
        let (mut low, mut high) = (records.start, records.end);
        while low < high {
            let middle = low.midpoint(high);
            let found: Text = self.read(middle);
            match (*found).cmp(name) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Some(self.read(middle)),
                Ordering::Greater => high = middle,
            }
        }
        None
    }

    fn read<T: Packs>(self, record: usize) -> T {
        T::unpack(&mut &self.0[self.word(HEAD + record)..])
    }

    fn word(self, at: usize) -> usize {
        let bytes = self.0[at * WORD..][..WORD].try_into().expect("four bytes");
        u32::from_le_bytes(bytes) as usize
    }
}

/// A value and its bytes. What `unpack` reads was written by `pack` of the same program.
trait Packs: Sized {
    fn pack(&self, out: &mut Vec<u8>);
    fn unpack(from: &mut &'static [u8]) -> Self;
}

/// The members of a structure one after the other; a member that is forgotten does not compile.
macro_rules! packs {
    ($($kind:ident { $($member:ident),+ $(,)? })+) => {$(
        impl Packs for $kind {
            fn pack(&self, out: &mut Vec<u8>) {
                let Self { $($member),+ } = self;
                $($member.pack(out);)+
            }
            fn unpack(from: &mut &'static [u8]) -> Self {
                $(let $member = Packs::unpack(from);)+
                Self { $($member),+ }
            }
        }
    )+};
}

packs! {
    Provider {
        name, title, base_url, base_env, key_env, bearer_env, bearer_keys, auth, key_optional, key_stays_home, headers,
        operations, prefer, known_at, version, envelopes, names, params, rules, gaps,
    }
    ApiVersion { default, env }
    Envelope { formats, versions, hosts, models, url, auth }
    Naming { models, strip, prefix }
    Pending { name, title }
    Family { models, except, providers, since, before, route, facts, assured, rules }
    Rules { with, without, quiet, when, rename, rewrite, temperature, reasoner, strip, roles, flat_text, effort_objects, cache_marks }
    When { fact, is, with, without, quiet }
    Rewrite { param, is, to }
    Temperature { min, max, min_with_many, only }
    Version { major, minor }
}

impl Packs for u8 {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }
    fn unpack(from: &mut &'static [u8]) -> Self {
        take(from, 1)[0]
    }
}

impl Packs for bool {
    fn pack(&self, out: &mut Vec<u8>) {
        u8::from(*self).pack(out);
    }
    fn unpack(from: &mut &'static [u8]) -> Self {
        u8::unpack(from) == 1
    }
}

impl Packs for u64 {
    fn pack(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
    fn unpack(from: &mut &'static [u8]) -> Self {
        Self::from_le_bytes(take(from, size_of::<Self>()).try_into().expect("eight bytes"))
    }
}

impl Packs for f64 {
    fn pack(&self, out: &mut Vec<u8>) {
        self.to_bits().pack(out);
    }
    fn unpack(from: &mut &'static [u8]) -> Self {
        Self::from_bits(u64::unpack(from))
    }
}

impl Packs for Text {
    fn pack(&self, out: &mut Vec<u8>) {
        let length = u16::try_from(self.len()).expect("a text of the catalogue is shorter than 64 KiB");
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(self.as_bytes());
    }
    fn unpack(from: &mut &'static [u8]) -> Self {
        let length = take(from, size_of::<u16>()).try_into().expect("two bytes");
        let bytes = take(from, u16::from_le_bytes(length).into());
        Self::Borrowed(std::str::from_utf8(bytes).expect("packed from a str"))
    }
}

impl<T: Packs> Packs for Option<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        self.is_some().pack(out);
        self.iter().for_each(|value| value.pack(out));
    }
    fn unpack(from: &mut &'static [u8]) -> Self {
        bool::unpack(from).then(|| T::unpack(from))
    }
}

impl<T: Packs> Packs for Vec<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        u8::try_from(self.len()).expect("a list of the catalogue has less than 256 elements").pack(out);
        self.iter().for_each(|value| value.pack(out));
    }
    fn unpack(from: &mut &'static [u8]) -> Self {
        (0..u8::unpack(from)).map(|_| T::unpack(from)).collect()
    }
}

impl<A: Packs, B: Packs> Packs for (A, B) {
    fn pack(&self, out: &mut Vec<u8>) {
        self.0.pack(out);
        self.1.pack(out);
    }
    fn unpack(from: &mut &'static [u8]) -> Self {
        (A::unpack(from), B::unpack(from))
    }
}

impl Packs for Pattern {
    fn pack(&self, out: &mut Vec<u8>) {
        self.0.pack(out);
    }
    fn unpack(from: &mut &'static [u8]) -> Self {
        Self(Text::unpack(from))
    }
}

impl Packs for ParamSet {
    fn pack(&self, out: &mut Vec<u8>) {
        self.bits().pack(out);
    }
    fn unpack(from: &mut &'static [u8]) -> Self {
        Self::from_bits(u64::unpack(from))
    }
}

impl Packs for Param {
    fn pack(&self, out: &mut Vec<u8>) {
        Text::from(self.as_str()).pack(out);
    }
    fn unpack(from: &mut &'static [u8]) -> Self {
        Self::named(&Text::unpack(from)).expect("packed from a parameter")
    }
}

impl Packs for Auth {
    fn pack(&self, out: &mut Vec<u8>) {
        match self {
            Self::None => 0u8.pack(out),
            Self::Bearer => 1u8.pack(out),
            Self::Header(name) => {
                2u8.pack(out);
                name.pack(out);
            }
        }
    }
    fn unpack(from: &mut &'static [u8]) -> Self {
        match u8::unpack(from) {
            0 => Self::None,
            1 => Self::Bearer,
            _ => Self::Header(Text::unpack(from)),
        }
    }
}

impl Packs for Instead {
    fn pack(&self, out: &mut Vec<u8>) {
        match self {
            Self::Member(key, json) => {
                0u8.pack(out);
                key.pack(out);
                json.pack(out);
            }
            Self::Nothing => 1u8.pack(out),
            Self::Refusal => 2u8.pack(out),
        }
    }
    fn unpack(from: &mut &'static [u8]) -> Self {
        match u8::unpack(from) {
            0 => Self::Member(Text::unpack(from), Text::unpack(from)),
            1 => Self::Nothing,
            _ => Self::Refusal,
        }
    }
}

impl Packs for CacheMarks {
    fn pack(&self, out: &mut Vec<u8>) {
        let code: u8 = match self {
            Self::TakenOut => 0,
            Self::Kept => 1,
            Self::KeptElsewhere => 2,
        };
        code.pack(out);
    }
    fn unpack(from: &mut &'static [u8]) -> Self {
        match u8::unpack(from) {
            0 => Self::TakenOut,
            1 => Self::Kept,
            _ => Self::KeptElsewhere,
        }
    }
}

impl Packs for Known {
    fn pack(&self, out: &mut Vec<u8>) {
        let code: u8 = match self {
            Self::Yes => 0,
            Self::No => 1,
            Self::NotSaid => 2,
        };
        code.pack(out);
    }
    fn unpack(from: &mut &'static [u8]) -> Self {
        match u8::unpack(from) {
            0 => Self::Yes,
            1 => Self::No,
            _ => Self::NotSaid,
        }
    }
}

fn take(from: &mut &'static [u8], length: usize) -> &'static [u8] {
    let (taken, rest) = from.split_at(length);
    *from = rest;
    taken
}
