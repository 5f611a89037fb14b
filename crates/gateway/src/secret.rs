//! Keys, known only by their hash.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The longest key that is looked at. LiteLLM's own are 25 bytes; tokens of identity providers reach a few KiB.
pub(crate) const MAX_KEY: usize = 8 * 1024;

/// The SHA-256 of a key.
#[derive(Clone, Copy)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// The hash of a key.
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }

    /// Whether `key` is the one; takes the same time wherever they differ.
    pub fn is_of(&self, key: &str) -> bool {
        self.0.ct_eq(&Self::of(key).0).into()
    }
}

impl std::fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyHash(***)")
    }
}

/// A new key in LiteLLM's shape: `sk-` and 32 hexadecimal digits of chance.
pub(crate) fn new_key() -> String {
    format!("sk-{}", hex::encode(rand::random::<[u8; 16]>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_hash_alone() {
        let key = new_key();
        let hash = KeyHash::of(&key);
        assert!(hash.is_of(&key));
        assert!(!hash.is_of(&key[..key.len() - 1]));
        assert!(!format!("{hash:?}").contains(&hex::encode(hash.0)));
    }
}
