//! Numbers read from an object that may not be there, or may not have them: an absent count is nothing.

use std::time::Duration;

use ferrolite_types::{Price, json::Fields};

/// An object of counts, or none.
pub(super) struct Counts<'a>(Option<Fields<'a>>);

impl<'a> Counts<'a> {
    pub(super) fn of(object: &Fields<'a>) -> Self {
        Self(Some(object.clone()))
    }

    /// The first of `keys` that holds an object.
    pub(super) fn within(&self, keys: &[&str]) -> Self {
        Self(keys.iter().find_map(|key| self.0.as_ref()?.peek(key)?.fields().ok()))
    }

    /// The objects in the array of this name.
    pub(super) fn each(&self, key: &str) -> Vec<Self> {
        let items = self.0.as_ref().and_then(|fields| fields.peek(key)?.items().ok());
        items.into_iter().flatten().filter_map(|item| Some(Self(Some(item.fields().ok()?)))).collect()
    }

    pub(super) fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// The first of `keys` that holds a count.
    pub(super) fn first(&self, keys: &[&str]) -> Option<u64> {
        keys.iter().find_map(|key| self.0.as_ref()?.peek(key)?.u64().ok())
    }

    pub(super) fn count(&self, key: &str) -> u64 {
        self.first(&[key]).unwrap_or(0)
    }

    /// Seconds with a fraction, to the nanosecond.
    pub(super) fn seconds(&self, key: &str) -> Duration {
        const ATTO_PER_NANO: i128 = 1_000_000_000;
        let value = self.0.as_ref().and_then(|fields| fields.peek(key));
        let atto = value.and_then(|value| Price::nearest(value.text())).map_or(0, Price::atto);
        u64::try_from(atto / ATTO_PER_NANO).map_or(Duration::ZERO, Duration::from_nanos)
    }
}

/// The sum of counts, or the most that can be counted.
pub(super) fn sum(counts: &[u64]) -> u64 {
    counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
}
