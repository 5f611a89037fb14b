//! Texts that arrive other than they were sent: bytes lost, doubled, changed.

use proptest::prelude::*;
use proptest::sample::Index;

/// One change of the bytes.
#[derive(Debug, Clone)]
pub(crate) enum Damage {
    Overwrite(u8),
    Insert(u8),
    Remove(usize),
    Repeat(usize),
}

/// A few changes, each with its place.
pub(crate) fn any_damages() -> impl Strategy<Value = Vec<(Index, Damage)>> {
    prop::collection::vec((any::<Index>(), any_damage()), 1..4)
}

fn any_damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<u8>().prop_map(Damage::Overwrite),
        prop::sample::select(b"{}[]\",:\\\n\r 0-null".to_vec()).prop_map(Damage::Insert),
        (1_usize..200).prop_map(Damage::Remove),
        (1_usize..200).prop_map(Damage::Repeat),
    ]
}

/// The text with these changes.
pub(crate) fn damaged(text: &str, damages: &[(Index, Damage)]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for (at, damage) in damages {
        if !bytes.is_empty() {
            damage.apply(at.index(bytes.len()), &mut bytes);
        }
    }
    bytes
}

impl Damage {
    fn apply(&self, at: usize, bytes: &mut Vec<u8>) {
        let end = |length: usize| bytes.len().min(at + length);
        match *self {
            Self::Overwrite(byte) => bytes[at] = byte,
            Self::Insert(byte) => bytes.insert(at, byte),
            Self::Remove(length) => drop(bytes.drain(at..end(length))),
            Self::Repeat(length) => {
                let again = bytes[at..end(length)].to_vec();
                bytes.splice(at..at, again);
            }
        }
    }
}
