//! One HTTP exchange with a provider, and the guarded fetching of what callers name by address. The only place that
//! opens a socket to either.
//!
//! Invariants: every wait has a deadline; dropping a [`Body`] (or the future of [`Transport::send`]) cancels
//! the exchange; nothing here knows what the bytes mean.

mod body;
mod fetch;
mod http;
mod mock;
mod proxy;
mod trust;

use std::time::Duration;

use ::http::{Request, Response};
use bytes::Bytes;
use ferrolite_types::Error;
use futures_util::future::BoxFuture;

pub use body::Body;
pub use fetch::{Allowed, FetchLimits, FetchPolicy, Fetched, Fetcher, Resolve, SystemResolver};
pub use http::{Http, HttpOptions};
pub use mock::{MOCK_SCHEME, Mock};
pub use proxy::{Proxies, ProxyNames};
pub use trust::{Authorities, Trust};

/// Sends a request and gives the answer's head as soon as it is there.
pub trait Transport: Send + Sync {
    /// One exchange.
    ///
    /// # Errors
    /// `Timeout` when a deadline passes, `Unavailable` when the provider cannot be reached or hangs up.
    fn send(
        &self,
        request: Request<Bytes>,
        deadlines: Deadlines,
    ) -> BoxFuture<'_, Result<Response<Body>, Error>>;
}

/// How long each part of an exchange may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// From the request to the answer's head.
    pub head: Duration,
    /// Between two pieces of the answer's body.
    pub idle: Duration,
}

impl Default for Deadlines {
    /// 600 seconds for the head, as LiteLLM has it, and as much between two pieces.
    fn default() -> Self {
        Self { head: Duration::from_secs(600), idle: Duration::from_secs(600) }
    }
}

/// Chooses the way by the scheme of the address: `mock:` plays, everything else is HTTP.
#[derive(Debug, Clone)]
pub struct Ways {
    http: Http,
    mock: Mock,
}

impl Ways {
    /// Both ways.
    pub fn new(http: Http) -> Self {
        Self { http, mock: Mock }
    }
}

impl Transport for Ways {
    fn send(
        &self,
        request: Request<Bytes>,
        deadlines: Deadlines,
    ) -> BoxFuture<'_, Result<Response<Body>, Error>> {
        match request.uri().scheme_str() {
            Some(MOCK_SCHEME) => self.mock.send(request, deadlines),
            _ => self.http.send(request, deadlines),
        }
    }
}
