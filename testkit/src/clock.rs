//! A clock that tests move by hand, so that expiry and budgets need no sleeping.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A settable clock in Unix nanoseconds; clones show the same time.
#[derive(Clone, Debug)]
pub struct FakeClock {
    unix_nanos: Arc<AtomicU64>,
}

impl FakeClock {
    /// A clock that stands at `unix_nanos`.
    pub fn at(unix_nanos: u64) -> Self {
        Self { unix_nanos: Arc::new(AtomicU64::new(unix_nanos)) }
    }

    /// The time it shows, in Unix nanoseconds.
    pub fn now(&self) -> u64 {
        self.unix_nanos.load(Ordering::SeqCst)
    }

    /// Puts it at `unix_nanos`, forwards or backwards.
    pub fn set(&self, unix_nanos: u64) {
        self.unix_nanos.store(unix_nanos, Ordering::SeqCst);
    }

    /// Moves it forward by `step`.
    pub fn advance(&self, step: Duration) {
        let nanos = u64::try_from(step.as_nanos()).expect("a step of less than 584 years");
        self.unix_nanos.fetch_add(nanos, Ordering::SeqCst);
    }
}

impl Default for FakeClock {
    /// 2026-01-01T00:00:00Z: the first instant of a day, a month and a year.
    fn default() -> Self {
        Self::at(1_767_225_600_000_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_time() {
        let clock = FakeClock::at(5);
        let other = clock.clone();
        clock.advance(Duration::from_nanos(10));
        assert_eq!(other.now(), 15);
        other.set(1);
        assert_eq!(clock.now(), 1);
    }
}
