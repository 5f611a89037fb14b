//! The log shared by all connections, and the guard which closes each of its entries.
//! Invariant: every opened exchange is settled exactly once, by its reply or by being dropped.

use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::record::{Log, Outcome, Received};

/// A log which can be waited upon; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    log: Arc<watch::Sender<Log>>,
}

impl Journal {
    pub(crate) fn new() -> Self {
        Self { log: Arc::new(watch::Sender::new(Log::default())) }
    }

    /// Records a request; the guard says how its exchange ends.
    pub(crate) fn open(&self, received: Received) -> Exchange {
        let mut entry = 0;
        self.log.send_modify(|log| entry = log.open(received));
        Exchange { journal: self.clone(), entry, settled: false }
    }

    /// Looks at the log as it is now.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Log) -> T) -> T {
        look(&self.log.borrow())
    }

    /// Forgets everything recorded.
    pub(crate) fn clear(&self) {
        self.log.send_modify(Log::forget);
    }

    /// Ends once `condition` holds; panics with what was seen after `deadline`.
    #[track_caller]
    pub(crate) fn wait_until(
        &self,
        condition: impl FnMut(&Log) -> bool,
        deadline: Duration,
    ) -> impl Future<Output = ()> {
        let caller = Location::caller();
        let mut changes = self.log.subscribe();
        async move {
            let held = tokio::time::timeout(deadline, changes.wait_for(condition)).await.is_ok();
            if !held {
                panic!("the condition at {caller} was still false after {deadline:?}; {}", self.read(seen));
            }
        }
    }
}

/// The requests of a log, for a message.
fn seen(log: &Log) -> String {
    let requests: Vec<String> = log.requests().iter().map(ToString::to_string).collect();
    format!("requests seen: {} [{}]", requests.len(), requests.join(", "))
}

/// An open entry of the journal; dropped before it is settled, it says that the client left.
#[must_use]
#[derive(Debug)]
pub(crate) struct Exchange {
    journal: Journal,
    entry: u64,
    settled: bool,
}

impl Exchange {
    /// Notes how the exchange ended; only the first ending counts.
    pub(crate) fn settle(&mut self, outcome: Outcome) {
        if !self.settled {
            self.settled = true;
            self.journal.log.send_modify(|log| log.settle(self.entry, outcome));
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.settle(Outcome::ClientLeft);
    }
}
