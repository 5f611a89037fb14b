//! How fast a deployment is being asked: requests and tokens in the minute that runs.

use std::time::Instant;

use parking_lot::Mutex;

/// How many requests and tokens a minute a deployment takes, where that is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Requests a minute.
    pub requests: Option<u64>,
    /// Tokens a minute.
    pub tokens: Option<u64>,
}

/// What was used in the minute that runs.
#[derive(Debug)]
pub struct Pace {
    begun: Instant,
    minute: Mutex<Minute>,
}

/// Requests and tokens of one minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Minute {
    number: u64,
    /// Requests that were answered.
    pub requests: u64,
    /// Tokens in and out.
    pub tokens: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { begun: Instant::now(), minute: Mutex::default() }
    }
}

impl Pace {
    /// Counts an answered request.
    pub fn count(&self, tokens: u64) {
        let mut minute = self.minute.lock();
        *minute = minute.at(self.number());
        minute.requests += 1;
        minute.tokens += tokens;
    }

    /// What was used in the minute that runs.
    pub fn used(&self) -> Minute {
        self.minute.lock().at(self.number())
    }

    fn number(&self) -> u64 {
        self.begun.elapsed().as_secs() / 60
    }
}

impl Minute {
    /// The same minute, or an empty one when it is over.
    fn at(self, number: u64) -> Self {
        if self.number == number { self } else { Self { number, ..Self::default() } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_minute_begins_with_nothing() {
        let pace = Pace::default();
        pace.count(5);
        pace.count(7);
        let used = pace.used();
        assert_eq!((used.requests, used.tokens), (2, 12));
        assert_eq!(used.at(1), Minute { number: 1, requests: 0, tokens: 0 });
    }
}
