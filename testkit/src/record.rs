//! What a fake provider saw: every request in order, and how each exchange ended.

use std::fmt;
use std::time::Instant;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method};
use serde_json::Value;

use crate::usage::Usage;

/// One complete request, and how its exchange ended.
#[derive(Clone, Debug)]
pub struct Received {
    /// HTTP method.
    pub method: Method,
    /// Path without the query.
    pub path: String,
    /// Query without its `?`, if there was one.
    pub query: Option<String>,
    /// Headers as received.
    pub headers: HeaderMap,
    /// Body as received.
    pub body: Bytes,
    /// When the last byte of the request was read.
    pub received_at: Instant,
    /// How the exchange ended.
    pub outcome: Outcome,
    /// What the realistic mode charges for the answer, shown to the client or not.
    pub usage: Option<Usage>,
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has not.
    InFlight,
    /// The whole reply was handed to the connection.
    Sent,
    /// The provider broke it off, as scripted.
    Cut,
    /// The client left before the reply was complete.
    ClientLeft,
}

impl Received {
    pub(crate) fn new(head: Parts, body: Bytes) -> Self {
        Self {
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().map(str::to_owned),
            headers: head.headers,
            body,
            received_at: Instant::now(),
            outcome: Outcome::InFlight,
            usage: None,
        }
    }

    /// The body as JSON, `null` if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as text, invalid UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's first value, if it is there and readable.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl fmt::Display for Received {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {} ({})", self.method, self.path, self.outcome.as_str())
    }
}

impl Outcome {
    /// The outcome in the words of the control endpoint.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InFlight => "in_flight",
            Self::Sent => "sent",
            Self::Cut => "cut",
            Self::ClientLeft => "client_left",
        }
    }
}

/// Every request since the start or the last reset.
#[derive(Debug, Default)]
pub struct Log {
    received: Vec<Received>,
    forgotten: u64,
}

impl Log {
    /// The requests in the order in which they were complete.
    pub fn requests(&self) -> &[Received] {
        &self.received
    }

    /// Requests whose exchange has not ended.
    pub fn in_flight(&self) -> usize {
        self.count(Outcome::InFlight)
    }

    /// Clients which left before their reply was complete.
    pub fn disconnects(&self) -> usize {
        self.count(Outcome::ClientLeft)
    }

    /// What the realistic mode charged for the replies it sent completely.
    pub fn billed(&self) -> Usage {
        let sent = self.received.iter().filter(|received| received.outcome == Outcome::Sent);
        sent.filter_map(|received| received.usage).sum()
    }

    /// Exchanges with this outcome.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.received.iter().filter(|received| received.outcome == outcome).count()
    }

    /// Adds a request and names its entry.
    pub(crate) fn open(&mut self, received: Received) -> u64 {
        self.received.push(received);
        self.forgotten + self.received.len() as u64 - 1
    }

    /// Ends the exchange of an entry, unless it was forgotten meanwhile.
    pub(crate) fn settle(&mut self, entry: u64, outcome: Outcome) {
        let position = entry.checked_sub(self.forgotten);
        if let Some(received) = position.and_then(|at| self.received.get_mut(at as usize)) {
            received.outcome = outcome;
        }
    }

    /// Drops all entries; their names are not given out again.
    pub(crate) fn forget(&mut self) {
        self.forgotten += self.received.len() as u64;
        self.received.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Received {
        let (head, ()) = http::Request::new(()).into_parts();
        Received::new(head, Bytes::new())
    }

    #[test]
    fn a_forgotten_exchange_settles_nothing() {
        let mut log = Log::default();
        let old = log.open(request());
        log.forget();
        let new = log.open(request());
        log.settle(old, Outcome::ClientLeft);
        assert_eq!((log.disconnects(), log.in_flight()), (0, 1));
        log.settle(new, Outcome::Sent);
        assert_eq!(log.in_flight(), 0);
    }

    #[test]
    fn only_complete_replies_are_billed() {
        let mut log = Log::default();
        let sent = log.open(Received { usage: Some(Usage::new(2, 3)), ..request() });
        let left = log.open(Received { usage: Some(Usage::new(50, 50)), ..request() });
        log.settle(sent, Outcome::Sent);
        log.settle(left, Outcome::ClientLeft);
        assert_eq!(log.billed(), Usage::new(2, 3));
    }
}
