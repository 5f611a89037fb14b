//! Whether to try again after a failure, where, and after how long a wait.

use std::time::Duration;

use ferrolite_types::{Error, Retry};

/// How often and how patiently to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many tries may follow the first.
    pub retries: u32,
    /// The shortest wait before the same deployment is asked again.
    pub shortest: Duration,
    /// The longest; a provider that asks for more is not waited for.
    pub longest: Duration,
}

impl Default for RetryPolicy {
    /// Two retries, from half a second to eight seconds: what the OpenAI client does by itself.
    fn default() -> Self {
        Self { retries: 2, shortest: Duration::from_millis(500), longest: Duration::from_secs(8) }
    }
}

/// What to do after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backoff {
    /// Give the failure to the caller.
    GiveUp,
    /// Try the next deployment at once.
    Next,
    /// Try again after this long.
    Wait(Duration),
}

impl RetryPolicy {
    /// What to do after try number `tries` (from 1) failed, with `others` deployments not yet tried. `random`
    /// is a number from 0 to 1 that spreads the waits of many callers.
    pub fn after(&self, error: &Error, tries: u32, others: usize, random: f64) -> Backoff {
        if tries > self.retries {
            return Backoff::GiveUp;
        }
        match error.retry {
            Retry::Never => Backoff::GiveUp,
            Retry::Elsewhere if others == 0 => Backoff::GiveUp,
            Retry::Elsewhere | Retry::Again { .. } if others > 0 => Backoff::Next,
            Retry::Again { after: Some(after) } if after > self.longest => Backoff::GiveUp,
            Retry::Again { after: Some(after) } => Backoff::Wait(after.max(self.shortest)),
            Retry::Again { after: None } | Retry::Elsewhere => Backoff::Wait(self.growing(tries, random)),
        }
    }

    /// Doubles with every try; up to a quarter is cut off by chance.
    fn growing(&self, tries: u32, random: f64) -> Duration {
        let doubled = self.shortest.saturating_mul(1 << (tries - 1).min(16));
        doubled.min(self.longest).mul_f64(1.0 - 0.25 * random)
    }
}

#[cfg(test)]
mod tests {
    use ferrolite_types::ErrorKind;

    use super::*;

    const POLICY: RetryPolicy =
        RetryPolicy { retries: 2, shortest: Duration::from_secs(1), longest: Duration::from_secs(8) };

    fn failed(retry: Retry) -> Error {
        Error::new(ErrorKind::Upstream, "").retry(retry)
    }

    #[test]
    fn another_deployment_is_tried_at_once_and_the_same_one_after_a_wait() {
        let again = failed(Retry::Again { after: None });
        assert_eq!(POLICY.after(&again, 1, 1, 0.0), Backoff::Next);
        assert_eq!(POLICY.after(&again, 1, 0, 0.0), Backoff::Wait(Duration::from_secs(1)));
        assert_eq!(POLICY.after(&again, 2, 0, 1.0), Backoff::Wait(Duration::from_millis(1500)));
        assert_eq!(POLICY.after(&again, 3, 5, 0.0), Backoff::GiveUp);
    }

    #[test]
    fn the_provider_says_how_long_to_wait_within_reason() {
        let after = |seconds| failed(Retry::Again { after: Some(Duration::from_secs(seconds)) });
        assert_eq!(POLICY.after(&after(3), 1, 0, 0.0), Backoff::Wait(Duration::from_secs(3)));
        assert_eq!(POLICY.after(&after(60), 1, 0, 0.0), Backoff::GiveUp);
    }

    #[test]
    fn hopeless_failures_are_not_repeated() {
        assert_eq!(POLICY.after(&failed(Retry::Never), 1, 9, 0.0), Backoff::GiveUp);
        assert_eq!(POLICY.after(&failed(Retry::Elsewhere), 1, 0, 0.0), Backoff::GiveUp);
    }
}
